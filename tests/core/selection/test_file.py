"""Selection files: where they are found, what is wrong with them, and that they say again what was written."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import BadRows, NoSuchFile
from tukscal.core.model import PERIODS
from tukscal.core.selection.file import (
    Chosen,
    choose_entries,
    combine,
    dump_selection,
    find_selection,
    group_key,
    parse_group,
    read_selection,
)
from tukscal.core.selection.select import Selection
from tukscal.core.timetable.values import Unreadable
from tukscal.tests.core.sessions import exam, lecture, semester_test, timetable

LECTURES = timetable(
    [lecture(module=module, group=group) for module in ("COS 214", "STK 220") for group in ("G01", "G02")], name="a.pdf"
)
TESTS = timetable([semester_test(), semester_test(module="WTW 285")], name="b.pdf")
EXAMS = timetable([exam(module="IMY 210")], name="c.pdf")
FULL = """\
# mine
language = "E"
programme = "r3"
modules = ["COS 214", "COS226"]
exclude = [" COS 284 "]
[groups]
"COS214" = ["G01", " P02"]
"COS 301 S2" = ["G02"]
"""


def write(path: Path, text: str = "") -> Path:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# ---- reading


def test_every_key(tmp_path: Path) -> None:
    """A file gives modules and groups in their usual form, its name, and is not lenient."""
    path = write(tmp_path / "a.toml", FULL)
    assert read_selection(path) == Selection(
        groups={"COS 214": ("G01", "P02"), "COS 301 S2": ("G02",)},
        modules=("COS 214", "COS 226"),
        exclude=("COS 284",),
        language="E",
        programme="r3",
        source=str(path),
        lenient=False,
    )


@pytest.mark.parametrize("data", [b"", b"# nothing yet\r\n", b"\xef\xbb\xbf[groups]\r\n"])
def test_an_empty_file_chooses_nothing(tmp_path: Path, data: bytes) -> None:
    """An empty file, one of comments and one with a byte order mark are selections of nothing."""
    (tmp_path / "a.toml").write_bytes(data)
    selection = read_selection(tmp_path / "a.toml")
    assert not selection
    assert selection == Selection(source=str(tmp_path / "a.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('language = "E"\nmodules = [', "is not TOML: "),
        ('language = "E"\nprogramme = r3', "at line 2, column 13"),
        ('module = ["COS 214"]', "there is no 'module' in a selection; there are language, programme, modules,"),
        ('groups = ["G01"]', "groups is not a table"),
        ('[groups]\n"COS 214" = "G01"', "COS 214 is not a list of texts"),
        ('[groups]\n"COS 214" = [1]', "COS 214 is not a list of texts"),
        ('[groups]\n"COS 214" = ["one"]', "'one' is not a group"),
        ('[groups]\n"COS 214" = [""]', "a group is missing"),
        ('[groups]\n"COS" = ["G01"]', "'COS' is not a module code"),
        ('[groups]\n"COS 214 S9" = ["G01"]', "'COS 214 S9' is not a module code"),
        ('[groups]\n"COS 214" = ["G01"]\n"COS214" = ["P01"]', "COS 214 has two lists of groups"),
        ('modules = "COS 214"', "modules is not a list of texts"),
        ('modules = ["cos 214"]', "'cos 214' is not a module code"),
        ("exclude = [1]", "exclude is not a list of texts"),
        ('language = "English"', "language is not E or A"),
        ("language = 1", "language is not E or A"),
        ('programme = ["r3"]', "programme is not a text"),
        ("modules = " + "[" * 20_000, "is not a selection"),
        ("#" * 65_537, "is not a selection"),
        (".".join("a" * 102) + " = 1", "is not a selection"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    """A wrong file is named with the line or key that is wrong and why."""
    path = write(tmp_path / "a.toml", text)
    with pytest.raises(BadRows) as raised:
        read_selection(path)
    assert raised.value.message.startswith(f"The selection {path} is ")
    assert message in raised.value.message
    assert raised.value.advice


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """What is no text is no selection; a missing file and a folder are named."""
    (tmp_path / "a.toml").write_bytes(b'language = "\xff"')
    with pytest.raises(BadRows, match="is not a selection"):
        read_selection(tmp_path / "a.toml")
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(NoSuchFile) as raised:
            read_selection(path)
        assert raised.value.file == str(path)


# ---- finding


def test_the_nearest_file_is_found(tmp_path: Path) -> None:
    """NAME.toml goes before tukscal.toml beside the PDF, which goes before one in a folder above it."""
    pdf = tmp_path / "studies" / "2026" / "lectures.pdf"
    write(tmp_path / "studies" / "2026" / "other.toml", "wrong")
    above = write(tmp_path / "tukscal.toml", 'language = "A"')
    assert find_selection(pdf) == Selection(language="A", source=str(above), lenient=True)
    nearer = write(tmp_path / "studies" / "tukscal.toml", 'language = "E"')
    assert find_selection(pdf) == Selection(language="E", source=str(nearer), lenient=True)
    beside = write(tmp_path / "studies" / "2026" / "tukscal.toml")
    assert find_selection(pdf) == Selection(source=str(beside), lenient=True)
    own = write(pdf.with_suffix(".toml"), 'programme = "r3"')
    assert find_selection(pdf) == Selection(programme="r3", source=str(own))


def test_a_folder_of_that_name_is_no_selection(tmp_path: Path) -> None:
    """A folder called NAME.toml is passed over."""
    (tmp_path / "lectures.toml").mkdir()
    shared = write(tmp_path / "tukscal.toml")
    assert find_selection(tmp_path / "lectures.pdf") == Selection(source=str(shared), lenient=True)


def test_a_relative_path_looks_above_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF named from its own folder finds the selection above that folder."""
    shared = write(tmp_path / "tukscal.toml")
    (tmp_path / "2026").mkdir()
    monkeypatch.chdir(tmp_path / "2026")
    assert find_selection(Path("lectures.pdf")) == Selection(source=str(shared), lenient=True)


