"""What people report of each step of the process: good and bad, side by side.

A response is about a step if the form says so, or the question it answers asks of one, or else if it uses the step's
name or a cue phrase of the library. It reports an experience if the form says so, or else if it uses a phrase of that
experience; `standing` tells where a phrase does not count (denied, wished for, imagined) and where only a person can
tell (hearsay, questions, irony). Where a text names several steps, an experience belongs to those named in the same
sentence. A person counts once per step and experience; accounts that conflict both count. Phrases are where this
starts; what people code corrects them (`experienced`). Every account and who put it there is a row of `accounts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from .. import library
from ..programme import Programme, Source
from ..stage import Context, Stage, Tables
from ..tables import empty, from_rows
from .counting import TOOK_PART, communities, joined, members, share
from .languages import unread_because
from .standing import DENIED, TOLD, UNCLEAR, Standing, standing
from .words import Hit, PhraseFinder, around, blanked, normal, says_nothing_because, sentences

__all__ = ["ANY", "STAGE", "Accounts", "Reader", "read_accounts"]

ANY = {"bad": "any bad", "good": "any good"}
QUOTES = 3
BY_FORM, BY_QUESTION, BY_WORDS = "the form", "the question asked", "machine: the library's phrases"


@dataclass(frozen=True)
class Report:
    """One experience at one step in one response; text[start:end] is the sentence that says so. step_by, by: who put
    it there · unclear: why it is no account until a person has read it, or ""."""

    place: int
    step: str
    experience: str
    start: int
    end: int
    step_by: str
    by: str
    unclear: str = ""


@dataclass(frozen=True)
class Accounts:
    """What the responses of one source say of each step. Places are rows of `table`."""

    table: pa.Table
    described: dict[str, list[int]] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    unclear: list[Report] = field(default_factory=list)


def _run(context: Context) -> Tables:
    journeys: list[dict[str, Any]] = []
    quotes: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    reader = Reader(context.programme)
    for source in context.programme.sources:
        accounts = _accounts(context, source, reader)
        if accounts.table.num_rows:
            journeys += _journey_rows(context, source, accounts, reader)
            quotes += _quote_rows(context, source, accounts)
            told += _account_rows(source, accounts)
    made = {"journeys": journeys, "quotes": quotes, "accounts": told}
    return {name: from_rows(name, rows) if rows else empty(name) for name, rows in made.items()}


# --- reading ------------------------------------------------------------------------------------------------------


class Reader:
    """Knows the steps of one programme, and the experiences of the library and of the programme."""

    def __init__(self, programme: Programme) -> None:
        listed: dict[str, Any] = {each.id: each for each in library.experiences()}
        listed |= {each.id: each for each in programme.experiences}
        self.valence: dict[str, str] = {id: each.valence for id, each in listed.items()}
        self.harm_of = {id: each.harm_of for id, each in listed.items() if each.valence == "bad"}
        self._experiences = PhraseFinder({id: each.words for id, each in listed.items()})
        self._steps = PhraseFinder(dict(_cues(programme)))
        self._experience_of = {_key(name): id for id, each in listed.items() for name in (each.id, each.name)}
        self._step_of = {_key(name): step.id for _, step in programme.steps() for name in (step.id, step.name)}

    def step_code(self, code: str | None) -> str | None:
        """The step a form's answer means, by id or name; None if it gives none that the programme has."""
        return self._step_of.get(_key(code or ""))

    def experience_codes(self, code: str | None) -> list[str]:
        """The experiences a form's answer means; several are separated by semicolons."""
        found = (self._experience_of.get(_key(part)) for part in (code or "").split(";"))
        return list(dict.fromkeys(id for id in found if id))

    def steps_in(self, text: str) -> list[tuple[str, int]]:
        """Steps named in a text, with the place of each mention; one that was wished for or denied is not meant."""
        plain = blanked(text)
        hits = ((hit, standing(plain, hit.start, hit.end, good=False)) for hit in self._steps.find(text))
        return [(hit.key, hit.start) for hit, found in hits if found.state != DENIED]

    def phrases_in(self, text: str) -> list[tuple[Hit, Standing]]:
        """Every phrase of an experience in a text, and whether it tells of something that happened."""
        plain = blanked(text)
        return [
            (hit, standing(plain, hit.start, hit.end, good=self.valence[hit.key] == "good"))
            for hit in self._experiences.find(text)
        ]

    def experiences_in(self, text: str) -> list[tuple[str, int, int]]:
        """Experiences a text reports, with the place of each phrase."""
        return [(hit.key, hit.start, hit.end) for hit, found in self.phrases_in(text) if found.state == TOLD]


