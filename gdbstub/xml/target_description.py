"""``target.xml``: which registers a target has, how wide they are, and what their bits mean.

GDB manual, appendix "Target Descriptions". A target gives tables of `Feature`; nothing here knows an architecture.
Two things a reader may not expect: the OS ABI is named as *none*, because gdb-multiarch otherwise assumes GNU/Linux
and then steps RISC-V in software, past trap handlers; and a field wider than one bit always carries a type, because gdb
takes an untyped one for an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

__all__ = ["EnumType", "Feature", "FlagsType", "Register", "Type", "UnionType", "build"]

DOCTYPE = '<?xml version="1.0"?>\n<!DOCTYPE target SYSTEM "gdb-target.dtd">\n'
PREDEFINED = frozenset(f"{kind}{size}" for kind in ("int", "uint") for size in (8, 16, 32, 64, 128)) | frozenset(
    {"int", "long", "bool", "code_ptr", "data_ptr", "float", "ieee_half", "ieee_single", "ieee_double"}
)


@dataclass(frozen=True)
class EnumType:
    """Names for the values of a register or a field.

    Attributes:
        id: the type's name, unique in its feature.
        size: bytes of a register of this type; a field of it may be narrower.
        values: (name, value) pairs. Names are C identifiers: gdb's expressions use them.
    """

    id: str
    size: int
    values: Sequence[tuple[str, int]]

    def element(self) -> ET.Element:
        """``<enum>`` with its ``<evalue>``s."""
        enum = ET.Element("enum", id=self.id, size=str(self.size))
        for name, value in self.values:
            ET.SubElement(enum, "evalue", name=name, value=str(value))
        return enum


@dataclass(frozen=True)
class FlagsType:
    """Names for the bits of a register.

    Attributes:
        id: the type's name, unique in its feature.
        size: bytes, 4 or 8.
        fields: (name, first bit, last bit, type); both bits belong to the field and bit 0 is the least significant.
            An empty type means a flag when the field is one bit and an unsigned integer when it is wider.
    """

    id: str
    size: int
    fields: Sequence[tuple[str, int, int, str]]

    def __post_init__(self) -> None:
        """Raises ValueError for a field outside the register or upside down."""
        for name, start, end, _ in self.fields:
            if not 0 <= start <= end < 8 * self.size:
                raise ValueError(f"{self.id}.{name}: bits {start} to {end} are not in a register of {self.size} bytes")

    def element(self) -> ET.Element:
        """``<flags>`` with its ``<field>``s."""
        flags = ET.Element("flags", id=self.id, size=str(self.size))
        for name, start, end, kind in self.fields:
            chosen = kind or ("bool" if start == end else f"uint{8 * self.size}")
            ET.SubElement(flags, "field", name=name, start=str(start), end=str(end), type=chosen)
        return flags


@dataclass(frozen=True)
class UnionType:
    """One register seen in several ways; `members` are (name, type) pairs."""

    id: str
    members: Sequence[tuple[str, str]]

    def element(self) -> ET.Element:
        """``<union>`` with its ``<field>``s."""
        union = ET.Element("union", id=self.id)
        for name, kind in self.members:
            ET.SubElement(union, "field", name=name, type=kind)
        return union


Type = EnumType | FlagsType | UnionType


@dataclass(frozen=True)
class Register:
    """One register.

    Attributes:
        name: as the user types it after ``$``.
        number: its number in ``p``, ``P`` and stop replies.
        bits: its width, a multiple of 8.
        type: a predefined type of gdb's, or the id of a type of the same feature.
        group: for ``info registers GROUP``; gdb ignores it for CSRs that it knows by name, LLDB does not.
        save_restore: whether gdb saves it around a function that the user calls.
    """

    name: str
    number: int
    bits: int
    type: str = "int"
    group: str = ""
    save_restore: bool = True

    def element(self) -> ET.Element:
        """``<reg>``."""
        register = ET.Element("reg", name=self.name, bitsize=str(self.bits), regnum=str(self.number), type=self.type)
        if self.group:
            register.set("group", self.group)
        if not self.save_restore:
            register.set("save-restore", "no")
        return register


@dataclass(frozen=True)
class Feature:
    """Registers that belong together under a name such as ``org.gnu.gdb.riscv.cpu``, and the types they use.

    A type that uses another comes after it.
    """

    name: str
    registers: Sequence[Register]
    types: Sequence[Type] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a register whose type neither gdb nor the feature knows."""
        known = PREDEFINED | {kind.id for kind in self.types}
        for register in self.registers:
            if register.type not in known:
                raise ValueError(f"register {register.name} of {self.name} has the unknown type {register.type}")

    def element(self) -> ET.Element:
        """``<feature>`` with types first, as gdb's reader needs them."""
        feature = ET.Element("feature", name=self.name)
        feature.extend(kind.element() for kind in self.types)
        feature.extend(register.element() for register in self.registers)
        return feature


def build(architecture: str, features: Sequence[Feature], *, osabi: str = "none") -> str:
    """The document for ``qXfer:features:read:target.xml``.

    `architecture` is gdb's name of it, for instance ``riscv:rv64``. Raises ValueError when two registers share a name
    or a number.

    >>> print(build("riscv:rv64", [Feature("org.example", [Register("pc", 32, 64, "code_ptr")])]))
    <?xml version="1.0"?>
    <!DOCTYPE target SYSTEM "gdb-target.dtd">
    <target version="1.0">
      <architecture>riscv:rv64</architecture>
      <osabi>none</osabi>
      <feature name="org.example">
        <reg name="pc" bitsize="64" regnum="32" type="code_ptr" />
      </feature>
    </target>
    """
    registers = [register for feature in features for register in feature.registers]
    _refuse_twins("name", (register.name for register in registers))
    _refuse_twins("number", (str(register.number) for register in registers))
    target = ET.Element("target", version="1.0")
    ET.SubElement(target, "architecture").text = architecture
    ET.SubElement(target, "osabi").text = osabi
    target.extend(feature.element() for feature in features)
    ET.indent(target)
    return DOCTYPE + ET.tostring(target, encoding="unicode")


def _refuse_twins(what: str, values: Iterable[str]) -> None:
    twins = [value for value, count in Counter(values).items() if count > 1]
    if twins:
        raise ValueError(f"two registers share the {what} {', '.join(twins)}")
