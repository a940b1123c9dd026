"""What was said: themes discovered in every source of free text, and what became of every response.

The discovery is that of `fairhearing themes` (`discover`, `telling`): themes are proposed by the machine and agreed
by nobody yet. Every response is accounted for in `readings`; texts that are nearly the same are counted both ways.
Where too few different things were said to be compared, none is proposed, and that is said: people read them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..programme import Source
from ..stage import Context, Stage, Tables
from ..tables import as_declared, empty, from_rows
from .copies import copies
from .counting import Share, communities, joined, members, share
from .discover import LEAST_COMPARED, discover, granularity, sentences_of
from .readers import Reader, open_reader, reads
from .sides import SIDES, tone_in_words
from .telling import ASSIGNED_BY, Named, Responses, communities_of, fate_of, named
from .words import normal

__all__ = ["STAGE"]

COPY_WORDS = 5
"""Equal texts of fewer words are not duplicates: many people just write "traffic". They still share one text."""
NO_THEME = "no theme is near to what it says"


@dataclass(frozen=True)
class Spoken:
    """One source's responses with the table they come from, and what was found in them. of: theme id → positions of
    its responses, ascending."""

    source: Source
    table: pa.Table
    responses: Responses
    named: Named
    of: dict[str, np.ndarray]
    fate: list[str]
    reason: list[str | None]
    proposed_by: str


def _run(context: Context) -> Tables:
    reader = open_reader(context.programme.words.reader)
    made: dict[str, list[pa.Table]] = {name: [empty(name)] for name in STAGE.writes}
    for source in context.programme.sources:
        table = joined(context, "texts", ("row", "response", "person", "round", "text"), source, "t.row, t.response")
        if table.num_rows:
            spoken = _spoken(context, source, table, reader)
            made["themes"].append(from_rows("themes", list(_theme_rows(context, spoken))))
            made["codings"] += _codings(spoken)
            made["readings"].append(_readings(spoken))
            made["prevalence"].append(from_rows("prevalence", list(_prevalence_rows(context, spoken))))
            made["quotes"].append(from_rows("quotes", list(_quote_rows(spoken))))
    return {name: pa.concat_tables(tables) for name, tables in made.items()}


# --- reading ------------------------------------------------------------------------------------------------------


def _spoken(context: Context, source: Source, table: pa.Table, reader: Reader) -> Spoken:
    context.say(f"themes of {source.id}: {table.num_rows:,} responses")
    responses = _responses(context, source, table, reader)
    said = sentences_of(responses.texts, responses.can_be_read)
    at_least = context.programme.rules.publish_at_least
    rng = context.rng(f"themes of {source.id}")
    wanted = context.programme.words.themes
    found = discover(
        said, reader, wanted=wanted, at_least=at_least, rng=rng, of=communities_of(said, responses), say=context.say
    )
    told = named(responses, said, found, at_least)
    of = {f"{source.id}-{id}": theme.responses for id, theme in told.narrow()}
    few = len(said.texts) < LEAST_COMPARED
    why = f"fewer than {LEAST_COMPARED} different things were said: for people to read" if few else NO_THEME
    fate, reason = _fates(responses, of, why)
    by = _proposed_by(reader, few, granularity(found, wanted, len(of)))
    return Spoken(source, table, responses, told, of, fate, reason, by)


def _responses(context: Context, source: Source, table: pa.Table, reader: Reader) -> Responses:
    """Every response of a source with what can be said of it before any theme is known: "" where it can be themed."""
    texts = [each or "" for each in table["text"].to_pylist()]
    person = table["person"].combine_chunks().dictionary_encode().indices.to_numpy()
    group = copies([normal(each) for each in texts])
    languages = reads(reader) | frozenset(context.programme.words.languages)
    before = {text: fate_of(text, languages) for text in dict.fromkeys(texts)}
    fate, reason = [before[text][0] for text in texts], [before[text][1] for text in texts]
    names = table["response"].to_pylist()
    place = frozenset(re.findall(r"\w+", context.programme.programme.place.lower())) | {"city"}
    _mark_duplicates(names, texts, person, group, fate, reason)
    answered = _answered(source, table)
    return Responses(names, texts, fate, reason, group, person, _told(context, table), place, answered)


def _told(context: Context, table: pa.Table) -> dict[str, list[str]]:
    """Community of who wrote each, by every characteristic reported and asked for; "" where unknown."""
    reported: dict[str, set[str]] = {}
    for characteristic, category in communities(context.programme, table):
        reported.setdefault(characteristic, set()).add(category)
    return {
        characteristic: [each if each in mine else "" for each in table[f"c_{characteristic}"].to_pylist()]
        for characteristic, mine in reported.items()
    }


def _mark_duplicates(
    names: list[str], texts: list[str], person: np.ndarray, group: np.ndarray, fate: list[str], reason: list[str],
) -> None:  # fmt: skip
    """Mark every response whose text was there before: from the same person, or too long to be a coincidence."""
    seen: set[tuple[int, int]] = set()
    for place, first in enumerate(group.tolist()):
        pair = (first, int(person[place]))
        again = pair in seen or (first != place and len(texts[place].split()) >= COPY_WORDS)
        seen.add(pair)
        if again and not fate[place] and not fate[first]:
            fate[place], reason[place] = "duplicate", f"of {names[first]}"


def _fates(
    responses: Responses, of: dict[str, np.ndarray], why_other: str
) -> tuple[list[str], list[str | None]]:  # fmt: skip
    """What became of every response, and why."""
    themed = np.zeros(len(responses.names), bool)
    for places in of.values():
        themed[places] = True
    fate, reason = [], []
    for before, why, has_theme in zip(responses.fate, responses.reason, themed.tolist(), strict=True):
        fate.append(before or ("themed" if has_theme else "other"))
        reason.append(why if before else None if has_theme else why_other)
    return fate, reason


def _proposed_by(reader: Reader, few: bool, grain: str) -> str:
    if few:
        return f"machine: none proposed, as fewer than {LEAST_COMPARED} different things were said"
    return (
        f"machine: communities of sentences alike in meaning and telling words, as {reader.name} reads them "
        f"(SHA-256 {reader.hash[:12]}…); {grain}"
    )


# --- themes and codings -------------------------------------------------------------------------------------------


def _theme_rows(context: Context, spoken: Spoken) -> Iterator[dict[str, Any]]:
    """Every theme, and what is left over."""
    told = {f"{spoken.source.id}-{row['theme']}": row for row in spoken.named.themes}
    given = _labels_given(context, told)
    labels = {row["theme"]: given.get(id, row)["label"] for id, row in told.items()}
    at_least = context.programme.rules.publish_at_least
    for id, places in spoken.of.items():
        row = told[id]
        differs = row["differs"]
        yield _counts(spoken, places) | {
            "theme": id, "kind": "proposed", "label": labels[row["theme"]],
            "label_by": given[id]["by"] if id in given else None, "description": row["description"],
            "broad": labels.get(row["parent"]), "words": row["terms"], "stability": row["stability"],
            "differs": _differs(differs, labels[differs["from"]]) if differs else None,
            "position": _position(spoken, row), "tone": tone_in_words(row["tone"], at_least) or None,
            "over": [f"{each['characteristic']}: {each['community']}" for each in row["communities"]],
        }  # fmt: skip
    left = np.array([each == "other" for each in spoken.fate], bool)
    if left.any():
        other = spoken.named.other(spoken.fate)
        terms = ", ".join(f"“{term}”" for term in other["terms"][:6])
        yield _counts(spoken, np.flatnonzero(left)) | {
            "theme": f"{spoken.source.id}:left-over", "kind": "left over", "label": "Other: in no theme",
            "description": f"Commonest here: {terms}." if terms else "Nothing in it is common.",
            "words": other["terms"], "position": "not read", "over": [],
        }  # fmt: skip


def _labels_given(context: Context, told: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Labels that a server was asked for, of themes whose telling phrases are still those that were sent; the last
    one counts. None that is the label of another theme."""
    rows = context.query("SELECT * FROM theme_labels WHERE label IS NOT NULL ORDER BY event, theme").to_pylist()
    own = {row["label"].casefold() for row in told.values()}
    return {
        row["theme"]: {"label": row["label"], "by": f"{row['model']} at {row['url']}"}
        for row in rows
        if row["theme"] in told and row["words"] == told[row["theme"]]["terms"] and row["label"].casefold() not in own
    }


