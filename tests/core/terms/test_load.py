"""Where a term comes from, and what is said when there is none."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import zipfile
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from tukscal.core.errors import InputOutput, NoSuchFile, NoTerm
from tukscal.core.terms import PACKAGED, bare_term, load_term, read_term, require_period
from tukscal.core.terms.parse import public_holidays

OWN = """institution = "UP"
year = {year}
completeness = "full"
periods.S1 = {{ start = {year}-02-08, end = {year}-05-26 }}
"""


def own(folder: Path, year: int, name: str | None = None) -> Path:
    file = folder / (name or f"up-{year}.toml")
    file.write_text(OWN.format(year=year), "utf-8")
    return file


def test_packaged_term_carries_its_identity() -> None:
    """The packaged term is named, and its digest is the sha256 of the file's bytes."""
    term = load_term(2026)
    data = files("tukscal.core.terms").joinpath("up-2026.toml").read_bytes()
    assert (term.name, term.source, term.recess_known) == ("up-2026", PACKAGED, True)
    assert term.digest == hashlib.sha256(data).hexdigest()
    assert [span.name for span in term.periods["Y"]] == ["S1", "S2"]


def test_named_file_wins_over_folder_and_folder_over_package(tmp_path: Path) -> None:
    """A named file is used before the user's folder, and that before the packaged term."""
    in_folder, named = own(tmp_path, 2026), own(tmp_path, 2026, "mine.toml")
    assert load_term(2026, file=named, folder=tmp_path).source == str(named)
    assert load_term(2026, folder=tmp_path).source == str(in_folder)
    assert load_term(2026, folder=tmp_path / "nothing").source == PACKAGED


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    """A file that changes between two calls gives the new dates, whatever is cached."""
    file = own(tmp_path, 2027)
    before = load_term(2027, folder=tmp_path)
    file.write_text(file.read_text("utf-8").replace("05-26", "05-28"), "utf-8")
    assert load_term(2027, folder=tmp_path).periods["S1"][0].end == date(2027, 5, 28)
    assert before.periods["S1"][0].end == date(2027, 5, 26)


def test_file_for_another_year_is_refused(tmp_path: Path) -> None:
    """A file for another year is NoTerm naming both years, named or in the folder."""
    file = own(tmp_path, 2027, "up-2026.toml")
    for arguments in ({"file": file}, {"folder": tmp_path}):
        with pytest.raises(NoTerm, match=r"up-2026\.toml: a term file for 2027, not for 2026"):
            load_term(2026, **arguments)


def test_partial_2025_is_not_guessed() -> None:
    """2025 is NoTerm: it names the needed dates, offers the inferred starts as probable, and tells both ways out."""
    with pytest.raises(NoTerm) as caught:
        load_term(2025)
    message, advice = caught.value.message, caught.value.advice
    assert "2025 are not known: the first and last lecture day" in message
    assert "Probably S1 starts on 10 February 2025 and S2 starts on 21 July 2025" in message
    assert "`tukscal term new 2025`" in advice
    assert "`--from 2025-07-21 --until 2025-MM-DD`" in advice


def test_unheard_of_year_is_named() -> None:
    """A year without a file is NoTerm that names it and guesses nothing."""
    with pytest.raises(NoTerm, match="The teaching dates of 2031 are not known") as caught:
        load_term(2031)
    assert "Probably" not in caught.value.message
    assert "tukscal term new 2031" in caught.value.advice


def test_unreadable_files_are_told_apart(tmp_path: Path) -> None:
    """No file, a folder and an enormous file are three different causes."""
    with pytest.raises(NoSuchFile, match="no term file"):
        load_term(2026, file=tmp_path / "none.toml")
    with pytest.raises(InputOutput, match="cannot be read"):
        read_term(tmp_path)
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(NoTerm, match="far too large"):
        read_term(big)


def test_a_file_of_a_megabyte_is_read(tmp_path: Path) -> None:
    """A term file may have 2 to the 20 bytes, which is more than anybody writes."""
    file = own(tmp_path, 2026)
    text = file.read_bytes()
    file.write_bytes(text + b"#" * ((1 << 20) - len(text)))
    assert read_term(file).year == 2026


