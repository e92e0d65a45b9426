"""The page of `tukscal show --html` in a real browser: wide, on a phone, on paper, and to a screen reader."""

from __future__ import annotations

import io
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pypdfium2
import pytest
from tukscal.core.pictures.drawing import draw
from tukscal.core.pictures.page import write_page
from tukscal.core.pictures.theme import Caption
from tukscal.core.pictures.week import WeekPlan, plan_week
from tukscal.tests.browser.browser import AXE
from tukscal.tests.core.pictures.overviews import HOSTILE, student, student_plan
from tukscal.tests.core.sessions import exam, lecture, semester_test

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CAPTION = Caption(title="UP timetable: lectures, tests and exams", notes=("11 sessions of tuks.ics.",), version="1.2")
WIDTHS = (1280, 375)
A4 = (841.89, 595.28)


def _crowded() -> WeekPlan:
    """Return a week too full to be drawn."""
    return plan_week(lecture(group=f"G{number:02}", day=number % 5) for number in range(120))


def _hostile() -> WeekPlan:
    """Return a plan whose every text tries to be markup."""
    fields = {"module": HOSTILE, "activity": HOSTILE, "venues": (HOSTILE,), "campus": HOSTILE, "comments": HOSTILE}
    return plan_week([lecture(**fields, group=HOSTILE), semester_test(**fields), exam(**fields, status=HOSTILE)])


def _words() -> WeekPlan:
    """Return a plan with venues that cannot be broken and many modules."""
    long = "Informatoriumlaboratorium" * 6
    return plan_week([lecture(module=f"COS {number}", day=number % 6, venues=(long,)) for number in range(200, 218)])


PLANS = {
    "student": student_plan(),
    "crowded": _crowded(),
    "hostile": _hostile(),
    "long words": _words(),
    "exams": plan_week([exam(module=f"COS {number}") for number in range(200, 240)]),
}


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> WeekPlan:
    """Return each plan in turn."""
    return PLANS[request.param]


