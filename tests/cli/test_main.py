"""The command group: help that loads nothing, one place where errors end, lines that fit."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tukscal import __version__
from tukscal.cli import main as module
from tukscal.cli.common.failures import error_text
from tukscal.cli.common.terminal import Shown, print_lines
from tukscal.cli.main import cli
from tukscal.core.errors import Damaged
from tukscal.tests.core.guarded import alive
from tukscal.tests.running import TUKSCAL, clean_environment, tukscal
from tukscal.tests.waiting import eventually

HEAVY = (
    "rich", "pypdfium2", "pypdfium2_raw", "pdfplumber", "pdfminer", "icalendar", "holidays", "psutil", "httpx",
    "platformdirs", "tomli_w", "multiprocessing", "tukscal.core.calendar.convert",
)  # fmt: skip
HELP = [
    [],
    *([name] for name in sorted(cli.list_commands(click.Context(cli)))),
    *(["term", name] for name in ("new", "check", "show")),
]


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that a command loads."""
    code = (
        "import sys\nfrom tukscal.cli.main import main\ntry:\n    main(sys.argv[1:])\n"
        "except SystemExit as end:\n    print('MODULES', end.code, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    _, code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0"
    return set(modules)


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("--version",), ()])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Help and version load neither rich, a PDF library, icalendar, holidays, psutil nor httpx."""
    if arguments:
        assert loaded_by(*arguments).isdisjoint(HEAVY)
    else:
        assert loaded_by("convert", "--help") >= {"tukscal.core.calendar.convert", "psutil"}  # they would be seen


@pytest.mark.parametrize("command", HELP, ids=" ".join)
def test_help_fits(command: list[str]) -> None:
    """The help of every command fits 80 columns and describes every option."""
    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Usage: ")
    assert not [line for line in lines if re.fullmatch(r"  (-\w, )?--[\w-]+( [A-Z]+)?", line)]


def test_every_command_is_there() -> None:
    """Each command that help lists can be run, and says of itself what the list says."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert cli.get_command(context, "nonsense") is None
    assert cli.get_command(context, "main") is None


def test_version(tmp_path: Path) -> None:
    """--version prints the name and the package's version."""
    done = tukscal("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.decode().split()) == (0, ["tukscal", __version__])


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("convert",),
        ("convert", "--nonsense", "a.pdf"),
        ("convert", "a.pdf", "--format", "pdf"),
        ("convert", "a.pdf", "--year", "26"),
        ("convert", "a.pdf", "--timeout", "0"),
        ("convert", "a.pdf", "--test-weeks", "maybe"),
    ],
)
def test_usage_errors(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A mistake in the command itself ends with 2, a usage line and a sentence, and touches nothing."""
    done = tukscal(*arguments, cwd=tmp_path)
    text = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert text.startswith("Usage: tukscal")
    assert re.search(r"^Error: \w.+", text, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bug in the command itself ends with 9 and a sentence, as JSON if asked; its text and traceback stay inside."""

    @click.command("convert")
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(cli, "get_command", lambda *_: broken)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as end:
            module.main(["convert"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert end.value.code == 9
    out, err = capsys.readouterr()
    assert out == ""
    assert re.match(r"Internal error \(test_main\.py:[0-9]+\)\.\n  Please report this", err)
    assert "secret" not in err


def test_interrupted(tmp_path: Path) -> None:
    """SIGTERM ends the command with 143, Ctrl-C with 1 or 130, at once, with its child, and nothing is written."""
    code = (
        "import sys\nfrom tukscal.cli import main\n"
        "from tukscal.tests.core import guarded\nimport pathlib\n"
        "def run(*_):\n    guarded.hang_in_child(pathlib.Path(sys.argv[1]))\n"
        "main.cli.invoke = run\nmain.main(['convert'])"
    )
    for number, ends in ((signal.SIGTERM, {143}), (signal.SIGINT, {1, 130})):
        file = tmp_path / f"pids{number}"
        with subprocess.Popen([sys.executable, "-c", code, str(file)], stderr=subprocess.PIPE) as process:
            assert eventually(lambda: file.exists() and file.read_text().count("\n") == 2, 10)  # noqa: B023
            process.send_signal(number)
            assert process.wait(5) in ends
            assert process.stderr is not None
            assert b"Traceback" not in process.stderr.read()
        pids = [int(line) for line in file.read_text().split()]
        assert eventually(lambda: not any(map(alive, pids)), 2)  # noqa: B023


# ---- how lines and errors look


def test_lines_wrap_behind_their_indent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A paragraph is wrapped at its width, every line behind its indent, none with blanks at its end."""
    monkeypatch.setenv("COLUMNS", "30")
    print_lines([Shown("one two three four five six seven", 4, "bold"), Shown("x" * 50, 2), Shown("")])
    assert capsys.readouterr().out.splitlines() == [
        *("    one two three four five", "    six seven"),
        *(f"  {'x' * 28}", f"  {'x' * 22}"),
        "",
    ]


@pytest.mark.parametrize(
    ("columns", "width"), [("", 80), ("500", 100), ("60", 60), ("nonsense", 80), ("-5", 80), ("0", 20), ("1", 20)]
)
def test_width(columns: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are 80 columns wide where there is no terminal, or COLUMNS but at least 20 and at most 100."""
    monkeypatch.setenv("COLUMNS", columns)
    print_lines([Shown("x" * 500)])
    assert max(map(len, capsys.readouterr().out.splitlines())) == width


def test_lines_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters of a text become blanks; brackets are no markup."""
    print_lines([Shown("a\x1b[31mb\r\nc\x9bd [bold]e[/bold] :smile:")])
    assert capsys.readouterr().out == "a [31mb c d [bold]e[/bold] :smile:\n"


def test_a_terminal_gets_styles(tmp_path: Path) -> None:
    """On a terminal lines are styled and fill its width; nothing else is different."""
    code = "from tukscal.cli.common.terminal import Shown, print_lines\nprint_lines([Shown('word ' * 30, 2, 'bold')])"
    parent, child = pty.openpty()
    environment = {**clean_environment(tmp_path), "TERM": "xterm", "COLUMNS": "50"}
    with subprocess.Popen([sys.executable, "-c", code], stdout=child, stdin=child, env=environment) as process:
        os.close(child)
        shown = b""
        while b"\n" not in shown or process.poll() is None:
            try:
                shown += os.read(parent, 4096)
            except OSError:  # Linux's way to say that the other end is closed
                break
    os.close(parent)
    text = shown.decode().replace("\r\n", "\n")
    assert "\x1b[1m" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert " ".join(plain.split()) == " ".join(["word"] * 30)
    assert 45 <= max(len(line.rstrip()) for line in plain.splitlines()) <= 50


def test_error_text() -> None:
    """An error is what is wrong, where, and what to do; the file is named once, and text is short and harmless."""
    error = Damaged("It is bad.", advice="Do this.", file="a.pdf", page=2, row=3, text="\x1b[2J" + "x" * 200)
    assert error_text(error) == f"a.pdf: It is bad.\n  Where: page 2, row 3: [2J{'x' * 113}...\n  Do this."
    assert error_text(Damaged("a.pdf is bad.", advice="", file="a.pdf")) == "a.pdf is bad."
    assert error_text(Damaged("Bad.\nVery.", advice="Do\x07 this.")) == "Bad. Very.\n  Do this."


def test_command_is_installed() -> None:
    """The tests run the installed command."""
    assert Path(TUKSCAL).is_file()
