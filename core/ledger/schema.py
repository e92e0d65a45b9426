"""The ledger's tables, and how a file of an older version gets them; `about` says which tukscal knows the newest."""

from __future__ import annotations

import re
import sqlite3

from ..system.sqlite import Migration
from .model import Delivery, State

_STATES = ", ".join(f"'{state}'" for state in State)
_DELIVERIES = ", ".join(f"'{state}'" for state in Delivery)


def _typed(kind: str, *columns: str) -> str:
    """Return CHECKs that columns hold what they should: `quick_check` reads them, so that damage shows."""
    return ",\n  ".join(f"CHECK (typeof({column}) IN ({kind}))" for column in columns)


JOBS = f"""CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch INTEGER NOT NULL, queue TEXT NOT NULL, source BLOB NOT NULL, output BLOB NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, kind TEXT,
  state TEXT NOT NULL CHECK (state IN ({_STATES})), cause TEXT, message TEXT,
  priority INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, deaths INTEGER NOT NULL DEFAULT 0,
  next_attempt REAL, lease TEXT, worker INTEGER, entries INTEGER, problems INTEGER,
  output_sha256 TEXT, output_stamp TEXT,
  options TEXT NOT NULL, selection TEXT NOT NULL, term TEXT NOT NULL, parser TEXT NOT NULL,
  created REAL NOT NULL, started REAL, completed REAL, duration REAL NOT NULL DEFAULT 0, peak INTEGER,
  details TEXT, superseded INTEGER, source_stamp TEXT NOT NULL,
  CHECK (state <> 'running' OR lease IS NOT NULL),
  CHECK (state <> 'failed' OR next_attempt IS NOT NULL),
  CHECK (state <> 'done' OR (output_sha256 IS NOT NULL AND completed IS NOT NULL)),
  {_typed("'blob'", "source", "output")},
  {_typed("'integer'", "batch", "size", "priority", "attempts", "deaths")},
  {_typed("'integer', 'null'", "worker", "entries", "problems", "peak", "superseded")},
  {_typed("'real'", "created", "duration")},
  {_typed("'real', 'null'", "next_attempt", "started", "completed")},
  {_typed("'text'", "queue", "sha256", "options", "selection", "term", "parser", "source_stamp")},
  {_typed("'text', 'null'", "kind", "cause", "message", "lease", "output_sha256", "output_stamp", "details")}
)"""

ATTEMPTS = f"""CREATE TABLE attempts (
  job INTEGER NOT NULL, number INTEGER NOT NULL, worker INTEGER, started REAL, ended REAL NOT NULL,
  cause TEXT, message TEXT, duration REAL NOT NULL, peak INTEGER,
  {_typed("'integer'", "job", "number")},
  {_typed("'integer', 'null'", "worker", "peak")},
  {_typed("'real', 'null'", "started", "ended", "duration")},
  {_typed("'text', 'null'", "cause", "message")},
  PRIMARY KEY (job, number)
) WITHOUT ROWID"""

OUTBOX = f"""CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL, output BLOB NOT NULL, sha256 TEXT NOT NULL, created REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ({_DELIVERIES})),
  attempts INTEGER NOT NULL DEFAULT 0, next_attempt REAL NOT NULL, completed REAL, message TEXT,
  {_typed("'blob'", "output")},
  {_typed("'integer'", "job", "attempts")},
  {_typed("'real', 'null'", "created", "next_attempt", "completed")},
  {_typed("'text', 'null'", "sha256", "message")}
)"""

BATCHES = f"""CREATE TABLE batches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created REAL NOT NULL, command TEXT NOT NULL, details TEXT NOT NULL, ended REAL, summary TEXT NOT NULL DEFAULT 'null',
  {_typed("'real', 'null'", "created", "ended")},
  {_typed("'text'", "command", "details", "summary")}
)"""

# Counting a million rows of an index takes 60 ms; these sums are kept by the triggers below.
TALLIES = """CREATE TABLE tallies (
  batch INTEGER NOT NULL, queue TEXT NOT NULL, state TEXT NOT NULL, jobs INTEGER NOT NULL,
  PRIMARY KEY (batch, queue, state)
) WITHOUT ROWID"""

# A process that holds jobs raises its beat; where its process id means nothing, others watch that.
LEASES = "CREATE TABLE leases (lease TEXT PRIMARY KEY, beat INTEGER NOT NULL) WITHOUT ROWID"

ABOUT = "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)"

