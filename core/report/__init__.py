"""A batch's report, for people (one HTML page), for spreadsheets (CSV) and for programs (JSON)."""
