"""Who is logged in: kept whole, for its owner only, shown nowhere."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import keyring
import pytest
from keyring.backends.null import Keyring as Null
from tukscal.core.errors import NotWritable, Unauthorized
from tukscal.sync.credentials import Credentials, check_token
from tukscal.tests.sync.faulty import ACCOUNT, TOKEN
from tukscal.tests.sync.pushing import login
from tukscal.tests.sync.ring import Ring

WHO = login("https://example.ac.za")


class Broken(Ring):
    """A keyring that cannot be opened."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Fail as backends do: in their own ways."""
        raise RuntimeError("no message bus")

    get_password = set_password  # type: ignore[assignment]


class Forgetful(Ring):
    """A keyring that keeps nothing and says nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""


class Plain(Ring):
    """A keyring that is a plain file."""

    priority = 0.5  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests touch nobody's keyring."""
    monkeypatch.setenv("TEST_RING", str(tmp_path / "ring.json"))
    keyring.set_keyring(Null())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("ring", [Null, Broken, Forgetful, Plain])
def test_without_a_usable_keyring_a_file_is_used(tmp_path: Path, ring: type[Ring]) -> None:
    """Where the keyring keeps nothing, fails, or is a plain file itself, the token is in our file."""
    keyring.set_keyring(ring())
    credentials = Credentials(tmp_path / "new" / "folder")
    assert credentials.save(WHO) == f"{tmp_path}/new/folder/login.json, which only you may read"
    found = credentials.login()
    assert (found.server, found.account, found.token.reveal()) == (WHO.server, ACCOUNT, TOKEN)
    assert stat.S_IMODE((tmp_path / "new/folder/login.json").stat().st_mode) == 0o600


def test_a_keyring_has_the_token_alone(tmp_path: Path) -> None:
    """With a keyring the file names who and where; forgetting removes both."""
    keyring.set_keyring(Ring())
    credentials = Credentials(tmp_path)
    assert credentials.save(WHO) == "the keyring (test ring)"
    assert TOKEN not in (tmp_path / "login.json").read_text()
    identity = credentials.identity()
    assert identity is not None
    assert identity.in_keyring
    assert credentials.login().token.reveal() == TOKEN
    assert credentials.forget() == identity
    assert json.loads((tmp_path / "ring.json").read_text()) == {}
    assert credentials.identity() is None


def test_a_token_that_left_the_keyring(tmp_path: Path) -> None:
    """If the keyring was emptied, that is said."""
    keyring.set_keyring(Ring())
    credentials = Credentials(tmp_path)
    credentials.save(WHO)
    (tmp_path / "ring.json").unlink()
    with pytest.raises(Unauthorized, match="not in the keyring any more"):
        credentials.login()


def test_a_new_login_replaces_the_old_one(tmp_path: Path) -> None:
    """Logging in elsewhere leaves no token of before, in neither place."""
    keyring.set_keyring(Ring())
    credentials = Credentials(tmp_path)
    credentials.save(WHO)
    before = credentials.stamp
    Credentials(tmp_path, use_keyring=False).save(login("https://other.ac.za", "new-token", "b"))
    assert json.loads((tmp_path / "ring.json").read_text()) == {}
    assert credentials.login().token.reveal() == "new-token"
    assert credentials.stamp != before
    assert os.listdir(tmp_path).count("login.json") == 1
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".login")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"server": 1, "account": "a"}', '{"server": "x"}', "\xff"])
def test_a_file_that_is_none_of_ours(tmp_path: Path, text: str) -> None:
    """A damaged file is said to be one, and logging in writes it anew."""
    (tmp_path / "login.json").write_bytes(text.encode("latin-1"))
    credentials = Credentials(tmp_path)
    with pytest.raises(Unauthorized, match="is not what tukscal wrote"):
        credentials.identity()
    credentials.save(WHO)
    assert credentials.login().account == ACCOUNT


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_others_may_read_has_no_secret(tmp_path: Path, mode: int) -> None:
    """A token others could read is refused until one logs in again."""
    credentials = Credentials(tmp_path)
    credentials.save(WHO)
    (tmp_path / "login.json").chmod(mode)
    with pytest.raises(Unauthorized, match="could be read by others"):
        credentials.login()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where nothing can be kept, that is said, with the place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable) as error:
        Credentials(tmp_path / "file" / "folder").save(WHO)
    assert "TUKSCAL_CONFIG_DIR" in error.value.advice


@pytest.mark.parametrize("text", ["", " ", "a b", "a\nb", "é", "x" * 5_000, "a\x7fb"])
def test_what_is_no_token(text: str) -> None:
    """Only printable ASCII without blanks can be a token; it is not repeated in the refusal."""
    with pytest.raises(Unauthorized) as error:
        check_token(text)
    assert error.value.message == "That is no token."


def test_a_token_is_taken_without_what_is_around_it() -> None:
    """Blanks and line ends of a terminal or a pipe do not count."""
    assert check_token(f" {TOKEN}\r\n").reveal() == TOKEN
