"""JSON: one document, valid with any name, whose keys are an interface."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from hypothesis import given
from tukscal.core.jobs.task import Details, Moved, ProblemRow
from tukscal.core.ledger import State
from tukscal.core.report.batch import Run, Told
from tukscal.core.report.write import json_pieces
from tukscal.tests.core.ledger.ledgers import START
from tukscal.tests.core.report.reports import dead, job, named, names, run, texts

KEYS = {
    "id", "state", "cause", "message", "advice", "before", "source", "source_address", "output", "output_address",
    "kind", "entries", "events", "new", "changes", "moved", "problems", "problem_rows", "undecided", "left_out",
    "uncovered", "size", "seconds", "peak", "attempts", "created", "completed", "sha256", "output_sha256",
}  # fmt: skip


def document(told: list[Told], about: Run | None = None) -> dict[str, Any]:
    """Return the document about jobs, read strictly."""
    data = b"".join(json_pieces(about or run(), told, START))
    assert data.isascii()
    found: dict[str, Any] = json.loads(data, parse_constant=_refuse)
    assert json.dumps(found, ensure_ascii=False).encode()  # no half of a character anywhere
    return found


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@given(names, texts)
def test_any_name_and_text_is_valid(name: bytes, text: str) -> None:
    """Two jobs with any name and text are one valid document in ASCII; the addresses are the very names."""
    found = document(named(name, text), run({"note": text, text: float("inf")}, sources=[text]))
    assert [set(one) for one in found["jobs"]] == [KEYS, KEYS]
    assert unquote_to_bytes(found["jobs"][0]["output_address"]) == b"file:///out/" + name
    if text.encode("utf-8", "replace") == text.encode("utf-8", "surrogatepass"):
        assert found["jobs"][0]["problem_rows"] == [{"page": 1, "row": 2, "text": text, "reason": text}]
        assert found["jobs"][1]["message"] == text


def test_the_values_of_a_document() -> None:
    """A calendar that moved, one that is new and a failure are told with their values and counted."""
    moved = Moved(title="COS 214 L1", before="Monday", after="Tuesday")
    changed = Details(
        events=3,
        first=False,
        changes=(moved,),
        change_count=5,
        problems=(ProblemRow(page=1, row=None, text="a", reason="b"),),
    )
    told = [
        Told(job=job(1, problems=1), details=changed, failed_before="It was damaged."),
        Told(job=job(2, duration=0.003), details=Details(events=20, undecided=2, left_out=1)),
        replace(dead(3), earlier=job(3)),
    ]
    found = document(told, replace(run({"batch": 7}), before=run({"batch": 6})))
    assert found["report"] == 1
    assert found["made"] == found["batch"]["created"] == "2026-09-21T14:13:20.000+00:00"
    assert found["batch"]["asked"] == {"sources": ["/in"], "output": "/out"}
    assert (found["batch"]["summary"], found["before"]["summary"]) == ({"batch": 7}, {"batch": 6})
    first, second, third = found["jobs"]
    assert first["moved"] == [{"title": "COS 214 L1", "before": "Monday", "after": "Tuesday"}]
    assert (first["new"], first["changes"], first["before"]) == (False, 5, "failed")
    assert (second["new"], second["moved"], second["before"]) == (True, [], None)
    assert (third["cause"], third["message"], third["advice"]) == ("damaged", "It is damaged.", "Download it again.")
    assert (third["before"], third["new"], third["entries"]) == ("calendar", None, None)
    assert found["totals"] == {
        "jobs": 3,
        "states": {state.value: {"done": 2, "dead": 1}.get(state.value, 0) for state in State},
        "causes": {"damaged": 1},
        "new": 1, "changed": 1, "changes": 5, "with_problems": 1, "problems": 1, "undecided": 2, "left_out": 1,
        "uncovered": 0, "entries": 40, "lost": 1, "recovered": 1,
    }  # fmt: skip
    assert found["spreads"]["seconds"]["figures"]["least"] == 0.003
    assert found["spreads"]["entries"]["bars"] == [{"low": 20, "high": 21, "count": 2}]


def test_nothing_is_a_document_too() -> None:
    """A batch without a job is a document with empty lists."""
    found = document([])
    assert (found["jobs"], found["totals"]["jobs"], found["spreads"]["seconds"]) == (
        [],
        0,
        {"figures": None, "bars": []},
    )


def test_what_was_not_remembered_is_null() -> None:
    """Of a calendar whose details an older tukscal did not keep nothing is claimed."""
    (one,) = document([Told(job=job(), details=Details(), known=False)])["jobs"]
    assert [one[key] for key in ("new", "changes", "events", "undecided")] == [None] * 4


def test_a_student_has_no_address_of_a_pdf() -> None:
    """With a list of students the source is no file."""
    (one,) = document([Told(job=job(), details=Details())], run(enrolments="list.csv"))["jobs"]
    assert one["source_address"] is None
