"""Shortcuts through the host's floating point, where it gives what the soft-float routine gives: bits and flags.

A shortcut is an optimisation of the routine that it stands before, never a meaning of its own. It is taken when all of
the following hold, and the routine itself runs otherwise:

- the rounding mode is to nearest even, and so is the host's (`Block.ROUNDING`: `host_rounding` looks at each entry);
- every operand is a normal number from the middle of the exponents (`window`). Then neither a result nor any
  intermediate below overflows or underflows: a product's error is a multiple of the product of two units in the last
  place, which is still normal. Hence OF, UF, DZ and NV cannot be raised, and a host that flushes subnormals shows none;
- for a fused operation: the double rounding that its three sums could commit is excluded (`multiply_add`).

A correctly rounded operation has one result, so the host's is the routine's. NX is whether it is exact: an addition by
Knuth's TwoSum; a product, a quotient and a root because z = x·y holds exactly or is missed by less than 2^63 units of
the significands' product, so that the product's low 64 bits decide (`misses`).
Sources: IEEE 754-2008 section 4.3; Muller et al., Handbook of Floating-Point Arithmetic, chapters 4 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machine.bits import bits, ite, u
from machine.isa.softfloat import (
    f32_add,
    f32_div,
    f32_fma,
    f32_mul,
    f32_sqrt,
    f64_add,
    f64_div,
    f64_fma,
    f64_mul,
    f64_sqrt,
)
from machine.isa.softfloat.flags import NX, RNE
from machine.isa.softfloat.format import F32, F64, Format
from machine.native.dispatch import HOST_ROUNDING, address
from machine.native.layout import Block

__all__ = ["INTRINSICS", "SHORTCUTS", "host_rounding", "window"]

Routine = Callable[..., Any]
TYPES = {32: "float", 64: "double"}
INTRINSICS = "".join(f"declare {TYPES[n]} @llvm.sqrt.f{n}({TYPES[n]})\n" for n in TYPES)
OTHERWISE = 7
"""In `Block.ROUNDING`: a rounding mode that no instruction asks for."""


def window(fmt: Format) -> tuple[int, int]:
    """The least stored exponent of an operand, and the first that is too large: symmetric about 1.

    The unit in the last place of the product of two operands is normal: 2·least − 2·bias − 2·fraction_bits ≥ 1 − bias.
    """
    least = (fmt.bias + 1) // 2 + fmt.fraction_bits
    return least, 2 * fmt.bias - least


class Host:
    """The host's arithmetic on patterns of a format, as code of the function that is being staged."""

    def __init__(self, fmt: Format, stager: Any) -> None:
        self.fmt, self.stager, self.type = fmt, stager, TYPES[fmt.width]

    def rounding(self) -> Any:
        """The rounding mode that the host has."""
        code = self.stager.code
        place = Block.ROUNDING
        return self.stager.leaf(
            self.stager.effect(lambda: code.let(f"load i8, ptr {code.let(address('%pv', place))}")), 0, OTHERWISE
        )

    def add(self, a: Any, b: Any) -> Any:
        return self._operate("fadd {type} {0}, {1}", a, b)

    def sub(self, a: Any, b: Any) -> Any:
        return self._operate("fsub {type} {0}, {1}", a, b)

    def mul(self, a: Any, b: Any) -> Any:
        return self._operate("fmul {type} {0}, {1}", a, b)

    def div(self, a: Any, b: Any) -> Any:
        return self._operate("fdiv {type} {0}, {1}", a, b)

    def sqrt(self, a: Any) -> Any:
        return self._operate("call {type} @llvm.sqrt.f{width}({type} {0})", a)

    def _operate(self, form: str, *operands: Any) -> Any:
        width, code = self.fmt.width, self.stager.code

        def make() -> str:
            names = [code.let(f"bitcast i{width} {code.value(each, width)} to {self.type}") for each in operands]
            result = code.let(form.format(*names, type=self.type, width=width))
            name: str = code.let(f"bitcast {self.type} {result} to i{width}")
            return name

        return self.stager.leaf(self.stager.effect(make), 0, (1 << width) - 1)

    def two_sum(self, a: Any, b: Any) -> tuple[Any, Any]:
        """The rounded sum, and its error: they add up to a + b exactly."""
        total = self.add(a, b)
        of_b = self.sub(total, a)
        of_a = self.sub(total, of_b)
        return total, self.add(self.sub(a, of_a), self.sub(b, of_b))

    def two_product(self, a: Any, b: Any) -> tuple[Any, Any]:
        """The rounded product, and its error (Dekker): they add up to a · b exactly."""
        product = self.mul(a, b)
        (a_high, a_low), (b_high, b_low) = self._split(a), self._split(b)
        error = self.sub(self.mul(a_high, b_high), product)
        error = self.add(self.add(error, self.mul(a_high, b_low)), self.mul(a_low, b_high))
        return product, self.add(error, self.mul(a_low, b_low))

    def _split(self, a: Any) -> tuple[Any, Any]:
        """Two numbers of half the precision with the sum ``a`` (Veltkamp)."""
        bits_of_low = (self.fmt.precision + 1) // 2
        factor = self.fmt.bias + bits_of_low << self.fmt.fraction_bits | 1 << self.fmt.fraction_bits - bits_of_low
        scaled = self.mul(a, factor)
        high = self.sub(scaled, self.sub(scaled, a))
        return high, self.sub(a, high)

    # --- integers -----------------------------------------------------------------------------------------------

    def exponent(self, a: Any) -> Any:
        return bits(a, self.fmt.width - 2, self.fmt.fraction_bits)

    def significand(self, a: Any) -> Any:
        """Of a normal number."""
        return u(a, self.fmt.fraction_bits) | 1 << self.fmt.fraction_bits

    def magnitude(self, a: Any) -> Any:
        return u(a, self.fmt.width - 1)

    def suits(self, a: Any) -> Any:
        """Whether an operand lies in the window."""
        least, behind = window(self.fmt)
        return u(self.exponent(a) - least, 16) < behind - least

    def misses(self, x: Any, y: Any, z: Any) -> Any:
        """Whether ``x · y`` differs from ``z``, where rounding one of the three is all that lies between them."""
        distance = self.exponent(z) - self.exponent(x) - self.exponent(y) + self.fmt.bias  # 0 or 1
        wanted = self.significand(z) << self.fmt.fraction_bits
        wanted = ite(u(distance, 1), wanted << 1, wanted)
        return u(self.significand(x) * self.significand(y)) != u(wanted)


