"""A second opinion: this machine and any other that speaks the remote protocol, one instruction at a time.

`Here` is this machine, `Peer` the other, `Comparison` steps both and stops where they first differ; `Ignored` is what
the user has said about differences that are known.
"""

from __future__ import annotations
