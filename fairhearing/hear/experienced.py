"""Experiences at steps as people code them: the machine learns from their codes, and a blind sample corrects it.

An agreed theme of the codebook stands for an experience where it is called like one ("humiliated", "any bad"), and
for an experience at one step where it is called "STEP: EXPERIENCE" ("Questioning at school: humiliated"). Which step
a response is about is told by the form, the question or the step's words, as in `journeys`; the share is of those
responses, and no others are read by what was learned. An account the machine put at no step is in no such share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..programme import Activity, Source, Step
from ..stage import Context, Stage, Tables
from ..stats.cells import Floats, Ints
from ..stats.prediction import Corrected, Sums, blind, corrected, told
from ..tables import empty, from_rows
from .agreed import Agreed, codebook
from .agreement import Coded, codes_of, in_order
from .coding import Theme
from .counting import communities, joined, members
from .journeys import ANY, Accounts, Reader, read_accounts
from .taught import BY_LEARNED, Taught, enough, taught

__all__ = ["STAGE", "Code", "codes_in"]


@dataclass(frozen=True)
class Code:
    """An agreed theme that stands for an experience. step: the one step it is about; None: any."""

    theme: Agreed
    experience: str
    step: str | None


@dataclass(frozen=True)
class Heard:
    """Responses of a source that say something. at: response → place · person: (N,) · coded: what people said of a
    response, by its place · why: why nothing can be corrected by them, or ""."""

    source: Source
    table: pa.Table
    person: Ints
    weight: Floats
    coded: Mapping[int, Coded]
    why: str

    @property
    def random(self) -> Ints:
        return np.array(sorted(at for at, each in self.coded.items() if each.random), np.int64)


def codes_in(reader: Reader, themes: Sequence[Agreed]) -> list[Code]:
    """Themes that are called like an experience, or like one at a step; of two for the same, the first."""
    found: dict[tuple[str | None, str], Code] = {}
    for theme in themes:
        before, colon, after = theme.name.partition(":")
        step = reader.step_code(before) if colon else None
        experience = _experience(reader, after if colon else before)
        if experience and (step or not colon):
            found.setdefault((step, experience), Code(theme, experience, step))
    return list(found.values())


def _experience(reader: Reader, name: str) -> str | None:
    plain = " ".join(name.lower().split())
    if plain in ANY.values():
        return plain
    codes = reader.experience_codes(name)
    return codes[0] if len(codes) == 1 else None


def _run(context: Context) -> Tables:
    book = codebook(in_order(context))
    reader = Reader(context.programme)
    wanted = codes_in(reader, book.in_use)
    people = codes_of(context, book) if wanted else []
    rows: list[dict[str, Any]] = []
    codings = [empty("codings")]
    for source in context.programme.sources if people else ():
        heard = _heard(context, source, people)
        if heard.table.num_rows:
            accounts = read_accounts(context, source, reader, heard.table)
            machine, given = _machine(context, heard, accounts, reader, wanted)
            codings.append(given)
            rows += _rows(context, heard, accounts, reader, wanted, machine)
    made = from_rows("journeys_corrected", rows) if rows else empty("journeys_corrected")
    return {"journeys_corrected": made, "codings": pa.concat_tables(codings)}


def _heard(context: Context, source: Source, people: Sequence[Coded]) -> Heard:
    """What says something, and what people said of it; whether that was drawn from what is here now."""
    columns = ("row", "response", "person", "round", "text", "step", "experience", "question")
    table = joined(context, "texts", columns, source, "t.row, t.response")
    silent = set(
        context.query("SELECT response FROM readings WHERE reading = 'uninformative'")["response"].to_pylist()
    )
    table = table.filter(pa.array([each not in silent for each in table["response"].to_pylist()], pa.bool_()))
    place = {id: at for at, id in enumerate(table["response"].to_pylist())}
    coded = {place[each.response]: each for each in people if each.source == source.id and each.response in place}
    texts = table["text"].to_pylist()
    changed = sum(_sha256(texts[at] or "") != each.text_sha256 for at, each in coded.items() if each.random)
    drawn_from = {each.drawn_from for each in coded.values() if each.random}
    why = ""
    if not drawn_from:
        why = "people have coded no random sample of these responses"
    elif changed or drawn_from != {table.num_rows}:
        why = "the responses are not those the sample was drawn from any more: draw another"
    person = table["person"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    return Heard(source, table, person, table["weight"].to_numpy(), coded, why)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- the machine ------------------------------------------------------------------------------------------------


def _machine(
    context: Context, heard: Heard, accounts: Accounts, reader: Reader, wanted: Sequence[Code]
) -> tuple[dict[str, Floats], pa.Table]:
    """(N,) 0 to 1 of each code: the phrases, half each with what was learned where enough was coded, then nan of
    what is neither at a step nor coded; and the codes it gives."""
    score = {code.theme.id: _by_phrases(heard, accounts, reader, code) for code in wanted}
    known = [code for code in wanted if _enough(heard, code)]
    if not known:
        return score, empty("codings")
    found = _learned(context, heard, known, _at_steps(accounts))
    ids, given = heard.table["response"].to_pylist(), []
    for code, column, least in zip(known, found.probability.T, found.cut, strict=True):
        score[code.theme.id] = (score[code.theme.id] + column) / 2
        given += [
            {"response": ids[at], "theme": code.theme.id, "score": float(column[at]), "assigned_by": BY_LEARNED}
            for at in np.flatnonzero(column >= least).tolist()
        ]
    return score, from_rows("codings", given) if given else empty("codings")


def _by_phrases(heard: Heard, accounts: Accounts, reader: Reader, code: Code) -> Floats:
    """1 where an account of the experience was found, at the step if the code names one; ½ where it is unclear."""
    found = np.zeros(heard.table.num_rows)
    for reports, value in ((accounts.unclear, 0.5), (accounts.reports, 1.0)):
        for each in reports:
            same = each.experience == code.experience or ANY[reader.valence[each.experience]] == code.experience
            if same and code.step in (None, each.step):
                found[each.place] = value
    return found


def _enough(heard: Heard, code: Code) -> bool:
    return enough([_saw(each, code) for each in heard.coded.values() if each.of(code.theme.id)])


def _saw(coded: Coded, code: Code) -> bool:
    """Whether at least half of its coders saw it: what the machine learns from. Counting uses the share of them."""
    said = coded.of(code.theme.id)
    return bool(said) and 2 * sum(said) >= len(said)


def _at_steps(accounts: Accounts) -> set[int]:
    return {place for places in accounts.described.values() for place in places}


def _learned(context: Context, heard: Heard, known: Sequence[Code], at_steps: set[int]) -> Taught:
    """(N, codes), from every response of whose coders all codes were asked; of those and the responses at a step."""
    places = [at for at, each in sorted(heard.coded.items()) if all(each.of(code.theme.id) for code in known)]
    texts = [each or "" for each in heard.table["text"].to_pylist()]
    labels = np.array([[_saw(heard.coded[at], code) for code in known] for at in places], bool)
    themes = [Theme(code.theme.name, code.theme.description, code.theme.examples) for code in known]
    among = np.array(sorted(at_steps.union(places)), np.int64)
    return taught(context, f"experiences of {heard.source.id}", themes, texts, places, labels, heard.person, among)


# --- shares at a step -------------------------------------------------------------------------------------------


def _rows(
    context: Context, heard: Heard, accounts: Accounts, reader: Reader, wanted: Sequence[Code],
    machine: Mapping[str, Floats],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Each code at each step it can be about, in each round."""
    rounds = heard.table["round"].to_pylist()
    for activity, step in context.programme.steps():
        described = np.array(sorted(set(accounts.described.get(step.id, []))), np.int64)
        specific = {code.experience for code in wanted if code.step == step.id}
        here = [
            code for code in wanted
            if code.step == step.id or (not code.step and code.experience not in specific)
        ]  # fmt: skip
        for round in dict.fromkeys(rounds) if len(described) else ():
            places = described[[rounds[at] == round for at in described.tolist()]]
            base = {"source": heard.source.id, "round": round} | _named(activity, step)
            for code in here:
                valence = _valence(reader, code.experience)
                about = {"experience": code.experience, "valence": valence, "theme": code.theme.id}
                for row in _shares(context, heard, code, machine[code.theme.id], places):
                    yield base | about | row


