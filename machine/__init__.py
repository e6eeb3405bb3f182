"""An RV64 computer with the hypervisor extension; it knows nothing of debuggers."""
