"""Lists of jobs, printed as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

import click

from ...core.jobs.queries import newest, newest_of
from ...core.ledger import LETTERS, Filter, Job, Ledger
from ...core.wording import counted
from ..common.paint import print_picture
from ..common.render import Shown, print_lines
from .json import job_document, print_stream
from .view import counts_text, job_table

_ADVICE = (
    "`tukscal jobs show JOB` shows why, and what to do; `tukscal jobs dead replay` queues jobs for the next batch."
)


class _Limited:
    """The first jobs of a list; afterwards how many they were, and whether there are more."""

    def __init__(self, jobs: Iterable[Job], most: int | None) -> None:
        self._jobs = iter(jobs)
        self._most = most
        self.number = 0
        self.more = False

    def __iter__(self) -> Iterator[Job]:
        for job in islice(self._jobs, self._most):
            self.number += 1
            yield job
        self.more = self._most is not None and next(self._jobs, None) is not None


def show_jobs(ledger: Ledger, wanted: Filter, most: int | None, *, machine: bool) -> None:
    """Print the newest jobs, and how many there are of all, or of a batch."""
    shown = _Limited(newest(ledger, wanted), most)
    _print(shown, machine=machine)
    if not machine:
        click.echo(_end(shown, "job") or counts_text(ledger.history.counts(batch=wanted.batch)))


def show_letters(ledger: Ledger, wanted: Filter, most: int | None, *, machine: bool) -> None:
    """Print the newest dead letters, and what to do with them."""
    shown = _Limited(newest_of(ledger, LETTERS, wanted), most)
    _print(shown, machine=machine)
    if not machine:
        click.echo(_end(shown, "dead letter") or f"{counted(shown.number, 'dead letter')}.")
        if shown.number:
            print_lines([Shown(_ADVICE)])


def _print(shown: _Limited, *, machine: bool) -> None:
    if machine:
        print_stream("jobs", map(job_document, shown), lambda: {"number": shown.number, "more": shown.more})
    else:
        print_picture(job_table(shown, datetime.now()))


def _end(shown: _Limited, name: str) -> str:
    """Return what is to be said about a list that is empty or not whole."""
    if not shown.number:
        return f"There is no such {name}."
    return f"The newest {shown.number:,}; use --all or a larger --limit for more." if shown.more else ""
