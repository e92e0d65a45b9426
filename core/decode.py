"""JSON and TOML values -> instances of tukscal's classes, each field checked against its declared type."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_SCALARS: Mapping[type, str] = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_EXACT = 2**53  # whole numbers up to this are floats, too
_ALL = "it"  # what is read, as a whole


class Unfit(ValueError):
    """A value does not have its declared type; the message names the field and completes a sentence."""


def from_json(kind: type[T], text: bytes | str) -> T:
    """Return the instance described by a JSON object. Raises Unfit."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        raise Unfit("it is not JSON") from None
    return decode(kind, held)


def decode(kind: type[T], held: object, where: str = _ALL) -> T:
    """Return the instance of a class described by decoded JSON or TOML. Raises Unfit.

    Unknown fields are ignored: a newer version wrote them.
    """
    found: T = _fit(kind, held, where)
    return found


def _fit(kind: Any, held: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if held is None and NoneType in arguments else _fit(arguments[0], held, where)
    if origin is Literal:
        return held if held in arguments else _refuse(where, " or ".join(arguments))
    if origin is tuple:
        return tuple(_items(arguments[0], held, where))
    if origin is Mapping:
        return {key: _fit(arguments[1], value, key) for key, value in _table(held, where).items()}
    if is_dataclass(kind):
        return _record(kind, _table(held, where), where)
    if issubclass(kind, Enum):
        values = [one.value for one in kind]
        return kind(held) if held in values else _refuse(where, " or ".join(values))
    if kind is float and type(held) is int and abs(held) <= _EXACT:
        return float(held)
    is_one = type(held) is kind and (kind is not float or math.isfinite(held))
    return held if is_one else _refuse(where, _SCALARS[kind])


def _record(kind: Any, held: Mapping[str, object], where: str) -> Any:
    hints, found = _hints(kind), {}
    for one in fields(kind):
        name = one.name if where == _ALL else f"{where}.{one.name}"
        if one.name in held:
            found[one.name] = _fit(hints[one.name], held[one.name], name)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise Unfit(f"{name} is missing")
    return kind(**found)


_hints = lru_cache(get_type_hints)


def _items(kind: Any, held: object, where: str) -> Iterator[Any]:
    if not isinstance(held, list) or (kind is str and not all(isinstance(item, str) for item in held)):
        _refuse(where, "a list of texts" if kind is str else "a list")
    return (_fit(kind, item, where) for item in held)


def _table(held: object, where: str) -> Mapping[str, object]:
    return held if isinstance(held, dict) else _refuse(where, "a table")


def _refuse(where: str, wanted: str) -> NoReturn:
    raise Unfit(f"{where} is not {wanted}")
