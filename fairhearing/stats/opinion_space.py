"""A space of opinion: where people stand and what divides them, from votes that are mostly missing.

The probability that person i agrees with statement j, having taken a side, is logistic(a_i + b_j + u_i · v_j): a
person agrees more or less readily (a), a statement is more or less agreeable (b), and what is left is a position (u,
`rank` numbers) met by a loading (v). Votes not cast are missing, not zero. The four are fitted together by
variational Bayes with the quadratic bound of Jaakkola and Jordan (2000, Statistics and Computing 10), as for item
response models (Imai, Lo and Olmsted 2016, American Political Science Review 110): every person and statement keeps
its own uncertainty, and the spreads of a, b and v are estimated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse, special

__all__ = ["Ballots", "Space", "among", "chances", "fit_space", "place_people", "some_people"]

_CHUNK = 1 << 17  # cells worked on at a time, so that memory does not grow with their number
_LEAST_SPREAD = 0.8  # variance of loadings below which no dimension is presumed to lie; see fit_space


@dataclass(frozen=True)
class Ballots:
    """Sides taken: cell c is person[c], statement[c], agree[c] (True or False), sorted by person, then statement."""

    person: np.ndarray
    statement: np.ndarray
    agree: np.ndarray
    n_people: int
    n_statements: int

    def keep(self, cells: np.ndarray) -> Ballots:
        """The same people and statements with some of the cells (a mask)."""
        return Ballots(self.person[cells], self.statement[cells], self.agree[cells], self.n_people, self.n_statements)


@dataclass(frozen=True)
class Space:
    """A fitted space. `person` (n, 1 + rank): a, u, and `person_cov` (n, 1 + rank, 1 + rank); `statement`
    (m, 1 + rank): b, v, and `statement_cov`. `precision` (n, rank, rank) and `pull` (n, rank): what the votes alone
    say of u, as a Gaussian exp(pull·u − u·precision·u / 2), a integrated out; from the logistic likelihood itself
    where the person stands (Laplace), not from its bound, which makes many votes say more than they do. `spread_a`,
    `mean_b`, `spread_b`: the variances and mean estimated for a and b; `bound`: the evidence bound after each round
    of updates."""

    rank: int
    person: np.ndarray
    person_cov: np.ndarray
    statement: np.ndarray
    statement_cov: np.ndarray
    precision: np.ndarray
    pull: np.ndarray
    spread_a: float
    mean_b: float
    spread_b: float
    spread_v: np.ndarray
    bound: np.ndarray


def among(ballots: Ballots, kept: np.ndarray) -> Ballots:
    """The votes of some of the people (places, ascending), numbered from 0 in that order."""
    place = np.full(ballots.n_people, -1)
    place[kept] = np.arange(len(kept))
    person = place[ballots.person]
    cells = person >= 0
    return Ballots(person[cells], ballots.statement[cells], ballots.agree[cells], len(kept), ballots.n_statements)


def some_people(space: Space, kept: np.ndarray) -> Space:
    """The same space with some of its people."""
    return replace(
        space, person=space.person[kept], person_cov=space.person_cov[kept], precision=space.precision[kept],
        pull=space.pull[kept],
    )  # fmt: skip


def fit_space(
    ballots: Ballots,
    rank: int,
    rng: np.random.Generator,
    *,
    start: Space | None = None,
    rounds: int = 60,
    close: float = 3e-5,
) -> Space:
    """Fit a space of `rank` dimensions, at most `rounds` rounds of updates or until the bound moves by less than
    `close` per cell. Dimensions come back by how much they divide; u has mean 0 and second moment 1.
    `rng` starts the loadings, unless they `start` from those of another space with the same statements and rank. A
    rank of 0 fits a and b only. Variational spreads of loadings are too small where votes are few and would shut out
    a dimension that only a minority votes along: they are held at 0.8 or more, the value that predicted held-out
    votes best over eight conversations (benchmarks/RESULTS.md)."""
    rank = min(rank, ballots.n_people - 1, ballots.n_statements - 1) if ballots.n_people else 0
    warm = start is not None and start.rank == rank
    work = _Work.of(start, ballots) if start is not None and warm else _Work.start(ballots, max(rank, 0), rng)
    bounds: list[float] = []
    for _ in range(rounds):
        omega, likelihood = work.curvature()
        bounds.append(likelihood - work.divergence())
        if len(bounds) > (2 if warm else 5) and bounds[-1] - bounds[-2] < close * max(len(ballots.agree), 1):
            break
        work.update_people(omega)
        work.update_statements(omega)
        work.standardise()
    omega, _likelihood = work.curvature()
    work.update_people(omega)
    return work.space(np.array(bounds))


def place_people(space: Space, ballots: Ballots, *, rounds: int = 4) -> Space:
    """The same space with other people in it: statements as fitted, positions from `ballots` (same statements)."""
    work = _Work.of(space, ballots)
    for _ in range(rounds):
        omega, _likelihood = work.curvature()
        work.update_people(omega)
    return work.space(space.bound)


def chances(space: Space, person: np.ndarray, statement: np.ndarray) -> np.ndarray:
    """P(agree | takes a side) of each pair, averaged over what is not known of both (MacKay's logistic-normal
    rule)."""
    out = np.empty(len(person))
    P, Q = _moments(space.person, space.person_cov, 1), _moments(space.statement, space.statement_cov, 0)
    Q = Q * _twice(space.rank + 2)
    p, s = _padded(space.person, 1), _padded(space.statement, 0)
    for part in _chunks(len(person)):
        i, j = person[part], statement[part]
        eta = np.einsum("cd,cd->c", p[i], s[j])
        spare = np.maximum(np.einsum("cd,cd->c", P[i], Q[j]) - eta**2, 0.0)
        out[part] = 1 / (1 + np.exp(-eta / np.sqrt(1 + np.pi * spare / 8)))
    return out


# --- workings ----------------------------------------------------------------------------------------------------


@dataclass
class _Work:
    """The fit in progress. People are (a, 1, u), statements (1, b, v): their inner product is the log odds."""

    ballots: Ballots
    rank: int
    by_statement: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    person: np.ndarray
    person_cov: np.ndarray
    statement: np.ndarray
    statement_cov: np.ndarray
    spread_a: float = 1.0
    mean_b: float = 0.0
    spread_b: float = 4.0
    spread_v: np.ndarray | None = None

    @classmethod
    def start(cls, ballots: Ballots, rank: int, rng: np.random.Generator) -> _Work:
        n, m, d = ballots.n_people, ballots.n_statements, 1 + rank
        person, statement = np.zeros((n, d)), np.zeros((m, d))
        people_cov, statement_cov = np.zeros((n, d, d)), np.zeros((m, d, d))
        cast = np.bincount(ballots.statement, minlength=m)
        agree = np.bincount(ballots.statement, ballots.agree, m)
        statement[:, 0] = np.log((agree + 0.5) / (cast - agree + 0.5))
        statement[:, 1:] = rng.standard_normal((m, rank))
        people_cov += np.diag(np.r_[0.5, np.full(rank, 0.5)])
        work = cls(ballots, rank, *_layout(ballots), person, people_cov, statement, statement_cov)
        work.spread_v = np.ones(rank)
        if rank:
            work.statement[:, 1:], work.person[:, 1:] = _first_directions(
                ballots, agree / np.maximum(cast, 1), statement
            )
        return work

    @classmethod
    def of(cls, space: Space, ballots: Ballots) -> _Work:
        n, d = ballots.n_people, 1 + space.rank
        prior = np.diag(np.r_[space.spread_a, np.ones(space.rank)])
        person, cov = np.zeros((n, d)), np.tile(prior, (n, 1, 1))
        return cls(
            ballots, space.rank, *_layout(ballots), person, cov, space.statement, space.statement_cov,
            space.spread_a, space.mean_b, space.spread_b, space.spread_v,
        )  # fmt: skip

    def curvature(self) -> tuple[np.ndarray, float]:
        """Weight of each cell in the quadratic bound, tanh(ξ/2)/(2ξ), at the best ξ² = E[η²]; and the bound's
        likelihood part."""
        P, Q = _moments(self.person, self.person_cov, 1), _moments(self.statement, self.statement_cov, 0)
        P, Q = P.astype(np.float32), (Q * _twice(self.rank + 2)).astype(np.float32)
        p, s = _padded(self.person, 1).astype(np.float32), _padded(self.statement, 0).astype(np.float32)
        omega, total = np.empty(len(self.ballots.agree)), 0.0
        for part in _chunks(len(omega)):
            i, j = self.ballots.person[part], self.ballots.statement[part]
            xi = np.sqrt(np.maximum(np.einsum("cd,cd->c", P[i], Q[j]), np.float32(1e-12)))
            eta = np.einsum("cd,cd->c", p[i], s[j])
            omega[part] = np.tanh(xi / 2) / (2 * xi)
            signed = np.where(self.ballots.agree[part], eta, -eta)
            total += float(np.sum((signed - xi) / 2 - np.log1p(np.exp(-xi)), dtype=np.float64))
        return omega, total

    def update_people(self, omega: np.ndarray) -> None:
        """Everybody's best Gaussian given the statements."""
        moments, padded = _moments(self.statement, self.statement_cov, 0), _padded(self.statement, 0)
        free = np.r_[0, 2 : 2 + self.rank]
        weight = self._matrix(omega)
        total = _square(weight @ moments, self.rank + 2)
        pull = self._matrix(self.ballots.agree - 0.5) @ padded[:, free] - total[:, free, 1]
        votes = total[:, free[:, None], free]
        prior = np.r_[1 / self.spread_a, np.ones(self.rank)]
        self.person_cov = np.linalg.inv(votes + np.diag(prior))
        self.person = np.einsum("nij,nj->ni", self.person_cov, pull)

    def told(self) -> tuple[np.ndarray, np.ndarray]:
        """What the votes alone say of everybody's u: the logistic likelihood to the second order where they stand, a
        integrated out."""
        x = _padded(self.statement, 0)[:, np.r_[0, 2 : 2 + self.rank]]
        row, column = np.triu_indices(1 + self.rank)
        chance = self._chance()
        votes = _square(self._matrix(chance * (1 - chance)) @ (x[:, row] * x[:, column]), 1 + self.rank)
        pull = self._matrix(self.ballots.agree - chance) @ x + np.einsum("nij,nj->ni", votes, self.person)
        return _without_first(votes, pull, 1 / self.spread_a)

    def _chance(self) -> np.ndarray:
        """P(agree) of every cell at the means."""
        p, s = _padded(self.person, 1), _padded(self.statement, 0)
        out = np.empty(len(self.ballots.agree))
        for part in _chunks(len(out)):
            i, j = self.ballots.person[part], self.ballots.statement[part]
            out[part] = special.expit(np.einsum("cd,cd->c", p[i], s[j]))
        return out

    def update_statements(self, omega: np.ndarray) -> None:
        moments, padded = _moments(self.person, self.person_cov, 1), _padded(self.person, 1)
        free = np.arange(1, 2 + self.rank)
        total = _square(self._matrix(omega, turned=True) @ moments, self.rank + 2)
        pull = self._matrix(self.ballots.agree - 0.5, turned=True) @ padded[:, free] - total[:, free, 0]
        pull[:, 0] += self.mean_b / self.spread_b
        prior = np.r_[1 / self.spread_b, 1 / self._spread()]
        self.statement_cov = np.linalg.inv(total[:, free[:, None], free] + np.diag(prior))
        self.statement = np.einsum("mij,mj->mi", self.statement_cov, pull)

    def standardise(self) -> None:
        """Estimate the spreads; choose among equal descriptions the one where u has mean 0 and second moment 1."""
        self._centre()
        if self.rank:
            self._turn()
            self.spread_v = np.maximum(
                _second(self.statement[:, 1:], self.statement_cov[:, 1:, 1:]).diagonal(), _LEAST_SPREAD
            )
        self.spread_a = max(float(np.mean(self.person[:, 0] ** 2 + self.person_cov[:, 0, 0])), 1e-4)
        self.mean_b = float(np.mean(self.statement[:, 0]))
        spare = (self.statement[:, 0] - self.mean_b) ** 2 + self.statement_cov[:, 0, 0]
        self.spread_b = max(float(np.mean(spare)), 1e-2)

    def _centre(self) -> None:
        """Move the means of a and u into b."""
        middle = self.person.mean(axis=0)
        self.person = self.person - middle
        onto = np.eye(1 + self.rank)
        onto[0, 1:] = middle[1:]
        self.statement = self.statement @ onto.T
        self.statement[:, 0] += middle[0]
        self.statement_cov = onto @ self.statement_cov @ onto.T

    def _turn(self) -> None:
        """Whiten u, then turn so that the loadings' second moment is diagonal, largest first, signs fixed."""
        width, axes = np.linalg.eigh(_second(self.person[:, 1:], self.person_cov[:, 1:, 1:]))
        root = axes * np.sqrt(np.maximum(width, 1e-9)) @ axes.T
        inverse = axes / np.sqrt(np.maximum(width, 1e-9)) @ axes.T
        loadings = root @ _second(self.statement[:, 1:], self.statement_cov[:, 1:, 1:]) @ root
        _size, turn = np.linalg.eigh((loadings + loadings.T) / 2)
        turn = turn[:, ::-1]
        to_person, to_statement = np.eye(1 + self.rank), np.eye(1 + self.rank)
        to_statement[1:, 1:] = turn.T @ root
        skew = np.sum((self.statement @ to_statement.T)[:, 1:] ** 3, axis=0)
        flip = np.where(skew < 0, -1.0, 1.0)[:, None]
        to_statement[1:, 1:] *= flip
        to_person[1:, 1:] = flip * (turn.T @ inverse)
        self.person = self.person @ to_person.T
        self.person_cov = to_person @ self.person_cov @ to_person.T
        self.statement = self.statement @ to_statement.T
        self.statement_cov = to_statement @ self.statement_cov @ to_statement.T

    def divergence(self) -> float:
        """Kullback–Leibler divergence of what is held of people and statements from their priors."""
        people = _divergence(self.person, self.person_cov, 0.0, np.r_[self.spread_a, np.ones(self.rank)])
        centre = np.r_[self.mean_b, np.zeros(self.rank)]
        return people + _divergence(self.statement, self.statement_cov, centre, np.r_[self.spread_b, self._spread()])

    def space(self, bound: np.ndarray) -> Space:
        precision, pull = self.told()
        return Space(
            self.rank, self.person, self.person_cov, self.statement, self.statement_cov, precision, pull,
            self.spread_a, self.mean_b, self.spread_b, self._spread(), bound,
        )  # fmt: skip

    def _spread(self) -> np.ndarray:
        return np.ones(self.rank) if self.spread_v is None else self.spread_v

    def _matrix(self, cells: np.ndarray, *, turned: bool = False) -> sparse.csr_array:
        """Cells as a sparse matrix, people by statements, or turned."""
        n, m = self.ballots.n_people, self.ballots.n_statements
        if not turned:
            return sparse.csr_array((cells, self.ballots.statement, self.rows), shape=(n, m))
        order = self.by_statement
        return sparse.csr_array((cells[order], self.ballots.person[order], self.columns), shape=(m, n))


