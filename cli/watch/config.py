"""The daemon's configuration: a TOML file with the names of the options, read again on SIGHUP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ..common.settings import read_toml

_ARGUMENTS = "tukscal.arguments"
_NEVER = frozenset({"config", "once", "moved", "help", "password"})


class Remembering(click.Command):
    """A command that can be parsed again as it was given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments, then parse them."""
        ctx.meta[_ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)


def parse_again(ctx: click.Context) -> click.Context:
    """Return a context made of the same arguments and the configuration as it is now.

    Raises click.ClickException.
    """
    arguments = [argument for argument in ctx.meta[_ARGUMENTS] if argument != "--password"]
    assert ctx.info_name is not None, "every command has its name"
    return ctx.command.make_context(ctx.info_name, arguments, parent=ctx.parent)


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --config; what stands in the file is its default."""
    option = click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="TOML",
        is_eager=True,
        expose_value=False,
        callback=_load,
        help="Read options from a file, such as settle = 10.",
    )
    return option(command)


def _load(ctx: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    if file is None:
        return
    text, found = read_toml(file, f"The configuration {file}")
    names = {_plain(option): parameter for parameter in ctx.command.params for option in _names_of(parameter)}
    defaults = {}
    for key, value in found.items():
        parameter = names.get(_plain(key))
        if parameter is None or parameter.name in _NEVER or parameter.name is None:
            raise click.UsageError(f"{_where(file, text, key)}there is no option '{key}'; there are {_known(names)}.")
        defaults[parameter.name] = _checked(parameter, value, ctx, _where(file, text, key))
    ctx.default_map = {**(ctx.default_map or {}), **defaults}


def _known(names: Mapping[str, click.Parameter]) -> str:
    known = [name for name, parameter in names.items() if parameter.name not in _NEVER and len(name) > 1]
    return ", ".join(sorted(name.replace("_", "-") for name in known))


def _names_of(parameter: click.Parameter) -> list[str]:
    return [parameter.human_readable_name] if isinstance(parameter, click.Argument) else list(parameter.opts)


def _plain(name: str) -> str:
    return name.lstrip("-").replace("-", "_").casefold()


def _where(file: Path, text: str, key: str) -> str:
    """Return where a key stands, to begin a sentence with."""
    line = re.search(rf"(?m)^[ \t]*\[*[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[=.\]]", text)
    return f"The configuration {file}, line {text.count(chr(10), 0, line.start()) + 1 if line else 1}: "


def _checked(parameter: click.Parameter, value: Any, ctx: click.Context, where: str) -> Any:
    """Return a value as the option takes it, or say which line is wrong."""
    name = (parameter.name or "").replace("_", "-")
    if isinstance(value, Mapping) or isinstance(value, list) != bool(parameter.multiple):
        raise click.UsageError(f"{where}{name} is {'a list' if parameter.multiple else 'one value'}.")
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        raise click.UsageError(f"{where}{name} is a list of texts.")
    is_flag = bool(getattr(parameter, "is_flag", False))
    if isinstance(value, bool) != is_flag:
        raise click.UsageError(f"{where}{name} is {'true or false' if is_flag else 'a value, not true or false'}.")
    given = [_text(one) for one in value] if isinstance(value, list) else _text(value)
    try:
        parameter.type_cast_value(ctx, given)
    except click.BadParameter as error:
        raise click.UsageError(f"{where}{error.message}") from None
    return given


def _text(value: Any) -> Any:
    return value if isinstance(value, bool) else str(value)
