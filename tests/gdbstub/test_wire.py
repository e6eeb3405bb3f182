"""A client's bytes over a real socket pair: quick, late, too many at once, and none any more."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

import trio

from gdbstub.wire import BREATH, Wire

PATIENCE = 20  # seconds until a test gives up
LARGE = bytes(range(256)) * (1 << 14)


def with_wire(body: Callable[[Wire, socket.socket], Awaitable[None]]) -> None:
    """Runs `body` with a wire and the client's end, a blocking socket."""

    async def main() -> None:
        ours, theirs = socket.socketpair()
        with trio.fail_after(PATIENCE), theirs:
            async with trio.SocketStream(trio.socket.from_stdlib_socket(ours)) as stream:
                await body(Wire(stream), theirs)

    trio.run(main)


def test_bytes_come_in_order_whether_quick_or_late() -> None:
    async def body(wire: Wire, client: socket.socket) -> None:
        for number in range(20):
            client.send(b"%02d" % number)
            assert await wire.receive() == b"%02d" % number
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_send_late, client)
            assert await wire.receive() == b"late"

    with_wire(body)


async def _send_late(client: socket.socket) -> None:
    await trio.sleep(2 * BREATH)
    client.send(b"late")


def test_others_have_their_turn_while_a_client_never_pauses() -> None:
    async def body(wire: Wire, client: socket.socket) -> None:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await trio.sleep(0)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(other)
            until = trio.current_time() + 5 * BREATH
            while trio.current_time() < until:
                client.send(b"again")
                await wire.receive()
            nursery.cancel_scope.cancel()
        assert turns >= 3

    with_wire(body)


def test_what_the_socket_has_no_room_for_follows() -> None:
    async def body(wire: Wire, client: socket.socket) -> None:
        received = bytearray()

        def read() -> None:
            while len(received) < len(LARGE):
                received.extend(client.recv(1 << 16))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, read)
            await wire.send(LARGE)
        assert received == LARGE

    with_wire(body)


def test_a_client_that_has_gone_sends_nothing_more() -> None:
    async def body(wire: Wire, client: socket.socket) -> None:
        client.send(b"bye")
        client.close()
        assert [await wire.receive() for _ in range(3)] == [b"bye", b"", b""]

    with_wire(body)
