"""The fast reader: PDFium through pypdfium2's raw calls."""

from .document import made_with, read_pages

__all__ = ["made_with", "read_pages"]
