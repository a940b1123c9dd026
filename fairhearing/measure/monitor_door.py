"""The direct door for monitoring: one file with a column of periods; has the item moved since the first of them?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from ..stats import variance
from ..stats.cells import Floats, Ints
from ..stats.domains import Estimate, estimate_of
from ..stats.monitoring import monitor, widened
from ..stats.variance import domain_means, partition_totals
from ..stats.weights import scaled
from .columns import answers, categories, numbers
from .monitoring import LEVEL, TOO_FEW

__all__ = ["monitor_table", "periods_in"]

Row = dict[str, Any]

_COLUMNS = (
    ("period", pa.string()), ("domain", pa.string()), ("n", pa.int64()), ("estimate", pa.float64()),
    ("change", pa.float64()), ("low", pa.float64()), ("high", pa.float64()), ("verdict", pa.string()),
    ("method", pa.string()),
)  # fmt: skip
_FORMS = (
    "%Y-%m", "%Y-%m-%d", "%d/%m/%Y", "%m/%Y", "%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%B-%y", "%B-%Y", "%Y %b", "%Y %B",
)  # fmt: skip
_HOW = "average of the periods since the first, each by its precision, less the first"


def monitor_table(
    table: pa.Table, *, item: str, period: str, by: str | None, weights: str | None, smallest: float, where: str
) -> pa.Table:
    """A row for each period and domain. Months, days and whole numbers (2026-03, Mar 2026, 31/03/2026, 12) stand in
    their order, whatever else begins with a digit in that of its letters, and names in the order in which the file
    first gives them. People of each are taken as drawn anew, at random.

    smallest: the smallest difference that matters, as a part of the range of the answers; the boundary is tightest
    there. Returns period, domain, n, estimate, change (since the first period), low, high, verdict, method. Raises
    BadInput for a column that is not there, and for fewer than two periods.
    """
    if not 0 < smallest <= 1:
        raise BadInput(f"the smallest difference that matters cannot be {smallest:g}", where=where,
                       cure="give a part of the range of answers, above 0 and up to 1: --smallest 0.05")  # fmt: skip
    y, counted = answers(table, item, where)
    base = np.ones(len(y)) if weights is None else numbers(table, weights, where)
    weight = scaled(base, where=where if weights is None else f"{where}, column {weights}")
    periods, when = periods_in(table, period, where)
    if len(periods) < 2:
        raise BadInput(f"the column {period} holds fewer than two periods", where=where,
                       cure="monitoring compares each period with the first: give at least two")  # fmt: skip
    labels, group = ([], np.zeros(len(y), np.int16)) if by is None else categories(table, by, where)
    domains = [("everyone", np.ones(len(y), bool)), *((label, group == k) for k, label in enumerate(labels))]
    given = y[~np.isnan(y)]
    span = float(np.ptp(given)) if len(given) else 1.0
    most = 1.0 if bool(np.isin(given, (0.0, 1.0)).all()) else math.inf  # of a mean the ends of the scale are unknown
    rows: list[Row] = []
    for place, (name, inside) in enumerate(domains):
        found = _estimates(np.where(inside, y, np.nan), weight, when, len(periods), span)
        alpha = LEVEL if place == 0 else LEVEL / len(labels)
        told = _told(found, smallest * (span or 1.0), alpha, span, most)
        rows += [{"period": label, "domain": name} | row for label, row in zip(periods, told, strict=True)]
    head = f"weighted mean of {item}{counted}, since {periods[0]}; "
    rows = [row | {"method": head + row["method"]} for row in rows]
    return pa.table({key: pa.array([row.get(key) for row in rows], kind) for key, kind in _COLUMNS})


def periods_in(table: pa.Table, period: str, where: str) -> tuple[list[str], Ints]:
    """Names in order, and each row's place among them; one past the last without one."""
    in_order, codes = categories(table, period, where)
    when = _when(in_order)
    if when is not None:
        order = np.argsort(when, kind="stable")
        place = np.append(np.argsort(order), len(order))
        return [in_order[at] for at in order], np.asarray(place[codes])
    if all(label[:1].isdigit() for label in in_order):
        return in_order, codes
    met, first = np.unique(codes[codes < len(in_order)], return_index=True)
    order = met[np.argsort(first, kind="stable")]
    place = np.full(len(in_order) + 1, len(in_order))
    place[order] = np.arange(len(order))
    return [in_order[code] for code in order], place[codes]


def _when(labels: Sequence[str]) -> list[float] | None:
    """Where each label stands in time; None where some label is neither a whole number nor a month or day."""
    if all(label.isdecimal() for label in labels):
        return [float(label) for label in labels]
    days = [_day(label) for label in labels]
    known = [float(day.toordinal()) for day in days if day is not None]
    return known if len(known) == len(labels) else None


def _day(label: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(label.strip(), form)
        except ValueError:
            continue
    return None


def _estimates(y: Floats, weights: Floats, when: Ints, periods: int, span: float) -> list[Estimate]:
    """Of each period, which is a sample of its own."""
    design = variance.design(weights, domains=[(when, periods + 1)], strata=when)
    means = domain_means(partition_totals(design, variance.answers(design, y), 0), np.eye(periods + 1)[:periods])
    share = bool(np.isin(y[~np.isnan(y)], (0.0, 1.0)).all())
    return [estimate_of(means, at, share=share, sampled=True, span=span) for at in range(periods)]


def _told(found: list[Estimate], matters: float, alpha: float, span: float, most: float) -> Iterator[Row]:
    usable = [at for at, each in enumerate(found) if each.se]
    looks = {}
    if len(usable) > 1 and usable[0] == 0:
        ses = [widened(found[at].se or 0.0, found[at].df or 1.0, alpha) for at in usable]
        values = [found[at].estimate or 0.0 for at in usable]
        looks = dict(zip(usable[1:], monitor(values, ses, matters=matters, alpha=alpha, most=most), strict=True))
    for at, each in enumerate(found):
        row: Row = {"n": each.n, "estimate": each.estimate}
        look = looks.get(at)
        if look is not None and look.leaves_all_open(span):
            row |= {"verdict": "cannot tell", "method": f"cannot tell: {TOO_FEW}"}
        elif look is not None:
            row |= {"change": look.change, "low": look.low, "high": look.high}
            row |= {"verdict": "moved" if look.moved else "not shown to have moved"}
            row |= {"method": f"{_HOW}; {100 * (1 - alpha):.4g}% confidence sequence, valid at every look"}
        elif at == 0 and each.se:
            row |= {"verdict": "the first", "method": "what the others are compared with"}
        else:
            why = each.unmoving or f"the first period: {found[0].unmoving}"
            row |= {"verdict": "cannot tell", "method": f"cannot tell: {why}"}
        yield row
