"""`tukscal jobs`: what a real batch left in the ledger, as a person and a program read it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from tukscal.core.jobs.task import Details, Moved, ProblemRow
from tukscal.core.ledger import Done, Ledger, NewJob, State
from tukscal.examples.generator import content
from tukscal.tests.cli.jobs.places import BAD, GOOD, Place, fail, number_of
from tukscal.tests.core.ledger.ledgers import raw
from tukscal.tests.running import json_errors

CAUSES = {"letter.pdf": "not_a_timetable", "cut.pdf": "damaged", "locked.pdf": "encrypted"}
JOB_KEYS = {
    "id", "batch", "state", "cause", "message", "source", "output", "kind", "entries", "problems", "created", "started",
    "completed", "next_attempt", "attempts", "deaths", "seconds", "peak", "size", "sha256", "output_sha256", "parser",
    "priority", "superseded", "worker",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Twelve PDFs, three of them bad, converted by one batch."""
    place = Place(tmp_path_factory.mktemp("jobs"))
    for name, (kind, seed) in GOOD.items():
        place.put(name, content.made(kind, seed).pdf)
    for bad, data in BAD.items():
        place.put(bad, data)
    assert place.batch().returncode == 12
    return place


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    """A copy of that ledger, to be changed."""
    shutil.copy(made.ledger, tmp_path / "ledger.db")
    return Place(tmp_path)


def names(place: Place, *arguments: str) -> set[str]:
    """Return the names of the PDFs a list holds."""
    return {Path(job["source"]).name for job in place.json("list", "--all", *arguments)["jobs"]}


# ---- list


def test_the_list_is_the_whole_batch_newest_first(made: Place) -> None:
    """Every PDF of the batch is listed once, with all keys, the newest first."""
    found = made.json("list")
    assert {key: found[key] for key in ("number", "more")} == {"number": 12, "more": False}
    assert all(set(job) == JOB_KEYS for job in found["jobs"])
    ids = [job["id"] for job in found["jobs"]]
    assert sorted(ids, reverse=True) == ids
    assert {Path(job["source"]).name: job["cause"] for job in found["jobs"] if job["state"] == "dead"} == CAUSES


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--state", "done"], 9),
        (["--state", "dead"], 3),
        (["--state", "queued"], 0),
        (["--cause", "damaged"], 1),
        (["--cause", "timeout"], 0),
        (["--path", "law/"], 2),
        (["--path", "tests-"], 3),
        (["--path", "tests-", "--state", "dead"], 0),
        (["--batch", "1"], 12),
        (["--batch", "last", "--cause", "encrypted"], 1),
        (["--since", "2h"], 12),
        (["--until", "2h"], 0),
        (["--since", "2000-01-01", "--until", "2001-01-01"], 0),
        (["--since", "2000-01-01", "--state", "done", "--path", "exams", "--batch", "1"], 2),
    ],
)
def test_each_filter_narrows_the_list(made: Place, options: Sequence[str], expected: int) -> None:
    """A filter, and several at once, leave the jobs they name and no others."""
    assert len(names(made, *options)) == expected


def test_pages_end_where_they_should(made: Place) -> None:
    """A limit shows the newest only and says that there are more; a limit that is enough does not."""
    found = made.json("list", "--limit", "5")
    whole = made.json("list", "--all")["jobs"]
    assert (found["number"], found["more"], found["jobs"]) == (5, True, whole[:5])
    assert made.json("list", "--limit", "12")["more"] is False
    assert "The newest 5; use --all or a larger --limit for more." in made.text("list", "--limit", "5")


def test_the_table_has_a_line_for_each_job_within_eighty_columns(made: Place) -> None:
    """No line is wider than the terminal, and the last one counts what there is."""
    head, *rows, total = made.text("list").splitlines()
    assert head.split() == ["job", "state", "cause", "when", "time", "prob.", "PDF"]
    assert len(rows) == 12
    assert max(map(len, (head, *rows, total))) <= 80
    assert total == "12 jobs: 9 done, 3 dead."
    assert any(row.endswith("letter.pdf") and " dead " in row and " not_a_timetable " in row for row in rows)


