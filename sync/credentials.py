"""Who is logged in where: the server and the account in a file, the token in the system's keyring if there is one.

Without a usable keyring the token stands in the file too, which only its owner may read. The one module that imports
keyring.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..core.decode import from_json
from ..core.errors import InputOutput, NotWritable, TukscalError, Unauthorized

_SERVICE = "tukscal"
_NAME = "login.json"
_LEAST = 1.0  # the priority of a keyring that keeps secrets: those in plain files and those that keep nothing are below
_ASCII = range(0x21, 0x7F)


class Secret:
    """Text that shows itself only when asked to: no message, log or traceback has it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not written down.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLogin:
    """A token, the service it is for, and the account it speaks for."""

    server: str
    account: str
    token: Secret

    @property
    def owner(self) -> str:
        """Whose results are pushed: the account and where it is one."""
        return owner_of(self.account, self.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is logged in where, without the token; `in_keyring` tells where that is."""

    server: str
    account: str
    in_keyring: bool

    @property
    def owner(self) -> str:
        """Whose results are pushed."""
        return owner_of(self.account, self.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What stands in the file."""

    server: str
    account: str
    token: str | None = field(default=None, repr=False)


def owner_of(account: str, server: str) -> str:
    """Return the text by which the ledger knows whose a result is."""
    return f"{account} {server}"


def check_token(text: str) -> Secret:
    """Return a token as it was typed or piped. Raises Unauthorized if it cannot be one."""
    token = text.strip()
    if not token or len(token) > 4096 or any(ord(letter) not in _ASCII for letter in token):
        raise Unauthorized("That is no token.", advice="Copy the token as the service's administrator gave it to you.")
    return Secret(token)


class Credentials:
    """What is kept in a settings folder about who is logged in."""

    def __init__(self, folder: Path, *, use_keyring: bool = True) -> None:
        self._file = folder / _NAME
        self._use_keyring = use_keyring

    @property
    def stamp(self) -> str:
        """Text that changes when somebody logs in or out."""
        with contextlib.suppress(OSError):
            state = self._file.stat()
            return f"{state.st_mtime_ns}-{state.st_ino}-{state.st_size}"
        return ""

    def identity(self) -> Identity | None:
        """Return who is logged in, None if nobody is. Asks no keyring. Raises InputOutput."""
        found = self._read()
        if found is None:
            return None
        return Identity(server=found.server, account=found.account, in_keyring=found.token is None)

    def login(self) -> ServiceLogin:
        """Return the login. Raises Unauthorized if nobody is logged in or the keyring has no token, or InputOutput."""
        found = self._read()
        if found is None:
            raise Unauthorized("Nobody is logged in at a service.")
        token = found.token or _from_keyring(owner_of(found.account, found.server))
        if token is None:
            raise Unauthorized(f"The token of {found.account} at {found.server} is not in the keyring any more.")
        return ServiceLogin(server=found.server, account=found.account, token=Secret(token))

    def save(self, login: ServiceLogin) -> str:
        """Keep a login and return where its token is, in words. Raises NotWritable."""
        with contextlib.suppress(TukscalError):
            self.forget()
        kept = {"server": login.server, "account": login.account}
        if self._use_keyring and (name := _into_keyring(login)) is not None:
            self._write(kept)
            return f"the keyring ({name})"
        self._write({**kept, "token": login.token.reveal()})
        return f"{self._file}, which only you may read"

    def forget(self) -> Identity | None:
        """Remove the login with its token and return whose it was, None if nobody was logged in."""
        identity = self.identity()
        if identity is not None and identity.in_keyring:
            _out_of_keyring(identity.owner)
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            message = f"{self._file} cannot be removed: {error.strerror}."
            raise NotWritable(message, advice="Remove it yourself.", file=str(self._file)) from None
        return identity

    def _read(self) -> _Kept | None:
        try:
            text = self._file.read_text("utf-8")
            open_to_others = bool(self._file.stat().st_mode & 0o077) and os.name == "posix"
            found = from_json(_Kept, text)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputOutput(f"{self._file} cannot be read: {error.strerror}.", file=str(self._file)) from None
        except ValueError:
            raise _useless(self._file, "is not what tukscal wrote") from None
        if found.token is not None and open_to_others:
            raise _useless(self._file, "could be read by others, so its token is not a secret any more")
        return found

    def _write(self, kept: dict[str, str]) -> None:
        """Write the file whole or not at all; never, not even for a moment, may another read it."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._file.parent, prefix=f".{_NAME}.")  # with mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(kept, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self._file)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        except OSError as error:
            message = f"{self._file} cannot be written: {error.strerror}."
            advice = "Make the settings folder writable, or name another in TUKSCAL_CONFIG_DIR."
            raise NotWritable(message, advice=advice, file=str(self._file)) from None


def _useless(file: Path, why: str) -> Unauthorized:
    return Unauthorized(f"{file} {why}.", advice="Run `tukscal login` again; it writes the file anew.", file=str(file))


# ---- the keyring; whatever its backends raise, there is none then


def _into_keyring(login: ServiceLogin) -> str | None:
    """Put a token into the keyring and return the keyring's name, None if there is none that keeps it."""
    try:
        import keyring  # takes 50 ms, and is needed by few commands

        ring = keyring.get_keyring()
        if ring.priority < _LEAST:
            return None
        ring.set_password(_SERVICE, login.owner, login.token.reveal())
        return str(ring.name) if ring.get_password(_SERVICE, login.owner) == login.token.reveal() else None
    except Exception:
        return None


def _from_keyring(owner: str) -> str | None:
    try:
        import keyring

        return keyring.get_password(_SERVICE, owner)
    except Exception:
        return None


def _out_of_keyring(owner: str) -> None:
    with contextlib.suppress(Exception):
        import keyring

        keyring.delete_password(_SERVICE, owner)
