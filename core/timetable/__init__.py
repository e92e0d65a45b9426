"""Tables -> timetable: entries, problems, and the proof that no word was lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from ..errors import BadRows, Damaged, NotATimetable
from ..model import TOUCHING, Entry, Foreign, Kind, Line, Page, PageTables, Problem, Word
from ..pdf.tables import cell_lines
from . import assessments, lectures
from .breaks import row_name
from .fields import Sources, is_wrapped_anew
from .layouts import HEADINGS, Header
from .records import Record, Records, find_records
from .values import Unreadable

_Reader = Callable[[Record], tuple[list[Entry], list[Problem]]]
_UNUSED = "this text was read but not used; please report it"
_TWICE = "this text was used twice; please report it"
_PAGE_NUMBER = re.compile(r"(page )?[0-9]{1,4}( ?(of|/) ?[0-9]{1,4})?", re.IGNORECASE)


class Reading(NamedTuple):
    """What the tables of a PDF say."""

    kind: Kind
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    words: int
    accounted: int


def has_heading(page: Page) -> bool:
    """Tell whether a page shows the heading of a timetable anywhere."""
    lines = cell_lines(page, range(len(page.words)), (page.number, 0))
    return any(line.text.lower() in HEADINGS for line in lines)


def read_timetable(pages: Sequence[Page], tables: Sequence[PageTables]) -> Reading:
    """Return the entries and problems of a document's tables.

    Raises NotATimetable if it is none or an empty one, Damaged if its first page is missing, BadRows if no row can be
    used.
    """
    headings, headed, strays = _outside(pages, tables)
    found = find_records(tables, headed)
    if not found.headers:
        raise _no_timetable(pages, tables, found)
    if not found.records and not found.problems:
        raise NotATimetable("The timetable is empty: it has a header but no rows.")
    entries, problems = _read_records(found)
    problems += [*_header_problems(found.headers), *strays]
    _, lost = checked = account(pages, entries, problems, [*(h.words for h in found.headers), *headings])
    if not entries:
        raise _no_rows(problems)
    return Reading(
        kind=_main_kind(entries),
        entries=merge_sessions(entries),
        problems=tuple(sorted(problems + lost, key=lambda problem: (problem.page, problem.row or 0))),
        notes=tuple(_notes(found)),
        words=sum(len(page.words) for page in pages),
        accounted=checked[0],
    )


def _main_kind(entries: Sequence[Entry]) -> Kind:
    """Return the kind that decides how a timetable is used: lectures need a selection, whatever comes with them."""
    lectures = any(entry.kind is Kind.LECTURES for entry in entries)
    return Kind.LECTURES if lectures else entries[0].kind


def _notes(found: Records) -> Iterator[str]:
    """Yield notes: what the PDF cannot show, and rows that were joined because of their order."""
    joined = [(row_name(record.header, record.rows[0]), record.rows) for record in found.joined]
    if joined:
        names = [f"{name} (pages {' and '.join(str(row.page) for row in rows)})" for name, rows in joined]
        yield f"Rows that go on over a page break, put together: {', '.join(names)}."
    last = found.records[-1:]
    for record in found.at_foot:
        name, page = row_name(record.header, record.rows[0]), record.rows[-1].page
        which = "The last page's table" if record in last else f"The table on page {page}, the last of its timetable,"
        yield (
            f"{which} reaches the foot of the page. If your timetable has another page, it is missing, "
            f"and the last row here, {name}, may be incomplete."
        )


def _read_records(found: Records) -> tuple[list[Entry], list[Problem]]:
    entries: list[Entry] = []
    problems = list(found.problems)
    anew = {kind: _are_wrapped_anew(found.records, kind) for kind in (Kind.LECTURES, Kind.TESTS)}
    readers: Mapping[Kind, _Reader] = {
        Kind.LECTURES: partial(lectures.read_lecture, anew=anew[Kind.LECTURES]),
        Kind.TESTS: partial(assessments.read_test, anew=anew[Kind.TESTS]),
        Kind.EXAMS: assessments.read_exam,
    }
    several = any(record.timetable != found.records[0].timetable for record in found.records)
    known: dict[tuple[object, ...], tuple[int, Entry]] = {}
    for record in found.records:
        new, bad = _read_record(record, readers[record.header.kind])
        entries += new
        problems += bad
        for entry in new if several else ():
            # One timetable names a session in several rows where it has several venues.
            timetable, other = known.setdefault(session_key(entry), (record.timetable, entry))
            if timetable != record.timetable and set(other.venues) != set(entry.venues):
                problems.append(_contradiction(record, other, entry))
        if new and any(row.doubts for row in record.rows):
            problems += record.unsure()
    return entries, problems


def _are_wrapped_anew(records: Iterable[Record], kind: Kind) -> bool:
    """Tell whether a program other than the portal wrapped the venues, as a browser does."""
    cells = (record.cells().get("venue") for record in records if record.header.kind is kind and not record.fault)
    return any(is_wrapped_anew(cell) for cell in cells if cell)


def _contradiction(record: Record, other: Entry, entry: Entry) -> Problem:
    row = record.rows[0]
    name = row_name(record.header, row) + (f" {entry.activity}" if entry.kind is Kind.LECTURES else "")
    here, there = ("; ".join(one.venues) or "none" for one in (entry, other))
    reason = (
        f"two timetables in this PDF name other venues for it, and both are kept: {there} on page {other.rows[0][0]}"
    )
    return Problem(page=row.page, row=row.number, text=f"{name}: {here}", reason=reason)


def _read_record(record: Record, read: _Reader) -> tuple[list[Entry], list[Problem]]:
    """Return what a record says, or the record as a problem."""
    if record.fault:
        return [], [record.problem(record.fault)]
    try:
        return read(record)
    except Unreadable as reason:
        if len(record.rows) > 1:
            return _read_apart(record, read, str(reason))
        return [], [record.problem(str(reason))]


def _read_apart(record: Record, read: _Reader, reason: str) -> tuple[list[Entry], list[Problem]]:
    """Read a record without the rows that make it unreadable: a stray row must not discard a good one.

    Both are reported: whether the row continues there is not known.
    """
    try:
        entries, problems = read(Record(header=record.header, rows=record.rows[:1]))
    except Unreadable:
        return [], [record.problem(reason)]
    row, rest = record.rows[0], Record(header=record.header, rows=record.rows[1:])
    unsure = f"it may go on in the first row of page {rest.rows[0].page}, which does not fit it"
    return entries, [
        *problems,
        Problem(page=row.page, row=row.number, text=row_name(record.header, row), reason=unsure),
        rest.problem("the module is missing, and it does not continue the row before it"),
    ]


def _header_problems(headers: Sequence[Header]) -> Iterator[Problem]:
    """Yield a problem for every column of the layout that a usable header lacks."""
    for header in headers:
        if not header.fault:
            for name in header.missing:
                yield Problem(page=1, row=1, text="", reason=f"the table has no column '{name}'")


def _outside(
    pages: Sequence[Page], tables: Sequence[PageTables]
) -> tuple[list[tuple[int, ...]], set[int], list[Problem]]:
    """Split the text outside the tables into headings, page numbers and the rest; return the pages with a heading."""
    known: list[tuple[int, ...]] = []
    headed: set[int] = set()
    strays = []
    for page, found in zip(pages, tables, strict=True):
        strays += [Problem(page=page.number, row=None, text="", reason=remark) for remark in page.remarks]
        strays += _foreign(page, found.foreign)
        if not page.words:
            strays.append(Problem(page=page.number, row=None, text="", reason="the page is empty"))
        if found.outside:
            for line in cell_lines(page, [word - page.first_word for word in found.outside], (page.number, 0)):
                if line.text.lower() in HEADINGS:
                    headed.add(page.number)
                if _is_known(line):
                    known.append(line.words)
                else:
                    strays.append(_stray(page, line))
    return known, headed, strays


def _is_known(line: Line) -> bool:
    return line.text.lower() in HEADINGS or _PAGE_NUMBER.fullmatch(line.text) is not None


def _stray(page: Page, line: Line) -> Problem:
    return Problem(page=page.number, row=None, text=line.text, reason="text outside the table", words=line.words)


def _foreign(page: Page, foreign: Iterable[tuple[int, Foreign]]) -> Iterator[Problem]:
    """Yield a problem for each run of words that are not the table's for one reason: a stamp may have hundreds."""
    # Words that follow each other differ from their places in the row by one number.
    for (why, _), run in groupby(enumerate(foreign), key=lambda one: (one[1][1], one[1][0] - one[0])):
        ids = tuple([word for _, (word, _) in run])
        words = [page.words[word - page.first_word] for word in ids]
        text = words[0].text + "".join(_gap(before, word) + word.text for before, word in pairwise(words))
        reason = f"not read as part of the table: {why}"
        yield Problem(page=page.number, row=None, text=text, reason=reason, words=ids)


