"""`pooled` and `pooling_checks`: small communities with what the others tell, beside what each says alone.

Of the latest round of every source with people, each measure of which some community is too small to tell alone.
Multilevel regression on the characteristics and pairs of them, poststratified to the population: to a source of kind
"population" where there is one, else to the sample's own combinations raked to the declared margins. Design weights
enter as a weighted pseudo-likelihood (Pfeffermann et al. 1998), scaled to the effective number of people, clusters
included. People who were not sampled at random get the adjusted estimate and no interval (AAPOR).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import CannotEstimate
from ..programme import Measure
from ..stage import Context, Stage, Tables, one_round
from ..stats.cells import Floats, Ints, group
from ..stats.limited import FEWEST_OWN, OWN_LEVEL, Alike, widened
from ..stats.pooling import ON_A_SCALE, Answers, Factor, Posterior, Prior, answers_of_people, fit
from ..stats.poststratification import Population, Shares, poststratify
from ..tables import from_rows
from .pooled import FEWEST_APART, crossed, crossed_pairs, effective_people
from .responses import NO_MARGIN, score_of
from .small_heard import Heard, direct_rows, latest, read_heard

__all__ = ["STAGE"]

Row = dict[str, Any]

_MOST_LEVELS = 60
"""Levels besides the largest up to which pairs are crossed: a run has many measures."""
_WIDE = 4  # an interval wider than this many times the smallest difference that matters tells little
_FEW = 50  # people, where no margin of error can exist
_DRAWS = 1000


@dataclass(frozen=True)
class _Fitted:
    """One measure pooled. shares: everyone, then each category · answers: what it was fitted to · named: its
    factors · left: pairs that were not crossed · like: the shares among those heard, not in the population."""

    posterior: Posterior
    shares: Shares
    named: tuple[str, ...]
    left: tuple[str, ...]
    like: Shares
    answers: Answers


def _run(context: Context) -> Tables:
    rows: list[Row] = []
    checks: list[Row] = []
    for source, round in latest(context):
        direct = direct_rows(context, source, round)
        heard = read_heard(context, source, round) if direct else None
        for measure in context.programme.measures:
            told = direct.get(measure.id)
            if heard is None or told is None:
                continue
            context.say(f"small communities: {measure.id} in {source.id}")
            made, found = _pooled(context, heard, measure, told)
            rows += made
            checks += found
    return {"pooled": from_rows("pooled", rows), "pooling_checks": from_rows("pooling_checks", checks)}


STAGE = Stage(
    name="small",
    reads=("people", "weights", "weighting", "estimates", "cells"),
    writes=("pooled", "pooling_checks"),
    run=_run,
    why="A community of thirty is not left out because it is small: what it says is told with what the others tell.",
)


def _values(context: Context, heard: Heard, measure: Measure) -> Floats:
    """The measure for each person (rows,), not-a-number without an answer."""
    held = [item for item in measure.items if f"q_{item.id}" in context.columns["people"]]
    wanted = ", ".join(f'"q_{item.id}"' for item in held)
    here = one_round(heard.source.id, heard.round)
    table = context.query(f"SELECT {wanted} FROM people WHERE {here} ORDER BY row")
    items = [column.to_numpy().astype(np.float64, copy=False) for column in table.columns]
    return score_of(measure, list(zip(held, items, strict=True)))


# --- the model ----------------------------------------------------------------------------------------------------


def _pooled(context: Context, heard: Heard, measure: Measure, direct: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of `pooled` and of `pooling_checks`."""
    span = measure.high - measure.low
    wide = _WIDE * context.programme.rules.smallest_difference * span
    pooled_by = {each.id for each in heard.by}
    told = [row for row in direct if row["characteristic"] is None or row["characteristic"] in pooled_by]
    small = [row["characteristic"] is not None and _is_small(heard, row, wide) for row in told]
    if not any(small):
        return [], [_head(heard, measure) | {"check": "needed", "says": "no community is too small to tell alone"}]
    try:
        fitted = _fitted(context, heard, measure, direct)
    except CannotEstimate as error:
        why = f"not pooled: {error.what}"
        return [
            _row(heard, measure, row, is_small) | {"method": why, "cannot_tell": why}
            for row, is_small in zip(told, small, strict=True)
        ], []
    rows = [_pooled_row(heard, measure, fitted, row, is_small) for row, is_small in zip(told, small, strict=True)]
    return rows, _checks(context, heard, measure, fitted)


def _is_small(heard: Heard, row: Row, wide: float) -> bool:
    """Whether what it says alone tells little; where no interval can exist, by the number of people."""
    if not heard.source.has_margin:
        return bool(0 < row["n"] < _FEW)
    return row["n"] > 0 and (row["low"] is None or row["high"] - row["low"] > wide)