INDEXES = (
    # The queue's order; and at most one unfinished job and one current result for each output.
    "CREATE INDEX jobs_queued ON jobs (queue, priority DESC, size) WHERE state = 'queued'",
    "CREATE UNIQUE INDEX jobs_unfinished ON jobs (output) WHERE state <> 'done'",
    "CREATE UNIQUE INDEX jobs_current ON jobs (output) WHERE state = 'done' AND superseded IS NULL",
    "CREATE INDEX jobs_failed ON jobs (queue, next_attempt) WHERE state = 'failed'",
    "CREATE INDEX jobs_running ON jobs (lease) WHERE state = 'running'",
    "CREATE INDEX jobs_completed ON jobs (completed) WHERE state = 'done'",
    "CREATE INDEX jobs_history ON jobs (batch, state, created)",
    "CREATE INDEX jobs_state ON jobs (state, created)",
    "CREATE INDEX jobs_cause ON jobs (cause, state, created) WHERE cause IS NOT NULL",
    "CREATE INDEX jobs_content ON jobs (sha256)",
    "CREATE INDEX tallies_queue ON tallies (queue, state, jobs)",
    "CREATE INDEX outbox_pending ON outbox (next_attempt) WHERE state = 'pending'",
    "CREATE INDEX outbox_output ON outbox (output) WHERE state = 'pending'",
    "CREATE INDEX outbox_job ON outbox (job)",
    "CREATE INDEX outbox_completed ON outbox (completed) WHERE state IN ('sent', 'superseded')",
)

_ONE_MORE = """INSERT INTO tallies (batch, queue, state, jobs) VALUES (new.batch, new.queue, new.state, 1)
    ON CONFLICT (batch, queue, state) DO UPDATE SET jobs = jobs + 1;"""
_ONE_LESS = (
    """UPDATE tallies SET jobs = jobs - 1 WHERE batch = old.batch AND queue = old.queue AND state = old.state;"""
)

TRIGGERS = (
    f"CREATE TRIGGER jobs_added AFTER INSERT ON jobs BEGIN {_ONE_MORE} END",
    f"CREATE TRIGGER jobs_removed AFTER DELETE ON jobs BEGIN {_ONE_LESS} END",
    f"CREATE TRIGGER jobs_moved AFTER UPDATE OF batch, queue, state ON jobs BEGIN {_ONE_LESS} {_ONE_MORE} END",
)

VERSION_1 = (JOBS, ATTEMPTS, OUTBOX, BATCHES, TALLIES, LEASES, ABOUT, *INDEXES, *TRIGGERS)

# Which output a name belongs to at the service, the newest revision and content it was put into the outbox with, and
# whose it was when it was sent last: what one service has another does not.
CALENDARS = f"""CREATE TABLE calendars (
  key TEXT PRIMARY KEY, output BLOB NOT NULL, revision INTEGER NOT NULL, sha256 TEXT NOT NULL,
  account TEXT NOT NULL DEFAULT '',
  {_typed("'blob'", "output")},
  {_typed("'integer'", "revision")},
  {_typed("'text'", "key", "sha256", "account")}
) WITHOUT ROWID"""

OUTBOX_2 = f"""CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL, output BLOB NOT NULL, sha256 TEXT NOT NULL, created REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ({_DELIVERIES})),
  attempts INTEGER NOT NULL DEFAULT 0, next_attempt REAL NOT NULL, completed REAL, message TEXT,
  calendar TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL DEFAULT 0, account TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL DEFAULT '',
  {_typed("'blob'", "output")},
  {_typed("'integer'", "job", "attempts", "revision")},
  {_typed("'real', 'null'", "created", "next_attempt", "completed")},
  {_typed("'text', 'null'", "sha256", "message", "calendar", "account", "cause")}
)"""

INDEXES_2 = (
    "CREATE INDEX outbox_pending ON outbox (next_attempt) WHERE state = 'pending'",
    "CREATE INDEX outbox_waiting ON outbox (cause) WHERE state = 'pending'",
    "CREATE INDEX outbox_output ON outbox (output) WHERE state IN ('pending', 'refused')",
    "CREATE INDEX outbox_refused ON outbox (state, id) WHERE state = 'refused'",
    "CREATE INDEX outbox_job ON outbox (job)",
    "CREATE INDEX outbox_completed ON outbox (completed, state) WHERE state IN ('sent', 'superseded')",
)

VERSION_2 = (CALENDARS, OUTBOX_2, *INDEXES_2)

# A parked job waits until a daemon has seen its PDF stand still: nobody claims it. A PDF that was put away was moved or
# deleted by the daemon itself.
FLAGS = (
    "parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1))",
    "put_away INTEGER NOT NULL DEFAULT 0 CHECK (put_away IN (0, 1))",
)

