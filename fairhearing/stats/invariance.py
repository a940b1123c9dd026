"""Does a scale mean the same in every community? Measurement invariance of one factor, checked before a gap is told.

Three fits of increasing equality (Meredith 1993): *configural*, one factor in each group; *metric*, equal loadings;
*scalar*, equal intercepts too. Only scalar invariance lets means be compared. A level fails where chi-square rises by
more than chance (p < .05, after Holm where many communities are looked at) **and** CFI falls by more than .010
(Cheung & Rensvold 2002; Chen 2007): the first alone finds trifles in large samples, the second alone finds noise in
small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..errors import CannotEstimate
from .cells import Floats, Ints, summed
from .distributions import chi2_above
from .domains import holm
from .one_factor import FEWEST_ITEMS, Fitted, Moments, check_covariance, fit
from .scales import complete

__all__ = [
    "CFI_FALL", "FEWEST", "GroupSums", "Invariance", "Step", "adjusted", "compare", "group_sums", "merged",
    "of_communities", "of_parts", "of_rounds",
]  # fmt: skip

CFI_FALL = 0.010
P_BELOW = 0.05
FEWEST = 100
"""Complete answers in each group below which the fits, and CFI above all, are too unsure to say anything."""
POOR_CFI = 0.90
"""Below this in the configural fit the items do not form one scale anywhere, so equality is beside the point."""
_ROUNDING = 1e-12
"""A variance below this part of the mean square is that of a constant."""

Verdict = Literal["comparable", "not comparable", "cannot tell"]


@dataclass(frozen=True)
class Step:
    """One more kind of equality. chi_square, df: rise from the level before · cfi_fall: likewise · p: probability of
    such a rise if the equality held; adjusted (Holm) in `of_communities`."""

    level: Literal["metric", "scalar"]
    chi_square: float
    df: int
    p: float
    cfi_fall: float

    @property
    def fails(self) -> bool:
        return self.p < P_BELOW and self.cfi_fall > CFI_FALL


@dataclass(frozen=True)
class Invariance:
    """`community`: who is compared with everyone else, "" where all groups are compared at once · n: complete answers
    in each group · fits: configural, metric, scalar; none where it cannot be told · says: the verdict in words."""

    community: str
    n: tuple[int, ...]
    verdict: Verdict
    says: str
    fits: tuple[Fitted, ...] = ()
    steps: tuple[Step, ...] = ()
    method: str = ""


def compare(
    items: Floats, groups: Ints, labels: Sequence[str], weights: Floats | None = None, *, community: str = ""
) -> Invariance:
    """One factor in two or more groups, at the three levels.

    items: (rows, p), not-a-number where there is no answer; rows with a gap are left out · groups: (rows,) codes
    0 … len(labels)-1, anything else is in no group · weights: (rows,); chi-square then counts the effective n.
    Never raises on what the answers hold: too few people, two items, a constant item or a Heywood case is "cannot
    tell" with its reason.
    """
    parts = group_sums(items, groups, len(labels), weights)
    return _compared(parts, labels, weights is not None, community)


def of_communities(
    items: Floats, groups: Ints, labels: Sequence[str], weights: Floats | None = None
) -> tuple[Invariance, ...]:
    """Each community against everyone else, as its gap will be; p adjusted (Holm) for all communities looked at and
    both levels of each.

    Arguments as `compare`. One result a label, in order.
    """
    parts = group_sums(items, groups, len(labels), weights)
    return adjusted(of_parts(parts, labels, range(len(labels)), weighted=weights is not None))


def of_parts(
    parts: Sequence[GroupSums], labels: Sequence[str], looked_at: Sequence[int], *, weighted: bool
) -> tuple[Invariance, ...]:
    """The same from sums, before any adjustment: each of the groups numbered in `looked_at` against all the others
    together."""
    found = []
    for k in looked_at:
        rest = merged([part for other, part in enumerate(parts) if other != k])
        found.append(_compared([parts[k], rest], (labels[k], "everyone else"), weighted, labels[k]))
    return tuple(found)


def adjusted(found: Sequence[Invariance]) -> tuple[Invariance, ...]:
    """The same judged together: p adjusted (Holm) for all communities looked at and both levels of each."""
    told = [(i, level) for i, each in enumerate(found) for level in range(len(each.steps))]
    p = dict(zip(told, holm([found[i].steps[level].p for i, level in told]), strict=True))
    made = []
    for i, each in enumerate(found):
        steps = tuple(replace(step, p=p[i, level]) for level, step in enumerate(each.steps))
        made.append(_judged(replace(each, steps=steps)) if steps else each)
    return tuple(made)


def of_rounds(before: GroupSums, after: GroupSums, labels: tuple[str, str], *, weighted: bool) -> Invariance:
    """Whether the scale means the same in two rounds of other people (longitudinal invariance)."""
    return _compared([before, after], labels, weighted, "")


# --- sums -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GroupSums:
    """One group of complete answers: all that its moments need, so that groups can be joined without their people.

    people: how many · weight, squares: Σw and Σw² · origin: (p,) taken off the answers so that nothing cancels ·
    total: (p,) Σw(y - origin) · products: (p, p) Σw(y - origin)(y - origin)'.
    """

    people: int
    weight: float
    squares: float
    origin: Floats
    total: Floats
    products: Floats


def group_sums(items: Floats, groups: Ints, count: int, weights: Floats | None = None) -> tuple[GroupSums, ...]:
    """Sums of the groups 0 … count-1, in one pass over the people. Arguments as `compare`."""
    whole, w = complete(items, weights)
    at = np.where(whole & (groups >= 0) & (groups < count), groups, count).astype(np.int64)
    p, kept = items.shape[1], np.where(whole, w, 0.0)
    filled = np.where(whole[:, None], items, 0.0)
    origin = np.array([kept @ filled[:, i] for i in range(p)]) / max(float(kept.sum()), np.finfo(float).tiny)
    apart = [np.where(whole, filled[:, i] - origin[i], 0.0) for i in range(p)]
    people, weight, squares = (summed(at, each, count + 1) for each in (None, kept, kept**2))
    total, products = np.zeros((count + 1, p)), np.zeros((count + 1, p, p))
    for i in range(p):
        weighted = kept * apart[i]
        total[:, i] = summed(at, weighted, count + 1)
        for j in range(i, p):
            products[:, i, j] = products[:, j, i] = summed(at, weighted * apart[j], count + 1)
    return tuple(
        GroupSums(int(people[g]), float(weight[g]), float(squares[g]), origin, total[g], products[g])
        for g in range(count)
    )


def merged(parts: Sequence[GroupSums]) -> GroupSums:
    """Several groups of one `group_sums` as one."""
    return GroupSums(
        sum(part.people for part in parts),
        sum(part.weight for part in parts),
        sum(part.squares for part in parts),
        parts[0].origin,
        np.sum([part.total for part in parts], axis=0),
        np.sum([part.products for part in parts], axis=0),
    )


# --- workings ---------------------------------------------------------------------------------------------------


def _method(weighted: bool) -> str:
    counted = "; weighted, chi-square on the effective n" if weighted else ""
    return (
        f"one-factor models by maximum likelihood in all groups{counted}; not comparable where p < {P_BELOW:g} and "
        f"CFI falls by more than {CFI_FALL:.3f} when loadings, then intercepts, are held equal"
    )


def _too_little(items: int, n: Sequence[int], labels: Sequence[str]) -> str:
    if items < FEWEST_ITEMS:
        return f"{items} items cannot show whether they mean the same; at least {FEWEST_ITEMS} can"
    few = [label for label, count in zip(labels, n, strict=True) if count < FEWEST]
    if few:
        return f"fewer than {FEWEST} people answered every item: {', '.join(few)}"
    return "" if len(n) > 1 else "there is only one group"


def _compared(parts: Sequence[GroupSums], labels: Sequence[str], weighted: bool, community: str) -> Invariance:
    """The three fits, and the verdict before any adjustment."""
    n, method = tuple(part.people for part in parts), _method(weighted)
    reason = _too_little(len(parts[0].total), n, labels)
    if reason:
        return Invariance(community, n, "cannot tell", reason, method=method)
    try:
        found = [_moments(part, weighted, label) for part, label in zip(parts, labels, strict=True)]
        fits = (fit(found, "configural"), fit(found, "metric"), fit(found, "scalar"))
    except CannotEstimate as error:
        return Invariance(community, n, "cannot tell", error.what, method=method)
    steps = (_step("metric", fits[0], fits[1]), _step("scalar", fits[1], fits[2]))
    return _judged(Invariance(community, n, "comparable", "", fits, steps, method))


def _moments(part: GroupSums, weighted: bool, name: str) -> Moments:
    mean, second = part.total / part.weight, part.products / part.weight
    covariance = second - np.outer(mean, mean)
    try:
        check_covariance(covariance, np.diag(covariance) <= _ROUNDING * np.diag(second))
    except CannotEstimate as error:
        raise CannotEstimate(f"{name}: {error.what}", cure=error.cure) from None
    n = part.weight**2 / part.squares if weighted else float(part.people)
    return Moments(n, part.origin + mean, covariance)


def _step(level: Literal["metric", "scalar"], before: Fitted, after: Fitted) -> Step:
    rise, df = max(after.chi_square - before.chi_square, 0.0), after.df - before.df
    return Step(level, rise, df, chi2_above(rise, df), before.cfi - after.cfi)


def _judged(found: Invariance) -> Invariance:
    """The verdict by the stated rule."""
    configural = found.fits[0]
    if configural.cfi < POOR_CFI and chi2_above(configural.chi_square, configural.df) < P_BELOW:
        says = (
            f"the items do not form one scale (CFI {configural.cfi:.2f}), so whether it means the same is no question"
        )
        return replace(found, verdict="cannot tell", says=says)
    failed = next((step for step in found.steps if step.fails), None)
    where = f"in community {found.community}" if found.community else "in every group"
    if failed is None:
        fall = max(step.cfi_fall for step in found.steps)
        return replace(
            found, verdict="comparable", says=f"no sign that the scale means something else {where}, {_cfi(fall)}"
        )
    what = (
        "items weigh differently" if failed.level == "metric" else "items are answered differently on the same level"
    )
    says = f"this scale may not mean the same {where}: {what} (p {_p(failed.p)}, {_cfi(failed.cfi_fall)})"
    return replace(found, verdict="not comparable", says=says)


def _cfi(fall: float) -> str:
    return f"CFI falls by {max(fall, 0.0):.3f}"


def _p(p: float) -> str:
    return "below .001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1)
