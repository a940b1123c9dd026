"""Shares of responses, or of the people behind them, that express each theme: what the machine counts, put right by
what people said of a blind sample, with intervals that hold both the sampling and the machine's mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, CannotEstimate
from ..stats.agreement import Agreement, alpha
from ..stats.cells import Floats, Ints
from ..stats.prediction import Blind, Corrected, Sums, blind, corrected, told
from .coded import OURS, Coded, Human, as_named, read_coded, read_human

__all__ = ["prevalence_table"]

_COLUMNS = [
    ("domain", pa.string()), ("theme", pa.string()), ("n", pa.int64()), ("n_human", pa.int64()),
    *((name, pa.float64()) for name in (
        "machine_share", "human_share", "human_low", "human_high", "estimate", "low", "high", "narrower_by",
        "agreement", "agreement_low", "agreement_high")),
    ("method", pa.string()), ("cannot_tell", pa.string()),
]  # fmt: skip

TOO_SURE = -4.0
"""Standard errors by which the machine may doubt less in the sample than elsewhere before it counts as having learned
from it: by chance, once in 30,000 times."""
TOO_FAR, LEAST_EXPECTED = 5.0, 10.0
"""Standard errors by which a sample may differ from the rest in what the machine sees before it counts as chosen, not
drawn (by chance, once in a million times a theme), and texts with the theme that must be expected to judge by it."""
TARGETED = "targeted"
"""In the column `part`: a response chosen for what the machine doubts, from which nothing can be counted."""
_MOST_DOMAINS = 2000


@dataclass(frozen=True)
class _Said:
    """What the rows of every theme share: labels of the domains, units that were sampled, and words on the method."""

    domains: tuple[str, ...]
    units: str
    sampling: str
    learned: bool


def prevalence_table(
    coded: pa.Table,
    human: pa.Table,
    *,
    responses: pa.Table | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    by: str | None = None,
    only_these: bool = False,
    where: str = "the coded file",
    where_human: str = "the human sample",
    where_responses: str = "the list of responses",
) -> pa.Table:
    """One row a theme for everyone, then one a theme and domain of `by`; the commonest theme first.

    coded, human, responses: tables of text, see `coded` · weights, cluster, by: columns of `responses`, or of `coded`
    where that is not given · only_these: the share of these responses is asked, not of people they were drawn from.
    Raises BadInput for files that cannot be what they are said to be, CannotEstimate where nobody coded anything.
    """
    machine = read_coded(coded, responses, where=where)
    human, targeted = _drawn_blind(as_named(human, OURS), where_human)
    of_all = where if responses is None else where_responses
    people = read_human(human, machine, where=where_human)
    if not len(people.at):
        raise CannotEstimate("the human sample is empty", where=where_human, cure="give the responses people coded")
    labels, codes = _domains(machine, by, of_all)
    sample = blind(
        len(machine.ids), people.at, weights=_weights(machine, weights, of_all), probability=people.probability,
        clusters=_clusters(machine, cluster, of_all), domains=[(codes, len(labels))] if labels else [],
        people=not only_these,
    )  # fmt: skip
    _refuse_chosen(sample, machine, people, where_human)
    said = _Said(
        ("everyone", *labels), f"{cluster} clusters" if cluster else "responses",
        _sampling(only_these, weights, cluster, people) + targeted, _learned(sample, machine, people),
    )  # fmt: skip
    every = [row for theme in _themes(machine, people) for row in _theme_rows(theme, machine, people, sample, said)]
    every.sort(key=lambda row: (said.domains.index(row["domain"]), -(row["human_share"] or 0.0), row["theme"]))
    return pa.table({name: pa.array([row[name] for row in every], kind) for name, kind in _COLUMNS})


def _drawn_blind(human: pa.Table, where: str) -> tuple[pa.Table, str]:
    """The rows drawn blind, where a column `part` tells them from those the machine doubted most; in words."""
    if "part" not in human.column_names:
        return human, ""
    chosen = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(pc.cast(human["part"], pa.string())), TARGETED), False)
    aside = pc.sum(chosen).as_py() or 0
    kept = human.filter(pc.invert(chosen))
    if aside and not kept.num_rows:
        raise BadInput(
            f"every row of the sample is marked {TARGETED!r}: chosen, not drawn", where=where,
            cure="let people code a blind random sample; nothing can be counted from responses chosen for a reason",
        )  # fmt: skip
    return kept, f"; {aside:,} rows not drawn but targeted are set aside" if aside else ""


# --- one theme --------------------------------------------------------------------------------------------------


def _themes(machine: Coded, people: Human) -> list[str]:
    return sorted({*machine.themes, *people.themes})


def _column(matrix: Any, names: Sequence[str], theme: str) -> Floats:
    """One column of a sparse matrix, zeros where it has none of that name."""
    if theme not in names:
        return np.zeros(matrix.shape[0])
    return np.asarray(matrix[:, [names.index(theme)]].toarray(), np.float64).ravel()


def _theme_rows(theme: str, machine: Coded, people: Human, sample: Blind, said: _Said) -> list[dict[str, Any]]:
    seen = _column(people.seen, people.themes, theme)
    score = _column(machine.scores, machine.themes, theme)
    whole, parts = corrected(sample, score, seen / people.coders, tuning=0.0 if said.learned else None)
    agreed = alpha(np.column_stack([people.coders - seen, seen]))
    places: list[tuple[Sums, int]] = [(whole, 0), *((part, d) for part in parts for d in range(len(part.n)))]
    return [
        _row(domain, theme, told(sums, at, units=said.units), agreed, said)
        for domain, (sums, at) in zip(said.domains, places, strict=True)
    ]


def _row(domain: str, theme: str, found: Corrected, agreed: Agreement, said: _Said) -> dict[str, Any]:
    return {
        "domain": domain, "theme": theme, "n": found.n, "n_human": found.n_human, "machine_share": found.machine,
        "human_share": found.human, "human_low": found.human_low, "human_high": found.human_high,
        "estimate": found.estimate, "low": found.low, "high": found.high, "narrower_by": found.narrower_by,
        "agreement": agreed.alpha, "agreement_low": agreed.low, "agreement_high": agreed.high,
        "method": _method(found, agreed, said), "cannot_tell": found.cannot_tell,
    }  # fmt: skip


# --- in words ---------------------------------------------------------------------------------------------------


def _method(found: Corrected, agreed: Agreement, said: _Said) -> str:
    coders = "coded once: what another coder would say is not known"
    if agreed.n:
        coders = f"{agreed.n} responses coded twice or more count by the share of their coders who saw it"
    if found.cannot_tell:
        return f"none: cannot tell; {coders}"
    how = f"human sample corrected by the machine (prediction-powered, λ = {found.tuning:.3g})"
    if found.tuning == 0:
        why = (
            ": the machine seems to have learned from it, being surer of it than of the rest" if said.learned else ""
        )
        how = f"human sample alone{why}"
    return f"{how}; 95% {found.interval}; {said.sampling}; {coders}"


def _sampling(only_these: bool, weights: str | None, cluster: str | None, people: Human) -> str:
    """What the interval holds and what it does not."""
    how = f"weighted by {weights}, " if weights else ""
    how += f"clustered by {cluster}" if cluster else "each response a sampling unit"
    drawn = "drawn with the probabilities given" if people.probability is not None else "taken as a random sample"
    if only_these:
        return f"share of these responses, {how}; holds the machine's mistakes, not who responded; sample {drawn}"
    return f"{how}; holds the sampling of responses and the machine's mistakes; sample {drawn}"


def _learned(sample: Blind, machine: Coded, people: Human) -> bool:
    """Whether the machine doubts less in the sample than elsewhere."""
    return _apart(sample, people, _doubt(machine)) < TOO_SURE


def _refuse_chosen(sample: Blind, machine: Coded, people: Human, where: str) -> None:
    """A random sample is like the rest, also in what the machine makes of it; one chosen for that is not. Where it
    is said how likely each was to be drawn, that is believed: few then weigh so much that chance does more."""
    if people.probability is not None:
        return
    seen = {theme: _column(machine.scores, machine.themes, theme) for theme in machine.themes}
    expected = {theme: score.mean() * len(people.at) for theme, score in seen.items()}
    found = [
        (abs(_apart(sample, people, score)),
         f"it gives {theme!r} to {score[people.at].mean():.0%} of it and to {score.mean():.0%} of all responses")
        for theme, score in seen.items() if expected[theme] >= LEAST_EXPECTED
    ]  # fmt: skip
    found.sort(reverse=True)
    found.append((_apart(sample, people, _doubt(machine)), "it doubts what it sees there far more than elsewhere"))
    why = next((why for far, why in found if far > TOO_FAR), None)
    if why:
        raise BadInput(
            f"by what the machine makes of it, the human sample was not drawn at random: {why}", where=where,
            cure="mark rows that were chosen as targeted in a column `part`; where some responses were likelier to "
            "be drawn, say how likely in a column `probability`; or let people code a sample drawn at random",
        )  # fmt: skip


def _doubt(machine: Coded) -> Floats:
    """Of every response: Σ f·(1 − f) over themes."""
    scores = machine.scores
    return np.asarray(scores.sum(axis=1) - scores.multiply(scores).sum(axis=1), np.float64).ravel()


def _apart(sample: Blind, people: Human, values: Floats) -> float:
    """Standard errors by which the sample's mean of something known of all lies above that of all."""
    whole, _ = corrected(sample, values, values[people.at], tuning=0.0)
    alike = float(values.std() * np.sqrt((sample.raised**2).sum()) / sample.raised.sum())  # were it like the rest
    se = max(float(whole.human_se[0]), alike)
    return float(whole.human[0] - whole.machine[0]) / se if se > 0 else 0.0


