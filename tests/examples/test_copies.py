"""Copies of made timetables: each is what its name says, and what is promised of it can be kept."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from dataclasses import replace
from io import BytesIO
from itertools import islice
from math import atan2, degrees

import pikepdf
import pypdfium2
import pytest
from tukscal.examples.generator import copies_files, copies_pages
from tukscal.examples.generator.content import made
from tukscal.examples.generator.copies import COPIES, Copy
from tukscal.examples.generator.copies_seen import Run, Seen, see
from tukscal.examples.generator.layout import Layout, Style
from tukscal.examples.generator.rows import Kind
from tukscal.tests.samples import SAMPLES, sample

pytestmark = pytest.mark.slow

KINDS: tuple[Kind, ...] = ("lectures", "tests", "exams")
STYLES: tuple[Style, ...] = ("oracle", "pdfium")
MADE = {(kind, style): made(kind, 3, pages=3, layout=Layout(style=style)).pdf for kind in KINDS for style in STYLES}
LECTURES = MADE["lectures", "oracle"]
TWO = (LECTURES, MADE["exams", "pdfium"])

TORN = {"file-page-1-zeroed", "file-page-2-zeroed", "file-tree-zeroed", "file-kid-is-catalogue", "file-kid-is-absent"}
ODD = {"file-bytes-changed", "file-checksum-short", "file-kid-is-first"}
PICTURES = {"file-shapes", "file-scanned"}
ALIKE = str.maketrans(dict.fromkeys("\xad\u2010\u2011\u2012\u2013\u2014\u2212\ufffe\x02", "-") | {"\u2236": ":"})


def named(promise: str) -> list[str]:
    """The names of the copies of one promise."""
    return [name for name, copy in COPIES.items() if copy.promise == promise]


def seen(pdf: bytes) -> list[Seen]:
    """What each page shows, by the generator's own eye."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return [see(page) for page in opened.pages]


