"""Discovered themes in people's own words: which responses hold each, its label, what parts it from its neighbour,
whose it is, and exact quotes. The same for a run and for `fairhearing themes`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from .discover import Discovered, Sentences
from .languages import unread_because
from .readers import Reader
from .sides import SIDES, is_split, parted, position
from .theme_words import TERMS, description
from .tone import BLAME, BOTH, PRAISE, tone
from .words import around, normal, says_nothing_because

__all__ = ["ASSIGNED_BY", "AT_LEAST", "Named", "Responses", "Theme", "communities_of", "fate_of", "method", "named",
           "rows_of"]  # fmt: skip

AT_LEAST = 10
OFTEN = 2.0
"""How many times the others' share makes a theme one of which a community speaks more."""
TYPICAL, STRONGEST, MANY = 2, 2, 3
SPARE = 4
"""Telling phrases looked for beyond those kept, should some only name the place."""
LONG_ENOUGH, TOO_LONG, CUT = 30, 260, 320
UNSTABLE, LOOSE = 0.5, 0.5
"""Stability below which a theme is dissolved more often than not; part of its links that stay in it below which most
of what is near to it lies elsewhere. Both: a catch-all, and it is called so."""
MIXED = "Mixed: "
LOOKED_AT = 1000
"""Sentences nearest the middle of a theme among which one of each side is looked for."""
ASSIGNED_BY = "machine: nearest theme of a sentence"


@dataclass(frozen=True)
class Responses:
    """What was written. fate, reason: "" where it can be themed · group: (responses,) first response of the same or
    nearly the same text · person: (responses,) number of who wrote it · told: characteristic → community of each by
    it, "" where unknown."""

    names: list[str]
    texts: list[str]
    fate: list[str]
    reason: list[str]
    group: np.ndarray
    person: np.ndarray
    told: Mapping[str, list[str]]
    place: frozenset[str] = frozenset()
    """Words of the place it is all about, in small letters: they tell no theme from another."""
    answered: Sequence[str] = ()
    """What the writer of each answered to the closed question: for, against, mixed or ""; empty: none was put."""

    @property
    def can_be_read(self) -> np.ndarray:
        """(responses,) true where the text says something and could be read."""
        return np.array([fate in ("", "duplicate") for fate in self.fate], bool)

    @property
    def heard(self) -> int:
        """Responses that say something and could be read."""
        return int(self.can_be_read.sum())


def fate_of(text: str, languages: frozenset[str]) -> tuple[str, str]:
    """What becomes of a text that cannot be themed, and why; "" twice where it can. languages: read too."""
    nothing = says_nothing_because(text)
    if nothing:
        return "uninformative", nothing
    unread = unread_because(text, languages)
    return ("not yet read", unread) if unread else ("", "")


def communities_of(said: Sentences, responses: Responses) -> np.ndarray:
    """(characteristics, distinct sentences) community of whoever wrote each; -1: unknown, or several did."""
    found = [_community_of(said, each) for each in responses.told.values()]
    return np.stack(found) if found else np.zeros((0, len(said.texts)), np.int64)


def _community_of(said: Sentences, community: Sequence[str]) -> np.ndarray:
    categories = {name: number for number, name in enumerate(sorted(set(community) - {""}))}
    of = np.array([categories.get(each, -1) for each in community], np.int64)[said.response]
    low, high = np.full(len(said.texts), len(categories)), np.full(len(said.texts), -1)
    np.minimum.at(low, said.which, of)
    np.maximum.at(high, said.which, of)
    return np.where(low == high, high, -1)


def named(responses: Responses, said: Sentences, found: Discovered, at_least: int) -> Named:
    """The themes that enough people speak of, at two levels. at_least: people of the smallest theme."""
    fit = [_theme(said, found, (i,)) for i in range(len(found.stability))]
    narrow = [theme for theme in fit if len(np.unique(responses.person[theme.responses])) >= at_least]
    kept = {theme.numbers[0] for theme in narrow}
    parents = [
        tuple(i for i in np.flatnonzero(found.broad == number).tolist() if i in kept)
        for number in range(int(found.broad.max(initial=-1)) + 1)
    ]
    broad = [_theme(said, found, numbers) for numbers in parents if len(numbers) > 1]
    return Named(responses, said, found, narrow, broad, at_least)


@dataclass(frozen=True)
class Theme:
    """number: of the theme, -1 of a broad one · sentences, basis: positions among the distinct sentences, and among
    those the vocabulary knows · responses: positions, sorted."""

    numbers: tuple[int, ...]
    sentences: np.ndarray
    basis: np.ndarray
    responses: np.ndarray


