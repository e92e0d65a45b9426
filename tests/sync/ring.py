"""A keyring in a file that TEST_RING names, for `PYTHON_KEYRING_BACKEND=tukscal.tests.sync.ring.Ring`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Ring(KeyringBackend):
    """Keeps what it is given, across processes."""

    priority = 5
    name = "test ring"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def _file(self) -> Path:
        return Path(os.environ["TEST_RING"])

    def _all(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return found

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        return self._all().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep something."""
        self._file.write_text(json.dumps({**self._all(), f"{service} {username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        """Keep it no more."""
        found = self._all()
        if f"{service} {username}" not in found:
            raise PasswordDeleteError("There is none.")
        del found[f"{service} {username}"]
        self._file.write_text(json.dumps(found))
