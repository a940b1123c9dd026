"""An attacker with linear programming against disclosure control: slow, and knowing only what is published.

He is given more than any reader has: the published counts unrounded, every total (the everyone rows, withheld or
not), the rules, and for each reason given which count of the row was small. For every withheld count he asks the
solver (HiGHS) for the smallest and the largest value that fits all equations of all tables at once. Protection holds
if these are at least `publish_at_least // 2` apart, which is what the published notes promise; a count recovered
exactly would have a distance of 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from fairhearing.protect import FEW, OTHERS, protect
from fairhearing.tables import from_rows
from tests.helpers import programme

T = 10
PROMISED = T // 2


class Attacker:
    """Unknowns by name, what is known to be equal, and bounds."""

    def __init__(self) -> None:
        self.place: dict[Any, int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.equations: list[tuple[dict[int, float], float]] = []

    def unknown(self, name: Any, low: float = 0, high: float = np.inf) -> int:
        if name not in self.place:
            self.place[name] = len(self.low)
            self.low.append(low)
            self.high.append(high)
        at = self.place[name]
        self.low[at], self.high[at] = max(self.low[at], low), min(self.high[at], high)
        return at

    def equal(self, terms: dict[int, float], total: float) -> None:
        self.equations.append((terms, total))

    def interval(self, name: Any) -> tuple[float, float]:
        """Smallest and largest value of one unknown."""
        entries = [(row, at, c) for row, (terms, _) in enumerate(self.equations) for at, c in terms.items()]
        rows, columns, values = zip(*entries, strict=True)
        left = coo_array((values, (rows, columns)), shape=(len(self.equations), len(self.low))).tocsr()
        right = [total for _, total in self.equations]
        found = []
        for sign in (1, -1):
            aim = np.zeros(len(self.low))
            aim[self.place[name]] = sign
            answer = linprog(aim, A_eq=left, b_eq=right, bounds=list(zip(self.low, self.high, strict=True)))
            if answer.status == 3:
                return (0.0, np.inf)
            assert answer.success, answer.message
            found.append(sign * answer.fun)
        return found[0], found[1]


def told(value: int, reason: str | None) -> tuple[float, float]:
    """What the reason of a row says of one of its counts, when the count is what is small (or not)."""
    if reason == FEW and value < T:
        return 0, T - 1
    if reason == OTHERS and value >= T:
        return T, np.inf
    return 0, np.inf


# --- one dimension: coverage of the communities of one characteristic -----------------------------------------------


def coverage(counts: list[int]) -> pa.Table:
    return from_rows(
        "coverage",
        [
            {"source": "s", "characteristic": "faith", "community": f"k{n}", "heard": count, "heard_share": 0.1}
            for n, count in enumerate(counts)
        ],
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.integers(0, 12), st.integers(0, 60)), min_size=2, max_size=12))
def test_no_withheld_count_of_people_can_be_narrowed(counts: list[int]) -> None:
    rows = protect({"coverage": coverage(counts)}, programme())["coverage"].rows()
    attacker = Attacker()
    for n, (count, row) in enumerate(zip(counts, rows, strict=True)):
        low, high = told(count, row["withheld"]) if row["withheld"] else (count, count)
        attacker.unknown(n, max(low, 1) if row["withheld"] else low, high)  # a count of nobody would have been told
    attacker.equal(dict.fromkeys(range(len(counts)), 1.0), sum(counts))
    withheld = [n for n, row in enumerate(rows) if row["withheld"]]
    assert {n for n, count in enumerate(counts) if 0 < count < T} <= set(withheld)
    assert {n for n, count in enumerate(counts) if count == 0}.isdisjoint(withheld), "that nobody was heard is told"
    if len(withheld) == sum(count > 0 for count in counts) and sum(counts) < T:
        return  # so few in all that the total itself is withheld
    for n in withheld:
        low, high = attacker.interval(n)
        assert high - low >= PROMISED - 1e-6, (counts, rows[n])
    if withheld:
        assert sum(counts[n] for n in withheld) >= T


# --- two dimensions: people of communities who mention themes -------------------------------------------------------


def prevalence(people: np.ndarray, mentions: np.ndarray) -> pa.Table:
    """people: by community. mentions: community × theme. With the everyone row of each theme."""
    rows = []
    for theme in range(mentions.shape[1]):
        cell = {"source": "s", "theme": f"t{theme}", "distinct": 50, "estimate": 0.5, "method": "counted"}
        rows.append(cell | {"n": int(people.sum()), "mentions": int(mentions[:, theme].sum())})
        for community, n in enumerate(people):
            named = {"characteristic": "faith", "community": f"k{community}"}
            rows.append(cell | named | {"n": int(n), "mentions": int(mentions[community, theme])})
    return from_rows("prevalence", rows)


def attack(people: np.ndarray, mentions: np.ndarray, most: int | None = None) -> int:
    """Attack the published tables; returns how many withheld counts were attacked."""
    tables = {"prevalence": prevalence(people, mentions), "coverage": coverage(people.tolist())}
    safe = protect(tables, programme())
    shown = {(row["theme"], row["community"]): row for row in safe["prevalence"].rows()}
    heard = {row["community"]: row for row in safe["coverage"].rows()}
    attacker, targets = Attacker(), []
    for k, n in enumerate(people):
        rows = [shown[f"t{t}", f"k{k}"] for t in range(mentions.shape[1])]
        published = any(row["withheld"] is None for row in [heard[f"k{k}"], *rows])
        low, high = (n, n) if published else told(int(n), heard[f"k{k}"]["withheld"])
        attacker.unknown(("n", k), low if published else max(low, 1), high)
        if not published and people.sum() >= T:  # below that the total itself is withheld
            targets.append(("n", k))
    attacker.equal({attacker.place["n", k]: 1.0 for k in range(len(people))}, float(people.sum()))
    for t in range(mentions.shape[1]):
        total = int(mentions[:, t].sum())
        for k in range(len(people)):
            row, value = shown[f"t{t}", f"k{k}"], int(mentions[k, t])
            reason = row["withheld"]
            member = attacker.unknown((t, k), *((value, value) if reason is None else told(value, reason)))
            also = reason if value >= T else None  # that both are small is more than any reason says
            rest = attacker.unknown(("rest", t, k), *told(int(people[k]) - value, also))
            attacker.equal({member: 1.0, rest: 1.0, attacker.place["n", k]: -1.0}, 0.0)
            if row["withheld"] is not None and T <= total <= people.sum() - T:
                targets.append((t, k))
        attacker.equal({attacker.place[t, k]: 1.0 for k in range(len(people))}, float(total))
    for target in targets if most is None else targets[:: max(1, len(targets) // most)]:
        low, high = attacker.interval(target)
        possible = PROMISED if target[0] == "n" else min(PROMISED, _reach(people, target))
        assert high - low >= possible - 1e-6, (target, low, high)
    return len(targets)


def _reach(people: np.ndarray, target: tuple[Any, int]) -> int:
    """A count within a community of n can be anything from 0 to n at most."""
    return int(people[target[1]])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.integers(1, 5))
def test_nothing_can_be_narrowed_across_communities_and_themes(seed: int, communities: int, themes: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.choice([0, 3, 8, 11, 25, 60, 200], communities) + rng.integers(0, 4, communities)
    attack(people, rng.binomial(people[:, None], rng.uniform(0.02, 0.9, themes)))


def test_33_communities_by_19_themes() -> None:
    """As large as London's boroughs by the themes of one consultation; every eighth withheld count is attacked."""
    rng = np.random.default_rng(2019)
    people = np.round(rng.lognormal(3.3, 0.8, 33)).astype(int)
    assert attack(people, rng.binomial(people[:, None], rng.uniform(0.05, 0.5, 19)), most=40) > 200


def test_the_attacker_finds_what_primary_suppression_alone_gives_away() -> None:
    """The oracle is not blind: with one small cell withheld and nothing else, it recovers the cell."""
    attacker = Attacker()
    for n, (low, high) in enumerate([(40, 40), (25, 25), (0, T - 1)]):
        attacker.unknown(n, low, high)
    attacker.equal(dict.fromkeys(range(3), 1.0), 68)
    assert attacker.interval(2) == pytest.approx((3, 3))
