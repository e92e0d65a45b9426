"""`tukscal batch` as a faculty runs it: outcomes, exit codes, lines for people and for programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from tukscal.examples.generator import content
from tukscal.tests.core import guarded
from tukscal.tests.running import TUKSCAL, clean_environment, json_errors, tukscal
from tukscal.tests.waiting import eventually

LEDGER = ("--ledger", "ledger.db", "--year", "2026")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `in` with three timetables, one of them in a folder."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name, seed in (("a", 1), ("b", 2), ("sub/c", 3)):
        (tmp_path / "in" / f"{name}.pdf").write_bytes(content.made("tests", seed).pdf)
    return tmp_path


def batch(folder: Path, *arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """The exit code and both outputs of a batch."""
    done = tukscal("batch", *arguments, *LEDGER, cwd=folder, stdin=stdin)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def events(output: str) -> list[dict[str, Any]]:
    """The events of --json-lines."""
    return [json.loads(line) for line in output.splitlines()]


def calendars(folder: Path) -> list[str]:
    """The calendars of a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ics"))


def test_all_done(folder: Path) -> None:
    """A folder is converted into the same tree, with exit code 0; the second time nothing is done."""
    code, out, err = batch(folder, "in", "-o", "out")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [
        "        3 new calendars",
        "Batch 1: `tukscal jobs list --batch 1` lists each PDF.",
    ]
    assert calendars(folder / "out") == ["a.ics", "b.ics", "sub/c.ics"]
    code, out, err = batch(folder, "in", "-o", "out")
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "        3 unchanged, not converted again"


