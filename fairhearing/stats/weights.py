"""How much each respondent counts: raking, post-stratification, collapsing, and what weights cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg

from ..errors import BadInput, CannotEstimate
from .cells import Floats, Ints, group, summed

__all__ = [
    "Margin",
    "Raked",
    "agree_in_total",
    "collapse",
    "contrasts",
    "declared_margin",
    "design_effect",
    "effective_n",
    "margin_of",
    "nobody_at",
    "poststratify",
    "rake",
    "scaled",
]

TOTALS_AGREE = 1e-4
"""Margins of one population may differ in total by this share: published tables are rounded and perturbed."""
_LARGEST_STEP = 5.0  # a weight changes by at most e^5 in one step, so that nothing overflows far from the answer


@dataclass(frozen=True)
class Margin:
    """codes: (rows,) level of each respondent, 0 … L-1 · targets: (L,) population · labels: L names · unsaid: the
    last level is whoever did not say: nothing is asked of it, and the others are met among those who said."""

    name: str
    codes: Ints
    targets: Floats
    labels: tuple[str, ...]
    unsaid: bool = False

    def aim(self, have: Floats) -> Floats:
        """What each level should add up to, given what they add up to now (a share each). (L,)"""
        if not self.unsaid:
            return self.targets / self.targets.sum()
        said = self.targets[:-1] / self.targets[:-1].sum() * have[:-1].sum()
        return np.append(said, have[-1])

    def furthest(self, weights: Floats) -> float:
        """Largest distance of a share from its target, weights: (rows,)."""
        have = summed(self.codes, weights, len(self.targets)) / weights.sum()
        return float(np.max(np.abs(have - self.aim(have))))


@dataclass(frozen=True)
class Raked:
    """weights: (rows,), adding up to the margins' total · iterations: steps taken · worst: largest relative distance
    from any target."""

    weights: Floats
    iterations: int
    worst: float


_LARGEST = 1e100
"""Squares of larger weights overflow."""


def scaled(weights: Floats, *, where: str | None = None) -> Floats:
    """The same weights with mean 1. Raises BadInput for a weight that is negative or not a number, CannotEstimate
    where all are zero."""
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        wrong = weights[bad[0]]
        raise BadInput(
            f"respondent {bad[0] + 1} has {'no weight' if np.isnan(wrong) else f'the weight {wrong:g}'}",
            where=where,
            cure="a weight is a number from 0 up: correct it, or set the row aside",
        )
    if len(weights) and weights.max() > _LARGEST:
        raise BadInput(f"respondent {int(weights.argmax()) + 1} has the weight {weights.max():g}", where=where,
                       cure="no person stands for so many: correct it, or set the row aside")  # fmt: skip
    if len(weights) and not weights.any():
        raise CannotEstimate("every weight is zero", where=where, cure="check which column holds the weight")
    return weights * (len(weights) / weights.sum()) if len(weights) else weights.copy()


def agree_in_total(names: Sequence[str], totals: Sequence[float], *, where: str | None = None) -> None:
    """Raise CannotEstimate, naming the margin and by how much, if margins are not of one population."""
    for name, total in zip(names, totals, strict=True):
        if not total > 0:
            raise CannotEstimate(
                f"the margin {name} adds up to {total:g} people", where=where, cure="give its population figures"
            )
        if abs(total - totals[0]) > TOTALS_AGREE * totals[0]:
            raise CannotEstimate(
                f"the margin {name} adds up to {total:,.10g} but {names[0]} to {totals[0]:,.10g}: "
                f"{abs(total - totals[0]):,.10g} people apart",
                where=where,
                cure="give figures of the same population for every margin, or leave one margin out",
            )


def poststratify(base: Floats, codes: Ints, targets: Floats) -> Floats:
    """Weights scaled within each level to its target (Holt & Smith 1979). base, codes: (rows,); targets: (L,).

    A level nobody is in cannot be met: `rake` is the caller that says so.
    """
    have = summed(codes, base, len(targets))
    return base * np.divide(targets, have, out=np.zeros_like(have), where=have > 0)[codes]


def rake(
    base: Floats, margins: Sequence[Margin], *, tolerance: float = 1e-10, steps: int = 100, where: str | None = None
) -> Raked:
    """Weights nearest to `base` (in the sense of raking: multiplied factor by factor) that meet every margin.

    base: (rows,) not negative, untouched. One pass of post-stratification to each margin (Deming & Stephan 1940),
    then Newton's method on the dual (Deville, Särndal & Sautory 1993), over cells rather than rows. Someone at a
    level with a target of zero gets the weight zero. Of a margin that some did not say, the first pass keeps together
    who said and what they weigh together; the weights are then the nearest to those of that pass.
    Raises CannotEstimate, naming the margin and by how much, where margins contradict each other in total, a level
    with people in the population has no respondent, or no weights meet all margins.
    """
    scaled(base, where=where)
    if not margins:
        return Raked(base.copy(), 0, 0.0)
    agree_in_total([m.name for m in margins], [float(m.targets.sum()) for m in margins], where=where)
    cells = group([m.codes for m in margins], [len(m.targets) for m in margins], len(base))
    start = cells.sum(base)
    for codes, margin in zip(cells.codes, margins, strict=True):
        start = np.where(
            (margin.targets > 0)[codes] | (margin.unsaid & (codes == len(margin.targets) - 1)), start, 0.0
        )
    for margin, codes in zip(margins, cells.codes, strict=True):
        nobody_at(margin, summed(codes, start, len(margin.targets)), where)
    weights, iterations, worst = _solve(start / start.sum(), cells.codes, margins, tolerance, steps)
    if not worst <= tolerance:
        raise _unmet(margins, cells.codes, weights, iterations, where)
    factor = np.divide(weights, start, out=np.zeros_like(start), where=start > 0) * margins[0].targets.sum()
    return Raked(base * factor[cells.of_row], iterations, worst)


def contrasts(margins: Sequence[Margin]) -> Floats:
    """What raking holds fixed, as combinations of the indicators of all levels: (ΣL, constraints).

    A margin everybody said fixes each of its levels. Of one that some did not say, the shares among those who did:
    1_k - share_k·1_said. If there are only such margins, the total is fixed too.
    """
    blocks = []
    for margin in margins:
        L = len(margin.targets)
        block = np.eye(L)
        if margin.unsaid:
            block = np.vstack([np.eye(L - 1) - margin.targets[:-1] / margin.targets[:-1].sum(), np.zeros(L - 1)])
        blocks.append(block)
    fixed = np.asarray(scipy.linalg.block_diag(*blocks))
    if not all(margin.unsaid for margin in margins):
        return fixed
    total = np.zeros((len(fixed), 1))
    total[: len(margins[0].targets)] = 1.0
    return np.hstack([fixed, total])


def nobody_at(margin: Margin, have: Floats, where: str | None) -> None:
    """Raise CannotEstimate for a level with people in the population and no respondent. have: (L,) weights there."""
    for level in np.flatnonzero((margin.targets > 0) & (have <= 0)):
        raise CannotEstimate(
            f"the margin {margin.name} has {margin.targets[level]:,.10g} people at {margin.labels[level]!r}, but no "
            "respondent who counts is there",
            where=where,
            cure="join this category to another one, or leave the margin out",
        )


def _solve(
    start: Floats, codes: Sequence[Ints], margins: Sequence[Margin], tolerance: float, steps: int
) -> tuple[Floats, int, float]:
    """Weights of cells, steps taken and the largest relative distance from a target."""
    weights, fixed = start, contrasts(margins)
    for level, margin in zip(codes, margins, strict=True):
        weights = poststratify(weights, level, margin.aim(summed(level, weights, len(margin.targets))))
    for step in range(1, steps + 1):
        short, worst = _short(weights, codes, margins)
        if worst <= tolerance:
            return weights, step, worst
        weights = _newton(weights, codes, margins, fixed, short)
    return weights, steps, worst


def _short(weights: Floats, codes: Sequence[Ints], margins: Sequence[Margin]) -> tuple[Floats, float]:
    """What each constraint of `contrasts` lacks, and the largest relative distance of a level from its target."""
    short, worst = [], 0.0
    for level, margin in zip(codes, margins, strict=True):
        have = summed(level, weights, len(margin.targets))
        aim = margin.aim(have)
        short.append((aim - have)[: len(aim) - margin.unsaid])
        off = np.divide(np.abs(aim - have), aim, out=np.zeros_like(aim), where=aim > 0)
        worst = max(worst, float(np.max(off)))
    if all(margin.unsaid for margin in margins):
        short.append(np.array([1 - weights.sum()]))
    return np.concatenate(short), worst


def _newton(
    weights: Floats, codes: Sequence[Ints], margins: Sequence[Margin], fixed: Floats, short: Floats
) -> Floats:
    """One damped step: the dual sum(w) - targets'λ is convex, so a step that lowers it enough always exists."""
    levels = [len(margin.targets) for margin in margins]
    curvature = fixed.T @ crosstabs(codes, levels, weights) @ fixed
    direction = np.linalg.lstsq(curvature, short, rcond=None)[0]
    parts = np.split(fixed @ direction, np.cumsum(levels)[:-1])
    change = sum((part[c] for part, c in zip(parts, codes, strict=True)), np.zeros(len(weights)))
    promised = float(short @ direction)
    along = promised + float(weights @ change)  # targets'direction
    length = min(1.0, _LARGEST_STEP / max(float(np.max(np.abs(change))), 1e-300))
    while length > 1e-6:
        moved = weights * np.exp(length * change)
        if float(moved.sum() - weights.sum()) - length * along <= -1e-4 * length * promised + 1e-13:
            return moved
        length /= 2
    return weights


