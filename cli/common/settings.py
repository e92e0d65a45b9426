"""Where the person's own settings and the ledger live, and the settings file: defaults for options, in TOML.

`settings.toml` in the settings folder may hold year, test_weeks, exam_length, alarm, expand, title, timeout, memory:
what `tukscal convert` takes as --year, --test-weeks and so on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

_KEYS = frozenset({"year", "test_weeks", "exam_length", "alarm", "expand", "title", "timeout", "memory"})


def config_folder() -> Path:
    """Return the settings folder: TUKSCAL_CONFIG_DIR if set, else the platform's own place."""
    own = os.environ.get("TUKSCAL_CONFIG_DIR")
    if own:
        return Path(own)
    from platformdirs import user_config_dir

    return Path(user_config_dir("tukscal"))


def term_folder() -> Path:
    """Return the folder of the user's own term files, up-YEAR.toml."""
    return config_folder() / "terms"


def state_folder() -> Path:
    """Return the folder of what tukscal itself remembers, the ledger: TUKSCAL_STATE_DIR or the platform's own place."""
    own = os.environ.get("TUKSCAL_STATE_DIR")
    if own:
        return Path(own)
    from platformdirs import user_state_path

    return user_state_path("tukscal")


def default_ledger() -> Path:
    """Return the path of the default ledger."""
    return state_folder() / "ledger.db"


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
    import tomllib  # most commands read no settings

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