def _fitted(context: Context, heard: Heard, measure: Measure, direct: list[Row]) -> _Fitted:
    y = _values(context, heard, measure)
    used = heard.used[~np.isnan(y[heard.used])]
    y, base, codes = y[used], heard.base[used], [each[used] for each in heard.codes]
    if len(y) < 2 or not np.ptp(y) > 0:
        raise CannotEstimate("everybody who answered gave the same answer, or nobody did", cure="ask more people")
    weights = base / base.sum() * _effective(heard, y, base, direct)
    share = measure.report == "share"
    several = [k for k, each in enumerate(codes) if np.ptp(each) > 0]
    pairs, left = crossed_pairs([heard.sizes[k] for k in several], _MOST_LEVELS)
    pairs, left = ([(several[a], several[b]) for a, b in each] for each in (pairs, left))
    names = [each.id for each in heard.by]
    single = {k: Factor(names[k], codes[k], heard.sizes[k], apart=heard.sizes[k] >= FEWEST_APART) for k in several}
    factors = [*single.values(), *(crossed(single[a], single[b]) for a, b in pairs)]
    X = heard.known[used]
    answers = answers_of_people(y, factors, X, weights=weights, scale=not share)
    rng = context.rng(f"pooled {heard.source.id} {heard.round} {measure.id}")
    posterior = fit(answers, rng, prior=Prior() if share else ON_A_SCALE, draws=_DRAWS)
    return _Fitted(
        posterior,
        _shares(posterior, heard, heard.people, heard.cells, heard.X, several, pairs),
        tuple(factor.name for factor in factors),
        tuple(f"{names[a]} × {names[b]}" for a, b in left),
        _shares(posterior, heard, weights, tuple(codes), X, several, pairs),
        answers,
    )


def _effective(heard: Heard, y: Floats, base: Floats, direct: list[Row]) -> float:
    """How many answers the people count as: fewer by Kish's design effect of the design weights, and in clusters by
    the design effect of everyone's estimate."""
    everyone = next(row for row in direct if row["characteristic"] is None)
    return effective_people(y, base, everyone["se"] if heard.clustered else None)


def _shares(
    posterior: Posterior, heard: Heard, people: Floats, codes: tuple[Ints, ...], X: Floats, several: list[int],
    pairs: list[tuple[int, int]],
) -> Shares:  # fmt: skip
    """Everyone and every category of the people given, cell by cell. X is the same for everybody in a cell."""
    cells = group(codes, heard.sizes, len(people))
    first = np.zeros(cells.count, np.int64)
    first[cells.of_row[::-1]] = np.arange(len(people))[::-1]
    both = [cells.codes[a].astype(np.int64) * heard.sizes[b] + cells.codes[b] for a, b in pairs]
    living = Population(cells.sum(people), X[first], (*(cells.codes[k] for k in several), *both))
    return poststratify(posterior, living, cells.codes, heard.sizes)


# --- rows ---------------------------------------------------------------------------------------------------------


def _head(heard: Heard, measure: Measure) -> Row:
    return {"source": heard.source.id, "round": heard.round, "measure": measure.id}


def _row(heard: Heard, measure: Measure, direct: Row, small: bool) -> Row:
    return _head(heard, measure) | {
        "characteristic": direct["characteristic"],
        "community": direct["community"],
        "n": direct["n"],
        "direct": direct["estimate"],
        "direct_low": direct["low"],
        "direct_high": direct["high"],
        "small": small,
    }


def _pooled_row(heard: Heard, measure: Measure, fitted: _Fitted, direct: Row, small: bool) -> Row:
    row = _row(heard, measure, direct, small)
    known, which = heard.communities, (direct["characteristic"], direct["community"])
    at = list(known).index(which)
    method = _method(heard, measure, fitted)
    people, heard_of_it = fitted.shares.people[at], fitted.like.people[at]
    if not (direct["n"] and people > 0 and heard_of_it > 0):
        why = direct["cannot_tell"] or "nobody of it said all that is pooled over, or none live in the population"
        return row | {"small": None, "method": f"not pooled: {why}", "cannot_tell": why}
    draws = fitted.shares.draws[:, at]
    row |= {"estimate": float(draws.mean()), "method": method}
    if which[0] in fitted.named:
        row["apart"] = float(fitted.posterior.apart[fitted.named.index(which[0])][known[which]])
    if not heard.source.has_margin:
        return row
    low, high = np.quantile(draws, [0.025, 0.975])
    borrowed = max(0.0, 1 - float(np.var(draws)) / direct["se"] ** 2) if direct["se"] else None
    share, own = measure.report == "share", (direct["estimate"], direct["low"], direct["high"])
    n = 0 if direct["characteristic"] is None else direct["n"]  # everyone borrows from nobody
    ends = widened((float(low), float(high)), n, own, share=share, alike=_alike(fitted, direct, known[which], at))
    if ends.wider:
        row["method"] = f"{method}; {ends.words}"
    return row | {"low": ends.low, "high": ends.high, "borrowed": borrowed}


def _alike(fitted: _Fitted, direct: Row, level: int, at: int) -> Alike | None:
    """All of a community said the same: how many they count as, by the model or by their own weights if fewer."""
    own = next((factor for factor in fitted.answers.factors if factor.name == direct["characteristic"]), None)
    if direct["estimate"] is not None or own is None:
        return None
    here = own.codes == level
    said = float(fitted.answers.y[here].sum() / fitted.answers.n[here].sum())
    people = float(fitted.like.people[at])
    return Alike(said, min(people, direct["n_effective"] or people)) if said in (0.0, 1.0) else None


