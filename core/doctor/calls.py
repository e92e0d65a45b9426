"""What a worker is asked to do while it is examined; small, so that it starts fast."""

from __future__ import annotations

import time

_STEP = 16 * 2**20

_BLANK = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\nxref\n0 4\n"
    b"0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \n"
    b"trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n166\n%%EOF\n"
)


def answer(question: int) -> int:
    """Return the question."""
    return question


def hang(seconds: float) -> None:
    """Do nothing for some seconds."""
    time.sleep(seconds)


def refused(count: int) -> bool:
    """Return whether so many bytes of memory are refused; they are not touched, so they take no room."""
    try:
        return len(bytes(count)) != count
    except MemoryError:
        return True


def take(count: int, seconds: float) -> None:
    """Take so many bytes of memory and hold them for some seconds."""
    held = [bytearray(_STEP) for _ in range(count // _STEP)]
    time.sleep(seconds)
    del held


def read_blank() -> int:
    """Load what a conversion needs, read a blank page with both readers and return how many pages they saw together."""
    from ..calendar import ics  # noqa: F401 - that it can be loaded is the question
    from ..pdf.limits import Limits, Screen
    from ..pdf.readers import pdfium, plumber

    return sum(len(reader.read_pages(_BLANK, password=None, screen=Screen(Limits()))) for reader in (pdfium, plumber))
