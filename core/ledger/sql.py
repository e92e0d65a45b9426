"""Every statement of the ledger, and how its rows become values.

Each statement names the index it searches by: by itself SQLite would rather take all done jobs by their state than the
few it wants by an index that holds only part of the jobs. A test asks SQLite how each statement is answered. Paths are
kept as the bytes the system knows them by, whatever they are.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path

from .model import Attempt, Delivery, Done, Failure, Job, NewJob, Outgoing, Standing, State, WatchedFolder
from .store import Row

JOB_COLUMNS = tuple(field.name for field in fields(Job))
ATTEMPT_COLUMNS = tuple(field.name for field in fields(Attempt))
OUTGOING_COLUMNS = tuple(field.name for field in fields(Outgoing))
GIVEN = tuple(field.name for field in fields(NewJob))
_JOB, _ATTEMPT, _OUTGOING = ", ".join(JOB_COLUMNS), ", ".join(ATTEMPT_COLUMNS), ", ".join(OUTGOING_COLUMNS)
_FRESH = """state = 'queued', attempts = 0, deaths = 0, duration = 0, cause = NULL, message = NULL, details = NULL,
  next_attempt = NULL"""

# ---- batches

BEGIN_BATCH = "INSERT INTO batches (created, command, details, output) VALUES (:now, :command, :details, :output)"
END_BATCH = "UPDATE batches SET ended = :now, summary = :summary WHERE id = :batch"
WATCHED_COLUMNS = tuple(field.name for field in fields(WatchedFolder))
ADD_WATCH = f"""INSERT INTO watches (batch, {", ".join(WATCHED_COLUMNS)}, started)
VALUES (:batch, {", ".join(f":{name}" for name in WATCHED_COLUMNS)}, :now)"""
WATCHES = f"""SELECT batch, {", ".join(WATCHED_COLUMNS)} FROM watches
WHERE source = :source ORDER BY batch DESC"""
_BATCH = "SELECT id, created, command, details, ended, summary FROM batches"
BATCHES = f"{_BATCH} ORDER BY id DESC LIMIT :limit"
BATCH = f"{_BATCH} WHERE id = :batch"
BATCH_BEFORE = f"""{_BATCH}
WHERE output = :output AND output > x'' AND id < :batch ORDER BY id DESC LIMIT 1"""
FOLDERS = "SELECT DISTINCT output FROM batches WHERE output > x''"

# ---- into the queue

UNFINISHED = f"SELECT {_JOB} FROM jobs INDEXED BY jobs_unfinished WHERE output = :output AND state <> 'done'"
ADD = f"""INSERT INTO jobs (batch, state, created, {", ".join(GIVEN)})
VALUES (:batch, 'queued', :now, {", ".join(f":{name}" for name in GIVEN)})"""
RENEW = f"""UPDATE jobs SET batch = :batch, {", ".join(f"{name} = :{name}" for name in GIVEN)},
  parked = 0, put_away = 0 WHERE id = :id"""
# What was interrupted may have left a temporary file, whatever it is converted to now.
REQUEUE = f"""UPDATE jobs SET {_FRESH}, created = :now, completed = NULL,
  cause = CASE WHEN cause = 'interrupted' THEN cause END WHERE id = :id"""
REPLAY = f"UPDATE jobs SET {_FRESH}, completed = NULL WHERE id = :id AND state IN ('dead', 'quarantined')"

# ---- out of the queue

PROMOTE_DUE = """UPDATE jobs INDEXED BY jobs_failed SET state = 'queued', next_attempt = NULL
WHERE state = 'failed' AND parked = 0 AND queue = :queue AND next_attempt <= :now"""
PROMOTE_ABSURD = """UPDATE jobs INDEXED BY jobs_failed SET state = 'queued', next_attempt = NULL
WHERE state = 'failed' AND parked = 0 AND queue = :queue AND next_attempt > :latest"""
CLAIM = f"""UPDATE jobs SET state = 'running', lease = :lease, started = :now, worker = NULL WHERE id IN (
  SELECT id FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' AND parked = 0 AND queue = :queue
  ORDER BY priority DESC, size, id LIMIT :count
) RETURNING {_JOB}"""
RELEASE = """UPDATE jobs SET state = 'queued', lease = NULL, started = NULL
WHERE id = :id AND state = 'running' AND lease = :lease"""
ANY_QUEUED = """SELECT 1 FROM jobs INDEXED BY jobs_queued
WHERE state = 'queued' AND parked = 0 AND queue = :queue LIMIT 1"""
EARLIEST = """SELECT min(next_attempt) FROM jobs INDEXED BY jobs_failed
WHERE state = 'failed' AND parked = 0 AND queue = :queue"""
LATEST = """SELECT max(next_attempt) FROM jobs INDEXED BY jobs_failed
WHERE state = 'failed' AND parked = 0 AND queue = :queue"""
RUNNING = "SELECT sum(jobs) FROM tallies WHERE queue = :queue AND parked = 0 AND state = 'running'"

# ---- leases

HELD = "SELECT id FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND lease = :lease"

HOLDERS = """SELECT lease, coalesce((SELECT beat FROM leases WHERE leases.lease = jobs.lease), 0)
FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND lease > '' GROUP BY lease"""
HOLDING = "SELECT 1 FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND lease = :lease LIMIT 1"
BEAT = "INSERT INTO leases (lease, beat) VALUES (:lease, 1) ON CONFLICT (lease) DO UPDATE SET beat = beat + 1"
FORGET = "DELETE FROM leases WHERE lease = :lease"
INTERRUPT = """INSERT INTO attempts (job, number, worker, started, ended, cause, duration)
SELECT id, 1 + coalesce((SELECT max(number) FROM attempts WHERE job = jobs.id), 0), worker, started, :now,
  'interrupted', 0.0
FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND lease = :lease"""
TAKE_OVER = """UPDATE jobs INDEXED BY jobs_running
SET state = 'queued', lease = NULL, started = NULL, cause = 'interrupted' WHERE state = 'running' AND lease = :lease"""

# ---- outcomes

MINE = """SELECT output, coalesce(peak, 0), attempts, deaths, duration FROM jobs
WHERE id = :job AND state = 'running' AND lease = :lease"""
ATTEMPT = """INSERT INTO attempts (job, number, worker, started, ended, cause, message, duration, peak)
VALUES (:job, 1 + coalesce((SELECT max(number) FROM attempts WHERE job = :job), 0), :worker,
  coalesce(:started, (SELECT started FROM jobs WHERE id = :job)), :now, :cause, :message, :took, :used)"""
SUPERSEDE = """UPDATE jobs INDEXED BY jobs_current SET superseded = :job
WHERE output = :output AND state = 'done' AND superseded IS NULL"""
FINISH = """UPDATE jobs SET state = 'done', cause = NULL, message = NULL, details = :details, next_attempt = NULL,
  kind = :kind, entries = :entries, problems = :problems, output_sha256 = :output_sha256, output_stamp = :output_stamp,
  sha256 = coalesce(:sha256, sha256), source_stamp = coalesce(:source_stamp, source_stamp),
  attempts = :attempts, worker = :worker,
  started = coalesce(:started, started), completed = :now, duration = :duration, peak = :peak
WHERE id = :job"""
FAIL = """UPDATE jobs SET state = :state, cause = :cause, message = :message, details = :details,
  next_attempt = :next_attempt, attempts = :attempts, deaths = :deaths, worker = :worker,
  started = coalesce(:started, started), completed = :completed,
  duration = :duration, peak = :peak
WHERE id = :job"""

# ---- the outbox

OUTBOX_SUPERSEDE = """UPDATE outbox INDEXED BY outbox_output SET state = 'superseded', completed = :now
WHERE output = :output AND state IN ('pending', 'refused')"""
OUTBOX_ADD = """INSERT INTO outbox
  (job, output, sha256, created, next_attempt, calendar, revision, account, state, cause, message)
