"""`estimates` and `gaps`: every measure, for everyone and each community, in each source and round; with them, how
far the measure can be trusted (`scales`, `invariance`, `unheard`) and what became of it over the rounds (`changes`,
`comparisons`, `monitoring`).

How a gap is judged (rules of the programme, fixed before evidence):
- *no difference that matters*: the gap lies within ± the smallest difference that matters with at least the required
  probability (a share: in points; a mean: as a part of the scale's range).
- otherwise *lower* or *higher*: probability of such a gap by chance, adjusted for all communities compared on this
  measure in this source and round (Holm), below .05, and the direction at least as probable as required.
- otherwise, and always where people were not sampled at random: *cannot tell*.
`probability` says how sure it is that the gap is one that matters; what follows from it is for `judge` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NotReady
from ..programme import Characteristic, Item, Measure, Programme, Source
from ..stage import Context, Stage, Tables, one_round
from ..stats.cells import Floats, Ints, codes_of, summed
from ..stats.domains import Estimate, Gap, bounds, estimate_of, gap_of, holm, verdict_on
from ..stats.variance import Answers, Design, Means, answers, domain_means, partition_totals
from ..stats.weights import Margin, margin_of
from ..tables import from_rows
from .changes import change_rows
from .comparisons import comparison_rows
from .monitoring import monitoring_rows
from .rounds import Heard, History, Told
from .sampling import sampled_design, scores
from .scales import Asked, Everyone, asked, community_rows, everyone, meaning_of, round_rows, scale_rows
from .unanswered import apart, known_of, with_bounds
from .unheard import unheard_rows

__all__ = ["NO_MARGIN", "STAGE", "score_of"]

Row = dict[str, Any]

NO_MARGIN = {
    "panel": "people had signed up to a panel, so no margin of error",
    "self-selected": "people chose to answer, so no margin of error",
    "focus group": "people were invited to a discussion, so no margin of error",
    "administrative": "these are records, not a sample, so no margin of error",
}


@dataclass(frozen=True)
class _Sample:
    """One source and round. design: its domains are everyone, then each characteristic in declared order · raked:
    whether the weights were brought to the population's figures · heard: the people of a round of a random sample."""

    source: Source
    round: str | None
    design: Design
    how: str
    raked: bool
    heard: Heard | None

    @property
    def head(self) -> Row:
        return {"source": self.source.id, "round": self.round}


@dataclass(frozen=True)
class _Partition:
    """One characteristic and measure. means: each category, then everyone but each · asked: Σw of each category,
    whether or not they answered · people: the same unweighted · unsaid: who answered but did not say."""

    characteristic: Characteristic
    means: Means
    asked: Floats
    people: Floats
    unsaid: int


def _run(context: Context) -> Tables:
    found: dict[str, list[Row]] = {name: [] for name in STAGE.writes}
    told_in_rounds: list[Told] = []
    rounds: list[Everyone] = []
    for sample in _samples(context):
        for measure in context.programme.measures:
            context.say(
                f"measure: {measure.id} in {sample.source.id}" + (f", {sample.round}" if sample.round else "")
            )
            items = _items(context, sample, measure)
            if items is None:
                found["estimates"] += _not_asked(sample, measure)
                continue
            y = score_of(measure, items)
            summary = answers(sample.design, y)
            parts = [
                _partition(sample, summary, p, each) for p, each in enumerate(context.programme.characteristics, 1)
            ]
            told = list(_estimates(sample, measure, summary, parts))
            kept = sample.heard, None if sample.heard is None else y
            told_in_rounds += [Told(sample.source, sample.round, measure, row, each, *kept) for row, each in told]
            scale = _scale(sample, measure, items)
            if scale is not None:
                found["scales"] += scale_rows(scale)
                rounds.append(everyone(scale))
            meanings = [] if scale is None else _meanings(sample, scale, parts)
            estimates = [row for row, _each in told]
            gaps = _gap_rows(context.programme, sample, measure, parts, meanings)
            found["estimates"] += estimates
            found["gaps"] += gaps
            found["invariance"] += meanings
            found["unheard"] += unheard_rows(context.programme, sample.source, measure, estimates, gaps, sample.raked)
    across = round_rows(context.programme, rounds)
    found["invariance"] += across
    history = History(context.programme, told_in_rounds, across)
    found["changes"] = _changes(context, history, found["estimates"], across)
    found["comparisons"] = comparison_rows(history)
    found["monitoring"] = monitoring_rows(history)
    return {name: from_rows(name, rows) for name, rows in found.items()}


