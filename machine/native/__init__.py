"""The native engine: machine code made from the same meanings through LLVM. The only home of llvmlite.

From a meaning to code: `value` (integers that are not known yet), `staging` (a meaning, run once per path),
`routines` (calls that stay calls), `host_float` (what may stand before some of them), `words` (the vocabulary on such
values: `data`, `guest`, `walks`, `privileged`), `lower` (values to LLVM text), `handlers`
(one function per instruction) and `dispatch` (how handlers follow each other); `compiler` and `cache` make an object
of it. At run time: `layout` (the tables' shape), `tables`, `pages` and `engine`.
"""
