"""What was said, grouped by the words people used.

A theme here is a list of phrases: a response belongs to it if it contains any of them, so every count can be checked
by hand, and nothing is claimed about meaning or position. Every response is accounted for in `readings`; texts that
are nearly the same are counted both ways. Themes are proposed by the machine and agreed by nobody yet.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..programme import Source
from ..stage import Context, Stage, Tables
from ..tables import empty, from_rows
from .copies import copies
from .counting import Share, communities, joined, members, share
from .keyphrases import Family, families
from .languages import unread_because
from .words import PhraseFinder, around, normal, says_nothing_because, sentences

__all__ = ["STAGE"]

MOST_THEMES, QUOTES = 20, 3
CONSIDERED = 3 * MOST_THEMES
COPY_WORDS = 5
"""Equal texts of fewer words are not duplicates: many people just write "traffic". They still share one text."""
PROPOSED_BY = "machine: keyphrases grouped by the responses they occur in"
ASSIGNED_BY = "machine: the theme's words are in the text"


@dataclass(frozen=True)
class Responses:
    """The responses of one source, in the order of the file."""

    table: pa.Table
    id: list[str]
    text: list[str]
    person: np.ndarray
    """(responses,) number of the person within the source."""
    group: np.ndarray
    """(responses,) first response with the same or nearly the same text."""
    reading: list[str]
    reason: list[str | None]

    @property
    def heard(self) -> np.ndarray:
        """(responses,) true where the text says something that can be read."""
        return np.array([each in ("", "duplicate") for each in self.reading], dtype=bool)


@dataclass(frozen=True)
class Theme:
    """A family of keyphrases and the responses (positions) that contain any of its words."""

    id: str
    family: Family
    responses: np.ndarray


def _run(context: Context) -> Tables:
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in STAGE.writes}
    for source in context.programme.sources:
        responses = _responses(context, source)
        if responses.id:
            context.say(f"themes of {source.id}: {len(responses.id)} responses")
            themes = _themes(context, source, responses)
            made["themes"] += [_theme_row(source, theme, responses) for theme in themes]
            made["codings"] += _coding_rows(themes, responses)
            made["readings"] += _reading_rows(source, themes, responses)
            made["prevalence"] += _prevalence_rows(context, source, themes, responses)
            made["quotes"] += [row for theme in themes for row in _quote_rows(source, theme, responses)]
    return {name: from_rows(name, rows) if rows else empty(name) for name, rows in made.items()}


# --- reading ------------------------------------------------------------------------------------------------------


def _responses(context: Context, source: Source) -> Responses:
    """Every response of a source with what can be said of it before any theme is known: "" where it can be themed."""
    table = joined(context, "texts", ("row", "response", "person", "round", "text"), source, "t.row, t.response")
    text = [each or "" for each in table["text"].to_pylist()]
    person = table["person"].combine_chunks().dictionary_encode().indices.to_numpy()
    group = copies([normal(each) for each in text])
    reading, reason = [], []
    for each in text:
        nothing = says_nothing_because(each)
        unread = None if nothing else unread_because(each)
        reading.append("uninformative" if nothing else "not yet read" if unread else "")
        reason.append(nothing or unread)
    ids = table["response"].to_pylist()
    _mark_duplicates(ids, text, person, group, reading, reason)
    return Responses(table, ids, text, person, group, reading, reason)


def _mark_duplicates(
    ids: list[str], text: list[str], person: np.ndarray, group: np.ndarray,
    reading: list[str], reason: list[str | None],
) -> None:  # fmt: skip
    """Mark every response whose text was there before: from the same person, or too long to be a coincidence."""
    seen: set[tuple[int, int]] = set()
    for place, first in enumerate(group.tolist()):
        pair = (first, int(person[place]))
        again = pair in seen or (first != place and len(text[place].split()) >= COPY_WORDS)
        seen.add(pair)
        if again and not reading[place] and not reading[first]:
            reading[place], reason[place] = "duplicate", f"of {ids[first]}"


# --- themes -------------------------------------------------------------------------------------------------------


def _themes(context: Context, source: Source, responses: Responses) -> list[Theme]:
    """Up to MOST_THEMES themes, each of enough people, chosen so that together they account for the most texts."""
    at_least = context.programme.rules.publish_at_least
    texts = [text for text, reading in zip(responses.text, responses.reading, strict=True) if reading == ""]
    place = frozenset(re.findall(r"\w+", context.programme.programme.place.lower()))
    found = families(texts, at_least=at_least, leave_out=place)[:CONSIDERED]
    coded = _coded(found, responses)
    enough = [i for i, each in enumerate(coded) if len(np.unique(responses.person[each])) >= at_least]
    chosen = _chosen([set(responses.group[coded[i]].tolist()) for i in enough])
    taken: set[str] = set()
    themes = [Theme(_id(source, found[enough[i]], taken), found[enough[i]], coded[enough[i]]) for i in chosen]
    return sorted(themes, key=lambda theme: (-len(np.unique(responses.person[theme.responses])), theme.id))


def _coded(found: list[Family], responses: Responses) -> list[np.ndarray]:
    """Positions of the responses that contain any word of each family."""
    finder = PhraseFinder({str(i): family.words for i, family in enumerate(found)})
    coded: list[list[int]] = [[] for _ in found]
    for place in np.flatnonzero(responses.heard).tolist():
        for key in sorted({int(hit.key) for hit in finder.find(responses.text[place])}):
            coded[key].append(place)
    return [np.array(each, dtype=np.int64) for each in coded]


def _chosen(texts: list[set[int]]) -> list[int]:
    """Greedily the sets that add most distinct texts to those before; the first of equals."""
    covered: set[int] = set()
    left = list(range(len(texts)))
    chosen: list[int] = []
    while left and len(chosen) < MOST_THEMES:
        best = max(left, key=lambda i: (len(texts[i] - covered), -i))
        if not texts[best] - covered:
            break
        left.remove(best)
        chosen.append(best)
        covered |= texts[best]
    return chosen


def _id(source: Source, family: Family, taken: set[str]) -> str:
    """source-first-phrase, unique within the source."""
    plain = unicodedata.normalize("NFKD", family.label[0]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "theme"
    id, number = f"{source.id}-{slug}", 2
    while id in taken:
        id, number = f"{source.id}-{slug}-{number}", number + 1
    taken.add(id)
    return id


def _theme_row(source: Source, theme: Theme, responses: Responses) -> dict[str, Any]:
    return {
        "source": source.id, "theme": theme.id, "label": " · ".join(theme.family.label),
        "words": list(theme.family.words), "responses": len(theme.responses),
        "distinct": len(np.unique(responses.group[theme.responses])),
        "n": len(np.unique(responses.person[theme.responses])), "proposed_by": PROPOSED_BY,
    }  # fmt: skip


def _coding_rows(themes: list[Theme], responses: Responses) -> list[dict[str, Any]]:
    return [
        {"response": responses.id[place], "theme": theme.id, "score": 1.0, "assigned_by": ASSIGNED_BY}
        for theme in themes
        for place in theme.responses.tolist()
    ]


def _reading_rows(source: Source, themes: list[Theme], responses: Responses) -> list[dict[str, Any]]:
    """One row for every response, whatever became of it."""
    themed = {place for theme in themes for place in theme.responses.tolist()}
    sizes = Counter(responses.group.tolist())
    rows = []
    for place, id in enumerate(responses.id):
        reading, reason = responses.reading[place], responses.reason[place]
        if not reading:
            reading = "themed" if place in themed else "other"
            reason = None if place in themed else "none of the themes' words"
        copies = sizes[int(responses.group[place])]
        rows.append({"source": source.id, "response": id, "reading": reading, "reason": reason, "copies": copies})
    return rows


# --- prevalence ---------------------------------------------------------------------------------------------------


def _prevalence_rows(
    context: Context, source: Source, themes: list[Theme], responses: Responses
) -> list[dict[str, Any]]:
    """Each theme in each round, for everyone and for each community, mentioned or not."""
    table, heard = responses.table, responses.heard
    of = list(communities(context.programme, table))
    inside = {(None, None): np.ones(len(heard), dtype=bool)} | {
        (characteristic, category): members(table[f"c_{characteristic}"], category) for characteristic, category in of
    }
    rounds, weight, rows = table["round"].to_pylist(), table["weight"].to_numpy(), []
    says = {theme.id: _flags(theme.responses, len(heard)) for theme in themes}
    for round in dict.fromkeys(rounds):
        now = heard & np.array([each == round for each in rounds], dtype=bool)
        for (characteristic, community), member in inside.items():
            here = np.flatnonzero(now & member)
            people, first = np.unique(responses.person[here], return_index=True)
            for theme in themes:
                yes = here[says[theme.id][here]]
                part = share(weight[here[first]], np.isin(people, responses.person[yes]))
                rows.append(
                    {"source": source.id, "round": round, "theme": theme.id, "characteristic": characteristic,
                     "community": community, "mentions": part.count,
                     "distinct": len(np.unique(responses.group[yes]))} | _estimate(source, part)
                )  # fmt: skip
    return rows


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
        "weighted share whose text contains any of the theme's words, among people who wrote something that says "
        "something and could be read; no claim about meaning"
    )
    if source.has_margin:
        return f"{what}; 95% Wilson interval on Kish's effective n, for sampling alone, not for misreading"
    return f"{what}; no interval: the sample is {source.sample}, so it has no margin of error"


# --- quotes -------------------------------------------------------------------------------------------------------


def _quote_rows(source: Source, theme: Theme, responses: Responses) -> Iterator[dict[str, Any]]:
    """Up to QUOTES sentences from different people and different texts: those with most of the theme's words and of
    middling length come first, then the order of the file."""
    finder = PhraseFinder({word: (word,) for word in theme.family.words})
    ranked = []
    for place in theme.responses.tolist():
        if responses.reading[place] == "":
            start, end, words = _sentence(finder, responses.text[place])
            ranked.append((_unfit(responses.text[place][start:end], words), place, start, end))
    people: set[int] = set()
    said: set[int] = set()
    for _unfitness, place, start, end in sorted(ranked):
        person, text = int(responses.person[place]), int(responses.group[place])
        if person not in people and text not in said and len(people) < QUOTES:
            people.add(person)
            said.add(text)
            yield {
                "source": source.id, "about": "theme", "key": theme.id, "experience": None,
                "response": responses.id[place], "start": start, "end": end,
                "exact": responses.text[place][start:end],
            }  # fmt: skip


def _sentence(finder: PhraseFinder, text: str) -> tuple[int, int, int]:
    """The sentence with most different words of the theme, the first of equals: start, end, how many."""
    spans, found = list(sentences(text)), dict[tuple[int, int], set[str]]()
    last = (0, 0)
    for hit in finder.find(text):
        if not (last[0] <= hit.start and hit.end <= last[1]):
            last = around(text, spans, hit.start, hit.end)
        found.setdefault(last, set()).add(hit.key)
    (start, end), words = min(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return start, end, len(words)


def _unfit(sentence: str, words: int) -> tuple[bool, bool, bool, int, int]:
    """What makes a quote hard to read or off the point; smaller is better."""
    length = len(sentence)
    shouted = sentence.isupper()
    return (
        not 40 <= length <= 260,
        "[" in sentence or "<" in sentence,
        shouted,
        -min(words, 3),
        abs(length - 120) // 40,
    )


STAGE = Stage(
    name="themes",
    reads=("texts", "people", "weights"),
    writes=("themes", "codings", "readings", "prevalence", "quotes"),
    run=_run,
    why="hear texts: what was said, and what became of every response",
)
