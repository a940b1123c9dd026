"""Slow twins of judgement, and planted truths: does it find what is there, and nothing that is not?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fairhearing.judge import STAGE
from fairhearing.programme import Programme
from fairhearing.stats.posterior import probability_above
from fairhearing.tables import from_rows
from tests.helpers import programme, run_stage

STATES = ("met", "partial", "absent", "unknown", "not legally covered")


# --- the probability ------------------------------------------------------------------------------------------------


def by_adding_up(reports: float, n: float, threshold: float, pieces: int = 400_000) -> float:
    """Likelihood × Jeffreys' prior on a fine grid of shares, added up above the threshold. The grid is even in
    arcsin √share, in which Jeffreys' prior is flat: no piece of it is infinite."""
    angle = (np.arange(pieces) + 0.5) / pieces * np.pi / 2
    share = np.sin(angle) ** 2
    log = reports * np.log(share) + (n - reports) * np.log1p(-share)
    mass = np.exp(log - log.max())
    return float(mass[share > threshold].sum() / mass.sum())


@pytest.mark.parametrize("reports, n", [(0, 10), (3, 10), (10, 10), (30, 100), (7.5, 25), (250, 1000)])
def test_the_probability_is_what_adding_up_gives(reports: float, n: float) -> None:
    # one piece of the grid holds about 1e-5 of the mass at n = 1000
    assert float(probability_above(reports, n, 0.2)) == pytest.approx(by_adding_up(reports, n, 0.2), abs=2e-5)


def test_the_probability_is_how_often_it_is_true() -> None:
    """Draw shares from the prior and counts from the shares: among counts given probability p, p of the shares are
    above. 200,000 draws; each of ten bins has more than 1,000, so its error is under 1.6 points (3 sigma: 4.8)."""
    rng = np.random.default_rng(20190225)
    share = rng.beta(0.5, 0.5, 200_000)
    told = rng.binomial(20, share)
    said = probability_above(told, np.full(told.shape, 20), 0.2)
    for value in np.unique(said):
        here = said == value
        if here.sum() > 1000:
            assert (share[here] > 0.2).mean() == pytest.approx(value, abs=0.048)


# --- the verdicts ---------------------------------------------------------------------------------------------------


def made(steps: int, states: list[str]) -> Programme:
    """One activity of many steps, each with one safeguard."""
    listed = [
        {
            "id": f"s{i}",
            "name": f"Step {i}",
            "safeguards": [{"id": "adult", "name": "Adult", "kind": "law", "has": states[i]}],
        }
        for i in range(steps)
    ]
    return programme(activities=[{"id": "referral", "name": "R", "objective": "safety", "steps": listed}])


def accounts(n: np.ndarray, bad: np.ndarray, good: np.ndarray) -> list[dict[str, Any]]:
    """Rows of `journeys`; a step nobody described has none."""
    return [
        {
            "source": "talk", "step": f"s{i}", "experience": f"any {valence}", "valence": valence, "n": int(n[i]),
            "reports": int(count[i]), "estimate": count[i] / n[i], "method": "counted",
        }
        for i in range(len(n))
        if n[i] > 0
        for valence, count in (("bad", bad), ("good", good))
    ]  # fmt: skip


def verdicts_on(programme: Programme, rows: list[dict[str, Any]]) -> np.ndarray:
    written = run_stage(STAGE, programme, journeys=from_rows("journeys", rows))["verdicts"].to_pylist()
    return np.array([row["verdict"] for row in written if row["step"] is not None])


def slow_verdict(n: int, bad: int, good: int, state: str) -> str:
    """The rules as a person would apply them to one step, with probabilities added up on a grid."""

    def above(count: int, share: float) -> float:
        return by_adding_up(count, n, share, pieces=20_000)

    heard = n >= 10
    hurts = heard and above(bad, 0.2) >= 0.9
    if hurts and (state in ("absent", "not legally covered") or above(bad, 0.4) >= 0.9):
        return "revise"
    if hurts or state in ("partial", "absent", "not legally covered"):
        return "improve"
    if heard and state == "met" and above(good, 0.2) >= 0.9 and 1 - above(bad, 0.2) >= 0.9:
        return "build upon"
    return "cannot tell"


def test_verdicts_are_those_of_a_slow_twin() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(0, 80, 300)
    bad, good = rng.binomial(n, rng.uniform(0, 0.7, 300)), rng.binomial(n, rng.uniform(0, 0.7, 300))
    states = [str(state) for state in rng.choice(STATES, 300, p=[0.5, 0.1, 0.15, 0.1, 0.15])]
    ours = verdicts_on(made(300, states), accounts(n, bad, good))
    slow = [slow_verdict(*row) for row in zip(n, bad, good, states, strict=True)]
    assert list(ours) == slow
    assert min(slow.count(each) for each in ("revise", "improve", "build upon", "cannot tell")) > 10


# --- planted truths: 400 steps each ---------------------------------------------------------------------------------

PLANTED = [
    # what is true of the step   bad share    good share   state     people     verdict       at least / at most
    ("does not hurt", (0.00, 0.10), (0.0, 0.8), "absent", (0, 200), "revise", "at most", 0.05),
    ("hurts", (0.25, 0.60), (0.3, 0.8), "met", (0, 200), "build upon", "at most", 0.05),
    ("just hurts", (0.20, 0.25), (0.5, 0.8), "met", (0, 200), "build upon", "at most", 0.05),
    ("hurts strongly", (0.50, 0.90), (0.0, 0.3), "absent", (30, 200), "revise", "at least", 0.90),
    ("hurts severely", (0.65, 0.90), (0.0, 0.3), "met", (30, 200), "revise", "at least", 0.90),
    ("is good", (0.00, 0.05), (0.5, 0.9), "met", (60, 200), "build upon", "at least", 0.90),
    ("nobody told", (0.50, 0.90), (0.0, 0.0), "met", (0, 9), "cannot tell", "at least", 1.00),
    ("safeguard unknown", (0.0, 0.05), (0.5, 0.9), "unknown", (0, 200), "build upon", "at most", 0.00),
]  # fmt: skip


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: f"{case[0]}: {case[5]} {case[6]} {case[7]}")
def test_planted_truths(case: tuple[Any, ...]) -> None:
    _name, bad_share, good_share, state, people, wanted, side, rate = case
    rng = np.random.default_rng(2026)
    n = rng.integers(people[0], people[1] + 1, 400)
    bad = rng.binomial(n, rng.uniform(*bad_share, 400))
    good = rng.binomial(n, rng.uniform(*good_share, 400))
    found = float((verdicts_on(made(400, [state] * 400), accounts(n, bad, good)) == wanted).mean())
    assert found <= rate if side == "at most" else found >= rate, found


def test_at_the_limit_itself_a_step_is_called_harmful_about_as_rarely_as_promised() -> None:
    """A true share of exactly 20%: the rule asks for probability 0.90, so about 10% are called harmful, no more than
    13% with 2,000 steps (10% plus what counts being whole numbers can add, plus 3 sigma = 2 points)."""
    rng = np.random.default_rng(3)
    n = rng.integers(10, 201, 2000)
    nothing = np.zeros(2000, dtype=int)
    found = verdicts_on(made(2000, ["absent"] * 2000), accounts(n, rng.binomial(n, 0.2), nothing))
    assert 0.05 < (found == "revise").mean() < 0.13