VALUES (:job, :output, :output_sha256, :now, :now, :calendar, :revision, :account, :delivery, :cause, :message)"""
# One output a name; its revisions grow, whatever the clock does. Nothing comes back if another output has the name.
CALENDAR_NEXT = """INSERT INTO calendars (key, output, revision, sha256)
VALUES (:calendar, :output, :stamp, :output_sha256)
ON CONFLICT (key) DO UPDATE SET revision = max(excluded.revision, calendars.revision + 1), sha256 = excluded.sha256
WHERE calendars.output = excluded.output RETURNING revision"""
CALENDAR = "SELECT output, sha256, account FROM calendars WHERE key = :calendar"
CALENDARS = "SELECT key, output FROM calendars WHERE key > :after ORDER BY key LIMIT :limit"
CALENDAR_SENT = """UPDATE calendars SET account = :account
WHERE key = (SELECT calendar FROM outbox WHERE id = :id)"""
CALENDAR_THERE = """UPDATE calendars SET revision = max(revision, :there)
WHERE key = (SELECT calendar FROM outbox WHERE id = :id)"""
CALENDAR_MOVE = "UPDATE calendars SET output = :output WHERE key = :calendar"
OUTBOX_PENDING = f"""SELECT {_OUTGOING} FROM outbox INDEXED BY outbox_pending
WHERE state = 'pending' AND next_attempt > 0 ORDER BY next_attempt, id LIMIT :limit"""
OUTBOX_DUE = f"""SELECT {_OUTGOING} FROM outbox INDEXED BY outbox_pending
WHERE state = 'pending' AND next_attempt <= :now ORDER BY next_attempt, id LIMIT :limit"""
OUTBOX_NEXT = "SELECT min(next_attempt) FROM outbox INDEXED BY outbox_pending WHERE state = 'pending'"
# A time further off than any wait was set by a clock that moved.
OUTBOX_ABSURD = """UPDATE outbox INDEXED BY outbox_pending SET next_attempt = :now
WHERE state = 'pending' AND next_attempt > :latest"""
OUTBOX_WAKE = """UPDATE outbox INDEXED BY outbox_pending SET next_attempt = :now, attempts = 0
WHERE state = 'pending' AND next_attempt > :now AND cause = :cause AND (account = '' OR account = :account)"""
OUTBOX_AGAIN = """UPDATE outbox INDEXED BY outbox_pending
SET next_attempt = :now, attempts = 0, cause = '', message = NULL, account = coalesce(:account, account)
WHERE state = 'pending' AND next_attempt > 0"""
OUTBOX_SETTLE = """UPDATE outbox SET state = :state, attempts = :attempts, next_attempt = :next_attempt,
  completed = :completed, cause = :cause, message = :message WHERE id = :id AND state = 'pending'"""
OUTBOX_REFUSED = f"""SELECT {_OUTGOING} FROM outbox INDEXED BY outbox_refused
WHERE state = 'refused' AND id > :after ORDER BY id LIMIT :limit"""
OUTBOX_UNREFUSE = """UPDATE outbox
SET state = 'pending', next_attempt = :now, attempts = 0, cause = '', message = NULL, completed = NULL,
  revision = :revision, account = coalesce(:account, account) WHERE id = :id AND state = 'refused'"""
OUTBOX_WAITING = """SELECT cause, count(*) FROM outbox INDEXED BY outbox_waiting
WHERE state = 'pending' AND cause >= '' GROUP BY cause"""
OUTBOX_REFUSALS = "SELECT count(*) FROM outbox INDEXED BY outbox_refused WHERE state = 'refused' AND id > 0"
OUTBOX_COMPLETED = """SELECT coalesce(sum(state = 'sent'), 0), coalesce(sum(state = 'superseded'), 0),
  max(iif(state = 'sent', completed, NULL))
FROM outbox INDEXED BY outbox_completed WHERE state IN ('sent', 'superseded') AND completed > 0"""
OUTBOX_CURRENT = f"""SELECT {_JOB} FROM jobs INDEXED BY jobs_current
WHERE state = 'done' AND superseded IS NULL AND output > :after AND output < :end ORDER BY output LIMIT :limit"""

# ---- questions

JOB = f"SELECT {_JOB} FROM jobs WHERE id = :id"
ATTEMPTS = f"SELECT {_ATTEMPT} FROM attempts WHERE job = :job ORDER BY number"
CURRENT = f"""SELECT {_JOB} FROM jobs INDEXED BY jobs_current
WHERE output = :output AND state = 'done' AND superseded IS NULL"""
STANDINGS = f"""SELECT output, {", ".join(Standing._fields)} FROM jobs INDEXED BY jobs_current
WHERE state = 'done' AND superseded IS NULL AND output >= :first ORDER BY output LIMIT :limit"""
CONTENT = f"SELECT {_JOB} FROM jobs INDEXED BY jobs_content WHERE sha256 = :sha256 ORDER BY id DESC"
CURRENT_PAGE = f"""SELECT {_JOB} FROM jobs INDEXED BY jobs_current
WHERE state = 'done' AND superseded IS NULL AND output > :after ORDER BY output LIMIT :limit"""
COUNT_QUEUE = "SELECT state, sum(jobs) FROM tallies WHERE queue = :queue AND parked = 0 GROUP BY state"
COUNT_BATCH = "SELECT state, sum(jobs) FROM tallies WHERE batch = :batch GROUP BY state"
COUNT_ALL = "SELECT state, sum(jobs) FROM tallies GROUP BY state"
CREATED = "SELECT created FROM jobs WHERE id <= :id ORDER BY id DESC LIMIT 1"

IN_QUEUE = """SELECT count(*) FROM jobs
WHERE id IN (SELECT value FROM json_each(:ids)) AND queue = :queue AND parked = 0"""

# One state at a time, newest first; Python merges the states. The row value goes on where the page before ended.
_WINDOW = """state = :state AND created >= :since AND (created, id) < (:created, :before)
  AND (:cause IS NULL OR cause = :cause)
  AND (:part IS NULL OR instr(output, :part) > 0
    OR instr(CAST(iif(student IS NULL, source, source || '#' || student) AS BLOB), :part) > 0)
