"""The commands in the boxes of README.md and docs/ run as they stand there, one after the other, on the examples."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import click
import httpx
import pytest
from click.testing import CliRunner
from tukscal.cli.main import cli
from tukscal.examples import pictures
from tukscal.examples.loadtest.service import OwnService
from tukscal.tests.running import TUKSCAL, clean_environment
from tukscal.tests.test_docs import COMMANDS, NAMES, ROOT, TEXTS, split

PUBLIC = "https://timetables.example.ac.za"
"""The service of the documents; here it is one that the test starts."""
TYPED = {
    "tukscal serve admin add": "a long password\n",
    "tukscal term new": "9 Feb\n27 May\n20 Jul\n6 Nov\n\n\n\n\n\n\n\n\ny\n",
}
ADDED = {"tukscal watch": ["--once", "--settle", "0.1"], "tukscal batch": ["--workers", "1"]}
"""To end what runs for ever, and to start one worker only."""
PARSED = {"tukscal choose": "needs a terminal: tests/cli/choose/test_state.py", "tukscal serve": "started by the test"}
"""What does not run here as it stands, and why; its options are read all the same."""
PROCESSES = ("tukscal batch", "tukscal watch", "tukscal sync push")
"""What forks or takes signals runs as a process of its own."""
TOOLS = ("make", "pipx", "curl")


class Line(NamedTuple):
    """A command as it stands in a box: the exit code and the output it is to have."""

    text: str
    code: int
    output: list[str]


def boxes(file: str) -> Iterator[Line]:
    """Yield the commands of a document: lines of `sh`, and those behind `$` in `console` with their output."""
    for kind, text in re.findall(r"(?ms)^ *```(sh|console)\n(.*?)^ *```$", TEXTS[file]):
        lines = text.replace("\\\n", " ").splitlines()
        for number, line in enumerate(lines):
            if kind == "sh" or line.startswith("$ "):
                command, _, comment = line.removeprefix("$ ").partition(" #")
                code = re.match(r" exit code (\d+)", comment)
                after = [] if kind == "sh" else lines[number + 1 :]
                end = next((at for at, one in enumerate(after) if one.startswith("$ ")), len(after))
                yield Line(command.strip(), int(code[1]) if code else 0, after[:end])


@dataclass(kw_only=True)
class Reader:
    """Who types a document's commands, in a folder of their own."""

    folder: Path
    service: OwnService
    token: str = ""
    ran: list[str] = field(default_factory=list)

    def type(self, line: Line) -> None:
        """Run a command and check what came of it."""
        words = shlex.split(line.text.replace(PUBLIC, self.url).replace("$TOKEN", self.token))
        while re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if words[0] in TOOLS:
            _tool(words)
            return
        name, rest = split([word for word in words if word not in ("--store", "service.db")])
        if words[0] == "tukscal" and name in PARSED and "--propose" not in words:
            COMMANDS[name].make_context(name, rest)
            return
        code, output = self._run(name, [*words[1:], *ADDED.get(name, [])])
        assert code == line.code, output
        assert _agree(output.splitlines(), line.output), output
        self.ran.append(name)
        if name == "tukscal serve token add":
            self.token = output.splitlines()[0]

    @property
    def url(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.service.port}"

    def _run(self, name: str, arguments: list[str]) -> tuple[int, str]:
        typed = f"{self.token}\n" if name == "tukscal login" else TYPED.get(name, "")
        if name not in PROCESSES:
            done = CliRunner().invoke(cli, arguments, input=typed)
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise done.exception
            return done.exit_code, done.output
        ran = subprocess.run([TUKSCAL, *arguments], check=False, capture_output=True, text=True)
        return ran.returncode, ran.stdout + ran.stderr


def _tool(words: list[str]) -> None:
    """Check a command that is not ours: a target of the Makefile, an extra, or a request."""
    if words[0] == "make":
        assert re.search(rf"(?m)^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"))
    elif words[0] == "pipx":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        assert words[2] in {".", *(f".[{name}]" for name in extras)}
    else:
        asked = dict(header.split(": ") for flag, header in pairwise(words) if flag == "-H")
        answer = httpx.post(words[-1], headers=asked, content=words[words.index("-d") + 1])
        assert answer.status_code == httpx.codes.CREATED, answer.text
        assert answer.json()["url"]


