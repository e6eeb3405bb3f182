"""From an object file to running code without a linker; what is not self-contained is refused."""

from __future__ import annotations

import ctypes

import pytest

from machine.native.compiler import compile_object
from machine.native.image import Code, Image
from machine.native.linking import LinkError, link

MODULE = """
@table = internal constant [2 x ptr] [ptr @one, ptr @two]
@text = constant [6 x i8] c"hello\\00"
define internal i64 @one(i64 %a) noinline { %r = add i64 %a, 1
  ret i64 %r }
define internal i64 @two(i64 %a) noinline { %r = mul i64 %a, 3
  ret i64 %r }
define i64 @pick(i64 %n, i64 %a) {
  %p = getelementptr [2 x ptr], ptr @table, i64 0, i64 %n
  %f = load ptr, ptr %p
  %r = call i64 %f(i64 %a)
  %s = call i64 @one(i64 %r)
  ret i64 %s }
"""
FUNCTION = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64, ctypes.c_uint64)


@pytest.mark.parametrize("linkage", ["internal", "dso_local", ""])
def test_linked_code_runs_wherever_it_lies(linkage: str):
    image = link(compile_object(MODULE.replace("internal constant", f"{linkage} constant")))
    assert Image.from_bytes(image.to_bytes()) == image
    assert len(image.pointers) == (2 if linkage else 3)
    for code in (Code(image), Code(image)):
        pick = FUNCTION(code.address("pick"))
        assert [pick(n, 5) for n in (0, 1)] == [5 + 1 + 1, 5 * 3 + 1]
        assert code.string("text") == "hello"


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        (
            "declare void @elsewhere()\ndefine void @f() { call void @elsewhere()\n ret void }",
            "elsewhere.* not defined",
        ),
        ("@state = global i64 7\ndefine ptr @f() { ret ptr @state }", "section .data: the code would have a state"),
        ("@state = global i64 0\ndefine ptr @f() { ret ptr @state }", "section .bss: the code would have a state"),
    ],
)
def test_what_is_not_self_contained_is_refused(module: str, complaint: str):
    with pytest.raises(LinkError, match=complaint):
        link(compile_object(module))
