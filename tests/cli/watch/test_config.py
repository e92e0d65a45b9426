"""The daemon's configuration: every option can stand in it, and what is wrong is named by line and key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from tukscal.cli.main import App, cli
from tukscal.cli.watch import command
from tukscal.core.watch.notes import Fate
from tukscal.core.watch.request import WatchRequest
from tukscal.tests.core.watch.watching import Lines

# Everything a person may want to write down, each with another value than the usual one.
WHOLE = """
in = "in"
output = "out"
include = ["*.pdf", "*.PDF"]
exclude = ["old/*"]
settle = 9
poll = true
on-success = "move"
on_failure = "move"
done-folder = "done"
failed-folder = "failed"
mirror = true
grace = 20.5
workers = 3
strict = true
log = "log.jsonl"
status-port = 0
year = 2026
from = 2026-07-20
until = 2026-11-01
test-weeks = "skip"
exam-length = "2h30m"
alarm = "15m"
expand = true
title = "{module}"
timeout = 30
memory = "256M"
limit = ["pages=9", "glyphs=1000"]
ledger = "my.db"
keep = 7
sync = true
sync-as = "science"
"""
OTHER = {"select", "term"}  # name files that must be there
NEVER = {"config", "once", "moved", "help", "password", "json_errors"}  # belong to one start


def asked(folder: Path, text: str, *line: str, monkeypatch: pytest.MonkeyPatch) -> tuple[WatchRequest, dict[str, Any]]:
    """Return what the daemon is asked to do with a configuration, and the values of all options."""
    seen: list[Any] = []

    def catch(request: WatchRequest) -> None:
        seen.append((request, dict(click.get_current_context().params)))
        raise click.Abort

    monkeypatch.setattr(command, "check", catch)
    (folder / "watch.toml").write_text(text)
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(cli, ["watch", *line, "--config", "watch.toml"], obj=App())
    finally:
        os.chdir(before)
    assert seen, result.output
    request, given = seen[0]
    return request, given


def _key(parameter: click.Parameter) -> str:
    """Return an option's longest name, as it stands in the file."""
    if isinstance(parameter, click.Argument):
        return parameter.human_readable_name.casefold()
    return max(parameter.opts, key=len).lstrip("-").replace("-", "_")


def test_every_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option of the command can stand in the file, and is obeyed."""
    request, given = asked(tmp_path, WHOLE, monkeypatch=monkeypatch)
    named = {line.partition(" =")[0].replace("-", "_") for line in WHOLE.splitlines() if line}
    options = {_key(parameter) for parameter in command.watch.params}
    assert options - named - OTHER - NEVER == set()
    batch = request.batch
    assert (request.source.name, request.output.name) == ("in", "out")
    assert (batch.wanted.include, batch.wanted.exclude) == (("*.pdf", "*.PDF"), ("old/*",))
    assert (request.patience.settle, request.rhythm.poll, request.mirror, request.grace) == (9, True, True, 20.5)
    assert (request.on_success, request.on_failure) == (Fate.MOVE, Fate.MOVE)
    assert (request.done_folder, request.failed_folder) == (Path("done"), Path("failed"))
    assert (request.workers, batch.strict, batch.guards.timeout, batch.guards.memory) == (3, True, 30, 2**28)
    assert (batch.opening.limits.pages, batch.opening.limits.glyphs) == (9, 1000)
    options_made = batch.options
    assert options_made.plan.alarm is not None
    assert (options_made.year, options_made.plan.expand, options_made.plan.title) == (2026, True, "{module}")
    assert (options_made.plan.skip_test_weeks, options_made.plan.alarm.seconds) == (True, 900)
    assert str(options_made.term.start) == "2026-07-20"
    assert (given["ledger"], given["keep"], given["status_port"]) == (Path("my.db"), 7.0, 0)
    assert given["log_file"] == Path("log.jsonl")
    assert batch.push is not None
    assert batch.push.name(tmp_path / "out" / "a.ics") == "science/a"


def test_the_command_line_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given on the command line counts, whatever stands in the file."""
    request, _ = asked(tmp_path, WHOLE, "elsewhere", "--settle", "3", "-o", "there", monkeypatch=monkeypatch)
    assert (request.source.name, request.output.name, request.patience.settle) == ("elsewhere", "there", 3)


def test_the_password_outlives_a_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload keeps the password that was typed at the start, and asks nobody."""
    again: list[WatchRequest | None] = []

    def reload_now(request: WatchRequest) -> None:
        monkeypatch.setattr(command, "check", lambda _: None)
        again.append(command.read_again(click.get_current_context(), request, Lines()))
        raise click.Abort

    monkeypatch.setattr(command, "check", reload_now)
    line = ["watch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--password"]
    CliRunner().invoke(cli, line, obj=App(), input="word\n")
    assert again[0] is not None
    assert again[0].batch.opening.password == "word"  # noqa: S105 - made up


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("settle = 5\n\nsettel = 3\n", "line 3: there is no option 'settel'; there are alarm, done-folder"),
        ("# about\nsettle = 'long'\n", "line 2: 'long' is not a number of seconds"),
        ("mirror = true\non-success = 'burn'\n", "line 2: 'burn' is not one of"),
        ("exclude = 'old'\n", "line 1: exclude is a list"),
        ("year = [2026]\n", "line 1: year is one value"),
        ("[year]\nfirst = 1\n", "line 1: year is one value"),
        ("limit = ['pages=2',\n  'pges=3']\n", "line 1: 'pges=3' is not NAME=NUMBER"),
        ("once = true\n", "line 1: there is no option 'once'"),
        ("password = 'x'\n", "line 1: there is no option 'password'"),
        ("year = 2026\nyear = 2027\n", "is not TOML: Cannot overwrite a value (at line 2"),
        ("year = \n", "is not TOML: Invalid value (at line 1, column 8)"),
        ("status-port = 70000\n", "line 1: 70000 is not in the range"),
        ("'settle' = 0\n", "line 1: '0' is not a number of seconds"),
        ("mirror = 'perhaps'\n", "line 1: mirror is true or false"),
        ("mirror = 2\n", "line 1: mirror is true or false"),
    ],
)
def test_what_is_wrong(text: str, words: str, tmp_path: Path) -> None:
    """What is wrong in the file is named with its line, before anything else happens."""
    (tmp_path / "watch.toml").write_text(text)
    line = ["watch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--config", str(tmp_path / "watch.toml")]
    result = CliRunner().invoke(cli, line, obj=App())
    assert result.exit_code == 2
    assert f"The configuration {tmp_path / 'watch.toml'}" in result.output
    assert words in result.output
    assert not (tmp_path / "out").exists()


def test_no_file(tmp_path: Path) -> None:
    """A configuration that is not there, or is no text, is an error of the command line."""
    base = ["watch", "in", "-o", "out", "--config"]
    assert "cannot be read: No such file" in CliRunner().invoke(cli, [*base, str(tmp_path / "none")], obj=App()).output
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in CliRunner().invoke(cli, [*base, str(tmp_path / "bytes")], obj=App()).output
