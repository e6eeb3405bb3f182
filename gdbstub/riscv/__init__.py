"""Our machine as a debugger's target: the only folder that knows RISC-V and imports `machine`."""
