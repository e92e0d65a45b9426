"""A page that a PDF lost is said: its count, its references and its page objects agree with what was opened."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import Damaged, TukscalError
from tukscal.core.pdf.limits import whole
from tukscal.core.pdf.page_tree import check_pages, find_pages
from tukscal.examples.generator.attack_trees import cyclic_tree, deep_tree, many_pages, same_page, shared_tree
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import merged_pdf
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.near_misses import NEAR_MISSES
from tukscal.examples.generator.raw import Objects, page
from tukscal.tests.made import LAYOUTS
from tukscal.tests.samples import case, sample

PAGE = b"<< /Type /Page /Parent 2 0 R >>"


def tree(node: bytes, *others: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF of a catalogue (1), a page tree's root (2) and others (from 3)."""
    objects = Objects()
    root = objects.add(b"<< /Type /Catalog /Names << /Pages 9 0 R >> /Pages 2 0 R >>")
    for body in (node, *others):
        objects.add(body)
    return objects.file(root, trailer=trailer)


def refusal(data: bytes, opened: int) -> str:
    """Return what a PDF is refused for, "" when it is not."""
    try:
        check_pages(data, opened)
    except Damaged as error:
        return error.message.removeprefix("The PDF is damaged: ")
    return ""


def saved(data: bytes, **options: Any) -> bytes:
    """Return a PDF as another program saves it."""
    out = BytesIO()
    with pikepdf.open(BytesIO(data)) as pdf:
        pdf.save(out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("node", "others", "opened"),
    [
        (b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>", [PAGE, PAGE], 2),
        (b"<</Kids[3 0 R\r4\x000\n\tR]/Count 2/Type/Pages>>", [PAGE, PAGE], 2),
        (b"<< /Kids % two [\n [ 3 0 R % 4 0 R ]\n 4 0 R ] /Count %9\r2 /Type /Pages >>", [PAGE, PAGE], 2),
        (b"<< /Type /Pages /Count 5 0 R /Kids 6 0 R >>", [PAGE, PAGE, b"2", b"[3 0 R 4 0 R]"], 2),
        (b"<< /Type /Pages /Count 2 /Kids [4 0 R 3 0 R] >>", [PAGE, b"<< /Kids [5 0 R] /Count 1 >>", PAGE], 2),
        (b"<< /Type /Pages /Count 3 /Kids [3 0 R 3 0 R 3 0 R] >>", [PAGE], 3),
        (b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>", [PAGE, b"<< /Parent 2 0 R >>"], 2),
        (b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", [PAGE + b" % a page", PAGE], 1),  # another was taken out
        (b"<< /Type /Pages /Count 1 /Kids [3 0 R 9 0 R] >>", [PAGE, b"<< /Type /ObjStm >>\nstream\n\nendstream"], 1),
    ],
)
def test_what_agrees(node: bytes, others: list[bytes], opened: int) -> None:
    """Every legal way to write a page tree agrees with its pages; of what cannot be seen nothing is said."""
    assert refusal(tree(node, *others), opened) == ""


@pytest.mark.parametrize(
    ("node", "others", "opened", "what"),
    [
        (b"/Count 1 /Kids [3 0 R 4 0 R]", [PAGE, PAGE], 1, "it lists 2 pages, and 1 can be read."),
        (b"/Count 2 /Kids [3 0 R]", [PAGE, PAGE], 1, "it says that it has 2 pages, and 1 can be read."),
        (b"/Count 2 /Kids [3 0 R 4 0 R]", [PAGE, PAGE], 1, "it says that it has 2 pages, and 1 can be read."),
        (b"/Count 1 /Kids [3 0 R]", [PAGE], 2, "it says that it has 1 page, and 2 can be read."),
        (b"/Kids [3 0 R", [PAGE, PAGE], 1, "it holds 2 pages, and 1 can be read."),
        (b"/Count 2 /Kids [3 0 R 3 0 R]", [PAGE, PAGE], 2, "it holds 3 pages, and 2 can be read."),
        (b"/Count 2 /Kids [3 0 R 5 0 R]", [PAGE, PAGE, b"<< >>"], 2, "it holds 3 pages, and 2 can be read."),
        (b"/Count 2 /Kids [3 0 R 4 0 R]", [PAGE, PAGE[:-3]], 2, "the description of 1 page has no end."),
        (b"/Kids [3 0 R 4 0 R]", [PAGE, PAGE], 2, "it does not say how many pages it has."),
        (b"/Count 9 0 R /Kids [3 0 R]", [PAGE], 1, "it does not say how many pages it has."),
    ],
)
def test_what_does_not_agree(node: bytes, others: list[bytes], opened: int, what: str) -> None:
    """A PDF whose count, references and page objects differ is refused by what differs."""
    assert refusal(tree(b"<< /Type /Pages %s >>" % node, *others), opened) == what


def test_contents_on_no_page() -> None:
    """Two pages with the same contents are refused where other contents are on no page, and there alone."""

    def pages(first: int, second: int) -> bytes:
        shown = [page(2, [first]), page(2, [second])]
        streams = [b"<< /Length 2 >>\nstream\n%d\nendstream" % number for number in (11, 12)]
        return tree(b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>", *shown, *streams)

    assert refusal(pages(5, 6), 2) == ""
    assert refusal(pages(6, 6), 2) == "the contents of one page are on none, and another's are on it."
    bare = pages(6, 6).replace(b"[6 0 R]", b" 6\0 0 R")
    assert refusal(bare, 2) == refusal(pages(6, 6), 2)
    form = pages(5, 7).replace(
        b"11\nendstream", b"11\nendstream\nendobj\n7 0 obj\n<< /Subtype /Form >>\nstream\n\nendstream"
    )
    assert refusal(form, 2) == "the contents of one page are on none, and another's are on it."
    assert refusal(pages(6, 6).replace(b"/Names", b"/Extra 5 0 R /Names"), 2) == ""


def test_the_newest_definition() -> None:
    """Of a file that was saved again the newest page tree counts; a page it no longer names is no damage."""
    first = tree(b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>", PAGE, PAGE)
    again = first + b"2 0 obj\n<< /Type /Pages /Count 1 /Kids [4 0 R] >>\nendobj\nxref\n0 0\n%%EOF\n"
    assert refusal(first, 2) == refusal(again, 1) == ""
    assert refusal(again, 2) == "it says that it has 1 page, and 2 can be read."


def test_a_pdf_inside_a_stream() -> None:
    """Objects that stand inside a stream, such as an attached PDF's, are not the file's."""
    inside = tree(b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", PAGE)
    attached = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(inside), inside)
    node = b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>"
    assert refusal(tree(node, PAGE, PAGE, attached), 2) == ""
    # A wrong length is not believed.
    wrong = b"<< /Length 7 >>\nstream\n8 0 obj\n<< /Type /Page >>\nendstream"
    assert refusal(tree(node.replace(b"/Count 2", b""), PAGE, PAGE, wrong), 2).startswith("it does not say")


@pytest.mark.parametrize(
    "options",
    [
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"linearize": True},
        {"linearize": True, "object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"qdf": True},
        {"encryption": pikepdf.Encryption(owner="owner", user="")},
        {"encryption": False},
    ],
)
@pytest.mark.parametrize("encrypted", [False, True])
def test_saved_by_another_program(options: dict[str, Any], encrypted: bool) -> None:
    """A timetable that another program saved is read as the original, and its pages are seen."""
    one = made("lectures", 2, pages=3, encrypted=encrypted)
    again = saved(one.pdf, **options)
    assert read_pdf(again).entries == read_pdf(one.pdf).entries
    seen = find_pages(again)
    assert seen is None or (seen.count, seen.named, seen.distinct, seen.lost) == (3, 3, True, 0)
    # Only what is both encrypted and packed away cannot be seen.
    assert (seen is None) == (b"/Encrypt" in again and b"/ObjStm" in again)


def object_stream(number: int, *bodies: bytes) -> bytes:
    """Return an object stream of bodies that are numbered from a number on."""
    places = [sum(len(body) for body in bodies[:index]) for index in range(len(bodies))]
    head = b"".join(b"%d %d " % (number + index, place) for index, place in enumerate(places))
    packed = zlib.compress(head + b"".join(bodies))
    entries = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d" % (len(bodies), len(head), len(packed))
    return b"<< %s >>\nstream\n%s\nendstream" % (entries, packed)


@pytest.mark.parametrize("count", [1, 2])
def test_page_objects_in_object_streams(count: int) -> None:
    """A page lost from a tree is seen where the tree and the pages stand in a compressed object stream."""
    node = b"<< /Type /Pages /Count %d /Kids [5 0 R 6 0 R] >>" % count
    data = tree(b"null", object_stream(4, node, PAGE, PAGE)).replace(b"/Pages 2 0 R", b"/Pages 4 0 R")
    assert b"/Kids" not in data
    assert refusal(data, count) == ("" if count == 2 else "it lists 2 pages, and 1 can be read.")


@pytest.mark.parametrize(
    "heads",
    [
        b"8 0 9 0 " * 30_000,  # too many
        b"8 90 9 0 " * 9,  # offsets that go back
    ],
)
def test_object_streams_that_attack(heads: bytes) -> None:
    """Of an object stream whose head is out of all proportion nothing is believed."""
    packed = zlib.compress(heads + b" " * 100)
    body = b"<< /Type /ObjStm /N 9 /First %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(heads), packed)
    assert find_pages(tree(b"<< /Type /Pages /Count 1 /Kids [9 0 R] >>", body)) is None


@pytest.mark.parametrize(
    ("attack", "named"),
    [(shared_tree, 10**9), (cyclic_tree, 1), (deep_tree, 1), (many_pages, 20_000), (same_page, 100_000)],
)
def test_trees_that_attack(attack: Callable[[], bytes], named: int) -> None:
    """A tree of 2^30 pages, in a circle, 5,000 deep or of 100,000 pages is counted, each node once."""
    found = find_pages(attack())
    assert found is not None
    assert found.named == named


def test_a_shared_array_is_read_once() -> None:
    """An array that 30,000 nodes name is read once: 30,000 times would take minutes."""
    nodes = [b"<< /Kids 4 0 R >>"] * 30_000
    top = b" ".join(b"%d 0 R" % number for number in range(5, 30_005))
    found = find_pages(tree(b"<< /Type /Pages /Kids [%s] >>" % top, PAGE, b"[%s]" % (b"3 0 R " * 30_000), *nodes))
    assert found is not None
    assert found.named == 900_000_000


def test_made_timetables_agree() -> None:
    """No made timetable, in no layout, encrypted or merged, is refused for its pages."""
    for name, layout in LAYOUTS.items():
        for encrypted in (False, True):
            data = made("tests", 4, pages=2, layout=layout, encrypted=encrypted).pdf
            assert (name, refusal(data, 2)) == (name, "")
    assert refusal(merged_pdf([LECTURES, TESTS, EXAMS]), 3) == ""


@pytest.mark.parametrize("name", [*NEAR_MISSES, *(name for name in MALFORMED if name != "rows-10000")])
def test_bad_timetables_have_all_their_pages(name: str) -> None:
    """What is no timetable, or a bad one, is never refused for pages that are all there."""
    data = NEAR_MISSES[name]() if name in NEAR_MISSES else MALFORMED[name].pdf()
    assert not damage(data).startswith("The PDF is damaged")


def damage(data: bytes) -> str:
    """Return what a PDF is refused for as damaged, "" when it is refused for something else or read."""
    try:
        read_pdf(data)
    except Damaged as error:
        return error.message
    except TukscalError:
        return ""
    return ""


def test_real_timetables_agree(sample_name: str) -> None:
    """Real timetables say the number of their pages three times alike."""
    found = find_pages(whole(sample(sample_name)))
    assert found is not None
    assert found.count == found.named == (1 if sample_name == "UP_EXAM_SS" else 2)
    assert (found.distinct, found.lost, found.mixed_up) == (True, 0, False)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("count-one__UP_MOD_XLS", "it lists 2 pages, and 1 can be read."),
        ("page-object-zeroed__UP_MOD_XLS", "it holds 2 pages, and 1 can be read."),
    ],
)
def test_damaged_cases(name: str, what: str) -> None:
    """A real timetable that lost a page is refused."""
    with pytest.raises(Damaged) as caught:
        read_pdf(case(name))
    assert caught.value.message == f"The PDF is damaged: {what}"