def _counts(spoken: Spoken, places: np.ndarray) -> dict[str, Any]:
    return {
        "source": spoken.source.id, "responses": len(places), "proposed_by": spoken.proposed_by,
        "distinct": len(np.unique(spoken.responses.group[places])),
        "n": len(np.unique(spoken.responses.person[places])),
    }  # fmt: skip


def _differs(differs: dict[str, Any], label: str) -> str:
    """From the nearest theme, in words people use more in one than in the other."""
    here, there = (", ".join(f"“{word}”" for word in differs[side]) for side in ("here", "there"))
    return f"nearest to “{label}”; here rather {here or 'no word of its own'}; there rather {there or 'none'}"


def _position(spoken: Spoken, row: Mapping[str, Any]) -> str:
    if spoken.source.position is not None and not spoken.responses.answered:
        return "not asked"
    return str(row["position"])


def _answered(source: Source, table: pa.Table) -> list[str]:
    """What the writer of each response answered to the closed question, "" where nothing; empty: none was put."""
    column = f"c_{source.position}"
    if source.position is None or column not in table.column_names:
        return []
    return [each if each in SIDES else "" for each in table[column].to_pylist()]


def _codings(spoken: Spoken) -> Iterator[pa.Table]:
    names = pa.array(spoken.responses.names, pa.string())
    for id, places in spoken.of.items():
        n = len(places)
        yield as_declared("codings", pa.table({
            "response": names.take(pa.array(places)), "theme": pa.repeat(id, n), "score": np.ones(n),
            "assigned_by": pa.repeat(ASSIGNED_BY, n),
        }))  # fmt: skip


