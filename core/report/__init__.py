"""What a batch came to, for people (one HTML page), for spreadsheets (CSV) and for programs (JSON)."""

from __future__ import annotations

from .write import FORMATS, check_report_path, write_report

__all__ = ["FORMATS", "check_report_path", "write_report"]