TALLIES_3 = """CREATE TABLE tallies (
  batch INTEGER NOT NULL, queue TEXT NOT NULL, parked INTEGER NOT NULL, state TEXT NOT NULL, jobs INTEGER NOT NULL,
  PRIMARY KEY (batch, queue, parked, state)
) WITHOUT ROWID"""

TALLY = "INSERT INTO tallies SELECT batch, queue, parked, state, count(*) FROM jobs GROUP BY 1, 2, 3, 4"

# A folder as each daemon found it when it began to watch it, in the batch of its work.
WATCHES = f"""CREATE TABLE watches (
  batch INTEGER PRIMARY KEY, source BLOB NOT NULL, output BLOB NOT NULL, lease TEXT NOT NULL, started REAL NOT NULL,
  keeps_done INTEGER NOT NULL, keeps_failed INTEGER NOT NULL, place TEXT NOT NULL, mounts TEXT NOT NULL,
  {_typed("'blob'", "source", "output")},
  {_typed("'integer'", "keeps_done", "keeps_failed")},
  {_typed("'real'", "started")},
  {_typed("'text'", "lease", "place", "mounts")}
)"""

INDEXES_3 = (
    "CREATE INDEX jobs_queued ON jobs (queue, priority DESC, size) WHERE state = 'queued' AND parked = 0",
    "CREATE INDEX jobs_failed ON jobs (queue, next_attempt) WHERE state = 'failed' AND parked = 0",
    "CREATE INDEX tallies_queue ON tallies (queue, parked, state, jobs)",
    "CREATE INDEX watches_source ON watches (source, batch)",
)

_ONE_MORE_3 = """INSERT INTO tallies (batch, queue, parked, state, jobs)
    VALUES (new.batch, new.queue, new.parked, new.state, 1)
    ON CONFLICT (batch, queue, parked, state) DO UPDATE SET jobs = jobs + 1;"""
_ONE_LESS_3 = """UPDATE tallies SET jobs = jobs - 1
    WHERE batch = old.batch AND queue = old.queue AND parked = old.parked AND state = old.state;"""

_TALLIED = "batch, queue, parked, state"
TRIGGERS_3 = (
    f"CREATE TRIGGER jobs_added AFTER INSERT ON jobs BEGIN {_ONE_MORE_3} END",
    f"CREATE TRIGGER jobs_removed AFTER DELETE ON jobs BEGIN {_ONE_LESS_3} END",
    f"CREATE TRIGGER jobs_moved AFTER UPDATE OF {_TALLIED} ON jobs BEGIN {_ONE_LESS_3} {_ONE_MORE_3} END",
)

VERSION_3 = (TALLIES_3, WATCHES, *INDEXES_3, *TRIGGERS_3)


# Whose calendar a job of a list of students makes, as the student's file is named; when a result's files were last read
# and found as recorded; into which folder a batch writes.
COLUMNS_4 = (
    "student TEXT " + _typed("'text', 'null'", "student"),
    "confirmed REAL " + _typed("'real', 'null'", "confirmed"),
)
OUTPUT_4 = "output BLOB " + _typed("'blob', 'null'", "output")
INDEX_4 = "CREATE INDEX batches_output ON batches (output, id) WHERE output > x''"


def _named(text: str) -> str:
    """Return what a statement makes: "TABLE jobs"."""
    kind, name = re.findall(r"(TABLE|INDEX|TRIGGER) (\w+)", text)[0]
    return f"{kind} {name}"


def _with(table: str, last: str, *columns: str) -> str:
    """Return a table to which columns were added: SQLite writes them behind the last one, before the table's CHECKs."""
    return table.replace(last, ", ".join((last, *columns)), 1)


_JOBS_4 = _with(JOBS, "source_stamp TEXT NOT NULL", *FLAGS, *COLUMNS_4)
_BATCHES_4 = _with(BATCHES, "summary TEXT NOT NULL DEFAULT 'null'", OUTPUT_4)
SCHEMA = tuple(  # what the newest version holds, word for word as SQLite keeps it
    {_named(text): text for text in (*VERSION_1, _JOBS_4, _BATCHES_4, *VERSION_2, *VERSION_3, INDEX_4)}.values()
)


def _needs(version: str) -> str:
    """Return the statement that notes the first tukscal that knows a migration."""
    return f"REPLACE INTO about (name, value) VALUES ('needs', '{version}')"  # noqa: S608 - our own text


