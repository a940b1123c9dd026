"""Statements: does the bridging score stay and its interval cover, are statements invented for groups, do weighted
intervals cover, do probabilities of membership mean what they say, are minorities reported, is Polis's own grouping
reproduced?

`.venv/bin/python benchmarks/statements.py [PART …]` prints Markdown tables. Parts: bridging covers null
coverage members minority polis.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import sys
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from votes import DATA, Cells, conversations, shuffled, some_people

from fairhearing.gather.votes import all_votes
from fairhearing.hear.counting import share
from fairhearing.stats import opinion
from fairhearing.stats.bridging import Bridging, bridging, crowd
from fairhearing.stats.opinion_order import in_own_order
from fairhearing.stats.opinion_space import fit_space
from fairhearing.stats.opinion_verdict import adjusted_rand
from fairhearing.stats.polis import polis_groups
from fairhearing.stats.representative import (
    benjamini_hochberg,
    representative,
    score_tests,
    stands_out,
    two_sided,
)

PARTS_OF_PEOPLE, SHUFFLES, WORLDS, WORLDS_FITTED, WORLDS_TESTED = 6, 3, 4000, 8, 500


def scored(case: Cells) -> tuple[Bridging, np.ndarray]:
    """Bridging, and how agreeable each statement is."""
    order = in_own_order(*case)
    space = fit_space(order.ballots, 4, np.random.default_rng(1))
    coefficient, unsure = order.statements_as_given(space.statement), order.statements_as_given(space.statement_cov)
    cast, passed = np.bincount(case[1], minlength=case[4]), np.bincount(case[1][case[2] == 0], minlength=case[4])
    people = crowd(
        space.person[:, 1:], space.person_cov[:, 1:, 1:], np.ones(len(space.person)), opinion.drawn(space)[0]
    )
    told = bridging(coefficient, unsure, cast - passed, passed, people, np.random.default_rng(1))
    return told, coefficient[:, 0]


def scores(case: Cells) -> dict[str, np.ndarray]:
    """Ours; the intercept (Community Notes); the smoothed share agreeing."""
    told, agreeable = scored(case)
    cast = np.bincount(case[1], minlength=case[4])
    agree = np.bincount(case[1][case[2] == 1], minlength=case[4])
    return {"ours": np.nan_to_num(told.score), "intercept": agreeable, "share": (agree + 1) / (cast + 2)}


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


# --- known worlds ------------------------------------------------------------------------------------------------

SIZES = ((100, 40, 0.5), (300, 60, 0.3), (1000, 100, 0.1), (1000, 60, 0.3))
SHAPES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "one bell": lambda rng, n: rng.standard_normal(n),
    "two blocs": lambda rng, n: np.where(rng.random(n) < 0.5, -0.95, 0.95) + 0.3 * rng.standard_normal(n),
    "a long tail": lambda rng, n: rng.exponential(1, n) - 1,
    "a minority of 15%": lambda rng, n: np.where(rng.random(n) < 0.15, 2.2, -0.4) + 0.4 * rng.standard_normal(n),
    "evenly spread": lambda rng, n: rng.uniform(-1.7, 1.7, n),
}


def world(shape: str, n: int, m: int, density: float, seed: int) -> tuple[Cells, np.ndarray, np.ndarray]:
    """Votes of people who stand along one line so shaped and a second one, and who differ in how readily they agree;
    and the truth: the share agreeing in the half least inclined to, and disagreeing in the half least inclined to."""
    rng = np.random.default_rng([seed, n, m, 29])
    place = np.column_stack([SHAPES[shape](rng, n), rng.standard_normal(n)])
    inclined = place @ (rng.normal(0, 1, (m, 2)) * [rng.uniform(0.8, 1.6), rng.uniform(0, 0.8)]).T
    chance = 1 / (1 + np.exp(-(rng.normal(0, 0.5, n)[:, None] + rng.normal(0.3, 1.2, m) + inclined)))
    ranked = np.take_along_axis(chance, np.argsort(inclined, axis=0), axis=0)
    person, statement = np.nonzero(rng.random((n, m)) < density)
    vote = np.where(rng.random(len(person)) < chance[person, statement], 1, -1)
    vote[rng.random(len(vote)) < 0.1] = 0
    return (person, statement, vote, n, m), ranked[: n // 2].mean(axis=0), 1 - ranked[n - n // 2 :].mean(axis=0)


def bridges() -> None:
    print(f"\n| crowd | people × statements, density | 95% interval covers ({WORLDS_FITTED} worlds) | half width |")
    print("|---|---|---|---|")
    for shape in SHAPES:
        for n, m, density in SIZES:
            inside, width = [], []
            for seed in range(WORLDS_FITTED):
                case, *truth = world(shape, n, m, density, seed)
                told, _agreeable = scored(case)
                passes = np.bincount(case[1][case[2] == 0], minlength=m)
                sides = np.bincount(case[1], minlength=m) - passes
                low, high = (told.low, told.against_low), (told.high, told.against_high)
                for low_, high_, true in zip(low, high, truth, strict=True):
                    score = (sides * true + (passes + 40) / 2) / (sides + passes + 40)
                    inside.append((low_ <= score) & (score <= high_))
                    width.append((high_ - low_) / 2)
            print(
                f"| {shape} | {n} × {m}, {density} | {100 * np.mean(inside):.1f}% | {np.mean(width):.3f} |",
                flush=True,
            )


def members() -> None:
    """Two blocs that differ on four statements in ten; how many are of the bloc they are said to be of."""
    print("\n| people, density | found | said .5–.6 | .6–.7 | .7–.8 | .8–.9 | .9–.95 | .95–.99 | .99–1 |")
    print("|---|---|---|---|---|---|---|---|---|")
    edges = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0001]
    said: list[np.ndarray]
    right: list[np.ndarray]
    for n, density, shares in ((200, 0.3, 0.5), (400, 0.12, 0.5), (1000, 0.08, 0.5), (600, 0.15, 0.25)):
        said, right, found = [], [], 0
        for seed in range(WORLDS_FITTED):
            case, bloc = blocs(n, density, shares, seed)
            told = opinion.fit(*case, np.random.default_rng(seed), subsamples=0)
            if told.k != 2:
                continue
            found += 1
            of = (bloc == told.group) if np.mean(bloc == told.group) > 0.5 else (bloc != told.group)
            said, right = [*said, told.probability.max(axis=1)], [*right, of]
        print(
            f"| {n} ({shares:.0%}), {density} | {found} of {WORLDS_FITTED} | " + _bins(edges, said, right), flush=True
        )


def blocs(n: int, density: float, share: float, seed: int) -> tuple[Cells, np.ndarray]:
    rng = np.random.default_rng([seed, n, 31])
    m, bloc = 60, (rng.random(n) < share).astype(int)
    chance = np.tile(rng.beta(2, 2, m), (2, 1))
    differs = rng.random(m) < 0.4
    chance[1, differs] = np.where(chance[0, differs] < 0.5, 0.85, 0.15)
    person, statement = np.nonzero(rng.random((n, m)) < density)
    vote = np.where(rng.random(len(person)) < chance[bloc[person], statement], 1, -1)
    vote[rng.random(len(vote)) < 0.1] = 0
    return (person, statement, vote, n, m), bloc


def _bins(edges: list[float], said: list[np.ndarray], right: list[np.ndarray]) -> str:
    if not said:
        return " | ".join(["–"] * (len(edges) - 1)) + " |"
    chance, was = np.concatenate(said), np.concatenate(right)
    cells = []
    for low, high in pairwise(edges):
        inside = (chance >= low) & (chance < high)
        cells.append(f"{np.mean(was[inside]):.2f} ({np.sum(inside):,})" if inside.sum() >= 20 else "–")
    return " | ".join(cells) + " |"


def minority() -> None:
    """A declared community among 300 people who voted on 40 statements; it differs on none, or on 4 of them by so
    much, everybody else agreeing with 60%."""
    print("\n| people in it | weights | differs by | statements reported (of 4) | false among those reported |")
    print("|---|---|---|---|---|")
    for size in (10, 20, 40):
        for weights in ("equal", "1 to 6"):
            for apart in (0.0, 0.2, 0.4, 0.5):
                told = np.array([_reported(size, weights, apart, seed) for seed in range(WORLDS_TESTED)])
                false = np.mean(told[:, 1] / np.maximum(told.sum(axis=1), 1))
                share = f"{100 * told[:, 0].mean() / 4:.0f}%" if apart else "–"
                print(f"| {size} | {weights} | {apart:.1f} | {share} | {100 * false:.1f}% |", flush=True)


def _reported(size: int, weights: str, apart: float, seed: int) -> tuple[int, int]:
    """On how many of the four the community is said to stand out, the right way; and on how many others."""
    rng = np.random.default_rng([seed, size, int(10 * apart), len(weights)])
    n, m = 300, 40
    inside = np.arange(n) < size
    chance = np.where(inside[:, None] & (np.arange(m) < 4), 0.6 - apart, 0.6)
    person, statement = np.divmod(np.arange(n * m), m)
    vote = np.where(rng.random(len(person)) < chance[person, statement], 1, -1)
    weight = np.ones(n) if weights == "equal" else np.where(rng.random(n) < 1 / 7, 3.5, 7 / 12)
    z = score_tests(statement, vote, weight[person], inside[person, None].astype(float), m, 10)
    told = stands_out(*benjamini_hochberg(two_sided(z)), *z)[:, 0]
    right = int(np.sum(told[:4] == -1)) if apart else 0
    return right, int(np.count_nonzero(told)) - right


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


PARTS: dict[str, Callable[[], None]] = {
    "bridging": stays, "covers": bridges, "null": invented, "coverage": covers, "members": members,
    "minority": minority, "polis": as_polis,
}  # fmt: skip

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
