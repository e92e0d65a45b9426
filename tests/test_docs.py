"""README.md and docs/ are true: what they document is there, what is there is documented, their commands run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from tukscal.cli.main import cli
from tukscal.core.errors import ERRORS, SEVERAL
from tukscal.core.ledger.model import State
from tukscal.core.pdf.limits import Limits
from tukscal.core.report.write import COLUMNS
from tukscal.core.timetable.export import CSV_COLUMNS
from tukscal.core.watch.reporters import DaemonMetrics
from tukscal.core.watch.status import DaemonState, DaemonStatus
from tukscal.examples import pictures
from tukscal.sync.service.access.secrets import Scope
from tukscal.sync.service.settings import Settings

ROOT = Path(__file__).parents[1]
NAMES = ("README.md", *(f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md"))))
TEXTS = {name: (ROOT / name).read_text("utf-8") for name in NAMES}
ALL = "\n".join(TEXTS.values())
OPTION = re.compile(r"(?<![\w/-])(--?[a-z][a-z-]*)")
# Options of other programs that the documents speak of.
FOREIGN = {"-name", "-print0", "-H", "-d"}


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and the text below it, up to the next one."""

    file: str
    heading: str
    text: str

    @property
    def command(self) -> str | None:
        """The command it documents, if it does."""
        found = re.fullmatch(r"`(tukscal(?: [a-z]+)*)`", self.heading)
        return found[1] if found else None

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of its tables' rows, without the heads."""
        for line in self.text.splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells and "`" in cells[0]:
                yield cells


def sections(texts: Mapping[str, str]) -> list[Section]:
    """Return the sections of documents; what stands in a box of commands is no heading."""
    found = []
    for file, text in texts.items():
        plain = re.sub(r"(?ms)^ *```.*?^ *```$", "", text)
        parts = re.split(r"(?m)^#+ (.*)$", plain)
        found += [Section(file=file, heading=h, text=t) for h, t in zip(parts[1::2], parts[2::2], strict=True)]
    return found


def commands(group: click.Group, path: str = "tukscal") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its whole name."""
    context = click.Context(group)
    yield path, group
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(cli))


def real_options(command: click.Command) -> dict[str, click.Parameter]:
    """Return what a command takes, without --help, which every command takes."""
    return {name: one for one in command.params if isinstance(one, click.Option) and not one.hidden
            for name in one.opts}  # fmt: skip


def documented_options(all_: list[Section], command: str) -> dict[str, str]:
    """Return option -> its row of the command's section, or of a section of options that it names."""
    ours = [one for one in all_ if one.command == command]
    shared = {anchor(one.heading): one for one in all_ if one.heading.startswith("Options: ")}
    named = [shared[link] for one in ours for link in re.findall(r"\(\S*#(options-[a-z-]+)\)", one.text)]
    return {option: " | ".join(cells) for one in (*ours, *named) for cells in one.rows()
            for option in OPTION.findall(cells[0])}  # fmt: skip


def anchor(heading: str) -> str:
    """Return the name by which a heading is linked to, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def complaints(texts: Mapping[str, str], command: str) -> list[str]:
    """Return what is wrong with the documents of a command's options."""
    real, found = real_options(COMMANDS[command]), documented_options(sections(texts), command)
    wrong = [f"{name} is not documented" for name in real if name not in found]
    wrong += [f"{name} is no option" for name in found if name not in real]
    return wrong + [f"{name} has the default {_default(one)}" for name, one in real.items() if name in found
                    and _default(one) and f"`{_default(one)}`" not in found[name]]  # fmt: skip


def _default(option: click.Parameter) -> str:
    """Return an option's default as a document writes it, empty where there is none to tell."""
    value = option.default
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


# ---- commands and options


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command: str) -> None:
    """A command's section has each of its options with its default, and no others."""
    if COMMANDS[command].params or not isinstance(COMMANDS[command], click.Group):
        assert command in {one.command for one in sections(TEXTS)}
    assert complaints(TEXTS, command) == []


def test_what_is_documented_wrong_is_noticed() -> None:
    """An option left out, one made up and another default are complained of."""
    text = TEXTS["docs/faculty.md"]
    for old, new, complaint in (
        ("| `--reread` |", "| reading |", "--reread is not documented"),
        ("| `--reread` |", "| `--reread`, `--unread` |", "--unread is no option"),
        ("| `--keep DAYS` | `90`", "| `--keep DAYS` | `30`", "--keep has the default 90"),
    ):
        assert old in text
        assert complaints({**TEXTS, "docs/faculty.md": text.replace(old, new)}, "tukscal batch") == [complaint]


def test_sections_are_of_commands_there_are() -> None:
    """No section documents a command that is not there, and no command is documented twice."""
    found = [one.command for one in sections(TEXTS) if one.command]
    assert set(found) <= set(COMMANDS)
    assert len(found) == len(set(found))


def test_what_prose_names_is_there() -> None:
    """Every `tukscal ...` in a sentence is a command with such options, and every `--option` one of some command."""
    every = {name for command in COMMANDS.values() for name in real_options(command)} | {"-h", "--help", "--version"}
    plain = re.sub(r"(?ms)^ *```.*?^ *```$", "", ALL)
    for code in re.findall(r"`([^`\n]+)`", plain):
        if not code.startswith(("find", "pip", "make", "curl")):
            assert set(OPTION.findall(code)) - FOREIGN <= every, code
        if code.startswith("tukscal "):
            name, options = split(code.split())
            assert name in COMMANDS, code
            assert set(OPTION.findall(" ".join(options))) <= every, code


