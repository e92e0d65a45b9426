"""The proof of work as a browser does it: the page's own script, run by Node where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tukscal.sync.service.access.rates import Challenges, Difficulty
from tukscal.tests.clock import Clock

SCRIPT = Path(__file__).parents[4] / "sync" / "service" / "static" / "challenge.js"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
@pytest.mark.parametrize("difficulty", [Difficulty(cost=1, prefix="00"), Difficulty(cost=37, prefix="a")])
def test_a_browser_solves_what_we_ask(difficulty: Difficulty) -> None:
    """What the page's script answers to a challenge of ours is right."""
    challenges = Challenges(b"secret", Clock(), difficulty)
    code = f"{SCRIPT.read_text('utf-8')}\nsolveChallenge({json.dumps(challenges.new())}).then(console.log);"
    done = subprocess.run(["node", "-e", code], capture_output=True, check=True, text=True, timeout=60)
    assert challenges.check(done.stdout.strip()) is not None