def test_some_failed(folder: Path) -> None:
    """A bad PDF is named with its sentence, the others are converted, and the exit code is 12."""
    (folder / "in" / "bad.pdf").write_bytes(b"")
    code, out, err = batch(folder, "in", "-o", "out")
    assert code == 12
    assert err.startswith(f"{folder}/in/bad.pdf: ")
    assert "        1 failed: damaged or incomplete file" in out.splitlines()
    assert len(calendars(folder / "out")) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("in",), 2), (("in", "-o", "in/a.pdf"), 73), (("in", "-o", "out", "--limit", "x=1"), 2)],
)
def test_could_not_run(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    """What prevents the whole batch has a code of its own, and nothing is converted."""
    found, out, err = batch(folder, *arguments)
    assert (found, out) == (code, "")
    assert err
    assert calendars(folder) == []


def test_a_ledger_that_is_none(folder: Path) -> None:
    """A ledger that cannot be opened is refused before anything is converted."""
    (folder / "ledger.db").mkdir()
    code, _, err = batch(folder, "in", "-o", "out")
    assert code in (73, 74)
    assert "ledger.db" in err
    assert calendars(folder) == []


def test_missing_sources(folder: Path) -> None:
    """A source that is not there is told and counts as failed; what is there is converted."""
    code, out, _ = batch(folder, "in/a.pdf", "in/none.pdf", "-o", "out")
    assert code == 12
    assert "        1 missing or not readable" in out.splitlines()
    assert calendars(folder / "out") == ["a.ics"]


def test_json_lines(folder: Path) -> None:
    """Every line is an event: the plan, each PDF's end with its figures, the summary; errors have cause and advice."""
    (folder / "in" / "bad.pdf").write_bytes(b"%PDF-1.4")
    code, out, err = batch(folder, "in", "-o", "out", "--json-lines")
    assert (code, err) == (12, "")
    found = events(out)
    assert [event["event"] for event in found if event["event"] not in ("done", "dead")] == ["plan", "summary"]
    done = {Path(event["source"]).name: event for event in found if event["event"] == "done"}
    assert sorted(done) == ["a.pdf", "b.pdf", "c.pdf"]
    assert done["c.pdf"]["output"] == str(folder / "out" / "sub" / "c.ics")
    assert (done["a.pdf"]["kind"], done["a.pdf"]["new"], done["a.pdf"]["changes"]) == ("tests", True, 0)
    (dead,) = [event for event in found if event["event"] == "dead"]
    assert (dead["cause"], dead["again"]) == ("damaged", False)
    assert dead["message"].endswith(".")
    assert found[-1]["done"] == 3
    assert found[-1]["failed"] == {"damaged": 1}


def test_changes_are_told(folder: Path) -> None:
    """A changed PDF's calendar is updated, and what moved is printed."""
    batch(folder, "in", "-o", "out")
    (folder / "in" / "a.pdf").write_bytes(content.made("tests", 99).pdf)
    code, out, err = batch(folder, "in", "-o", "out")
    assert code == 0
    assert "        1 changed" in out.splitlines()
    assert err.splitlines()[0].startswith(f"{folder}/out/a.ics: ")
    assert err.splitlines()[1].startswith(("  new: ", "  gone: ", "  moved: "))


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\0"])
def test_list_on_standard_input(folder: Path, separator: str) -> None:
    """Files named on standard input are converted, one a line or ended by NUL."""
    code, _, _ = batch(folder, "-", "-o", "out", stdin=separator.join(["in/a.pdf", "in/sub/c.pdf", ""]).encode())
    assert code == 0
    assert calendars(folder / "out") == ["a.ics", "c.ics"]


def test_odd_names(folder: Path) -> None:
    """Names with escapes, newlines or bytes that are no text are converted; nothing of them commands the terminal."""
    source = os.fsencode(folder / "in")
    pdf = content.made("tests", 5).pdf
    for number, name in enumerate(
        [b"\x1b[31mred.pdf", b"two\nlines.pdf", b"\xff\xfe.pdf", b"-x.pdf", "😀.pdf".encode()]
    ):
        with open(source + b"/" + name, "wb") as file:
            file.write(pdf + b"\n" * number)
    with open(source + b"/bad\x1b]0;x\x07\n.pdf", "wb") as file:
        file.write(b"")
    code, out, err = batch(folder, "in", "-o", "out")
    assert code == 12
    assert "        8 new calendars" in out.splitlines()
    assert "\x1b" not in out + err
    assert len(err.splitlines()) == 1
    found = tukscal("batch", "in", "-o", "other", "--json-lines", *LEDGER, cwd=folder)
    assert len([event for event in events(found.stdout.decode()) if event["event"] == "done"]) == 8
    assert all(name.isprintable() for name in os.listdir(folder / "out"))


def test_enrolments(folder: Path) -> None:
    """A list of students gives a calendar each; one whose modules are nowhere fails by name."""
    modules = sorted({row.module for row in content.made("tests", 1).rows})
    lines = ["Student Number,Student,Module,Group", f"x,u1,{modules[0]},", f"x,u2,{modules[0]},", f"x,u2,{modules[1]},",
             "x,u3,ZZZ 999,"]  # fmt: skip
    (folder / "list.csv").write_text("\n".join(lines))
    code, out, err = batch(folder, "in/a.pdf", "--enrolments", "list.csv", "-o", "out")
    assert code == 12
    assert calendars(folder / "out") == ["u1.ics", "u2.ics"]
    assert f"{folder}/list.csv#u3: None of the modules of u3 is in these timetables." in err
    one, two = ((folder / "out" / f"u{number}.ics").read_text() for number in (1, 2))
    assert {line for line in one.splitlines() if line.startswith("CATEGORIES")} == {f"CATEGORIES:{modules[0]}"}
    assert {line for line in two.splitlines() if line.startswith("CATEGORIES")} == {
        f"CATEGORIES:{module}" for module in modules[:2]
    }
    code, out, _ = batch(folder, "in/a.pdf", "--enrolments", "list.csv", "-o", "out")
    assert "        2 unchanged, not converted again" in out.splitlines()


@pytest.mark.parametrize("student", ["u2", "u#2"])
def test_two_lists_in_one_folder(folder: Path, student: str) -> None:
    """A student's calendar stays that of its list while that names the student; whoever else wants it is told."""
    modules = sorted({row.module for row in content.made("tests", 1).rows})
    first, second = folder / "first.csv", folder / "second.csv"
    first.write_text("\n".join(["student,module,group", f"u1,{modules[0]},", f"{student},{modules[0]},"]))
    second.write_text("\n".join(["student,module,group", f"{student},{modules[1]},", f"u3,{modules[1]},"]))
    assert batch(folder, "in/a.pdf", "--enrolments", "first.csv", "-o", "out")[0] == 0
    before = (folder / "out" / f"{student}.ics").read_bytes()
    for turn in range(2):
        code, out, err = batch(folder, "in/a.pdf", "--enrolments", "second.csv", "-o", "out")
        assert code == 12
        assert f"{second}: a calendar of this list is made of {first} already and left alone; use another" in err
        assert "        1 without an output file of their own: see above" in out.splitlines()
        assert ("        1 new calendar" in out.splitlines()) == (turn == 0)
        assert (folder / "out" / f"{student}.ics").read_bytes() == before
        assert batch(folder, "in/a.pdf", "--enrolments", "first.csv", "-o", "out")[0] == 0
    assert set(calendars(folder / "out")) == {"u1.ics", f"{student}.ics", "u3.ics"}

    first.write_text("\n".join(["student,module,group", f"u1,{modules[0]},"]))  # the student goes over to the second
    assert batch(folder, "in/a.pdf", "--enrolments", "second.csv", "-o", "out")[0] == 0
    assert f"CATEGORIES:{modules[1]}" in (folder / "out" / f"{student}.ics").read_text()


def test_a_list_and_pdfs_in_one_folder(folder: Path) -> None:
    """The calendar of a PDF and that of a student of the same name stay two."""
    modules = sorted({row.module for row in content.made("tests", 1).rows})
    (folder / "list.csv").write_text("\n".join(["student,module,group", f"a,{modules[0]},", f"u1,{modules[0]},"]))
    assert batch(folder, "in", "-o", "pdfs")[0] == 0
    before = (folder / "pdfs" / "a.ics").read_bytes()
    code, _, err = batch(folder, "in/a.pdf", "--enrolments", "list.csv", "-o", "pdfs")
    assert (code, (folder / "pdfs" / "a.ics").read_bytes()) == (12, before)
    assert f"is made of {folder}/in/a.pdf already and left alone" in err

    assert batch(folder, "in/a.pdf", "--enrolments", "list.csv", "-o", "students")[0] == 0
    before = (folder / "students" / "a.ics").read_bytes()
    assert batch(folder, "in", "-o", "students")[0] == 0
    assert (folder / "students" / "a.ics").read_bytes() == before
    assert len([name for name in calendars(folder / "students") if name.startswith("a~")]) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column student and no column module and no column group"),
        ("student,module\nu1,COS 214\n", "has no column group"),
        ("student,module,group\n,COS 214,\n", "Line 2 of list.csv has no student."),
        ("student,module,group\nu1,COS 2l4,\n", "Line 2 of list.csv is wrong: 'COS 2L4' is not a module code."),
        ("student,module,group\nu1,COS 214,x!\n", "Line 2 of list.csv is wrong: 'x!' is not a group."),
        ("student,module,group\n", "list.csv names no student."),
        ('student,module,group\nu1,"COS 214', "is no CSV"),
        ("student,module,group\nU1,COS 214,\nu1,COS 214,\n", "would have the same file"),
    ],
)
def test_wrong_enrolments(folder: Path, text: str, message: str) -> None:
    """A list with anything wrong is refused as a whole, with the line, before anything is converted."""
    (folder / "list.csv").write_text(text)
    code, _, err = batch(folder, "in/a.pdf", "--enrolments", "list.csv", "-o", "out")
    assert code == 10
    assert message in err
    assert calendars(folder) == []


