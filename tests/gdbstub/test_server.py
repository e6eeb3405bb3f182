"""The server over real loopback sockets: clients that leave, vanish, talk nonsense, or come while another is there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trio

from gdbstub.rsp import framing
from gdbstub.server import LOOPBACK, ListenError, serve
from tests.gdbstub.debugger import payloads
from tests.gdbstub.fake_target import FakeTarget

PATIENCE = 20  # seconds until a test gives up
STOPPED_AT = "T05thread:1;20:{:02x}10000000000000;"


class Client:
    """A debugger on a socket, without acks."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream

    async def send(self, payload: bytes) -> None:
        await self.stream.send_all(framing.encode(payload))

    async def reply(self) -> bytes:
        """The next reply; nothing when the server has closed the connection."""
        received = b""
        while not received.strip(b"+") or received[-3:-2] != b"#":
            if not (data := await self.stream.receive_some()):
                return b""
            received += data
        (payload,) = payloads(received)
        return payload

    async def ask(self, payload: bytes) -> bytes:
        await self.send(payload)
        return await self.reply()


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    async with await trio.open_tcp_stream(LOOPBACK, port) as stream:
        client = Client(stream)
        assert await client.ask(b"QStartNoAckMode") == b"OK"
        yield client


async def until_served(port: int) -> None:
    """Wait until a new client is served, as soon as the one before is known to be gone."""
    while True:
        with contextlib.suppress(AssertionError, trio.BrokenResourceError):
            async with connected(port) as client:
                assert await client.ask(b"qC") in (b"QC1", b"QC2")
                return
        await trio.sleep(0.01)


def against_server(body: Callable[[FakeTarget, int], Awaitable[None]]) -> None:
    """Runs `body` against a server on a free port, with its target."""

    async def main() -> None:
        ports: list[int] = []
        listening = trio.Event()

        def on_listening(host: str, port: int) -> None:
            assert host == LOOPBACK
            ports.append(port)
            listening.set()

        target = FakeTarget()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lambda: serve(target, port=0, on_listening=on_listening))
                await listening.wait()
                await body(target, ports[0])
                nursery.cancel_scope.cancel()

    trio.run(main)


def test_a_client_is_served_and_the_next_finds_the_machine_as_it_was_left() -> None:
    async def body(target: FakeTarget, port: int) -> None:
        async with connected(port) as client:
            assert await client.ask(b"s") == STOPPED_AT.format(4).encode()
            assert await client.ask(b"Z0,1008,4") == b"OK"
            assert await client.ask(b"D") == b"OK"
            assert await client.reply() == b""
        async with connected(port) as client:
            assert await client.ask(b"?") == STOPPED_AT.format(4).encode()
            assert not target.breakpoints

    against_server(body)


def test_ctrl_c_stops_a_running_target_soon() -> None:
    async def body(target: FakeTarget, port: int) -> None:
        async with connected(port) as client:
            for _ in range(3):
                await client.send(b"vCont;c")
                await trio.sleep(0.02)
                before = trio.current_time()
                await client.stream.send_all(b"\x03")
                assert (await client.reply()).startswith(b"T02thread:")
                assert trio.current_time() - before < 1
            assert target.slices > 3

    against_server(body)


def test_a_breakpoint_stops_a_running_target() -> None:
    async def body(target: FakeTarget, port: int) -> None:
        async with connected(port) as client:
            assert await client.ask(b"Z0,1200,4") == b"OK"
            target.registers[1][11] = 0x3000
            assert (await client.ask(b"vCont;c")).startswith(b"T05thread:1;")

    against_server(body)


def test_a_client_that_vanishes_from_a_running_target_leaves_it_halted() -> None:
    async def body(target: FakeTarget, port: int) -> None:
        async with connected(port) as client:
            assert await client.ask(b"Z0,1300,4") == b"OK"
            await client.send(b"vCont;c")
            await trio.sleep(0.05)
        await until_served(port)
        assert not target.breakpoints
        slices = target.slices
        await trio.sleep(0.05)
        assert target.slices == slices

    against_server(body)


