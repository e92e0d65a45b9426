"""`tukscal choose` as a person and a script use it."""

from __future__ import annotations

import json
import os
import re
import select
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tukscal.core.selection.file import read_selection
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import lecture
from tukscal.tests.running import TUKSCAL, clean_environment, json_errors, tukscal
from tukscal.tests.samples import sample

LECTURES, TESTS = "UP_MOD_XLS", "UP_TST_PDF"
CLASH_FREE = {
    "COS 214": ["G01", "P02"],
    "COS 226": ["G01", "P01"],
    "COS 284": ["G01", "P02"],
    "STK 220": ["G01", "P03"],
    "WTW 285": ["G01", "T03"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the real lectures and tests."""
    (tmp_path / "lectures.pdf").write_bytes(sample(LECTURES))
    (tmp_path / "tests.pdf").write_bytes(sample(TESTS))
    return tmp_path


def groups_in(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads(path.read_text())["groups"]
    return found


def test_a_proposal_is_written_and_told(folder: Path) -> None:
    """--propose writes NAME.toml beside the PDF and says what was chosen, what clashes and that it is proven."""
    done = tukscal("choose", "lectures.pdf", "--propose", cwd=folder)
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert groups_in(folder / "lectures.toml") == CLASH_FREE
    assert "COS 214  G01, P02" in text
    assert "No two sessions clash." in text
    assert "Proven: no other choice" in text
    assert "Written: lectures.toml" in text


def test_convert_uses_the_written_choice(folder: Path) -> None:
    """After --propose a calendar has the chosen groups only."""
    everything = tukscal("convert", "lectures.pdf", "--format", "csv", "-o", "-", cwd=folder)
    tukscal("choose", "lectures.pdf", "--propose", cwd=folder)
    mine = tukscal("convert", "lectures.pdf", "--format", "csv", "-o", "-", cwd=folder)
    assert mine.returncode == 0, mine.stderr
    assert b"P02" in mine.stdout
    assert len(mine.stdout.splitlines()) < len(everything.stdout.splitlines())


def test_a_dry_run_prints_the_file(folder: Path) -> None:
    """--dry-run prints the selection to standard output, the rest to standard error, and writes nothing."""
    done = tukscal("choose", "lectures.pdf", "--propose", "--dry-run", cwd=folder)
    assert tomllib.loads(done.stdout.decode())["groups"] == CLASH_FREE
    assert b"Proven" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["lectures.pdf", "tests.pdf"]


def test_what_is_named_stays(folder: Path) -> None:
    """--group decides beforehand, the file of an earlier choice too; --anew forgets the file."""
    first = tukscal("choose", "lectures.pdf", "--propose", "--group", "COS 214=P01", cwd=folder)
    assert first.returncode == 0, first.stderr
    assert groups_in(folder / "lectures.toml")["COS 214"] == ["G01", "P01"]
    tukscal("choose", "lectures.pdf", "--propose", cwd=folder)
    assert groups_in(folder / "lectures.toml")["COS 214"] == ["G01", "P01"]
    tukscal("choose", "lectures.pdf", "--propose", "--anew", cwd=folder)
    assert groups_in(folder / "lectures.toml") == CLASH_FREE


def test_what_was_decided_is_told(folder: Path) -> None:
    """A second --propose names what it keeps and proves nothing; with one decision open it proves that one."""
    first = tukscal("choose", "lectures.pdf", "--propose", cwd=folder).stdout.decode()
    assert "Kept from" not in first
    second = " ".join(tukscal("choose", "lectures.pdf", "--propose", cwd=folder).stdout.decode().split())
    kept = "COS 214 P02, COS 226 P01, COS 284 P02, STK 220 P03, WTW 285 T03"
    assert f"Kept from lectures.toml: {kept}; --anew decides them again." in second
    assert "Nothing was left to decide." in second
    assert "Proven" not in second
    value = json.loads(tukscal("choose", "lectures.pdf", "--propose", "--json", cwd=folder).stdout)
    assert value["kept"]["COS 214"] == ["P02"]
    anew = tukscal("choose", "lectures.pdf", "--propose", "--anew", "--json", cwd=folder)
    assert json.loads(anew.stdout)["kept"] == {}
    (folder / "lectures.toml").write_text('[groups]\n"COS 214" = ["G01", "P01"]\n')
    third = tukscal("choose", "lectures.pdf", "--propose", cwd=folder).stdout.decode()
    assert "Kept from lectures.toml: COS 214 P01; --anew decides them again." in third
    assert "Proven: no other choice for what was open" in third


def test_json_names_both_sides(folder: Path) -> None:
    """--json has the groups, each clash with both sides, the preferences, and whether all this is proven."""
    done = tukscal("choose", "lectures.pdf", "tests.pdf", "--propose", "--prefer", "free-days", "--json", cwd=folder)
    value = json.loads(done.stdout)
    assert (value["proven"], value["written"], value["preferences"]) == (True, True, {"free-days": 5})
    assert value["minutes"] == sum(clash["minutes"] * clash["times"] for clash in value["clashes"])
    assert {clash["times"] for clash in value["clashes"]} == {1}
    assert {side["kind"] for clash in value["clashes"] for side in (clash["first"], clash["second"])} == {
        "lectures",
        "tests",
    }
    assert value["groups"] == groups_in(folder / "lectures.toml")


def test_a_weekly_clash_is_told_with_the_minutes_of_a_year(folder: Path) -> None:
    """20 minutes of every week of a semester are 240 in a year, in words and in JSON."""
    command = ("choose", "lectures.pdf", "--propose", "--group", "WTW 285=T01")
    text = " ".join(tukscal(*command, cwd=folder).stdout.decode().split())
    assert "1 clash, 240 minutes in a year, a weekly clash counted for 6 weeks a quarter:" in text
    assert "Wednesday, 08:30: WTW 285 T1 (T01) and STK 220 L2 (G01) (20 minutes, every week)" in text
    value = json.loads(tukscal(*command, "--json", "--anew", cwd=folder).stdout)
    (clash,) = value["clashes"]
    assert (clash["minutes"], clash["times"], value["minutes"]) == (20, 12, 240)


def test_a_short_search_is_not_called_proven(folder: Path) -> None:
    """With too few nodes the answer says that it is not proven best."""
    text = tukscal(
        "choose", "lectures.pdf", "--propose", "--prefer", "compact", "--nodes", "1", cwd=folder
    ).stdout.decode()
    assert "not proven best" in " ".join(text.split())
    assert "Proven" not in text


def test_a_file_that_is_no_selection_stays(folder: Path) -> None:
    """A TOML file with anything else in it is never replaced."""
    other = folder / "lectures.toml"
    other.write_text("[project]\nname = 'mine'\n")
    done = tukscal("choose", "lectures.pdf", "--propose", "--json-errors", cwd=folder)
    assert (done.returncode, json_errors(done.stderr)[0]["cause"]) == (73, "not_writable")
    assert other.read_text() == "[project]\nname = 'mine'\n"


def test_several_lectures_share_one_file(folder: Path) -> None:
    """For several PDFs of lectures the choice is tukscal.toml in their folder; what it says of others stays."""
    (folder / "again.pdf").write_bytes(sample(LECTURES))
    (folder / "tukscal.toml").write_text('language = "E"\n[groups]\n"ABC 123" = ["G07"]\n')
    done = tukscal("choose", "lectures.pdf", "again.pdf", "--propose", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert groups_in(folder / "tukscal.toml") == {"ABC 123": ["G07"], **CLASH_FREE}
    assert read_selection(folder / "tukscal.toml").language == "E"


def test_what_the_pdf_no_longer_has_is_told(folder: Path) -> None:
    """A group that an earlier choice names and the PDF lacks is left out, and said to be."""
    (folder / "lectures.toml").write_text('[groups]\n"COS 214" = ["G01", "P09"]\n"XYZ 123" = ["G01"]\n')
    done = tukscal("choose", "lectures.pdf", "--propose", cwd=folder)
    assert "COS 214 P09 is no longer in the PDF" in done.stdout.decode()
    assert groups_in(folder / "lectures.toml") == CLASH_FREE


def test_what_a_hand_written_selection_loses_is_told(folder: Path) -> None:
    """Comments and, in a PDF's own file, modules it lacks are lost by name; written or not, in words and in JSON."""
    (folder / "lectures.toml").write_text('exclude = ["XYZ 123"] # mine\n[groups]\n"COS 214" = ["P09"]\n')
    dry = tukscal("choose", "lectures.pdf", "--propose", "--dry-run", cwd=folder)
    text = " ".join(dry.stderr.decode().split())
    assert "COS 214 P09 is no longer in the PDF and is left out." in text
    assert "Not in the PDF and left out of its selection: XYZ 123." in text
    assert "The comments of lectures.toml are not kept." in text
    value = json.loads(tukscal("choose", "lectures.pdf", "--propose", "--dry-run", "--json", cwd=folder).stdout)
    assert (value["gone"], value["left_out"], value["comments_lost"]) == (["COS 214 P09"], ["XYZ 123"], True)
    assert json.loads(tukscal("choose", "lectures.pdf", "--propose", "--json", cwd=folder).stdout)["written"]
    again = json.loads(tukscal("choose", "lectures.pdf", "--propose", "--json", cwd=folder).stdout)
    assert (again["gone"], again["left_out"], again["comments_lost"]) == ([], [], False)


def test_a_selection_of_several_pdfs_keeps_the_others_modules(folder: Path) -> None:
    """A file named with --select keeps what it says of modules these PDFs do not have, and this is told."""
    (folder / "mine.toml").write_text('[groups]\n"ABC 123" = ["G07"] # "#"\n"COS 214" = ["P01"]\n')
    done = tukscal("choose", "lectures.pdf", "--propose", "--select", "mine.toml", cwd=folder)
    assert "Not in these PDFs, kept in the selection: ABC 123." in done.stdout.decode()
    assert groups_in(folder / "mine.toml")["ABC 123"] == ["G07"]
    assert groups_in(folder / "mine.toml")["COS 214"] == ["G01", "P01"]


@pytest.mark.parametrize(
    ("text", "comments"),
    [("", False), ('modules = ["COS 214"]\n', False), ("# mine\n", True), ('programme = "a#b"\n', False)],
)
def test_only_a_persons_comments_are_comments(folder: Path, text: str, comments: bool) -> None:
    """Neither our own first line nor a sign in a text is a comment that is lost."""
    head = "# Which groups tukscal puts into the calendar; see `tukscal choose --help`.\n"
    (folder / "lectures.toml").write_text(head + text)
    value = json.loads(tukscal("choose", "lectures.pdf", "--propose", "--dry-run", "--json", cwd=folder).stdout)
    assert value["comments_lost"] is comments


def test_another_language_is_proposed_but_not_in_silence(tmp_path: Path) -> None:
    """A proposal names its Afrikaans groups; --language E leaves them out, also one kept, and says so."""
    rows = (
        lecture("COS 214", "G01", "L1, Monday, 08:30 - 09:20, IT 4-4"),
        lecture("WTW 114", "G01", "L1, Monday, 08:30 - 09:20, IT 4-5"),
        replace(lecture("WTW 114", "G02", "L1, Tuesday, 08:30 - 09:20, IT 4-5"), language="A"),
    )
    (tmp_path / "mine.pdf").write_bytes(timetable_pdf(rows))
    text = " ".join(tukscal("choose", "mine.pdf", "--propose", cwd=tmp_path).stdout.decode().split())
    assert "Groups taught in Afrikaans: WTW 114 G02; --language E leaves them out." in text
    done = tukscal("choose", "mine.pdf", "--propose", "--language", "E", cwd=tmp_path)
    text = " ".join(done.stdout.decode().split())
    assert "WTW 114 G02 is left out: it is not for the language or programme asked for." in text
    assert "no longer" not in text
    assert "Afrikaans" not in text
    assert "1 clash, 600 minutes in a year" in text


def test_only_lectures_have_groups(folder: Path) -> None:
    """PDFs without lectures leave nothing to choose."""
    done = tukscal("choose", "tests.pdf", "--propose", "--json-errors", cwd=folder)
    assert (done.returncode, json_errors(done.stderr)[0]["cause"]) == (10, "bad_rows")


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--anew"]])
def test_no_terminal_is_a_usage_error(folder: Path, arguments: list[str]) -> None:
    """Without a terminal only --propose can choose, and the error says so."""
    done = tukscal("choose", "lectures.pdf", *arguments, cwd=folder)
    assert done.returncode == 2
    assert b"--propose" in done.stderr


# ---- in a real terminal


class Terminal:
    """A pseudo terminal with the command in it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._at = 0
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until the screen has said something after what was waited for before, at most half a minute."""
        deadline = time.monotonic() + 30
        while text not in self.seen[self._at :]:
            ready, _, _ = select.select([self._handle], [], [], max(deadline - time.monotonic(), 0))
            try:
                more = os.read(self._handle, 65536) if ready else b""
            except OSError:  # Linux says so when the command has ended
                more = b""
            assert more, f"{text!r} did not appear in {self.seen[self._at :]!r}"
            self.seen += more.decode(errors="replace")
        self._at = self.seen.index(text, self._at) + len(text)

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self._handle, keys.encode())

    def resize(self, lines: int, columns: int) -> None:
        """Make the window another size, which the system tells the command."""
        import termios

        termios.tcsetwinsize(self._handle, (lines, columns))


@contextmanager
def terminal(arguments: Sequence[str], folder: Path) -> Iterator[Terminal]:
    """Run the command in a terminal of 80 by 24, reap it, and check that it ended well."""
    import pty  # not on every system
    import termios

    process, handle = pty.fork()
    if process == 0:  # pragma: no cover - the command itself
        os.chdir(folder)
        environment = {**clean_environment(folder), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        os.execve(TUKSCAL, [TUKSCAL, *arguments], environment)  # noqa: S606
    termios.tcsetwinsize(handle, (24, 80))
    try:
        yield Terminal(handle)
    finally:
        os.close(handle)
        os.waitpid(process, 0)


posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")
RESTORED = "\x1b[?1049l"  # leave the alternate screen (xterm)
CURSOR = "\x1b[?25h"


@posix
def test_keys_typed_in_a_terminal_make_the_file(folder: Path) -> None:
    """A practical by its number, one by an arrow, the rest proposed, saved: the file has it, the screen is restored."""
    with terminal(["choose", "lectures.pdf"], folder) as screen:
        screen.wait_for("? help")
        screen.send("1")
        screen.wait_for("(*) P01")
        screen.send("\x1b[B\x1b[C")
        screen.wait_for("(*) P01")
        screen.send("p")
        screen.wait_for("Proposed:")
        screen.send("s")
        screen.wait_for("Written: lectures.toml")
    assert groups_in(folder / "lectures.toml")["COS 214"] == ["G01", "P01"]
    assert groups_in(folder / "lectures.toml")["COS 226"] == ["G01", "P01"]
    assert sorted(groups_in(folder / "lectures.toml")) == sorted(CLASH_FREE)
    assert screen.seen.index(RESTORED) < screen.seen.index("Written")
    assert CURSOR in screen.seen


@posix
@pytest.mark.parametrize("keys", ["q", "1qy", "\x03"])
def test_leaving_writes_nothing(folder: Path, keys: str) -> None:
    """q, q and yes after a change, or Ctrl-C: no file, and the terminal as it was."""
    with terminal(["choose", "lectures.pdf"], folder) as screen:
        screen.wait_for("? help")
        screen.send(keys)
        screen.wait_for(RESTORED)
        screen.wait_for("Stopped." if keys == "\x03" else "Nothing was written.")
    assert CURSOR in screen.seen
    assert not (folder / "lectures.toml").exists()


@posix
def test_another_size_is_drawn_anew(folder: Path) -> None:
    """A window that changes its size is drawn again without a key, each time, and keys are heard afterwards."""
    with terminal(["choose", "lectures.pdf"], folder) as screen:
        screen.wait_for("? help")
        for columns in (100, 90):
            screen.resize(30, columns)
            screen.wait_for("? help")
        screen.send("q")
        screen.wait_for("Nothing was written.")


@posix
def test_no_line_wraps(folder: Path) -> None:
    """Every line of the screen is at most as wide as the terminal."""
    with terminal(["choose", "lectures.pdf", "tests.pdf"], folder) as screen:
        screen.wait_for("? help")
        screen.send("q")
        screen.wait_for("Nothing was written.")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.seen.split(RESTORED)[0])
    assert max(len(line.strip("\r")) for line in plain.split("\n")) == 80
