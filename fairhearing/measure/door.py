"""The direct door: one file, one column, one table of estimates. No programme folder, the same arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, CannotEstimate
from ..stats.cells import Ints
from .columns import NotNumbers, answers, categories, texts
from .file_survey import Sampled, file_survey, names_in
from .statistics import STATISTICS, Row, Task, rows_of

__all__ = ["Wanted", "estimate_table"]


class Wanted(TypedDict, total=False):
    """What else can be asked of `estimate_table`, each as the command line's option of that name.

    statistic: mean (also of 0 and 1: a share) | total | ratio | quantile | proportion | variance | regression | test,
    whether communities differ at all · over: the column a ratio is over · quantiles: shares between 0 and 1 · on:
    predictors of a regression, factor(COLUMN) for codes that are no numbers · family: gaussian | logistic ·
    differences: each community less the rest.
    calibrate: rake | linear | logit | poststratify · bounds: of the weights over the base weights (logit) · fpc:
    columns of units in the population, or of the share sampled, by stage · lonely: adjust | certainty | average |
    remove | fail. replicates: a table of as many rows, or what the columns' names start with · replicate_type,
    scale, rscales, rho: what kind they are · make_replicates: jackknife | bootstrap | bootstrap:COUNT |
    balanced, half samples of two clusters a stratum, with rho Fay's · rng: for a bootstrap.
    """

    statistic: str | None
    over: str | None
    quantiles: Sequence[float] | None
    on: str | Sequence[str] | None
    family: str | None
    differences: bool
    calibrate: str
    bounds: tuple[float, float] | None
    fpc: str | Sequence[str] | None
    lonely: str
    replicates: pa.Table | str | None
    replicate_type: str | None
    scale: float | None
    rscales: Sequence[float] | None
    rho: float | None
    make_replicates: str | None
    rng: np.random.Generator | None


_OF_SAMPLING = (
    "calibrate", "bounds", "fpc", "lonely", "replicates", "replicate_type", "scale", "rscales", "rho",
    "make_replicates",
)  # fmt: skip
_BELONGS = {"over": "ratio", "quantiles": "quantile", "on": "regression", "family": "regression"}
_PLAIN = ("domain", "n", "n_effective", "estimate", "se", "low", "high", "method")
_WHOLE = ("n",)
_WORDS = ("domain", "method", "category", "term")


def estimate_table(
    table: pa.Table,
    *,
    item: str,
    by: str | Sequence[str] | None = None,
    margins: pa.Table | None = None,
    weights: str | None = None,
    strata: str | None = None,
    cluster: str | Sequence[str] | None = None,
    where: str,
    wanted: Wanted | None = None,
) -> pa.Table:
    """A statistic of `item` for everyone and for each value of `by`: the weighted mean, a share where every answer is
    0 or 1, the share of each category where the answers are words; or what `wanted` asks for.

    table: one row a person, columns of text or numbers · by: a column, or several crossed · margins: population
    figures to which the weights are calibrated, as `margins_file` says · strata, cluster: how people were sampled, a
    cluster column a stage · where: the file's name, for errors.
    Returns domain, n, n_effective, estimate, se, low, high, method; then, where something is `wanted`, category,
    quantile or term, df and what else the statistic has. Where nothing can be told the numbers are null and `method`
    says why. People sampled at random are assumed, since a file cannot say how they came to answer.
    Raises BadInput (a column or category that is not there, text where a number belongs) and CannotEstimate.
    """
    asked: dict[str, Any] = {key: value for key, value in (wanted or {}).items() if value not in (None, False)}
    statistic = _statistic(table, item, asked, where)
    if asked.get("differences") and not names_in(table, by):
        raise BadInput("there are no communities to compare", where=where, cure="name a column of them: --by COLUMN")
    sampled = Sampled(weights=weights, strata=strata, cluster=cluster, margins=margins,
                      **{key: asked[key] for key in _OF_SAMPLING if key in asked})  # fmt: skip
    survey, how = file_survey(table, sampled, where, asked.get("rng"))
    labels, codes = _domains(table, names_in(table, by), where)
    if by and not labels:
        raise CannotEstimate(f"nobody has a value of {by}", where=where, cure="check the column, or leave --by out")
    task = Task(
        table, item, statistic, survey, how, labels, codes, where,
        over=asked.get("over"), quantiles=asked.get("quantiles"), on=names_in(table, asked.get("on")),
        family=asked.get("family"), differences=bool(asked.get("differences")),
    )  # fmt: skip
    more = bool(asked.keys() - {"rng"}) or statistic == "proportion"
    return _as_table(list(rows_of(task)), more)


def _statistic(table: pa.Table, item: str, asked: dict[str, Any], where: str) -> str:
    """As asked, and nothing asked that belongs to another; unasked, a proportion of words and else a mean."""
    statistic = str(asked.get("statistic") or _usual(table, item, where))
    if statistic not in STATISTICS:
        raise BadInput(
            f"there is no statistic {statistic!r}", where=where, cure=f"choose from {', '.join(STATISTICS)}"
        )
    for key, belongs in _BELONGS.items():
        if key in asked and statistic != belongs:
            raise BadInput(f"--{key} belongs to a {belongs}, not to a {statistic}", where=where,
                           cure=f"add --statistic {belongs}, or leave it out")  # fmt: skip
    _differences_belong(statistic, asked, where)
    for key, needs in (("over", "ratio"), ("on", "regression")):
        if statistic == needs and key not in asked:
            raise BadInput(f"a {needs} needs --{key}", where=where, cure=f"name a column: --{key} COLUMN")
    return statistic


_COMPARED_BY = {
    "quantile": "compare their intervals, or ask for --statistic mean",
    "regression": "name the communities among --on: each coefficient is then a difference from the first of them",
    "test": "leave it out: a test is of all communities at once",
}


def _differences_belong(statistic: str, asked: dict[str, Any], where: str) -> None:
    if asked.get("differences") and statistic in _COMPARED_BY:
        raise BadInput(f"--differences are not of a {statistic}", where=where, cure=_COMPARED_BY[statistic])


_LIKE_A_NUMBER = re.compile(r"[+-]?[.,]?\d")


def _usual(table: pa.Table, item: str, where: str) -> str:
    """A proportion where the answers are words, none of which could be a mistyped number."""
    try:
        answers(table, item, where)
    except NotNumbers as why:
        words = [value for value in pc.unique(texts(table, item, where)).to_pylist() if value is not None]
        if any(_LIKE_A_NUMBER.match(word) for word in words):
            raise NotNumbers(
                why.what, where=why.where, cure=f"{why.cure}; or, for categories, add --statistic proportion"
            ) from None
        return "proportion"
    return "mean"


def _domains(table: pa.Table, by: Sequence[str], where: str) -> tuple[list[str], Ints]:
    """Values that occur, of several columns each combination; each row's position among them, one past the last where
    any is empty."""
    labels, codes = [""], np.zeros(table.num_rows, np.int64)
    for at, name in enumerate(by):
        own, positions = categories(table, name, where)
        missing = (codes == len(labels)) | (positions == len(own))
        crossed = np.where(missing, len(labels) * len(own), codes * len(own) + positions)
        labels = [f"{first} / {last}" if at else last for first in labels for last in own]
        present = np.unique(crossed[~missing])
        place = np.full(len(labels) + 1, len(present))
        place[present] = np.arange(len(present))
        labels, codes = [labels[k] for k in present], place[crossed]
    return ([], codes) if not by else (labels, codes)


def _as_table(rows: list[Row], more: bool) -> pa.Table:
    """Rows as columns; those beyond the plain ones only where more was asked for."""
    keys = [*_PLAIN, *(key for row in rows[:1] for key in row if key not in _PLAIN and more)]
    return pa.table({key: pa.array([_tidy(row.get(key)) for row in rows], _type(key)) for key in keys})


def _type(key: str) -> pa.DataType:
    return pa.string() if key in _WORDS else pa.int64() if key in _WHOLE else pa.float64()


def _tidy(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
