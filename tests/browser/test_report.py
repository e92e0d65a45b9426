"""The report of `tukscal batch --report` in a real browser: light and dark, wide, on a phone, on paper, and aloud."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pypdfium2
import pytest
from tukscal.core.jobs.task import Details, Moved, ProblemRow
from tukscal.core.report.batch import Told
from tukscal.core.report.findings import find
from tukscal.core.report.page import write_page
from tukscal.tests.browser.browser import AXE
from tukscal.tests.core.report.reports import HOSTILE, dead, job, named, run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (1280, 375)
A4 = (595.28, 841.89)
LONG = b"Informatoriumlaboratorium" * 8


def _faculty() -> list[Told]:
    """Return a run with something of everything."""
    row = ProblemRow(page=2, row=3, text="COS 214 L1 Monday 99:99", reason="99:99 is no time")
    moved = Moved(title="COS 214 L1", before="Monday 08:30-09:20, IT 4-4", after="Tuesday 08:30-09:20, IT 4-4")
    details = Details(
        events=20, first=False, problems=(row,), changes=(moved,), change_count=1, undecided=2, left_out=1
    )
    done = [
        Told(job=job(number, problems=number % 2, duration=0.003 * number, size=900 * number), details=details)
        for number in range(1, 40)
    ]
    return [*done, *(dead(number) for number in range(40, 60))]


RUNS = {
    "faculty": _faculty(),
    "hostile": named(f"{HOSTILE}.pdf".replace("/", "_").encode(), HOSTILE),
    "long": named(LONG, (LONG * 3).decode()),
    "empty": [],
}


def _open(
    browser: Browser,
    folder: Path,
    told: str | Sequence[Told],
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
) -> tuple[Page, list[str]]:
    """Return the page of a run, opened, and the requests it makes."""
    file, jobs = folder / "report.html", RUNS[told] if isinstance(told, str) else told
    file.write_bytes(write_page(run({"batch": 7, "unchanged": 3}), find(jobs), folder))
    # axe runs in the page, so its policy must let the test, and only the test, add a script.
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    return page, requests


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", RUNS)
def test_axe_finds_nothing_serious(
    browser: Browser, tmp_path: Path, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    """axe-core has no serious or critical finding, light and dark, wide and on a phone."""
    page, _ = _open(browser, tmp_path, name, width, scheme)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    serious = [
        (finding["id"], [node["html"][:200] for node in finding["nodes"][:3]])
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert len(found["passes"]) > 15


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", RUNS)
def test_the_page_makes_no_request_and_never_scrolls_sideways(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """Opening the page loads the page alone; nothing in it is wider than the window."""
    page, requests = _open(browser, tmp_path, name, width)
    assert requests == [(tmp_path / "report.html").as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width


def test_text_is_shown_and_never_run(browser: Browser, tmp_path: Path) -> None:
    """Text that looks like markup stands on the page as it was; no element came of it, and the title is ours."""
    page, _ = _open(browser, tmp_path, "hostile")
    assert page.title() == "tukscal, batch 7: 1 of 5 PDFs has no calendar"
    assert page.locator("script, img").count() == 0
    assert "<script>document.title='taken'</script>" in page.locator("#problems td").nth(1).inner_text()


def test_a_link_opens_the_calendar(browser: Browser, tmp_path: Path) -> None:
    """A browser finds the very file behind a link, whatever it is called."""
    names = [b"javascript:alert(1).txt", b"a?b#c%2e.txt", b"not\xffutf8.txt", b"a\"'<b>&.txt", b"line\nbreak.txt"]
    for number, name in enumerate(names):
        Path(tmp_path, name.decode("utf-8", "surrogateescape")).write_text(f"file {number}")
    told = [
        Told(job=job(1, output=tmp_path / name.decode("utf-8", "surrogateescape")), details=Details(undecided=1))
        for name in names
    ]
    page, _ = _open(browser, tmp_path, told)
    links = page.locator("#doubts a").evaluate_all("all => all.map(one => one.href)")
    found = []
    for link in links:
        page.goto(link)
        found.append(page.locator("body").inner_text())
    assert sorted(found) == [f"file {number}" for number in range(len(names))]


def test_dark_is_dark(browser: Browser, tmp_path: Path) -> None:
    """Whoever prefers a dark screen gets one; on paper the ground is white all the same."""
    ground = "getComputedStyle(document.body).backgroundColor"
    page, _ = _open(browser, tmp_path, "faculty", scheme="dark")
    assert page.evaluate(ground) == "rgb(21, 24, 28)"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_a_phone_shows_cards(browser: Browser, tmp_path: Path) -> None:
    """At 375 pixels a failure's sentence and advice stand below its name, each with what it is."""
    page, _ = _open(browser, tmp_path, "faculty", 375)
    row = page.locator("#failed table").nth(1).locator("tbody tr").first
    boxes = [cell.bounding_box() for cell in row.locator("th, td").all()]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(set(tops))
    assert all(box and box["width"] > 300 for box in boxes)
    label = "getComputedStyle(document.querySelectorAll('#failed table')[1].querySelector('td'), '::before').content"
    assert "What is wrong" in page.evaluate(label)


def test_a_screen_reader_finds_its_way(browser: Browser, tmp_path: Path) -> None:
    """Landmarks, headings in order, three drawings with a name, tables with their headings also as cards."""
    page, _ = _open(browser, tmp_path, "faculty", 375)
    assert page.locator("html").get_attribute("lang") == "en"
    for role in ("banner", "main", "contentinfo", "navigation"):
        assert page.get_by_role(role).count() == 1
    levels = [int(one.evaluate("one => one.tagName[1]")) for one in page.locator("h1, h2, h3").all()]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for name in ("Time for each PDF", "Size of each PDF", "Sessions in each calendar"):
        assert page.get_by_role("img", name=name).count() == 1
    table = page.get_by_role("table", name="PDFs without a calendar")
    assert table.get_by_role("row").count() == 21
    assert table.get_by_role("rowheader", name="40.pdf").count() == 1


@pytest.mark.parametrize("name", RUNS)
def test_it_prints_on_upright_a4(browser: Browser, tmp_path: Path, name: str) -> None:
    """On paper every page is A4 upright with text, and nothing stands beyond its edges."""
    page, _ = _open(browser, tmp_path, name)
    with pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True))) as printed:
        for sheet in printed:
            assert sheet.get_size() == pytest.approx(A4, abs=1)
            text = sheet.get_textpage()
            assert text.count_chars() > 20
            boxes = [text.get_charbox(index) for index in range(text.count_chars())]
            assert all(left >= 0 and right <= A4[0] for left, _, right, _ in boxes)
