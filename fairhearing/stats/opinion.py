"""Opinion groups from votes: whether there are any, how many, who belongs with which probability.

    votes → a space of opinion (`opinion_space`) → a mixture of positions (`opinion_mixture`)
          → components that stand apart (`opinion_modes`) → the same again on four fifths of the people → a verdict

The verdict is one of three, all of them answers: "groups"; "no distinct groups" (no structure beyond how agreeable
statements are and how readily people agree, or one crowd, however spread out); "unstable" (groups stand apart, and
are others when a fifth of the people is left out). Nothing depends on the order of people, statements or votes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .opinion_heldout import HeldOut, held_out
from .opinion_order import OwnOrder, in_own_order
from .opinion_space import Ballots, Space, among, chances, fit_space, place_people
from .opinion_verdict import GROUPS, NONE, UNSTABLE, Found, Tried, settle

__all__ = ["GROUPS", "NONE", "UNSTABLE", "HeldOut", "Opinion", "Tried", "drawn", "fit", "predict"]

ENOUGH = 5000  # people from whom statements are learned
RANK = 4  # dimensions fitted; see docs/adr/0014 for what more and fewer predict
ALIKE, FARTHER = 30, 3.0  # people a distance is compared among, and the most it is multiplied with
LEAST_TOLD = 0.05  # of the spread along an axis, below which nothing is drawn from a person's votes


@dataclass(frozen=True)
class Opinion:
    """What votes say about groups of opinion; people and statements are numbered as they were given.

    `verdict`: GROUPS, NONE or UNSTABLE, with the `reason` in a sentence. `k`: number of groups, 1 unless the verdict
    is GROUPS. `probability` (n, k): that each person belongs to each group, given their votes; rows sum to 1, and
    where k is 1 it is a column of ones, so that what is done per group needs no special case. Groups are numbered by
    size, largest first. `share` (k,): the groups' shares of the people, weighted.
    `position` (n, rank) and `position_covariance` (n, rank, rank): where people stand, for pictures: the posterior
    mean stretched back to the spread of the population (Ghosh 1992, JASA 87, "constrained Bayes"), and so that the
    middle distance is the same among people who took about as many sides: nobody is drawn in the middle for voting
    little, and whether those who vote more stand further out is not to be read from it; the covariance says how
    little is known. Dimensions come by
    how much they divide. `readily` (n,): how readily a person agrees with anything, in log odds.
    `agreeable` (m,) and `loading` (m, rank): how agreeable a statement is, and which way it divides, in log odds per
    unit of position; NaN for statements nobody took a side on.
    `p_structure`: that votes of one person hang together no more than statements' and people's own rates make them;
    `gap`: log-likelihood ratio of two humps against any single peak, the least between two groups (of the best two
    where none are shown, None where all are too small); `p_one_crowd`: chance of as high a ratio were the two one
    crowd, from worlds drawn so (None where it was not asked); `stability`: median adjusted Rand
    index between these groups and those found in four fifths of the people (None where not looked for);
    `tried`: every number of groups considered, and how it fared; `least_seen`: how far apart two equal blocs would
    have to be to be seen with these votes, in standard deviations of a bloc (None unless no groups are shown, or
    where none would be seen however far apart). `heldout`: votes hidden from the model and
    predicted."""

    verdict: str
    reason: str
    k: int
    probability: np.ndarray
    share: np.ndarray
    position: np.ndarray
    position_covariance: np.ndarray
    readily: np.ndarray
    agreeable: np.ndarray
    loading: np.ndarray
    p_structure: float | None
    gap: float | None
    p_one_crowd: float | None
    stability: float | None
    tried: tuple[Tried, ...]
    least_seen: float | None
    heldout: HeldOut | None
    space: Space
    """The fitted space, people and statements numbered as given; `predict` needs it."""

    @property
    def group(self) -> np.ndarray:
        """The likeliest group of each person (n,), from 0."""
        return self.probability.argmax(axis=1)


def fit(
    person: np.ndarray,
    statement: np.ndarray,
    vote: np.ndarray,
    n_people: int,
    n_statements: int,
    rng: np.random.Generator,
    *,
    weights: np.ndarray | None = None,
    smallest: int = 10,
    rank: int = RANK,
    subsamples: int = 10,
    hide: np.random.Generator | None = None,
) -> Opinion:
    """Look for groups of opinion.

    `person` and `statement` (c,): whole numbers from 0; `vote` (c,): 1 agree, -1 disagree, 0 pass; one row a cell.
    Passes are no sides: they are missing to the model, neither agreement nor disagreement. `weights` (n_people,): how
    much each person counts in shares (default 1 each); `smallest`: the fewest people a
    group may have; `subsamples`: how often a fifth of the people is left out, 0 to skip that; `hide`: chooses the
    tenth of the cells that is hidden and predicted (default: from `rng`); groups are always sought in all the votes.
    Raises BadInput for arrays that do not fit together. The same votes in another order give the same answer bit for
    bit, as long as `rng` starts from the same seed."""
    order = in_own_order(person, statement, vote, n_people, n_statements, weights)
    if not order.ballots.n_people or not len(order.ballots.agree):
        return _silence(order, rank)
    score = held_out(_some(order.ballots, rng), rank, hide or rng.spawn(1)[0])
    space = _space(order.ballots, rank, rng)
    found = settle(order.ballots, space, order.weight, score, rng, smallest=smallest, subsamples=subsamples)
    return _opinion(order, space, found, score)


def predict(opinion: Opinion, person: np.ndarray, statement: np.ndarray) -> np.ndarray:
    """P(agree | takes a side) for pairs of people and statements (numbered as given to `fit`), averaged over what is
    not known of either."""
    return chances(opinion.space, person, statement)


# --- workings ----------------------------------------------------------------------------------------------------


def _silence(order: OwnOrder, rank: int) -> Opinion:
    """Nobody took a side on anything."""
    n, m = order.ballots.n_people, order.ballots.n_statements
    nobody, rank = np.zeros((n, 1)), min(rank, max(n - 1, 0), max(m - 1, 0))
    covariance = np.tile(np.eye(1 + rank), (n, 1, 1))
    space = Space(
        rank, np.zeros((n, 1 + rank)), covariance, np.zeros((m, 1 + rank)), np.tile(np.eye(1 + rank), (m, 1, 1)),
        np.zeros((n, rank, rank)), np.zeros((n, rank)), 1.0, 0.0, 1.0, np.ones(rank), np.zeros(0),
    )  # fmt: skip
    return Opinion(
        NONE, "nobody took a side on anything", 1, nobody + 1, np.ones(1), np.zeros((n, rank)), covariance[:, 1:, 1:],
        np.zeros(n), np.full(m, np.nan), np.full((m, rank), np.nan), None, None, None, None, (), None, None, space,
    )  # fmt: skip


def _some(ballots: Ballots, rng: np.random.Generator) -> Ballots:
    """All the people, or enough of them to learn statements from, chosen at random."""
    if ballots.n_people <= ENOUGH:
        return ballots
    return among(ballots, np.sort(rng.permutation(ballots.n_people)[:ENOUGH]))


def _space(ballots: Ballots, rank: int, rng: np.random.Generator) -> Space:
    """A space learned from enough people, with everybody placed in it."""
    part = _some(ballots, rng)
    space = fit_space(part, rank, rng)
    return space if part is ballots else place_people(space, ballots)


def _opinion(order: OwnOrder, space: Space, found: Found, score: HeldOut) -> Opinion:
    given = _as_given(order, space)
    position, covariance = drawn(given)
    far = order.people_as_given(_as_far(order, space))
    position, covariance = position * far[:, None], covariance * far[:, None, None] ** 2
    seen = np.bincount(order.ballots.statement, minlength=order.ballots.n_statements) > 0
    seen = order.statements_as_given(seen)[:, None]
    said = np.where(seen, given.statement, np.nan)
    return Opinion(
        found.verdict, found.reason, found.k, order.people_as_given(found.probability), found.share,
        position, covariance, given.person[:, 0], said[:, 0], said[:, 1:],
        score.p_structure, found.gap, found.p_one_crowd, found.stability, found.tried, found.least_seen,
        score if score.cells else None, given,
    )  # fmt: skip


def _as_given(order: OwnOrder, space: Space) -> Space:
    people, statements = order.people_as_given, order.statements_as_given
    return replace(
        space, person=people(space.person), person_cov=people(space.person_cov),
        statement=statements(space.statement), statement_cov=statements(space.statement_cov),
        precision=people(space.precision), pull=people(space.pull),
    )  # fmt: skip


def drawn(space: Space) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means stretched to the prior's spread. Before any vote u has covariance 1; of it a person's votes
    explain 1 - C, which is the spread of posterior means among people who voted as they did; so the mean is divided
    by the square root of that. Somebody whose votes say next to nothing along an axis stays in the middle of it."""
    mean, covariance = space.person[:, 1:], space.person_cov[:, 1:, 1:]
    told, axes = np.linalg.eigh(np.eye(space.rank) - covariance)
    stretch = np.where(told > LEAST_TOLD, 1 / np.sqrt(np.maximum(told, LEAST_TOLD)), 1.0)
    onto = axes * stretch[:, None, :] @ np.swapaxes(axes, 1, 2)
    return np.einsum("nij,nj->ni", onto, mean), onto @ covariance @ onto


def _as_far(order: OwnOrder, space: Space) -> np.ndarray:
    """What everybody's distance is multiplied with, so that its median in the plane that is drawn does not depend on
    how many sides were taken: everybody's median against that of people who took about as many."""
    distance = np.linalg.norm(drawn(space)[0][:, :2], axis=1)
    sides = np.bincount(order.ballots.person, minlength=len(distance))
    out = np.ones(len(distance))
    middle = np.median(distance[sides > 0])
    for low, high in _alike(sides):
        mine = (sides >= low) & (sides <= high)
        out[mine] = min(middle / max(float(np.median(distance[mine])), 1e-9), FARTHER)
    return out


def _alike(sides: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of numbers of sides taken (both ends included), each taken by at least `ALIKE` people."""
    values, people = np.unique(sides[sides > 0], return_counts=True)
    out, low, held = [], 0, 0
    for at, many in enumerate(people.tolist()):
        held += many
        if held >= ALIKE and people[at + 1 :].sum() not in range(1, ALIKE):
            out.append((int(values[low]), int(values[at])))
            low, held = at + 1, 0
    return out + ([(int(values[low]), int(values[-1]))] if low < len(values) else [])
