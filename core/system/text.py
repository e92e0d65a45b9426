"""Text from a PDF made fit for files and terminals."""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional overrides, lone surrogates, noncharacters.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return text on one line, without characters that break a calendar file or command a terminal."""
    return _SPACES.sub(" ", _UNFIT.sub(" ", text)).strip() if not text.isascii() or not text.isprintable() else text


def visible(text: str) -> str:
    """Return text on one line in which whatever cannot be seen is a visible escape, such as \\n, \\x1b or \\u202e."""
    return text if text.isprintable() else "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter.isprintable():
        return letter
    if "\udc80" <= letter <= "\udcff":  # a byte that is no text
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()
