"""What a process that pushes tells, as people read it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_WHAT = {"push_refused": "Not pushed", "service_left_alone": "Pushing paused", "drain_stopped": "Pushing stopped"}


class PushSummary(NamedTuple):
    """What pushing beside a command came to: rows pushed meanwhile, those that wait, those refused."""

    pushed: int
    waiting: int
    refused: int

    def lines(self) -> Iterator[str]:
        """Yield it as sentences."""
        yield f"Pushed: {self.pushed:,}."
        if self.waiting:
            yield f"Still to be pushed: {self.waiting:,}; `tukscal sync push` pushes them."
        if self.refused:
            yield f"Refused: {self.refused:,}; `tukscal sync status` shows why."


def push_words(level: int, event: str, fields: Mapping[str, object]) -> str:
    """Return a line of the log as a sentence if a person has to know it, else nothing."""
    if level < logging.WARNING:
        return ""
    about = f" {fields['calendar']}" if "calendar" in fields else ""
    why = " ".join(str(fields[name]) for name in ("reason", "advice") if fields.get(name))
    return f"{_WHAT.get(event, event)}{about}: {why}"
