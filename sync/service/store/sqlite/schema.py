"""The tables of the store: a list of migrations, of each family its own, done once and never changed afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from .....core.system import sqlite
from .....core.system.sqlite import STORE, Migration, transaction

JOBS = Migration(
    "jobs-1",
    (
        """
        CREATE TABLE jobs (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            size INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            premium INTEGER NOT NULL,
            network TEXT,
            state TEXT NOT NULL,
            created REAL NOT NULL,
            due REAL NOT NULL,
            lease TEXT,
            started REAL,
            attempts INTEGER NOT NULL DEFAULT 0,
            deaths INTEGER NOT NULL DEFAULT 0,
            duration REAL NOT NULL DEFAULT 0,
            cpu REAL NOT NULL DEFAULT 0,
            cause TEXT,
            message TEXT,
            advice TEXT,
            completed REAL,
            kind TEXT,
            calendar TEXT,
            revision INTEGER,
            entries INTEGER,
            events INTEGER,
            problems TEXT NOT NULL DEFAULT '[]',
            pdf INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX jobs_by_state ON jobs (state, account)",
        "CREATE INDEX jobs_by_account ON jobs (account, created)",
        "CREATE INDEX jobs_of_network ON jobs (network) WHERE state IN ('queued', 'running', 'waiting')",
        "CREATE INDEX jobs_by_completed ON jobs (completed)",
        "CREATE INDEX jobs_with_pdf ON jobs (account, size) WHERE pdf = 1",
        """
        CREATE TABLE pdfs (
            job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
            stored REAL NOT NULL,
            sealed BLOB NOT NULL
        )
        """,
        "CREATE INDEX pdfs_by_age ON pdfs (stored)",
        "CREATE TABLE beats (lease TEXT PRIMARY KEY, beat INTEGER NOT NULL) WITHOUT ROWID",
    ),
)

LIMITS = Migration(
    "limits-1",
    (
        "CREATE TABLE uploads (account TEXT NOT NULL, at REAL NOT NULL)",
        "CREATE INDEX uploads_by_account ON uploads (account, at)",
        "CREATE INDEX uploads_by_age ON uploads (at)",
        "CREATE TABLE networks (network TEXT NOT NULL, at REAL NOT NULL)",
        "CREATE INDEX networks_by_name ON networks (network, at)",
        "CREATE INDEX networks_by_age ON networks (at)",
        "CREATE TABLE spent (id BLOB PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID",
        "CREATE TABLE blocks (who TEXT PRIMARY KEY, until REAL, reason TEXT NOT NULL, made REAL NOT NULL)",
    ),
)