def test_a_timetable_called_tukscal(tmp_path: Path) -> None:
    """Beside tukscal.pdf the file tukscal.toml is still everybody's: it may name modules of other timetables."""
    shared = write(tmp_path / "tukscal.toml", 'modules = ["COS 999"]')
    assert find_selection(tmp_path / "tukscal.pdf") == Selection(modules=("COS 999",), source=str(shared), lenient=True)


def test_a_wrong_file_that_is_found_is_named(tmp_path: Path) -> None:
    """A selection that is found and wrong is an error, not passed over."""
    write(tmp_path / "tukscal.toml", "modules = 1")
    with pytest.raises(BadRows, match=r"tukscal\.toml is wrong: modules"):
        find_selection(tmp_path / "lectures.pdf")


# ---- writing

modules = st.from_regex(r"[A-Z]{3} [0-9]{3}", fullmatch=True)
keys = st.one_of(modules, st.builds("{} {}".format, modules, st.sampled_from(PERIODS)))
labels = st.lists(st.from_regex(r"[A-Za-z]{1,4}[0-9]{1,3}", fullmatch=True), max_size=3).map(tuple)
texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\"'\\\n\r\t\0\x7f#[]=")))
selections = st.builds(
    Selection,
    groups=st.dictionaries(keys, labels, max_size=4),
    modules=st.lists(modules, max_size=3).map(tuple),
    exclude=st.lists(modules, max_size=3).map(tuple),
    language=st.sampled_from([None, "E", "A"]),
    programme=st.one_of(st.none(), texts.filter(bool)),
)


@given(selections)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, selection: Selection) -> None:
    """Every selection, whatever characters its programme has, is read as it was written, and written the same again."""
    path = tmp_path_factory.getbasetemp() / "written.toml"
    path.write_bytes(dump_selection(selection))
    again = read_selection(path)
    assert replace(again, source="") == selection
    assert dump_selection(again) == dump_selection(selection)


