"""Statistics of the direct door, one row each: domain by domain, and within it category, quantile or term."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import BadInput, CannotEstimate
from ..stats.cells import Floats, Ints
from ..stats.distributions import t_above
from ..stats.domains import Estimate, Gap, estimate_of, gap_of, holm
from ..stats.estimators import (
    Domains,
    Estimator,
    Survey,
    mean_of,
    means_of,
    quantiles,
    ratio_of,
    total_of,
    variance_of,
)
from ..stats.intervals import t_interval, why_not
from ..stats.regression import Fit, Model, Predictor, model_of, regression
from ..stats.variance import Means
from .columns import NotNumbers, answers, categories, numbers
from .tested import test_row

__all__ = ["STATISTICS", "Row", "Task", "rows_of"]

Row = dict[str, Any]

_QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Task:
    """What is asked of one file. labels, codes: the communities of `by`, and each row's position among them (one past
    the last: none)."""

    table: pa.Table
    item: str
    statistic: str
    survey: Survey
    how: str
    labels: Sequence[str]
    codes: Ints
    where: str
    over: str | None = None
    quantiles: Sequence[float] | None = None
    on: Sequence[str] = ()
    family: str | None = None
    differences: bool = False

    @property
    def names(self) -> list[str]:
        return ["everyone", *self.labels]

    @property
    def domains(self) -> Domains:
        """Everyone, each community, and where differences are asked for, all other communities."""
        K = len(self.labels)
        each = np.hstack([np.eye(K), np.zeros((K, 1))])
        rest = np.hstack([1 - np.eye(K), np.zeros((K, 1))]) if self.differences else np.zeros((0, K + 1))
        return Domains(self.codes, np.vstack([np.ones((1, K + 1)), each, rest]))


def rows_of(task: Task) -> Iterator[Row]:
    """One row a domain, or one a domain and category, quantile or term."""
    yield from STATISTICS[task.statistic](task)


# --- functions of totals ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """One statistic in every domain. share: a share of people · span: what a standard error is compared with ·
    deff: (D,) variance over that of a simple random sample as large, or None."""

    what: str
    means: Means
    share: bool
    span: float
    deff: Floats | None = None
    head: Row = dataclasses.field(default_factory=dict)


def _means(task: Task) -> Iterator[Row]:
    y, counted = answers(task.table, task.item, task.where)
    given = y[~np.isnan(y)]
    share = bool(len(given)) and bool(np.isin(given, (0.0, 1.0)).all())
    return _rows(task, [_mean(task, y, share, f"weighted {'share' if share else 'mean'} of {task.item}{counted}")])


def _mean(task: Task, y: Floats, share: bool, what: str, head: Row | None = None) -> _Found:
    domains, survey = task.domains, task.survey
    means = _in_domains(task, mean_of(y, domains, survey.weights), y)
    variance = variance_of(y, domains, survey.weights).full
    simple = variance / means.n
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(means.size > means.n, 1 - means.n / means.size, 1.0)
        deff = np.diag(means.covariance) / (simple * left)
        means = replace(means, spread=variance * (1 - 1 / means.n))
    given = y[~np.isnan(y)]
    return _Found(what, means, share, float(np.ptp(given)) if len(given) else 1.0, deff, head or {})


def _in_domains(task: Task, of: Estimator, y: Floats) -> Means:
    counted = ~np.isnan(y)
    return means_of(task.survey, of, counted, np.where(counted, y, 0.0), task.domains)


def _proportions(task: Task) -> Iterator[Row]:
    labels, codes = categories(task.table, task.item, task.where)
    if not labels:
        raise CannotEstimate(f"nobody answered {task.item}", where=task.where, cure="choose another item")
    found = []
    for k, label in enumerate(labels):
        y = np.where(codes < len(labels), codes == k, np.nan)
        found.append(_mean(task, y, True, f"weighted share giving {label} to {task.item}", {"category": label}))
    return _rows(task, found)


def _totals(task: Task) -> Iterator[Row]:
    y, counted = answers(task.table, task.item, task.where)
    means = _in_domains(task, total_of(y, task.domains, task.survey.weights), y)
    endless = np.full(len(means.n), np.inf)  # also a total of ones differs from sample to sample
    means = dataclasses.replace(means, low=-endless, high=endless)
    people = f"weights add up to {task.survey.weights.sum():,.10g}"
    return _rows(task, [_any(f"weighted total of {task.item}{counted}, {people}", means)])


def _ratios(task: Task) -> Iterator[Row]:
    y, x = (numbers(task.table, str(name), task.where) for name in (task.item, task.over))
    with np.errstate(divide="ignore", invalid="ignore"):
        each = y / x
    beyond = np.abs(each[np.isfinite(each)]).max(initial=0.0) + 1  # of something to nothing: unlike any other
    each = np.where(np.isnan(x) | np.isnan(y), np.nan, np.where(x == 0, beyond, each))
    means = _in_domains(task, ratio_of(y, x, task.domains, task.survey.weights), each)
    return _rows(task, [_any(f"weighted ratio of {task.item} to {task.over}", means)])


def _variances(task: Task) -> Iterator[Row]:
    y = numbers(task.table, task.item, task.where)
    means = _in_domains(task, variance_of(y, task.domains, task.survey.weights), y)
    return _rows(task, [_any(f"weighted variance of {task.item}", means)])


def _any(what: str, means: Means) -> _Found:
    """A statistic that is neither a share nor on the scale of the answers."""
    size = np.abs(means.mean[np.isfinite(means.mean)])
    return _Found(what, means, False, float(size.max(initial=0.0)) or 1.0)


def _rows(task: Task, found: Sequence[_Found]) -> Iterator[Row]:
    rows = []
    for at, domain in enumerate(task.names):
        for each in found:
            estimate = _estimate(each, at)
            row = _plain(domain, estimate, f"{each.what}; {task.how}") | each.head | {"df": estimate.df}
            row["deff"] = None if each.deff is None or estimate.estimate is None else float(each.deff[at])
            rows.append(row | (_difference(task, each, at) if task.differences else {}))
    yield from _adjusted(rows) if task.differences else rows


def _estimate(found: _Found, at: int) -> Estimate:
    means = found.means
    if means.n[at] >= 2 and not np.isfinite(means.mean[at]):
        why = "what it is divided by adds up to nothing"
        return Estimate(int(means.n[at]), float(means.n_effective[at]), None, cannot_tell=why)
    return estimate_of(means, at, share=found.share, sampled=True, span=found.span)


def _plain(domain: str, found: Estimate, how: str) -> Row:
    method = f"{how}; {found.interval}" if not found.cannot_tell else f"cannot tell: {found.cannot_tell}"
    figures = {key: getattr(found, key) for key in ("n_effective", "estimate", "se", "low", "high")}
    return {"domain": domain, "n": found.n} | figures | {"method": method}


def _difference(task: Task, found: _Found, at: int) -> Row:
    """A community less all others, with the covariance; of everyone there is none."""
    K = len(task.labels)
    gap = Gap(None, None, None)
    if at:
        gap = gap_of(found.means, at, at + K, share=found.share, sampled=True, span=found.span, matters=0.0)
    return {
        "rest": gap.rest, "difference": gap.gap, "difference_se": gap.se, "difference_low": gap.low,
        "difference_high": gap.high, "p": gap.p,
    }  # fmt: skip


def _adjusted(rows: list[Row]) -> list[Row]:
    """With p adjusted for how many differences were looked at (Holm)."""
    adjusted = iter(holm([row["p"] for row in rows if row["p"] is not None]))
    return [row | {"p_holm": None if row["p"] is None else next(adjusted)} for row in rows]


# --- quantiles --------------------------------------------------------------------------------------------------


def _quantiles(task: Task) -> Iterator[Row]:
    y = numbers(task.table, task.item, task.where)
    shares = np.array(task.quantiles or _QUARTERS, np.float64)
    if not np.all((shares > 0) & (shares < 1)):
        raise BadInput("a quantile is a share between 0 and 1", where=task.where, cure="write --quantiles .25,.5,.75")
    for at, domain in enumerate(task.names):
        inside = task.domains.rows_of(at)
        here = inside & ~np.isnan(y) & (task.survey.weights != 0)
        n, w = int(here.sum()), task.survey.weights[here]
        effective = float(w.sum() ** 2 / (w @ w)) if n >= 2 else None
        reason = why_not(n, float(y[here].min()), float(y[here].max())) if n else why_not(0, 0, 0)
        found = [None] * len(shares) if reason else quantiles(task.survey, y, inside, shares)
        for share, each in zip(shares, found, strict=True):
            what = f"quantile {share:g} of {task.item}; {task.how}"
            row: Row = {"domain": domain, "n": n, "n_effective": effective, "estimate": None, "se": None,
                        "low": None, "high": None, "method": f"cannot tell: {reason}"}  # fmt: skip
            if each is not None:
                how = "Woodruff interval; its standard error is derived from it"
                if each.df < 1:
                    how = "no interval: everyone who answered is in one sampling cluster"
                elif np.isnan(each.low) or np.isnan(each.high):
                    how = "Woodruff interval, open where it goes beyond the answers given"
                row |= {"estimate": each.estimate, "se": each.se, "low": each.low, "high": each.high,
                        "method": f"{what}; {how}"}  # fmt: skip
            yield row | {"quantile": float(share), "df": None if each is None else each.df}


# --- regression -------------------------------------------------------------------------------------------------


def _regressions(task: Task) -> Iterator[Row]:
    y, counted = answers(task.table, task.item, task.where)
    given = y[~np.isnan(y)]
    usual = "logistic" if len(given) and np.isin(given, (0.0, 1.0)).all() else "gaussian"
    family, model = task.family or usual, model_of([_predictor(task, name) for name in task.on], task.table.num_rows)
    scale = "log odds of" if family == "logistic" else "mean of"
    what = f"{family} regression ({scale} {task.item}{counted}) on {', '.join(task.on)}; {task.how}"
    for at, domain in enumerate(task.names):
        inside = task.domains.rows_of(at)
        try:
            fit = regression(y, model, task.survey.weights, inside, family)
            yield from list(_terms(task, domain, model, fit, what))
        except CannotEstimate as why:  # also in one of the replicates
            n = int((inside & model.complete & ~np.isnan(y) & (task.survey.weights != 0)).sum())
            yield from (_no_term(domain, n, None, term, why.what) for term in model.terms)


def _predictor(task: Task, name: str) -> Predictor:
    """A column of numbers as it is; one of words, or named factor(COLUMN), as its categories."""
    factor = re.fullmatch(r"factor\((.+)\)", name)
    if factor is None or name in task.table.column_names:
        try:
            return name, answers(task.table, name, task.where)[0], None
        except NotNumbers:
            labels, codes = categories(task.table, name, task.where)
            return name, codes, labels
    labels, codes = categories(task.table, factor[1], task.where)
    return factor[1], codes, labels


def _terms(task: Task, domain: str, model: Model, fit: Fit, what: str) -> Iterator[Row]:
    covariance = task.survey.covariance(fit.estimator)
    df = task.survey.df(fit.counted) + 1 - len(fit.kept)
    n, w = int(fit.counted.sum()), task.survey.weights[fit.counted]
    effective = float(w.sum() ** 2 / (w @ w))
    for k, term in enumerate(model.terms):
        if k in fit.dropped:
            yield _no_term(domain, n, effective, term, "it says only what the predictors before it say")
            continue
        at = fit.kept.index(k)
        estimate, se = float(fit.coefficients[at]), float(np.sqrt(max(covariance[at, at], 0.0)))
        none = "too few sampling units" if df < 1 else "the predictors tell every answer without error"
        none = "in some of the replicates nobody is left of a category" if math.isnan(se) else none
        told: Row = {"low": None, "high": None, "method": f"{what}; no interval: {none}"}
        p = None
        if df >= 1 and se > 0:
            low, high = t_interval(estimate, se, df)
            told = {"low": low, "high": high, "method": f"{what}; t interval, degrees of freedom from the design"}
            p = 2 * t_above(abs(estimate) / se, df)
        head = {"domain": domain, "n": n, "n_effective": effective, "estimate": estimate, "se": se}
        yield head | told | {"term": term, "df": float(df), "p": p}


def _no_term(domain: str, n: int, effective: float | None, term: str, why: str) -> Row:
    nothing = dict.fromkeys(("estimate", "se", "low", "high"))
    head: Row = {"domain": domain, "n": n, "n_effective": effective} | nothing
    return head | {"method": f"cannot tell: {why}", "term": term, "df": None, "p": None}


# --- tests ------------------------------------------------------------------------------------------------------


def _tests(task: Task) -> Iterator[Row]:
    yield test_row(task.table, task.item, task.survey, task.how, task.labels, task.codes, task.where)


STATISTICS: dict[str, Callable[[Task], Iterator[Row]]] = {
    "mean": _means,
    "total": _totals,
    "ratio": _ratios,
    "quantile": _quantiles,
    "proportion": _proportions,
    "variance": _variances,
    "regression": _regressions,
    "test": _tests,
}
"""Each statistic's rows; `mean` also of 0 and 1, which makes a share."""
