"""An upload from its head to its job: what is looked at before the body is read, and what an admission means."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from .. import problems
from ..access import rates as limits
from ..access.rates import HEADER
from ..context import Context
from ..problems import HttpProblem
from ..store.model import AccountKind, Admission, Allowance, Quotas, Refusal, Rule, Sender, Spent
from .auth import Principal, address_of

CHALLENGE = "/v1/challenge"
_HOUR = 3600
_LONGEST = 120  # seconds anybody is told to wait for a place in the queue
_RATE = 10.0  # jobs a second, as long as nothing says that it is faster


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRequest:
    """Who sends a PDF, from where, and by which quotas."""

    sender: Sender
    quotas: Quotas


def quotas(service: Context) -> Quotas:
    """Return what an account and an address may upload."""
    rates, sizes = service.settings.rates, service.settings.sizes
    return Quotas(
        minute=rates.uploads_minute,
        hour=rates.uploads_hour,
        at_once=rates.uploads_at_once,
        stored=sizes.stored,
        queue=service.settings.jobs.queue,
        network=math.ceil(service.settings.jobs.queue * service.settings.jobs.queue_share),
        address=rates.anonymous_hour,
    )


async def begin(request: Request, service: Context, who: Principal | None) -> AdmissionRequest:
    """Look at an upload before its body is read. Raises HttpProblem."""
    if service.is_short():
        raise problems.full()
    upload = AdmissionRequest(sender=_sender(request, service, who), quotas=quotas(service))
    jobs, uploads = await service.store.jobs.crowded(upload.sender.network, service.clock.now())
    if upload.quotas.queue and jobs >= upload.quotas.queue:
        raise refused(service, Admission(refusal=Refusal.QUEUE), upload)
    asked = upload.quotas.address and uploads >= upload.quotas.address
    if asked and upload.sender.spent is None:
        raise refused(service, Admission(refusal=Refusal.ADDRESS), upload)
    return upload


def refused(service: Context, admission: Admission, upload: AdmissionRequest) -> HttpProblem:
    """Return the answer to an upload that is not taken, and count it."""
    assert admission.refusal is not None, "what was taken is no problem"
    service.metrics.refused(f"upload_{admission.refusal}")
    match admission.refusal:
        case Refusal.RATE:
            return limits.refusal(admission.standings, "This account has uploaded as often as it may for now.")
        case Refusal.AT_ONCE:
            return _at_once(service, admission.standings, upload.quotas)
        case Refusal.STORED:
            return problems.too_large(f"This account stores at most {upload.quotas.stored:,} bytes.")
        case Refusal.QUEUE:
            detail = "As many PDFs wait as the service takes."
            return problems.unavailable("queue_full", detail, wait(service, upload.quotas.queue))
        case Refusal.ADDRESS | Refusal.CHALLENGE:
            return _work(upload.quotas)


def wait(service: Context, queue: int) -> int:
    """Return the seconds until a full queue has places again, another number each time: not all come back at once."""
    rate = max(service.conveyor.rate, _RATE)
    longest = min(_LONGEST, max(2.0, queue / rate))
    return math.ceil(random.uniform(longest / 8, longest))  # noqa: S311 - spreads requests, keeps no secret


def rate_headers(standings: Sequence[Allowance]) -> Mapping[str, str]:
    """Return what an accepted upload's answer says about limits."""
    return limits.headers(standings)


def _sender(request: Request, service: Context, who: Principal | None) -> Sender:
    """Return where an upload comes from; a faculty's are not counted for its address."""
    if who is not None and who.account.kind is not AccountKind.STUDENT:
        return Sender()
    answer = request.headers.get(HEADER)
    spent: Spent | None = service.challenges.check(answer) if answer else None
    return Sender(network=limits.network(address_of(request)), spent=spent)


def _at_once(service: Context, standings: Sequence[Allowance], asked: Quotas) -> HttpProblem:
    rule = Rule(name="uploads-at-once", amount=asked.at_once, seconds=1)
    seconds = max(2, math.ceil(1 / (service.conveyor.rate or _RATE)))
    there = Allowance(rule=rule, remaining=0, reset=seconds, allowed=False)
    return limits.refusal([*standings, there], "This account has as many PDFs under way as it may.")


def _work(asked: Quotas) -> HttpProblem:
    rule = Rule(name="address-uploads", amount=asked.address, seconds=_HOUR)
    there = Allowance(rule=rule, remaining=0, reset=_HOUR, allowed=False)
    problem = limits.refusal([there], "Very many uploads come from this address.")
    problem.cause = "challenge_required"
    problem.advice = f"Solve the challenge of {CHALLENGE} (altcha) and send the answer in the header {HEADER}."
    return problem
