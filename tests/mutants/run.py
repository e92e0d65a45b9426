"""Changes the code one operator at a time and names the changes that no test notices: `make mutants`.

    python tests/mutants/run.py [--count N] [--seed N] [--most N] [--workers N] [--modules core/calendar core/terms ...]

A change is made in a copy of the tree, never in the tree itself, and judged by the tests of its module; one that hangs
counts as noticed. Changes that no test can notice stand in explained.toml, each with its reason.

cosmic-ray 8 was tried: it edits in place, knows no share of a run, and two thirds of its survivors were types and sizes
of caches. mutmut 3, by its documentation, leaves values of modules and decorated functions as they are.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path, PurePosixPath
from queue import SimpleQueue

from tukscal.tests.mutants.changes import Mutant, changed, mutants

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("explained.toml")
LEFT_OUT = (".*", "build", "dist", "out", "*.egg-info", "node_modules", "__pycache__", "shared")
# Tests beside the one with the module's own name, by how its path begins; the fast ones come first.
MORE = {
    "core/ledger/history.py": ("tests/core/ledger/test_retention.py",),
    "core/ledger/opening.py": ("tests/core/ledger/test_migrations.py", "tests/core/ledger/test_damage.py"),
    "core/batch/students.py": ("tests/core/batch",),
    "core/jobs/task.py": ("tests/core/batch",),
    "core/selection/search.py": ("tests/core/selection/test_propose.py",),
    "core/calendar/event.py": ("tests/core/calendar/test_ics.py",),
    "core/pdf/readers/": (
        "tests/core/pdf/test_tables.py",
        "tests/core/pdf/readers",
        "tests/core/pdf/test_copies_found.py",
        "tests/core/pdf/test_reading.py",
        "tests/core/pdf/test_copies.py",
    ),
    "core/pdf/grids.py": ("tests/core/pdf/test_tables.py", "tests/core/pdf/test_copies.py"),
    "core/pdf/page_tree.py": ("tests/core/pdf/test_checksums.py", "tests/core/pdf/test_page_tree.py"),
    "core/pdf/tables.py": (
        "tests/core/pdf/test_stamps.py",
        "tests/core/pdf/test_copies_found.py",
        "tests/core/pdf/test_reading.py",
        "tests/core/pdf/test_copies.py",
    ),
    "core/terms/": ("tests/core/terms",),
    "core/jobs/commit.py": ("tests/core/batch",),
    "core/timetable/": (
        "tests/core/timetable",
        "tests/core/pdf/test_stamps.py",
        "tests/core/pdf/test_copies_found.py",
        "tests/core/pdf/test_reading.py",
        "tests/core/pdf/test_copies.py",
    ),
}
# What ends processes would, changed, end those of others.
DANGEROUS = {"core/system/process.py"}
MEMORY = 4 << 30  # bytes; a change may also fill it without end


@cache
def judges_of(module: str) -> tuple[str, ...]:
    """Return the tests that judge a module.

    Those are the one of its name and those in the table; else those that import it; else those of its folder.
    """
    path = PurePosixPath(module)
    more = [test for start, tests in MORE.items() if module.startswith(start) for test in tests]
    if found := _existing(f"tests/{path.parent}/test_{path.name}", *more):
        return found
    package = ".".join(("tukscal", *path.parent.parts))
    imports = re.compile(rf"from {package}(\.{path.stem} import| import [^\n]*\b{path.stem}\b)")
    every = (file for file in sorted((ROOT / "tests").rglob("test_*.py")) if imports.search(file.read_text("utf-8")))
    folder = path.parent
    return tuple(file.relative_to(ROOT).as_posix() for file in every) or (
        _existing(f"tests/{folder.parent}/test_{folder.name}.py", f"tests/{folder}") if folder.parent.name else ()
    )


def _existing(*tests: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(test for test in tests if (ROOT / test).exists()))


class Copy:
    """A copy of the tree in which one change at a time is judged."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tukscal"
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*LEFT_OUT))
        # What is made must notice, not the samples beside the repository, which not everybody has. Tests that start the
        # installed command are no judges: they see the tree that is installed.
        changed = {
            "PYTHONPATH": str(folder),
            "PYTHONPYCACHEPREFIX": str(folder / "cache"),
            "TUKSCAL_SAMPLES": str(folder),
        }
        self._environment = {
            **os.environ,
            **changed,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "",
        }
        self._environment.pop("CI", None)
        self._written = time.time()

    def passes(self, module: str, number: int | None, limit: float, out: int | None = None) -> bool:
        """Tell whether the tests of a module pass with a change; None is written the same way, and changes nothing."""
        file = self.root / module
        unchanged = file.read_bytes()
        self._write(file, changed(unchanged.decode(), number).encode())
        try:
            return self._run(judges_of(module), limit, out) == 0
        finally:
            self._write(file, unchanged)

    def _write(self, file: Path, data: bytes) -> None:
        """Write a module; each time has a date of its own, or the bytecode of the last one would be taken for it."""
        self._written += 2
        file.write_bytes(data)
        os.utime(file, (self._written, self._written))

    def _run(self, tests: Iterable[str], limit: float, out: int | None) -> int | None:
        """Run tests up to the first failure; return pytest's exit code, None for tests that took too long."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider", "-p", "pytest_timeout",
             "-p", "_hypothesis_pytestplugin", "--hypothesis-profile=mutants", *tests],
            cwd=self.root, env=self._environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def explained() -> set[tuple[str, ...]]:
    """Return the keys of the changes that are known to make no difference."""
    entries = tomllib.loads(EXPLAINED.read_text("utf-8"))["equivalent"]
    return {(entry["module"], entry["where"], entry["before"], entry["after"]) for entry in entries if entry["why"]}


def wanted(names: Iterable[str]) -> list[Mutant]:
    """Return the changes of the modules in files and folders; say which modules have no tests."""
    found: list[Mutant] = []
    files = {file for name in names for file in (ROOT / name, *(ROOT / name).rglob("*.py")) if file.suffix == ".py"}
    for module in sorted({file.relative_to(ROOT).as_posix() for file in files} - DANGEROUS):
        changes = mutants(module, (ROOT / module).read_text("utf-8"))
        if changes and not judges_of(module):
            print(f"{module}: {len(changes)} changes, and no tests are known for it")
        found += changes if judges_of(module) else []
    return found


def judge(share: list[Mutant], copies: list[Copy], longest: float) -> list[Mutant] | None:
    """Return the changes that no test notices; None if tests fail on the unchanged tree."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for each in copies:
        free.put(each)

    def time_of(module: str) -> float:
        each, began = free.get(), time.monotonic()
        passed = each.passes(module, None, longest)
        free.put(each)
        return time.monotonic() - began if passed else 0.0

    def survives(mutant: Mutant) -> bool:
        each = free.get()
        survived = each.passes(
            mutant.module, mutant.number, 10 + 3 * took[judges_of(mutant.module)], subprocess.DEVNULL
        )
        free.put(each)
        print("survived" if survived else "noticed ", mutant, flush=True)
        return survived

    with ThreadPoolExecutor(len(copies)) as pool:
        first = {judges_of(mutant.module): mutant.module for mutant in share}  # those of a folder have the same judges
        took = dict(zip(first, pool.map(time_of, first.values()), strict=True))
        if failing := [first[tests] for tests, seconds in took.items() if not seconds]:
            print(f"Without any change the tests fail, or take more than {longest:.0f} s, of:", *failing, sep="\n  ")
            return None
        return [mutant for mutant, survived in zip(share, pool.map(survives, share), strict=True) if survived]