SCRIPT = b"".join(
    framing.encode(payload)
    for payload in (
        b"qSupported:swbreak+;error-message+",
        b"vMustReplyEmpty",
        b"?",
        b"qXfer:features:read:target.xml:0,100",
        b"Z0,1008,4",
        b"vCont;c",
        b"X3000,4:\x01}\x03#"[:-1],
        b"g",
        b"vCont;s:1",
        b"vCont;c",
    )
)


@pytest.mark.parametrize("part", range(4))
def test_a_disconnect_at_every_point_of_a_conversation_leaves_the_server_ready(part: int) -> None:
    async def body(target: FakeTarget, port: int) -> None:
        for length in range(part, len(SCRIPT) + 1, 4):
            async with await trio.open_tcp_stream(LOOPBACK, port) as stream:
                await stream.send_all(SCRIPT[:length])
            await until_served(port)
            assert not target.breakpoints

    against_server(body)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"$m1000,4",  # half a packet
        b"$m1000,4#0",
        b"$m1000,4#00",  # a wrong checksum
        b"$m1000,4#zz",
        b"$" * 5000,
        b"+-" * 5000,
        b"\x03" * 5000,
        b"$" + b"a" * (3 << 20) + b"#00",  # longer than any packet
        bytes(range(256)) * 16,
        framing.encode(b"mffffffffffffffffffff,1"),
        framing.encode(b"vCont;" * 1000),
        framing.encode(b"\x00"),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=lambda nonsense: repr(nonsense[:12]),
)
def test_after_nonsense_the_same_client_and_the_next_are_served(nonsense: bytes) -> None:
    async def body(target: FakeTarget, port: int) -> None:
        async with await trio.open_tcp_stream(LOOPBACK, port) as stream, trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, nonsense + framing.encode(b"qC"))
            heard = b""
            while b"$QC1#c5" not in heard:
                data = await stream.receive_some()
                assert data, "the server closed the connection"
                heard += data
        await until_served(port)

    against_server(body)


def test_a_second_gdb_is_told_that_the_target_is_busy_and_the_first_goes_on() -> None:
    async def body(target: FakeTarget, port: int) -> None:
        async with connected(port) as first:
            async with await trio.open_tcp_stream(LOOPBACK, port) as stream:
                second = Client(stream)
                assert (await second.ask(b"qSupported:swbreak+")).startswith(b"E.another debugger is connected")
                assert await second.reply() == b""
            assert await first.ask(b"qC") == b"QC1"
            await first.send(b"vCont;c")
            async with await trio.open_tcp_stream(LOOPBACK, port) as stream:
                assert await Client(stream).ask(b"QStartNoAckMode") == b""  # LLDB shows a connection that closes
            await first.stream.send_all(b"\x03")
            assert (await first.reply()).startswith(b"T02")
        await until_served(port)

    against_server(body)


def test_a_server_for_one_session_ends_with_it() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            ports: list[int] = []
            nursery.start_soon(
                lambda: serve(FakeTarget(), port=0, once=True, on_listening=lambda _, port: ports.append(port))
            )
            while not ports:
                await trio.sleep(0.01)
            async with connected(ports[0]) as client:
                assert await client.ask(b"D") == b"OK"

    with_limit(main)


def test_a_port_in_use_or_impossible_is_one_clear_sentence() -> None:
    async def main() -> None:
        (listener,) = await trio.open_tcp_listeners(0, host=LOOPBACK)
        port = listener.socket.getsockname()[1]
        with pytest.raises(
            ListenError, match=f"cannot listen on port {port} of 127.0.0.1: it is in use; choose another"
        ):
            await serve(FakeTarget(), port=port)
        with pytest.raises(ListenError, match="a port is a number from 0 to 65535"):
            await serve(FakeTarget(), port=70000)
        with pytest.raises(
            ListenError, match=r"cannot listen on port 0 of 192\.0\.2\.1: this computer has no such address"
        ):
            await serve(FakeTarget(), port=0, host="192.0.2.1")
        await listener.aclose()

    with_limit(main)


def with_limit(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        with trio.fail_after(PATIENCE):
            await main()

    trio.run(limited)
