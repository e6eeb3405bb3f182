"""The command line: one command, one file; what the commands share stands in `options`, `computer` and `line`.

Whatever takes long to import (trio, rich, the server) is imported by the command that needs it.
"""
