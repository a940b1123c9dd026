"""Statements: does the bridging score stay, are statements invented for groups, do weighted intervals cover, is
Polis's own grouping reproduced?

`.venv/bin/python benchmarks/statements.py [PART …]` prints Markdown tables. Parts: bridging null coverage polis.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import sys
from collections.abc import Callable

import numpy as np
from votes import DATA, Cells, conversations, shuffled, some_people

from fairhearing.gather.votes import all_votes
from fairhearing.hear.counting import share
from fairhearing.stats.bridging import bridging, crowd
from fairhearing.stats.opinion_order import in_own_order
from fairhearing.stats.opinion_space import fit_space
from fairhearing.stats.opinion_verdict import adjusted_rand
from fairhearing.stats.polis import polis_groups
from fairhearing.stats.representative import representative

PARTS_OF_PEOPLE, SHUFFLES, WORLDS = 6, 3, 4000


def scores(case: Cells) -> dict[str, np.ndarray]:
    """Ours; the intercept (Community Notes); the smoothed share agreeing."""
    order = in_own_order(*case)
    space = fit_space(order.ballots, 4, np.random.default_rng(1))
    coefficient, unsure = order.statements_as_given(space.statement), order.statements_as_given(space.statement_cov)
    cast = np.bincount(case[1], minlength=case[4])
    passed = np.bincount(case[1][case[2] == 0], minlength=case[4])
    agree = np.bincount(case[1][case[2] == 1], minlength=case[4])
    people = crowd(space.person[:, 1:], space.person_cov[:, 1:, 1:], np.ones(case[3]))
    ours = bridging(coefficient, unsure, cast - passed, passed, people, np.random.default_rng(1)).score
    return {"ours": np.nan_to_num(ours), "intercept": coefficient[:, 0], "share": (agree + 1) / (cast + 2)}


def top(score: np.ndarray) -> set[int]:
    return set(np.argsort(-score, kind="stable")[:10].tolist())


def stays() -> None:
    names = ("ours", "intercept", "share")
    print(f"\nTop 10 again in four fifths of the people (Jaccard, mean of {PARTS_OF_PEOPLE})\n")
    print("| conversation | ours | intercept | share |")
    print("|---|---|---|---|")
    everything = []
    for conversation, case in conversations().items():
        whole = scores(case)
        parts = [scores(some_people(case, np.random.default_rng(seed))[0]) for seed in range(PARTS_OF_PEOPLE)]
        row = [
            np.mean([len(top(whole[n]) & top(p[n])) / len(top(whole[n]) | top(p[n])) for p in parts]) for n in names
        ]
        everything.append(row)
        print(f"| {conversation} | " + " | ".join(f"{each:.2f}" for each in row) + " |", flush=True)
    print("| **mean** | " + " | ".join(f"**{each:.2f}**" for each in np.mean(everything, axis=0)) + " |")


def invented() -> None:
    """Groups are forced on shuffled votes (the sign of the first dimension, from all the votes): the hardest case."""
    print("\n| conversation, votes shuffled, two groups forced | called representative | tested | rounds with any |")
    print("|---|---|---|---|")
    for name, case in conversations().items():
        called = tested = rounds = 0
        for seed in range(SHUFFLES):
            mixed = shuffled(case, np.random.default_rng(seed))
            order = in_own_order(*mixed)
            first = order.people_as_given(fit_space(order.ballots, 4, np.random.default_rng(0)).person)[:, 1]
            half = 1 / (1 + np.exp(-3 * first))
            told = representative(
                *mixed[:3], np.column_stack([half, 1 - half]), mixed[4], np.random.default_rng(seed)
            )
            called += int(np.count_nonzero(told.kind))
            tested += int(np.isfinite(told.agrees).sum())
            rounds += bool(told.kind.any())
        print(f"| {name} | {called} | {tested} | {rounds} of {SHUFFLES} |", flush=True)


def covers() -> None:
    """People chosen with unequal chances that go with their opinion, weighted back. Of both halves of the population
    the one seldom heard, who weigh much, agree more; and less."""
    print(f"\n| weights | people | agreeing, often and seldom heard | 95% interval covers (of {WORLDS}) |")
    print("|---|---|---|---|")
    shares = ((0.2, 0.4), (0.5, 0.7), (0.88, 0.94))
    for name, rates in (("equal", (0.5, 0.5)), ("1 to 3", (0.75, 0.25)), ("1 to 6", (0.86, 0.14))):
        for n in (40, 150, 600):
            for chance in (*shares, *(pair[::-1] for pair in shares if name != "equal")):
                told = f"{100 * _covered(n, rates, chance):.1f}%"
                print(f"| {name} | {n} | {chance[0]:.2f} and {chance[1]:.2f} | {told} |", flush=True)


def _covered(n: int, rates: tuple[float, float], chance: tuple[float, float]) -> float:
    """Two halves of a population, heard in the proportions `rates`, agreeing with `chance`."""
    rng, inside = np.random.default_rng([n, *(int(100 * each) for each in (*rates, *chance))]), 0
    for _ in range(WORLDS):
        half = (rng.random(n) < rates[1]).astype(int)
        weight = 0.5 / np.array(rates)[half]
        told = share(weight, rng.random(n) < np.array(chance)[half])
        inside += told.low is not None and told.high is not None and told.low <= sum(chance) / 2 <= told.high
    return inside / WORLDS


def as_polis() -> None:
    print("\n| conversation | people Polis placed | Polis k | our k | ARI against Polis's group-id |")
    print("|---|---|---|---|---|")
    for folder in sorted(DATA.iterdir()):
        made = all_votes(folder, 500)
        found = polis_groups(
            made.person, made.statement, made.vote, len(made.people), len(made.statements), made.moderated
        )
        with (folder / "participants-votes.csv").open(newline="", encoding="utf-8-sig") as file:
            theirs = {row["participant"]: row["group-id"] for row in csv.DictReader(file) if row["group-id"]}
        both = [at for at, id in enumerate(made.people) if id in theirs]
        label = np.unique([theirs[made.people[at]] for at in both], return_inverse=True)[1]
        same = adjusted_rand(found.group[both], label)
        print(f"| {folder.name} | {len(both)} | {label.max() + 1} | {found.k} | {same:.3f} |", flush=True)


PARTS: dict[str, Callable[[], None]] = {"bridging": stays, "null": invented, "coverage": covers, "polis": as_polis}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