# Before, a student's job had LIST#STUDENT for its source and STUDENT.ics for its output, and a stamp that was confirmed
# ended with "@" and the time of that. A batch's folder stood in its details; one whose name is no text is not taken.
_NAME = (
    "substr(output, length(CAST(rtrim(CAST(output AS TEXT), "
    r"replace(replace(CAST(output AS TEXT), '/', ''), '\', '')) AS BLOB)) + 1)"
)
_VALUES_4 = (
    f"""UPDATE jobs SET student = CAST(found.student AS TEXT),
  source = substr(source, 1, length(source) - length(found.student) - 1)
FROM (SELECT id, substr(name, 1, length(name) - 4) AS student FROM (SELECT id, {_NAME} AS name FROM jobs)
  WHERE substr(name, -4) = CAST('.ics' AS BLOB)) AS found
WHERE jobs.id = found.id AND substr(source, -1 - length(found.student)) = CAST('#' || found.student AS BLOB)""",  # noqa: S608
    """UPDATE jobs SET confirmed = CAST(substr(source_stamp, instr(source_stamp, '@') + 1) AS REAL),
  source_stamp = substr(source_stamp, 1, instr(source_stamp, '@') - 1) WHERE source_stamp LIKE '%@%'""",
    """UPDATE jobs SET output_stamp = substr(output_stamp, 1, instr(output_stamp, '@') - 1)
WHERE output_stamp LIKE '%@%'""",
    """UPDATE batches SET output = CAST(json_extract(details, '$.output') AS BLOB)
WHERE iif(json_valid(details), json_type(details, '$.output'), '') = 'text'
  AND (json_extract(details, '$.output') LIKE '/%' OR json_extract(details, '$.output') LIKE '_:%')
  AND details NOT LIKE '%\\udc%'""",
)
_OUTBOX_1 = "id, job, output, sha256, created, state, attempts, next_attempt, completed, message"

MIGRATIONS: tuple[Migration, ...] = (
    Migration("1 jobs, attempts, outbox", (*VERSION_1, _needs("0.1.0"))),
    Migration(
        "2 names and revisions of calendars",  # a new table around the old rows of the outbox
        (
            "ALTER TABLE outbox RENAME TO outbox_1",
            *(f"DROP INDEX {text.split()[2]}" for text in INDEXES if " ON outbox " in text),
            *VERSION_2,
            "INSERT INTO sqlite_sequence SELECT 'outbox', seq FROM sqlite_sequence WHERE name = 'outbox_1'",
            f"INSERT INTO outbox ({_OUTBOX_1}) SELECT {_OUTBOX_1} FROM outbox_1",  # noqa: S608 - our own names
            "DROP TABLE outbox_1",
            _needs("0.1.0"),
        ),
    ),
    Migration(
        "3 parked jobs, PDFs put away, watched folders",  # words in other columns, and JSON of batches, until then
        (
            *(f"DROP TRIGGER {name}" for name in ("jobs_added", "jobs_removed", "jobs_moved")),
            *("DROP INDEX jobs_queued", "DROP INDEX jobs_failed", "DROP TABLE tallies"),
            *(f"ALTER TABLE jobs ADD COLUMN {flag}" for flag in FLAGS),
            "UPDATE jobs SET parked = 1, queue = '' WHERE queue = 'put off'",
            "UPDATE jobs SET put_away = 1, source_stamp = '' WHERE source_stamp = 'put away'",
            *VERSION_3,
            TALLY,
            """INSERT INTO watches SELECT id, CAST(json_extract(details, '$.source') AS BLOB),
  CAST(json_extract(details, '$.output') AS BLOB), '', created, iif(json_type(details, '$.kept[0]') = 'true', 1, 0),
  iif(json_type(details, '$.kept[1]') = 'true', 1, 0), json_extract(details, '$.home'),
  coalesce(json_extract(details, '$.mounts'), '[]')
FROM (SELECT id, created, iif(json_valid(details), details, 'null') AS details FROM batches WHERE command = 'watch')
WHERE json_type(details, '$.home') = 'object'
  AND json_type(details, '$.source') = 'text' AND json_type(details, '$.output') = 'text'""",
            _needs("0.1.0"),
        ),
    ),
    Migration(
        "4 students, confirmed stamps, folders of batches",
        (
            *(f"ALTER TABLE jobs ADD COLUMN {column}" for column in COLUMNS_4),
            f"ALTER TABLE batches ADD COLUMN {OUTPUT_4}",
            INDEX_4,
            *_VALUES_4,
            _needs("0.1.0"),
        ),
    ),
)


def needs(connection: sqlite3.Connection) -> str:
    """Return the first version of tukscal that knows all migrations of a file."""
    row = connection.execute("SELECT value FROM about WHERE name = 'needs'").fetchone()
    return str(row[0]) if row else "newer"


def is_as_made(connection: sqlite3.Connection) -> bool:
    """Return whether every table, index and trigger reads as the migrations wrote it; more of them do no harm."""
    found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    return found.issuperset(SCHEMA)
