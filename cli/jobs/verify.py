"""What the comparison of ledger and disk found, printed as it is found."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ...core.jobs.verify import Finding, FindingKind, Verification
from ...core.wording import clean, counted
from ..common.render import Shown, print_lines
from .json import finding_document, print_stream

_WORDS = {
    FindingKind.MISSING: "missing: in the ledger, but not on disk",
    FindingKind.CHANGED: "changed: the calendar was changed after it was written",
    FindingKind.UNREADABLE: "unreadable",
    FindingKind.UNKNOWN: "unknown: written by tukscal, but not in the ledger",
    FindingKind.LEFT: "left behind by a killed run: these files can be deleted",
    FindingKind.FOREIGN: "foreign: not written by tukscal, ignored",
}
_ADVICE = (
    "Move changed calendars away; then the same `tukscal batch` writes them and the missing ones again, and records "
    "the unknown ones."
)


def show_verification(comparison: Verification, *, machine: bool) -> None:
    """Print each finding, then the figures."""
    if machine:
        print_stream("findings", map(finding_document, comparison), lambda: _figures(comparison))
        return
    for finding in comparison:
        click.echo(_line(finding))
    print_lines(_summary(comparison))


def _line(finding: Finding) -> str:
    job = f" (job {finding.job})" if finding.job else ""
    return f"{finding.kind.replace('_', ' '):<11} {clean(str(finding.path))}{job}"


def _summary(comparison: Verification) -> Iterator[Shown]:
    agrees = "The ledger and the disk agree" if comparison.agrees else "The ledger and the disk do not agree"
    yield Shown(f"{agrees}: {counted(comparison.sound, 'calendar')} as recorded.", style="bold")
    for kind, text in _WORDS.items():
        if comparison.counts[kind]:
            yield Shown(f"{comparison.counts[kind]:>7,} {text}", 2)
    if comparison.busy:
        yield Shown(f"{comparison.busy:>7,} being converted now", 2)
    if not comparison.agrees:
        yield Shown(_ADVICE)


def _figures(comparison: Verification) -> dict[str, object]:
    counts = {kind.value: comparison.counts[kind] for kind in FindingKind}
    return {"agree": comparison.agrees, "sound": comparison.sound, "busy": comparison.busy, "counts": counts}
