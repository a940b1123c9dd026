"""One test of whether communities differ at all, for the direct door: of answers in words, or of means and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import BadInput, CannotEstimate
from ..stats.association import Outcome, equal_means, rao_scott
from ..stats.cells import Floats, Ints
from ..stats.estimators import Survey
from ..stats.intervals import t_interval
from ..stats.weights import effective_n
from .columns import NotNumbers, categories, numbers

__all__ = ["test_row"]

_FIGURES = ("n_effective", "estimate", "se", "low", "high", "method", "statistic", "df", "df_within", "p")


def test_row(
    table: pa.Table, item: str, survey: Survey, how: str, labels: Sequence[str], codes: Ints, where: str
) -> dict[str, Any]:
    """The test of `item` over the communities `labels`, as a row of the door's table.

    Answers in words, Yes and No among them: Rao–Scott F test. Numbers, 0 and 1 among them: t test of two means, with
    their difference and its interval, or Wald F test of more. codes: (rows,) position among the labels, one past the
    last where there is none. Where nothing can be tested, the row says why. Raises BadInput where there are no
    communities.
    """
    if not labels:
        raise BadInput("there are no communities to compare", where=where, cure="name a column of them: --by COLUMN")
    given, found = _asked(table, item, survey, labels, codes, where)
    row: dict[str, Any] = {"domain": "everyone", "n": int(np.sum(given & (codes < len(labels))))}
    row |= dict.fromkeys(_FIGURES)
    if isinstance(found, CannotEstimate):
        return row | {"method": f"cannot tell: {found.what}"}
    counted = given & np.isin(codes, found.compared)
    row |= {key: getattr(found, key) for key in ("n", "statistic", "df", "df_within", "p")}
    row |= {"n_effective": effective_n(survey.weights[counted]), "method": _words(found, item, labels, how)}
    return row | _interval(found)


def _asked(
    table: pa.Table, item: str, survey: Survey, labels: Sequence[str], codes: Ints, where: str
) -> tuple[Ints, Outcome | CannotEstimate]:
    """Who answered and counts, and the test or why there is none."""
    counts = survey.weights > 0
    try:
        y: Floats | None = numbers(table, item, where)
    except NotNumbers:
        y = None
    try:
        if y is not None:
            given = counts & ~np.isnan(y)
            return given, equal_means(survey, y, codes, len(labels))
        said, positions = categories(table, item, where)
        given = counts & (positions < len(said))
        return given, rao_scott(survey, codes, positions, (len(labels), len(said)))
    except CannotEstimate as why:
        return given, why


def _words(found: Outcome, item: str, labels: Sequence[str], how: str) -> str:
    compared = [labels[k] for k in found.compared]
    words = f"{found.method} of {item}, comparing {', '.join(compared)}"
    if found.difference is not None:
        words = f"{found.method}: {item} of {compared[1]} less that of {compared[0]}, t interval"
    if found.left_out:
        words += f"; too few answers, or all the same, from {', '.join(labels[k] for k in found.left_out)}"
    return f"{words}; {how}"


def _interval(found: Outcome) -> dict[str, float]:
    if found.difference is None or found.se is None:
        return {}
    low, high = t_interval(found.difference, found.se, found.df_within)
    return {"estimate": found.difference, "se": found.se, "low": low, "high": high}
