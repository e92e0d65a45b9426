"""The page: every text on it as it was, links that lead to the files, and what it says of a run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from tukscal.core.errors import CONVERSION_ERRORS
from tukscal.core.jobs.task import Details, Moved, ProblemRow
from tukscal.core.ledger import Job, State
from tukscal.core.report.batch import CAUSES, Told, cause_words
from tukscal.core.report.findings import FEW, MOST
from tukscal.core.wording import clean, visible
from tukscal.tests.core.report.reports import HOSTILE, dead, job, named, names, page, parsed, run, texts

STATIC = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "p", "time", "nav", "ul", "li", "a", "main",
    "section", "h2", "h3", "dl", "div", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "code",
    "strong", "figure", "figcaption", "svg", "desc", "text", "rect", "line", "details", "summary", "span", "footer",
}  # fmt: skip


def made(number: int, **details: object) -> Told:
    """Return a calendar."""
    return Told(job=job(number), details=Details(**details))  # type: ignore[arg-type]  # fields of Details


@given(names, texts)
def test_no_name_and_no_text_becomes_markup(name: bytes, text: str) -> None:
    """The page has our elements only, the same ones whatever the texts are; every link leads to one of its files."""
    found = parsed(page(named(name, text)))
    assert {tag for tag, _ in found.tags} <= STATIC
    assert len(found.tags) == len(parsed(page(named(b"x", "y"))).tags)
    files = {unquote_to_bytes(link.partition("#")[0]) for link in found.links}
    assert files == {name, b"../in/" + name}
    assert not [link for link in found.links if re.match("[^/?#]*:", link)]


@given(texts.filter(len))
def test_texts_are_shown_as_they_are(text: str) -> None:
    """Row, reason, sentence, advice and change stand in their cells, word for word."""
    cells = parsed(page(named(b"x.pdf", text))).cells
    assert sum(cell.strip() == clean(visible(text)).strip() for cell in cells) >= 4
    assert clean(f"{visible(text)} moved: {visible(text)} → {visible(text)}") in [clean(cell) for cell in cells]


def test_the_page_is_safe_by_itself() -> None:
    """No script, nothing that loads, and a policy that forbids both."""
    html = page(named(b"<script>", HOSTILE))
    tags = parsed(html).tags
    policies = [attributes.get("content") for tag, attributes in tags if attributes.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    assert not [name for _, attributes in tags for name in attributes if name in ("src", "style") or name[:2] == "on"]
    assert "\x1b" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize(
    ("told", "summary", "headline"),
    [
        ([], {"batch": 7}, "There was no PDF to convert"),
        ([made(1)], {"batch": 7}, "The PDF has its calendar"),
        ([made(1), made(2)], {"unchanged": 1_998}, "All 2,000 PDFs have their calendar"),
        ([made(1), dead(2)], {"batch": 7}, "1 of 2 PDFs has no calendar"),
        ([made(1), dead(2)], {"quarantined": 1, "bad_skipped": 1}, "3 of 4 PDFs have no calendar"),
        (
            [Told(job=job(1, state=State.QUEUED), details=Details()), dead(2)],
            {"batch": 7},
            "Not finished: 1 of 2 PDFs is not done yet",
        ),
    ],
)
def test_the_headline(told: list[Told], summary: dict[str, object], headline: str) -> None:
    """The heading says what the batch came to, those included that were left alone."""
    assert f"<h1>{headline}</h1>" in page(told, run(summary))


def test_what_moved_is_told_for_each_calendar() -> None:
    """A changed calendar is listed with its sessions; one that is new is not, whatever was remembered."""
    changes = (
        Moved(title="COS 214 L1", before="Monday 08:30-09:20", after="Tuesday 08:30-09:20"),
        Moved(title="COS 214 L2", before=None, after="Friday 08:30-09:20"),
        Moved(title="COS 214 L3", before="Friday 10:30-11:20", after=None),
    )
    html = page(
        [made(1, first=False, changes=changes, change_count=7), made(2, first=True, changes=changes, change_count=7)]
    )
    assert (parsed(html).cells.count("1.ics"), parsed(html).cells.count("2.ics")) == (1, 0)
    (cell,) = [cell for cell in parsed(html).cells if "COS 214" in cell]
    assert cell == (
        "COS 214 L1 moved: Monday 08:30-09:20 → Tuesday 08:30-09:20COS 214 L2 is new: Friday 08:30-09:20"
        "COS 214 L3 is gone: Friday 10:30-11:20and 4 more"
    )
    assert "What moved: 7 sessions in 1 calendar<" in html


def test_failures_before_and_now_are_told_apart() -> None:
    """A PDF that failed and had a calendar, and one that has a calendar and had failed, stand in lists of their own."""
    lost = replace(dead(1), earlier=job(1))
    recovered = Told(job=job(2), details=Details(), failed_before="It was a picture.")
    html = page([lost, recovered, dead(3)])
    assert "Failed, had a calendar before (1)" in html
    assert "Failed before, now with a calendar (1)" in html
    assert "It was a picture." in parsed(html).cells
    assert '<a href="1.ics"' in html
    assert '<a href="3.ics"' not in html


def test_rows_that_could_not_be_used_lead_to_their_page() -> None:
    """A problem row stands with its place, text and reason, and links to its page of the PDF."""
    row = ProblemRow(page=3, row=4, text="Monday 99:99", reason="99:99 is no time")
    html = page([Told(job=job(1, problems=1), details=Details(problems=(row,)))])
    assert parsed(html).cells[4:8] == ["1.pdf", "page 3, row 4", "Monday 99:99", "99:99 is no time"]
    assert '<a href="../in/1.pdf#page=3"' in html


def test_the_page_stays_short() -> None:
    """Of many failures the first 300 by name are listed, of many doubts 50, and it says how many more there are."""
    failed = [dead(number, source=Path(f"/in/{number:04}.pdf")) for number in range(1_000)]
    doubts = [made(number, undecided=1) for number in range(1_000, 1_100)]
    html = page([*reversed(failed), *doubts])
    listed = [cell for cell in parsed(html).cells if re.fullmatch(r"0\d{3}\.pdf", cell)]
    assert listed[:MOST] == [f"{number:04}.pdf" for number in range(MOST)]
    assert "And 700 PDFs more: the report as .csv has all of them." in html
    assert f"And {100 - FEW} calendars more" in html
    assert ">1,000<" in html


def test_charts_have_words_and_figures() -> None:
    """Each of three charts has a title, a description, labelled axes, and its figures as a table."""
    html = page([made(number) for number in range(1, 5)])
    tags = parsed(html).tags
    drawings = [attributes for tag, attributes in tags if tag == "svg"]
    assert [drawing["role"] for drawing in drawings] == ["img"] * 3
    ids = {attributes.get("id") for _, attributes in tags}
    assert {part for drawing in drawings for part in (drawing["aria-labelledby"] or "").split()} <= ids
    assert re.findall(r'<text [^>]*class="axis [a-z]*"[^>]*>([^<]*)', html) == [
        "Time", "PDFs", "Size", "PDFs", "Sessions", "Calendars",
    ]  # fmt: skip
    assert (
        "PDFs: 4. Half of them at most 250 ms, 95 % at most 250 ms; from 250 ms to 250 ms, 250 ms on average." in html
    )
    assert [cell for cell in parsed(html).cells if cell in ("200–500 ms", "1–2 kB", "20")] == [
        "200–500 ms", "1–2 kB", "20",
    ]  # fmt: skip


def test_students_are_not_called_pdfs() -> None:
    """With a list of students each is named by its calendar, and nothing is said of the size of PDFs."""
    html = page([made(1), dead(2)], run({"batch": 7}, enrolments="list.csv"))
    assert "<h1>1 of 2 students has no calendar</h1>" in html
    assert "Size of each PDF" not in html
    assert "2" in parsed(html).cells
    assert "/in/" not in html.replace("<dd>/in</dd>", "")


def test_ids_are_never_twice() -> None:
    """Every id of the fullest page is there once, and every link within the page finds one."""
    tags = parsed(page(named(b"x", "y"))).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 10
    inner = [attributes["href"] for tag, attributes in tags if tag == "a" and (attributes["href"] or "")[0] == "#"]
    assert {link[1:] for link in inner if link} <= set(ids)


def test_every_cause_has_words() -> None:
    """Each of the closed list of causes is said in a person's words, an unknown one as it is."""
    assert set(CAUSES) == {error.cause for error in CONVERSION_ERRORS}
    assert cause_words("push_refused") == "push_refused"


@pytest.mark.parametrize("moment", [float("inf"), 1e18, -1e18, float("nan")])
def test_a_clock_that_is_wrong_harms_nothing(moment: float) -> None:
    """A time no calendar has is unknown."""
    odd: Job = job(created=moment, completed=moment)
    about = run()
    html = page([Told(job=odd, details=Details())], replace(about, batch=replace(about.batch, created=moment)))
    assert "unknown" in html