def letters(pdf: bytes) -> list[Counter[str]]:
    """The letters of each page as PDFium finds them, blanks apart, look-alikes made equal."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return [Counter("".join(unicodedata.normalize("NFKC", text.translate(ALIKE)).split())) for text in texts]


def glyphs(page: Seen) -> list[tuple[str, float, float, float]]:
    """Each letter of a page with its place and size, blanks apart, in an order of their own."""
    found = [
        (letter, run.x + run.wide - replace(run, text=run.text[place:]).wide, run.y, run.height)
        for run in page.runs
        for place, letter in enumerate(run.text)
        if letter.translate(ALIKE).strip()
    ]
    return sorted(found, key=lambda one: (one[0], round(one[2]), one[1]))


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_the_same_each_time(name: str) -> None:
    """The same PDF gives the same copy, which is not the PDF itself."""
    copy = COPIES[name]
    for pdf in TWO:
        assert copy.of(pdf) == copy.of(pdf) != pdf
    assert copy.what.endswith(".")


@pytest.mark.parametrize("name", [name for name, copy in COPIES.items() if copy.seeded])
def test_another_seed_is_another_place(name: str) -> None:
    """Of eight seeds some give copies of their own."""
    assert len({COPIES[name].of(LECTURES, seed=seed) for seed in range(8)}) > 3


@pytest.mark.parametrize("name", sorted(set(COPIES) - TORN - {"file-bytes-changed"}))
def test_real_timetables_are_copied_too(name: str) -> None:
    """Real timetables, encrypted as they are, can be copied in every way they have the pages for."""
    pdfs = [pdf for pdf in map(sample, SAMPLES) if copies_pages.count(pdf) >= COPIES[name].pages]
    assert all(seen(COPIES[name].of(pdf)) for pdf in pdfs)


@pytest.mark.parametrize("name", sorted(set(COPIES) - TORN - ODD))
def test_copies_are_sound_files(name: str) -> None:
    """What is not about torn files is a file without a fault, decrypted."""
    for pdf in TWO:
        with pikepdf.open(BytesIO(COPIES[name].of(pdf))) as opened:
            assert not opened.is_encrypted
            assert opened.check_pdf_syntax() == [] or name.startswith("file-followed")


@pytest.mark.parametrize("name", sorted({*named("same")} - {"text-drawn-twice"}))
def test_the_same_holds_the_same_letters(name: str) -> None:
    """A copy of which the same is to be read has page for page the letters of the original."""
    for pdf in TWO:
        assert letters(COPIES[name].of(pdf)) == letters(pdf)


@pytest.mark.parametrize("name", [name for name in COPIES if name.startswith(("text-cut", "text-joined", "print-"))])
def test_what_is_written_otherwise_stands_where_it_stood(name: str) -> None:
    """However text is written anew, each letter stands where it stood, to 0.07 of a point."""
    for pdf in TWO:
        for before, after in zip(seen(pdf), seen(COPIES[name].of(pdf)), strict=True):
            pairs = list(zip(glyphs(after), glyphs(before), strict=True))
            assert all(ours[0] == theirs[0] for ours, theirs in pairs)
            assert all(abs(a - b) < 0.07 for ours, theirs in pairs for a, b in zip(ours[1:], theirs[1:], strict=True))


@pytest.mark.parametrize("name", ["firefox", "chromium", "cut-rulings"])
def test_rulings_drawn_anew(name: str) -> None:
    """Rulings drawn anew lie where they lay: long on white pages, four borders a cell, or a piece for each."""
    for pdf in TWO:
        for before, after in zip(seen(pdf), seen(COPIES[f"print-{name}"].of(pdf)), strict=True):
            assert after.xs == pytest.approx(before.xs)
            assert after.ys == pytest.approx(before.ys)
            across, down = len(before.xs) - 1, len(before.ys) - 1
            pieces = {"firefox": across + down + 4, "chromium": 4 * across * down}
            assert len(after.boxes) == pieces.get(name, (across + 1) * down + across * (down + 1))


@pytest.mark.parametrize("name", ["stroked-rulings", "stroked-cells"])
def test_rulings_as_lines(name: str) -> None:
    """Stroked rulings are no filled rectangles any more."""
    for pdf in TWO:
        assert all(page.boxes == () for page in seen(COPIES[f"print-{name}"].of(pdf)))


def test_drawn_twice() -> None:
    """Drawn twice, a page shows every text and every ruling twice at one place."""
    for pdf in TWO:
        for before, after in zip(seen(pdf), seen(COPIES["text-drawn-twice"].of(pdf)), strict=True):
            assert (after.runs, after.boxes) == (before.runs * 2, before.boxes * 2)


def test_kinds_of_cuts() -> None:
    """A string is cut into runs of as many glyphs as named."""
    for name, most in (("text-cut-1-places", 1), ("text-cut-3-objects", 3)):
        assert {len(run.text) for run in seen(COPIES[name].of(LECTURES))[0].runs} == set(range(1, most + 1))
    assert len(seen(COPIES["text-joined"].of(LECTURES))[0].runs) == len(seen(LECTURES)[0].runs)


@pytest.mark.parametrize("name", [name for name in COPIES if name.startswith("stamp-")])
@pytest.mark.parametrize("seed", range(3))
def test_a_stamp_is_one_word_more(name: str, seed: int) -> None:
    """A stamp adds one word to one page, one on a layer that shares its name another, and leaves all other text."""
    for pdf in TWO:
        before, after = (Counter((n, _place(run)) for n, page in enumerate(seen(one)) for run in page.runs)
                         for one in (pdf, COPIES[name].of(pdf, seed=seed)))  # fmt: skip
        assert not before - after
        assert sum((after - before).values()) == 1 + name.endswith("namesake")


def _place(run: Run) -> tuple[str, float, float, float]:
    return run.text, round(run.x, 2), round(run.y, 2), round(run.height, 2)


def _stamp(name: str, seed: int) -> tuple[Run, list[Run]]:
    """The stamp and the other text of its page."""
    pages = zip(seen(LECTURES), seen(COPIES[name].of(LECTURES, seed=seed)), strict=True)
    before, after = next((before, after) for before, after in pages if len(before.runs) < len(after.runs))
    return after.runs[-1], list(before.runs)


@pytest.mark.parametrize(
    ("name", "size", "angle"),
    [
        ("stamp-large", 80, 0),
        ("stamp-sized-1.2", 12, 0),
        ("stamp-sized-0.8", 8, 0),
        ("stamp-turned-30", 10, 30),
        ("stamp-turned-45", 10, 45),
        ("stamp-turned-90", 10, 90),
        ("stamp-watermark-layer", 60, 30),
        ("stamp-typed-over", 10, 0),
        ("stamp-invisible", 10, 0),
    ],
)
def test_sizes_and_angles_of_stamps(name: str, size: float, angle: float) -> None:
    """A stamp has the size and the angle that its name says."""
    stamp, _ = _stamp(name, 1)
    assert stamp.height == pytest.approx(size)
    assert degrees(atan2(stamp.matrix[1], stamp.matrix[0])) == pytest.approx(angle, abs=0.001)


@pytest.mark.parametrize(("name", "by"), [("stamp-above-baseline", 1.2), ("stamp-below-baseline", -1.2)])
def test_a_stamp_off_the_baseline(name: str, by: float) -> None:
    """A stamp off the baseline stands 1.2 pt from that of a row's text."""
    for seed in range(5):
        stamp, others = _stamp(name, seed)
        assert any(abs(other.y + by - stamp.y) < 0.001 for other in others)
        assert all(abs(other.y - stamp.y) > 0.5 for other in others)