def _changes(context: Context, history: History, estimates: list[Row], across: list[Row]) -> list[Row]:
    """Changes, with what those without an answer could undo; none is told of a scale that means something else."""
    measures = {each.id: each for each in context.programme.measures}
    rows = []
    for row in with_bounds(change_rows(history), estimates, measures):
        cell = {"source": row["source"], "round": row["round_to"], "round_from": row["round_from"]}
        rows.append(meaning_of(across, **cell, measure=row["measure"]).applied(row))
    return rows


STAGE = Stage(
    name="measure",
    reads=("people", "weights", "weighting"),
    writes=("estimates", "gaps", "changes", "comparisons", "monitoring", "scales", "invariance", "unheard"),
    run=_run,
    why="Whether the programme alienates some communities is a number with an interval, or it is not known.",
)


# --- reading ------------------------------------------------------------------------------------------------------


def _samples(context: Context) -> Iterator[_Sample]:
    declared = {each.id: each for each in context.programme.sources}
    for row in context.query(
        "SELECT source, round, margins FROM weighting ORDER BY source, round NULLS FIRST"
    ).to_pylist():
        if row["source"] in declared:
            yield _sample(context, declared[row["source"]], row["round"], row["margins"])


def _sample(context: Context, source: Source, round: str | None, raked_to: list[str]) -> _Sample:
    programme, held = context.programme, context.columns["people"]
    declared = [f'p."c_{each.id}"' for each in programme.characteristics if f"c_{each.id}" in held]
    here = one_round(source.id, round)
    table = context.query(f"""
        SELECT {", ".join(["p.person", "w.base", "w.weight", "p.stratum", "p.cluster", *declared])}
        FROM (SELECT * FROM people WHERE {here}) p
        LEFT JOIN (SELECT person, base, weight FROM weights WHERE {here}) w ON w.person = p.person
        ORDER BY p.row
    """)
    if table["weight"].null_count:
        raise NotReady(
            f"{table['weight'].null_count} people of source {source.id} have no weight",
            cure="run the stage `weigh` first",
        )
    base, weights = table["base"].to_numpy(), table["weight"].to_numpy()
    codes = {
        each.id: codes_of(table[f"c_{each.id}"], [category.id for category in each.categories])
        if f"c_{each.id}" in held
        else np.full(len(base), len(each.categories), np.int16)
        for each in programme.characteristics
    }
    domains = [(codes[each.id], len(each.categories) + 1) for each in programme.characteristics]
    margins = [_margin(programme, id, codes, base) for id in raked_to] if source.has_margin else []
    sampling = (table["stratum"], table["cluster"]) if source.has_margin else (None, None)
    design, how = sampled_design(base, weights, domains, margins, *sampling)
    if not source.has_margin:
        return _Sample(source, round, design, NO_MARGIN[source.sample], bool(raked_to), None)
    heard = Heard(table["person"], table["stratum"], table["cluster"], weights, base, codes, margins)
    return _Sample(source, round, design, how, bool(raked_to), None if round is None else heard)


def _margin(programme: Programme, id: str, codes: dict[str, Ints], base: Floats) -> Margin:
    return margin_of(programme.characteristic(id), codes[id], base, programme.rules.cell_at_least)[0]


def _items(context: Context, sample: _Sample, measure: Measure) -> list[tuple[Item, Floats]] | None:
    """Each item the source asked with the code each person gave, (rows,); None where nobody answered any."""
    held = [item for item in measure.items if f"q_{item.id}" in context.columns["people"]]
    if not held:
        return None
    wanted = ", ".join(f'"q_{item.id}"' for item in held)
    here = one_round(sample.source.id, sample.round)
    table = context.query(f"SELECT {wanted} FROM people WHERE {here} ORDER BY row")
    items = [column.to_numpy().astype(np.float64, copy=False) for column in table.columns]
    if not any(len(codes) > column.null_count for codes, column in zip(items, table.columns, strict=True)):
        return None
    return list(zip(held, items, strict=True))


