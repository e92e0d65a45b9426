"""What a whole body holds: its plain bytes, inflated within bounds, or the one file of a form."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from .. import problems

_GZIP = 16 + zlib.MAX_WBITS
_PART_HEADERS = 2048  # bytes of one part's headers
_NAME = 200  # characters of a file's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was sent: its bytes, and its name without any folders."""

    data: bytes
    name: str = ""


def plain(body: bytes, encoding: str | None, most: int) -> bytes:
    """Return a body as it was before Content-Encoding, of at most so many bytes.

    Raises HttpProblem: 413 for more, 400 for what is no gzip, 415 for another encoding.
    """
    if encoding is None or encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise problems.unsupported("The body's Content-Encoding is not gzip.")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        data = unpacking.decompress(body, most + 1)
    except zlib.error:
        raise problems.bad_request("The body is not gzip, though its Content-Encoding says so.") from None
    if len(data) > most:
        raise problems.too_large(f"Unpacked, the body has more than {most:,} bytes.")
    if not unpacking.eof or unpacking.unused_data:
        raise problems.bad_request("The body is gzip that does not end where the body ends.")
    return data


def uploaded(body: bytes, content_type: str | None, parts: int) -> Upload:
    """Return the PDF of a body: the body itself, or the file `pdf` of a form of at most so many parts.

    Raises HttpProblem: 415 for another type, 400 for a form without exactly one such file.
    """
    kind, options = parse_options_header(content_type)
    if kind in (b"application/pdf", b"application/octet-stream"):
        return Upload(data=body)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise problems.unsupported("Send a PDF: application/pdf, or a form with the file `pdf`.")
    form = _Form(parts)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]  # its keys are fixed
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise problems.bad_request("The form cannot be read.") from None
    files = [part for part in form.parts if part.name == "pdf" and part.file is not None]
    if len(files) != 1 or not form.ended:
        raise problems.bad_request("The form has not exactly one file `pdf`.")
    return Upload(data=bytes(files[0].data), name=safe_name(files[0].file or ""))


def safe_name(text: str) -> str:
    """Return a file's name for people: its last part, printable characters only."""
    last = text.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:_NAME]


@dataclass(slots=True)
class _Part:
    name: str = ""
    file: str | None = None
    data: bytearray = field(default_factory=bytearray)


class _Form:
    """Collects the parts of a form; of more than allowed, and of headers without end, it makes a problem."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._field = bytearray()
        self._value = bytearray()
        self._headers = 0
        self.parts: list[_Part] = []
        self.ended = False
        """Whether the form's own end was there."""

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header(self._field, data[start:end]),
            "on_header_value": lambda data, start, end: self._header(self._value, data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self.parts[-1].data.extend(data[start:end]),
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= self._most:
            raise problems.bad_request(f"The form has more than {self._most} parts.")
        self._headers = 0
        self.parts.append(_Part())

    def _header(self, into: bytearray, data: bytes) -> None:
        self._headers += len(data)
        if self._headers > _PART_HEADERS:
            raise problems.bad_request("A part of the form has too many headers.")
        into += data

    def _end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            part = self.parts[-1]
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            part.file = options[b"filename"].decode("utf-8", "replace") if b"filename" in options else None
        self._field.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True
