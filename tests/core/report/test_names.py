"""Names: whatever a file is called, it can be shown on one line, and a link leads to it and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from tukscal.core.report.batch import Roots, address, link, shown
from tukscal.core.wording import visible
from tukscal.tests.core.report.reports import names, texts


@given(texts)
def test_what_is_shown_can_be_seen(text: str) -> None:
    """Text that is shown is on one line, printable and valid UTF-8; text that can be seen stays as it is."""
    assert visible(text).isprintable()
    visible(text).encode()  # raises for half of a character
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"a b.pdf", "a b.pdf"),
        (b"a\nb", "a\\nb"),
        (b"\x1b[31m", "\\x1b[31m"),
        (b"not\xffutf8", "not\\xffutf8"),
        ("rtl\u202efdp".encode(), "rtl\\u202efdp"),
        ("Ωé😀".encode(), "Ωé😀"),
    ],
)
def test_what_cannot_be_seen_is_escaped(name: bytes, expected: str) -> None:
    """A line break, a terminal's command, a byte that is no text and an override stand there as escapes."""
    assert shown(Path(os.fsdecode(name))) == expected


@given(names, names)
def test_a_link_leads_to_the_file(folder: bytes, name: bytes) -> None:
    """A link from any folder, decoded, is the way to the very bytes; it has no scheme, host, query or fragment."""
    path, start = Path("/out") / os.fsdecode(name), Path("/out") / os.fsdecode(folder)
    parts = urlsplit(link(path, start))
    assert parts[0] == parts[1] == parts[3] == parts[4] == ""
    assert parts.path.isascii()
    way = os.fsdecode(unquote_to_bytes(parts.path))
    assert os.path.normpath(start / way) == os.path.normpath(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.ics", "a.ics"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("a\"b'<c>&#?%2e", "a%22b%27%3Cc%3E%26%23%3F%252e"),
        ("sub/ü.ics", "sub/%C3%BC.ics"),
        ("a\\b", "a%5Cb"),
    ],
)
def test_links_are_percent_encoded(name: str, expected: str) -> None:
    """Everything but letters, digits and -._~/ is encoded, a colon and a percent sign too."""
    assert link(Path("/out") / name, Path("/out")) == expected


def test_a_report_elsewhere_goes_up() -> None:
    """From another folder the way to a calendar goes up first."""
    assert link(Path("/data/out/a.ics"), Path("/data/reports")) == "../out/a.ics"


@given(names)
def test_an_address_is_exact(name: bytes) -> None:
    """The file: address of any name, decoded, is the very bytes."""
    path = Path("/out") / os.fsdecode(name)
    assert unquote_to_bytes(address(path).removeprefix("file://")) == os.fsencode(path)


def test_paths_are_short_below_what_was_named() -> None:
    """One named folder is left out of names, of several the last part stays, and what is elsewhere is shown whole."""
    one, several = Roots(["/in"]), Roots(["/in/a", "/in/b", "/in/c.pdf"])
    assert one.short(Path("/in/x/1.pdf")) == "x/1.pdf"
    assert several.short(Path("/in/a/1.pdf")) == "a/1.pdf"
    assert several.short(Path("/in/c.pdf")) == "c.pdf"
    assert one.short(Path("/elsewhere/1.pdf")) == "/elsewhere/1.pdf"