ORDER BY created DESC, id DESC LIMIT :limit"""
NEWEST = f"SELECT {_JOB} FROM jobs INDEXED BY jobs_state WHERE {_WINDOW}"
NEWEST_OF_BATCH = f"SELECT {_JOB} FROM jobs INDEXED BY jobs_history WHERE batch = :batch AND {_WINDOW}"
NEWEST_BY_CAUSE = f"SELECT {_JOB} FROM jobs INDEXED BY jobs_cause WHERE cause = :cause AND {_WINDOW}"

CAUSES = "SELECT cause, count(*) FROM jobs INDEXED BY jobs_cause WHERE cause > '' GROUP BY cause"
CAUSES_OF_BATCH = """SELECT cause, count(*) FROM jobs INDEXED BY jobs_history
WHERE batch = :batch AND state IN ('failed', 'dead', 'quarantined') AND cause IS NOT NULL GROUP BY cause"""
SAMPLE = """SELECT duration, coalesce(peak, 0), completed FROM jobs INDEXED BY jobs_completed
WHERE state = 'done' AND completed > 0 ORDER BY completed DESC LIMIT :limit"""
SAMPLE_OF_BATCH = """SELECT duration, coalesce(peak, 0), completed FROM jobs INDEXED BY jobs_history
WHERE batch = :batch AND state = 'done' ORDER BY created DESC LIMIT :limit"""

# ---- keeping and throwing away

# What earlier batches left of a queue: the sums tell where to look.
LEFT_WHERE = """SELECT batch, state FROM tallies
WHERE queue = :queue AND parked = 0 AND state = :state AND batch < :batch AND jobs > 0"""
LEFT = f"""SELECT {_JOB} FROM jobs INDEXED BY jobs_history
WHERE batch = :batch AND state = :state AND queue = :queue AND parked = 0 AND created > 0"""
WAITING_WHERE = """SELECT DISTINCT state FROM tallies
WHERE batch = :batch AND jobs > 0 AND state IN ('queued', 'failed')"""
WAITING = f"""SELECT {_JOB} FROM jobs INDEXED BY jobs_history
WHERE batch = :batch AND state = :state AND created > 0"""
FORGETTABLE = "SELECT 1 FROM jobs WHERE id = :id AND batch < :batch AND state NOT IN ('running', 'done')"
PARK = """UPDATE jobs SET parked = 1
WHERE id = :id AND batch <> :batch AND parked = 0 AND state IN ('queued', 'failed')"""
PUT_AWAY_RESULT = """UPDATE jobs INDEXED BY jobs_current SET put_away = 1, source_stamp = ''
WHERE output = :output AND state = 'done' AND superseded IS NULL"""
PUT_AWAY_LETTER = """UPDATE jobs INDEXED BY jobs_unfinished SET put_away = 1, source_stamp = ''
WHERE output = :output AND state <> 'done' AND state IN ('dead', 'quarantined')"""
RESTAMP = """UPDATE jobs INDEXED BY jobs_current
SET source_stamp = :source_stamp, output_stamp = :output_stamp, confirmed = :confirmed,
  put_away = 0
