"""A debugger's target: the GDB remote serial protocol in front of a machine; RISC-V only in ``riscv/``."""
