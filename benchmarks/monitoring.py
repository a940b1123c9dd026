"""Looking every month: how often a change is claimed where there is none, and how soon one of 5 points is seen.

`.venv/bin/python benchmarks/monitoring.py [REPLICATES]` prints Markdown tables. A survey of so many people every
month for three years, the first month being the baseline.

always valid: what `fairhearing monitor` and the table `monitoring` tell · the same average, 95% at each look: its
ordinary interval, looked at every month · each month against the first: the ordinary interval of two samples, looked
at every month.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from dataclasses import dataclass

import numpy as np

from fairhearing.stats.monitoring import monitor, widened

LOOKS = 36
MATTERS = 0.05
RULES = ("always valid", "the same average, 95% at each look", "each month against the first")


@dataclass(frozen=True)
class World:
    """people a month · share at first · by how much it moves, and in which look (0: at once)."""

    people: int
    share: float
    move: float = 0.0
    at: int = 0


STILL = (World(150, 0.6), World(500, 0.6), World(1500, 0.6), World(150, 0.9))
MOVED = (World(500, 0.6, 0.05), World(1500, 0.6, 0.05), World(1500, 0.6, 0.05, 12), World(1500, 0.6, 0.10, 12))


def first_claims(world: World, rng: np.random.Generator) -> list[int | None]:
    """The look at which each rule first claims a change, or None."""
    shares = np.full(LOOKS + 1, world.share)
    shares[1 + world.at :] += world.move
    seen = rng.binomial(world.people, shares) / world.people
    ses = np.sqrt(seen * (1 - seen) / (world.people - 1))
    wider = widened(1.0, world.people - 1)
    looks = monitor(list(seen), list(ses * wider), matters=MATTERS)
    claims = (
        [look.moved for look in looks],
        [abs(look.change) > 1.96 * look.se for look in looks],
        list(np.abs(seen[1:] - seen[0]) > 1.96 * np.hypot(ses[1:], ses[0])),
    )
    return [next((at for at, claimed in enumerate(each, 1) if claimed), None) for each in claims]


def replicated(world: World, replicates: int) -> list[list[int | None]]:
    rng = np.random.default_rng([20190225, world.people, int(100 * world.share), int(100 * world.move), world.at])
    return [first_claims(world, rng) for _ in range(replicates)]


def report(replicates: int) -> None:
    print(f"No change, {LOOKS} monthly looks: ever claimed ({replicates} replicates)\n")
    print("| people a month | share | " + " | ".join(RULES) + " |\n|---:|---:|---:|---:|---:|")
    for world in STILL:
        claimed = np.array([[at is not None for at in each] for each in replicated(world, replicates)])
        cells = " | ".join(f"{share:.1%}" for share in claimed.mean(0))
        print(f"| {world.people} | {world.share:.0%} | {cells} |")
    print(
        "\nTrust moves: claimed within the three years by the always-valid rule, and how many looks after it moved\n"
    )
    print("| people a month | moves | in look | claimed | claimed too early | looks after, median | 90% of those |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for world in MOVED:
        told = [each[0] for each in replicated(world, replicates)]
        rightly = np.array([at - world.at for at in told if at is not None and at > world.at])
        early = sum(at is not None and at <= world.at for at in told) / replicates
        most = f"{np.median(rightly):.0f} | {np.quantile(rightly, 0.9):.0f}" if len(rightly) else "– | –"
        when = world.at + 1
        print(
            f"| {world.people} | {world.move:.0%} | {when} | {len(rightly) / replicates:.1%} | {early:.1%} | {most} |"
        )


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
