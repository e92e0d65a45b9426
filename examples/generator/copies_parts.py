"""What every kind of copy needs: opening, saving, and adding to pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name

from .copies_seen import IDENTITY, Box, Matrix, Op, parsed
from .metrics import REGULAR
from .paint import string


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What is added to a page: drawn before its own content, drawn after it, resources and annotations for that."""

    before: bytes = b""
    after: bytes = b""
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    annotations: Sequence[Any] = ()


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """The PDF after a change; encryption is gone, the same change gives the same bytes."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        change(opened)
        return saved(opened)


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The bytes of a PDF, every object by itself and without compressed object streams."""
    out = BytesIO()
    modes = pikepdf.ObjectStreamMode
    pdf.save(out, static_id=True, encryption=False, object_stream_mode=modes.disable, fix_metadata_version=False)
    return out.getvalue()


def each_page(pdf: bytes, change: Callable[[pikepdf.Pdf, pikepdf.Page], None]) -> bytes:
    """The PDF after a change of each of its pages."""

    def all_of_them(opened: pikepdf.Pdf) -> None:
        for page in opened.pages:
            change(opened, page)

    return changed(pdf, all_of_them)


def numbers(*values: float) -> bytes:
    """Numbers as a content stream has them."""
    return b" ".join((f"{value:.6f}".rstrip("0").rstrip(".") or "0").encode() for value in values)


def size_of(page: pikepdf.Page) -> tuple[float, float]:
    """The width and height of the page's media box."""
    x0, y0, x1, y1 = (float(value) for value in page.mediabox)
    return x1 - x0, y1 - y0


def flattened(page: pikepdf.Page) -> list[Op]:
    """The operators of a page; a form, as PDFium's print draws one, gives its own and leaves its resources behind."""
    forms = [one for one in page.obj.Resources.get("/XObject", {}).values() if one.get("/Subtype") == Name.Form]
    outer = parsed(page.obj)
    if not forms:
        return outer
    (only,) = forms
    page.obj.Resources = only.Resources
    inner: list[Op] = [([], "q"), (list(only.get("/Matrix", IDENTITY)), "cm"), *parsed(only), ([], "Q")]
    return [one for op in outer for one in (inner if op[1] == "Do" else [op])]


def fonts(page: pikepdf.Page) -> dict[str, Any]:
    """The fonts of a page and of the forms it draws, by the names they have there."""
    drawn: list[Any] = [page.obj, *page.obj.Resources.get("/XObject", {}).values()]
    places: list[Any] = [one.get("/Resources", {}).get("/Font", {}) for one in drawn]
    return {key: one for place in places for key, one in place.items()}


def write(pdf: pikepdf.Pdf, page: pikepdf.Page, content: Sequence[Op] | bytes) -> None:
    """Give a page another content."""
    if not isinstance(content, bytes):
        content = pikepdf.unparse_content_stream([(list(values), pikepdf.Operator(op)) for values, op in content])
    page.obj.Contents = pdf.make_stream(content)


def add(pdf: pikepdf.Pdf, page: pikepdf.Page, extra: Extra) -> None:
    """Draw something before and after what a page draws."""
    resources = dict(page.obj.Resources.items())  # a copy: pages often share theirs
    for category, named in extra.resources.items():
        resources[category] = Dictionary({**dict(resources.get(category, {}).items()), **named})
    page.obj.Resources = Dictionary(resources)
    page.contents_add(extra.before + b"\nq\n", prepend=True)
    page.contents_add(b"\nQ\n" + extra.after)
    if extra.annotations:
        page.obj.Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(one) for one in extra.annotations]))


def wrapped(page: pikepdf.Page, matrix: Matrix) -> None:
    """Move, turn or scale all that a page draws."""
    page.contents_add(b"q\n" + numbers(*matrix) + b" cm\n", prepend=True)
    page.contents_add(b"\nQ\n")


def font(name: str = REGULAR, **more: Any) -> Dictionary:
    """A font every viewer has."""
    base = Name("/" + name)
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=base, Encoding=Name.WinAnsiEncoding, **more)


def form(pdf: pikepdf.Pdf, content: bytes, box: Box, **more: Any) -> pikepdf.Stream:
    """A form that draws some content inside a box."""
    return pdf.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=list(box), **more)


def text(key: str, size: float, matrix: Matrix, words: str) -> bytes:
    """A text object of one string."""
    return b"BT /%s %s Tf %s Tm %s Tj ET\n" % (key.encode(), numbers(size), numbers(*matrix), string(words))


def rectangle(box: Box) -> bytes:
    """The path of a box."""
    x0, y0, x1, y1 = box
    return numbers(x0, y0, x1 - x0, y1 - y0) + b" re\n"
