"""Which statements tell a group of opinion apart, tested by votes that did not build it.

Groups made from votes differ on those votes, even in noise. So the statements are cut in two: from each half people
are placed anew, and how those places tell the groups is learned from half of the people and applied to the other;
the memberships so predicted for a person rest on no vote on the statements they are tested on. Each statement and
group gives two tests, of agreeing and of disagreeing; the false discovery rate over all of them is controlled
(Benjamini and Hochberg 1995, JRSS B 57).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtr

from .opinion_order import OwnOrder, in_own_order
from .opinion_space import Ballots, among, fit_space

__all__ = [
    "LEVEL",
    "Representative",
    "benjamini_hochberg",
    "representative",
    "score_tests",
    "stands_out",
    "two_sided",
]

LEVEL = 0.05
_ENOUGH, _RANK = 8000, 4
_LEAST_TESTED = 20  # people on a statement below whom the normal approximation is not trusted


@dataclass(frozen=True)
class Representative:
    """Arrays (m, k). `agrees`, `disagrees`: p-values, two-sided, adjusted so that taking all below 0.05 gives a false
    discovery rate of at most 5%, of the group doing so as often as the rest; NaN where too few voted to test.
    `more_agree`, `more_disagree`: z, above 0 where the group does so more than the rest. `told` (k,): how well a
    group was told from votes on the other half (mean probability given to people of it)."""

    agrees: np.ndarray
    disagrees: np.ndarray
    more_agree: np.ndarray
    more_disagree: np.ndarray
    told: np.ndarray

    @property
    def kind(self) -> np.ndarray:
        """(m, k): 1 where the group agrees more than the rest, −1 where it disagrees more, 0 where neither is
        shown."""
        return stands_out(self.agrees, self.disagrees, self.more_agree, self.more_disagree)


def representative(
    person: np.ndarray,
    statement: np.ndarray,
    vote: np.ndarray,
    probability: np.ndarray,
    n_statements: int,
    rng: np.random.Generator,
    *,
    weights: np.ndarray | None = None,
    smallest: int = 10,
) -> Representative:
    """Test every statement and group. `person`, `statement`, `vote` (c,) as in `opinion.fit`; `probability` (n, k):
    membership of the groups found in all the votes; `smallest`: the fewest votes of a group, and of the rest, that
    are tested. With one group nothing is tested."""
    n, k = probability.shape
    nothing = np.full((n_statements, k), np.nan)
    if k < 2:
        return Representative(nothing, nothing, nothing, nothing, np.full(k, np.nan))
    order = in_own_order(person, statement, vote, n, n_statements, weights)
    places = _in_own_order(order, person, statement, vote)
    chosen = np.sort(rng.permutation(n)[:_ENOUGH])
    z = np.full((2, n_statements, k), np.nan)
    told = []
    for half in (0, 1):
        build = order.ballots.statement % 2 == half
        held = _memberships(order.ballots.keep(build), probability[order.people], chosen, rng)
        told.append(_told(held, probability[order.people][chosen]))
        z[:, 1 - half :: 2] = _tests(places, held, chosen, order, smallest)[:, 1 - half :: 2]
    p = benjamini_hochberg(two_sided(z))
    agrees, disagrees, more, less = (order.statements_as_given(each) for each in (*p, *z))
    return Representative(agrees, disagrees, more, less, np.mean(told, axis=0))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values of the same shape (R `p.adjust(method = "BH")`); NaN stays NaN and counts for no test."""
    flat = p.ravel()
    out = np.full(flat.shape, np.nan)
    tested = np.flatnonzero(np.isfinite(flat))
    order = tested[np.argsort(-flat[tested], kind="stable")]
    ranks = np.arange(len(order), 0, -1)
    out[order] = np.minimum(1.0, np.minimum.accumulate(flat[order] * len(order) / ranks)) if len(order) else []
    return out.reshape(p.shape)


