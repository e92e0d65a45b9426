"""Sealing of PDFs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import InputOutput
from tukscal.sync.service.access.vault import HEAD, NoKey, Vault, WrongKey, new_master

OLD, NEW = "a" * 32, "b" * 64


@given(data=st.binary(max_size=200), about=st.text(max_size=20))
def test_what_is_sealed_opens(data: bytes, about: str) -> None:
    """Sealed bytes open as what they were, never look the same twice, and do not hold the plain bytes."""
    vault = Vault(NEW)
    sealed = vault.seal(data, about)
    assert vault.open(sealed, about) == data
    assert vault.seal(data, about) != sealed
    assert len(data) < 8 or data not in sealed


def test_keys_are_rotated() -> None:
    """With the new key first and the old behind it, old PDFs open and new ones are sealed with the new key."""
    sealed = Vault(OLD).seal(b"PDF", "job")
    both = Vault(f"{NEW}, {OLD}")
    assert both.open(sealed, "job") == b"PDF"
    assert Vault(NEW).open(both.seal(b"PDF", "job"), "job") == b"PDF"


def test_a_wrong_key_is_named() -> None:
    """Without its key sealed bytes are refused with the key's id and what to do; their head is enough to tell."""
    sealed = Vault(OLD).seal(b"PDF", "job")
    with pytest.raises(WrongKey, match=sealed[1:HEAD].hex()) as found:
        Vault(NEW).open(sealed, "job")
    assert "NEW,OLD" in found.value.advice
    with pytest.raises(WrongKey):
        Vault(NEW).check(sealed[:HEAD])
    Vault(OLD).check(sealed[:HEAD])


@pytest.mark.parametrize("change", [0, 1, 8, 9, 20, -1])
def test_changed_bytes_do_not_open(change: int) -> None:
    """A changed byte anywhere, and another job's bytes, are refused."""
    vault = Vault(NEW)
    sealed = bytearray(vault.seal(b"PDF", "job"))
    sealed[change] ^= 1
    with pytest.raises(InputOutput):
        vault.open(bytes(sealed), "job")
    with pytest.raises(InputOutput):
        vault.open(vault.seal(b"PDF", "job"), "another")


@pytest.mark.parametrize("masters", ["", " , ", "short", f"{NEW},short"])
def test_a_master_secret_is_needed(masters: str) -> None:
    """No master secret, or one that could be guessed, is refused; a new one is 256 random bits."""
    with pytest.raises(NoKey):
        Vault(masters)
    assert len(new_master()) == 64
    assert new_master() != new_master()
    assert NEW not in repr(Vault(NEW))