@pytest.mark.parametrize("arguments", [["list"], ["list", "--path", "esc"], ["dead"], ["batches"], ["stats"]])
def test_names_command_no_terminal(made: Place, arguments: list[str]) -> None:
    """Escapes and line breaks in names reach no terminal."""
    shown = made.text(*arguments)
    assert "\x1b" not in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_odd_names_come_through_json_whole(made: Place) -> None:
    """A name with an escape, a line break or bytes that are no UTF-8 is that very name in JSON."""
    found = {os.fsencode(name) for name in names(made)}
    assert found >= {b"esc\x1b[31mred.pdf", b"two\nlines.pdf", b"caf\xe9.pdf"}


# ---- show, batches, stats


def test_show_tells_what_a_failure_is_and_what_to_do(made: Place) -> None:
    """A failed job is shown with its cause, its sentence, advice and its attempt."""
    shown = " ".join(made.text("show", str(number_of(made, "letter.pdf"))).split())
    assert "failed for good" in shown
    assert "not_a_timetable: " in shown
    assert "tukscal jobs retry" in shown
    assert re.search(r"Took [0-9.]+ m?s in 1 attempt, [0-9]+ MiB of memory at most", shown)


def test_show_gives_programs_the_same(made: Place) -> None:
    """The JSON of one job has the job as listed, its attempts and its details."""
    number = number_of(made, "tests-1")
    found = made.json("show", str(number))
    assert set(found) == {"job", "attempts", "details"}
    assert found["job"] in made.json("list")["jobs"]
    (attempt,) = found["attempts"]
    assert (attempt["number"], attempt["cause"], attempt["message"]) == (1, None, None)
    assert (found["job"]["kind"], found["job"]["state"], found["job"]["attempts"]) == ("tests", "done", 1)
    assert found["job"]["entries"] > 0


def test_show_tells_what_is_remembered_of_a_calendar(place: Place) -> None:
    """Rows that could not be used, what moved, and what nobody decided are told, as many as are kept."""
    remembered = Details(
        events=40, first=False, undecided=2, uncovered=1, change_count=12,
        problems=(ProblemRow(page=2, row=7, text="\x1b[5m99:99", reason="the time is impossible"),),
        changes=(Moved(title="COS 214 L1", before="Mon 08:30, IT 4-4", after="Tue 09:30, IT 4-5"),),
    )  # fmt: skip
    source, output = place.root / "in/x.pdf", place.out / "x.ics"
    with Ledger.open(place.ledger) as ledger:
        new = NewJob(source=source, output=output, sha256="0" * 64, size=1, queue="x")
        (number,) = ledger.queue.enqueue(ledger.history.begin("batch"), [new]).ids
        ledger.queue.claim("x")
        done = Done(job=number, kind="tests", entries=30, problems=1, output_sha256="1" * 64, details=remembered.dump())
        assert ledger.queue.record([done]) == []
    shown = place.text("show", str(number))
    assert "\x1b" not in shown
    words = " ".join(shown.split())
    assert (
        "30 sessions of tests, 40 events, 1 problem, 2 choices open, 1 event of the previous calendar removed" in words
    )
    assert "page 2, row 7: the time is impossible: [5m99:99" in words
    assert "Changes moved: COS 214 L1, Mon 08:30, IT 4-4 -> Tue 09:30, IT 4-5 and 11 more" in words
    details = place.json("show", str(number))["details"]
    assert (details["events"], details["change_count"], details["problems"][0]["row"]) == (40, 12, 7)


def test_a_batch_is_shown_with_what_it_came_to(made: Place) -> None:
    """The batch has its figures, in the table and in JSON."""
    (batch,) = made.json("batches")["batches"]
    assert (batch["id"], batch["command"], batch["details"]["output"]) == (1, "batch", str(made.out))
    assert (batch["summary"]["done"], batch["summary"]["failures"], batch["summary"]["left"]) == (9, 3, 0)
    _, row, _ = made.text("batches").splitlines()
    cells = row.split()
    assert (cells[0], cells[-4:-1]) == ("1", ["9", "3", "0"])
    assert cells[-1].endswith("/out")


