"""The copies that people make of a timetable PDF, by name, each with what is right when it is read.

    COPIES["sheet-rotate-90"].of(pdf)           # the copy
    COPIES["stamp-turned-30"].of(pdf, seed=7)   # with another word at another row

Every copy takes any timetable: made ones of both styles, and real ones, which lose their encryption. `copies_pages`
also has functions for any selection of pages and for several PDFs in one, `copies_files` one for random changes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from . import copies_files as files
from . import copies_marks as marks
from . import copies_pages as pages
from . import copies_prints as prints
from . import copies_sheets as sheets
from . import copies_stamps as stamps
from . import copies_text as text

Promise = Literal["same", "said", "either", "part"]
"""What is right, in words that name the entries of the original:

same    exactly its entries, and no problem: a viewer shows the same table
said    none but its entries, and all that is missing or different is named by a problem or by the refusal
either  one of these two
part    none but its entries; a break that the rows contradict is said, one exactly between two records cannot be seen
"""


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One kind of copy and what is right.

    `whole` says that every entry comes out although something must be said; `pages` is the least number of pages the
    original needs; `seeded` that another seed gives another copy of the kind.
    """

    what: str
    make: Callable[..., bytes]
    promise: Promise
    whole: bool = False
    pages: int = 1
    seeded: bool = False

    def of(self, pdf: bytes, *, seed: int = 0) -> bytes:
        """The copy of a PDF; the same each time."""
        return self.make(pdf, seed=seed) if self.seeded else self.make(pdf)


def _copy(
    promise: Promise, make: Callable[..., bytes], *, whole: bool = False, least: int = 1, **chosen: object
) -> Copy:
    return Copy(
        what=inspect.getdoc(make) or "",
        make=partial(make, **chosen),
        promise=promise,
        whole=whole,
        pages=least,
        seeded="seed" in inspect.signature(make).parameters,
    )


def _sheets() -> Iterator[tuple[str, Copy]]:
    for angle in (90, 180, 270):
        yield f"rotate-{angle}", _copy("same", sheets.rotated, angle=angle)
        yield f"turned-{angle}", _copy("same", sheets.turned, angle=angle)
        yield f"turned-back-{angle}", _copy("same", sheets.turned_back, angle=angle)
    for name, sheet in (("letter", sheets.LETTER), ("a4", sheets.A4)):
        yield f"cups-{name}", _copy("same", sheets.cups, sheet=sheet)
    for name, across, down, on in (
        ("2-beside", 2, 1, sheets.LANDSCAPE), ("2-stacked", 1, 2, sheets.A4), ("4-landscape", 2, 2, sheets.LANDSCAPE),
        ("4-portrait", 2, 2, sheets.A4),
    ):  # fmt: skip
        yield f"n-up-{name}", _copy("either", sheets.n_up, across=across, down=down, sheet=on, least=2)
    for scale in (0.3, 0.5, 0.7, 2, 5, 10):
        yield f"scale-{scale}", _copy("same", sheets.scaled, scale=scale)
        yield f"user-unit-{scale}", _copy("same", sheets.user_unit, unit=scale)
    for unit in (0.5, 2):
        yield f"user-unit-only-{unit}", _copy("same", sheets.user_unit_only, unit=unit)
    yield "shifted", _copy("same", sheets.shifted, right=100, up=-50)
    yield "cropped", _copy("same", sheets.cropped, margin=24)
    yield "poster-2x1", _copy("said", sheets.poster, across=2, down=1, whole=True)
    yield "poster-1x2", _copy("said", sheets.poster, across=1, down=2, whole=True)


def _marks() -> Iterator[tuple[str, Copy]]:
    yield "background", _copy("same", marks.background)
    yield "background-twice", _copy("same", marks.background, times=2)
    yield "frame", _copy("same", marks.frame)
    yield "shaded", _copy("same", marks.shaded)
    yield "picture-behind", _copy("same", marks.picture_behind)
    for part in get_args(marks.Part):
        yield f"box-{part}", _copy("either", marks.box_round, part=part)
    for part in ("row", "word"):
        yield f"marker-behind-{part}", _copy("same", marks.marker_behind, part=part)
        yield f"marker-over-{part}", _copy("same", marks.marker_over, part=part)
    yield "underlined", _copy("same", marks.underlined)
    yield "struck-word", _copy("either", marks.struck_word)
    yield "struck-row", _copy("either", marks.struck_row)
    yield "whited-out", _copy("said", marks.whited_out)
    yield "picture-over", _copy("said", marks.picture_over)
    yield "scribbled", _copy("said", marks.scribbled)
    for subtype in ("Highlight", "Square", "Underline", "Link"):
        yield f"annotation-{subtype.lower()}", _copy("same", marks.annotated, subtype=subtype)
    yield "annotation-free-text", _copy("said", marks.free_text)


