"""Which statement to show a person next, so that agreement with every statement and where people stand are learned
from few votes.

Three things are wanted of a vote: that it tells something of a statement about which little is known; of a person
whose position is little known; and that no statement is left behind. The first is the variance of a statement's
agreement that one vote more takes away, the second the information its loading gives of the position (D-optimal
design, Chaloner and Verdinelli 1995, Statistical Science 10). Both are in shares of what they are at their largest.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

__all__ = ["next_statement", "worth"]

NEARLY = 0.3  # shares of worth that may be given up for variety
PLACE = 0.05  # what the information about the person counts, against that about the statement


def next_statement(
    votes: np.ndarray,
    agree: np.ndarray,
    seen: np.ndarray,
    coefficient: np.ndarray,
    position: np.ndarray,
    covariance: np.ndarray,
    rng: np.random.Generator,
) -> int | None:
    """Place of the statement worth most to be shown to one person; None when they have seen all.

    votes, agree: (m,) votes so far of everybody, passes included, and those that agree; seen: (m,) statements the
    person has voted on; coefficient: (m, 1 + r) how agreeable a statement is and which way it divides, log odds;
    position: (r,), covariance: (r, r) of the person. Among statements worth nearly as much `rng` chooses: were
    everybody shown them in one order, statements that are never met together could not be compared."""
    left = np.flatnonzero(~seen)
    if not len(left):
        return None
    value = worth(votes, agree, coefficient, position, covariance)[left]
    return int(left[np.argmax(value * (1 - NEARLY * rng.random(len(left))))])


def worth(
    votes: np.ndarray, agree: np.ndarray, coefficient: np.ndarray, position: np.ndarray, covariance: np.ndarray
) -> np.ndarray:
    """Worth (m,) of each statement for one person; arguments as in `next_statement`."""
    share = (agree + 1) / (votes + 2)
    statement = share * (1 - share) / (votes + 3) ** 2
    coefficient = np.nan_to_num(coefficient)
    loading = coefficient[:, 1:]
    chance = expit(coefficient[:, 0] + loading @ position)
    told = np.log1p(chance * (1 - chance) * np.einsum("mi,ij,mj->m", loading, covariance, loading))
    return np.asarray(statement / max(statement.max(), 1e-300) + PLACE * told / max(told.max(initial=0.0), 1e-300))
