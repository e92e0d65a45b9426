"""What is shipped: the wheel holds the package, whole and alone, and works away from the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
import tukscal
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES, TESTS
from tukscal.tests.running import clean_environment

ROOT = Path(__file__).parents[1]
TOP = ("cli", "core", "sync")  # shipped; tests and examples are not
SHIPPED = (".py", ".toml", ".html", ".css", ".js", ".svg")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def shipped_folders() -> list[str]:
    """The packages that the folders make."""
    inits = [ROOT / "__init__.py", *(init for top in TOP for init in (ROOT / top).rglob("__init__.py"))]
    return [".".join(("tukscal", *init.parent.relative_to(ROOT).parts)) for init in inits]


def test_package_list_is_that_of_the_folders(project: dict[str, Any]) -> None:
    """The packages listed by hand are the folders that hold an __init__.py, and no folder of code lacks one."""
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(shipped_folders())
    without = {file.parent for top in TOP for file in (ROOT / top).rglob("*.py")} - {
        init.parent for top in TOP for init in (ROOT / top).rglob("__init__.py")
    }
    assert without == set()


def test_every_dependency_has_a_floor(project: dict[str, Any]) -> None:
    """Every dependency says which version is the oldest that works; one is pinned, for we reach into it."""
    without = [item for item in project["project"]["dependencies"] if ">=" not in item]
    assert without == ["multiprocessing-logging==0.3.4"]


# ---- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: building leaves traces in its folder."""
    copy = tmp_path_factory.mktemp("source") / "tukscal"
    ignored = shutil.ignore_patterns(
        ".*", "build", "dist", "out", "*.egg-info", "node_modules", "__pycache__", "shared"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(copy)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel, which borrows the libraries of this one."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scheme = "nt" if os.name == "nt" else "posix_prefix"
    site = Path(sysconfig.get_path("purelib", scheme, {"base": str(folder), "platbase": str(folder)}))
    # A path added by a .pth file has no .pth files of its own read: the editable install stays out.
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--quiet", "--no-deps", "--no-index",
         "--force-reinstall", "--disable-pip-version-check", str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    return interpreter


def run(python: Path, cwd: Path, *arguments: str) -> str:
    """Run the fresh environment's interpreter away from the repository; return what it prints."""
    done = subprocess.run(
        [str(python), *arguments], cwd=cwd, env=clean_environment(cwd), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """The wheel holds every module, py.typed, the packaged terms and the licence; no tests, examples or build files."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    code = {name for name in names if ".dist-info/" not in name}
    files = [file for top in TOP for file in (ROOT / top).rglob("*") if file.suffix in SHIPPED]
    assert code == {f"tukscal/{name.relative_to(ROOT).as_posix()}" for name in (*files, ROOT / "__init__.py")} | {
        "tukscal/py.typed"
    }
    assert {"tukscal/core/terms/up-2025.toml", "tukscal/core/terms/up-2026.toml"} <= code
    info = {name.split(".dist-info/")[1] for name in names - code}
    assert info >= {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_installed_command_converts(python: Path, tmp_path: Path) -> None:
    """The installed command converts a PDF with the packaged term, from a folder far from the repository."""
    (tmp_path / "a.pdf").write_bytes(timetable_pdf(LECTURES))
    where = run(python, tmp_path, "-c", "import tukscal; print(tukscal.__file__, tukscal.__version__)").split()
    assert not Path(where[0]).is_relative_to(ROOT)
    assert where[1] == tukscal.__version__
    command = shutil.which("tukscal", path=str(python.parent))
    assert command is not None
    done = subprocess.run(
        [command, "convert", "a.pdf", "--year", "2026"],
        cwd=tmp_path, env=clean_environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "  6 weekly sessions of 3 modules.\n  Teaching from 20 July to 6 November 2026.\n" in done.stdout
    assert (tmp_path / "a.ics").read_bytes().count(b"RRULE:FREQ=WEEKLY") == 6


def test_public_names_are_there(python: Path, tmp_path: Path) -> None:
    """`import tukscal` loads no library; every public name can be had, and no other."""
    code = (
        "import sys, tukscal, json\nheavy = ('pypdfium2', 'icalendar', 'click', 'tukscal.core.calendar.convert')\n"
        "loaded = [name for name in heavy if name in sys.modules]\n"
        "names = {name: getattr(tukscal, name) is not None for name in tukscal.__all__}\n"
        "try:\n    tukscal.nonsense\nexcept AttributeError as error:\n"
        "    print(json.dumps([loaded, names, str(error)]))"
    )
    loaded, names, message = json.loads(run(python, tmp_path, "-c", code))
    assert loaded == []
    assert set(names) == set(tukscal.__all__) >= {"convert", "read_pdf", "make_calendar", "TukscalError"}
    assert message == "module 'tukscal' has no attribute 'nonsense'"


def test_library_converts(python: Path, tmp_path: Path) -> None:
    """`tukscal.convert` turns bytes into a timetable and a calendar; its parts do the same, and errors are ours."""
    (tmp_path / "a.pdf").write_bytes(timetable_pdf(TESTS))
    code = (
        "import datetime, json, pathlib, tukscal\n"
        "data = pathlib.Path('a.pdf').read_bytes()\n"
        "options = tukscal.CalendarOptions(today=datetime.date(2026, 1, 1))\n"
        "timetable, conversion = tukscal.convert(data, options, name='a.pdf')\n"
        "again = tukscal.make_calendar([tukscal.read_pdf(data, name='a.pdf')], options)\n"
        "_, next_one = tukscal.convert(data, options, previous=conversion.ics)\n"
        "try:\n    tukscal.read_pdf(b'')\nexcept tukscal.TukscalError as error:\n    cause = error.cause\n"
        "print(json.dumps([timetable.kind, timetable.name, len(timetable.entries), again.ics == conversion.ics,\n"
        "    next_one.ics == conversion.ics, conversion.ics.count(b'BEGIN:VEVENT'), cause]))"
    )
    assert json.loads(run(python, tmp_path, "-c", code)) == ["tests", "a.pdf", 4, True, True, 4, "damaged"]


def test_types_are_shipped(python: Path, tmp_path: Path) -> None:
    """A type checker sees the installed package's types."""
    (tmp_path / "user.py").write_text("import tukscal\nreveal_type(tukscal.read_pdf(b'').entries[0].module)\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", str(python), "--cache-dir", str(tmp_path / "c"),
         "user.py"],
        cwd=tmp_path, env=clean_environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 'Revealed type is "builtins.str"' in done.stdout.replace('"str"', '"builtins.str"'), done.stdout
