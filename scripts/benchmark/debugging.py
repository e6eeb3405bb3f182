"""The debugging figures: how fast a debugger's requests are served, by both servers in turns."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from scripts.benchmark.contestants import Contestant
from scripts.benchmark.images import image, sized, symbols
from scripts.benchmark.remote import Client, escaped, expanded
from scripts.benchmark.servers import connected
from scripts.benchmark.stopwatch import calibrate
from scripts.benchmark.workloads import BY_NAME

__all__ = [
    "ACTIONS",
    "Action",
    "Answer",
    "Measured",
    "Patient",
    "measure_actions",
    "measure_slowdowns",
    "measure_starts",
    "program",
    "rate",
]

ARENA = 0x8100_0000
MOST_AT_ONCE = 0x8000  # bytes of memory in one packet, where the server takes that many
ROOM = 64  # bytes of a packet that are not data
SEED = 1
ENDLESS = 1 << 48  # units


def program() -> Path:
    """The ELF that is debugged: "integer", which ends after as many units as nobody waits for."""
    elf = image(BY_NAME["integer"])
    return sized(elf, ENDLESS, elf.parent)


class Patient:
    """A server's program, stopped at the top of a loop: `unit` of the workload "integer"."""

    def __init__(self, client: Client, names: dict[str, int]) -> None:
        self.client, self.names = client, names
        self.hex_chunk = min(MOST_AT_ONCE, (client.packet_size - ROOM) // 2)
        self.binary_chunk = min(MOST_AT_ONCE, (client.packet_size - ROOM) // 2)  # each byte may need an escape
        self.data = random.Random(SEED).randbytes(MOST_AT_ONCE)
        self.entry = self.reach("workload")
        self.caller = client.must(b"p1")
        self.loop = self.reach("unit")

    def reach(self, name: str) -> int:
        """Run to a symbol; gives its address."""
        address = self.names[name]
        self.client.must(b"Z0,%x,4" % address)
        self.client.resume(b"vCont;c")
        self.client.must(b"z0,%x,4" % address)
        return address

    def rerun(self, units: int) -> float:
        """Seconds for the workload to do ``units`` units, from its entry to behind its return."""
        for number, value in ((1, self.caller), (10, _little(units)), (32, _little(self.entry))):
            self.client.must(b"P%x=%b" % (number, value))
        self.client.must(b"Z0,%x,4" % self.names["bench_end"])
        start = time.perf_counter()
        self.client.resume(b"vCont;c")
        spent = time.perf_counter() - start
        self.client.must(b"z0,%x,4" % self.names["bench_end"])
        return spent


def _little(value: int) -> bytes:
    return value.to_bytes(8, "little").hex().encode()


def step(patient: Patient) -> int:
    """One instruction."""
    patient.client.resume(b"vCont;s")
    return 1


def step_and_look(patient: Patient) -> int:
    """One instruction, then all registers."""
    patient.client.resume(b"vCont;s")
    patient.client.must(b"g")
    return 1


def hit(patient: Patient) -> int:
    """From one hit to the next as gdb goes: put the breakpoint in, continue, take it out, step off it."""
    client, place = patient.client, b"0,%x,4" % patient.loop
    client.must(b"Z" + place)
    client.resume(b"vCont;c")
    client.must(b"z" + place)
    client.resume(b"vCont;s")
    return 1


def read_hex(patient: Patient) -> int:
    """``m``: memory in hexadecimal digits."""
    patient.client.must(b"m%x,%x" % (ARENA, patient.hex_chunk))
    return patient.hex_chunk


def read_binary(patient: Patient) -> int:
    """``x``: memory as it is; 0 where the server does not know it."""
    return patient.binary_chunk if patient.client.ask(b"x%x,%x" % (ARENA, patient.binary_chunk)) else 0


def write_hex(patient: Patient) -> int:
    """``M``: memory in hexadecimal digits."""
    size = patient.hex_chunk
    patient.client.must(b"M%x,%x:%b" % (ARENA, size, patient.data[:size].hex().encode()))
    return size


def write_binary(patient: Patient) -> int:
    """``X``: memory as it is; 0 where the server does not know it."""
    size = patient.binary_chunk
    return size if patient.client.ask(b"X%x,%x:%b" % (ARENA, size, escaped(patient.data[:size]))) == b"OK" else 0


def check_memory(patient: Patient) -> None:
    """Raises ClickException unless the server reads what it has written."""
    size = write_hex(patient)
    answer = bytes.fromhex(expanded(patient.client.must(b"m%x,%x" % (ARENA, size))).decode())
    if answer != patient.data[:size]:
        raise click.ClickException("the server does not read back what was written to memory")


@dataclass(frozen=True)
class Action:
    """One figure of the debugging table: what is done, in units per second, and the least ratio to QEMU."""

    title: str
    do: Callable[[Patient], int]
    target: float
    bytes: bool = False

    def show(self, rate: float) -> str:
        """A rate for people."""
        if rate == 0:
            return "not offered"
        return f"{rate / 1e6:,.2f} MB/s" if self.bytes else f"{rate:,.0f} /s"


ACTIONS = (
    Action("vCont;s", step, 1.5),
    Action("vCont;s and g", step_and_look, 1.5),
    Action("breakpoint hits (Z0, c, z0, s)", hit, 2),
    Action("memory read, m", read_hex, 1, bytes=True),
    Action("memory read, x", read_binary, 1, bytes=True),
    Action("memory write, M", write_hex, 1, bytes=True),
    Action("memory write, X", write_binary, 1, bytes=True),
)


@dataclass(frozen=True)
class Measured:
    """One contestant's figure: units per second, a slowdown, or seconds."""

    contestant: str
    median: float
    best: float


@dataclass(frozen=True)
class Answer:
    """A row: its title and each contestant's figure, in the contestants' order."""

    title: str
    figures: tuple[Measured, ...]


def rate(action: Callable[[Patient], int], patient: Patient, seconds: float) -> float:
    """Units per second of doing ``action`` again and again for about ``seconds``."""
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds or not done:
        fresh = action(patient)
        if not fresh:
            return 0.0
        done += fresh
    return done / spent


def measure_actions(contestants: Sequence[Contestant], seconds: float, runs: int) -> list[tuple[Action, Answer]]:
    """`ACTIONS` on each server, in turns."""
    elf = program()
    with ExitStack() as stack:
        patients = [Patient(stack.enter_context(connected(each, elf)), symbols(elf)) for each in contestants]
        for patient in patients:
            check_memory(patient)
        rows = []
        for action in ACTIONS:
            turns = [[rate(action.do, patient, seconds) for patient in patients] for _ in range(runs)]
            rows.append((action, _answer(action.title, contestants, turns, max)))
    return rows


def measure_slowdowns(contestants: Sequence[Contestant], seconds: float, runs: int) -> list[Answer]:
    """How many times longer the workload "integer" takes while a write watchpoint is armed."""
    elf = program()
    names = symbols(elf)
    watched = {"a page not touched": names["unused_page"], "a page touched": names["unused_cell"]}
    with ExitStack() as stack:
        patients = [Patient(stack.enter_context(connected(each, elf)), names) for each in contestants]
        lengths = [calibrate(patient.rerun, 1000, seconds) for patient in patients]
        rows = []
        for title, address in watched.items():
            turns = [
                [_slowdown(patient, length, address) for patient, length in zip(patients, lengths, strict=True)]
                for _ in range(runs)
            ]
            rows.append(_answer(f"slowdown, write watchpoint on {title}", contestants, turns, min))
    return rows


def _slowdown(patient: Patient, units: int, address: int) -> float:
    free = patient.rerun(units)
    patient.client.must(b"Z2,%x,8" % address)
    armed = patient.rerun(units)
    patient.client.must(b"z2,%x,8" % address)
    return armed / free


def measure_starts(contestants: Sequence[Contestant], runs: int) -> Answer:
    """Seconds from the start of the server's process to its answer to ``?``, once the files it needs have been read."""
    elf = program()
    for contestant in contestants:
        _start(contestant, elf)
    turns = [[_start(contestant, elf) for contestant in contestants] for _ in range(runs)]
    return _answer("process start to first stop", contestants, turns, min)


def _start(contestant: Contestant, elf: Path) -> float:
    start = time.perf_counter()
    with connected(contestant, elf) as client:
        client.must(b"?")
        return time.perf_counter() - start


def _answer(
    title: str, contestants: Sequence[Contestant], turns: list[list[float]], best: Callable[[Sequence[float]], float]
) -> Answer:
    columns = zip(contestants, zip(*turns, strict=True), strict=True)
    return Answer(title, tuple(Measured(each.name, median(values), best(values)) for each, values in columns))
