"""`fairhearing code`: every response of a file with its themes, by whom they were assigned, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from ..stats.multilabel import brier, calibration_error
from .codebook import Labelled, names_of, read_codebook, read_labelled, texts_of
from .coding import CHUNK, FEW, Theme, chances, cuts, described, drawn, learned, next_to_code
from .languages import unread_because
from .readers import FAST, Reader, open_reader, reads
from .words import normal, says_nothing_because

__all__ = ["Coding", "code_table"]

PEOPLE = "people"
FROM_WORDS = "from descriptions alone, not calibrated"
LEAST_TOLD = 0.005
"""Probability from which on a theme is told of where every probability is asked for."""
LEAST_LEARNED = 20
"""Labelled texts below which they are examples of what themes mean, and nothing is learned of how common these are:
on three sets of texts that was the better by far with 3 to 10 of them, and as good with 20."""
FATES = ("coded by people", "coded", "no theme", "uninformative", "not yet read")

Say = Callable[[str], None]
Fate = tuple[str, str | None]
"""What became of a response, and the reason where there is one."""


@dataclass(frozen=True)
class Coding:
    """rows: response, theme, probability, assigned_by; a response without any theme has one row with an empty one ·
    themes: of each its examples, cut and texts · summary: fates that sum to the responses, reader, calibration ·
    every: where asked for, the same columns with every theme the machine holds possible, given or not · proposed:
    where asked for, responses for people to code next: response, text, part, probability of being drawn, labels."""

    rows: pa.Table
    themes: tuple[dict[str, Any], ...]
    summary: dict[str, Any]
    every: pa.Table | None = None
    proposed: pa.Table | None = None


@dataclass(frozen=True)
class _Responses:
    """names, texts: of every response · why: text → fate and reason where it cannot be tried · place: text → its row
    of probabilities · themes: names."""

    names: Sequence[str]
    texts: Sequence[str]
    why: dict[str, Fate | None]
    place: dict[str, int]
    themes: Sequence[str]


@dataclass(frozen=True)
class _Result:
    """The long table, and of every response its fate and the reason."""

    rows: pa.Table
    fates: list[Fate]


@dataclass(frozen=True)
class _Machine:
    """probability: (texts, themes) of distinct texts · cut: (themes,) · by: who assigned, for each theme ·
    left_out: probabilities of the labelled texts by the others, with their positions · quality: of these."""

    probability: np.ndarray
    cut: np.ndarray
    by: tuple[str, ...]
    left_out: dict[int, np.ndarray]
    quality: dict[str, float]


def code_table(
    table: pa.Table, codebook: pa.Table, *, text: str, labelled: pa.Table | None, labels: str, id: str | None,
    reader: str | None, rng: np.random.Generator, where: str, where_codebook: str, where_labelled: str,
    every: bool = False, propose: int = 0, say: Say = lambda _text: None,
) -> Coding:  # fmt: skip
    """Code every response by the codebook, learning from the labelled file where there is one. every: tell also of
    themes not given; propose: how many responses to propose for people to code next."""
    themes = read_codebook(codebook, where=where_codebook)
    names, texts = names_of(table, id, where), texts_of(table, text, where)
    _refuse_twice(names, where)
    known = dict(zip(names, texts, strict=True))
    sample = None
    if labelled is not None:
        sample = read_labelled(labelled, themes, text=text, labels=labels, id=id, known=known, where=where_labelled)
    distinct = list(dict.fromkeys(texts))
    chosen = open_reader(reader or FAST)
    say(f"read {len(distinct):,} distinct texts of {len(texts):,} with {chosen.name}")
    why = {each: _why_not(each, reads(chosen)) for each in distinct}
    tried = _nothing_is_coded(sample)
    readable = [each for each in distinct if why[each] is None or (tried and _says(each, why[each]))]
    place = {each: at for at, each in enumerate(readable)}
    machine = _machine(chosen, themes, sample, readable, rng, say)
    responses = _Responses(names, texts, why, place, [theme.name for theme in themes])
    made = _rows(responses, machine, sample, chosen)
    told = _summary(responses, made.fates, chosen, machine, sample)
    return Coding(
        made.rows, _theme_rows(themes, machine, sample, made.rows), told,
        _every(responses, machine, sample, chosen) if every else None,
        _proposed(responses, machine, sample, propose, rng) if propose else None,
    )  # fmt: skip


def _refuse_twice(names: Sequence[str], where: str) -> None:
    name, n = Counter(names).most_common(1)[0]
    if n > 1:
        raise BadInput(
            f"{n} rows are called {name!r}" if name else f"{n} rows have no id", where=where,
            cure="give every response an id of its own, or leave the column out: rows then count from 1",
        )  # fmt: skip


def _why_not(text: str, languages: frozenset[str]) -> Fate | None:
    """Fate and reason of a text from which no theme can be read; None if it can be tried."""
    nothing = says_nothing_because(text)
    if nothing:
        return "uninformative", nothing
    unread = unread_because(text, languages)
    return ("not yet read", unread) if unread else None


def _nothing_is_coded(sample: Labelled | None) -> bool:
    """Whether people gave a theme to texts such as “nothing”: the machine may then learn to do so."""
    pairs = zip(sample.text, sample.labels.sum(axis=1).tolist(), strict=True) if sample else ()
    return any(given and says_nothing_because(text) and normal(text) for text, given in pairs)


def _says(text: str, why: Fate | None) -> bool:
    """Words, if only such as “nothing”."""
    return why is not None and why[0] == "uninformative" and bool(normal(text))


# --- the machine ------------------------------------------------------------------------------------------------


def _machine(
    reader: Reader, themes: Sequence[Theme], sample: Labelled | None, texts: Sequence[str],
    rng: np.random.Generator, say: Say,
) -> _Machine:  # fmt: skip
    """Themes that people gave to some labelled text are learned; the others are found by their descriptions, and so
    are all of them where too few texts are labelled."""
    if sample is None or len(sample.text) < LEAST_LEARNED:
        return _by_words(reader, themes, sample, texts, say)
    taught = np.asarray(sample.labels.any(axis=0))
    probability = np.zeros((len(texts), len(themes)), np.float32)
    cut = np.ones(len(themes))
    if not taught.all():
        untaught = [theme for theme, known in zip(themes, taught, strict=True) if not known]
        share = _unseen(sample.labels)
        probability[:, ~taught], cut[~taught] = described(reader, untaught, texts, share=share, say=say)
    marks = sample.labels[:, taught]
    known = [theme for theme, each in zip(themes, taught, strict=True) if each]
    made = learned(reader, known, sample.text, marks, texts, rng, say)
    probability[:, taught] = made.probability
    cut[taught] = cuts(made.probability if len(texts) >= len(made.used) else made.left_out)
    every = np.zeros((len(made.used), len(themes)))
    every[:, taught] = made.left_out
    left_out = dict(zip(made.used.tolist(), every, strict=True))
    quality = _quality(made.left_out, marks[made.used].astype(np.float64))
    by = tuple(_by(reader, f"learned from {len(sample.text)}" if known else FROM_WORDS) for known in taught)
    return _Machine(probability, cut, by, left_out, quality)


def _by_words(
    reader: Reader, themes: Sequence[Theme], sample: Labelled | None, texts: Sequence[str], say: Say
) -> _Machine:
    """By descriptions, with the few labelled texts as examples; of each of these, by descriptions alone."""
    if sample is None:
        probability, cut = described(reader, themes, texts, say=say)
        return _Machine(probability, cut, (_by(reader, FROM_WORDS),) * len(themes), {}, {})
    shown = [
        replace(
            theme, examples=(*theme.examples, *(text for text, has in zip(sample.text, marks, strict=True) if has))
        )
        for theme, marks in zip(themes, sample.labels.T, strict=True)
    ]
    probability, cut = described(reader, shown, texts, say=say)
    beside = [*sample.text, *texts[:CHUNK]]
    alone = described(reader, themes, beside, say=say)[0][: len(sample.text)].astype(np.float64)
    by = tuple(
        _by(reader, f"from its description and {n} labelled examples, not calibrated" if n else FROM_WORDS)
        for n in sample.labels.sum(axis=0).tolist()
    )
    return _Machine(probability, cut, by, dict(enumerate(alone)), {})


def _unseen(labels: np.ndarray) -> float:
    """Part of the texts a theme that nobody gave is taken to be in: what all such themes together may still come to
    is as much as what people gave but once (Good 1953), and none of them more than Laplace would say."""
    n, seen = len(labels), labels.sum(axis=0)
    together = (1 + int((seen == 1).sum())) / (n + 2)
    return min(1 / (n + 2), together / int((seen == 0).sum()))


def _by(reader: Reader, how: str) -> str:
    return f"machine: {reader.name}, {how}"


def _quality(probability: np.ndarray, marks: np.ndarray) -> dict[str, float]:
    share = marks.mean(axis=0)
    return {
        "brier": round(brier(probability, marks), 4),
        "brier_of_shares_alone": round(float(np.mean(share * (1 - share))), 4),
        "calibration_error": round(calibration_error(probability, marks), 4),
    }


# --- rows ---------------------------------------------------------------------------------------------------------


class _Long:
    """The long table as it grows."""

    def __init__(self, themes: Sequence[str]) -> None:
        self._themes = themes
        self._columns: tuple[list[str], list[str], list[float | None], list[str]] = ([], [], [], [])

    def add(self, response: str, theme: int | None, probability: float | None, by: str) -> None:
        self._columns[0].append(response)
        self._columns[1].append("" if theme is None else self._themes[theme])
        self._columns[2].append(probability)
        self._columns[3].append(by)

    def table(self) -> pa.Table:
        kinds = (pa.string(), pa.string(), pa.float64(), pa.string())
        names = ("response", "theme", "probability", "assigned_by")
        return pa.table(
            {name: pa.array(column, kind) for name, column, kind in zip(names, self._columns, kinds, strict=True)}
        )


def _rows(responses: _Responses, machine: _Machine, sample: Labelled | None, reader: Reader) -> _Result:
    """What people said first, then the machine's codes, which of a text people coded are by the other texts."""
    long, fates = _Long(responses.themes), list[Fate]()
    none_by = _none_by(machine, reader)
    for name, text, coders, probability in _scored(responses, machine, sample):
        scores = np.zeros(len(machine.cut)) if probability is None else probability
        given = np.flatnonzero(scores >= machine.cut) if probability is not None else np.zeros(0, np.int64)
        if sample and coders:
            _add_people(long, name, np.asarray(sample.labels[coders].any(axis=0)))
        for theme in given:
            long.add(name, int(theme), round(float(scores[theme]), 4), machine.by[theme])
        fate: Fate = ("coded", None) if len(given) else responses.why[text] or ("no theme", None)
        if not len(given):
            long.add(name, None, None, none_by if fate[0] == "no theme" else f"machine: {fate[0]}, {fate[1]}")
        fates.append(("coded by people", None) if coders else fate)
    return _Result(long.table(), fates)


