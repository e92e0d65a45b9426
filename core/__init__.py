"""The conversion and all that is local: PDFs, calendars, ledger, batches, watched folders; no terminal."""