def test_errors_as_json(folder: Path) -> None:
    """With --json-errors what prevents the batch is one line of JSON."""
    _, _, err = batch(folder, "in", "-o", "in/a.pdf", "--json-errors")
    (error,) = json_errors(err)
    assert (error["cause"], error["exit_code"]) == ("not_writable", 73)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """A signal ends the batch within the grace with its own code; the next run completes it, nothing twice."""
    source = tmp_path / "in"
    source.mkdir()
    for seed in range(60):
        (source / f"{seed}.pdf").write_bytes(content.made("tests", seed).pdf)
    line = [TUKSCAL, "batch", "in", "-o", "out", "--max-rate", "20", "--json-lines", *LEDGER]
    with subprocess.Popen(line, cwd=tmp_path, env=clean_environment(tmp_path), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while b'"done"' not in process.stdout.readline():
            pass
        workers = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(10) == code
    summary = json.loads(rest.splitlines()[-1])
    assert summary["event"] == "summary"
    assert summary["left"] > 0
    assert len(calendars(tmp_path / "out")) == summary["done"]
    assert eventually(lambda: not any(map(guarded.alive, workers)), 2)
    finished = tukscal("batch", "in", "-o", "out", *LEDGER, cwd=tmp_path)
    assert finished.returncode == 0
    assert f"{summary['left']:>9} new calendars" in finished.stdout.decode().splitlines()
    assert len(calendars(tmp_path / "out")) == 60


def test_nohup(folder: Path) -> None:
    """What nohup made deaf to a hang-up goes on after one."""
    line = ["nohup", TUKSCAL, "batch", "in", "-o", "out", "--max-rate", "5", "--json-lines", *LEDGER]
    with subprocess.Popen(line, cwd=folder, env=clean_environment(folder), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout is not None
        while b'"done"' not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGHUP)
        rest = process.stdout.read()
        assert process.wait(10) in (0, 12)
    assert json.loads(rest.splitlines()[-1])["left"] == 0


_IMPATIENT = """
import os, signal
from tukscal.cli.batch import command
from tukscal.cli.main import main

write = command.write_report

def written(*values):
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGINT)
    write(*values)

command.write_report = written
main()
"""


def test_the_report_is_written_however_often_it_is_ended(folder: Path) -> None:
    """Ctrl-C again and again while the report is being written ends nothing but with the report whole."""
    line = [sys.executable, "-c", _IMPATIENT, "batch", "in", "-o", "out", "--report", "r.json", *LEDGER]
    done = subprocess.run(line, cwd=folder, env=clean_environment(folder), capture_output=True, check=False)
    assert done.returncode == 130
    assert json.loads((folder / "r.json").read_text())["batch"]["summary"]["done"] == 3


# Standard output that hears a signal while the first calendar is being told: then nothing else may be written there.
_HEARING = """
import io, os, signal, sys
from tukscal.cli.main import main

class Hearing(io.RawIOBase):
    heard = False
    def writable(self):
        return True
    def write(self, data):
        if b'"done"' in bytes(data) and not self.heard:
            self.heard = True
            os.kill(os.getpid(), signal.SIGTERM)
        return os.write(1, data)

sys.stdout = io.TextIOWrapper(io.BufferedWriter(Hearing()), line_buffering=True)
sys.argv = ["tukscal", "batch", "in", "-o", "out", "--max-rate", "5", "--json-lines"]
main()
"""


def test_a_signal_in_the_middle_of_a_line(tmp_path: Path) -> None:
    """A signal heard while a line is being written ends the batch as any other does, and says so in a line."""
    (tmp_path / "in").mkdir()
    for seed in range(20):
        (tmp_path / "in" / f"{seed}.pdf").write_bytes(content.made("tests", seed).pdf)
    line = [sys.executable, "-c", _HEARING]
    done = subprocess.run(line, cwd=tmp_path, env=clean_environment(tmp_path), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b"")
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert events.count("stopping") == 1
    assert events[-1] == "summary"


def test_no_workers(folder: Path) -> None:
    """--workers 0 converts in the command's own process, with the same bytes."""
    batch(folder, "in", "-o", "out")
    code, _, _ = batch(folder, "in", "-o", "twin", "--workers", "0")
    assert code == 0
    assert [(folder / "out" / name).read_bytes() for name in calendars(folder / "out")] == [
        (folder / "twin" / name).read_bytes() for name in calendars(folder / "twin")
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("in", "-o", "out", "--select", "nosuch.toml"), 66, "There is no file nosuch.toml."),
        (("nosuch", "-o", "out"), 66, "nosuch: it is not there."),
        (("in", "-o", "out", "--max-rate", "nan"), 2, "'nan' is not a number"),
        (("in", "-o", "out", "--report", "mine.json"), 73, "mine.json is there already, and is no report"),
        (("in", "-o", "out", "--report", "report.txt"), 73, "A report ends in .html, .csv or .json"),
        (("in", "-o", "out", "--enrolments", "list.csv", "--report", "list.csv"), 73, "list.csv is "),
        (("in", "-o", "out", "--enrolments", "list.csv", "--select", "s.toml"), 2, "exclude each other"),
    ],
)
def test_refused_at_once(folder: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """What is mistyped or would cost a person's file is refused before anything is converted, by name."""
    (folder / "mine.json").write_text("hello")
    (folder / "list.csv").write_text("student,module,group\nu1,COS 214,\n")
    found, _, err = batch(folder, *arguments)
    assert found == code
    assert words in " ".join(err.split())
    assert calendars(folder) == []
    assert (folder / "mine.json").read_text() == "hello"
    assert (folder / "list.csv").read_text().startswith("student")


def test_all_groups_and_one(folder: Path) -> None:
    """A line without a group means all groups of the module, whatever another line names."""
    rows = content.made("lectures", 3).rows
    (folder / "in" / "a.pdf").write_bytes(content.made("lectures", 3).pdf)
    module, group = rows[0].module, rows[0].group  # type: ignore[union-attr] # a lecture
    for name, lines in (("all", [f"u,{module},"]), ("both", [f"u,{module},{group}", f"u,{module},"])):
        (folder / "list.csv").write_text("\n".join(["student,module,group", *lines]))
        assert batch(folder, "in/a.pdf", "--enrolments", "list.csv", "-o", name)[0] == 0
    assert (folder / "all" / "u.ics").read_bytes() == (folder / "both" / "u.ics").read_bytes()