def _gap(before: Word, word: Word) -> str:
    """Return the separator of two words: turned text is split into letters, which have none between them."""
    touch = abs(word.x0 - before.x1) < TOUCHING * word.height and abs(word.y - before.y) < word.height
    return "" if touch or len(before.text) == len(word.text) == 1 else " "


def _no_timetable(pages: Sequence[Page], tables: Sequence[PageTables], found: Records) -> NotATimetable | Damaged:
    words = [word for page in pages for word in page.words]
    if not words:
        return NotATimetable("The PDF holds no text: it may be a scan or a picture.")
    unseen = sum(word.foreign in (Foreign.UNSEEN, Foreign.HIDDEN) for word in words)
    if 2 * unseen > len(words):
        return NotATimetable("The PDF's text is invisible: it may be a scan whose text was guessed.")
    if 2 * sum(word.foreign is Foreign.TURNED for word in words) > len(words):
        return NotATimetable("The PDF's text is slanted or mirrored: a table is read only where its lines are level.")
    if not any(page.tables for page in tables):
        return NotATimetable("The PDF has no table: it is not a UP timetable.")
    if found.without_header:
        page = found.without_header
        return Damaged(
            f"The first page of the timetable is missing: the table on page {page} begins without its header.",
            advice="Put all pages of the timetable into the PDF, in their order.",
            page=page,
        )
    return NotATimetable("No table in the PDF has the columns of a UP timetable (Module, Activity, Day or Date, ...).")