def _theme(said: Sentences, found: Discovered, numbers: tuple[int, ...]) -> Theme:
    inside = np.isin(found.theme, numbers)
    at = np.flatnonzero(inside)
    return Theme(numbers, at, np.flatnonzero(inside[found.basis]), np.unique(said.response[inside[said.which]]))


class Named:
    """Themes with labels, each different from the others'."""

    def __init__(
        self, file: Responses, said: Sentences, found: Discovered, narrow: list[Theme], broad: list[Theme],
        at_least: int,
    ) -> None:  # fmt: skip
        self._file, self._said, self._found, self._at_least = file, said, found, at_least
        self._of = _by_sentence(said)
        heard = np.flatnonzero(file.can_be_read).tolist()
        self._wrote = {kind: Counter(of[i] for i in heard if of[i]) for kind, of in file.told.items()}
        self._terms: dict[tuple[int, ...], list[str]] = {}
        self._id: dict[tuple[int, ...], str] = {}
        self._label: dict[tuple[int, ...], str] = {}
        self._tone: dict[int, str] = {}
        self._order = sorted(narrow, key=lambda theme: (-len(theme.responses), theme.numbers))
        self._broad = sorted(broad, key=lambda theme: (-len(theme.responses), theme.numbers))
        for theme in (*self._order, *self._broad):
            self._name(theme)

    def _name(self, theme: Theme) -> None:
        terms = self._without_place(self._found.vocabulary.telling(theme.basis, TERMS + SPARE))[:TERMS]
        if not terms:
            nearest = min(theme.sentences.tolist(), key=lambda i: (-round(float(self._found.alike[i]), 9), i))
            terms = [self._said.texts[nearest][:60]]
        taken = set(self._label.values())
        label = next(
            (
                found
                for n in range(min(3, len(terms)), len(terms) + 1)
                if (found := " · ".join(terms[:n])) not in taken
            ),
            None,
        )
        label = label or f"{' · '.join(terms[:3])} ({len(taken) + 1})"
        label = MIXED + label if self._is_mixed(theme) else label
        self._terms[theme.numbers], self._label[theme.numbers] = terms, label
        self._id[theme.numbers] = _id(label, set(self._id.values()))

    def _is_mixed(self, theme: Theme) -> bool:
        """A theme that holds together loosely and is hardly found again."""
        at = theme.numbers[0]
        loose = self._found.stability[at] < UNSTABLE and self._found.inside[at] < LOOSE
        return len(theme.numbers) == 1 and bool(loose)

    def _without_place(self, terms: Sequence[str]) -> list[str]:
        return [term for term in terms if not self._file.place or not set(term.split()) <= self._file.place | {"of"}]

    def narrow(self) -> Iterator[tuple[str, Theme]]:
        """Id and theme of every narrower theme, the one in most responses first."""
        return ((self._id[theme.numbers], theme) for theme in self._order)

    def id_of(self, number: int) -> str | None:
        return self._id.get((number,))

    @cached_property
    def themes(self) -> tuple[dict[str, Any], ...]:
        """Rows of the broad themes and, under each, the narrower."""
        rows: list[dict[str, Any]] = []
        parent = {number: theme.numbers for theme in self._broad for number in theme.numbers}
        alone = [theme for theme in self._order if theme.numbers[0] not in parent]
        tops = sorted([*self._broad, *alone], key=lambda theme: (-len(theme.responses), theme.numbers))
        for top in tops:
            rows.append(self._row(top, None))
            if len(top.numbers) > 1:
                rows += [
                    self._row(theme, self._id[top.numbers])
                    for theme in self._order
                    if theme.numbers[0] in top.numbers
                ]
        return tuple(rows)

    def _row(self, theme: Theme, parent: str | None) -> dict[str, Any]:
        stability = float(np.mean(self._found.stability[list(theme.numbers)]))
        terms = self._terms[theme.numbers]
        groups = self._file.group[theme.responses]
        return {
            "theme": self._id[theme.numbers], "parent": parent, "label": self._label[theme.numbers],
            "description": description(terms, len(theme.sentences)), "responses": len(theme.responses),
            "distinct": len(np.unique(groups)), "share": round(len(theme.responses) / max(self._file.heard, 1), 6),
            "stability": round(stability, 3), "unstable": stability < UNSTABLE,
            "cohesion": round(float(self._found.alike[theme.sentences].mean()), 3), "terms": terms,
            "differs": self._differs(theme), "communities": self._over(theme),
            "position": self._position(theme), "tone": self._tones(theme), "quotes": self._quotes(theme),
        }  # fmt: skip

    def _position(self, theme: Theme) -> str:
        """What most of those who speak of it answered to the closed question; the words are never read for it."""
        if not self._file.answered:
            return "not read"
        _people, first = np.unique(self._file.person[theme.responses], return_index=True)
        return position([self._file.answered[i] for i in theme.responses[first].tolist()], self._at_least)

    def _tones(self, theme: Theme) -> dict[str, int]:
        """Of the distinct sentences compared: how many praise, blame or do both, as their words tell."""
        tones = Counter(self._tone_of(i) for i in self._found.basis[theme.basis].tolist())
        return {"sentences": len(theme.basis)} | {side: tones[side] for side in (PRAISE, BLAME, BOTH)}

    def _tone_of(self, sentence: int) -> str:
        if sentence not in self._tone:
            self._tone[sentence] = tone(self._said.written[sentence])
        return self._tone[sentence]

    def _differs(self, theme: Theme) -> dict[str, Any] | None:
        """From the theme whose centre is nearest: what is said more here, and more there."""
        if len(theme.numbers) > 1 or len(self._order) < 2:
            return None
        others = [each for each in self._order if each.numbers != theme.numbers]
        number = theme.numbers[0]
        other = max(others, key=lambda each: (float(self._found.near[number, each.numbers[0]]), -each.numbers[0]))
        words = self._found.vocabulary
        return {
            "from": self._id[other.numbers], "here": self._without_place(words.apart(theme.basis, other.basis)),
            "there": self._without_place(words.apart(other.basis, theme.basis)),
        }  # fmt: skip

    def _over(self, theme: Theme) -> list[dict[str, Any]]:
        """Communities of whom at least twice the share of the others wrote so, by enough responses; those of every
        characteristic."""
        return [row for kind in self._file.told for row in self._over_by(kind, theme)]

    def _over_by(self, kind: str, theme: Theme) -> Iterator[dict[str, Any]]:
        wrote, of = self._wrote[kind], self._file.told[kind]
        here = Counter(of[i] for i in theme.responses.tolist() if of[i])
        whole, inside = sum(wrote.values()), sum(here.values())
        for name in sorted(here):
            rest, of_rest = inside - here[name], whole - wrote[name]
            share, others = here[name] / wrote[name], rest / max(of_rest, 1)
            if self._people(kind, name, theme) >= self._at_least and of_rest and share >= OFTEN * others:
                yield {"characteristic": kind, "community": name, "responses": here[name], "of": wrote[name],
                       "share": round(share, 6), "share_of_others": round(others, 6)}  # fmt: skip

    def _people(self, kind: str, name: str, theme: Theme) -> int:
        of = self._file.told[kind]
        return len({int(self._file.person[i]) for i in theme.responses.tolist() if of[i] == name})

    def _quotes(self, theme: Theme) -> list[dict[str, Any]]:
        """The most typical sentences, then those that are the theme's most of all and say most."""
        alike, margin = np.round(self._found.alike, 6), np.round(self._found.margin, 6)
        at = theme.sentences.tolist()
        length = [len(self._said.texts[i]) for i in at]
        good = [i for i, n in zip(at, length, strict=True) if LONG_ENOUGH <= n <= TOO_LONG and self._quotable(i)]
        good = good or sorted(at, key=lambda i: (abs(len(self._said.texts[i]) - 100), i))[:8]
        terms = [normal(term) for term in self._terms[theme.numbers]]
        holds = {i: sum(f" {term} " in f" {self._said.texts[i]} " for term in terms) for i in good}
        typical = sorted(good, key=lambda i: (-alike[i], i))
        strongest = sorted(
            (i for i in good if margin[i] > 0), key=lambda i: (-min(holds[i], MANY), -margin[i] - alike[i] / 2, i)
        )
        seen: set[tuple[str, int]] = set()
        sides = self._sides(theme, typical)
        return [
            *self._taken(typical, TYPICAL, "typical", seen),
            *(row for side, ranked in sides.items() for row in self._taken(ranked, 1, side, seen)),
            *self._taken(strongest, 0 if sides else STRONGEST, "strongest", seen),
        ]

    def _sides(self, theme: Theme, ranked: list[int]) -> dict[str, list[int]]:
        """Sentences of either side of a theme that has two: by what their writers answered, else by their words."""
        ranked = ranked[:LOOKED_AT]
        if self._file.answered:
            of = {i: self._file.answered[self._place(i)[0]] for i in ranked}
            answers = {side: self._answering(theme, side) for side in SIDES[:2]}
            return parted(of, ranked) if min(answers.values()) >= self._at_least else {}
        if len(theme.numbers) > 1 or not is_split(self._tones(theme)):  # a broad one praises one, blames another
            return {}
        return parted({i: self._tone_of(i) for i in ranked}, ranked, (PRAISE, BLAME))

    def _answering(self, theme: Theme, side: str) -> int:
        """People who speak of the theme and answered so."""
        here = [i for i in theme.responses.tolist() if self._file.answered[i] == side]
        return len(np.unique(self._file.person[here]))

    def _quotable(self, sentence: int) -> bool:
        written = self._said.written[sentence]
        return not (written.isupper() or "<" in written or "[" in written)

    def _taken(self, ranked: list[int], number: int, kind: str, seen: set[tuple[str, int]]) -> list[dict[str, Any]]:
        """From different texts, and as far as known from different people."""
        rows: list[dict[str, Any]] = []
        for sentence in ranked:
            response, start, end = self._place(sentence)
            new = {("text", int(self._file.group[response])), ("person", int(self._file.person[response]))}
            if not new & seen and len(rows) < number:
                seen |= new
                text = self._file.texts[response]
                if end - start > CUT:
                    start, end = around(text, [(start, end)], start, start, CUT)
                rows.append({"response": self._file.names[response], "start": start, "end": end,
                             "exact": text[start:end], "kind": kind})  # fmt: skip
        return rows

    def _place(self, sentence: int) -> tuple[int, int, int]:
        """Where the sentence stands, in the first of the responses by name."""
        first, starts = self._of
        among = first[starts[sentence] : starts[sentence + 1]].tolist()
        at = min(among, key=lambda i: (self._file.names[int(self._said.response[i])], int(self._said.start[i])))
        return int(self._said.response[at]), int(self._said.start[at]), int(self._said.end[at])

    def other(self, fate: Sequence[str]) -> dict[str, Any]:
        """What those wrote of whom no sentence lies near a theme."""
        left = np.array([each == "other" for each in fate], bool)
        here = np.unique(self._said.which[left[self._said.response]]) if len(left) else np.zeros(0, np.int64)
        basis = np.flatnonzero(np.isin(self._found.basis, here))
        terms = self._found.vocabulary.telling(basis)
        theme = Theme((-1,), here, basis, np.flatnonzero(left))
        self._terms[(-1,)] = terms
        return {
            "responses": int(left.sum()), "distinct": len(np.unique(self._file.group[left])),
            "terms": terms, "quotes": self._quotes(theme) if len(here) else [],
        }  # fmt: skip

    def codebook(self) -> pa.Table:
        rows = [
            {"theme": _plain(self._label[theme.numbers]),
             "description": description(self._terms[theme.numbers], len(theme.sentences)),
             "examples": "; ".join(_plain(quote["exact"]) for quote in self._quotes(theme))}
            for theme in self._order
        ]  # fmt: skip
        names = ("theme", "description", "examples")
        return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})


