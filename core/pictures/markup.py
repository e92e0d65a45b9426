"""Trees of elements: markup is never put together from text, so that no text of a PDF can become markup."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ..text import clean

Child = Element | str


def element(tag: str, *children: Child | None, **attributes: object) -> Element:
    """Return an element; `class_` stands for class, `_` for `-`, and an attribute that is None is left out."""
    given = {
        key.rstrip("_").replace("_", "-"): clean(str(each)) for key, each in attributes.items() if each is not None
    }
    made = Element(tag, given)
    for child in children:
        if isinstance(child, str):
            _append_text(made, fit(child))
        elif child is not None:
            made.append(child)
    return made


def fit(text: str) -> str:
    """Return text without characters that XML has no place for, the blank before and after it kept."""
    fit = clean(text)
    return f"{' ' * text.startswith(' ')}{fit.strip()}{' ' * text.endswith(' ')}" if fit.strip() else " " * bool(text)


def _append_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