def test_what_is_written_looks_like() -> None:
    """A written file says what it is, has only the keys that are used, and its modules in order."""
    groups = {"STK 220": ("G01",), "COS 214": ("G01", "P02")}
    assert dump_selection(Selection(groups=groups, language="E", programme='a"\\\n')).decode() == (
        "# Which groups tukscal puts into the calendar; see `tukscal choose --help`.\n"
        'language = "E"\n'
        'programme = "a\\"\\\\\\u000a"\n'
        "\n[groups]\n"
        '"COS 214" = ["G01", "P02"]\n'
        '"STK 220" = ["G01"]\n'
    )
    assert tomllib.loads(dump_selection(Selection()).decode()) == {}


def test_what_no_file_can_hold_is_replaced() -> None:
    """Bytes of a command line that are no text do not make a file that cannot be written or read."""
    assert tomllib.loads(dump_selection(Selection(programme="r\udcff3")).decode()) == {"programme": "r?3"}


# ---- typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COS 214=G01", ("COS 214", ("G01",))),
        ("COS214=G01,P02", ("COS 214", ("G01", "P02"))),
        (" COS 214 = G01 , P02 ", ("COS 214", ("G01", "P02"))),
        ("COS 301 S2=G02", ("COS 301 S2", ("G02",))),
        ("COS301  Q3=G02", ("COS 301 Q3", ("G02",))),
    ],
)
def test_groups_of_the_command_line(text: str, expected: tuple[str, tuple[str, ...]]) -> None:
    """MODULE=GROUP,... is read with or without blanks, and with a period."""
    assert parse_group(text) == expected


@pytest.mark.parametrize(
    "text", ["COS 214", "=G01", "COS 214=", "COS 214=G01,,P02", "COS 214 G01", "S2=G01", "COS 214=G"]
)
def test_groups_of_the_command_line_that_are_wrong(text: str) -> None:
    """Anything else is refused with a reason."""
    with pytest.raises(Unreadable, match=r"."):
        parse_group(text)


def test_a_key_is_a_module_or_a_module_and_a_period() -> None:
    """Keys of groups have one usual form."""
    for period in PERIODS:
        assert group_key(f" COS214 {period} ") == f"COS 214 {period}"
    assert group_key("COS214") == group_key(" COS 214") == "COS 214"


def test_what_is_typed_goes_first() -> None:
    """What was typed replaces what the file says of the same, adds to what it excludes, and leaves the rest."""
    file = Selection(
        groups={"COS 214": ("G01", "P01"), "COS 301": ("G01",), "COS 301 S2": ("G02",), "STK 220": ("G01",)},
        modules=("COS 214",), exclude=("COS 284", "WTW 285"), language="E", programme="r3",
        source="a.toml", lenient=True,
    )  # fmt: skip
    assert combine(file, Selection()) == file
    assert combine(None, Selection(language="A")) == Selection(language="A")
    typed = Selection(
        groups={"COS 214": ("G02",), "COS 301": ("G03",), "STK 220 S2": ("G02",)},
        modules=("WTW 285", "STK 220"), exclude=("IMY 210", "COS 284"), language="A", programme="e3",
    )  # fmt: skip
    assert combine(file, typed) == Selection(
        groups={"COS 214": ("G02",), "COS 301": ("G03",), "STK 220": ("G01",), "STK 220 S2": ("G02",)},
        modules=("WTW 285", "STK 220"), exclude=("COS 284", "IMY 210"), language="A", programme="e3",
        source="a.toml", lenient=True,
    )  # fmt: skip


# ---- choosing for several PDFs


def groups_of(chosen: list[Chosen]) -> list[list[str]]:
    """Return module and group of what is left of each PDF."""
    return [
        [" ".join(filter(None, [entry.module, entry.group])) for entry in each.selected.timetable.entries]
        for each in chosen
    ]


def test_each_pdf_has_its_own_selection(tmp_path: Path) -> None:
    """Each PDF is chosen from by the file that belongs to it, which is named."""
    write(tmp_path / "a.toml", '[groups]\n"COS 214" = ["G02"]')
    write(tmp_path / "b.toml", 'exclude = ["WTW 285"]')
    files = [tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "c.pdf"]
    chosen = choose_entries(files, [LECTURES, TESTS, EXAMS], Selection(), None)
    assert groups_of(chosen) == [["COS 214 G02", "STK 220 G01", "STK 220 G02"], ["COS 214"], ["IMY 210"]]
    assert [Path(each.source).name for each in chosen] == ["a.toml", "b.toml", "a.toml"]


