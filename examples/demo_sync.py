"""The whole way once, in out/demo-sync/: a service starts, PDFs are converted and pushed, a feed is subscribed to.

Everything is the real thing: `tukscal serve`, `tukscal login`, `tukscal batch --sync`, and a feed read over HTTP.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from tukscal.core.calendar.event import Status
from tukscal.core.calendar.ics import read
from tukscal.examples.loadtest.service import OwnService

HERE = Path(__file__).parent
OUT = HERE.parent / "out" / "demo-sync"
TUKSCAL = str(Path(sys.executable).with_name("tukscal"))
SHOWN = 8  # events


def main() -> int:
    """Do all of it and return 0, or the exit code of the first command that fails."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:  # the store, and what the commands remember
        service = OwnService(Path(folder), workers=1)
        print(f"$ tukscal serve --store {folder}/service.db", flush=True)
        service.start()
        try:
            return _with(service, Path(folder))
        except subprocess.CalledProcessError as error:
            return error.returncode
        finally:
            service.stop()


def _with(service: OwnService, folder: Path) -> int:
    url, password = f"http://127.0.0.1:{service.port}", secrets.token_urlsafe(16)
    _tukscal(folder, "serve", "--store", "service.db", "admin", "add", "root", typed=password)
    token = _token(url, password)
    _tukscal(folder, "login", "--server", url, "--no-keyring", typed=token)
    pdfs = HERE / "timetables"
    _tukscal(folder, "batch", str(pdfs), "-o", str(OUT / "calendars"), "--year", "2026", "--sync")
    _tukscal(folder, "sync", "push")
    _tukscal(folder, "sync", "status")
    return _subscribe(url, token)


def _tukscal(folder: Path, *arguments: str, typed: str = "") -> None:
    """Run a command as a person would, with settings of this demonstration alone."""
    print(f"\n$ tukscal {' '.join(arguments)}", flush=True)
    own = {"TUKSCAL_CONFIG_DIR": str(folder / "config"), "TUKSCAL_STATE_DIR": str(folder / "state")}
    subprocess.run(  # noqa: S603 - our own command
        [TUKSCAL, *arguments], cwd=folder, env={**os.environ, **own}, input=typed.encode() + b"\n", check=True
    )


def _token(url: str, password: str) -> str:
    """Log in as the admin and make a token for a faculty."""
    with httpx.Client(base_url=url, headers={"Origin": url}) as admin:
        admin.post("/v1/admin/login", json={"name": "root", "password": password}).raise_for_status()
        wanted = {"faculty": "EBIT", "name": "demo", "scopes": ["calendars:write", "calendars:read", "feeds"]}
        made = admin.post("/v1/tokens", json=wanted).raise_for_status()
    print(f"\nThe admin made the token {made.json()['id']} for EBIT.", flush=True)
    return str(made.json()["token"])


def _subscribe(url: str, token: str) -> int:
    """Make a feed of all calendars, read it as a calendar program would, and show its first events."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as faculty:
        keys = [one["key"] for one in faculty.get("/v1/calendars").raise_for_status().json()["calendars"]]
        feed = faculty.post("/v1/feeds", json={"calendars": keys, "name": "demo"}).raise_for_status().json()
    path = "/feeds/" + str(feed["url"]).rpartition("/")[2]
    answer = httpx.get(url + path).raise_for_status()
    again = httpx.get(url + path, headers={"If-None-Match": answer.headers["ETag"]})
    events = [event for event in read(answer.content).events if event.status is not Status.CANCELLED]
    (OUT / "feed.ics").write_bytes(answer.content)
    print(f"\nThe service has {', '.join(keys)}.")
    print(f"The feed has {len(events)} events; asked again it answers {again.status_code}. The first are:")
    for event in sorted(events, key=lambda one: str(one.start))[:SHOWN]:
        print(f"  {event.start}  {event.summary}")
    print(f"The feed is in {OUT / 'feed.ics'}.")
    return 0 if events and again.status_code == 304 else 1


if __name__ == "__main__":
    sys.exit(main())
