"""How common each agreed theme is: the machine's count, put right by the blind random sample that people coded.

Where people coded enough, the machine has learned each theme from their codes, and what it says of a person's coded
responses it learned from other people's. Until then it counts a response under an agreed theme where the run put it
under a proposed theme that was adopted. It may be wrong either way: the sample takes its mistakes out again, and what
cannot be corrected is said to be so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..programme import Source
from ..stage import Context, Stage, Tables
from ..stats.cells import Floats, Ints
from ..stats.prediction import Corrected, blind, corrected, told
from ..tables import as_declared, empty, from_rows
from .agreed import Agreed, Codebook, codebook
from .agreement import Coded, codes_of, in_order
from .coding import Theme
from .counting import communities, joined, members
from .taught import BY_LEARNED, LEAST_CODED, LEAST_SEEN, enough, taught

__all__ = ["STAGE"]

BY_PROPOSAL = "machine: what it proposed and people adopted as this theme"
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


@dataclass(frozen=True)
class Machine:
    """What the machine makes of one theme. score: (N,) 0 to 1 · given: (N,) whether it puts the response there ·
    by: its method, "" where it does not look for the theme · told: the same in words for the method of a share."""

    score: Floats
    given: np.ndarray
    by: str
    told: str


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
            machine = _machine(context, heard, book)
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


def _machine(context: Context, heard: Heard, book: Codebook) -> dict[str, Machine]:
    """Every theme in use: learned where people coded enough, else from the proposals adopted as it."""
    known = [theme for theme in book.in_use if enough([_most_saw(said) for said in _asked(heard, theme)])]
    return _proposals(context, heard, [theme for theme in book.in_use if theme not in known]) | (
        _learned(context, heard, known) if known else {}
    )


def _most_saw(said: Sequence[bool]) -> bool:
    """Whether at least half of its coders saw it: what the machine learns from. Counting uses the share of them."""
    return 2 * sum(said) >= len(said)


def _asked(heard: Heard, theme: Agreed) -> list[list[bool]]:
    """What coders said of a theme, of every response that they were asked of and that is still here."""
    ids = set(heard.ids)
    return [said for id, each in heard.coded.items() if id in ids and (said := each.of(theme.id))]


def _learned(context: Context, heard: Heard, known: Sequence[Agreed]) -> dict[str, Machine]:
    """From every response of whose coders all these themes were asked; those chosen for doubt teach too."""
    places = [
        at
        for at, id in enumerate(heard.ids)
        if (of := heard.coded.get(id)) is not None and all(of.of(theme.id) for theme in known)
    ]
    if not places:
        return _proposals(context, heard, known)
    labels = np.array(
        [[_most_saw(heard.coded[heard.ids[at]].of(theme.id)) for theme in known] for at in places], bool
    )
    texts = [each or "" for each in heard.table["text"].to_pylist()]
    themes = [Theme(theme.name, theme.description, theme.examples) for theme in known]
    found = taught(context, f"agreed themes of {heard.source.id}", themes, texts, places, labels, heard.person)
    return {
        theme.id: Machine(column, column >= least, BY_LEARNED, f"learned from {found.coded:,} coded responses, "
                          f"{int(seen.sum()):,} with the theme, each told by others")
        for theme, column, least, seen in zip(known, found.probability.T, found.cut, labels.T, strict=True)
    }  # fmt: skip


def _proposals(context: Context, heard: Heard, themes: Sequence[Agreed]) -> dict[str, Machine]:
    """The greatest score of any proposed theme an agreed one stands for; a proposal no longer made is not looked
    for."""
    proposed = set(context.query("SELECT theme FROM themes")["theme"].to_pylist())
    codings = context.query("SELECT response, theme, score FROM codings WHERE assigned_by LIKE 'machine%'")
    place = pc.fill_null(pc.index_in(codings["response"], value_set=pa.array(heard.ids, pa.string())), -1).to_numpy()
    score, of = codings["score"].to_numpy(), np.asarray(codings["theme"].to_pylist(), object)
    made = {}
    for theme in themes:
        found = np.zeros(len(heard.ids))
        for id in theme.proposed:
            here = (of == id) & (place >= 0)
            np.maximum.at(found, place[here], score[here])
        by = BY_PROPOSAL if proposed & set(theme.proposed) else ""
        few = f"its proposed theme: fewer than {LEAST_CODED} responses coded, or than {LEAST_SEEN} with or without it"
        made[theme.id] = Machine(found, found > 0, by, few)
    return made


def _codings(heard: Heard, machine: Mapping[str, Machine]) -> Iterator[pa.Table]:
    for theme, found in machine.items():
        at = np.flatnonzero(found.given)
        yield pa.table({
            "response": pa.array(heard.ids, pa.string()).take(pa.array(at)), "theme": pa.repeat(theme, len(at)),
            "score": found.score[at], "assigned_by": pa.repeat(found.by, len(at)),
        })  # fmt: skip


# --- one theme --------------------------------------------------------------------------------------------------


def _theme_rows(context: Context, heard: Heard, theme: Agreed, machine: Machine) -> Iterator[dict[str, Any]]:
    """Each round, for everyone and for each community; everyone alone where nothing can be told."""
    rounds = heard.table["round"].to_pylist()
    for round in dict.fromkeys(rounds):
        here = np.flatnonzero(np.array([each == round for each in rounds], bool))
        base = {"source": heard.source.id, "round": round, "theme": theme.id, "name": theme.name}
        unknown = {} if machine.by else {"machine_share": None}
        yield from (base | row | unknown for row in _round_rows(context, heard, theme, machine, here))


def _round_rows(
    context: Context, heard: Heard, theme: Agreed, machine: Machine, here: Ints
) -> Iterator[dict[str, Any]]:
    at, human, any_saw, why = _sample(heard, theme, here)
    weight, table, score = heard.weight[here], heard.table.take(pa.array(here)), machine.score[here]
    if why or not weight.sum() > 0:
        share = float(score @ weight / weight.sum()) if weight.sum() > 0 else None
        yield _uncorrected(len(here), len(at), int(any_saw.sum()), share, why or "nobody here counts")
        return
    of = list(communities(context.programme, table))
    inside = [members(table[f"c_{characteristic}"], category) for characteristic, category in of]
    responses = _shares(heard, here, at, weight, inside, score, human)
    people = _shares(heard, here, at, weight / _written(heard.person[here]), inside, score, human)
    places: list[tuple[str | None, str | None]] = [(None, None), *of]
    everywhere = [np.ones(len(here), bool), *inside]
    for cell, found, of_people, member in zip(places, responses, people, everywhere, strict=True):
        seen = int(any_saw[member[at]].sum())
        yield dict(zip(("characteristic", "community"), cell, strict=True)) | _row(
            heard, machine, found, of_people, seen
        )


def _shares(
    heard: Heard, here: Ints, at: Ints, weight: Floats, inside: Sequence[np.ndarray], machine: Floats, human: Floats
) -> list[Corrected]:  # fmt: skip
    """Corrected share for everyone, then for each community."""
    sample = blind(
        len(here), at, weights=weight, clusters=heard.person[here], people=heard.source.has_margin,
        domains=[(np.where(member, 0, 1), 1) for member in inside],
    )  # fmt: skip
    whole, parts = corrected(sample, machine, human)
    return [told(sums, 0, units="authors' responses") for sums in (whole, *parts)]


def _written(person: Ints) -> Floats:
    """(responses,) how many of them the same person wrote: of people, each counts once however much they wrote."""
    _people, number, count = np.unique(person, return_inverse=True, return_counts=True)
    return np.asarray(count[number.reshape(-1)], np.float64)


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


def _row(heard: Heard, machine: Machine, found: Corrected, people: Corrected, seen: int) -> dict[str, Any]:
    return {
        "n": found.n, "n_human": found.n_human, "seen": seen, "machine_share": found.machine,
        "human_share": found.human, "human_low": found.human_low, "human_high": found.human_high,
        "estimate": found.estimate, "low": found.low, "high": found.high, "narrower_by": found.narrower_by,
        "people_estimate": people.estimate, "people_low": people.low, "people_high": people.high,
        "method": _method(heard.source, machine, found), "cannot_tell": found.cannot_tell,
    }  # fmt: skip


def _method(source: Source, machine: Machine, found: Corrected) -> str:
    if found.cannot_tell:
        return "none: cannot tell; the machine's count stands uncorrected"
    how = "blind random sample alone"
    if found.tuning > 0:
        tuning = f"prediction-powered, λ = {found.tuning:.3g}"
        how = f"machine ({machine.told}) corrected by the blind random sample ({tuning})"
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
