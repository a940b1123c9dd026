"""Polis's own grouping, so that whoever runs a Polis conversation can compare: not our method, and not our advice.

Small, Bjorkegren, Erkkilä, Shaw and Megill (2021, Recerca 26), as its open implementation does it: a matrix of votes
whose gaps hold each statement's mean, two principal components, people pushed outwards by √(statements ÷ votes cast),
100 small clusters by k-means, then those into 2 to 5 groups by the silhouette. Statements moderated out are columns
of zeros, which count as cast. It always finds groups, in noise too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["PolisGroups", "consensus", "polis_groups", "priority"]

_ENOUGH_VOTES, _BASE, _MOST_GROUPS, _ROUNDS = 7, 100, 5, 20


@dataclass(frozen=True)
class PolisGroups:
    """`group` (n,): group of each person from 0, the largest first; `inside` (n,): whether they cast enough votes to
    build the groups (the others are put with the nearest centre, which Polis does not do); `k`; `silhouette` of the
    chosen k, None where there was nothing to choose; `position` (n, 2)."""

    group: np.ndarray
    inside: np.ndarray
    k: int
    silhouette: float | None
    position: np.ndarray


def polis_groups(
    person: np.ndarray,
    statement: np.ndarray,
    vote: np.ndarray,
    n_people: int,
    n_statements: int,
    moderated: np.ndarray | None = None,
) -> PolisGroups:
    """Groups as Polis makes them. `person`, `statement` (c,): whole numbers from 0, one row a cell; `vote` (c,): 1,
    0, -1; `moderated` (n_statements,): moderated out. The order of people matters, as it does in Polis: give them by
    their number. Dense: n_people × n_statements numbers are held."""
    zeroed = np.zeros(n_statements, bool) if moderated is None else moderated
    cast = np.bincount(person, minlength=n_people)
    inside = cast >= min(_ENOUGH_VOTES, n_statements)
    position = _positions(person, statement, vote, (n_people, n_statements), zeroed)
    if np.count_nonzero(inside) < 2 or np.ptp(position[inside], axis=0).max(initial=0) == 0:
        return PolisGroups(np.zeros(n_people, np.int64), inside, 1, None, position)
    centres, width = _chosen(position[inside])
    group = _nearest(position, centres)
    order = np.argsort(-np.bincount(group[inside], minlength=len(centres)), kind="stable")
    return PolisGroups(np.argsort(order)[group], inside, len(centres), width, position)


def consensus(group: np.ndarray, person: np.ndarray, statement: np.ndarray, vote: np.ndarray, m: int) -> np.ndarray:
    """Group-aware consensus (m,): the product over groups of (agree + 1) ÷ (votes + 2)."""
    out = np.ones(m)
    for each in range(int(group.max(initial=0)) + 1):
        mine = group[person] == each
        votes = np.bincount(statement[mine], minlength=m)
        out *= (np.bincount(statement[mine & (vote == 1)], minlength=m) + 1) / (votes + 2)
    return out


def priority(votes: np.ndarray, agree: np.ndarray, passed: np.ndarray, extremity: np.ndarray) -> np.ndarray:
    """Weight by which Polis draws the next statement to show; counts and `extremity` (length of its loading) are
    arrays over statements."""
    told = (1 - (passed + 1) / (votes + 2)) * (extremity + 1) * (agree + 1) / (votes + 2)
    return np.asarray((told * (1 + 8 * 2.0 ** (-votes / 5))) ** 2)


# --- workings ----------------------------------------------------------------------------------------------------


def _positions(
    person: np.ndarray, statement: np.ndarray, vote: np.ndarray, shape: tuple[int, int], zeroed: np.ndarray
) -> np.ndarray:
    """Two principal components of the centred, mean-filled votes; a gap adds nothing to a person's place."""
    cells = ~zeroed[statement]
    matrix, cast = np.zeros(shape), np.zeros(shape, bool)
    cast[:, zeroed] = True
    matrix[person[cells], statement[cells]], cast[person[cells], statement[cells]] = vote[cells], True
    mean = matrix.sum(axis=0) / np.maximum(cast.sum(axis=0), 1)
    matrix = np.where(cast, matrix - mean, 0.0)
    _size, axes = np.linalg.eigh(matrix.T @ matrix)
    return matrix @ axes[:, :-3:-1] * np.sqrt(shape[1] / np.maximum(cast.sum(axis=1), 1))[:, None]


def _chosen(position: np.ndarray) -> tuple[np.ndarray, float]:
    """Centres of the groups whose silhouette is largest, and it."""
    _label, base = _k_means(position, np.ones(len(position)), _first_distinct(position, _BASE))
    label = _nearest(position, base)
    used, weight = np.unique(label, return_counts=True)
    base = base[used]
    best: tuple[float, np.ndarray] | None = None
    for k in range(2, min(_MOST_GROUPS, 2 + len(base) // 12) + 1):
        group, centres = _k_means(base, weight, _first_distinct(base, k))
        if len(np.unique(group)) == len(centres) > 1:
            width = _silhouette(base, group)
            best = (width, centres) if best is None or width > best[0] else best
    return (best[1], best[0]) if best else (position.mean(axis=0, keepdims=True), 0.0)


def _first_distinct(rows: np.ndarray, k: int) -> np.ndarray:
    _values, first = np.unique(rows, axis=0, return_index=True)
    return rows[np.sort(first)[:k]]


def _k_means(rows: np.ndarray, weight: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lloyd's algorithm from the centres given; an empty cluster keeps its centre."""
    for _ in range(_ROUNDS):
        label = _nearest(rows, centres)
        size = np.bincount(label, weight, len(centres))
        sums = np.column_stack([np.bincount(label, weight * column, len(centres)) for column in rows.T])
        moved = np.where(size[:, None] > 0, sums / np.maximum(size, 1e-300)[:, None], centres)
        if np.allclose(moved, centres, rtol=0, atol=1e-9):
            break
        centres = moved
    return _nearest(rows, centres), centres


def _nearest(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.asarray(((rows[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1))


def _silhouette(rows: np.ndarray, group: np.ndarray) -> float:
    """Mean silhouette width (Rousseeuw 1987, J. Comput. Appl. Math. 20); 0 for somebody alone."""
    distance = np.sqrt(((rows[:, None] - rows) ** 2).sum(axis=2))
    size = np.bincount(group)
    sums = np.column_stack([distance[:, group == each].sum(axis=1) for each in range(len(size))])
    own = sums[np.arange(len(rows)), group] / np.maximum(size[group] - 1, 1)
    means = sums / size
    means[np.arange(len(rows)), group] = np.inf
    other = means.min(axis=1)
    return float(np.mean(np.where(size[group] > 1, (other - own) / np.maximum(np.maximum(own, other), 1e-300), 0.0)))
