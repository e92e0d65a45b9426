"""Which program made a PDF, by its metadata: a refusal of a copy names it and asks for the portal's own file."""

from __future__ import annotations

from ..errors import TukscalError
from ..wording import clean

_PORTAL = "oracle analytics publisher"
_MOST = 60  # characters of a name that a sentence can take
_MAKERS = (
    ("firefox", "Firefox"),
    ("headlesschrome", "Chrome"),
    ("skia", "Chrome or another browser of its kind"),
    ("ghostscript", "Ghostscript"),
    ("quartz", "macOS's Save as PDF"),
    ("microsoft: print to pdf", "Microsoft Print to PDF"),
    ("libreoffice", "LibreOffice"),
    ("microsoft", "Microsoft Office"),
    ("pdfium", "a browser's PDF viewer"),
    ("cups", "a printer queue (CUPS)"),
    ("cairo", "a program that prints with cairo"),
)


def maker(creator: str, producer: str) -> str | None:
    """Return the program that a PDF's Creator and Producer name; "" for the portal's, None where they say nothing."""
    said = f"{creator} {producer}".lower()
    if _PORTAL in said:
        return ""
    known = next((name for mark, name in _MAKERS if mark in said), None)
    return known or clean(creator or producer)[:_MOST] or None


def advise(error: TukscalError, made_by: str | None) -> None:
    """Give a refusal the advice that fits the PDF: for a copy, to use the portal's own file."""
    if made_by:
        error.advice = (
            f"This seems to be a copy that {made_by} made. Use the portal's own file: download it again, and do not "
            "print it or change it first."
        )
    elif made_by == "":
        error.advice = error.advice.replace(", and check that it is the portal's own file", "")
