"""The whole service under its own server, and people who upload; import as `tukscal.tests.sync.service.serving`."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from tukscal.sync.service.app import build
from tukscal.sync.service.context import Context
from tukscal.sync.service.http.connections import server
from tukscal.sync.service.settings import JobSettings, RateSettings, Settings
from tukscal.sync.service.store.interface import ServiceStore
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.tests.clock import Clock
from tukscal.tests.waiting import LATEST, until

KEY = "0123456789abcdef0123456789abcdef"
TIMETABLES = Path(__file__).parents[3] / "examples" / "timetables"


def pdf(name: str = "lectures") -> bytes:
    """Return a made timetable: lectures, tests or exams."""
    return (TIMETABLES / f"{name}.pdf").read_bytes()


def settings(folder: Path, **jobs: Any) -> Settings:
    """Return settings for tests: two workers, and starts as fast as can be."""
    made = replace(JobSettings(workers=2, starts=0.0, grace=5.0), **jobs)
    return Settings(store=folder / "service.db", key=KEY, jobs=made, rates=RateSettings(lists_minute=0))


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running service."""

    url: str
    port: int
    app: FastAPI
    settings: Settings
    clock: Clock

    @property
    def service(self) -> Context:
        """Its parts."""
        service: Context = self.app.state.context
        return service

    @property
    def store(self) -> SqliteStore:
        """Its store."""
        store = self.service.store
        assert isinstance(store, SqliteStore)
        return store

    @contextlib.contextmanager
    def person(self, **headers: str) -> Iterator[httpx.Client]:
        """Yield somebody with cookies of their own."""
        with httpx.Client(base_url=self.url, headers={"Origin": self.url, **headers}, timeout=LATEST) as client:
            yield client

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what is in the store."""
        return self.store.database.submit_read(lambda c: c.execute(statement, values).fetchall()).result(LATEST)


@contextlib.contextmanager
def serving(
    wanted: Settings, clock: Clock | None = None, *, store: ServiceStore | None = None, proxies: str = ""
) -> Iterator[Served]:
    """Run the service until left; with a store of the test's own, or the one in the settings' file."""
    clock = clock or Clock()
    listening = socket.create_server(("127.0.0.1", 0), backlog=1000)
    port: int = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    wanted = replace(wanted, public_url=url)
    app = build(wanted, clock=clock, store=store)
    made = server(app, wanted, proxies=proxies, told=lambda _: None)
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: made.started or not thread.is_alive(), "the service")
        assert thread.is_alive(), "the service did not start"
        yield Served(url=url, port=port, app=app, settings=wanted, clock=clock)
    finally:
        made.should_exit = True
        thread.join(LATEST)
        listening.close()
    assert not thread.is_alive()


def upload(person: httpx.Client, data: bytes | None = None, **query: str) -> httpx.Response:
    """Send a PDF."""
    body = pdf() if data is None else data
    return person.post("/v1/jobs", content=body, headers={"Content-Type": "application/pdf"}, params=query)


def ended(person: httpx.Client, job: str) -> dict[str, Any]:
    """Return a job when nothing more happens to it."""

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = person.get("/v1/jobs", params={"limit": "200"}).json()
        (there,) = [one for one in found["jobs"] if one["id"] == job]
        return there if there["state"] in ("done", "failed", "dead") else None

    answer: dict[str, Any] = until(over, f"the end of job {job}")
    return answer


def converted(person: httpx.Client, data: bytes | None = None, **query: str) -> dict[str, Any]:
    """Send a PDF and return its job at the end."""
    answer = upload(person, data, **query)
    assert answer.status_code == 202, answer.text
    return ended(person, answer.json()["id"])
