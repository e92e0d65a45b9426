"""What people read, said in one way everywhere: counts, sizes, lengths of time, places, lists, and text from a PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional overrides, lone surrogates, noncharacters.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")


def counted(number: int, one: str, several: str | None = None) -> str:
    """Return "1 row" or "12,345 rows"."""
    return f"{number:,} {plural(number, one, several)}"


def plural(number: int, one: str, several: str | None = None) -> str:
    """Return the word for so many."""
    return one if number == 1 else several or f"{one}s"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names as a list in a sentence: "a, b and c"."""
    return f" {word} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def place(page: int, row: int | None) -> str:
    """Return "page 2, row 3", or "page 2" of what is in no row."""
    return f"page {page}, row {row}" if row else f"page {page}"


def size(number: float) -> str:
    """Return the size of a file or disk: "640 bytes", "1.7 kB", "17 kB", "250 MB"."""
    if round(number) < 1_000:
        return counted(round(number), "byte")
    value, unit = number / 1e3, "kB"
    for larger in ("MB", "GB", "TB"):
        if round(value) >= 1_000:
            value, unit = value / 1e3, larger
    return f"{_short(value)} {unit}"


def memory(number: float) -> str:
    """Return an amount of memory in the unit in which its limits are given: "64 MiB"."""
    return f"{number / 2**20:,.0f} MiB"


def duration(seconds: float) -> str:
    """Return a length of time: "0.8 ms", "42 ms", "1.5 s", "3 min 20 s", "2 h 5 min"."""
    if round(seconds * 1000) < 1000:
        return f"{_short(seconds * 1000)} ms"
    whole = round(seconds)
    if whole < 60:
        return f"{_short(seconds)} s"
    if whole < 3600:
        parts = (whole // 60, "min"), (whole % 60, "s")
    else:
        parts = (whole // 3600, "h"), (whole % 3600 // 60, "min")
    return " ".join(f"{number:,} {unit}" for number, unit in parts if number)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:,.0f}"


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