Answer = tuple[Any, Any, Any]
"""Pattern, whether it is inexact, whether it holds."""


def add(host: Host, a: Any, b: Any) -> Answer:
    total, error = host.two_sum(a, b)
    return total, host.magnitude(error) != 0, 1


def multiply(host: Host, a: Any, b: Any) -> Answer:
    product = host.mul(a, b)
    return product, host.misses(a, b, product), 1


def divide(host: Host, a: Any, b: Any) -> Answer:
    quotient = host.div(a, b)
    return quotient, host.misses(quotient, b, a), 1


def root(host: Host, a: Any) -> Answer:
    """Of a positive number."""
    found = host.sqrt(a)
    return found, host.misses(found, found, a), a >> (host.fmt.width - 1) == 0


def multiply_add(host: Host, a: Any, b: Any, c: Any) -> Answer:
    """a·b + c = sum + middle + rest exactly, and sum + middle = result + error exactly.

    ``rest`` is at most half a unit in the last place of ``middle``, of which ``error`` is a multiple when ``middle`` is
    not larger than ``sum``. So ``rest`` can move the exact value over the middle between two numbers only from that
    middle itself, where ``error`` is a power of two, or from the number itself, where it is 0: then the fraction of
    ``error`` is 0.
    """
    product, low = host.two_product(a, b)
    total, below = host.two_sum(product, c)
    middle, rest = host.two_sum(below, low)
    result, error = host.two_sum(total, middle)
    single = host.magnitude(rest) == 0
    clear = (u(error, host.fmt.fraction_bits) != 0) & (host.magnitude(middle) <= host.magnitude(total))
    return result, (host.magnitude(error) != 0) | (single == 0), single | clear


def shortcut(fmt: Format, compute: Callable[..., Answer]) -> Callable[[Routine], Routine]:
    """From the routine to what is to be called in its place: the same arguments and results."""

    def before(routine: Routine) -> Routine:
        def short(*arguments: Any) -> Any:
            *given, rm = arguments
            host = Host(fmt, rm.graph)
            operands = [u(each, fmt.width) for each in given]
            suits = (rm == RNE) & (host.rounding() == RNE)
            for each in operands:
                suits = suits & host.suits(each)
            if suits:
                value, inexact, holds = compute(host, *operands)
                if holds:
                    return value, ite(inexact, NX, 0)
            return routine(*arguments)

        return short

    return before


SHORTCUTS: dict[Routine, Callable[[Routine], Routine]] = {
    **{
        routine: shortcut(F64, compute) for routine, compute in ((f64_add, add), (f64_mul, multiply), (f64_div, divide))
    },
    **{
        routine: shortcut(F32, compute) for routine, compute in ((f32_add, add), (f32_mul, multiply), (f32_div, divide))
    },
    **{routine: shortcut(fmt, root) for routine, fmt in ((f64_sqrt, F64), (f32_sqrt, F32))},
    **{routine: shortcut(fmt, multiply_add) for routine, fmt in ((f64_fma, F64), (f32_fma, F32))},
}
"""By routine: what makes the shortcut from it."""

PROBES = (
    ("0x3FF0000000000000", "0x3CA0000000000000", "0x3FF0000000000000"),
    ("0xBFF0000000000000", "0xBCA0000000000000", "0xBFF0000000000000"),
    ("0x3FF0000000000000", "0x3CB8000000000000", "0x3FF0000000000002"),
)
"""Sums that tell the modes apart: 1 + 2^-53 is 1 but upwards, −1 − 2^-53 is −1 but downwards, and 1 + 3·2^-53 is
1 + 4·2^-53 but downwards and toward zero."""


def host_rounding() -> str:
    """The function `HOST_ROUNDING`: to nearest even, or `OTHERWISE`. LLVM may not work the sums out itself."""
    tables, lines = [], [f"define internal i8 @{HOST_ROUNDING}() nounwind noinline {{"]
    for n, (a, b, expected) in enumerate(PROBES):
        tables.append(f"@probe{n} = internal constant [2 x double] [double {a}, double {b}]")
        lines += [
            f"  %a{n} = load volatile double, ptr @probe{n}",
            f"  %p{n} = getelementptr i8, ptr @probe{n}, i64 8",
            f"  %b{n} = load volatile double, ptr %p{n}",
            f"  %s{n} = fadd double %a{n}, %b{n}",
            f"  %o{n} = fcmp oeq double %s{n}, {expected}",
        ]
    lines += ["  %two = and i1 %o0, %o1", "  %all = and i1 %two, %o2"]
    lines += [f"  %r = select i1 %all, i8 {RNE}, i8 {OTHERWISE}", "  ret i8 %r", "}\n"]
    return "\n".join([*tables, *lines])