def test_typed_over_lies_over() -> None:
    """A venue typed over another begins on its baseline and within it."""
    for seed in range(5):
        stamp, others = _stamp("stamp-typed-over", seed)
        assert any(other.y == pytest.approx(stamp.y) and other.x - 0.01 <= stamp.x < other.end for other in others)


@pytest.mark.parametrize("name", [f"sheet-scale-{scale}" for scale in (0.3, 0.5, 0.7, 2, 5, 10)])
def test_scales(name: str) -> None:
    """A scaled copy's page and text are so many times as large."""
    scale = float(name.rpartition("-")[2])
    for before, after in zip(seen(LECTURES), seen(COPIES[name].of(LECTURES)), strict=True):
        assert [run.height for run in after.runs] == pytest.approx([run.height * scale for run in before.runs])
        assert after.page == pytest.approx([side * scale for side in before.page])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("sheet-cups-letter", 8.55),
        ("sheet-cups-a4", 8.55 * 523.28 / 509.1),
        ("sheet-n-up-2-beside", 5.0),
        ("sheet-n-up-2-stacked", 7.07),
        ("sheet-n-up-4-landscape", 5.0),
        ("sheet-n-up-4-portrait", 3.535),
        ("sheet-user-unit-only-2", 5.0),
    ],
)
def test_sizes_on_sheets(name: str, size: float) -> None:
    """Text of 10 pt has on each kind of sheet the size that fits."""
    sizes = Counter(round(run.height, 1) for page in seen(COPIES[name].of(LECTURES)) for run in page.runs)
    assert sizes.most_common(1)[0][0] == pytest.approx(size, abs=0.06)


@pytest.mark.parametrize(
    ("name", "angle"), [("turned-90", 90), ("turned-180", 180), ("turned-270", -90), ("cups-a4", 90)]
)
def test_angles_of_sheets(name: str, angle: float) -> None:
    """All the text of a turned copy runs at the angle that its name says, and lies on the page."""
    for page in seen(COPIES[f"sheet-{name}"].of(LECTURES)):
        for run in page.runs:
            assert abs(degrees(atan2(run.matrix[1], run.matrix[0]))) == pytest.approx(abs(angle))
            assert (run.matrix[1] > 0) == (angle == 90)
            assert 0 < run.x < page.page[2]
            assert 0 < run.y < page.page[3]


def test_boxes_of_sheets() -> None:
    """Turns, units, crops and halves stand in the entries of the page."""
    entries = {
        name: _first_page(COPIES[f"sheet-{name}"]) for name in ("rotate-90", "user-unit-5", "cropped", "shifted")
    }
    assert entries["rotate-90"]["/Rotate"] == 90
    assert entries["user-unit-5"]["/UserUnit"] == 5
    assert entries["cropped"]["/CropBox"] == pytest.approx([24, 24, 817.9, 571.3])
    assert entries["shifted"]["/MediaBox"] == pytest.approx([100, -50, 941.9, 545.3])
    halves = [page.page for page in seen(COPIES["sheet-poster-2x1"].of(LECTURES))]
    assert halves[0] == pytest.approx((0, 0, 420.95, 595.3))
    assert halves[1] == pytest.approx((420.95, 0, 841.9, 595.3))
    assert len(halves) == 6
    assert seen(COPIES["sheet-poster-1x2"].of(LECTURES))[0].page == pytest.approx((0, 297.65, 841.9, 595.3))


def _first_page(copy: Copy) -> dict[str, object]:
    with pikepdf.open(BytesIO(copy.of(LECTURES))) as opened:
        entries = dict(opened.pages[0].obj.items())
        return {
            key: [float(one) for one in value] if key.endswith("Box") else value
            for key, value in entries.items()
            if key.endswith("Box") or key in ("/Rotate", "/UserUnit")
        }


def test_the_eye_sees_what_was_drawn() -> None:
    """Of a page the eye sees every row, the columns and each text, in both styles of a file."""
    for kind in KINDS:
        plain, printed = seen(MADE[kind, "oracle"]), seen(MADE[kind, "pdfium"])
        for ours, theirs in zip(plain, printed, strict=True):
            assert [run.text for run in ours.runs] == [run.text for run in theirs.runs]
            assert [run.height * 0.96 for run in ours.runs] == pytest.approx([run.height for run in theirs.runs])
            assert (len(ours.xs), len(ours.ys), ours.rows) == (len(theirs.xs), len(theirs.ys), theirs.rows)
        assert sum(len(page.rows) for page in plain) == len(made(kind, 3, pages=3).rows)
        assert len(plain[0].xs) == {"lectures": 11, "tests": 8, "exams": 11}[kind]