def _agree(printed: list[str], wanted: list[str]) -> bool:
    """Tell whether the output is the one wanted; `...` stands for any lines."""
    pattern = "\n".join("(?s:.*)" if line == "..." else re.escape(line) for line in wanted)
    return not wanted or re.fullmatch(pattern, "\n".join(printed)) is not None


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody with the example timetables who has no settings yet, and a service that is not started yet."""
    folder = tmp_path / "work"
    for place in (folder, folder / "timetables", folder / "in", folder / "calendars"):
        place.mkdir()
    pictures.prepare(folder)
    for name in pictures.EXAMPLES:
        shutil.copy(folder / f"{name}.pdf", folder / "timetables")
    shutil.copy(folder / "tests.pdf", folder / "in")
    (folder / "cut-off.pdf").write_bytes((folder / "lectures.pdf").read_bytes()[:4000])
    for name, value in clean_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TUKSCAL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TUKSCAL_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(folder)
    service = OwnService(folder, workers=1)
    yield Reader(folder=folder, service=service)
    if service.port:
        service.stop()


@pytest.mark.parametrize("file", [name for name in NAMES if "```sh" in TEXTS[name]])
def test_the_commands_of_a_document_run(file: str, reader: Reader) -> None:
    """Each command ends with the exit code that stands behind it, 0 if none does, and prints what is shown."""
    if lists := re.findall(r"(?ms)^```csv\n(.*?)^```$", TEXTS[file]):
        (reader.folder / "list.csv").write_text(lists[0])
    if PUBLIC in TEXTS[file]:
        reader.service.start()
    for line in boxes(file):
        if line.text:
            reader.type(line)
    assert len(reader.ran) >= 2


def test_the_service_has_the_paths_and_metrics_that_are_documented(reader: Reader) -> None:
    """Each path of the API and each metric of a running service is in docs/service.md."""
    text = TEXTS["docs/service.md"]
    paths, metrics = re.findall(r"`(/[a-z0-9/]+)", text), set(re.findall(r"`tukscal_([a-z_]+)`", text))
    reader.service.start()
    api = httpx.get(f"{reader.url}/openapi.json").json()["paths"]
    pages = {"/", "/recovery", "/recover/{link}", "/static/{name}", "/favicon.ico"}
    assert [path for path in set(api) - pages if not path.startswith(tuple(paths))] == []
    assert [path for path in paths if not any(there.startswith(path) for there in [*api, "/openapi.json"])] == []
    served = re.findall(r"# TYPE tukscal_(\w+) ", httpx.get(f"{reader.url}/metrics").text)
    assert {name for name in served if not name.endswith("_created")} <= metrics
    code = (ROOT / "sync" / "service" / "metrics.py").read_text("utf-8")
    assert [name for name in metrics if f'{name.removesuffix("_total")}"' not in code] == []


def test_every_command_runs_somewhere() -> None:
    """Each command without a subcommand of its own stands in a box, or is classified."""
    boxed = {split(re.sub(r"--store \S+ |^[A-Z_]+=\S+ ", "", line.text).split())[0]
             for file in NAMES for line in boxes(file) if "tukscal" in line.text}  # fmt: skip
    leaves = {name for name, command in COMMANDS.items() if not isinstance(command, click.Group)}
    assert leaves - boxed == {
        "tukscal jobs retry",  # needs failed jobs, discard dead letters: tests/cli/jobs/test_command.py
        "tukscal jobs dead list", "tukscal jobs dead discard",
        "tukscal serve token revoke",  # needs an id: tests/cli/serve/test_tokens.py
    }  # fmt: skip


def test_output_that_differs_is_noticed() -> None:
    """Lines must be those shown, in their order; `...` stands for any."""
    assert _agree(["a", "b", "c"], ["a", "...", "c"])
    assert not _agree(["a", "b"], ["a", "c"])
    assert not _agree(["a", "b"], ["a"])
