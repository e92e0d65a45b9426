"""The person's own settings are defaults, and a mistake in them is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tukscal.cli.main import cli
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import EXAMS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an exam timetable, which is the settings' folder too."""
    monkeypatch.setenv("TUKSCAL_CONFIG_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exams.pdf").write_bytes(timetable_pdf(EXAMS))
    return tmp_path


def run(*arguments: str) -> Result:
    """Convert to standard output."""
    return CliRunner().invoke(cli, ["convert", "exams.pdf", "-o", "-", *arguments])


def test_settings_are_defaults(folder: Path) -> None:
    """A setting is what its option is when it is not given; the option wins."""
    (folder / "settings.toml").write_text(
        'title = "Write {module}"\nexam_length = "90m"\nalarm = 30\nexpand = true\ntest_weeks = "skip"\n'
        'timeout = 30\nmemory = "512M"\nyear = 2026\n'
    )
    result = run()
    assert result.exit_code == 0, result.output
    assert "SUMMARY:Write COS 284\r\n" in result.stdout_bytes.decode()
    assert "1 h 30 min is assumed" in result.stdout.replace("\r\n ", "").replace("\n ", "")
    assert result.stdout.count("TRIGGER:-PT30M") == 4
    result = run("--title", "{module}", "--alarm", "1h")
    assert "SUMMARY:COS 284\r\n" in result.stdout_bytes.decode()
    assert result.stdout.count("TRIGGER:-PT1H") == 4


def test_no_settings(folder: Path) -> None:
    """Without a settings file, and with an empty one, the options' own defaults hold."""
    without = run()
    (folder / "settings.toml").write_text("# nothing\n")
    assert run().stdout == without.stdout
    assert "SUMMARY:COS 284 Exam Written" in without.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"year 2026", "is not TOML: Expected '=' after a key in a key/value pair"),
        (b'title = "\xff"', "is not UTF-8 text."),
        (b"password = 1", "has the unknown key 'password'; known keys are alarm, exam_length, expand,"),
        (b"year = 26", "Invalid value for '--year': 26 is not in the range"),
        (b'year = "soon"', "Invalid value for '--year'"),
        (b"year = [1, 2]", "Invalid value for '--year'"),
        (b'alarm = "soon"', "'soon' is not a length of time"),
        (b'title = "{x}"', "there is no {x} for a title"),
        (b'test_weeks = "maybe"', "Invalid value for '--test-weeks'"),
        (b'expand = "perhaps"', "Invalid value for '--expand'"),
        (b"[year]\nx = 1", "Invalid value for '--year'"),
    ],
)
def test_bad_settings(folder: Path, content: bytes, sentence: str) -> None:
    """A settings file that cannot be used ends with 2 and says what is wrong; no Python speaks."""
    (folder / "settings.toml").write_bytes(content)
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in " ".join(result.stderr.split())
    assert "codec" not in result.stderr
    assert "Errno" not in result.stderr


def test_unreadable_settings(folder: Path) -> None:
    """A folder in the settings' place is named with its path."""
    (folder / "settings.toml").mkdir()
    result = run()
    assert result.exit_code == 2
    assert f"{folder / 'settings.toml'} cannot be read: Is a directory." in result.stderr.replace("\n", "")
