"""SBI served by the machine itself, without guest code in M-mode (RISC-V SBI specification, version 2.0).

`firmware.Firmware.call` answers an ecall from HS-mode; one extension is one file; `abi` says what they need of a hart
and of the machine around it.
"""
