"""Observers: they listen to a machine and do not steer it; off, they cost nothing."""
