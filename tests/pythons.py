"""Runs the tests on each Python that Debian has: `make test-pythons`, as root on a Debian with debootstrap.

    python tests/pythons.py [VERSION ...] [-- PYTEST'S ARGUMENTS]

Each Python lives in a folder of its own, made from Debian's packages and used again by the next run; TUKSCAL_PYTHONS
says where (else build/pythons). Whatever is mounted or runs there ends with this process, however that ends.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = Path(os.environ.get("TUKSCAL_PYTHONS") or ROOT / "build" / "pythons").resolve()
SUITES: Mapping[str, str] = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
"""Python -> the release of Debian whose own it is."""

PACKAGES = "ca-certificates,procps,python3,python3-venv"
# Where pip looks for its settings and the system for servers' names: inside, registries are reached as outside.
SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip", "~/.config/pip", "~/.pip", "/etc/resolv.conf", "/etc/hosts",
            "/etc/ssl/certs/ca-certificates.crt")  # fmt: skip
KEPT = ("PIP_", "SSL_", "REQUESTS_", "CURL_", "TERM", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
# Whatever ends this process ends what it started and what that mounted; unshare alone would go on.
SPACES = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")
# The bind makes "/" a file system of its own, without which a program inside sees none. The shell stays, as process 1:
# it takes leave of the processes whose parents are gone.
ENTER = """
mount --bind "$0" "$0" && cd "$0" && mount -t proc proc proc && mount --rbind /dev dev && mount --rbind /sys sys || exit
if [ -d "$1" ]; then mkdir -p src/shared && mount --bind -o ro "$1" src/shared || exit; fi
shift
chroot . "$@"
exit $?
"""


def main(arguments: list[str]) -> int:
    """Run the tests on each Python; return 1 if they fail on one."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    versions, rest = arguments[:split] or list(SUITES), arguments[split + 1 :]
    if unknown := [version for version in versions if version not in SUITES]:
        sys.exit(f"Debian has no Python {', '.join(unknown)} of its own; it has {', '.join(SUITES)}.")
    results = {version: _run(version, rest) for version in versions}
    print("\n".join(f"Python {version}: {'failed' if code else 'passed'}" for version, code in results.items()))
    return int(any(results.values()))


def _run(version: str, arguments: Iterable[str]) -> int:
    print(f"== Python {version}", flush=True)
    folder = FOLDERS / version
    _make(folder, SUITES[version])
    _copy(folder / "src" / "tukscal")
    _install(folder)
    return _inside(folder, "env", "-C", "/src/tukscal", "/venv/bin/python", "-m", "pytest", *arguments)


def _make(folder: Path, suite: str) -> None:
    made = folder / "made"
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # The steps are the same for every release since trixie, and older debootstraps know them by the name of sid.
        steps = [] if suite == "bookworm" else ["sid"]
        options = ("--variant=minbase", f"--include={PACKAGES}")
        command = [*SPACES, "debootstrap", *options, suite, str(folder), _mirror(), *steps]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        made.touch()
    for place in (Path(name).expanduser() for name in SETTINGS):
        inside = folder / place.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, inside, dirs_exist_ok=True)
        elif place.is_file():
            shutil.copyfile(place, inside)


def _mirror() -> str:
    """Return where this machine has its own Debian packages from."""
    wanted = ["--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"]
    found = subprocess.run(["apt-get", "indextargets", *wanted], check=True, capture_output=True, text=True).stdout
    if not found:
        sys.exit("apt knows no Debian packages yet: run apt-get update.")
    return found.splitlines()[0]


def _copy(source: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    shutil.rmtree(source, ignore_errors=True)
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)


def _install(folder: Path) -> None:
    lock = (ROOT / "requirements-dev.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    stamp, wanted = folder / "installed", hashlib.sha256(lock).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        pip = ("/venv/bin/python", "-m", "pip", "install", "-qq", "--disable-pip-version-check")
        for command in (
            ("python3", "-m", "venv", "--clear", "/venv"),
            (*pip, "--require-hashes", "-r", "/src/tukscal/requirements-dev.lock"),
            (*pip, "--no-deps", "--editable", "/src/tukscal"),
        ):
            if _inside(folder, *command):
                sys.exit(f"{' '.join(command)} failed")
        stamp.write_text(wanted)


def _inside(folder: Path, *command: str) -> int:
    """Run a command in the folder, in name spaces of its own, and return its exit code."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    environment = {**kept, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LANG": "C.UTF-8"}
    enter = [*SPACES, "sh", "-c", ENTER, str(folder), str(ROOT.parent / "shared")]
    return subprocess.run([*enter, *command], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
