"""Tests of the native engine: against the reference engine, everything."""
