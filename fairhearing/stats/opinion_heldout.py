"""Votes hidden from the model and predicted: how much positions add to what statements' and people's rates say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .opinion_space import Ballots, chances, fit_space

__all__ = ["HeldOut", "area_under_curve", "held_out", "log_loss"]

SHARE = 0.1


@dataclass(frozen=True)
class HeldOut:
    """A tenth of the sides taken, hidden and predicted. `auc`: chance that an agreeing vote was given a higher
    probability than a disagreeing one (None where only one kind was hidden); `log_loss`: mean −log probability given
    to what was voted; `baseline_log_loss`: the same from rates of statements and people alone, without positions;
    `cells`: votes predicted; `p_structure`: one-sided p-value that positions predict no better than the rates, from
    the differences summed by person (None where it cannot be computed)."""

    auc: float | None
    log_loss: float | None
    baseline_log_loss: float | None
    cells: int
    p_structure: float | None


def held_out(ballots: Ballots, rank: int, rng: np.random.Generator) -> HeldOut:
    """Hide a tenth of the cells, fit on the rest with positions (`rank`) and without, and compare."""
    hidden = rng.random(len(ballots.agree)) < SHARE
    cells = int(hidden.sum())
    if cells == 0 or cells == len(hidden):
        return HeldOut(None, None, None, 0, None)
    seen, truth = ballots.keep(~hidden), ballots.agree[hidden]
    person, statement = ballots.person[hidden], ballots.statement[hidden]
    spaces = [fit_space(seen, each, rng) for each in (0, rank)]
    without, full = (chances(space, person, statement) for space in spaces)
    gain = _loss(truth, without) - _loss(truth, full)
    return HeldOut(
        area_under_curve(truth, full), log_loss(truth, full), log_loss(truth, without), cells,
        _no_gain(np.bincount(person, gain, ballots.n_people)[np.unique(person)]),
    )  # fmt: skip


def area_under_curve(agree: np.ndarray, chance: np.ndarray) -> float | None:
    """Mann and Whitney's statistic, ties counted half; None unless both kinds of vote are there."""
    yes = int(agree.sum())
    no = len(agree) - yes
    if not yes or not no:
        return None
    return float((stats.rankdata(chance)[agree].sum() - yes * (yes + 1) / 2) / (yes * no))


def log_loss(agree: np.ndarray, chance: np.ndarray) -> float:
    """Mean −log of the probability given to what was voted."""
    return float(_loss(agree, chance).mean())


def _loss(agree: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return -np.log(np.clip(np.where(agree, chance, 1 - chance), 1e-12, 1))


def _no_gain(by_person: np.ndarray) -> float | None:
    spread = by_person.std(ddof=1) if len(by_person) > 1 else 0.0
    if spread == 0:
        return None
    return float(stats.t.sf(by_person.mean() / spread * np.sqrt(len(by_person)), len(by_person) - 1))