WHERE output = :output AND state = 'done' AND superseded IS NULL
  AND sha256 = :sha256 AND output_sha256 = :output_sha256"""
DISCARDABLE = "SELECT 1 FROM jobs WHERE id = :id AND state IN ('dead', 'quarantined')"
DELETE_ATTEMPTS = "DELETE FROM attempts WHERE job = :id"
DELETE_OUTBOX = "DELETE FROM outbox WHERE job = :id"
DELETE_JOB = "DELETE FROM jobs WHERE id = :id"
_NOT_PENDING = "NOT EXISTS (SELECT 1 FROM outbox WHERE job = jobs.id AND outbox.state IN ('pending', 'refused'))"
OLD = f"""SELECT id FROM jobs INDEXED BY jobs_completed
WHERE state = 'done' AND completed < :before AND {_NOT_PENDING} ORDER BY completed LIMIT :limit"""
OLDEST = f"""SELECT id FROM jobs INDEXED BY jobs_completed
WHERE state = 'done' AND completed > 0 AND {_NOT_PENDING} ORDER BY completed LIMIT :limit"""
DONE = "SELECT coalesce(sum(jobs), 0) FROM tallies WHERE state = 'done'"
OLD_OUTBOX = """DELETE FROM outbox WHERE id IN (
  SELECT id FROM outbox INDEXED BY outbox_completed
  WHERE state IN ('sent', 'superseded') AND completed < :before LIMIT :limit)"""
OLD_BATCHES = """DELETE FROM batches WHERE created < :before AND NOT EXISTS (
  SELECT 1 FROM tallies WHERE tallies.batch = batches.id AND tallies.jobs > 0)"""
# The newest of a folder stays: it says what was mounted there.
OLD_WATCHES = """DELETE FROM watches WHERE NOT EXISTS (SELECT 1 FROM batches WHERE id = batch)
  AND EXISTS (SELECT 1 FROM watches AS newer WHERE newer.source = watches.source AND newer.batch > watches.batch)"""
EMPTY_TALLIES = "DELETE FROM tallies WHERE jobs = 0"
OLD_LEASES = """DELETE FROM leases WHERE lease <> :lease AND NOT EXISTS (
  SELECT 1 FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND jobs.lease = leases.lease)"""
TOUCH = "UPDATE about SET value = value WHERE name = 'needs'"
ABOUT = "SELECT value FROM about WHERE name = :name"
NOTE = "INSERT INTO about (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value"

_MESSAGE = 2_000  # characters


def path_bytes(path: Path) -> bytes:
    """Return a path as the ledger keeps it."""
    return os.fsencode(path)


def path_of(stored: bytes) -> Path:
    """Return the path the ledger kept."""
    return Path(os.fsdecode(stored))


def text(value: str | None) -> str | None:
    """Return text SQLite can keep: bytes of odd file names in it become visible escapes, and none is endless."""
    return None if value is None else _encodable(value[:_MESSAGE])


def _encodable(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "backslashreplace").decode("utf-8")


def job_of(row: Row) -> Job:
    """Return the job of a row."""
    found = dict(zip(JOB_COLUMNS, row, strict=True))
    found["source"], found["output"] = path_of(found["source"]), path_of(found["output"])
    found["state"] = State(found["state"])
    found["parked"], found["put_away"] = bool(found["parked"]), bool(found["put_away"])
    return Job(**found)


def standing_of(row: Row) -> tuple[str, Standing]:
    """Return an output and what its current result was made of."""
    output, source, *rest = row
    return os.fsdecode(output), Standing(os.fsdecode(source), *rest)


def attempt_of(row: Row) -> Attempt:
    """Return the attempt of a row."""
    return Attempt(**dict(zip(ATTEMPT_COLUMNS, row, strict=True)))


def outgoing_of(row: Row) -> Outgoing:
    """Return the outbox entry of a row."""
    found = dict(zip(OUTGOING_COLUMNS, row, strict=True))
    found["output"], found["state"] = path_of(found["output"]), Delivery(found["state"])
    return Outgoing(**found)


def given(job: NewJob) -> dict[str, object]:
    """Return the columns a new job brings."""
    values: dict[str, object] = {name: getattr(job, name) for name in GIVEN}
    return values | {"source": path_bytes(job.source), "output": path_bytes(job.output)}


def watch_values(folder: WatchedFolder) -> dict[str, object]:
    """Return the columns of a watched folder."""
    values: dict[str, object] = {name: getattr(folder, name) for name in WATCHED_COLUMNS}
    paths = {"source": path_bytes(folder.source), "output": path_bytes(folder.output)}
    return values | paths | {"mounts": json.dumps(folder.mounts)}


def watched_of(row: Row) -> tuple[int, WatchedFolder]:
    """Return a batch and the watched folder of a row."""
    batch, *rest = row
    found = dict(zip(WATCHED_COLUMNS, rest, strict=True))
    found["source"], found["output"] = path_of(found["source"]), path_of(found["output"])
    found["keeps_done"], found["keeps_failed"] = bool(found["keeps_done"]), bool(found["keeps_failed"])
    found["mounts"] = tuple(map(str, json.loads(found["mounts"])))
    return batch, WatchedFolder(**found)


def attempt_values(outcome: Done | Failure, now: float) -> dict[str, object]:
    """Return the columns of an outcome's attempt."""
    failure = outcome if isinstance(outcome, Failure) else None
    return {
        "job": outcome.job,
        "worker": outcome.worker,
        "started": outcome.started,
        "now": now,
        "cause": failure.cause if failure else None,
        "message": text(failure.message) if failure else None,
        "took": float(outcome.duration),
        "used": outcome.peak,
        "details": _encodable(outcome.details),
    }
