"""Leaving the program and coming back."""
