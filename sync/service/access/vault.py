"""PDFs encrypted at rest: AES-GCM under a key derived from the master secret in TUKSCAL_KEY.

Sealed bytes begin with the id of their key, so that keys can be rotated: TUKSCAL_KEY holds one or more master secrets
with commas between, the first seals, all of them open. What a PDF belongs to is bound in: sealed bytes of one job do
not open as another's.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ....core.errors import InputOutput

VARIABLE = "TUKSCAL_KEY"
_LEAST = 32  # characters of a master secret: 128 bits in hexadecimal
_ID = 8  # bytes of a key's id
HEAD = 1 + _ID
"""Bytes at the beginning of what is sealed that `check` needs."""
_NONCE = 12  # bytes, as AES-GCM has them
_VERSION = b"\x01"


class NoKey(InputOutput):
    """There is no master secret, or one anybody could guess."""

    default_advice = f"Set {VARIABLE} to the output of `tukscal serve key`, and keep it: stored PDFs open with it only."


class WrongKey(InputOutput):
    """Something was sealed with a key that is not there."""

    default_advice = f"Put the earlier key behind the new one, with a comma between: {VARIABLE}=NEW,OLD."


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    cipher: AESGCM = field(repr=False)


class Vault:
    """Seals with the newest key and opens with any."""

    def __init__(self, masters: str) -> None:
        """Take the value of TUKSCAL_KEY. Raises NoKey."""
        self._keys = tuple(_derived(master.strip()) for master in masters.split(",") if master.strip())
        if not self._keys:
            raise NoKey(f"There is no master secret in {VARIABLE}.")

    def seal(self, data: bytes, about: str) -> bytes:
        """Return the bytes encrypted; `about` is what they must be opened as."""
        key, nonce = self._keys[0], os.urandom(_NONCE)
        head = _VERSION + key.id
        return head + nonce + key.cipher.encrypt(nonce, data, head + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed. Raises WrongKey for another key, InputOutput for changed bytes."""
        head, nonce = sealed[: 1 + _ID], sealed[1 + _ID : 1 + _ID + _NONCE]
        key = self._key(sealed)
        try:
            return key.cipher.decrypt(nonce, sealed[1 + _ID + _NONCE :], head + about.encode())
        except (InvalidTag, ValueError):
            raise InputOutput("A stored PDF was changed on the disk.", advice="Upload the PDF again.") from None

    def check(self, sealed: bytes) -> None:
        """Look whether the key of sealed bytes is there. Raises WrongKey."""
        self._key(sealed)

    def _key(self, sealed: bytes) -> _Key:
        wanted = sealed[1 : 1 + _ID]
        for key in self._keys:
            if sealed[:1] == _VERSION and key.id == wanted:
                return key
        raise WrongKey(f"A stored PDF was sealed with another key than {VARIABLE} holds (key id {wanted.hex()}).")


def new_master() -> str:
    """Return a master secret of 256 random bits."""
    return secrets.token_hex(32)


def _derived(master: str) -> _Key:
    if len(master) < _LEAST:
        raise NoKey(f"A master secret in {VARIABLE} has fewer than {_LEAST} characters.")
    made = HKDF(SHA256(), length=32 + _ID, salt=None, info=b"tukscal PDFs 1").derive(master.encode())
    return _Key(made[32:], AESGCM(made[:32]))
