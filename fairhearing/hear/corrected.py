"""How common each agreed theme is: the machine's count, put right by the blind random sample that people coded.

The machine puts a response under an agreed theme where the run's `codings` put it under a proposed theme that was
adopted; where that proposal is no longer made, where the response holds the words it had. It may be wrong: the sample
takes its mistakes out again, and what cannot be corrected is said to be so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..programme import Source
from ..stage import Context, Stage, Tables
from ..stats.cells import Floats, Ints
from ..stats.prediction import Corrected, Sums, blind, corrected, told
from ..tables import as_declared, empty, from_rows
from .agreed import Agreed, Codebook, codebook
from .agreement import Coded, codes_of, in_order
from .counting import communities, joined, members
from .words import PhraseFinder

__all__ = ["STAGE"]

BY_MACHINE = "machine: what it proposed and people adopted as this theme"
UNCODED = "people have coded no random sample of these responses"


@dataclass(frozen=True)
class Heard:
    """Responses of a source that say something, in the order of the file. person: (N,) its number · coded: what
    coders said, by response · changed: responses of the random sample that no longer hold the words coded."""

    source: Source
    table: pa.Table
    ids: list[str]
    person: Ints
    weight: Floats
    coded: dict[str, Coded]
    changed: int


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _run(context: Context) -> Tables:
    book = codebook(in_order(context))
    rows: list[dict[str, Any]] = []
    codings = [empty("codings")]
    people = codes_of(context, book) if book.in_use else []
    for source in context.programme.sources if book.in_use else ():
        heard = _heard(context, source, people)
        if heard.ids:
            machine = _machine(context, source, heard, book)
            codings += [as_declared("codings", table) for table in _codings(heard, machine)]
            rows += [row for theme in book.in_use for row in _theme_rows(context, heard, theme, machine[theme.id])]
    return {
        "prevalence_corrected": from_rows("prevalence_corrected", rows),
        "codings": pa.concat_tables(codings),
    }


def _heard(context: Context, source: Source, people: Sequence[Coded]) -> Heard:
    """Whatever says something: also what the machine cannot read, since people may."""
    table = joined(context, "texts", ("row", "response", "person", "round", "text"), source, "t.row, t.response")
    silent = set(
        context.query("SELECT response FROM readings WHERE reading = 'uninformative'")["response"].to_pylist()
    )
    says = np.array([each not in silent for each in table["response"].to_pylist()], bool)
    table = table.filter(pa.array(says, pa.bool_()))
    person = table["person"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    ids = table["response"].to_pylist()
    words = dict(zip(ids, table["text"].to_pylist(), strict=True))
    coded = {each.response: each for each in people if each.source == source.id}
    changed = sum(each.random and _sha256(words.get(id) or "") != each.text_sha256 for id, each in coded.items())
    return Heard(source, table, ids, person, table["weight"].to_numpy(), coded, changed)


# --- the machine ------------------------------------------------------------------------------------------------


def _machine(context: Context, source: Source, heard: Heard, book: Codebook) -> dict[str, Floats]:
    """(N,) 0 to 1 of each theme in use: the greatest score of any proposed theme it stands for."""
    proposed = set(context.query("SELECT theme FROM themes")["theme"].to_pylist())
    codings = context.query("SELECT response, theme, score FROM codings WHERE assigned_by LIKE 'machine%'")
    place = pc.fill_null(pc.index_in(codings["response"], value_set=pa.array(heard.ids, pa.string())), -1).to_numpy()
    score, of = codings["score"].to_numpy(), np.asarray(codings["theme"].to_pylist(), object)
    made = {}
    for theme in book.in_use:
        found = np.zeros(len(heard.ids))
        for id in theme.proposed:
            here = (of == id) & (place >= 0)
            np.maximum.at(found, place[here], score[here])
        if any(id not in proposed for id in theme.proposed):
            found = np.maximum(found, _by_words(theme, heard))
        made[theme.id] = found
    return made


def _by_words(theme: Agreed, heard: Heard) -> Floats:
    finder = PhraseFinder({theme.id: theme.words})
    return np.array(
        [any(True for _hit in finder.find(each or "")) for each in heard.table["text"].to_pylist()], float
    )


def _codings(heard: Heard, machine: dict[str, Floats]) -> Iterator[pa.Table]:
    for theme, score in machine.items():
        at = np.flatnonzero(score)
        yield pa.table({
            "response": pa.array(heard.ids, pa.string()).take(pa.array(at)), "theme": pa.repeat(theme, len(at)),
            "score": score[at], "assigned_by": pa.repeat(BY_MACHINE, len(at)),
        })  # fmt: skip


# --- one theme --------------------------------------------------------------------------------------------------


def _theme_rows(context: Context, heard: Heard, theme: Agreed, machine: Floats) -> Iterator[dict[str, Any]]:
    """Each round, for everyone and for each community; everyone alone where nothing can be told."""
    rounds = heard.table["round"].to_pylist()
    for round in dict.fromkeys(rounds):
        here = np.flatnonzero(np.array([each == round for each in rounds], bool))
        base = {"source": heard.source.id, "round": round, "theme": theme.id, "name": theme.name}
        unknown = {} if theme.proposed else {"machine_share": None}  # no proposal was adopted: it is not looked for
        yield from (base | row | unknown for row in _round_rows(context, heard, theme, machine[here], here))


def _round_rows(
    context: Context, heard: Heard, theme: Agreed, machine: Floats, here: Ints
) -> Iterator[dict[str, Any]]:
    at, human, any_saw, why = _sample(heard, theme, here)
    weight, table = heard.weight[here], heard.table.take(pa.array(here))
    if why or not weight.sum() > 0:
        share = float(machine @ weight / weight.sum()) if weight.sum() > 0 else None
        yield _uncorrected(len(here), len(at), int(any_saw.sum()), share, why or "nobody here counts")
        return
    of = list(communities(context.programme, table))
    inside = [members(table[f"c_{characteristic}"], category) for characteristic, category in of]
    sample = blind(
        len(here), at, weights=weight, clusters=heard.person[here], people=heard.source.has_margin,
        domains=[(np.where(member, 0, 1), 1) for member in inside],
    )  # fmt: skip
    whole, parts = corrected(sample, machine, human)
    places: list[tuple[str | None, str | None]] = [(None, None), *of]
    everywhere = [np.ones(len(here), bool), *inside]
    for (characteristic, community), sums, member in zip(places, (whole, *parts), everywhere, strict=True):
        seen = int(any_saw[member[at]].sum())
        yield {"characteristic": characteristic, "community": community} | _row(heard, sums, seen)


def _sample(heard: Heard, theme: Agreed, here: Ints) -> tuple[Ints, Floats, np.ndarray, str]:
    """Positions of the random sample among `here`; the share of its coders who saw the theme; whether any did; why
    nothing can be corrected by it, or ""."""
    found = [
        (at, said)
        for at, place in enumerate(here.tolist())
        if (of := heard.coded.get(heard.ids[place])) is not None and of.random and (said := of.of(theme.id))
    ]
    at = np.array([each for each, _said in found], np.int64)
    human = np.array([sum(said) / len(said) for _at, said in found], np.float64)
    drawn_from = {each.drawn_from for each in heard.coded.values() if each.random}
    why = ""
    if not found:
        why = UNCODED if not drawn_from else "people were not asked about this theme, or coded nothing of this round"
    elif heard.changed:
        why = f"{heard.changed} responses of the sample do not hold the words that were coded any more: draw another"
    elif drawn_from != {len(heard.ids)}:
        was = " and ".join(f"{each:,}" for each in sorted(drawn_from))
        why = f"the sample was drawn from {was} responses and there are {len(heard.ids):,} now: draw another"
    return at, human, human > 0, why


def _uncorrected(n: int, n_human: int, seen: int, share: float | None, why: str) -> dict[str, Any]:
    return {
        "n": n, "n_human": n_human, "seen": seen, "machine_share": share, "cannot_tell": why,
        "method": "machine count, uncorrected: not for publication as a share",
    }  # fmt: skip


def _row(heard: Heard, sums: Sums, seen: int) -> dict[str, Any]:
    found = told(sums, 0, units="authors' responses")
    return {
        "n": found.n, "n_human": found.n_human, "seen": seen, "machine_share": found.machine,
        "human_share": found.human, "human_low": found.human_low, "human_high": found.human_high,
        "estimate": found.estimate, "low": found.low, "high": found.high, "narrower_by": found.narrower_by,
        "method": _method(heard.source, found), "cannot_tell": found.cannot_tell,
    }  # fmt: skip


def _method(source: Source, found: Corrected) -> str:
    if found.cannot_tell:
        return "none: cannot tell; the machine's count stands uncorrected"
    how = "blind random sample alone"
    if found.tuning > 0:
        how = f"machine count corrected by the blind random sample (prediction-powered, λ = {found.tuning:.3g})"
    holds = "holds who was sampled, the machine's mistakes and which coder read it"
    if not source.has_margin:
        holds = f"share of these {source.sample} responses; holds the machine's mistakes and which coder read it, "
        holds += "not who responded"
    return f"{how}; weighted share of responses, those of one person a cluster; 95% {found.interval}; {holds}"


STAGE = Stage(
    name="corrected",
    reads=("codebook_events", "human_codes", "texts", "people", "weights", "themes", "readings", "codings"),
    writes=("prevalence_corrected", "codings"),
    run=_run,
    why="how common agreed themes are, corrected by what people coded",
)