def crosstabs(codes: Sequence[Ints], levels: Sequence[int], weights: Floats) -> Floats:
    """X'WX for X the indicators of every level of every factor: (ΣL, ΣL), from two-way tables of weights."""
    blocks = [
        [summed(a * np.int64(lb) + b, weights, la * lb).reshape(la, lb) for b, lb in zip(codes, levels, strict=True)]
        for a, la in zip(codes, levels, strict=True)
    ]
    return np.block(blocks)


def _unmet(
    margins: Sequence[Margin], codes: Sequence[Ints], weights: Floats, iterations: int, where: str | None
) -> CannotEstimate:
    """The level furthest from its target."""
    rows = []
    for margin, level in zip(margins, codes, strict=True):
        have = summed(level, weights, len(margin.targets))
        aim = margin.aim(have)
        off = np.divide(have - aim, aim, out=np.zeros_like(aim), where=aim > 0)
        at = int(np.argmax(np.abs(off)))
        rows.append((abs(off[at]), margin.name, margin.labels[at], have[at], aim[at]))
    _, name, label, have_share, target_share = max(rows)
    return CannotEstimate(
        f"after {iterations} steps no weights meet every margin: {name} has {have_share:.4%} at {label!r} instead of "
        f"{target_share:.4%}",
        where=where,
        cure="some combinations of categories have no respondents: join small categories, or leave a margin out",
    )


