"""Messages over a socket: whole, in order, once, however they are cut; anything else is Garbled."""

from __future__ import annotations

import contextlib
import pickle
import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.pool.channel import MOST_BYTES, Channel, Garbled, Port, pack

VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


@contextlib.contextmanager
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel and the socket at its other end."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with theirs:
        yield channel, theirs
    channel.close()


@given(st.lists(VALUES, max_size=8), st.data())
def test_any_cut_gives_the_same_messages(values: list[object], data: st.DataObject) -> None:
    """A message is there as soon as its last byte is, in the order sent, whatever the pieces were."""
    stream = b"".join(map(pack, values))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    whole = [sum(len(pack(value)) for value in values[: count + 1]) for count in range(len(values))]
    with ends() as (channel, theirs):
        arrived: list[object] = []
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            theirs.sendall(stream[begin:end])
            arrived += channel.read()
            assert len(arrived) == sum(size <= end for size in whole)
        assert arrived == values
        assert not channel.ended
        theirs.close()
        assert list(channel.read()) == []
        assert channel.ended


@given(st.lists(VALUES, max_size=4), st.binary(min_size=1, max_size=300))
def test_garbage_is_garbled_or_waits(values: list[object], garbage: bytes) -> None:
    """Values before garbage are given; it is Garbled or taken for a message's beginning, and nothing else is raised."""
    with ends() as (channel, theirs):
        theirs.sendall(b"".join(map(pack, values)) + garbage)
        arrived = []
        with contextlib.suppress(Garbled):
            for value in channel.read():
                arrived.append(value)  # noqa: PERF402 - what came before an error counts
        assert arrived[: len(values)] == values


@given(st.binary(max_size=200))
def test_a_payload_of_garbage_is_garbled(payload: bytes) -> None:
    """Bytes that are announced as a message and are none raise Garbled and nothing else, if anything."""
    with ends() as (channel, theirs):
        theirs.sendall(struct.pack("!Q", len(payload)) + payload)
        try:
            assert len(list(channel.read())) == 1
        except Garbled:
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever pickle says of it
                pickle.loads(payload)  # noqa: S301


@pytest.mark.parametrize("length", [MOST_BYTES + 1, 2**40, 2**64 - 1])
def test_an_absurd_length_is_garbled_at_once(length: int) -> None:
    """A message that is too long is refused by its header: nothing of it is waited for."""
    with ends() as (channel, theirs):
        theirs.sendall(pack("before") + struct.pack("!Q", length))
        values = channel.read()
        assert next(values) == "before"
        with pytest.raises(Garbled):
            next(values)


def test_a_dead_worker_is_read_to_its_end() -> None:
    """Everything whole that was sent before the end is given, half a message is not."""
    with ends() as (channel, theirs):
        theirs.sendall(pack(1) + pack(2) + pack("half")[:-1])
        theirs.close()
        assert list(channel.read_rest()) == [1, 2]
        assert channel.ended


def test_sending_never_blocks() -> None:
    """What the other end does not take waits, is sent later, and is forgotten when nobody is there any more."""
    with ends() as (channel, theirs):
        message = pack(bytes(3_000_000))
        channel.send(message)
        waiting = [channel.waiting]
        arrived = b""
        while len(arrived) < len(message):
            arrived += theirs.recv(2**16)
            channel.flush()
        assert arrived == message
        waiting.append(channel.waiting)
        channel.send(message)
        waiting.append(channel.waiting)
        theirs.close()
        channel.flush()
        assert [*waiting, channel.waiting] == [True, False, True, False]


def test_whether_somebody_is_there() -> None:
    """An end is open while its process lives, also with something unread, and not after."""
    with ends() as (channel, theirs):
        assert channel.open
        theirs.sendall(pack("unread"))
        assert channel.open
        assert list(channel.read()) == ["unread"]
        theirs.close()
        assert not channel.open


def test_the_workers_end() -> None:
    """A worker receives messages whole and None when its parent sends no more."""
    with ends() as (channel, theirs):
        port = Port(theirs)
        channel.send(pack("call") + pack("next"))
        assert [pickle.loads(port.receive() or b"") for _ in range(2)] == ["call", "next"]  # noqa: S301
        port.send(pack("answer"))
        assert list(channel.read()) == ["answer"]
        channel.finish()
        assert port.receive() is None
