"""Markup of pages and drawings: one way of escaping, so that no text of a PDF can become markup."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..wording import clean


def pages(package: str) -> Environment:
    """Return the templates of a package; text in them is escaped, without characters that no page can hold."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """Return an element; `_` stands for `-` in its attributes, and one that is None is left out."""
    given = [
        f' {key.replace("_", "-")}="{escape(clean(str(each)))}"' for key, each in attributes.items() if each is not None
    ]
    start, inner = f"<{tag}{''.join(given)}", "".join(map(_fit, children))
    return Markup(f"{start}>{inner}</{tag}>" if inner else f"{start}/>")  # noqa: S704 - all in it is escaped above


def _fit(value: object) -> Markup:
    """Return text without characters that XML has no place for, the blank before and after it kept."""
    if isinstance(value, Markup):
        return value
    text = str(value)
    fit = clean(text).strip()
    return escape(f"{' ' * text.startswith(' ')}{fit}{' ' * text.endswith(' ')}" if fit else " " * bool(text))