# --- columns of responses ---------------------------------------------------------------------------------------


def _weights(machine: Coded, name: str | None, where: str) -> Floats | None:
    if name is None:
        return None
    found = machine.numbers(name, where)
    if not found.sum() > 0:
        raise BadInput(f"every weight of {name} is 0", where=where, cure="name the column of survey weights")
    return found


def _clusters(machine: Coded, name: str | None, where: str) -> Ints | None:
    """Numbers of clusters; a response that names none is one of its own."""
    if name is None:
        return None
    text = machine.column(name, where)
    codes = pc.fill_null(text, "").dictionary_encode().indices.to_numpy().astype(np.int64)
    return np.where(pc.is_null(text).to_numpy(zero_copy_only=False), len(codes) + np.arange(len(codes)), codes)


def _domains(machine: Coded, name: str | None, where: str) -> tuple[list[str], Ints]:
    """Labels in order, and the domain of each response; one past the last where it names none."""
    if name is None:
        return [], np.zeros(0, np.int64)
    text = machine.column(name, where)
    labels = sorted(value for value in pc.unique(text).to_pylist() if value is not None)
    if len(labels) > _MOST_DOMAINS:
        raise BadInput(f"the column {name} has {len(labels):,} different values", where=where,
                       cure="name a column of communities or rounds")  # fmt: skip
    found = pc.fill_null(pc.index_in(text, value_set=pa.array(labels, pa.string())), len(labels))
    return labels, found.to_numpy(zero_copy_only=False).astype(np.int64)
