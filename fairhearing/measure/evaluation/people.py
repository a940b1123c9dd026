"""One evaluation as numbers: who was where, what was measured before and after, and what was said of how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...stats.cells import Floats, Ints

__all__ = ["Arms", "People"]


@dataclass(frozen=True)
class People:
    """One project and instrument, all (n,): after, before: not-a-number where missing; before None: never asked ·
    arm: 1 the project's, 0 the comparison's; None: nobody else was measured · cluster: any integers, None: none ·
    covariates: (n, q) without missing, with their names · the rest as declared by a person."""

    after: Floats
    before: Floats | None = None
    arm: Ints | None = None
    cluster: Ints | None = None
    covariates: Floats | None = None
    covariate_names: tuple[str, ...] = ()
    randomised: bool = False
    waitlist: bool = False
    retrospective: bool = False
    lower_is_better: bool = False

    def __len__(self) -> int:
        return len(self.after)

    @property
    def answered(self) -> Ints:
        """Who has an outcome."""
        return ~np.isnan(self.after)

    @property
    def project(self) -> Ints:
        return np.ones(len(self), bool) if self.arm is None else self.arm == 1

    @property
    def sign(self) -> float:
        return -1.0 if self.lower_is_better else 1.0

    @property
    def binary(self) -> bool:
        given = self.after[self.answered]
        return bool(len(given)) and bool(np.isin(given, (0.0, 1.0)).all())

    def in_arms(self, arm: Ints) -> People:
        """The same people in two arms: 1 the project's, 0 the comparison's."""
        return replace(self, arm=arm)

    def only(self, rows: Ints) -> People:
        """These rows."""
        arrays: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in ("after", "before", "arm", "cluster", "covariates")
        }
        return replace(self, **arrays)


@dataclass(frozen=True)
class Arms:
    """What the two arms are called, for sentences."""

    project: str = "the project"
    control: str = "the others"
