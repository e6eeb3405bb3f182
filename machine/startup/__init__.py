"""From reset to the first instruction: what is put into memory and registers, and what serves the image from outside.

Here the board's parts (images, device tree, HTIF, SBI) meet the machine's harts.
"""
