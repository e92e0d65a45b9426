"""`tukscal doctor` as a person and a program read it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result
from tukscal import __version__
from tukscal.cli.common.settings import default_ledger, state_folder
from tukscal.cli.doctor.command import as_json, check_lines, summary
from tukscal.cli.main import App, cli
from tukscal.core.doctor import Check, Severity, Subject, bad, note, ok
from tukscal.tests.core.guarded import alive
from tukscal.tests.running import TUKSCAL, clean_environment, tukscal
from tukscal.tests.waiting import eventually

WORDS = {"ok": "ok", "note": "note", "BAD": "bad"}


class Clock(App):
    """An application whose day is fixed."""

    def today(self) -> date:
        return date(2026, 3, 2)


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that keeps the person's own folders out of it."""
    return {"TUKSCAL_CONFIG_DIR": str(folder / "config"), "TUKSCAL_STATE_DIR": str(folder / "state")}


def run(*arguments: str | Path, folder: Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli, ["doctor", *map(str, arguments)], env=environment(folder), obj=Clock())


def shown(text: str) -> list[dict[str, str]]:
    """Return the checks of a text as verdict, name and the rest on one line."""
    _, *parts = re.split(r"^(ok|note|BAD) +", text.rpartition("\n\n")[0], flags=re.MULTILINE)
    return [
        {"verdict": WORDS[word], "name": (rest := " ".join(body.split())).partition(":")[0].lower(), "text": rest}
        for word, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def test_text_and_json_say_the_same(tmp_path: Path) -> None:
    """The installed command finds nothing bad here, ends with 0, and says the same in both forms."""
    done = tukscal("doctor", tmp_path, cwd=tmp_path, env=environment(tmp_path))
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert text.startswith(f"tukscal {__version__}, Python 3")
    assert max(map(len, text.splitlines())) <= 80
    assert "No check failed." in text.splitlines()[-1]
    machine = tukscal("doctor", tmp_path, "--json", cwd=tmp_path, env=environment(tmp_path))
    found = json.loads(machine.stdout)
    assert set(found) == {"verdict", "tukscal", "python", "system", "checks"}
    assert found["verdict"] in ("ok", "note")
    assert all(set(check) == {"name", "verdict", "found", "advice"} for check in found["checks"])
    assert [(each["verdict"], each["name"]) for each in shown(text)] == [
        (check["verdict"], check["name"].lower()) for check in found["checks"]
    ]
    assert list(tmp_path.iterdir()) == []


def test_something_bad_ends_with_1(tmp_path: Path) -> None:
    """A folder that is not there and a ledger that is none are bad, with what to do, and the command ends with 1."""
    book = tmp_path / "notes.txt"
    book.write_text("Dear diary.\n" * 100)
    result = run(tmp_path / "none", "--ledger", book, folder=tmp_path)
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    wrong = [each for each in shown(result.output) if each["verdict"] == "bad"]
    assert [each["name"] for each in wrong] == ["ledger", "folder for outputs"]
    assert "is not a ledger of tukscal." in wrong[0]["text"]
    assert wrong[1]["text"].endswith("Make that folder, or choose another folder.")
    assert "2 checks failed." in result.output.splitlines()[-1]
    assert max(map(len, result.output.splitlines())) <= 80
    found = json.loads(run(tmp_path / "none", "--ledger", book, "--json", folder=tmp_path).output)
    assert (found["verdict"], sum(check["verdict"] == "bad" for check in found["checks"])) == ("bad", 2)
    assert book.read_text() == "Dear diary.\n" * 100


def test_settings_at_fault(tmp_path: Path) -> None:
    """Settings that other commands refuse are a bad check, in the same words, not the end of this one."""
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "settings.toml"
    for text, words in (
        ("year =", "is not TOML"),
        ("colour = 1", "has the unknown key 'colour'"),
        ("year = 2026", "can be read."),
    ):
        file.write_text(text)
        (check,) = [each for each in shown(run(folder=tmp_path).output) if each["name"] == "settings"]
        assert words in check["text"]
        assert check["verdict"] == ("ok" if words == "can be read." else "bad")


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_lines_fit(columns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line fits the columns there are, and 100 at most, also with long words; control characters are gone."""
    monkeypatch.setenv("COLUMNS", columns)
    check = bad("thing", f"There is \x1b[31m{'long/' * 50} and some more words to be wrapped.", "Do this. " * 30)
    lines = ["".join(piece.text for piece in line) for line in check_lines(check)]
    assert max(map(len, lines)) <= min(int(columns), 100)
    assert lines[0].startswith("BAD   Thing: There is")
    assert all(line.startswith("      ") for line in lines[1:])
    assert "\x1b" not in "".join(lines)
    assert "".join("".join(lines).split()).endswith("Dothis." * 30)


def test_summary() -> None:
    """The last line counts failed checks and notes."""
    checks = [ok("a", "A."), note("b", "B.", "Do b."), bad("c", "C.", "Do c."), bad("d", "D.", "Do d.")]

    def last(found: list[Check]) -> str:
        return summary(found)[-1][0].text

    assert last(checks) == "2 checks failed. 1 note."
    assert last(checks[:2]) == "No check failed. 1 note."
    assert last(checks[:1]) == "No check failed."
    assert [json.loads(as_json(found))["verdict"] for found in (checks, checks[:2], checks[:1])] == [
        "bad",
        "note",
        "ok",
    ]


def test_notes_end_with_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note is no failure; each check is printed as soon as it is made."""
    asked: list[Subject] = []

    def examine(subject: Subject) -> Iterator[Check]:
        asked.append(subject)
        yield note("thing", "It is so.", "Mind it.")

    monkeypatch.setattr("tukscal.cli.doctor.command.examine", examine)
    result = run("here", folder=tmp_path)
    assert result.exit_code == 0
    assert "note  Thing: It is so.\n      Mind it.\n" in result.output
    (subject,) = asked
    assert (subject.today, subject.folders, subject.ledger) == (
        date(2026, 3, 2), (Path("here"),), tmp_path / "state" / "ledger.db",
    )  # fmt: skip
    assert Severity.NOTE in {Severity(word) for word in WORDS.values()}


def test_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tukscal remembers lives where TUKSCAL_STATE_DIR says, else in the platform's own place."""
    monkeypatch.setenv("TUKSCAL_STATE_DIR", str(tmp_path))
    assert state_folder() == tmp_path
    assert default_ledger() == tmp_path / "ledger.db"
    monkeypatch.delenv("TUKSCAL_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_folder().name.lower() == "tukscal"
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert state_folder() == tmp_path / "xdg" / "tukscal"


def test_help_tells_the_exit_codes() -> None:
    """The help says what 0 and 1 mean."""
    text = " ".join(CliRunner().invoke(cli, ["doctor", "--help"]).output.split())
    assert "Exit code 0: no check is bad; 1: one is." in text


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C while processes are tried ends the command with 130, a word and no complaint, and no process stays."""
    surroundings = {**clean_environment(tmp_path), **environment(tmp_path)}
    process = subprocess.Popen(
        [TUKSCAL, "doctor"], cwd=tmp_path, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        while b"Worker:" not in process.stdout.readline():  # the calls that hang and grow are next
            pass
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        said = process.stderr.read()
    assert b"Stopped.\n" in said
    assert b"worker.py" not in said  # a pool that another thread ended at the same time
    assert eventually(lambda: not any(alive(each.pid) for each in family), 5)
