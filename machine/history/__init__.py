"""Going back: snapshots of a whole machine, and doing a recorded run again."""