def main() -> int:
    """Judge a share of the changes; return 1 if more survive than may, 2 if nothing could be judged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="how many changes, 0 for all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--modules", nargs="+", default=["core"], help="files and folders")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int, default=0, help="how many may survive")
    parser.add_argument("--longest", type=float, default=300.0, help="seconds the tests of a module may take unchanged")
    chosen = parser.parse_args()
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    every, known = wanted(chosen.modules), explained()
    unclear = [mutant for mutant in every if mutant.key not in known]
    share = random.Random(chosen.seed).sample(unclear, min(chosen.count or len(unclear), len(unclear)))  # noqa: S311
    print(f"{len(share)} of {len(unclear)} changes, seed {chosen.seed}; {len(every) - len(unclear)} more are explained")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Copy(Path(folder, str(number))) for number in range(chosen.workers)]
        survivors = judge(share, copies, chosen.longest)
    if survivors is None:
        return 2
    print(f"{len(share) - len(survivors)} of {len(share)} noticed, {len(survivors)} not:", *survivors, sep="\n  ")
    for key in sorted(known - {mutant.key for mutant in every}):
        if key[0] in {mutant.module for mutant in every}:
            print("explained, but no longer there:", *key)
    return int(len(survivors) > chosen.most)


if __name__ == "__main__":
    sys.exit(main())
