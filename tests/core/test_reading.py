"""Real and made PDFs, read whole."""

from __future__ import annotations

from tukscal.core.convert import read_pdf
from tukscal.core.export import timetable_value
from tukscal.tests.samples import KINDS, comparable, expected_sessions, sample


def test_real_timetables(sample_name: str) -> None:
    """A real timetable gives exactly its sessions, in order, every word accounted for and no problem."""
    found = timetable_value(read_pdf(sample(sample_name)))
    expected = expected_sessions(sample_name)
    assert comparable(found["entries"], expected[0]) == expected
    assert found["kind"] == KINDS[sample_name]
    assert (found["problems"], found["accounted"]) == ([], found["words"])
