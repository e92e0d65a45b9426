"""JSON and TOML become values of our classes, or it is named what is not as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pytest
from tukscal.core.decode import Unfit, decode, from_json


class Colour(StrEnum):
    """Two of them."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A field of every kind there is."""

    name: str
    weight: float = 0.0
    good: bool = True
    colour: Colour = Colour.RED
    letter: Literal["E", "A"] | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    words: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def test_every_kind_of_field() -> None:
    """Fields of all kinds are read, missing ones have their defaults, and what is not known is left out."""
    text = """{"name": "a", "weight": 3, "good": false, "colour": "blue", "letter": "E", "part": {"size": 1, "moon": 2},
        "parts": [{"size": 2}], "words": ["x"], "counts": {"done": 4}, "sun": []}"""
    assert from_json(Whole, text) == Whole(
        name="a", weight=3.0, good=False, colour=Colour.BLUE, letter="E", part=Part(size=1),
        parts=(Part(size=2),), words=("x",), counts={"done": 4},
    )  # fmt: skip
    assert decode(Whole, {"name": "a", "part": None}) == Whole(name="a")


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ([], "it is not a table"),
        ({}, "name is missing"),
        ({"name": 1}, "name is not a text"),
        ({"name": None}, "name is not a text"),
        ({"weight": "1"}, "weight is not a number"),
        ({"weight": float("nan")}, "weight is not a number"),
        ({"weight": 10**400}, "weight is not a number"),
        ({"weight": True}, "weight is not a number"),
        ({"good": 1}, "good is not true or false"),
        ({"colour": []}, "colour is not red or blue"),
        ({"letter": "x"}, "letter is not E or A"),
        ({"part": {"size": True}}, "part.size is not a whole number"),
        ({"part": {}}, "part.size is missing"),
        ({"parts": {}}, "parts is not a list"),
        ({"parts": [1]}, "parts is not a table"),
        ({"words": ["a", 1]}, "words is not a list of texts"),
        ({"counts": []}, "counts is not a table"),
        ({"counts": {"done": 1.5}}, "done is not a whole number"),
    ],
)
def test_what_is_wrong_is_named(held: Any, message: str) -> None:
    """The field is named, and what it should be."""
    with pytest.raises(Unfit) as raised:
        decode(Whole, {"name": "a", **held} if held and isinstance(held, dict) else held)
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff"])
def test_what_is_no_json(text: str | bytes) -> None:
    """Nothing, half of it, brackets without end and bytes that are no text are not JSON."""
    with pytest.raises(Unfit, match=r"^it is not JSON$"):
        from_json(Part, text)
