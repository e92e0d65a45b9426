"""Names nobody can guess: ids of rows, secrets for links and tokens, and what is stored of a secret.

A secret is 128 random bits or more in letters and digits that survive paper and a telephone. Only its sha256 is stored:
so many bits need no salt and no slow hash, and a row is found by the hash, in an index, not by comparing secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

SECRET_BITS = 128
SECRET = re.compile(r"[a-z2-7]{26}")


def new_id() -> str:
    """Return an id of 80 random bits: 16 letters and digits."""
    return _letters(secrets.token_bytes(10))


def new_secret() -> str:
    """Return a secret of 128 random bits: 26 letters and digits, as `SECRET` has them."""
    return _letters(secrets.token_bytes(SECRET_BITS // 8))


def hashed(secret: str) -> bytes:
    """Return what is stored of a secret: its sha256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(one: bytes, other: bytes) -> bool:
    """Compare two hashes in a time that tells nothing."""
    return hmac.compare_digest(one, other)


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
