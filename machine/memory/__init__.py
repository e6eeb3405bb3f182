"""From an address to a byte: translation, physical protection, the bus and its memory."""
