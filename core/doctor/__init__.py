"""`tukscal doctor`: what of this computer could keep tukscal from working, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """How a thing stands."""

    OK = "ok"  # nothing to do
    NOTE = "note"  # works, but the person should know
    BAD = "bad"  # something will not work until it is mended


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was found, as a sentence with its figure, and what to do, empty when it is ok."""

    name: str
    verdict: Severity
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose installation: where its files live, what day it is, and where outputs shall go."""

    config: Path
    terms: Path
    state: Path
    ledger: Path
    today: date
    folders: tuple[Path, ...] = ()
    settings_fault: str = ""
    """What is wrong with the person's settings file, as a sentence."""


def ok(name: str, found: str) -> Check:
    """Return a check of a thing that is as it should be."""
    return Check(name=name, verdict=Severity.OK, found=found)


def note(name: str, found: str, advice: str) -> Check:
    """Return a check of a thing the person should know."""
    return Check(name=name, verdict=Severity.NOTE, found=found, advice=advice)


def bad(name: str, found: str, advice: str) -> Check:
    """Return a check of a thing that must be mended."""
    return Check(name=name, verdict=Severity.BAD, found=found, advice=advice)
