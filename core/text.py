"""Text from a PDF made fit for files and terminals, and lists put into sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional overrides, lone surrogates, noncharacters.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return text on one line, without characters that break a calendar file or command a terminal."""
    return _SPACES.sub(" ", _UNFIT.sub(" ", text)).strip() if not text.isascii() or not text.isprintable() else text


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
