"""How often is a community that does differ told from the others, and how often one that does not?

`.venv/bin/python benchmarks/power.py [REPLICATES]` prints a table: surveys of 1,000, simple random, in which n people
are the community, a mean on a scale from 0 to 10, half a standard deviation between it and the others. p < .05 is
what one gap alone must reach, p < .05 / 12 what the clearest of twelve must (Holm).

symmetric: normal around 5, rounded · skewed: most people use the lowest answers, few the highest.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from dataclasses import replace

import numpy as np

from fairhearing.stats.cells import Floats
from fairhearing.stats.domains import gap_of
from fairhearing.stats.variance import answers, design, domain_means, partition_totals

PEOPLE = (15, 20, 30, 50)
HEARD = 1000
APART = 0.5
LEVELS = (0.05, 0.05 / 12)


def symmetric(rng: np.random.Generator, sd_apart: Floats) -> Floats:
    return np.clip(np.rint(rng.normal(5 + 2 * sd_apart, 2)), 0, 10)


def skewed(rng: np.random.Generator, sd_apart: Floats) -> Floats:
    """A geometric answer, 1.5 on average and a standard deviation near 1.8; shifted by its mean, so that its spread
    moves with it as that of real scales does."""
    return np.minimum(rng.geometric(1 / (2.5 + 1.8 * sd_apart)) - 1, 10).astype(np.float64)


def told(rng: np.random.Generator, shape: str, n: int, apart: float) -> list[float]:
    """p of one survey: Welch's t alone, and the rule in use."""
    who = (np.arange(HEARD) >= n).astype(np.int64)
    y = {"symmetric": symmetric, "skewed": skewed}[shape](rng, np.where(who == 0, apart, 0.0))
    plan = design(np.ones(HEARD), domains=[(who, 2)])
    means = domain_means(partition_totals(plan, answers(plan, y), 0), np.eye(2))
    found = [
        gap_of(each, 0, 1, share=False, sampled=True, span=10.0, matters=0.5)
        for each in (replace(means, spread=None), means)
    ]
    return [1.0 if gap.p is None else gap.p for gap in found]


def main() -> None:
    count = int(sys.argv[1]) if sys.argv[1:] else 2000
    head = [f"{where}, p < {level}" for where in ("higher", "lower", "no gap") for level in (".05", ".05/12")]
    print("| answers, people (Welch → in use) | " + " | ".join(head) + " |\n|" + "---|" * 7)
    for place, shape in enumerate(("symmetric", "skewed")):
        for n in PEOPLE:
            cells = []
            for apart in (APART, -APART, 0.0):
                rng = np.random.default_rng([12, place, n, round(2 * apart) + 1])
                p = np.array([told(rng, shape, n, apart) for _ in range(count)])
                cells += [" → ".join(f"{share:.3f}" for share in (p < level).mean(0)) for level in LEVELS]
            print(f"| {shape}, {n} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
