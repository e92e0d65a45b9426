"""The tables of jobs and limits."""

from __future__ import annotations

from .....core.system.sqlite import Migration

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