def score_of(measure: Measure, items: list[tuple[Item, Floats]]) -> Floats:
    """The measure for each person (rows,), not-a-number without an answer."""
    if measure.report == "share":
        codes = items[0][1]
        return np.where(np.isnan(codes), np.nan, np.isin(codes, measure.favourable))
    turned = [item.low + item.high if item.reverse else None for item, _codes in items]
    return scores([codes for _item, codes in items], turned, measure.answer_at_least)


def _scale(sample: _Sample, measure: Measure, items: list[tuple[Item, Floats]]) -> Asked | None:
    d = sample.design
    return asked(sample.head, measure, items, d.weights, d.cluster, sampled=sample.source.has_margin)


def _meanings(sample: _Sample, scale: Asked, parts: list[_Partition]) -> list[Row]:
    """Rows of `invariance` for every community, judged together."""
    d = sample.design
    return community_rows(
        scale, [(part.characteristic, d.rows[d.domains[place]]) for place, part in enumerate(parts, 1)]
    )


def _partition(sample: _Sample, summary: Answers, position: int, characteristic: Characteristic) -> _Partition:
    d, K = sample.design, len(characteristic.categories)
    codes = d.cells.codes[d.domains[position]]
    each = np.hstack([np.eye(K), np.zeros((K, 1))])
    totals = partition_totals(d, summary, position)
    counting = (d.weights > 0).astype(np.float64)
    return _Partition(
        characteristic,
        domain_means(totals, np.vstack([each, 1 - each])),
        summed(codes, d.cells.sum(d.weights), K + 1)[:K],
        summed(codes, d.cells.sum(counting), K + 1)[:K],
        int(totals.n[K]),
    )


# --- estimates ----------------------------------------------------------------------------------------------------


def _not_asked(sample: _Sample, measure: Measure) -> list[Row]:
    """One row that says so, for a survey; other kinds of source are not expected to ask."""
    if sample.source.kind != "survey":
        return []
    named = any(item.id in sample.source.columns.items for item in measure.items)
    why = "nobody answered this" if named else "the source did not ask this"
    return [sample.head | {"measure": measure.id, "n": 0, "missing": 0, "method": why, "cannot_tell": why}]


def _estimates(
    sample: _Sample, measure: Measure, summary: Answers, parts: list[_Partition]
) -> Iterator[tuple[Row, Estimate]]:
    """Everyone, then every community of every characteristic."""
    d = sample.design
    everyone = domain_means(partition_totals(d, summary, 0), np.ones((1, 1)))
    asked, people = float(d.weights.sum()), int(np.count_nonzero(d.weights))
    yield _estimate(sample, measure, everyone, 0, asked, people)
    for part in parts:
        for k, category in enumerate(part.characteristic.categories):
            if category.community:
                row, found = _estimate(sample, measure, part.means, k, float(part.asked[k]), int(part.people[k]))
                yield row | {"characteristic": part.characteristic.id, "community": category.id}, found


def _estimate(
    sample: _Sample, measure: Measure, means: Means, at: int, asked: float, people: int
) -> tuple[Row, Estimate]:
    share = measure.report == "share"
    sampled = sample.source.has_margin
    found = estimate_of(means, at, share=share, sampled=sampled, span=measure.high - measure.low)
    size = float(means.size[at])
    answered = size * float(means.mean[at]) if size else 0.0
    low, high = bounds(answered, size, max(asked - size, 0.0), measure.low, measure.high) if people else (None, None)
    row = sample.head | {
        "measure": measure.id,
        "n": found.n,
        "n_effective": found.n_effective,
        "favourable": round(float(means.favourable[at])) if share else None,
        "estimate": found.estimate,
        "se": found.se,
        "low": found.low,
        "high": found.high,
        "missing": people - found.n,
        "bound_low": low,
        "bound_high": high,
        "method": "; ".join(filter(None, (_what(measure), sample.how, found.interval))),
        "cannot_tell": _reason(found, people),
    }
    return row, found


