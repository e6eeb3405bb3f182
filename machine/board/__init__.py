"""The board around the harts: addresses and wiring, device tree, images, and the SBI that the machine can serve."""
