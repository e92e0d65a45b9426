"""Commands that only ask change nothing; the ledger and the service's store are never taken for one another."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tukscal.cli.main import cli
from tukscal.core.ledger import Ledger
from tukscal.core.ledger.schema import MIGRATIONS as LEDGER_MIGRATIONS
from tukscal.core.system.sqlite import LEDGER, Migration, applied, migrate_once
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.sync.service.store.sqlite.schema import MIGRATIONS
from tukscal.tests.core.ledger.ledgers import new_job, queued

ASKING = (
    ("jobs", "list"), ("jobs", "show", "1"), ("jobs", "batches"), ("jobs", "stats"), ("jobs", "dead", "list"),
    ("jobs", "verify"), ("sync", "status"),
)  # fmt: skip
CHANGING = (("jobs", "retry", "1"), ("jobs", "dead", "discard", "--all", "--yes"), ("jobs", "purge", "--yes"))


def seen(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder with their bytes, without the log's index, which readers use."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


def said(*command: str) -> tuple[int, str]:
    """Return a command's exit code and what it says."""
    ended = CliRunner().invoke(cli, list(command))
    return ended.exit_code, ended.output


def old_store(path: Path) -> None:
    """Make a store as tukscal wrote it when both kinds of file had one id, with an account."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        for migration in MIGRATIONS:
            for statement in migration.statements:
                connection.execute(statement)
            connection.execute("INSERT INTO migrations (name) VALUES (?)", (migration.name,))
        connection.execute(f"PRAGMA application_id = {0x74756B73}")
        connection.execute("INSERT INTO accounts (id, kind, name, created, seen) VALUES ('a', 'admin', 'Ann', 1, 1)")


@pytest.fixture(params=["new", "old", "live"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Yield the path of a service's store: a new one, an old one, or one that a service has open."""
    path = tmp_path / "service.db"
    if request.param == "old":
        old_store(path)
        yield path
        return
    opened = SqliteStore(path)
    if request.param == "new":
        opened.close()
    yield path
    opened.close()


@pytest.mark.parametrize("command", [*ASKING, *CHANGING], ids=" ".join)
def test_a_services_store_is_no_ledger(store: Path, command: tuple[str, ...]) -> None:
    """Whatever `jobs` and `sync` are to do with a service's store, they name it, and change and move nothing."""
    before = seen(store.parent)
    code, text = said(*command, "--ledger", str(store))
    assert code == 73
    assert "is the store of `tukscal serve`, not a ledger" in " ".join(text.split())
    assert seen(store.parent) == before


def test_a_ledger_is_no_store(tmp_path: Path) -> None:
    """`tukscal serve` names a ledger as what it is, and changes nothing."""
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    before = seen(tmp_path)
    code, text = said("serve", "--store", str(path))
    assert code == 73
    assert "is a ledger of `tukscal batch` or `tukscal watch`, not a store" in " ".join(text.split())
    assert seen(tmp_path) == before


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
@pytest.mark.parametrize("version", [1, len(LEDGER_MIGRATIONS)])
def test_asking_changes_no_ledger(tmp_path: Path, version: int, command: tuple[str, ...]) -> None:
    """A ledger of any version is asked without a byte or a file changing, and an older one answers as well."""
    path = tmp_path / "ledger.db"
    make(path, LEDGER_MIGRATIONS[:version])
    before = seen(tmp_path)
    code, text = said(*command, "--ledger", str(path))
    assert code in (0, 66), text  # there is no job 1
    assert seen(tmp_path) == before


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_asking_mends_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A damaged ledger is named as that and stays where it is, for the next batch to mend."""
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger:
        queued(ledger, new_job(1))
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(range(256)) * 16
    path.write_bytes(data)
    before = seen(tmp_path)
    code, text = said(*command, "--ledger", str(path))
    assert (code, "is damaged" in " ".join(text.split())) == (74, True)
    assert seen(tmp_path) == before


def test_an_old_store_is_carried_over(tmp_path: Path) -> None:
    """A store from before each kind had its id keeps its accounts, and has the store's id once it was opened."""
    path = tmp_path / "service.db"
    old_store(path)
    for _ in range(2):
        SqliteStore(path).close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA application_id").fetchone() == (0x74756B76,)
            assert connection.execute("SELECT name FROM accounts").fetchall() == [("Ann",)]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            assert "migrations" not in tables


def make(path: Path, migrations: tuple[Migration, ...]) -> None:
    """Make a ledger of the version that some migrations lead to."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        while len(applied(connection, LEDGER)) < len(migrations):
            connection.execute("BEGIN IMMEDIATE")
            migrate_once(connection, LEDGER, migrations)
            connection.execute("COMMIT")