def _layout(ballots: Ballots) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order of the cells by statement, and where people and statements begin."""
    rows = np.concatenate([[0], np.cumsum(np.bincount(ballots.person, minlength=ballots.n_people))])
    columns = np.concatenate([[0], np.cumsum(np.bincount(ballots.statement, minlength=ballots.n_statements))])
    return np.argsort(ballots.statement, kind="stable"), rows, columns


def _first_directions(ballots: Ballots, rate: np.ndarray, statement: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and positions to start from: leading directions of the votes less each statement's rate, by four
    subspace iterations from the random start (Halko, Martinsson and Tropp 2011)."""
    left = ballots.agree - rate[ballots.statement]
    shape = (ballots.n_people, ballots.n_statements)
    matrix = sparse.csr_array((left, (ballots.person, ballots.statement)), shape=shape)
    basis = statement[:, 1:]
    for _ in range(4):
        basis, _upper = np.linalg.qr(matrix.T @ (matrix @ basis))
    u = matrix @ basis
    cast = np.maximum(np.bincount(ballots.person, minlength=ballots.n_people), 1)[:, None]
    u = u / np.sqrt(cast)
    size = np.sqrt(np.mean(u**2, axis=0)) + 1e-9
    return basis * np.sqrt(len(basis)), u / size