def split(line: list[str]) -> tuple[str, list[str]]:
    """Return the name of the command in a line's words, and the words behind it."""
    name, *words = line
    while words and f"{name} {words[0]}" in COMMANDS:
        name = f"{name} {words.pop(0)}"
    return name, words


@pytest.mark.parametrize("file", NAMES)
def test_links_lead_somewhere(file: str) -> None:
    """Every link of a document to a file or a heading of ours leads to one."""
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", TEXTS[file]):
        place = (ROOT / file).parent / target if target else ROOT / file
        assert place.exists(), target
        if heading:
            name = str(place.resolve().relative_to(ROOT))
            assert heading in {anchor(one.heading) for one in sections({name: TEXTS[name]})}, heading


# ---- settings, variables, codes


def defaults(settings: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield each setting with its default as a document writes it."""
    for item in fields(settings):
        value, name = getattr(settings, item.name), f"{above}{item.name}"
        if is_dataclass(value):
            yield from defaults(value, f"{name}.")
        elif isinstance(value, float | int):
            yield name, f"{value:.12g}"
        else:
            values = value if isinstance(value, tuple) else (value,)
            yield name, ", ".join(f"`{one}`" for one in values if str(one))


def test_every_setting_is_documented() -> None:
    """The table of settings is that of the code: names and defaults."""
    (table,) = [one for one in sections(TEXTS) if one.file == "docs/service.md" and one.heading == "Settings"]
    assert [(cells[0].strip("`"), cells[1]) for cells in table.rows()] == list(defaults(Settings()))


def test_every_limit_is_documented() -> None:
    """The table of size limits is that of the code."""
    (table,) = [one for one in sections(TEXTS) if one.heading == "Size limits"]
    assert [(cells[0].strip("`"), cells[1]) for cells in table.rows()] == list(defaults(Limits()))


def test_every_variable_is_documented() -> None:
    """Every variable of the environment that the code reads is documented, and every documented one is read."""
    code = "\n".join(file.read_text("utf-8") for top in ("cli", "core", "sync") for file in (ROOT / top).rglob("*.py"))
    read = set(re.findall(r"environ(?:ment)?\.get\(\s*\"([A-Z][A-Z_]+)\"", code)) | {"TUKSCAL_KEY"}
    settings = {f"TUKSCAL_{name.replace('.', '_')}".upper() for name, _ in defaults(Settings())}
    assert sorted(name for name in read if f"`{name}`" not in ALL) == []
    named = set(re.findall(r"\bTUKSCAL_[A-Z_]+[A-Z]\b", ALL))
    assert sorted(named - read - settings) == []


def test_every_exit_code_is_documented() -> None:
    """The table has every named cause with its code, and the codes that have no cause."""
    (table,) = [one for one in sections(TEXTS) if one.file == "docs/exit-codes.md" and not one.heading.startswith("`")]
    rows = [re.split(r" *\| *", line.strip("| ")) for line in table.text.splitlines() if re.match(r"\| \d", line)]
    found = {int(row[0]): row[1].strip("`") for row in rows}
    causes = {error.exit_code: error.cause for error in ERRORS}
    assert found == {**dict.fromkeys((0, 1, 2, SEVERAL, 129, 130, 141, 143), ""), **causes}


@pytest.mark.parametrize(
    ("file", "heading", "names"),
    [
        ("docs/faculty.md", "`tukscal jobs`", [state.value for state in State]),
        ("docs/watch.md", "`tukscal status`", [state.value for state in DaemonState]),
        ("docs/json.md", "`convert --format csv`", CSV_COLUMNS),
        ("docs/json.md", "`batch --report FILE.csv`", COLUMNS),
        ("docs/json.md", "`status --json`", [item.name for item in fields(DaemonStatus)]),
        ("docs/service.md", "`tukscal serve token add`", tuple(Scope)),
    ],
)
def test_names_are_documented(file: str, heading: str, names: list[str]) -> None:
    """States, columns, keys and scopes stand in their section."""
    (one,) = [one for one in sections(TEXTS) if (one.file, one.heading) == (file, heading)]
    assert [name for name in names if f"`{name}`" not in one.text] == []


def test_every_metric_of_the_daemon_is_documented() -> None:
    """docs/watch.md has the metrics of /metrics, and no others."""
    metrics = DaemonMetrics(lambda: DaemonStatus(state=DaemonState.IDLE, outcomes={"done": 1}, causes={"io": 1}))
    metrics.observe("lectures", 0.1)
    types = re.findall(r"# TYPE (\w+) ", metrics.text().decode())
    assert set(re.findall(r"`(tukscal_[a-z_]+)`", TEXTS["docs/watch.md"])) == set(types) - {
        name for name in types if name.endswith("_created")
    }


def test_each_word_is_defined_once() -> None:
    """CONTRIBUTING.md defines its words, each once and in one sentence."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| ([\w ,]+) \| (.+) \|$", text.partition("## Words")[2].partition("## Rules")[0])
    words = [word for terms, _ in rows[1:] for word in terms.split(", ")]
    assert len(words) == len(set(words)) >= 20
    assert [meaning for _, meaning in rows if ". " in meaning] == []


# ---- pictures


def test_pictures_are_those_of_the_program() -> None:
    """docs/images/ is what `make pictures` writes, and README.md shows all of it."""
    made = pictures.pictures()
    assert {file.name: file.read_bytes() for file in pictures.IMAGES.iterdir()} == made
    assert set(re.findall(r"docs/images/([\w.]+)", TEXTS["README.md"])) == set(made)


def test_the_readme_is_short() -> None:
    """README.md has at most 150 lines."""
    assert len(TEXTS["README.md"].splitlines()) <= 150
