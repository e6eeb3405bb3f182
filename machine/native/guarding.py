"""Stores to pages that hold decoded instructions: done in generated code where they touch none."""

from __future__ import annotations

from machine.native.dispatch import address
from machine.native.layout import Block, Context

__all__ = ["BESIDE_CODE", "guarding"]

BESIDE_CODE = "beside_code"
"""The function that says whether a store which lies in one page, and which the data TLB did not let through, may be
done: its page is known to hold decoded instructions, and all that it writes is other bytes."""


def guarding() -> str:
    """The function's text."""
    shift = 12 - (Context.DATA_SLOT.bit_length() - 1)
    return f"""define internal i1 @{BESIDE_CODE}(ptr %cx, ptr %pv, i64 %at, i64 %size) nounwind noinline {{
  %number = lshr i64 %at, {shift}
  %index = and i64 %number, {(Context.DATA_SLOTS - 1) * Context.DATA_SLOT}
  %slot = getelementptr i8, ptr %cx, i64 %index
  %tagged = {address("%slot", Context.CHECKED)}
  %tag = load i64, ptr %tagged
  %page = and i64 %at, -4096
  %same = icmp eq i64 %tag, %page
  br i1 %same, label %look, label %no
look:
  %added = {address("%slot", Context.ADDEND)}
  %addend = load i64, ptr %added
  %host = add i64 %at, %addend
  %moved = {address("%pv", Block.RAM)}
  %ram = load i64, ptr %moved
  %based = {address("%pv", Block.RAM_BASE)}
  %base = load i64, ptr %based
  %physical = sub i64 %host, %ram
  %offset = sub i64 %physical, %base
  %first = lshr i64 %offset, 1
  %behind = add i64 %offset, %size
  %highest = sub i64 %behind, 1
  %last = lshr i64 %highest, 1
  %more = sub i64 %last, %first
  %power = shl i64 2, %more
  %ones = sub i64 %power, 1
  %mapped = {address("%pv", Block.HALVES)}
  %map = load ptr, ptr %mapped
  %byte = lshr i64 %first, 3
  %place = getelementptr i8, ptr %map, i64 %byte
  %around = load i16, ptr %place, align 1
  %bits = zext i16 %around to i64
  %within = and i64 %first, 7
  %from = lshr i64 %bits, %within
  %touched = and i64 %from, %ones
  %beside = icmp eq i64 %touched, 0
  ret i1 %beside
no:
  ret i1 false
}}
"""