def _padded(values: np.ndarray, place: int) -> np.ndarray:
    """People (a, u) → (a, 1, u); statements (b, v) → (1, b, v)."""
    return np.insert(values, place, 1.0, axis=1)


def _moments(mean: np.ndarray, cov: np.ndarray, place: int) -> np.ndarray:
    """E[x xᵀ] of the padded vectors, upper triangle as columns."""
    x = _padded(mean, place)
    full = np.insert(np.insert(cov, place, 0.0, axis=1), place, 0.0, axis=2)
    row, column = np.triu_indices(x.shape[1])
    return x[:, row] * x[:, column] + full[:, row, column]


def _twice(size: int) -> np.ndarray:
    """Weights of the upper triangle in a sum over the whole matrix."""
    row, column = np.triu_indices(size)
    return np.where(row == column, 1.0, 2.0)


def _square(flat: np.ndarray, size: int) -> np.ndarray:
    row, column = np.triu_indices(size)
    out = np.empty((len(flat), size, size))
    out[:, row, column] = flat
    out[:, column, row] = flat
    return out


def _second(mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    return (mean.T @ mean + cov.sum(axis=0)) / max(len(mean), 1)


def _without_first(votes: np.ndarray, pull: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """Integrate the first coordinate (a, with its prior precision) out of Gaussians in natural form."""
    first = votes[:, 0, 0] + prior
    cross = votes[:, 1:, 0]
    precision = votes[:, 1:, 1:] - cross[:, :, None] * cross[:, None, :] / first[:, None, None]
    return precision, pull[:, 1:] - cross * (pull[:, 0] / first)[:, None]


def _divergence(mean: np.ndarray, cov: np.ndarray, centre: np.ndarray | float, spread: np.ndarray) -> float:
    around = (mean - centre) ** 2 + np.diagonal(cov, axis1=1, axis2=2)
    _sign, volume = np.linalg.slogdet(cov)
    return float(0.5 * (np.sum(around / spread) - mean.size + len(mean) * np.sum(np.log(spread)) - volume.sum()))


def _chunks(n: int) -> Iterator[slice]:
    return (slice(at, at + _CHUNK) for at in range(0, n, _CHUNK))
