"""The guided session: a stock gdb debugs the hypervisor that we ship."""