def _named(activity: Activity, step: Step) -> dict[str, Any]:
    return {"activity": activity.id, "step": step.id}


def _valence(reader: Reader, experience: str) -> str:
    return reader.valence.get(experience) or next(valence for valence, name in ANY.items() if name == experience)


def _shares(context: Context, heard: Heard, code: Code, machine: Floats, places: Ints) -> Iterator[dict[str, Any]]:
    """For everyone and for each community; everyone alone where nothing can be told."""
    said = [(at, heard.coded[place].of(code.theme.id)) for at, place in _drawn(heard, places)]
    at = np.array([each for each, told_by in said if told_by], np.int64)
    human = np.array([sum(each) / len(each) for _at, each in said if each], np.float64)
    score, weight = machine[places], heard.weight[places]
    if heard.why or not len(at) or not weight.sum() > 0:
        share = float(score @ weight / weight.sum()) if weight.sum() > 0 else None
        why = heard.why or "people were not asked about this, or coded nothing of this step"
        method = "machine count, uncorrected: not for publication as a share"
        yield {"n": len(places), "n_human": len(at), "seen": int((human > 0).sum()), "machine_share": share,
               "cannot_tell": why, "method": method}  # fmt: skip
        return
    table = heard.table.take(pa.array(places))
    of = list(communities(context.programme, table))
    inside = [members(table[f"c_{characteristic}"], category) for characteristic, category in of]
    drawn = len(heard.random) / heard.table.num_rows
    sample = blind(
        len(places), at, weights=weight, clusters=heard.person[places], people=heard.source.has_margin,
        probability=np.full(len(at), drawn), domains=[(np.where(member, 0, 1), 1) for member in inside],
    )  # fmt: skip
    whole, parts = corrected(sample, score, human)
    cells: list[tuple[str | None, str | None]] = [(None, None), *of]
    everywhere = [np.ones(len(places), bool), *inside]
    for (characteristic, community), sums, member in zip(cells, (whole, *parts), everywhere, strict=True):
        seen = int((human[member[at]] > 0).sum())
        yield {"characteristic": characteristic, "community": community} | _row(heard, sums, seen)


def _drawn(heard: Heard, places: Ints) -> Iterator[tuple[int, int]]:
    """(position among `places`, place) of responses of the blind random sample."""
    random = set(heard.random.tolist())
    return ((at, place) for at, place in enumerate(places.tolist()) if place in random)


def _row(heard: Heard, sums: Sums, seen: int) -> dict[str, Any]:
    found = told(sums, 0, units="authors' responses at this step")
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
        how = f"machine corrected by the blind random sample (prediction-powered, λ = {found.tuning:.3g})"
    holds = "holds who was sampled, the machine's mistakes and which coder read it"
    if not source.has_margin:
        holds = f"share of these {source.sample} responses; holds the machine's mistakes and which coder read it, "
        holds += "not who responded"
    return f"{how}; weighted share of the responses about this step, those of one person a cluster; 95% " + (
        f"{found.interval}; {holds}"
    )


STAGE = Stage(
    name="experienced",
    reads=("codebook_events", "human_codes", "texts", "people", "weights", "readings"),
    writes=("journeys_corrected", "codings"),
    run=_run,
    why="experiences at steps as people code them, by a machine that learns from their codes",
)