def _none_by(machine: _Machine, reader: Reader) -> str:
    return machine.by[0] if len(set(machine.by)) == 1 else f"machine: {reader.name}"


def _scored(
    responses: _Responses, machine: _Machine, sample: Labelled | None
) -> Iterator[tuple[str, str, list[int], np.ndarray | None]]:
    """Of every response its name, text, rows in which people coded it, and the machine's probabilities, without
    having seen what people said; None where it cannot tell."""
    people = _of_people(sample, responses.names)
    for name, text in zip(responses.names, responses.texts, strict=True):
        coders, at = people.get(name, []), responses.place.get(text)
        probability = next((machine.left_out[row] for row in coders if row in machine.left_out), None)
        if probability is None and at is not None:
            probability = machine.probability[at]
        yield name, text, coders, probability


def _every(responses: _Responses, machine: _Machine, sample: Labelled | None, reader: Reader) -> pa.Table:
    """What the machine holds possible of every response, whether it gives the theme or not: shares are told best
    from that, since a theme it nearly gave is worth nearly as much."""
    long, none_by = _Long(responses.themes), _none_by(machine, reader)
    for name, text, _coders, probability in _scored(responses, machine, sample):
        possible = np.zeros(0, np.int64) if probability is None else np.flatnonzero(probability >= LEAST_TOLD)
        for theme in possible:
            long.add(name, int(theme), round(float(np.asarray(probability)[theme]), 4), machine.by[theme])
        if not len(possible):
            fate = responses.why[text]
            long.add(name, None, None, f"machine: {fate[0]}, {fate[1]}" if fate and probability is None else none_by)
    return long.table()