def _cues(programme: Programme) -> Iterator[tuple[str, list[str]]]:
    """Phrases that name each step: the library's, and the step's own name unless it is one common word."""
    for _, step in programme.steps():
        words = [step.name] if " " in step.name.strip() else []
        for cue in library.step_cues():
            if step.id in cue.ids or _key(step.name) == _key(cue.name):
                words += cue.words
        yield step.id, words


def _key(code: str) -> str:
    """A code or name as compared: small letters, any run of spaces, hyphens or underscores as one hyphen."""
    return re.sub(r"[\s_-]+", "-", code.strip().casefold())


def _accounts(context: Context, source: Source, reader: Reader) -> Accounts:
    """Every response of a source that names a step and says something, with what it reports there."""
    columns = ("row", "response", "person", "round", "text", "step", "experience", "question")
    return read_accounts(context, source, reader, joined(context, "texts", columns, source, "t.row, t.response"))


def read_accounts(context: Context, source: Source, reader: Reader, table: pa.Table) -> Accounts:
    """The same of a table of responses with the columns text, step, experience and question."""
    accounts = Accounts(table)
    rows = zip(
        *(accounts.table[name].to_pylist() for name in ("text", "step", "experience", "question")), strict=True
    )
    strays = 0
    for place, (text, step, experience, question) in enumerate(rows):
        codes = reader.experience_codes(experience)
        strays += bool(step and not reader.step_code(step)) + bool(experience and not codes)
        given = _step_given(source, reader.step_code(step), question)
        _read(accounts, reader, place, text or "", given, codes)
    if strays:
        context.say(f"{source.id}: {strays} step or experience codes are not declared; the text was read instead")
    return accounts


def _step_given(source: Source, code: str | None, question: str | None) -> tuple[str, str] | None:
    """The step a response is about and who says so: the form, or the question that was asked. None: its words may."""
    if code:
        return code, BY_FORM
    asked = source.questions.get(question or "", source.step)
    return (asked, BY_QUESTION) if asked else None


def _read(
    accounts: Accounts, reader: Reader, place: int, text: str, given: tuple[str, str] | None, codes: list[str]
) -> None:
    """Add what one response says; one that says nothing readable counts only by its codes."""
    step_by = given[1] if given else BY_WORDS
    mentions = [(given[0], 0)] if given else reader.steps_in(text)
    if not mentions:  # most say nothing of any step: whether they could be read is not asked
        return
    readable = not says_nothing_because(text) and not unread_because(text)
    if not (readable or (given and codes)):
        return
    steps = list(dict.fromkeys(each for each, _ in mentions))
    for each in steps:
        accounts.described.setdefault(each, []).append(place)
    top = len(text) - len(text.lstrip())
    found = [(code, top, top, Standing(TOLD)) for code in codes]
    if readable and not codes:
        found = [(hit.key, hit.start, hit.end, how) for hit, how in reader.phrases_in(text) if how.state != DENIED]
    spans = list(sentences(text)) if found else []
    for experience, start, end, how in found:
        first, last = around(text, spans, start, end)
        into = accounts.reports if how.state == TOLD else accounts.unclear
        for each in steps:
            if codes or len(steps) == 1 or any(s == each and first <= at < last for s, at in mentions):
                by = BY_FORM if codes else BY_WORDS
                into.append(Report(place, each, experience, first, last, step_by, by, how.why))


def _account_rows(source: Source, accounts: Accounts) -> Iterator[dict[str, Any]]:
    """Every account of an experience at a step, and every unclear one, once a response."""
    response = accounts.table["response"].to_pylist()
    seen: set[tuple[int, str, str, bool]] = set()
    for each in sorted(
        (*accounts.reports, *accounts.unclear), key=lambda r: (r.place, r.step, r.experience, r.start)
    ):
        key = (each.place, each.step, each.experience, bool(each.unclear))
        if key not in seen:
            seen.add(key)
            yield {
                "source": source.id, "response": response[each.place], "step": each.step, "step_by": each.step_by,
                "experience": each.experience, "state": UNCLEAR if each.unclear else TOLD,
                "because": each.unclear or None, "start": each.start, "end": each.end, "assigned_by": each.by,
            }  # fmt: skip


# --- counting -----------------------------------------------------------------------------------------------------