def test_any_pages_in_any_order() -> None:
    """A selection holds the pages named, in that order, as often as named."""
    one, two, three = letters(LECTURES)
    assert letters(copies_pages.selected(LECTURES, [2, 0, 2])) == [three, one, three]
    assert letters(copies_pages.merged([LECTURES, copies_pages.selected(LECTURES, [1])])) == [one, two, three, two]
    orders = {
        "first-missing": [two, three], "middle-missing": [one, three], "last-missing": [one, two],
        "swapped": [one, three, two], "reversed": [three, two, one], "first-doubled": [one, one, two, three],
        "second-doubled": [one, two, two, three], "twice": [one, two, three] * 2,
    }  # fmt: skip
    for name, order in orders.items():
        assert letters(COPIES[f"pages-{name}"].of(LECTURES)) == order


def test_several_kinds_in_one() -> None:
    """PDFs of several kinds and styles can be put behind one another."""
    whole = copies_pages.merged(list(MADE.values()))
    assert letters(whole) == [page for pdf in MADE.values() for page in letters(pdf)]


def test_bytes_behind_the_end() -> None:
    """The bytes behind the end are the only difference."""
    copy = COPIES["file-followed-by-2000-nuls"].of(LECTURES)
    assert (copy[: len(LECTURES)], copy[len(LECTURES) :]) == (LECTURES, bytes(2000))
    assert len(COPIES["file-followed-by-80000-nuls"].of(LECTURES)) == len(LECTURES) + 80_000


def test_a_checksum_without_its_last_byte() -> None:
    """One stream is whole but for the last byte of its checksum, which is 0; all others are whole."""
    short = 0
    for packed in _streams(COPIES["file-checksum-short"].of(LECTURES)):
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed)
        short += not unpacker.eof
        assert unpacker.eof or zlib.adler32(data).to_bytes(4, "big") == packed[-3:] + b"\0"
    assert short == 1


def _streams(pdf: bytes) -> list[bytes]:
    return [
        match[2][: int(match[1])] for match in re.finditer(rb"/Length (\d+) >>\nstream\n(.*?)endstream", pdf, re.DOTALL)
    ]


def test_counts_and_references() -> None:
    """A count is one less than the references; a reference names another object; the rest of the file is untouched."""
    less = COPIES["file-count-less"].of(LECTURES)
    assert re.findall(rb"/Count (\d)", less) == [b"2"]
    assert len(re.findall(rb"\d+ 0 R", _kids(less))) == 3
    first = COPIES["file-kid-is-first"].of(LECTURES)
    kids = re.findall(rb"(\d+) 0 R", _kids(first))
    assert kids[0] == kids[1] != kids[2]
    assert re.findall(rb"(\d+) 0 R", _kids(COPIES["file-kid-is-catalogue"].of(LECTURES)))[1] == b"1"
    assert bytes(30) in COPIES["file-tree-zeroed"].of(LECTURES)


def _kids(pdf: bytes) -> bytes:
    found = re.search(rb"/Kids \[[^]]*\]", pdf)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("name", ["file-count-less", "file-tree-zeroed"])
def test_pdfium_repairs_in_silence(name: str) -> None:
    """Some torn files open in PDFium without a word, with pages missing."""
    for pdf in TWO:
        with pypdfium2.PdfDocument(COPIES[name].of(pdf)) as document:
            assert len([page.get_textpage() for page in document]) < 3


def test_random_changes() -> None:
    """Random changes never end, keep the length, and are the same for the same seed."""
    some = list(islice(copies_files.random_changes(LECTURES, 1), 20))
    assert some == list(islice(copies_files.random_changes(LECTURES, 1), 20))
    assert some != list(islice(copies_files.random_changes(LECTURES, 2), 20))
    assert {len(copy) for copy in some} == {len(LECTURES)}
    assert all(sum(a != b for a, b in zip(copy, LECTURES, strict=True)) <= 8 for copy in some)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_hold_no_text(name: str) -> None:
    """Letters as shapes and scans hold not one letter, and are not blank."""
    for pdf in TWO:
        copy = COPIES[name].of(pdf)
        assert letters(copy) == [Counter()] * 3
        with pypdfium2.PdfDocument(copy) as document:
            assert all(min(bytes(page.render(grayscale=True).buffer)) < 64 for page in document)