def _no_rows(problems: Sequence[Problem]) -> BadRows:
    # What a row says of itself tells more than that it may go on elsewhere.
    first = next((problem for problem in problems if problem.words), problems[0])
    reason = first.reason[0].upper() + first.reason[1:]
    return BadRows(f"None of the rows could be used. {reason}.", page=first.page, row=first.row, text=first.text)


# ---- one session in several venues


def merge_sessions(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries, those of one session at one time as one, in the order of their first."""
    merged: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        key = session_key(entry)
        merged[key] = _join(merged[key], entry) if key in merged else entry
    return tuple(merged.values())


def session_key(entry: Entry) -> tuple[object, ...]:
    """Return the values that all entries of one session share, in whatever venue."""
    return (
        entry.module,
        entry.activity,
        entry.offered,
        entry.language,
        entry.group,
        entry.status,
        entry.paper,
        entry.day,
        entry.date,
        entry.start,
        entry.end,
    )


def _join(first: Entry, second: Entry) -> Entry:
    sources: Sources = dict(first.sources)
    for name, words in second.sources.items():
        sources[name] = tuple(dict.fromkeys(sources.get(name, ()) + words))
    return replace(
        first,
        venues=tuple(dict.fromkeys(first.venues + second.venues)),
        campus=_texts(first.campus, second.campus),
        module_campus=_texts(first.module_campus, second.module_campus),
        block=_texts(first.block, second.block),
        study_programme=_texts(first.study_programme, second.study_programme),
        comments=_texts(first.comments, second.comments),
        rows=tuple(sorted({*first.rows, *second.rows})),
        sources=sources,
    )


def _texts(first: str | None, second: str | None) -> str | None:
    """Return both texts, each once."""
    return "; ".join(dict.fromkeys(text for text in (first, second) if text)) or None


# ---- nothing is lost: every word belongs to exactly one entry field, header, heading or problem
# Checked on every conversion. A word with no owner, or with two, becomes a Problem of its own, so that even a bug in
# reading is visible to the user.


def account(
    pages: Sequence[Page], entries: Iterable[Entry], problems: Iterable[Problem], headers: Iterable[Iterable[int]]
) -> tuple[int, list[Problem]]:
    """Return how many words have exactly one owner, and a problem for every other word.

    `headers` are the words of header rows, headings and page numbers.
    """
    count = sum(len(page.words) for page in pages)
    # The module of a record belongs to each of its sessions, but to one field only.
    fields = {source: None for entry in entries for source in entry.sources.items()}
    headers, problems = list(headers), list(problems)
    claimed = [*chain(*(words for _, words in fields), *headers, *(problem.words for problem in problems))]
    if len(claimed) == count == len(set(claimed)):
        return count, []
    owners: list[str | None] = [None] * count
    twice: set[int] = set()

    def claim(words: Iterable[int], owner: str) -> None:
        for word in words:
            if owners[word] is None:
                owners[word] = owner
            elif owners[word] != owner or not owner.startswith("field "):
                twice.add(word)

    for name, words in fields:
        claim(words, f"field {name}")
    for header in headers:
        claim(header, "header")
    for problem in problems:
        claim(problem.words, "problem")
    unused = [word for word, owner in enumerate(owners) if owner is None]
    found = [_problem(pages, word, _UNUSED) for word in unused] + [_problem(pages, word, _TWICE) for word in twice]
    return len(owners) - len(found), found


def _problem(pages: Sequence[Page], word: int, reason: str) -> Problem:
    page = next(page for page in reversed(pages) if page.first_word <= word)
    found: Word = page.words[word - page.first_word]
    return Problem(page=page.number, row=None, text=found.text, reason=reason, words=(word,))
