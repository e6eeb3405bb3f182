"""The benchmark of nesting: each way does the same work, and spares the traps that it is there to spare."""

from __future__ import annotations

import pytest

from scripts.benchmark.nested import Cost, benchmark

WAYS = ("trap-and-emulate", "SBI NACL", "HNESTED")


@pytest.fixture(scope="module")
def costs() -> dict[tuple[str, str], Cost]:
    return {(cost.workload, cost.way): cost for cost in benchmark()}


def test_every_workload_is_measured_by_every_way(costs: dict[tuple[str, str], Cost]) -> None:
    assert set(costs) == {(workload, way) for workload in ("exit", "switch") for way in WAYS}
    assert {cost.exits for cost in costs.values()} == {39}  # the first entry of forty follows no exit


def test_by_trap_and_emulate_every_register_costs_a_trap(costs: dict[tuple[str, str], Cost]) -> None:
    """An exit: itself, SRET, and hvip twice, hstatus three times, htval and htinst once each. A switch: 20 more."""
    assert costs["exit", "trap-and-emulate"].traps == 9
    assert costs["switch", "trap-and-emulate"].traps == 29


@pytest.mark.parametrize("way", ["SBI NACL", "HNESTED"])
@pytest.mark.parametrize("workload", ["exit", "switch"])
def test_helped_it_is_the_exit_and_the_way_back(costs: dict[tuple[str, str], Cost], workload: str, way: str) -> None:
    helped, baseline = costs[workload, way], costs[workload, "trap-and-emulate"]
    assert helped.traps == 2
    assert helped.instructions < baseline.instructions