def score_tests(
    statement: np.ndarray, vote: np.ndarray, weight: np.ndarray, member: np.ndarray, m: int, smallest: int
) -> np.ndarray:
    """z (2, m, k) of agreeing and of disagreeing more than the rest: the weighted score test of membership in a
    logistic regression on nothing else, with the variance votes would have if membership made no difference.

    `statement`, `vote`, `weight` (c,) and `member` (c, k) 0–1: one row a cell. NaN where fewer than `smallest` of the
    group or of the rest voted, or fewer than 20 in all, or all voted alike."""
    n, total = np.bincount(statement, minlength=m), np.bincount(statement, weight, m)
    sums = np.maximum(total, 1e-300)
    middle = _by(statement, member * weight[:, None], m) / sums[:, None]
    away = (member - middle[statement]) * weight[:, None]
    spread = _by(statement, away**2, m) * (n / np.maximum(n - 1, 1))[:, None]
    inside = _by(statement, member, m)
    enough = (inside >= smallest) & (n[:, None] - inside >= smallest) & (n >= _LEAST_TESTED)[:, None]
    out = []
    for side in (1, -1):
        yes = (vote == side).astype(float)
        share = np.bincount(statement, weight * yes, m) / sums
        score = _by(statement, away * (yes - share[statement])[:, None], m)
        noise = np.sqrt(spread * (share * (1 - share))[:, None])
        out.append(np.where(enough & (noise > 0), score / np.where(noise > 0, noise, 1.0), np.nan))
    return np.array(out)


def stands_out(agrees: np.ndarray, disagrees: np.ndarray, more: np.ndarray, less: np.ndarray) -> np.ndarray:
    """1 where agreeing more is shown (adjusted p and z above 0), −1 where disagreeing more is, 0 where neither."""
    yes, no = (agrees < LEVEL) & (more > 0), (disagrees < LEVEL) & (less > 0)
    return np.where(yes & (~no | (more >= less)), 1, np.where(no, -1, 0))


def two_sided(z: np.ndarray) -> np.ndarray:
    """p-values of z; NaN stays NaN."""
    return np.asarray(2 * ndtr(-np.abs(z)))


# --- workings ----------------------------------------------------------------------------------------------------


def _in_own_order(
    order: OwnOrder, person: np.ndarray, statement: np.ndarray, vote: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All cells, passes too, in the own order."""
    new_person = np.argsort(order.people)[person]
    new_statement = np.argsort(order.statements)[statement]
    sort = np.lexsort((new_statement, new_person))
    return new_person[sort], new_statement[sort], vote[sort]


def _memberships(
    ballots: Ballots, probability: np.ndarray, chosen: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Probability of each group for the chosen people, from these votes; learned from every other person for the
    rest."""
    position = fit_space(among(ballots, chosen), _RANK, rng).person[:, 1:]
    out = np.empty((len(chosen), probability.shape[1]))
    second = rng.random(len(chosen)) < 0.5
    for learn in (second, ~second):
        out[~learn] = _discriminant(position[learn], probability[chosen[learn]], position[~learn])
    return out


def _discriminant(known: np.ndarray, group: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Linear discriminant analysis with soft labels: normal groups of one covariance."""
    size = np.maximum(group.sum(axis=0), 1e-9)
    mean = group.T @ known / size[:, None]
    away = known[:, None] - mean
    covariance = np.einsum("nk,nki,nkj->ij", group, away, away) / max(len(known), 1) + 1e-3 * np.eye(known.shape[1])
    toward = mean @ np.linalg.inv(covariance)
    score = asked @ toward.T - 0.5 * np.einsum("ki,ki->k", toward, mean) + np.log(size / size.sum())
    return np.asarray(np.exp(score - logsumexp(score, axis=1, keepdims=True)))


def _told(held: np.ndarray, probability: np.ndarray) -> np.ndarray:
    return np.asarray((held * probability).sum(axis=0) / np.maximum(probability.sum(axis=0), 1e-9))


def _tests(
    cells: tuple[np.ndarray, np.ndarray, np.ndarray],
    held: np.ndarray,
    chosen: np.ndarray,
    order: OwnOrder,
    smallest: int,
) -> np.ndarray:
    """z (2, m, k) for the people whose memberships are predicted."""
    place = np.full(len(order.weight), -1)
    place[chosen] = np.arange(len(chosen))
    inside = place[cells[0]] >= 0
    person, statement, vote = (each[inside] for each in cells)
    return score_tests(
        statement, vote, order.weight[person], held[place[person]], order.ballots.n_statements, smallest
    )


def _by(statement: np.ndarray, values: np.ndarray, m: int) -> np.ndarray:
    return np.column_stack([np.bincount(statement, column, m) for column in values.T])