def test_tests_and_exams_follow_the_modules_of_the_lectures(tmp_path: Path) -> None:
    """Tests and exams without a selection have the modules that the lectures' own file leaves, whatever its order."""
    write(tmp_path / "a.toml", 'exclude = ["WTW 285", "STK 220"]\nlanguage = "E"\n[groups]\n"COS 214" = ["G02"]')
    files = [tmp_path / "b.pdf", tmp_path / "a.pdf"]
    chosen = choose_entries(files, [TESTS, LECTURES], Selection(), None)
    assert groups_of(chosen) == [["COS 214"], ["COS 214 G02"]]
    (alone,) = choose_entries(files[:1], [TESTS], Selection(), None)
    assert groups_of([alone]) == [["COS 214", "WTW 285"]]


def test_one_selection_for_all(tmp_path: Path) -> None:
    """--select is used for every PDF instead of theirs; of several, one may have nothing left."""
    write(tmp_path / "a.toml", 'modules = ["STK 220"]')
    mine = write(tmp_path / "mine.toml", 'modules = ["COS 214", "IMY 210"]\n[groups]\n"COS 214" = ["G01"]')
    files = [tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "c.pdf"]
    chosen = choose_entries(files, [LECTURES, TESTS, EXAMS], Selection(), mine)
    assert groups_of(chosen) == [["COS 214 G01"], ["COS 214"], ["IMY 210"]]
    assert {each.source for each in chosen} == {str(mine)}
    only = choose_entries(files, [LECTURES, TESTS, EXAMS], Selection(modules=("IMY 210",)), mine)
    assert groups_of(only) == [[], [], ["IMY 210"]]
    with pytest.raises(BadRows, match="leaves nothing of these PDFs"):
        choose_entries(files[:2], [LECTURES, TESTS], Selection(modules=("COS 214",), exclude=("COS 214",)), None)
    with pytest.raises(BadRows, match=r"leaves nothing of a\.pdf"):
        choose_entries(files[:1], [LECTURES], Selection(modules=("COS 214",), exclude=("COS 214",)), None)


def test_an_empty_selection_is_no_choice(tmp_path: Path) -> None:
    """An empty --select file stands instead of the PDF's own: everything is kept."""
    write(tmp_path / "a.toml", 'modules = ["STK 220"]')
    empty = write(tmp_path / "empty.toml")
    (chosen,) = choose_entries([tmp_path / "a.pdf"], [LECTURES], Selection(), empty)
    assert (chosen.selected.timetable, chosen.source) == (LECTURES, str(empty))


def test_what_is_typed_must_be_there(tmp_path: Path) -> None:
    """Beside a shared file, what is typed must name what there is; what the shared file names need not be there."""
    write(tmp_path / "tukscal.toml", 'exclude = ["COS 999"]\n[groups]\n"COS 301 S1" = ["G01"]')
    (chosen,) = choose_entries([tmp_path / "a.pdf"], [LECTURES], Selection(language="E"), None)
    assert len(chosen.selected.timetable.entries) == 4
    (chosen,) = choose_entries([tmp_path / "a.pdf"], [LECTURES], Selection(groups={"COS 214": ("G02",)}), None)
    assert groups_of([chosen]) == [["COS 214 G02", "STK 220 G01", "STK 220 G02"]]
    for typed in (Selection(modules=("COS 998",)), Selection(groups={"COS 998": ("G01",)})):
        with pytest.raises(BadRows, match=r"There is no COS 998 in a\.pdf"):
            choose_entries([tmp_path / "a.pdf"], [LECTURES], typed, None)


def test_a_missing_selection(tmp_path: Path) -> None:
    """A --select that is not there is named."""
    with pytest.raises(NoSuchFile) as raised:
        choose_entries([tmp_path / "a.pdf"], [LECTURES], Selection(), tmp_path / "mine.toml")
    assert raised.value.file == str(tmp_path / "mine.toml")
