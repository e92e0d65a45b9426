"""The page and the drawing as markup; what a browser makes of the page is in tests/browser."""

from __future__ import annotations

import re
from datetime import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tukscal.core.pictures.drawing import draw
from tukscal.core.pictures.page import write_page
from tukscal.core.pictures.theme import COLORS, MOST_LANES, Caption, edge, tint
from tukscal.core.pictures.week import plan_week
from tukscal.tests.core.pictures.overviews import HOSTILE, parse_drawing, student_plan
from tukscal.tests.core.sessions import exam, lecture, semester_test

CAPTION = Caption(title="UP timetable", notes=("2 sessions.",), version="1.2")
SVG = "{http://www.w3.org/2000/svg}"


class _Reader(HTMLParser):
    """Collects the tags and texts of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] != "style":
            self.texts.append(data)


def test_the_page_has_no_script_and_nothing_to_fetch() -> None:
    """No element or attribute of the page can run or load anything, and its policy forbids it besides."""
    page = _Reader(write_page(student_plan(), CAPTION))
    assert not {"script", "img", "link", "iframe", "form", "a", "object"} & set(page.tags)
    assert not {"src", "href"} & {name for name, _ in page.attributes}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "url(" not in write_page(student_plan(), CAPTION).decode()
    policies = [value for name, value in page.attributes if name == "content" and "default-src" in (value or "")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]


@given(st.text(max_size=30) | st.just(HOSTILE))
@example("\x1c")  # white space to Python, nothing to XML
@example("\ufffe \ud800")
def test_text_of_a_pdf_stays_text(text: str) -> None:
    """Whatever a module, venue, group or activity says, the page's and the drawing's elements are the same."""
    fields = {"module": text, "activity": text, "venues": (text,), "campus": text}
    plan = plan_week([lecture(**fields, group=text), semester_test(**fields), exam(**fields, status=text)])
    safe = plan_week([lecture(venues=("a",)), semester_test(venues=("a",)), exam(venues=("a",), status="PRELIM")])
    caption = Caption(title=text or "x", notes=(text,), version="1")
    tags = _Reader(write_page(plan, caption)).tags
    assert set(tags) <= set(_Reader(write_page(safe, CAPTION)).tags)
    root = parse_drawing(draw(plan, caption))
    assert {part.tag for part in root.iter()} <= {part.tag for part in parse_drawing(draw(safe, CAPTION)).iter()}


def test_hostile_text_can_be_read_as_it_was_printed() -> None:
    """A venue that looks like markup stands in the page letter for letter."""
    plan = plan_week([lecture(module=HOSTILE, venues=(HOSTILE,))])
    assert HOSTILE in _Reader(write_page(plan, CAPTION)).texts


def test_every_mark_is_a_word_and_a_sign() -> None:
    """Clashes, preliminary exams and cancelled sessions are told apart without any colour, in page and drawing."""
    texts = " ".join(_Reader(write_page(student_plan(), CAPTION)).texts)
    drawn = " ".join(parse_drawing(draw(student_plan(), CAPTION)).itertext())
    for word in ("clash", "tentative", "cancelled"):
        assert word in texts
        assert word in drawn
    assert re.search(r"! +clash", texts)
    assert "clash 26 Aug" in " ".join(texts.split())


def test_the_drawing_is_an_image_with_a_title_and_a_description() -> None:
    """A screen reader is told the title and every session of a drawing; the drawing has a size."""
    root = parse_drawing(draw(student_plan(), CAPTION))
    assert (root.tag, root.get("role"), root.get("aria-labelledby")) == (f"{SVG}svg", "img", "title desc")
    assert root.findtext(f"{SVG}title") == "UP timetable"
    description = root.findtext(f"{SVG}desc") or ""
    for part in ("First semester (S1).", "Monday: 08:30–09:20 COS 214 L1 (G01)", "from 09:00 COS 226 Exam Written"):
        assert part in description
    assert float(root.get("height") or 0) > 1000
    assert not [part for part in root.iter() if part.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject")]


def test_blocks_of_the_drawing_stand_true_to_time() -> None:
    """A lecture of 50 minutes is half as high as one of 100 but for the gap, and starts as far below as it is later."""
    plan = plan_week([lecture(start=time(8, 0), end=time(8, 50)), lecture(day=1, start=time(10, 0), end=time(11, 40))])
    root = parse_drawing(draw(plan, CAPTION))
    first, second = (group.find(f"{SVG}rect") for group in root.findall(f"{SVG}g"))
    assert first is not None
    assert second is not None
    y, height = (
        [float(r.get("y") or 0) for r in (first, second)],
        [float(r.get("height") or 0) for r in (first, second)],
    )
    assert 2 * (height[0] + 2) == pytest.approx(height[1] + 2, abs=0.2)
    assert (y[1] - y[0]) / (height[0] + 2) == pytest.approx(120 / 50, abs=0.02)


def test_a_week_with_too_many_at_one_time_is_listed_and_says_so() -> None:
    """With more sessions side by side than a page can show, each is in a day's list instead."""
    entries = [lecture(group=f"G{number:02}") for number in range(MOST_LANES)]
    page, drawn = (writer(plan_week(entries), CAPTION).decode() for writer in (write_page, draw))
    for picture in (page, drawn):
        assert "Too many sessions at one time" in picture
        assert all(f"G{number:02}" in picture for number in range(MOST_LANES))
    assert "Too many" not in write_page(plan_week(entries[: MOST_LANES - 4]), CAPTION).decode()


def test_modules_beyond_the_seven_colours_have_another_edge() -> None:
    """No two of 28 modules have both the same colour and the same edge."""
    looks = {(tint(number), edge(number)) for number in range(4 * len(COLORS))}
    assert len(looks) == 28


def test_colours_that_look_alike_without_green_cones_have_other_edges() -> None:
    """Orange and vermilion, green and pink: in the first fourteen modules none of a pair has the other's edge."""
    for one, other in ((0, 5), (2, 6)):
        edges = {edge(one), edge(one + 7)}, {edge(other), edge(other + 7)}
        assert edges[0].isdisjoint(edges[1])


def test_a_box_of_the_drawing_shows_its_time_and_says_that_more_is_left_out() -> None:
    """A short box has the time below its title and ends with "…"; a tall one wraps its venues over its lines."""
    labs = tuple(f"Informatorium CBT Lab {number}" for number in range(1, 9))
    short = lecture(venues=labs)
    tall = lecture(day=1, start=time(13, 30), end=time(17, 20), venues=labs)
    root = parse_drawing(draw(plan_week([short, tall]), CAPTION))
    first, second = ([text.text or "" for text in group.findall(f"{SVG}text")] for group in root.findall(f"{SVG}g"))
    assert first[:2] == ["COS 214 L1", "08:30–09:20"]
    assert first[-1].endswith("…")
    assert second[:2] == ["COS 214 L1", "13:30–17:20"]
    assert " ".join(second[2:]) == f"G01 {'; '.join(labs)}"


@pytest.mark.parametrize("index", range(7))
def test_black_and_red_text_can_be_read_on_every_ground(index: int) -> None:
    """Text, clash marks and their red have a contrast of at least 4.5 with each module's ground (WCAG 2.2, AA)."""
    for ink in ("#1a1a1a", "#8a1100"):
        assert _contrast(ink, tint(index)) >= 4.5


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
