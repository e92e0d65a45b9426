"""The central service's pages in a real browser, on a phone: from the PDF to an address a calendar program reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tukscal.core.calendar.event import Status
from tukscal.core.calendar.ics import read
from tukscal.sync.service.settings import RateSettings
from tukscal.tests.browser.browser import AXE
from tukscal.tests.sync.service.serving import TIMETABLES, Served, serving, settings, upload

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = 375
LECTURES = TIMETABLES / "lectures.pdf"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a running service; after some uploads of a network it asks for work."""
    rates = replace(RateSettings(lists_minute=0), anonymous_hour=5, challenge_cost=10, challenge_prefix="00")
    with serving(replace(settings(tmp_path_factory.mktemp("service")), rates=rates)) as here:
        yield here


def opened(browser: Browser, service: Served, width: int = PHONE, scheme: Any = "light") -> Page:
    """Return the first page as a new student sees it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, bypass_csp=True, color_scheme=scheme, accept_downloads=True
    )
    page = context.new_page()
    page.goto(service.url)
    return page


def uploaded(page: Page, pdf: Path) -> None:
    """Choose a PDF, send it, and wait for what comes of it."""
    page.get_by_label("PDF").set_input_files(pdf)
    page.get_by_role("button", name="Make a calendar").click()
    page.locator("#result:visible, #status-text.problem:visible").first.wait_for(timeout=30_000)


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds that is serious or critical."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert len(found["passes"]) > 10
    return [
        (finding["id"], [node["html"][:200] for node in finding["nodes"][:3]])
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
    ]


def test_from_the_pdf_to_a_feed(browser: Browser, service: Served, tmp_path: Path) -> None:
    """A student uploads, downloads the calendar, subscribes, and the address shown is one a program can read."""
    page = opened(browser, service)
    uploaded(page, LECTURES)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    downloading.value.save_as(tmp_path / "lectures.ics")
    made = read((tmp_path / "lectures.ics").read_bytes())
    assert len(made.events) > 10
    assert page.get_by_role("heading", name="Your groups").is_visible()
    page.get_by_role("button", name="Subscribe").click()
    page.locator("#feed").wait_for(state="visible")
    address = page.locator("#address").input_value()
    assert address.startswith(f"{service.url}/feeds/")
    assert page.locator("#webcal").get_attribute("href") == address.replace("http://", "webcal://")
    shown = read(httpx.get(address).content)
    assert {event.uid for event in shown.events} == {event.uid for event in made.events}
    assert not [event for event in shown.events if event.status is Status.CANCELLED]
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_only_my_groups(browser: Browser, service: Served) -> None:
    """Groups chosen on the page are those of the address, and of the file; others make another address."""
    page = opened(browser, service)
    uploaded(page, LECTURES)
    choice = page.locator("#group-list select").first
    module, offered = (choice.get_attribute("data-module") or "").rsplit(" ", 1)
    mine, theirs = [value for option in choice.locator("option").all() if (value := option.get_attribute("value"))][:2]
    addresses = []
    for group in (mine, theirs):
        choice.select_option(group)
        page.get_by_role("button", name="Subscribe").click()
        page.locator("#feed").wait_for(state="visible")
        addresses.append(page.locator("#address").input_value())
        groups = groups_of(httpx.get(addresses[-1]).content, module, offered, group[0])
        assert groups == {group}
    assert len(set(addresses)) == 2
    assert page.locator("#download").get_attribute("href") == addresses[1].removeprefix(service.url)
    assert serious(page) == []


def test_addresses_end_and_all_is_forgotten(browser: Browser, service: Served) -> None:
    """An address can be removed on the page, dead at once; and everything the service has of somebody."""
    page = opened(browser, service)
    uploaded(page, LECTURES)
    page.get_by_role("button", name="Subscribe").click()
    page.locator("#feed").wait_for(state="visible")
    address = page.locator("#address").input_value()
    assert httpx.get(address).status_code == 200
    page.get_by_role("button", name="Remove the address").click()
    page.locator("#feeds").wait_for(state="hidden")
    assert httpx.get(address).status_code == 404
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete everything").click()
    page.locator("#known").wait_for(state="hidden")
    assert page.evaluate("fetch('/v1/account').then((answer) => answer.status)") == 401


def groups_of(calendar: bytes, module: str, offered: str, kind: str) -> set[str]:
    """Return the groups of one kind that a calendar has of a module."""
    parts = [event.identity.split("/") for event in read(calendar).events]
    return {part[6] for part in parts if part[3:5] == [offered, module] and part[6].startswith(kind)}


def test_a_link_brings_a_student_back(browser: Browser, service: Served) -> None:
    """The printed link signs another phone in; a newer link makes it worthless."""
    page = opened(browser, service)
    uploaded(page, TIMETABLES / "tests.pdf")
    page.get_by_role("button", name="Make a link to come back by").click()
    link = page.locator(".link").inner_text()
    assert serious(page) == []
    other = browser.new_context(viewport={"width": PHONE, "height": 800}).new_page()
    other.goto(link)
    other.get_by_role("button", name="Go to my calendars").click()
    other.get_by_role("heading", name="Your timetable as a calendar").wait_for()
    other.get_by_role("heading", name="Your calendars").wait_for()
    (mine,) = other.locator("#mine-list button").all()
    assert (mine.inner_text() or "").startswith("tests-2026")
    mine.click()
    other.get_by_role("button", name="Subscribe").click()
    other.locator("#feed").wait_for(state="visible")
    assert read(httpx.get(other.locator("#address").input_value()).content).events
    page.goto(service.url)
    page.get_by_role("button", name="Make a link to come back by").click()
    page.locator(".link").wait_for()
    other.goto(link)
    other.get_by_role("button", name="Go to my calendars").click()
    other.get_by_role("heading", name="This link does not work").wait_for()


def test_what_is_no_timetable_is_told(browser: Browser, service: Served, tmp_path: Path) -> None:
    """A file that is no PDF is refused in the words of the command line, and another can be sent at once."""
    page = opened(browser, service)
    (tmp_path / "letter.pdf").write_bytes(b"<html>not a PDF</html>")
    uploaded(page, tmp_path / "letter.pdf")
    assert page.locator("#status-title").inner_text() == "There is no calendar"
    assert "PDF" in page.locator("#status-text").inner_text()
    assert serious(page) == []
    uploaded(page, LECTURES)
    assert page.locator("#result").is_visible()


def test_a_crowded_network_does_some_work(browser: Browser, service: Served) -> None:
    """When very many of a network upload, the page solves what it is asked and the student waits and does nothing."""
    answers = []
    for _ in range(6):
        with service.person() as somebody:
            answers.append(upload(somebody))
    assert answers[-1].json()["cause"] == "challenge_required"
    page = opened(browser, service)
    uploaded(page, LECTURES)
    assert page.locator("#result").is_visible(), page.locator("#status-text").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_first_page_suits_everybody(browser: Browser, service: Served, width: int, scheme: str) -> None:
    """The first page has no serious finding and never scrolls sideways, on a phone and wide, light and dark."""
    page = opened(browser, service, width, scheme)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("heading", level=1).count() == 1
