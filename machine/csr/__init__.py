"""Control and status registers: declared by the mode that owns them, legalised in one place each."""
