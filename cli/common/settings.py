"""The person's own settings: defaults for options, in a TOML file; and how such files are read.

`settings.toml` in the settings folder may hold year, test_weeks, exam_length, alarm, expand, title, timeout, memory:
what `tukscal convert` takes as --year, --test-weeks and so on.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from .paths import config_folder

_KEYS = frozenset({"year", "test_weeks", "exam_length", "alarm", "expand", "title", "timeout", "memory"})


def load_settings(ctx: click.Context, _parameter: click.Parameter, _value: object) -> None:
    """Make the settings file the command's defaults; a click callback for an eager option."""
    name = f"The settings file {(file := config_folder() / 'settings.toml')}"
    _, settings = read_toml(file, name, optional=True)
    for key in settings:
        if key not in _KEYS:
            raise click.UsageError(f"{name} has the unknown key '{key}'; known keys are {', '.join(sorted(_KEYS))}.")
    ctx.default_map = {key: _text(value) for key, value in settings.items()}


def _text(value: Any) -> Any:
    return value if isinstance(value, bool | int) else str(value)


def read_toml(file: Path, name: str, *, optional: bool = False) -> tuple[str, dict[str, Any]]:
    """Return a TOML file's text and what it says, nothing where an `optional` one is missing.

    Raises click.UsageError with a sentence that begins with `name`.
    """
    try:
        text = file.read_text("utf-8-sig")  # Windows editors like to begin a file with a byte order mark
        return text, tomllib.loads(text)
    except OSError as error:
        if optional and isinstance(error, FileNotFoundError):
            return "", {}
        raise click.UsageError(f"{name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"{name} is not UTF-8 text.") from None
    except (ValueError, RecursionError) as error:  # a number without end is not even TOML's error
        raise click.UsageError(f"{name} is not TOML: {error}.") from None
