"""Whatever is destroyed in a PDF, its timetable is read as it was, or something is said.

The law was tried on 24,000 variants of 17 PDFs; here is a share of them, the same in every run.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import TukscalError
from tukscal.core.model import Timetable
from tukscal.examples.generator.content import made
from tukscal.examples.generator.layout import Layout
from tukscal.tests.samples import sample

Damage = Callable[[bytes, random.Random], bytes]

VARIANTS = 16


def overwritten(data: bytes, start: int, end: int, chance: random.Random) -> bytes:
    """Return bytes of which a part was lost: zeros, blanks, letters or anything in its place."""
    size = end - start
    lost = chance.choice([bytes(size), b" " * size, b"x" * size, chance.randbytes(size)])
    return data[:start] + lost + data[end:]


def one_of(found: Iterable[re.Match[bytes]], data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one character changed inside one of the places found."""
    start, end = chance.choice(list(found)).span(1)
    place = chance.randrange(start, end)
    return data[:place] + chance.choice([b"0", b"1", b"4", b"9", b" ", b"/", b"]"]) + data[place + 1 :]


def page_object(data: bytes, chance: random.Random) -> bytes:
    """Overwrite up to 300 bytes from somewhere in a page object on."""
    start = chance.choice([found.start() for found in re.finditer(rb"/Type\s*/Page\b", data)]) + chance.randrange(
        -150, 30
    )
    return overwritten(data, start, start + chance.choice([1, 4, 20, 100, 300]), chance)


def count(data: bytes, chance: random.Random) -> bytes:
    """Change the page tree's count."""
    return one_of(re.finditer(rb"/Count ?(\d+)", data), data, chance)


def reference(data: bytes, chance: random.Random) -> bytes:
    """Change one of the references to pages."""
    return one_of(re.finditer(rb"/Kids ?\[([^\]]+)\]", data), data, chance)


def contents(data: bytes, chance: random.Random) -> bytes:
    """Change the reference to a page's contents."""
    return one_of(re.finditer(rb"/Contents ([^/>]+)", data), data, chance)


def key(data: bytes, chance: random.Random) -> bytes:
    """Change a name that leads to the pages."""
    return one_of(
        re.finditer(rb"(/Count|/Kids|/Contents|/Type|/Pages?|/Root|/Parent|/Resources)\b", data), data, chance
    )


def place(data: bytes, chance: random.Random) -> bytes:
    """Change where an object is said to be."""
    return one_of(re.finditer(rb"(\d{10} \d{5} n)", data), data, chance)


def anything(data: bytes, chance: random.Random) -> bytes:
    """Change 1 to 30 bytes anywhere."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 30)):
        changed[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(changed)


DAMAGES: dict[str, Damage] = {
    function.__name__: function for function in (page_object, count, reference, contents, key, place, anything)
}
SOURCES: dict[str, Callable[[], bytes]] = {
    "lectures": lambda: made("lectures", 6, pages=2).pdf,
    "tests printed again": lambda: made("tests", 2, pages=2, layout=Layout(style="pdfium")).pdf,
    "UP_MOD_XLS": lambda: sample("UP_MOD_XLS"),
}


def outcome(data: bytes, whole: Timetable) -> str:
    """Return how a PDF was read: "lost a page", "refused", "same", "problem", or "silent" if it differs unnoticed."""
    try:
        found = read_pdf(data)
    except TukscalError as error:
        return "lost a page" if error.message.startswith("The PDF is damaged: ") else "refused"
    if found.entries == whole.entries:
        return "same"
    return "problem" if len(found.problems) > len(whole.problems) else "silent"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_lost_in_silence(source: str, damage: str) -> None:
    """A PDF with something destroyed is read as before, or differs and says so, or is refused."""
    data = SOURCES[source]()
    whole = read_pdf(data)
    found: Counter[str] = Counter()
    for number in range(VARIANTS):
        chance = random.Random(f"{source} {damage} {number}")  # noqa: S311 - where, not a secret
        found[outcome(DAMAGES[damage](data, chance), whole)] += 1
    assert found["silent"] == 0
    assert found.total() == VARIANTS
    assert found["same"] < VARIANTS  # the damage is real
    if damage == "count":
        assert found["lost a page"] > 0