def _open(browser: Browser, folder: Path, plan: WeekPlan, width: int = 1280) -> tuple[Page, list[str]]:
    """Return the page of a plan, opened, and the requests it makes."""
    file = folder / "week.html"
    file.write_bytes(write_page(plan, CAPTION))
    # axe runs in the page, so its policy must let the test, and only the test, add a script.
    page = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    return page, requests


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(browser: Browser, tmp_path: Path, plan: WeekPlan, width: int) -> None:
    """axe-core has no serious or critical finding, wide and on a phone."""
    page, _ = _open(browser, tmp_path, plan, width)
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
def test_the_page_makes_no_request_and_never_scrolls_sideways(
    browser: Browser, tmp_path: Path, plan: WeekPlan, width: int
) -> None:
    """Opening the page loads the page alone; nothing in it is wider than the window."""
    page, requests = _open(browser, tmp_path, plan, width)
    assert requests == [(tmp_path / "week.html").as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width


def test_text_of_a_pdf_is_shown_and_never_run(browser: Browser, tmp_path: Path) -> None:
    """Text that looks like markup stands on the page as it was printed; no element came of it."""
    page, _ = _open(browser, tmp_path, PLANS["hostile"])
    assert page.title() == CAPTION.title
    assert page.locator("script, img").count() == 0
    assert HOSTILE in page.locator(".week .where").first.inner_text()


def test_a_wide_window_shows_the_week_true_to_time(browser: Browser, tmp_path: Path) -> None:
    """In the grid two lectures that clash stand side by side, and an hour later is as much further down as an hour."""
    page, _ = _open(browser, tmp_path, PLANS["student"])
    week = page.locator(".week").nth(1)
    boxes = {name: _box(week, name) for name in ("COS 214 L1", "COS 226 L1", "COS 214 L2", "FST 110 P1")}
    hour = (boxes["FST 110 P1"]["y"] - boxes["COS 214 L2"]["y"]) / 6
    assert boxes["COS 214 L1"]["y"] - boxes["COS 214 L2"]["y"] == pytest.approx(hour, abs=1)
    assert boxes["COS 226 L1"]["y"] - boxes["COS 214 L1"]["y"] == pytest.approx(hour / 2, abs=1)
    assert boxes["FST 110 P1"]["height"] == pytest.approx(hour * 170 / 60, abs=3)
    assert boxes["COS 214 L1"]["x"] + boxes["COS 214 L1"]["width"] <= boxes["COS 226 L1"]["x"] + 1
    assert boxes["COS 214 L2"]["x"] > boxes["COS 226 L1"]["x"]


def _box(week: Any, name: str) -> dict[str, float]:
    box: dict[str, float] = week.locator(".block", has_text=name).bounding_box()
    return box


def test_a_phone_shows_the_days_one_below_the_other(browser: Browser, tmp_path: Path) -> None:
    """At 375 pixels the blocks are full lines in order, days without sessions are left out."""
    page, _ = _open(browser, tmp_path, PLANS["student"], 375)
    week = page.locator(".week").nth(1)
    boxes = [block.bounding_box() for block in week.locator(".block").all()]
    assert all(box and box["width"] > 300 for box in boxes)
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert [day.inner_text() for day in week.locator("h3").all() if day.is_visible()] == [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
    ]  # fmt: skip
    assert not page.locator(".week").first.get_by_role("heading", name="Monday").is_visible()


def test_a_screen_reader_finds_its_way(browser: Browser, tmp_path: Path) -> None:
    """The page has a language, landmarks, headings in order, and lists with all of its sessions in words."""
    page, _ = _open(browser, tmp_path, PLANS["student"])
    assert page.locator("html").get_attribute("lang") == "en"
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("heading", level=1).all_inner_texts() == [CAPTION.title]
    assert page.get_by_role("heading", level=2).all_inner_texts() == [
        "First semester (S1)", "Second semester (S2)", "Sessions in full", "Tests and exams", "Clashes (3)",
        "About this timetable",
    ]  # fmt: skip
    week = page.get_by_role("region", name="Second semester (S2)")
    assert week.get_by_role("listitem").count() == 6
    first = " ".join(week.get_by_role("listitem").first.inner_text().split())
    assert first == "COS 214 L1 08:30–09:20 ! clash G01 IT 4-4 (HATFIELD)"


@pytest.mark.parametrize("weeks", [1, 2])
def test_a_students_page_is_printed_on_one_a4(browser: Browser, tmp_path: Path, weeks: int) -> None:
    """Weeks, tests, exams and clashes of one student come out as one A4 in landscape, with all of their texts."""
    entries = [entry for entry in student() if weeks == 2 or entry.offered not in ("Q1", "Q2")]
    entries = [entry for entry in entries if weeks == 2 or entry.offered != "Y"]
    page, _ = _open(browser, tmp_path, plan_week(entries))
    assert page.locator(".week").count() == weeks
    ((size, text),) = _printed(page)
    assert size == pytest.approx(A4, abs=1)
    for words in ("COS 214 L1", "EMS 4-152", "WTW 285 Test1", "COS 226 Exam Written", "Clashes (", "Friday"):
        assert words in text


def test_a_real_students_page_is_printed_on_one_a4(browser: Browser, tmp_path: Path) -> None:
    """Twenty weekly sessions with long venues and seventeen tests and exams still are one page."""
    entries = [
        lecture(
            module=f"COS {number}",
            day=number % 5,
            start=_later(number),
            end=_later(number, 50),
            venues=("Informatorium Blue Lab 1",) * 3,
        )
        for number in range(200, 220)
    ]
    dated = [(number, date(2026, 8, number - 195)) for number in range(200, 208)]
    entries += [semester_test(module=f"COS {number}", date=day, venues=("IT Open Lab 1",) * 4) for number, day in dated]
    entries += [exam(module=f"COS {number}", date=date(2026, 11, number - 195)) for number in range(200, 209)]
    page, _ = _open(browser, tmp_path, plan_week(entries))
    assert len(_printed(page)) == 1


_HIDDEN = """() => [...document.querySelectorAll('.drawn .block')].filter(block => {
    const box = block.getBoundingClientRect(), text = block.querySelector('.text').getBoundingClientRect()
    const time = [...block.querySelector('.time').getClientRects()].pop()
    return text.bottom > box.bottom + 0.5 || time.bottom > text.bottom + 1 || time.right > box.right + 1
}).map(block => block.innerText)"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 1000, 800])
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_a_time_is_always_shown_and_no_line_is_cut_through(
    browser: Browser, tmp_path: Path, medium: Literal["screen", "print"], width: int
) -> None:
    """Ten groups with three laboratories each at one time show their times; what is left out stands below in full."""
    labs = tuple(f"Informatorium CBT Lab {number}" for number in (1, 2, 3))
    groups = [lecture(module="STK 220", activity="P1", group=f"P{number:02}", venues=labs) for number in range(10)]
    groups += [lecture(day=1, start=time(7, 30), end=time(8, 20)), lecture(day=1, start=time(16, 30), end=time(17, 20))]
    for plan in (plan_week(groups), PLANS["student"]):
        page, _ = _open(browser, tmp_path, plan, 1047 if medium == "print" else width)
        page.emulate_media(media=medium)
        assert page.evaluate(_HIDDEN) == []
    page, _ = _open(browser, tmp_path, plan_week(groups))
    assert "Informatorium CBT Lab 3 (HATFIELD)" in page.locator(".everything").inner_text()
    printed = " ".join(text for _, text in _printed(page))
    assert "Mon 08:30–09:20 STK 220 P1 (P09), Informatorium CBT Lab 1;" in printed


def _later(number: int, minutes: int = 0) -> time:
    return time(8 + number // 5 % 8, minutes)


def test_what_does_not_fit_one_page_is_printed_whole(browser: Browser, tmp_path: Path) -> None:
    """A week that is too full to be drawn is printed on several pages, each group on one of them."""
    page, _ = _open(browser, tmp_path, PLANS["crowded"])
    text = " ".join(text for _, text in _printed(page))
    assert [number for number in range(120) if f"G{number:02}" not in text] == []


def _printed(page: Page) -> list[tuple[tuple[float, float], str]]:
    """Return the size and text of each page on paper."""
    document = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    return [(sheet.get_size(), " ".join(sheet.get_textpage().get_text_bounded().split())) for sheet in document]


def test_the_drawing_is_shown_by_a_browser(browser: Browser, tmp_path: Path, plan: WeekPlan) -> None:
    """The SVG is an image with a size for every plan, and asks for nothing."""
    file = tmp_path / "week.svg"
    file.write_bytes(draw(plan, CAPTION))
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    assert requests == [file.as_uri()]
    assert page.evaluate("document.documentElement.getBBox().width") > 1000
    assert page.evaluate("document.querySelectorAll('script').length") == 0
