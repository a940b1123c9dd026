"""Which statement next: ours against chance and against Polis's priority, in a simulated listening session.

`.venv/bin/python benchmarks/routing.py` prints a Markdown table. People of a planted world arrive one after another,
each casts a few votes on the statements they are shown and leaves; what is known is fitted anew every 25 people.
Measured at the end: root mean square error of every statement's agreement among all people (its posterior mean), the
worst statement, and how well the groups are told from where people are placed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys

import numpy as np

from fairhearing.stats.opinion_order import in_own_order
from fairhearing.stats.opinion_space import Space, chances, fit_space
from fairhearing.stats.polis import priority
from fairhearing.stats.routing import next_statement

PEOPLE, STATEMENTS, EACH, AGAIN, RANK = 250, 60, 10, 25, 2
FRESH = 100  # worlds before it were used to choose what the rule weighs how much
RULES = ("chance", "Polis", "ours")


def world(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Chance of agreeing (people, statements), and each person's group: two, 70 to 30, that differ on a third."""
    rng = np.random.default_rng(seed)
    base = rng.beta(1.2, 1.2, STATEMENTS)
    other = base.copy()
    differs = rng.random(STATEMENTS) < 1 / 3
    other[differs] = np.where(base[differs] < 0.5, 0.85, 0.15)
    group = (rng.random(PEOPLE) < 0.3).astype(int)
    return np.where(group[:, None] == 1, other, base), group


def session(rule: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """person, statement, vote in the order they were cast."""
    chance, _group = world(seed)
    rng = np.random.default_rng([seed, 1])
    votes, agree, passed = (np.zeros(STATEMENTS, int) for _ in range(3))
    cells: list[tuple[int, int, int]] = []
    space: Space | None = None
    for person in range(PEOPLE):
        if person and person % AGAIN == 0:
            space = fitted(cells, person)
        seen, mine = np.zeros(STATEMENTS, bool), []
        for _ in range(EACH):
            at = choose(rule, votes, agree, passed, seen, space, mine, rng)
            vote = 0 if rng.random() < 0.1 else (1 if rng.random() < chance[person, at] else -1)
            seen[at] = True
            mine.append((at, vote))
            cells.append((person, at, vote))
            votes[at] += 1
            agree[at] += vote == 1
            passed[at] += vote == 0
    made = np.array(cells)
    return made[:, 0], made[:, 1], made[:, 2]


def choose(
    rule: str,
    votes: np.ndarray,
    agree: np.ndarray,
    passed: np.ndarray,
    seen: np.ndarray,
    space: Space | None,
    mine: list[tuple[int, int]],
    rng: np.random.Generator,
) -> int:
    left = np.flatnonzero(~seen)
    if rule == "chance":
        return int(rng.choice(left))
    coefficient = np.zeros((STATEMENTS, 1 + RANK)) if space is None else space.statement
    if rule == "Polis":
        extremity = np.linalg.norm(coefficient[:, 1:], axis=1)
        weight = priority(votes, agree, passed, extremity)[left]
        return int(rng.choice(left, p=weight / weight.sum()))
    position, covariance = placed(coefficient, mine)
    at = next_statement(votes, agree, seen, coefficient, position, covariance, rng)
    return int(left[0]) if at is None else at


def placed(coefficient: np.ndarray, mine: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Where one person stands, from their votes so far: a few Newton steps from the middle."""
    taken = [(at, vote) for at, vote in mine if vote]
    u, precision = np.zeros(RANK), np.eye(RANK)
    if not taken:
        return u, precision
    at = np.array([each for each, _vote in taken])
    yes = np.array([vote == 1 for _at, vote in taken])
    for _ in range(4):
        p = 1 / (1 + np.exp(-(coefficient[at, 0] + coefficient[at, 1:] @ u)))
        precision = np.eye(RANK) + (coefficient[at, 1:] * (p * (1 - p))[:, None]).T @ coefficient[at, 1:]
        u = u + np.linalg.solve(precision, coefficient[at, 1:].T @ (yes - p) - u)
    return u, np.linalg.inv(precision)


def fitted(cells: list[tuple[int, int, int]], people: int) -> Space:
    made = np.array(cells)
    order = in_own_order(made[:, 0], made[:, 1], made[:, 2], people, STATEMENTS)
    space = fit_space(order.ballots, RANK, np.random.default_rng(0))
    return Space(
        **{
            **space.__dict__,
            "statement": order.statements_as_given(space.statement),
            "statement_cov": order.statements_as_given(space.statement_cov),
            "person": order.people_as_given(space.person), "person_cov": order.people_as_given(space.person_cov),
        }
    )  # fmt: skip


def measured(rule: str, seed: int) -> tuple[float, float, float]:
    """(root mean square error, largest error, told apart) of one session."""
    chance, group = world(seed)
    person, statement, vote = session(rule, seed)
    space = fitted(list(zip(person.tolist(), statement.tolist(), vote.tolist(), strict=True)), PEOPLE)
    everybody, all_of_them = np.divmod(np.arange(PEOPLE * STATEMENTS), STATEMENTS)
    estimate = chances(space, everybody, all_of_them).reshape(PEOPLE, STATEMENTS).mean(axis=0)
    error = estimate - chance.mean(axis=0)
    return float(np.sqrt(np.mean(error**2))), float(np.abs(error).max()), told_apart(space.person[:, 1:], group)


def told_apart(place: np.ndarray, group: np.ndarray) -> float:
    """Area under the curve of the best direction between the groups."""
    one, other = place[group == 1], place[group == 0]
    within = np.cov(one.T) + np.cov(other.T)
    score = place @ np.linalg.solve(within, one.mean(axis=0) - other.mean(axis=0))
    return float(np.mean(score[group == 1][:, None] > score[group == 0]))


def main(seeds: int) -> None:
    print(f"\n{PEOPLE} people, {STATEMENTS} statements, {EACH} votes each; {seeds} worlds\n")
    print("| shown next | error of agreement (RMS) | largest error | groups told apart (AUC) |\n|---|---|---|---|")
    for rule in RULES:
        rows = np.array([measured(rule, FRESH + seed) for seed in range(seeds)])
        spread = rows.std(axis=0, ddof=1) / np.sqrt(seeds)
        told = " | ".join(f"{m:.3f} ± {1.96 * s:.3f}" for m, s in zip(rows.mean(axis=0), spread, strict=True))
        print(f"| {rule} | {told} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
