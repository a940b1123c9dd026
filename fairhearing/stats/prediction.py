"""Shares of themes coded by a machine, corrected by a blind sample coded by people: prediction-powered inference.

With y what people said of a response (0 or 1, or the share of its coders), f what the machine said (0 to 1), L the
responses that people coded and A all of them:

    θ̂ = λ·f̄_A + (ȳ_L − λ·f̄_L)          (means weighted; in L also by one over the probability of being drawn)

Whatever the machine's errors are, the second part takes them out again; λ only decides how much is gained.
Angelopoulos, Duchi & Zrnic (2023, PPI++) write the same with U, the N responses that people did not code:
λ_U·f̄_U + (ȳ_L − λ_U·f̄_L), with λ_U = λ·N/(n + N) = Cov(y, f)/((1 + n/N)·Var f). Here responses come in clusters
(sessions, people):

    Ψ_c = Σ_{i∈c∩L} a_i·((y_i − ȳ) − λ·(f_i − f̄_L))/Σa + λ·Σ_{i∈c} w_i·(f_i − f̄_A)/Σw
    V   = k/(k−1)·Σ_{c∈L} (Ψ_c − Ψ̄_L)² + m/(m−1)·Σ_{c∉L} (Ψ_c − Ψ̄_U)²          k clusters in L, m not

λ is where V is smallest for everyone, at least 0, and one for all communities of a theme: any fixed λ is right, and
a small community cannot find its own. With unequal probabilities nothing is centred: clusters in L are then not like
the others. λ = 0 is the human sample alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from .cells import Floats, Ints, summed
from .intervals import share_interval

__all__ = ["LEAST", "LEAST_SEEN", "Blind", "Corrected", "Sums", "blind", "corrected", "told"]

LEAST = 30
"""Clusters people must have coded, of everyone and of each community of which anything is said."""
LEAST_SEEN = 5
"""Coded responses in which people saw the theme, and in which they did not, for the machine to count. With fewer,
what it gains cannot be estimated: intervals of real rare themes held the truth 86 to 92% of the time."""


@dataclass(frozen=True)
class Part:
    """A partition of the responses, and the clusters within each of its domains.

    domain: (N,) 0 … D-1, or D for none · count: D · unit: (N,) cluster within domain, or U for none · of: (U,) its
    domain · seen: (U,) true where people coded any of it · k, m: (D,) clusters with and without anything coded.
    """

    domain: Ints
    count: int
    unit: Ints
    of: Ints
    seen: Ints
    k: Ints
    m: Ints


@dataclass(frozen=True)
class Blind:
    """Which responses people coded, how these were drawn, and how much each response counts.

    coded: (n,) positions among the N responses · weights: (N,) · raised: (n,) weight over probability · left: (n,)
    roots of what counts of a response's own error: 1, or 1 less its probability where only these responses matter ·
    people: whether the responses stand for more than themselves · centred: everyone was as likely to be drawn ·
    everyone, parts: partitions.
    """

    coded: Ints
    weights: Floats
    raised: Floats
    left: Floats
    people: bool
    centred: bool
    everyone: Part
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Sums:
    """What one theme comes to in the D domains of a partition; everything (D,), not-a-number where nobody is.

    machine: weighted share the machine sees · human, human_se: the blind sample alone · estimate, se: corrected ·
    unseen: what to add to se², where the sample holds too few of the machine's mistakes to show how many there are ·
    n, n_human: responses, and those coded by people · positive: in how many of these people saw it · k: clusters
    coded.
    """

    tuning: float
    machine: Floats
    human: Floats
    human_se: Floats
    estimate: Floats
    se: Floats
    unseen: Floats
    n: Ints
    n_human: Ints
    positive: Floats
    k: Ints


@dataclass(frozen=True)
class Corrected:
    """One theme in one domain. cannot_tell: why there is no estimate · narrower_by: 1 - width over the width of the
    human sample alone · interval: its kind, and what it rests on · tuning: λ used."""

    n: int
    n_human: int
    machine: float | None
    human: float | None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    human_low: float | None = None
    human_high: float | None = None
    narrower_by: float | None = None
    tuning: float = 0.0
    interval: str = ""
    cannot_tell: str | None = None


# --- the sample -------------------------------------------------------------------------------------------------


def blind(
    responses: int,
    coded: Ints,
    *,
    weights: Floats | None = None,
    probability: Floats | None = None,
    clusters: Ints | None = None,
    domains: Sequence[tuple[Ints, int]] = (),
    people: bool = True,
) -> Blind:
    """How a blind sample was drawn from `responses` responses; arrays untouched.

    coded: (n,) positions, each once · weights: (N,), 0 and up · probability: (n,) of being given to people, above 0;
    without it, everyone alike · clusters: (N,) any integers · domains: (codes (N,), D), D for none · people: the
    responses stand for more people than those who wrote them, so their own sampling counts; else only they matter.
    """
    w = np.ones(responses) if weights is None else weights
    pi = np.full(len(coded), len(coded) / max(responses, 1)) if probability is None else probability
    if len(np.unique(coded)) != len(coded) or not np.all((pi > 0) & (pi <= 1)) or not np.all(w >= 0):
        raise BadInput(
            "the sample is not one: a response twice, a probability outside 0 to 1, or a negative weight",
            cure="give each coded response once, with the probability it had of being drawn",
        )
    everything = (np.zeros(responses, np.int64), 1)
    parts = [_part(codes, count, clusters, coded, w) for codes, count in (everything, *domains)]
    equal = bool(len(pi) == 0 or pi.min() == pi.max())
    left = np.ones(len(coded)) if people else np.sqrt(1 - pi)
    return Blind(coded, w, w[coded] / pi, left, people, equal and people, parts[0], tuple(parts[1:]))


def _part(codes: Ints, count: int, clusters: Ints | None, coded: Ints, weights: Floats) -> Part:
    """A response of weight zero stands for nobody and is in no domain."""
    domain = np.where(weights > 0, codes, count).astype(np.int64)
    inside = domain < count
    unit = np.arange(len(domain)) if clusters is None else clusters
    of, number = np.zeros(0, np.int64), np.zeros(len(domain), np.int64)
    if inside.any():
        renumbered = np.unique(unit[inside], return_inverse=True)[1].reshape(-1)
        pairs, number[inside] = np.unique(renumbered * np.int64(count) + domain[inside], return_inverse=True)
        of = pairs % count
    number[~inside] = len(of)
    seen = np.zeros(len(of) + 1, bool)
    seen[number[coded]] = True
    k, m = (np.bincount(of[mask], minlength=count) for mask in (seen[:-1], ~seen[:-1]))
    return Part(domain, count, number, of, seen[:-1], k, m)


# --- one theme --------------------------------------------------------------------------------------------------


def corrected(
    sample: Blind, machine: Floats, human: Floats, *, tuning: float | None = None
) -> tuple[Sums, tuple[Sums, ...]]:
    """Everyone, and each partition. machine: (N,) and human: (n,), 0 to 1 · tuning: λ, if it is not to be found."""
    if tuning is None:
        tuning = _tuned(sample, machine, human)
    whole = _sums(sample, sample.everyone, machine, human, tuning)
    return whole, tuple(_sums(sample, part, machine, human, tuning) for part in sample.parts)


def _tuned(sample: Blind, machine: Floats, human: Floats) -> float:
    """λ at the smallest V of everyone; 0 where the machine never differs, contradicts people or cannot be judged."""
    seen = float(human.sum())
    _, shared, own = _variances(sample, sample.everyone, machine, human)
    if min(seen, len(human) - seen) < LEAST_SEEN or not own[0] > 0:
        return 0.0
    return float(max(0.0, shared[0] / own[0]))


def _sums(sample: Blind, part: Part, machine: Floats, human: Floats, tuning: float) -> Sums:
    D, at = part.count, part.domain[sample.coded]
    yy, yf, ff = _variances(sample, part, machine, human)
    y, f, everywhere = _means(sample, part, machine, human)
    variance = np.maximum(yy - 2 * tuning * yf + tuning**2 * ff, 0.0)
    unseen = _unseen(sample, part, human - tuning * machine[sample.coded], tuning)
    n, n_human, positive = (
        summed(codes, values, D + 1)[:D] for codes, values in ((part.domain, None), (at, None), (at, human))
    )
    return Sums(
        tuning, everywhere, y, np.sqrt(yy), y + tuning * (everywhere - f), np.sqrt(variance), unseen,
        n.astype(np.int64), n_human.astype(np.int64), positive, part.k,
    )  # fmt: skip


def _unseen(sample: Blind, part: Part, residual: Floats, tuning: float) -> Floats:
    """By how much the variance of the residuals' mean falls short of that of two mistakes, one each way. (D,)

    A machine that made none in 300 may still make one in 100 (Bonett & Price 2012 add the same two to the discordant
    pairs of a paired difference; here they are a least, so that a machine with mistakes enough pays nothing).
    """
    D, at = part.count, part.domain[sample.coded]
    with np.errstate(invalid="ignore", divide="ignore"):
        size, n = summed(at, sample.raised, D + 1), summed(at, None, D + 1)
        share = sample.raised / size[at]
        middle = summed(at, share * residual, D + 1)
        found = summed(at, (share * (residual - middle[at])) ** 2, D + 1)
        least = (1 + tuning**2) * summed(at, share**2, D + 1) / n
    return np.where(tuning > 0, np.maximum(least - found, 0.0), 0.0)[:D]


def _means(sample: Blind, part: Part, machine: Floats, human: Floats) -> tuple[Floats, Floats, Floats]:
    """ȳ_L, f̄_L and f̄_A, each (D,)."""
    D, at = part.count, part.domain[sample.coded]
    with np.errstate(invalid="ignore", divide="ignore"):
        size = summed(at, sample.raised, D + 1)
        y, f = (summed(at, sample.raised * v, D + 1) / size for v in (human, machine[sample.coded]))
        all_of_it = summed(part.domain, sample.weights * machine, D + 1) / summed(part.domain, sample.weights, D + 1)
    return y[:D], f[:D], all_of_it[:D]


def _variances(sample: Blind, part: Part, machine: Floats, human: Floats) -> tuple[Floats, Floats, Floats]:
    """V of λ is the first less 2λ times the second and λ² times the third, each (D,)."""
    D, at, coded = part.count, part.domain[sample.coded], sample.coded
    means = _means(sample, part, machine, human)
    y, f, whole = (np.append(np.nan_to_num(each), 0.0) for each in means)  # the last: who is in no domain
    size = summed(at, sample.raised, D + 1)[at]
    share = sample.left * sample.raised / np.where(size > 0, size, 1.0)
    units = len(part.of) + 1
    P = summed(part.unit[coded], share * (human - y[at]), units)[:-1]
    Q = summed(part.unit[coded], share * (machine[coded] - f[at]), units)[:-1]
    if sample.people:
        total = summed(part.domain, sample.weights, D + 1)
        each = sample.weights * (machine - whole[part.domain]) / np.where(total > 0, total, 1.0)[part.domain]
        Q = Q - summed(part.unit, each, units)[:-1]
    return _spread(sample, part, P, P), _spread(sample, part, P, Q), _spread(sample, part, Q, Q)


def _spread(sample: Blind, part: Part, one: Floats, other: Floats) -> Floats:
    """k/(k−1) times the summed products over coded clusters, and the same over the others. (D,)"""
    total = np.zeros(part.count)
    for mask, number in ((part.seen, part.k), (~part.seen, part.m)):
        of = part.of[mask]
        products = summed(of, one[mask] * other[mask], part.count)
        if sample.centred:
            sums = (summed(of, each[mask], part.count) for each in (one, other))
            products = products - next(sums) * next(sums) / np.maximum(number, 1)
        total = total + products * np.where(number > 1, number / np.maximum(number - 1, 1), 1.0)
    return np.where(part.k > 1, total, np.nan)


# --- in words ---------------------------------------------------------------------------------------------------


def told(sums: Sums, at: int, *, units: str = "responses", level: float = 0.95) -> Corrected:
    """Domain `at` of a theme with its interval, or why nothing can be told. units: what k counts, in words."""
    n, n_human = int(sums.n[at]), int(sums.n_human[at])
    machine, human = (None if np.isnan(each[at]) else float(each[at]) for each in (sums.machine, sums.human))
    reason = _why_not(sums, at, units)
    if reason is not None:
        return Corrected(n, n_human, machine, human, cannot_tell=reason)
    alone = _interval(sums, at, 0.0, level)
    used = sums.tuning if _counts(sums, at) else 0.0
    low, high, kind = _interval(sums, at, used, level)
    estimate = float(sums.estimate[at] if used else sums.human[at])
    narrower = 1 - (high - low) / (alone[1] - alone[0])
    return Corrected(n, n_human, machine, human, estimate, low, high, *alone[:2], narrower, used, kind)


def _why_not(sums: Sums, at: int, units: str) -> str | None:
    k, n, seen = int(sums.k[at]), int(sums.n_human[at]), float(sums.positive[at])
    if k < LEAST:
        return f"people coded {k} {units}; at least {LEAST} are needed"
    if seen in (0, n):
        return f"people saw it in {'none' if seen == 0 else 'all'} of the responses they coded"
    if not sums.human_se[at] > 0:
        return "people coded every response of it, so nothing is left to estimate"
    return None


def _counts(sums: Sums, at: int) -> bool:
    """Whether the machine's coding can be used in this domain, and is worth more than the doubt it brings."""
    seen = float(sums.positive[at])
    gains = sums.se[at] ** 2 + sums.unseen[at] < sums.human_se[at] ** 2
    return bool(min(seen, float(sums.n_human[at]) - seen) >= LEAST_SEEN and 0 < sums.estimate[at] < 1 and gains)


def _interval(sums: Sums, at: int, tuning: float, level: float) -> tuple[float, float, str]:
    """On the logit scale with t on the coded clusters less one; Korn and Graubard's where few have, or lack, it."""
    n, seen, df = float(sums.n_human[at]), float(sums.positive[at]), float(sums.k[at] - 1)
    if tuning == 0:
        return share_interval(float(sums.human[at]), float(sums.human_se[at]), n, seen, df, level)
    se = float(np.sqrt(sums.se[at] ** 2 + sums.unseen[at]))
    return share_interval(float(sums.estimate[at]), se, n, seen, df, level)
