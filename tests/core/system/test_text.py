"""Text from a PDF is made fit for one line of a file or a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.system.text import clean


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("Thuto 1-1", "Thuto 1-1"),
        ("a\rb", "a b"),
        ("a\nb", "a b"),
        ("a\r\nb", "a b"),
        ("a\x00b", "a b"),
        ("a\x1b[31mb", "a [31mb"),
        ("a\x85b", "a b"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\u202eb\u2066c", "a b c"),
        ("a\ud800b", "a b"),
        ("a\uffffb", "a b"),
        (" é\t\tè ", "é è"),
        ("COS;,\\214", "COS;,\\214"),
        ("\U0001f469\u200d\U0001f3eb", "\U0001f469\u200d\U0001f3eb"),
        ("\r\n\x00", ""),
        ("", ""),
    ],
)
def test_unfit_characters_become_a_space(text: str, fit: str) -> None:
    """What breaks a line, a file or a terminal becomes one space; everything else stays."""
    assert clean(text) == fit


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_clean_text_is_one_line_that_can_be_encoded(text: str) -> None:
    """No control character, line break or lone surrogate is left, and cleaning twice changes nothing."""
    fit = clean(text)
    assert fit.encode().decode() == fit
    assert len(fit.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in fit} & {"Cc", "Cs", "Zl", "Zp"}
    assert clean(fit) == fit


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40))
def test_clean_keeps_what_can_be_read(text: str) -> None:
    """Letters, digits, punctuation and symbols stay as they are."""
    assert clean(text) == text
