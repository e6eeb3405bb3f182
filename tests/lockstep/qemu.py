"""`qemu-system-riscv64` as a second opinion: started stopped, driven through its own gdbstub.

A raw client of the remote protocol (GDB manual, "Overview" and "Packets" of the remote protocol), of our own and
without our server's codec: the two must not share a mistake.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from xml.etree import ElementTree

__all__ = ["CPU", "ISA", "Qemu"]

CPU = "rv64,h=true,sstc=true,pmp=true,debug=false,zba=true,zbb=true,zbc=true,zbs=false,Zfh=true"
ISA = "rv64gch_zba_zbb_zbc_zfh_sstc_svadu"
"""Of our machine beside it: QEMU 7.2 knows little of what we have beyond, and with Zbs too it lacks misa.B."""
"""The processor nearest to ours that QEMU 7.2 offers."""
MISSING = "qemu-system-riscv64 is not installed; the lockstep tests need it: apt-get install -y qemu-system-misc"
PATIENCE = 60
CHUNK = 1024


class Qemu:
    """One stopped machine with 64 MiB of memory and no firmware; ``image`` lies at 0x80000000.

    Attributes:
        version: such as (7, 2).

    Raises AssertionError saying how to install QEMU when it is missing.
    """

    def __init__(self, directory: Path, image: bytes, cpu: str = CPU) -> None:
        program = shutil.which("qemu-system-riscv64")
        assert program, MISSING
        self._directory = directory
        path, loaded = directory / "gdb.socket", directory / "image.bin"
        loaded.write_bytes(image)
        self._log = (directory / "qemu.log").open("wb")
        arguments = ["-M", "virt", "-cpu", cpu, "-m", "64M", "-nographic", "-serial", "null", "-monitor", "none", "-S"]
        arguments += ["-bios", "none", "-device", f"loader,file={loaded},addr=0x80000000,force-raw=on"]
        arguments += ["-gdb", f"unix:path={path},server=on,wait=off"]
        self._process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        self._buffer = b""
        self._socket = self._connect(path)
        self._socket.sendall(b"+")
        features = self.ask("qSupported:swbreak+;hwbreak+;xmlRegisters=riscv")
        assert "qXfer:features:read+" in features, features
        self.registers = self._numbers()
        found = re.search(r"version (\d+)\.(\d+)", subprocess.check_output([program, "--version"], text=True))
        assert found
        self.version = (int(found[1]), int(found[2]))

    def __enter__(self) -> Qemu:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._log.close()

    # --- the wire ---------------------------------------------------------------------------------------------------

    def _connect(self, path: Path) -> socket.socket:
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(PATIENCE)
            try:
                client.connect(str(path))
            except OSError:
                client.close()
                time.sleep(0.01)
            else:
                return client
        self._process.kill()
        raise AssertionError(f"QEMU did not start: {(self._directory / 'qemu.log').read_text()}")

    def send(self, packet: str) -> None:
        data = packet.encode()
        self._socket.sendall(b"$%s#%02x" % (data, sum(data) & 255))

    def receive(self) -> str:
        """The next packet, escapes undone; acknowledged."""
        while True:
            found = re.search(rb"\$([^#]*)#[0-9a-f]{2}", self._buffer)
            if found:
                self._buffer = self._buffer[found.end() :]
                self._socket.sendall(b"+")
                return re.sub(rb"\}(.)", lambda m: bytes([m[1][0] ^ 0x20]), found[1], flags=re.DOTALL).decode("latin-1")
            more = self._socket.recv(1 << 16)
            assert more, "QEMU closed the connection"
            self._buffer += more

    def ask(self, packet: str) -> str:
        self.send(packet)
        return self.receive()

    def _read_document(self, name: str) -> ElementTree.Element:
        text = ""
        while True:
            part = self.ask(f"qXfer:features:read:{name}:{len(text):x},{CHUNK:x}")
            text += part[1:]
            if part[0] == "l":
                return ElementTree.fromstring(text.replace("xi:include", "include"))

    def _numbers(self) -> dict[str, int]:
        """Register numbers by name, as its target description assigns them."""
        numbers: dict[str, int] = {}
        following = 0
        for include in self._read_document("target.xml").iter("include"):
            for register in self._read_document(include.attrib["href"]).iter("reg"):
                following = int(register.attrib.get("regnum", following))
                numbers[register.attrib["name"]] = following
                following += 1
        return numbers

    # --- what tests do ----------------------------------------------------------------------------------------------

    def read_register(self, name: str) -> int:
        return int.from_bytes(bytes.fromhex(self.ask(f"p{self.registers[name]:x}")), "little")

    def integers(self) -> list[int]:
        """x0 to x31 and pc."""
        data = bytes.fromhex(self.ask("g"))
        return [int.from_bytes(data[8 * n : 8 * n + 8], "little") for n in range(33)]

    def write_register(self, name: str, value: int) -> None:
        assert self.ask(f"P{self.registers[name]:x}={value.to_bytes(8, 'little').hex()}") == "OK"

    def step(self) -> None:
        """One instruction."""
        self._stopped(self.ask("vCont;s:1"))

    def run_to(self, address: int) -> None:
        """Run until the instruction at ``address`` is next."""
        assert self.ask(f"Z1,{address:x},4") == "OK"
        self._stopped(self.ask("vCont;c"))
        assert self.integers()[32] == address

    def read_memory(self, address: int, size: int) -> bytes:
        parts = []
        for at in range(address, address + size, CHUNK):
            parts.append(bytes.fromhex(self.ask(f"m{at:x},{min(CHUNK, address + size - at):x}")))
        return b"".join(parts)

    @staticmethod
    def _stopped(reply: str) -> None:
        assert reply[:3] in ("T05", "S05"), f"QEMU stopped with {reply!r}"
