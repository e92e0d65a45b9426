"""PDF readers: bytes -> pages of words and rulings, one contract for both.

`pdfium.read_pages` is the reader; `plumber.read_pages` is the reference, slower, tried when the first finds no table.
Both raise Encrypted, Damaged or TooLarge, and nothing else for bad input, and say the same of annotations; marker,
underlines and links change nothing.
"""

from __future__ import annotations

REMARKS = {
    "FreeText": "a text box was added to the page; what it says is not read",
    "Stamp": "a stamp was added to the page; what it says or covers is not known",
    "StrikeOut": "text of the page was struck out; it is read all the same",
    "Redact": "text of the page is marked to be removed; it is read all the same",
    "Widget": "the page has a form field; what it says or covers is not known",
    "Watermark": "a watermark was added to the page; what it says or covers is not known",
}
"""By the annotation's subtype (PDF 32000-1, table 169)."""
FILLED = "a filled shape was added to the page; what it covers is read all the same"
"""Of any other annotation with an interior colour."""