def _reason(found: Estimate, people: int) -> str | None:
    return "nobody of this community was heard" if people == 0 else found.cannot_tell


def _what(measure: Measure) -> str:
    """What is estimated, in words."""
    if measure.report == "share":
        codes = ", ".join(f"{code:g}" for code in measure.favourable)
        return f"weighted share giving {codes} to {measure.items[0].id}"
    items = ", ".join(item.id + (" (reversed)" if item.reverse else "") for item in measure.items)
    least = f", of people who answered at least {measure.answer_at_least}" if len(measure.items) > 1 else ""
    return f"weighted mean of {items}{least}"


# --- gaps ---------------------------------------------------------------------------------------------------------


def _gap_rows(
    programme: Programme, sample: _Sample, measure: Measure, parts: list[_Partition], meanings: list[Row]
) -> list[Row]:
    """Every community against everyone else heard, judged together; none across a scale that may not mean the same.

    meanings: rows of `invariance`."""
    span = measure.high - measure.low
    matters, required = programme.rules.smallest_difference * span, programme.rules.probability
    compared = [
        (
            part,
            k,
            gap_of(
                part.means,
                k,
                k + _size(part),
                share=measure.report == "share",
                sampled=sample.source.has_margin,
                span=span,
                matters=matters,
            ),
        )
        for part in parts
        for k, category in enumerate(part.characteristic.categories)
        if category.community
    ]
    adjusted = iter(holm([gap.p for _, _, gap in compared if gap.p is not None]))
    rows = []
    for part, k, gap in compared:
        p = None if gap.p is None else next(adjusted)
        verdict = verdict_on(gap, p, matters=matters, probability=required)
        row = _gap_row(sample, measure, part, k, gap) | {"p_adjusted": p, "verdict": verdict}
        meaning = meaning_of(meanings, characteristic=row["characteristic"], community=row["community"])
        rows.append(meaning.applied(row))
    return rows


def _unanswered(measure: Measure, part: _Partition, k: int) -> Row:
    """Who of the community and of everyone else gave no answer, and what they could undo."""
    rest, means = k + _size(part), part.means
    lost = {"missing": int(part.people[k] - means.n[k]), "missing_rest": int(_others(part.people, k) - means.n[rest])}
    found = [
        known_of(measure, float(means.mean[at]), float(means.size[at]), float(asked))
        for at, asked in ((k, part.asked[k]), (rest, _others(part.asked, k)))
    ]
    return lost | apart(*found)


def _others(counts: Floats, k: int) -> float:
    return float(np.delete(counts, k).sum())


def _size(part: _Partition) -> int:
    return len(part.characteristic.categories)


def _gap_row(sample: _Sample, measure: Measure, part: _Partition, k: int, gap: Gap) -> Row:
    unsaid = f" ({part.unsaid} of them did not say theirs)" if part.unsaid else ""
    against = f"less everyone else heard{unsaid}"
    interval = (
        ", covariance included, Welch t interval or that of a score test, whichever is wider, few people allowed for"
    )
    how = sample.how + (interval if gap.se is not None else "")
    return sample.head | {
        "measure": measure.id,
        "characteristic": part.characteristic.id,
        "community": part.characteristic.categories[k].id,
        "n": int(part.means.n[k]),
        "n_rest": int(part.means.n[k + _size(part)]),
        "estimate": gap.estimate,
        "rest": gap.rest,
        "rest_low": gap.rest_low,
        "rest_high": gap.rest_high,
        "gap": gap.gap,
        "se": gap.se,
        "low": gap.low,
        "high": gap.high,
        "probability": gap.probability,
        **({} if gap.gap is None else _unanswered(measure, part, k)),
        "method": f"{_what(measure)}, {against}; {how}",
        "cannot_tell": "nobody of this community was heard" if not part.people[k] else gap.cannot_tell,
    }
