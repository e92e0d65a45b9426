"""PDFium's functions; the only module that imports pypdfium2.

Those called for each glyph or object skip ctypes' conversion of arguments, which costs twice as much as the call.
PDFium is not thread-safe, even across documents: use processes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import PYFUNCTYPE, c_double, c_float, c_int, c_void_p
from typing import Any

import pypdfium2.raw as raw

__all__ = ["raw"]


class Handle(c_void_p):
    """A pointer to a PDFium object that stays a pointer when it is returned."""


def _quick(function: Callable[..., Any], result: type[Any] | None = c_int) -> Callable[..., Any]:
    """Return a PDFium function without the conversion of its arguments: handles, numbers and references only."""
    return PYFUNCTYPE(result)(ctypes.cast(function, c_void_p).value)  # type: ignore[arg-type]


loose_box = _quick(raw.FPDFText_GetLooseCharBox)
char_origin = _quick(raw.FPDFText_GetCharOrigin)
char_angle = _quick(raw.FPDFText_GetCharAngle, c_float)
text_object = _quick(raw.FPDFText_GetTextObject, Handle)
page_object = _quick(raw.FPDFPage_GetObject, Handle)
form_object = _quick(raw.FPDFFormObj_GetObject, Handle)
object_type = _quick(raw.FPDFPageObj_GetType)
object_bounds = _quick(raw.FPDFPageObj_GetBounds)
glyph_matrix = _quick(raw.FPDFText_GetMatrix)
font_size = _quick(raw.FPDFText_GetFontSize, c_double)
char_box = _quick(raw.FPDFText_GetCharBox)
see_through = _quick(raw.FPDFPageObj_HasTransparency)
render_mode = _quick(raw.FPDFTextObj_GetTextRenderMode)
count_marks = _quick(raw.FPDFPageObj_CountMarks)
object_mark = _quick(raw.FPDFPageObj_GetMark, Handle)
mark_name = _quick(raw.FPDFPageObjMark_GetName)
set_active = _quick(raw.FPDFPageObj_SetIsActive)
fill_color = _quick(raw.FPDFPageObj_GetFillColor)
object_matrix = _quick(raw.FPDFPageObj_GetMatrix)
count_objects = _quick(raw.FPDFFormObj_CountObjects)
stroke_width = _quick(raw.FPDFPageObj_GetStrokeWidth)
draw_mode = _quick(raw.FPDFPath_GetDrawMode)
count_segments = _quick(raw.FPDFPath_CountSegments)
path_segment = _quick(raw.FPDFPath_GetPathSegment, Handle)
segment_type = _quick(raw.FPDFPathSegment_GetType)
segment_point = _quick(raw.FPDFPathSegment_GetPoint)
segment_closes = _quick(raw.FPDFPathSegment_GetClose)

raw.FPDF_InitLibrary()