def test_stats_count_outcomes_and_causes(made: Place) -> None:
    """The figures are those of the batch; percentiles rise."""
    found = made.json("stats", "--batch", "last")
    assert found["states"] == {**{state.value: 0 for state in State}, "done": 9, "dead": 3}
    assert found["causes"] == dict.fromkeys(CAUSES.values(), 1)
    assert (found["batch"], found["sample"]) == (1, 9)
    for figures in (found["seconds"], found["memory"]):
        assert list(figures) == ["p50", "p95", "p99", "max"]
        assert 0 < figures["p50"] <= figures["p95"] <= figures["p99"] <= figures["max"]
    assert "  done  9  ##############################" in made.text("stats").splitlines()


# ---- retry and the dead letters


def test_retry_queues_what_failed_whatever_way(place: Place) -> None:
    """Dead and quarantined jobs are queued again; done ones stay, and it is said who does the work."""
    bad, done = number_of(place, "letter.pdf"), number_of(place, "tests-1")
    worn = fail(place, "worn", "crash", 2)
    shown = " ".join(place.text("retry", str(bad), str(worn), str(done)).split())
    assert shown == (
        "2 jobs queued again. The next `tukscal batch` with the same options converts queued jobs."
        " 1 job did not fail and is unchanged."
    )
    with Ledger.open(place.ledger) as ledger:
        found = [ledger.history.job(number) for number in (bad, worn, done)]
    assert [(job.state, job.attempts, job.cause) for job in found if job] == [
        (State.QUEUED, 0, None), (State.QUEUED, 0, None), (State.DONE, 1, None)
    ]  # fmt: skip


def test_a_job_that_waits_for_its_next_attempt_is_said_to_come_by_itself(place: Place) -> None:
    """A job the next batch tries again in any case is shown as such, and nothing is lost by asking for it."""
    waiting = fail(place, "waiting", "io", 1)
    shown = " ".join(place.text("show", str(waiting)).split())
    assert "failed, will be retried" in shown
    assert "Next retried at 20" in shown
    assert "io: It was the io." in shown
    assert place.jobs("retry", str(waiting)).returncode == 0
    assert place.json("show", str(waiting))["job"]["state"] in ("failed", "queued")


def test_retry_by_cause_or_batch_takes_all_of_them(place: Place) -> None:
    """A cause or a batch means all its failures, and no others."""
    fail(place, "worn", "timeout", 2)
    assert place.text("retry", "--cause", "damaged").startswith("1 job queued again.")
    assert names(place, "--state", "queued") == {"cut.pdf"}
    assert place.text("retry", "--batch", "1").startswith("2 jobs queued again.")
    assert names(place, "--state", "queued") == set(BAD)
    assert names(place, "--state", "quarantined") == {"worn.pdf"}


def test_a_retried_pdf_is_converted_by_the_next_batch(tmp_path: Path) -> None:
    """What a person queues again is tried again by the same command, nothing else is."""
    place = Place(tmp_path)
    place.put("cut.pdf", BAD["cut.pdf"])
    assert place.batch().returncode == 12
    number = number_of(place, "cut.pdf")
    place.text("retry", str(number))
    assert place.batch().returncode == 12
    assert [one["cause"] for one in place.json("show", str(number))["attempts"]] == ["damaged", "damaged"]


def test_dead_letters_are_dead_and_quarantined_jobs(place: Place) -> None:
    """The list of dead letters has both kinds, newest first, and filters as the other list does."""
    worn = fail(place, "worn", "memory", 2)
    found = place.json("dead", "list")["jobs"]
    assert [job["state"] for job in found] == ["quarantined", "dead", "dead", "dead"]
    assert found[0]["id"] == worn
    assert [job["id"] for job in place.json("dead", "list", "--cause", "memory")["jobs"]] == [worn]
    assert [job["batch"] for job in place.json("dead", "list", "--batch", "1")["jobs"]] == [1, 1, 1]
    assert place.text("dead", "replay", "--all").startswith("4 jobs queued again.")
    assert place.json("dead", "list") == {"jobs": [], "number": 0, "more": False}
    assert place.text("dead") == "There is no such dead letter.\n"


def test_discard_asks_first(place: Place) -> None:
    """Nothing is thrown away without a yes; then the letters are gone and done jobs are not."""
    refused = place.jobs("dead", "discard", "--all", stdin=b"n\n")
    assert (refused.returncode, place.json("dead", "list")["number"]) == (130, 3)
    assert b"Delete the records of 3 dead letters?" in refused.stdout
    number = str(number_of(place, "letter.pdf"))
    assert place.text("dead", "discard", number, "--yes") == "1 dead letter deleted.\n"
    assert "2 dead letters deleted.\n" in place.text("dead", "discard", "--all", stdin=b"y\n")
    assert place.text("list").splitlines()[-1] == "9 jobs: 9 done."


