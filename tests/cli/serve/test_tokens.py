"""`tukscal serve token`: made on the server's command line, used by a faculty's client at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from tukscal.sync.service.access.secrets import OWN_SCOPES, Scope
from tukscal.tests.running import tukscal
from tukscal.tests.sync.service.operations.test_serve import process


def served(*arguments: str, at: Path) -> subprocess.CompletedProcess[bytes]:
    """Run `tukscal serve token` with the store of a folder."""
    return tukscal("serve", "--store", "service.db", "token", *arguments, cwd=at)


def asked(url: str, token: str) -> httpx.Response:
    """Ask who a token speaks for."""
    return httpx.get(f"{url}/v1/account", headers={"Authorization": f"Bearer {token}"})


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    """A token made beside a running service is taken at once, listed without its secret, and dead when revoked."""
    with process(tmp_path) as here:
        made = served("add", "EBIT", "--name", "timetables", at=tmp_path)
        assert made.returncode == 0, made.stderr
        token = made.stdout.decode().strip()
        assert token.startswith("tuks_")
        answer = asked(here.url, token)
        assert (answer.status_code, set(answer.json()["scopes"])) == (200, set(OWN_SCOPES))
        listed = served("list", at=tmp_path).stdout.decode()
        number, faculty, *words = listed.split()
        assert faculty == "EBIT"
        assert "timetables:" in words
        assert token not in listed
        assert served("revoke", number, at=tmp_path).returncode == 0
        assert asked(here.url, token).status_code == 401
        assert "revoked" in served("list", at=tmp_path).stdout.decode()


def test_scopes_and_faculties_are_shared(tmp_path: Path) -> None:
    """Two tokens of a faculty are one account's; each may do what it was made for."""
    first = served("add", "Law", "--scope", Scope.CALENDARS_READ, at=tmp_path).stdout.decode().strip()
    second = served("add", "Law", at=tmp_path).stdout.decode().strip()
    with process(tmp_path) as here:
        one, two = asked(here.url, first).json(), asked(here.url, second).json()
    assert one["id"] == two["id"]
    assert one["scopes"] == [Scope.CALENDARS_READ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "EBIT", "--scope", "everything"), "There is no scope everything."),
        (("add", " "), "A faculty needs a name."),
        (("revoke", "nothing"), "There is no token nothing."),
    ],
)
def test_what_makes_no_token(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """What cannot be is refused in words, and nothing is made."""
    done = served(*arguments, at=tmp_path)
    assert done.returncode == 10
    assert said in done.stderr.decode()
    assert served("list", at=tmp_path).stdout == b""