def _readings(spoken: Spoken) -> pa.Table:
    """One row for every response, whatever became of it."""
    group, n = spoken.responses.group, len(spoken.fate)
    return as_declared("readings", pa.table({
        "source": pa.repeat(spoken.source.id, n), "response": pa.array(spoken.responses.names, pa.string()),
        "reading": pa.array(spoken.fate, pa.string()), "reason": pa.array(spoken.reason, pa.string()),
        "copies": np.bincount(group, minlength=n)[group],
    }))  # fmt: skip


# --- prevalence ---------------------------------------------------------------------------------------------------


def _prevalence_rows(context: Context, spoken: Spoken) -> Iterator[dict[str, Any]]:
    """Each theme in each round, for everyone and for each community, mentioned or not."""
    table, heard, person = spoken.table, spoken.responses.can_be_read, spoken.responses.person
    of = list(communities(context.programme, table))
    inside: dict[tuple[str | None, str | None], np.ndarray] = {(None, None): np.ones(len(heard), bool)}
    inside |= {(of_kind, category): members(table[f"c_{of_kind}"], category) for of_kind, category in of}
    rounds, weight = table["round"].to_pylist(), table["weight"].to_numpy()
    says = {id: _flags(places, len(heard)) for id, places in spoken.of.items()}
    for round in dict.fromkeys(rounds):
        now = heard & np.array([each == round for each in rounds], bool)
        for (characteristic, community), member in inside.items():
            here = np.flatnonzero(now & member)
            people, first = np.unique(person[here], return_index=True)
            for id, said in says.items():
                yes = here[said[here]]
                part = share(weight[here[first]], np.isin(people, person[yes]))
                yield {
                    "source": spoken.source.id, "round": round, "theme": id, "characteristic": characteristic,
                    "community": community, "mentions": part.count,
                    "distinct": len(np.unique(spoken.responses.group[yes])),
                } | _estimate(spoken.source, part)  # fmt: skip


def _flags(places: np.ndarray, n: int) -> np.ndarray:
    flags = np.zeros(n, dtype=bool)
    flags[places] = True
    return flags


def _estimate(source: Source, part: Share) -> dict[str, Any]:
    margin = source.has_margin
    return {
        "n": part.n, "estimate": part.estimate,
        "low": part.low if margin else None, "high": part.high if margin else None, "method": _method(source),
    }  # fmt: skip


def _method(source: Source) -> str:
    what = (
        "weighted share of whom the machine put something under the theme, among people who wrote something "
        "that says something and could be read; its mistakes are in it"
    )
    if source.has_margin:
        return f"{what}; 95% Wilson interval on the effective n, for sampling alone, not for misreading"
    return f"{what}; no interval: the sample is {source.sample}, so it has no margin of error"


# --- quotes -------------------------------------------------------------------------------------------------------


def _quote_rows(spoken: Spoken) -> Iterator[dict[str, Any]]:
    """The most typical and the strongest sentences of every theme, and of what is left over."""
    told = {f"{spoken.source.id}-{row['theme']}": row["quotes"] for row in spoken.named.themes}
    left = spoken.named.other(spoken.fate)["quotes"] if "other" in spoken.fate else []
    for id, quotes in [*((id, told[id]) for id in spoken.of), (f"{spoken.source.id}:left-over", left)]:
        yield from _placed(spoken.source, id, quotes)


def _placed(source: Source, id: str, quotes: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return ({"source": source.id, "about": "theme", "key": id, "experience": None} | quote for quote in quotes)


STAGE = Stage(
    name="themes",
    reads=("texts", "people", "weights", "theme_labels"),
    writes=("themes", "codings", "readings", "prevalence", "quotes"),
    run=_run,
    why="hear texts: what was said, and what became of every response",
)
