"""Devices: they answer loads and stores, raise interrupt lines through callbacks, and know no hart."""
