"""The person's own settings: defaults for options, in a TOML file.

`settings.toml` in the settings folder may hold year, test_weeks, exam_length, alarm, expand, title, timeout, memory:
what `tukscal convert` takes as --year, --test-weeks and so on.
"""

from __future__ import annotations

import tomllib
from typing import Any

import click

from .paths import config_folder

_KEYS = frozenset({"year", "test_weeks", "exam_length", "alarm", "expand", "title", "timeout", "memory"})


def load_settings(ctx: click.Context, _parameter: click.Parameter, _value: object) -> None:
    """Make the settings file the command's defaults; a click callback for an eager option."""
    file = config_folder() / "settings.toml"
    try:
        settings = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise click.UsageError(f"The settings file {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"The settings file {file} is not text in UTF-8.") from None
    except ValueError as error:  # a number without end is not even TOML's error
        raise click.UsageError(f"The settings file {file} is not TOML: {error}.") from None
    for key in settings:
        if key not in _KEYS:
            raise click.UsageError(f"The settings file {file} has '{key}'; it may have {', '.join(sorted(_KEYS))}.")
    ctx.default_map = {key: _text(value) for key, value in settings.items()}


def _text(value: Any) -> Any:
    return value if isinstance(value, bool | int) else str(value)
