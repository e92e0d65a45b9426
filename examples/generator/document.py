"""Content streams to a PDF file, in the portal's form or as PDFium prints it again."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pikepdf

from .layout import Layout
from .paint import number
from .table import PAGE


def document(
    streams: Sequence[bytes],
    layout: Layout,
    *,
    encrypted: bool = False,
    user_password: str = "",
    owner_password: str = "owner",  # noqa: S107 - nobody's secret: the portal's own is random and unknown
) -> bytes:
    """The PDF with one page for each content stream; the same bytes each time unless encrypted."""
    pdf = pikepdf.new()
    fonts = _fonts(pdf)
    for stream in streams:
        _add_page(pdf, stream, fonts, layout)
    oracle = layout.style == "oracle"
    pdf.docinfo["/Producer"] = "Oracle Analytics Publisher" if oracle else "PDFium"
    version = "1.6" if oracle else "1.7"
    encryption = _portal_encryption(user_password, owner_password) if encrypted or user_password else None
    out = BytesIO()
    pdf.save(
        out,
        min_version=version,
        force_version=version,
        static_id=True,
        encryption=encryption if encryption is not None else False,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )
    return out.getvalue()


def _fonts(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    return pikepdf.Dictionary({f"/F{i}": pdf.make_indirect(_font(name)) for i, name in enumerate(_NAMES, 1)})


_NAMES = ("/Helvetica-Bold", "/Helvetica")


def _font(name: str) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name(name),
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )


def _add_page(pdf: pikepdf.Pdf, stream: bytes, fonts: pikepdf.Dictionary, layout: Layout) -> None:
    page = pdf.add_blank_page(page_size=PAGE)
    page.obj.CropBox = page.obj.MediaBox
    page.obj.Rotate = 0
    if layout.style == "oracle":
        page.obj.Resources = pikepdf.Dictionary(Font=fonts)
        page.obj.Contents = pdf.make_stream(stream)
        return
    form = pdf.make_stream(
        stream,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        FormType=1,
        BBox=[0, 0, *PAGE],
        Matrix=[layout.scale, 0, 0, layout.scale, 0, 0],
        Resources=pikepdf.Dictionary(Font=fonts),
    )
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X0=form))
    shift = [number(side * (1 - layout.scale) / 2) for side in PAGE]
    page.obj.Contents = pdf.make_stream(b"q\n1 0 0 1 %s %s cm\n/X0 Do\nQ\n" % (shift[0], shift[1]))


def _portal_encryption(user: str, owner: str) -> pikepdf.Encryption:
    # What the portal sets: V 4, R 4, AESV2, printing allowed, copying and changing not (P -1340).
    allow = pikepdf.Permissions(
        extract=False,
        modify_annotation=False,
        modify_assembly=False,
        modify_form=False,
        modify_other=False,
    )
    return pikepdf.Encryption(user=user, owner=owner, R=4, aes=True, metadata=True, allow=allow)