def _proposed(
    responses: _Responses, machine: _Machine, sample: Labelled | None, n: int, rng: np.random.Generator
) -> pa.Table:
    """Half are drawn blind from all responses, by the machine's doubt where it has learned (with what chance, is
    told); half are those it is least sure of, among those nobody coded: to learn from, not to count by."""
    scored = list(_scored(responses, machine, sample))
    unknown = np.full(len(machine.cut), np.nan)
    p = np.array([unknown if each[3] is None or not machine.quality else each[3] for each in scored], np.float32)
    chance = chances(p.reshape(len(scored), len(machine.cut)), n - n // 2)
    blind = drawn(chance, rng)
    left = np.setdiff1d([at for at, each in enumerate(scored) if not each[2] and each[3] is not None], blind)
    scores = np.array([scored[at][3] for at in left.tolist()], np.float32).reshape(len(left), len(machine.cut))
    _, targeted = next_to_code(scores, machine.cut, n - len(blind), rng, blind=0.0)
    at = rng.permutation(np.concatenate([blind, left[targeted].astype(np.int64)])).tolist()
    part = ["blind" if each in set(blind.tolist()) else "targeted" for each in at]
    return pa.table({
        "response": pa.array([scored[each][0] for each in at], pa.string()),
        "text": pa.array([scored[each][1] for each in at], pa.string()),
        "part": pa.array(part, pa.string()),
        "probability": pa.array(
            [float(chance[each]) if kind == "blind" else None for each, kind in zip(at, part, strict=True)],
            pa.float64(),
        ),
        "labels": pa.array([""] * len(at), pa.string()),
    })  # fmt: skip


def _add_people(long: _Long, name: str, marks: np.ndarray) -> None:
    for theme in np.flatnonzero(marks):
        long.add(name, int(theme), 1.0, PEOPLE)
    if not marks.any():
        long.add(name, None, None, PEOPLE)


def _of_people(sample: Labelled | None, names: Sequence[str]) -> dict[str, list[int]]:
    """Response → the rows of the sample in which people coded it."""
    found: dict[str, list[int]] = {name: [] for name in names} if sample and any(sample.id) else {}
    for row, name in enumerate(sample.id if sample else ()):
        if name in found:
            found[name].append(row)
    return found


# --- what became of them ------------------------------------------------------------------------------------------


def _theme_rows(
    themes: Sequence[Theme], machine: _Machine, sample: Labelled | None, rows: pa.Table
) -> tuple[dict[str, Any], ...]:
    examples = sample.labels.sum(axis=0).tolist() if sample else [0] * len(themes)
    by_machine = Counter(
        theme
        for theme, by in zip(rows["theme"].to_pylist(), rows["assigned_by"].to_pylist(), strict=True)
        if by != PEOPLE
    )
    return tuple(
        {"theme": theme.name, "examples": examples[at], "cut": float(machine.cut[at]),
         "responses_by_machine": by_machine[theme.name], "assigned_by": machine.by[at],
         "note": _note(examples[at], len(sample.text) if sample else 0)}
        for at, theme in enumerate(themes)
    )  # fmt: skip


def _note(examples: int, of: int) -> str | None:
    """Why little should be built on a theme's codes."""
    if not of:
        return None
    if examples == 0:
        return "nobody labelled an example: found by its description alone"
    if of < LEAST_LEARNED:
        return f"fewer than {LEAST_LEARNED} labelled texts: found by its description and these examples"
    if examples == of:
        return "every labelled text has it: nothing tells it apart"
    return f"fewer than {FEW} examples: hardly learned" if examples < FEW else None


def _summary(
    responses: _Responses, fates: list[Fate], reader: Reader, machine: _Machine,
    sample: Labelled | None,
) -> dict[str, Any]:  # fmt: skip
    count = Counter(fate for fate, _reason in fates)
    reasons = Counter(reason for fate, reason in fates if fate == "not yet read")
    distinct = len({normal(text) for text in responses.texts})
    return {
        "responses": len(fates), "fates": {fate: count[fate] for fate in FATES},
        "not_yet_read": {str(reason): n for reason, n in sorted(reasons.items(), key=lambda pair: str(pair[0]))},
        "distinct_texts": distinct, "labelled": len(sample.text) if sample else 0,
        "reader": reader.name, "reader_sha256": reader.hash, "held_out": machine.quality,
        "notes": list(sample.notes) if sample else [],
    }  # fmt: skip