def _by_sentence(said: Sentences) -> tuple[np.ndarray, np.ndarray]:
    """Places of each distinct sentence, and where each begins among them."""
    order = np.argsort(said.which, kind="stable")
    return order, np.concatenate([[0], np.cumsum(np.bincount(said.which, minlength=len(said.texts)))])


def _plain(text: str) -> str:
    """On one line, without what parts examples."""
    return re.sub(r"\s+", " ", text.replace(";", ","))


def _id(label: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "theme"
    return next(f"{slug}-{n}" if n > 1 else slug for n in range(1, len(taken) + 2) if
                (f"{slug}-{n}" if n > 1 else slug) not in taken)  # fmt: skip


def rows_of(responses: Responses, said: Sentences, found: Discovered, named: Named) -> pa.Table:
    """Response and theme, with the similarity of the sentence nearest to its centre; the nearest theme first."""
    theme, alike = found.theme[said.which], found.alike[said.which]
    at = np.flatnonzero([named.id_of(int(i)) is not None for i in theme] if len(theme) else [])
    order = at[np.lexsort((-alike[at], theme[at], said.response[at]))]
    pair = np.stack([said.response[order], theme[order]], axis=1)
    first = order[np.concatenate([[True], (pair[1:] != pair[:-1]).any(axis=1)])] if len(order) else order
    first = first[np.lexsort((theme[first], -np.round(alike[first], 4), said.response[first]))]
    names = responses.names
    return pa.table(
        {
            "response": pa.array([names[i] for i in said.response[first].tolist()], pa.string()),
            "theme": pa.array([named.id_of(i) for i in theme[first].tolist()], pa.string()),
            "similarity": pa.array(np.round(alike[first], 4), pa.float64()),
            "assigned_by": pa.array([ASSIGNED_BY] * len(first), pa.string()),
        }
    )


def method(reader: Reader, found: Discovered) -> str:
    return (
        f"distinct sentences compared by meaning ({reader.name}) and by telling words; communities (Leiden) of the "
        f"nearest-neighbour graph of {len(found.basis):,} of {len(found.theme):,}; the others to the nearest theme; "
        "stability: mean best Jaccard similarity when found again on random 80–95% of them; counts are the "
        "machine's, not people's: correct them with `fairhearing prevalence`"
    )