def _method(heard: Heard, measure: Measure, fitted: _Fitted) -> str:
    kind = "logistic" if measure.report == "share" else "linear"
    fixed = f", with {', '.join(heard.covariates)}" if heard.covariates else ""
    words = [f"multilevel {kind} regression on {', '.join(fitted.named)}{fixed}, poststratified to {heard.living}"]
    people, counted = len(heard.base), float(fitted.answers.n.sum())
    if heard.clustered or np.ptp(heard.base) > 0:
        words.append(
            f"weighted pseudo-likelihood: people count as {counted / people:.0%} of their number, for what design "
            "weights and clusters cost"
        )
    words.append("communities may stand apart from the others")
    if heard.source.has_margin:
        words.append(
            f"95% interval of {_DRAWS:,} draws of the posterior, joined to the {OWN_LEVEL:.0%} interval of own "
            f"answers of {FEWEST_OWN} people or more"
        )
    else:
        words.append(
            f"{NO_MARGIN[heard.source.sample]}; it holds if, within a combination, those who answered are as those "
            "who did not"
        )
    return "; ".join(words)


def _checks(context: Context, heard: Heard, measure: Measure, fitted: _Fitted) -> list[Row]:
    """The diagnostic page of one measure; no number of it is about one community."""
    head, found = _head(heard, measure), fitted.posterior.diagnostics
    middle, low, high = fitted.posterior.sigma_interval()
    unit = "in log odds" if measure.report == "share" else "in units of the scale"
    rows = [
        head | {"check": "draws", "value": float(_DRAWS), "says": "draws of the posterior"},
        head | {"check": "effective draws", "value": round(found.effective, 1),
                "says": f"of {found.proposals} tries at how much communities differ, those that count; below 50 "
                "nothing is told"},
        head | {"check": "largest weight", "value": found.largest_weight, "says": "share that rests on one try"},
    ]  # fmt: skip
    for k, name in enumerate(fitted.named):
        says = f"how much its categories differ (standard deviation {unit})"
        says += "" if heard.source.has_margin else f"; {NO_MARGIN[heard.source.sample]}"
        spread = {"low": float(low[k]), "high": float(high[k])} if heard.source.has_margin else {}
        rows.append(head | {"check": "spread", "of": name, "value": float(middle[k]), "says": says} | spread)
    rows += _covariates(context, head, heard, measure, fitted.posterior)
    rows += [
        head | {"check": "left out", "of": name, "says": "pair not crossed: too many categories"}
        for name in fitted.left
    ]
    within, of = _predicted(context, heard, measure, fitted)
    says = "share of communities heard whose own answers lie where the model expects 95 in 100"
    return [*rows, head | {"check": "as the model expects", "value": within / of, "says": says}]


def _covariates(context: Context, head: Row, heard: Heard, measure: Measure, posterior: Posterior) -> list[Row]:
    """What goes with a standard deviation more of what is known beforehand; and what says nothing."""
    declared = next((e.columns.covariates for e in context.programme.sources if e.kind == "population"), {})
    flat = [id for id in declared if id not in heard.covariates]
    unit = "in log odds" if measure.report == "share" else "in units of the scale"
    middle, low, high = np.quantile(posterior.beta, [0.5, 0.025, 0.975], axis=0)
    says = f"how much more goes with one standard deviation more of it, {unit}"
    return [
        head
        | {"check": "known beforehand", "of": id, "value": float(middle[k]), "says": says}
        | ({"low": float(low[k]), "high": float(high[k])} if heard.source.has_margin else {})
        for k, id in enumerate(heard.covariates, 1)
    ] + [head | {"check": "left out", "of": id, "says": "covariate the same for everybody"} for id in flat]


def _predicted(context: Context, heard: Heard, measure: Measure, fitted: _Fitted) -> tuple[int, int]:
    """Posterior predictive check: communities whose mean is among the middle 95% of those replicated, and of how
    many. A replicated mean is normal around what the model says of the very people heard."""
    rng = context.rng(f"predicted {heard.source.id} {heard.round} {measure.id}")
    people, like = fitted.like.people, fitted.like.draws
    several = {factor.name: factor for factor in fitted.answers.factors}
    within, of = 0, 0
    for at, ((name, _), level) in enumerate(heard.communities.items()):
        if name not in several or not people[at] > 0:
            continue
        own = several[name].codes == level
        observed = fitted.answers.y[own].sum() / fitted.answers.n[own].sum()
        noise = fitted.posterior.noise
        variance = like[:, at] * (1 - like[:, at]) if noise is None else noise**2
        again = like[:, at] + rng.standard_normal(len(like)) * np.sqrt(variance / people[at])
        low, high = np.quantile(again, [0.025, 0.975])
        within, of = within + bool(low <= observed <= high), of + 1
    return within, max(of, 1)