def collapse(respondents: Ints, people: Floats, at_least: int) -> Ints:
    """Which categories are joined for weighting. respondents, people: (K,) → group of each category, (K,), numbered
    in order.

    Rule: a category of the population with fewer than `at_least` respondents, or with respondents but no population,
    is joined to the next smallest (by respondents; of equals, the first declared), until none is left.
    """
    groups = [[k] for k in range(len(respondents))]
    while len(groups) > 1:
        heard = [int(respondents[g].sum()) for g in groups]
        living = [float(people[g].sum()) for g in groups]
        order = sorted(range(len(groups)), key=lambda g: (heard[g], groups[g][0]))
        small = [g for g in order if (heard[g] < at_least if living[g] > 0 else heard[g] > 0)]
        others = [g for g in order if small and g != small[0] and (living[g] > 0 or heard[g] > 0)]
        if not others:
            break
        groups[others[0]] = sorted(groups[others[0]] + groups[small[0]])
        del groups[small[0]]
        groups.sort()
    answer = np.zeros(len(respondents), np.int16)
    for number, members in enumerate(groups):
        answer[members] = number
    return answer


def declared_margin(
    name: str,
    codes: Ints,
    people: Floats,
    labels: Sequence[str],
    base: Floats,
    *,
    at_least: int = 0,
    may_be_absent: Sequence[int] = (),
) -> tuple[Margin, tuple[str, ...]]:
    """The margin to rake to, and the categories joined for it, each as 'a + b'.

    codes: (rows,) 0 … K-1, and K for whoever did not say · people, labels: K. Whoever did not say is left as they
    are: nothing is assumed about who they are, and the figures are met among those who said. `may_be_absent`:
    categories that are no community ('Not answered'): where nobody is in one, it is left out and the others share
    the whole.
    """
    K = len(labels)
    heard = np.bincount(codes[base > 0], minlength=K + 1)
    people = people.astype(np.float64)
    people[[k for k in may_be_absent if heard[k] == 0]] = 0.0
    groups = collapse(heard[:K], people, at_least)
    members = [[k for k in range(K) if groups[k] == g] for g in range(int(groups.max()) + 1)]
    unsaid = float(base[codes == K].sum() / base.sum())
    shares = np.bincount(groups, people) / people.sum() * (1 - unsaid)
    targets, texts = shares, tuple(" + ".join(labels[k] for k in m) for m in members)
    if heard[K]:  # its target is the share it starts with, and is not held to it
        targets, texts = np.append(shares, unsaid), (*texts, "did not say")
    grouped = np.append(groups, len(members)).astype(np.int16)[codes]
    grouped = np.minimum(grouped, len(targets) - 1).astype(np.int16)  # an unsaid row that counts for nothing
    margin = Margin(name, grouped, targets, texts, unsaid=bool(heard[K]))
    return margin, tuple(t for t, m in zip(texts, members, strict=False) if len(m) > 1)


class _Category(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def people(self) -> int | None: ...
    @property
    def community(self) -> bool: ...


class _Characteristic(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def categories(self) -> Sequence[_Category]: ...


def margin_of(
    characteristic: _Characteristic, codes: Ints, base: Floats, at_least: int
) -> tuple[Margin, tuple[str, ...]]:
    """`declared_margin` of a characteristic as a programme declares it, with figures for every category."""
    categories = characteristic.categories
    return declared_margin(
        characteristic.id,
        codes,
        np.array([category.people or 0 for category in categories], np.float64),
        [category.id for category in categories],
        base,
        at_least=at_least,
        may_be_absent=[k for k, category in enumerate(categories) if not category.community],
    )


def design_effect(weights: Floats) -> float:
    """Kish (1965): n·Σw²/(Σw)², what unequal weights alone cost; n counts the weights above zero."""
    n = int(np.count_nonzero(weights))
    return n * float(np.sum(weights**2)) / float(np.sum(weights)) ** 2 if n else float("nan")


def effective_n(weights: Floats) -> float:
    """n divided by Kish's design effect: (Σw)²/Σw². Zero where nothing counts."""
    return float(np.sum(weights)) ** 2 / float(np.sum(weights**2)) if np.any(weights) else 0.0