def _journey_rows(context: Context, source: Source, accounts: Accounts, reader: Reader) -> Iterator[dict[str, Any]]:
    """Each experience at each step and round, for everyone and each community; a step nobody described has rows."""
    table = accounts.table
    rounds = table["round"].to_pylist()
    person = np.unique(table["person"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1].reshape(-1)
    weight = table["weight"].to_numpy()
    inside: dict[tuple[str | None, str | None], np.ndarray] = {(None, None): np.ones(len(rounds), dtype=bool)}
    for of, category in communities(context.programme, table):
        inside[of, category] = members(table[f"c_{of}"], category)
    for round in dict.fromkeys(rounds):
        now = np.array([each == round for each in rounds], dtype=bool)
        for activity, step in context.programme.steps():
            described = np.array(accounts.described.get(step.id, []), dtype=np.int64)
            said = _said(accounts, step.id, reader)
            for (characteristic, community), member in inside.items():
                if characteristic is not None and not len(described):
                    continue
                here = described[(now & member)[described]]
                cell: dict[str, Any] = {"source": source.id, "round": round, "activity": activity.id, "step": step.id}
                cell |= {"characteristic": characteristic, "community": community}
                for (experience, valence), places in said.items():
                    counts = _counts(person[here], weight[here], np.isin(here, places))
                    named = {"experience": experience, "valence": valence, "harm_of": reader.harm_of.get(experience)}
                    yield cell | named | {"method": _method(source)} | counts


def _said(accounts: Accounts, step: str, reader: Reader) -> dict[tuple[str, str], np.ndarray]:
    """(experience, valence) → responses that report it at this step; 'any bad' and 'any good' always, first."""
    said: dict[tuple[str, str], set[int]] = {(name, valence): set() for valence, name in ANY.items()}
    at_step = [report for report in accounts.reports if report.step == step]
    order = list(reader.valence)
    for report in sorted(at_step, key=lambda report: (order.index(report.experience), report.place)):
        valence = reader.valence[report.experience]
        said.setdefault((report.experience, valence), set()).add(report.place)
        said[ANY[valence], valence].add(report.place)
    return {key: np.array(sorted(places), np.int64) for key, places in said.items()}


def _counts(person: np.ndarray, weight: np.ndarray, says: np.ndarray) -> dict[str, Any]:
    """People among some responses, those of them with a response that says so, and the weighted share. person:
    numbers of people · says: true or false."""
    people, first = np.unique(person, return_index=True)
    part = share(weight[first], np.isin(people, person[says]))
    return {"n": part.n, "reports": part.count, "estimate": part.estimate, "low": part.low, "high": part.high}


def _method(source: Source) -> str:
    what = (
        "weighted share of the people who described this step, found by the form's codes, the question asked "
        "or else the library's phrases; 95% Wilson interval on the effective n"
    )
    if source.has_margin:
        return f"{what}, for the sampling of a random sample alone, not for misreading"
    return f"{what}, among those who described this step: {TOOK_PART}; sample: {source.sample}"


# --- quotes -------------------------------------------------------------------------------------------------------


def _quote_rows(context: Context, source: Source, accounts: Accounts) -> Iterator[dict[str, Any]]:
    """Up to QUOTES sentences of different people for each experience that enough people report at a step."""
    person, text = (accounts.table[name].to_pylist() for name in ("person", "text"))
    response = accounts.table["response"].to_pylist()
    cells: dict[tuple[str, str], list[Report]] = {}
    for report in accounts.reports:
        cells.setdefault((report.step, report.experience), []).append(report)
    for (step, experience), reports in sorted(cells.items()):
        if len({person[report.place] for report in reports}) < context.programme.rules.publish_at_least:
            continue
        for report in _different(reports, person, text):
            yield {
                "source": source.id, "about": "step", "key": step, "experience": experience,
                "response": response[report.place], "start": report.start, "end": report.end,
                "exact": text[report.place][report.start : report.end],
            }  # fmt: skip


def _different(reports: Iterable[Report], person: list[str], text: list[str]) -> Iterator[Report]:
    """The first QUOTES of middling length from different people in different words."""
    people: set[str] = set()
    said: set[str] = set()
    for report in sorted(reports, key=lambda r: (not 30 <= r.end - r.start <= 260, r.place, r.start)):
        words = normal(text[report.place][report.start : report.end])
        if words and person[report.place] not in people and words not in said and len(people) < QUOTES:
            people.add(person[report.place])
            said.add(words)
            yield report


STAGE = Stage(
    name="journeys",
    reads=("texts", "people", "weights"),
    writes=("journeys", "quotes", "accounts"),
    run=_run,
    why="hear texts: what people report of each step, good and bad",
)
