"""What the doctor found, as paragraphs or as JSON."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from ... import __version__
from ...core.doctor import Check, Severity
from ...core.wording import clean, counted
from ..common.canvas import Line, Piece, paragraph
from ..common.paint import columns

_MOST = 100  # columns; longer lines are hard to read
_INDENT = 6
_WORDS = {Severity.OK: "ok", Severity.NOTE: "note", Severity.BAD: "BAD"}
_STYLES = {Severity.OK: "green", Severity.NOTE: "yellow", Severity.BAD: "bold red"}


def heading() -> list[Line]:
    """Return what is looked at."""
    return [(Piece(", ".join(_versions().values()), "bold"),), ()]


def check_lines(check: Check) -> list[Line]:
    """Return a check: its verdict in front, what to do below."""
    style = _STYLES[check.verdict]
    found, *more = _paragraph(f"{_name(check)}: {clean(check.found)}")
    word = Piece(_WORDS[check.verdict].ljust(_INDENT), style)
    lines: list[Line] = [(word, Piece(found[0].text.lstrip())), *more]
    return [*lines, *_paragraph(clean(check.advice), style)] if check.advice else lines


def summary(checks: Sequence[Check]) -> list[Line]:
    """Return how many things are to be looked after."""
    bad, notes = (sum(check.verdict is verdict for check in checks) for verdict in (Severity.BAD, Severity.NOTE))
    if bad:
        text, style = f"{counted(bad, 'check')} failed.", _STYLES[Severity.BAD]
    else:
        text, style = "No check failed.", _STYLES[Severity.OK]
    text += f" {counted(notes, 'note')}." if notes else ""
    return [(), (Piece(text, style),)]


def as_json(checks: Iterable[Check]) -> str:
    """Return everything as a JSON object; the keys are an interface."""
    import json

    found = list(checks)
    worst = max((check.verdict for check in found), key=list(Severity).index, default=Severity.OK)
    return json.dumps({"verdict": worst, **_versions(), "checks": [asdict(check) for check in found]}, indent=2)


def _versions() -> dict[str, str]:
    return {
        "tukscal": f"tukscal {__version__}",
        "python": f"Python {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
    }


def _name(check: Check) -> str:
    return check.name[:1].upper() + check.name[1:]


def _paragraph(text: str, style: str = "") -> list[Line]:
    return paragraph(text, min(columns(), _MOST), indent=_INDENT, style=style)
