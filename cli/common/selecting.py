"""The options shared by the commands that take a selection of groups."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...core.selection.file import parse_group
from ...core.selection.select import Selection
from ...core.timetable import values


class Groups(click.ParamType[tuple[str, tuple[str, ...]]]):
    """A module's groups, MODULE=GROUP,..."""

    name = "groups"

    def convert(
        self, value: str | tuple[str, tuple[str, ...]], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Return the module and its groups."""
        try:
            return parse_group(value) if isinstance(value, str) else value
        except values.Unreadable as reason:
            self.fail(f"{reason}; write it like 'COS 214=G01,P02'.", param, ctx)


class Module(click.ParamType[str]):
    """A module code."""

    name = "module"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code in its usual form."""
        try:
            return values.module(value.strip().upper())
        except values.Unreadable as reason:
            self.fail(f"{reason}; write it like 'COS 214'.", param, ctx)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --select, --group, --module, --exclude, --language and --programme.

    It gets two parameters for them: `select`, a file or None, and `typed`, a Selection of the rest.
    """

    @functools.wraps(command)
    def gather(
        *args: Any,
        group: tuple[tuple[str, tuple[str, ...]], ...],
        module: tuple[str, ...],
        exclude: tuple[str, ...],
        language: str | None,
        programme: str | None,
        **kwargs: Any,
    ) -> Any:
        groups: dict[str, tuple[str, ...]] = {}
        for name, chosen in group:
            groups[name] = tuple(dict.fromkeys([*groups.get(name, ()), *chosen]))
        typed = Selection(groups=groups, modules=module, exclude=exclude, language=language, programme=programme)
        return command(*args, typed=typed, **kwargs)

    for option in reversed(_OPTIONS):
        gather = option(gather)
    return gather


_OPTIONS = (
    click.option(
        "--select",
        type=click.Path(path_type=Path),
        metavar="TOML",
        help="Selection file, as written by `tukscal choose`.",
    ),
    click.option(
        "--group",
        type=Groups(),
        multiple=True,
        metavar="MODULE=GROUP,...",
        help="Your groups of a module; may be repeated.",
    ),
    click.option("--module", type=Module(), multiple=True, help="Include only this module; may be repeated."),
    click.option("--exclude", type=Module(), multiple=True, help="Leave this module out; may be repeated."),
    click.option("--language", type=click.Choice(["E", "A"]), help="Only groups taught in this language."),
    click.option(
        "--programme", metavar="CODE", help="Only groups for this study programme, such as r3, and for all programmes."
    ),
)
