"""The lockstep engine: one engine on trial, the reference engine as its judge, on one machine's state.

`engine` runs slices twice, `image` takes memory back in between, `translations` keeps what each engine has cached
apart, `gate` ends a slice before anything outside the hart is touched, `divergence` says what differs.
"""

from machine.engine.lockstep.divergence import Change, Divergence
from machine.engine.lockstep.engine import LockstepEngine

__all__ = ["Change", "Divergence", "LockstepEngine"]
