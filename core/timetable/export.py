"""Timetable -> JSON and CSV.

JSON is an interface. One timetable is an object:

    {"kind": "lectures" | "tests" | "exams",
     "entries": [{"module", "activity", "group", "offered", "language", "block", "day" | "date", "start", "end",
                  "venues", "campus", "module_campus", "status", "paper", "study_programme", "comments", "rows"}],
     "problems": [{"page", "row", "text", "reason"}], "notes": [text],
     "words": n, "accounted": n, "pages": n, "reader": "pdfium" | "pdfplumber", "sha256": "...", "file": "..."}

Times are "08:30", dates ISO 8601, a day is its English name, a field the kind does not have is null, "end" is null for
exams, "rows" are [page, row] from 1. Several timetables are an array of such objects. Keys may be added, never changed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..model import WEEKDAYS, Entry, Problem, Timetable
from ..wording import visible

CSV_COLUMNS = (
    "kind", "module", "activity", "group", "offered", "language", "block", "day", "date", "start", "end", "venues",
    "campus", "module_campus", "status", "paper", "study_programme", "comments", "rows",
)  # fmt: skip
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # would command the terminal that shows the file
# Where a cell of a spreadsheet would begin with a formula: it is also split at separators of other countries (Excel in
# South Africa takes a semicolon), and signs of any width count. A tab or carriage return at the beginning: OWASP.
_FORMULA = re.compile(
    r'^(?=[\t\r])|(?:^|(?<=[;|\t\r\n]))(?=[\s"\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−])'
)


def to_json(timetables: Sequence[Timetable]) -> bytes:
    """Return timetables as JSON text in UTF-8."""
    values = [timetable_value(timetable) for timetable in timetables]
    return (json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False, indent=2) + "\n").encode()


def timetable_value(timetable: Timetable) -> dict[str, Any]:
    """Return a timetable as the JSON interface has it."""
    return {
        "kind": timetable.kind.value,
        "entries": [entry_value(entry) for entry in timetable.entries],
        "problems": [problem_value(problem) for problem in timetable.problems],
        "notes": list(timetable.notes),
        "words": timetable.words,
        "accounted": timetable.accounted,
        "pages": timetable.pages,
        "reader": timetable.reader,
        "sha256": timetable.sha256,
        "file": timetable.name,
    }


def entry_value(entry: Entry) -> dict[str, Any]:
    """Return an entry as the JSON interface has it."""
    when = {"date": entry.date.isoformat()} if entry.date else {"day": WEEKDAYS[entry.day or 0]}
    return {
        "module": entry.module,
        "activity": entry.activity,
        "group": entry.group,
        "offered": entry.offered,
        "language": entry.language,
        "block": entry.block,
        **when,
        "start": f"{entry.start:%H:%M}",
        "end": f"{entry.end:%H:%M}" if entry.end else None,
        "venues": list(entry.venues),
        "campus": entry.campus,
        "module_campus": entry.module_campus,
        "status": entry.status,
        "paper": entry.paper,
        "study_programme": entry.study_programme,
        "comments": entry.comments,
        "rows": [list(row) for row in entry.rows],
    }


def problem_value(problem: Problem) -> dict[str, Any]:
    """Return a problem as the JSON interface has it."""
    return {"page": problem.page, "row": problem.row, "text": problem.text, "reason": problem.reason}


def to_csv(timetables: Sequence[Timetable]) -> bytes:
    """Return the entries of timetables as CSV (RFC 4180) in UTF-8 with a byte-order mark, which Excel needs."""
    rows = (_csv_row(entry) for timetable in timetables for entry in timetable.entries)
    return csv_text([CSV_COLUMNS, *rows]).encode("utf-8-sig")


def _csv_row(entry: Entry) -> list[object]:
    value = {"kind": entry.kind.value, **entry_value(entry)}
    value["venues"] = "; ".join(value["venues"])
    value["rows"] = " ".join(f"{page}.{row}" for page, row in value["rows"])
    return [value.get(column) for column in CSV_COLUMNS]


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV in which no cell is a formula: every CSV file tukscal writes is made here."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(harmless, row) for row in rows)
    return text.getvalue()


def harmless(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula or several, with an apostrophe before what would be one."""
    text = "" if value is None else _CONTROL.sub(lambda found: visible(found[0]), str(value))
    return _FORMULA.sub("'", text)