def _stamps() -> Iterator[tuple[str, Copy]]:
    yield "large", _copy("said", stamps.large)
    for times in (1.2, 0.8):
        yield f"sized-{times}", _copy("said", stamps.sized, times=times)
    for angle in (30, 45, 90):
        yield f"turned-{angle}", _copy("said", stamps.turned, angle=angle)
    yield "transparent", _copy("said", stamps.transparent)
    yield "invisible", _copy("said", stamps.invisible)
    yield "white", _copy("said", stamps.white)
    for layer in get_args(stamps.Layer):
        yield f"hidden-{layer}", _copy("said", stamps.hidden, layer=layer)
    yield "watermark-layer", _copy("said", stamps.watermark)
    yield "above-baseline", _copy("said", stamps.off_baseline, by=1.2)
    yield "below-baseline", _copy("said", stamps.off_baseline, by=-1.2)
    yield "typed-over", _copy("said", stamps.typed_over)


def _text() -> Iterator[tuple[str, Copy]]:
    for glyphs in (1, 3):
        for way in get_args(text.Way):
            yield f"cut-{glyphs}-{way}", _copy("same", text.cut, glyphs=glyphs, way=way)
    yield "joined", _copy("same", text.joined)
    yield "drawn-twice", _copy("same", text.drawn_twice)
    for name, letters in text.LOOK_ALIKES.items():
        yield f"look-alike-{name}", _copy("same", text.look_alikes, letters=letters)
    for name, (letter, code) in text.RECODED.items():
        yield f"recoded-{name}", _copy("same", text.recoded, letter=letter, code=code)


def _prints() -> Iterator[tuple[str, Copy]]:
    yield "firefox", _copy("same", prints.firefox)
    yield "chromium", _copy("same", prints.chromium)
    yield "cut-rulings", _copy("same", prints.cut_rulings)
    yield "stroked-rulings", _copy("same", prints.stroked_rulings)
    yield "stroked-cells", _copy("same", prints.stroked_cells)


def _pages() -> Iterator[tuple[str, Copy]]:
    yield "first-missing", _copy("said", pages.without, number=0, least=2)
    yield "middle-missing", _copy("part", pages.without_middle, least=3)
    yield "last-missing", _copy("part", pages.without, number=-1, least=2)
    yield "swapped", _copy("said", pages.swapped, least=3)
    yield "reversed", _copy("said", pages.reversed_order, least=2)
    yield "first-doubled", _copy("said", pages.doubled, number=0, whole=True)
    yield "second-doubled", _copy("said", pages.doubled, number=1, whole=True, least=2)
    yield "twice", _copy("said", pages.twice, whole=True)


def _files() -> Iterator[tuple[str, Copy]]:
    for name, junk in (("2000-nuls", bytes(2_000)), ("80000-nuls", bytes(80_000)), ("html", files.HTML)):
        yield f"followed-by-{name}", _copy("same", files.followed, junk=junk)
    yield "checksum-short", _copy("said", files.checksum_short, whole=True)
    yield "count-less", _copy("said", files.count_less, least=2)
    for number in (0, 1):
        yield f"page-{number + 1}-zeroed", _copy("said", files.page_zeroed, number=number, least=number + 1)
    yield "tree-zeroed", _copy("said", files.tree_zeroed, least=2)
    yield "kid-is-catalogue", _copy("said", files.kid_changed, number=1, to=1, least=2)
    yield "kid-is-absent", _copy("said", files.kid_changed, number=1, to=99, least=2)
    yield "kid-is-first", _copy("said", files.kid_is_first, least=2)
    yield "bytes-changed", _copy("either", files.bytes_changed)
    yield "shapes", _copy("said", files.as_shapes)
    yield "scanned", _copy("said", files.scanned)


_THEMES: Mapping[str, Callable[[], Iterator[tuple[str, Copy]]]] = {
    "sheet": _sheets,
    "mark": _marks,
    "stamp": _stamps,
    "text": _text,
    "print": _prints,
    "pages": _pages,
    "file": _files,
}

COPIES: Mapping[str, Copy] = {f"{theme}-{name}": copy for theme, named in _THEMES.items() for name, copy in named()}