def check(connection: sqlite3.Connection, path: Path | None, migrations: Sequence[Migration]) -> None:
    """Refuse a file of a newer tukscal or of something else, without changing it. Raises NotWritable."""
    with transaction(connection, "BEGIN"):
        kind = sqlite.kind_of(connection)
        ((objects,),) = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        if kind is not STORE and (kind or objects):
            raise sqlite.refusal(STORE, path, kind)
        if {*sqlite.applied(connection, STORE), *_old_notes(connection)} - {one.name for one in migrations}:
            raise sqlite.newer(STORE, path)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Do what has not been done to a file yet, each migration whole or not at all."""
    missing = True
    while missing:
        with transaction(connection, "BEGIN IMMEDIATE"):
            if old := _old_notes(connection):  # of a store from before it had the ledger's way of noting
                sqlite.note_applied(connection, STORE, [one.name for one in migrations if one.name in old])
                connection.execute("DROP TABLE migrations")
            missing = sqlite.migrate_once(connection, STORE, migrations)


def _old_notes(connection: sqlite3.Connection) -> set[str]:
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'migrations'").fetchall()
    return {name for (name,) in connection.execute("SELECT name FROM migrations")} if tables else set()


ACCOUNTS = Migration(
    "accounts-1",
    (
        """
        CREATE TABLE accounts (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            created REAL NOT NULL,
            seen REAL NOT NULL,
            premium INTEGER NOT NULL DEFAULT 0,
            recovery BLOB,
            password TEXT
        ) WITHOUT ROWID
        """,
        "CREATE UNIQUE INDEX accounts_by_name ON accounts (kind, name) WHERE name <> ''",
        "CREATE UNIQUE INDEX accounts_by_recovery ON accounts (recovery) WHERE recovery IS NOT NULL",
        "CREATE INDEX accounts_by_seen ON accounts (seen)",
        """
        CREATE TABLE sessions (
            hash BLOB PRIMARY KEY,
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created REAL NOT NULL,
            seen REAL NOT NULL,
            expires REAL NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX sessions_by_expiry ON sessions (expires)",
        "CREATE INDEX sessions_by_account ON sessions (account)",
        """
        CREATE TABLE tokens (
            id TEXT PRIMARY KEY,
            hash BLOB NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            created REAL NOT NULL,
            expires REAL,
            revoked REAL,
            used REAL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX tokens_by_account ON tokens (account, created)",
    ),
)

CALENDARS = Migration(
    "calendars-1",
    (
        """
        CREATE TABLE calendars (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            revision INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            name TEXT NOT NULL,
            events INTEGER NOT NULL,
            created REAL NOT NULL,
            updated REAL NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX calendars_by_key ON calendars (account, key)",
        """
        CREATE TABLE revisions (
            calendar INTEGER NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
            revision INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            stored REAL NOT NULL,
            packed BLOB NOT NULL,
            PRIMARY KEY (calendar, revision)
        )
        """,
        """
        CREATE TABLE cancellations (
            calendar INTEGER NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
            uid TEXT NOT NULL,
            since REAL NOT NULL,
            packed BLOB NOT NULL,
            PRIMARY KEY (calendar, uid)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE answers (
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            calendar INTEGER NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
            status INTEGER NOT NULL,
            body BLOB NOT NULL,
            created REAL NOT NULL,
            PRIMARY KEY (account, key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX answers_by_age ON answers (created)",
        "CREATE INDEX answers_by_calendar ON answers (calendar)",
    ),
)

FEEDS = Migration(
    "feeds-1",
    (
        """
        CREATE TABLE selections (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            content TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            created REAL NOT NULL,
            updated REAL NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX selections_by_account ON selections (account, id)",
        """
        CREATE TABLE feeds (
            id TEXT PRIMARY KEY,
            hash BLOB NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            selection TEXT REFERENCES selections (id),
            created REAL NOT NULL,
            rotated REAL NOT NULL,
            hits INTEGER NOT NULL DEFAULT 0,
            unchanged INTEGER NOT NULL DEFAULT 0,
            read REAL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX feeds_by_account ON feeds (account, id)",
        "CREATE INDEX feeds_by_selection ON feeds (selection)",
        """
        CREATE TABLE feed_calendars (
            feed TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            calendar INTEGER NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
            PRIMARY KEY (feed, place)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX feed_calendars_by_calendar ON feed_calendars (calendar)",
        """
        CREATE TABLE renderings (
            fingerprint BLOB PRIMARY KEY,
            etag TEXT NOT NULL,
            packed BLOB NOT NULL,
            made REAL NOT NULL,
            used REAL NOT NULL,
            until REAL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX renderings_by_use ON renderings (used)",
        """
        CREATE TABLE rendered (
            calendar INTEGER NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
            fingerprint BLOB NOT NULL REFERENCES renderings (fingerprint) ON DELETE CASCADE,
            PRIMARY KEY (calendar, fingerprint)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX rendered_by_fingerprint ON rendered (fingerprint)",
        # With a calendar goes whatever was made of it.
        """
        CREATE TRIGGER calendars_removed BEFORE DELETE ON calendars BEGIN
            DELETE FROM renderings WHERE fingerprint IN (SELECT fingerprint FROM rendered WHERE calendar = old.id);
        END
        """,
    ),
)

# Each family's in its order; a later change is a further migration at the end of this list, never an edit above.
MIGRATIONS: tuple[Migration, ...] = (ACCOUNTS, CALENDARS, FEEDS, JOBS, LIMITS)
