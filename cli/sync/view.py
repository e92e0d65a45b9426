"""The outbox as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click

from ...core.ledger import Backlog, Delivery, Outgoing
from ...core.wording import clean
from ...sync.credentials import Identity
from ..jobs.view import moment_words

_WHY = {
    "": "not tried yet",
    "unreachable": "the service could not be reached",
    "busy": "the service asked to wait",
    "later": "the service could not take it",
    "push_retry": "the service failed, or something else answered in its place",
    "unauthorized": "the token was not accepted",
    "other_account": "made for another account than the one logged in",
    "output_moved_on": "changed on disk since it was made",
}


def print_document(document: dict[str, object]) -> None:
    """Print JSON for a program."""
    click.echo(json.dumps(document))


def backlog_document(left: Backlog) -> dict[str, object]:
    """Return what stands in the outbox; the keys are an interface."""
    return {
        **{state.value: left.states[state] for state in Delivery},
        "waiting": {cause or "new": rows for cause, rows in left.waiting.items()},
        "next_due": left.next_due,
        "last_sent": left.last_sent,
    }


def status_document(identity: Identity | None, left: Backlog, refused: Sequence[Outgoing]) -> dict[str, object]:
    """Return all `sync status` tells; the keys are an interface."""
    who = None if identity is None else {"server": identity.server, "account": identity.account}
    return {"login": who, "outbox": backlog_document(left), "refused": [_row(row) for row in refused]}


def _row(row: Outgoing) -> dict[str, object]:
    return {
        "calendar": row.calendar,
        "output": str(row.output),
        "revision": row.revision,
        "cause": row.cause,
        "message": row.message,
    }


def status_lines(identity: Identity | None, left: Backlog, refused: Sequence[Outgoing]) -> Iterator[str]:
    """Yield the same as lines for people."""
    if identity is None:
        yield "Not logged in; run `tukscal login --server URL`."
    else:
        yield f"Logged in to {identity.server} as {identity.account}."
    yield f"{left.states[Delivery.SENT]:>9,} pushed, the last one {moment_words(left.last_sent)}"
    yield f"{left.states[Delivery.PENDING]:>9,} still to be pushed"
    for cause, rows in sorted(left.waiting.items()):
        yield f"{rows:>13,} {_WHY.get(cause, cause)}"
    if left.next_due:
        yield f"          the next one in {left.next_due:.0f} s"
    yield f"{left.states[Delivery.REFUSED]:>9,} refused"
    for row in refused:
        yield f"          {clean(row.calendar)}: {clean(row.message or row.cause)}"
    if refused:
        yield "`tukscal sync retry` queues them again."