# ---- what is not there


@pytest.mark.parametrize("command", [["retry"], ["dead", "replay"], ["dead", "discard", "--yes"], ["retry", "1",
                                     "--cause", "io"]])  # fmt: skip
def test_what_is_meant_must_be_said(place: Place, command: list[str]) -> None:
    """Without numbers or a filter, or with both, nothing is changed."""
    ended = place.jobs(*command)
    assert ended.returncode == 2
    assert (
        b"Name jobs by number, or select them with --cause or --batch (`jobs dead` also takes --all)." in ended.stderr
    )
    assert place.json("dead", "list")["number"] == 3


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["show", "999"], "There is no job 999 in the ledger"),
        (["retry", "999"], "There is no job 999 in the ledger"),
        (["dead", "discard", "999", "--yes"], "There is no job 999 in the ledger"),
        (["list", "--batch", "7"], "There is no batch 7 in the ledger"),
        (["stats", "--batch", "7"], "There is no batch 7 in the ledger"),
    ],
)
def test_what_is_not_there_is_named(made: Place, command: list[str], message: str) -> None:
    """A number nobody gave is an error with advice and an exit code of its own."""
    ended = made.run("--json-errors", "jobs", *command, "--ledger", made.ledger)
    (error,) = json_errors(ended.stderr)
    assert (ended.returncode, error["cause"]) == (66, "no_such_file")
    assert error["message"].startswith(message)
    assert "`tukscal jobs " in error["advice"]


@pytest.mark.parametrize(
    "command",
    [["list"], ["list", "--json"], ["show", "1"], ["batches"], ["stats"], ["verify"], ["dead"], ["retry", "1"],
     ["purge", "--yes"], ["backup", "copy.db"]],
)  # fmt: skip
def test_asking_makes_no_ledger(tmp_path: Path, command: list[str]) -> None:
    """Where there is no ledger, that is said, and none is made; an empty file stays empty."""
    place = Place(tmp_path)
    for before in (None, b""):
        if before is not None:
            place.ledger.write_bytes(before)
        ended = place.jobs(*command)
        assert ended.returncode == 66
        assert b"There is no ledger" in ended.stderr
        assert b"`tukscal batch` begins one" in ended.stderr
        assert [path.name for path in tmp_path.iterdir()] == ([] if before is None else ["ledger.db"])
    assert place.ledger.read_bytes() == b""


def test_a_ledger_without_jobs_is_no_error(tmp_path: Path) -> None:
    """A ledger nothing was converted with is said to be so, in words and in JSON."""
    place = Place(tmp_path)
    Ledger.open(place.ledger).close()
    assert place.text("list") == "There is no such job.\n"
    assert place.json("list") == {"jobs": [], "number": 0, "more": False}
    assert place.text("batches") == "There is no batch yet.\n"
    assert place.text("stats") == "All batches: 0 jobs\n"
    assert place.json("stats")["seconds"] is None
    assert b"There is no batch in the ledger" in place.jobs("list", "--batch", "last").stderr


@pytest.mark.parametrize("option", [["--since", "yesterday"], ["--until", "2026-13-01"], ["--batch", "first"],
                                    ["--batch", "0"], ["--state", "lost"], ["--limit", "0"]])  # fmt: skip
def test_an_option_that_means_nothing_is_refused(made: Place, option: list[str]) -> None:
    """What cannot be understood is a mistake of usage, named."""
    ended = made.jobs("list", *option)
    assert ended.returncode == 2
    assert option[0].encode() in ended.stderr


def test_asking_throws_nothing_away(place: Place) -> None:
    """A question keeps history that a batch would forget: results of long ago are still listed."""
    with raw(place.ledger) as file:
        file.execute("UPDATE jobs SET completed = 86400.0 WHERE state = 'done'")
    assert len(names(place, "--state", "done")) == 9
    assert json.loads(place.jobs("stats", "--json").stdout)["states"]["done"] == 9
