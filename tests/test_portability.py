"""What depends on the machine stands in one module each: systems in core/system/process.py, libraries where listed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = sorted(
    [
        ROOT / "__init__.py",
        *(ROOT / "cli").rglob("*.py"),
        *(ROOT / "core").rglob("*.py"),
        *(ROOT / "sync").rglob("*.py"),
    ]
)

UNIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "posix", "syslog", "crypt", "nis"}
UNIX_NAMES = {
    "os": {"fork", "forkpty", "setsid", "setpgid", "setpgrp", "getpgid", "getpgrp", "getsid", "killpg", "getuid",
           "geteuid", "setuid", "chown", "mkfifo", "nice", "wait4", "waitpid", "WNOHANG", "posix_spawn", "sysconf"},
    "signal": {"SIGKILL", "SIGALRM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGXCPU", "alarm", "setitimer", "pause"},
}  # fmt: skip
GUARD = "core/system/process.py"

# Library -> the only module, or folder, that may import it.
HOMES: Mapping[str, str | tuple[str, ...]] = {
    "click": "cli/",
    "rich": "cli/",
    "psutil": ("core/system/process.py", "core/system/machine.py"),
    "pypdfium2": "core/pdf/readers/pdfium/calls.py",
    "pypdfium2_raw": "core/pdf/readers/pdfium/calls.py",
    "pdfplumber": "core/pdf/readers/plumber.py",
    "pdfminer": "core/pdf/readers/plumber.py",
    "icalendar": "core/calendar/ics.py",
    "holidays": "core/terms/parse.py",
    "tomli_w": "core/terms/parse.py",
    "platformdirs": "cli/common/settings.py",
    "httpx": "sync/client.py",
    "tenacity": "sync/retry.py",
    "keyring": "sync/credentials.py",
    "multiprocessing_logging": "sync/drain.py",
    "fastapi": "sync/service/",
    "starlette": "sync/service/",
    "pydantic": ("sync/service/routes/", "sync/service/settings.py"),
    "uvicorn": "sync/service/http/connections.py",
    "h11": "sync/service/http/connections.py",
    "python_multipart": "sync/service/http/bodies.py",
    "limits": "sync/service/access/rates.py",
    "redis": "sync/service/access/rates.py",
    "altcha": "sync/service/",
    "argon2": "sync/service/",
    "cryptography": "sync/service/",
    "jinja2": ("core/pictures/markup.py", "sync/service/"),
    "markupsafe": "core/pictures/",
    "itsdangerous": "sync/service/",
    "sentry_sdk": "sync/service/",
    "sqlite_utils": "core/system/sqlite.py",
    "prometheus_client": ("core/watch/reporters.py", "sync/service/"),
    "watchdog": "core/watch/monitor.py",
}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the first name of every module that is imported absolutely, anywhere in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def unix_only(tree: ast.AST) -> Iterator[str]:
    """Yield what a file names that not every system has."""
    yield from (name for name in imported(tree) if name in UNIX_MODULES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in UNIX_NAMES.get(node.value.id, ()):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in UNIX_NAMES:
            yield from (f"{node.module}.{name.name}" for name in node.names if name.name in UNIX_NAMES[node.module])


def misplaced(tree: ast.AST, path: str) -> list[str]:
    """Return the libraries a file imports that have another home."""
    return [name for name in imported(tree) if name in HOMES and not path.startswith(HOMES[name])]


def parse(file: Path) -> tuple[str, ast.AST]:
    """Return a file's path in the package and its tree."""
    return file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8"))


def test_every_shipped_file_is_looked_at() -> None:
    """The files looked at are those of the package, the guard and the readers among them."""
    paths = {file.relative_to(ROOT).as_posix() for file in SHIPPED}
    homes = [home for value in HOMES.values() for home in ((value,) if isinstance(value, str) else value)]
    assert paths >= {"__init__.py", "cli/main.py", GUARD, *(home for home in homes if home.endswith(".py"))}


def test_only_the_guard_knows_the_system() -> None:
    """Modules and names that only Unix has stand in core/system/process.py alone."""
    found = {path: sorted(set(unix_only(tree))) for path, tree in map(parse, SHIPPED)}
    assert {path: names for path, names in found.items() if names and path != GUARD} == {}
    assert found[GUARD] == ["os.killpg", "os.nice", "os.setsid", "resource", "signal.SIGKILL", "termios", "tty"]


def test_each_library_has_one_home() -> None:
    """Each outside library is imported by one module; click by the command line."""
    assert {path: names for path, tree in map(parse, SHIPPED) if (names := misplaced(tree, path))} == {}
    used = {name for _, tree in map(parse, SHIPPED) for name in imported(tree)}
    assert used & HOMES.keys() >= HOMES.keys() - {"pypdfium2_raw"}  # a home of nothing would be a mistake here


def test_every_dependency_has_a_home() -> None:
    """What is imported is the standard library, this package relatively, or a library with a home."""
    used = {name for _, tree in map(parse, SHIPPED) for name in imported(tree)}
    assert used - sys.stdlib_module_names - HOMES.keys() == set()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f():\n    import fcntl", ["fcntl"]),
        ("import os\nos.fork()", ["os.fork"]),
        ("from os import setsid", ["os.setsid"]),
        ("from signal import SIGKILL as k", ["signal.SIGKILL"]),
        ("import signal\nsignal.SIGTERM", []),
    ],
)
def test_the_check_can_fail(code: str, names: list[str]) -> None:
    """The check sees a name however it is reached."""
    assert list(unix_only(ast.parse(code))) == names


def test_the_other_check_can_fail() -> None:
    """A library away from home is seen, in a function and as a submodule too."""
    code = ast.parse("def f():\n    import rich.text\n    from pdfminer.layout import LAParams\nimport click")
    assert sorted(misplaced(code, "cli/convert/command.py")) == ["pdfminer"]
    assert sorted(misplaced(code, "core/pool/pool.py")) == ["click", "pdfminer", "rich"]