def test_required_period_is_returned_or_named() -> None:
    """A known period gives its spans; an unknown one is NoTerm with the source."""
    assert require_period(load_term(2026), "Q2")[0].start == date(2026, 4, 7)
    with pytest.raises(NoTerm, match=r"lecture day of Q9 in 2026 are not known \(packaged\)"):
        require_period(load_term(2026), "Q9")


def test_two_dates_make_a_term_that_admits_its_gaps() -> None:
    """--from and --until give every named period the same span, public holidays, and no claim about recess."""
    term = bare_term(2025, date(2025, 7, 21), date(2025, 11, 5), ["S2", "Y", "S2"])
    assert not term.recess_known
    assert {name: (span.start, span.end) for name, (span,) in term.periods.items()} == {
        "S2": (date(2025, 7, 21), date(2025, 11, 5)),
        "Y": (date(2025, 7, 21), date(2025, 11, 5)),
    }
    assert date(2025, 9, 24) in term.holidays
    assert term.digest == bare_term(2025, date(2025, 7, 21), date(2025, 11, 5), ["Y", "S2"]).digest
    assert term.digest != bare_term(2025, date(2025, 7, 21), date(2025, 11, 6), ["Y", "S2"]).digest


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2025, 11, 5), date(2025, 7, 21), "2025-07-21 is before the start, 2025-11-05"),
        (date(2024, 7, 21), date(2025, 11, 5), "2024-07-21 is not in 2025"),
    ],
)
def test_two_dates_must_make_sense(start: date, end: date, said: str) -> None:
    """Dates the wrong way round or in another year are NoTerm in words."""
    with pytest.raises(NoTerm, match=said):
        bare_term(2025, start, end, ["S2"])


def test_term_is_a_cache_key_that_survives_pickling() -> None:
    """A term sent to another process is equal to, and hashes like, the one that was sent."""
    term = load_term(2026)
    copy = pickle.loads(pickle.dumps(term))  # noqa: S301 - our own bytes
    assert copy is not term
    assert {term: "found"}[copy] == "found"


@pytest.mark.parametrize("year", range(2015, 2036))
def test_short_way_to_the_holidays_is_right(year: int) -> None:
    """The one file of South Africa gives what the `holidays` package gives for ZA."""
    import holidays

    whole = holidays.country_holidays("ZA", years=year)
    assert dict(public_holidays(year)) == dict(whole)
    assert {day.year for day in whole} == {year}


def test_short_way_to_the_holidays_is_taken() -> None:
    """In a fresh process the holidays of a year are known without the modules of any of the package's countries."""
    code = (
        "import sys; from tukscal.core.terms.parse import public_holidays\n"
        "print(len(public_holidays(2026)), [name for name in sys.modules if name.startswith('holidays.countries')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "14 []\n"


def test_long_way_to_the_holidays_is_right_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the package keeps its countries elsewhere, the holidays are the same."""
    import holidays

    monkeypatch.setattr(holidays, "__file__", str(tmp_path / "__init__.py"))
    assert public_holidays(2044) == dict(holidays.country_holidays("ZA", years=2044))


def test_election_day_2026_is_a_holiday() -> None:
    """4 November 2026 was added late: an old `holidays` release would put lectures on it."""
    assert "Election" in public_holidays(2026)[date(2026, 11, 4)]


def test_packaged_terms_work_from_an_archive(tmp_path: Path) -> None:
    """The package reads its terms even when it is imported from a zip file, as a wheel may be."""
    archive = tmp_path / "tukscal.zip"
    terms = Path(str(files("tukscal.core.terms")))
    root = terms.parent.parent
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in (
            root / "__init__.py",
            *(root / "core").glob("*.py"),
            *(root / "core/system").glob("*.py"),
            *terms.glob("*.*"),
        ):
            zipped.write(file, f"tukscal/{file.relative_to(root)}")
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from tukscal.core import terms\n"
        "print(terms.__file__, sorted(terms.load_term(2026).periods))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert "tukscal.zip" in done.stdout
    assert "['Q1', 'Q2', 'Q3', 'Q4', 'S1', 'S2', 'Y']" in done.stdout


def test_importing_terms_is_cheap() -> None:
    """Importing the terms, or the command, loads neither holidays nor TOML nor rich nor icalendar."""
    code = (
        "import sys, tukscal.core.terms, tukscal.cli.term.command\n"
        "print(sorted({'holidays', 'tomllib', 'tomli_w', 'rich', 'icalendar', 'platformdirs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
