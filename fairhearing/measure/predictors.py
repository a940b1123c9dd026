"""What is known of a community beforehand, such as its deprivation or the last round's share: numbers of the
population's cells, for the pooled door and for the stage alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import CannotEstimate
from ..stats.cells import Floats, Ints, group

__all__ = ["cell_of", "standardised"]


def standardised(values: Floats, people: Floats, name: str) -> Floats:
    """Centred and scaled over the people, so that one prior suits every predictor. values, people: (cells,).

    Raises CannotEstimate where everybody has the same.
    """
    mean = float(np.average(values, weights=people))
    spread = float(np.sqrt(np.average((values - mean) ** 2, weights=people)))
    if not spread > 1e-12 * abs(mean):
        raise CannotEstimate(f"{name} is the same for everybody", cure="leave it out")
    return (values - mean) / spread


def cell_of(heard: Sequence[Ints], living: Sequence[Ints], sizes: Sequence[int]) -> Ints:
    """Position of each person's cell in the population, -1 where nobody lives in it or they did not say.

    heard: one (people,) array of codes a characteristic, `sizes` for whoever did not say · living: (cells,), each
    combination once.
    """
    cells = len(living[0])
    both = [np.concatenate([own, given]) for own, given in zip(living, heard, strict=True)]
    joined = group(both, [size + 1 for size in sizes], len(both[0]))
    position = np.full(joined.count, -1)
    position[joined.of_row[:cells]] = np.arange(cells)
    return np.asarray(position[joined.of_row[cells:]])
