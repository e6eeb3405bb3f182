"""What `scripts/bench` measures: workloads and debugging, on hartbreak and on QEMU, interleaved in one run.

`workloads` says what runs, `images` builds it, `contestants` starts it, `stopwatch` times it, `race` compares;
`remote` and `servers` carry the debugging figures of `stepping`, `memory`, `watching` and `starting`; `profiling` says
where hartbreak's time goes; `report` prints.
"""
