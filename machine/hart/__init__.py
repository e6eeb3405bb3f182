"""One hardware thread: its state and the vocabulary of meanings on numbers."""
