"""Where the person's own settings live, and what tukscal remembers."""

from __future__ import annotations

import os
from pathlib import Path


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
