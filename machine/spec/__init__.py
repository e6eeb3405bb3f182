"""Facts from the manuals: tables only; imports nothing."""
