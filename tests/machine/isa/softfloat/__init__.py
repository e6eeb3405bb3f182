"""IEEE 754 routines against exact rationals, the host and the manual's sentences."""
