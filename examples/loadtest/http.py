"""A small HTTP/1.1 client: a thousand of them at once must cost less than what they measure."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LATEST = 60.0  # seconds for an answer
_NONE = 0  # the status of no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; status 0 is none. `seconds` is from the first byte sent to the last one received."""

    status: int = _NONE
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Person:
    """Somebody with a cookie."""

    host: str
    port: int
    cookie: str = ""

    async def get(self, path: str) -> Reply:
        """Read something."""
        return await self._ask("GET", path, b"", "")

    async def post(self, path: str, body: bytes, kind: str) -> Reply:
        """Send something."""
        return await self._ask("POST", path, body, kind)

    async def _ask(self, method: str, path: str, body: bytes, kind: str) -> Reply:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(_LATEST):
                reader, writer = await asyncio.open_connection(self.host, self.port)
                try:
                    writer.write(self._head(method, path, len(body), kind) + body)
                    return self._read(await reader.read(), time.monotonic() - begun)
                finally:
                    writer.transport.abort()  # all was read; one that is closing would outlive the loop
        except (OSError, TimeoutError, ValueError):
            return Reply(seconds=time.monotonic() - begun)

    def _head(self, method: str, path: str, length: int, kind: str) -> bytes:
        host = f"{self.host}:{self.port}"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Connection: close"]
        lines += [f"Content-Length: {length}", f"Content-Type: {kind}"] if length else []
        lines += [f"Cookie: {self.cookie}"] if self.cookie else []
        return "\r\n".join([*lines, "", ""]).encode()

    def _read(self, data: bytes, seconds: float) -> Reply:
        head, ended, body = data.partition(b"\r\n\r\n")
        if not ended:
            return Reply(seconds=seconds)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if int(headers.get("content-length", len(body))) != len(body):
            return Reply(seconds=seconds)  # cut off: no answer
        self.cookie = headers.get("set-cookie", self.cookie).partition(";")[0]
        return Reply(status=int(first.split(" ")[1]), headers=headers, body=body, seconds=seconds)
