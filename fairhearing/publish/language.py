"""The language check: what the report says in its own words is read before anybody else reads it.

Verbatim words (quotes, statements, questions and answers on the record, item wordings) are marked in the page with
`data-words` and pass unread: people are not corrected. Names given in programme.toml are not ours either, and are
taken out before a sentence is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Protocol

from ..errors import Unsafe
from ..programme import Programme

__all__ = ["Rule", "Violation", "check", "prose", "violations"]


class Rule(Protocol):
    """Wording that must not be used, why, and what to say in its place."""

    @property
    def id(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def instead(self) -> str: ...

    def found_in(self, text: str) -> str | None:
        """The first offending words of `text`; None if there are none."""


@dataclass(frozen=True)
class Violation:
    """One sentence that may not be published."""

    sentence: str
    words: str
    reason: str
    instead: str


_EXTREMISM = re.compile(
    r"\b(?:extremis(?:m|ts?)|terroris(?:m|ts?)|radicali[sz](?:ation|ed)|radicals?|jihad\w*|violent\s+ideolog\w+)\b",
    re.I,
)
_RANKING = re.compile(
    r"\b(?:worst|best|top|bottom|rank(?:s|ed|ing)?|least\s+trust\w*|most\s+trust\w*|least\s+loyal|league)\b", re.I
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "header",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_QUOTED = re.compile(r"“[^”]*”")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


class _Prose(HTMLParser):
    """Collects the text of each block, leaving out style, drawings and whatever is marked as somebody's words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._text = ""
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._skipping:
            if tag not in _VOID:
                self._skipping.append(tag)
            return
        if tag in _BLOCKS:
            self._close()
        if tag in ("style", "script") or "data-words" in given:
            if tag not in _VOID:
                self._skipping.append(tag)
            return
        if given.get("aria-label"):
            self.blocks.append(given["aria-label"] or "")

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            while self._skipping and self._skipping.pop() != tag:
                continue
            return
        if tag in _BLOCKS:
            self._close()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._text += data

    def close(self) -> None:
        super().close()
        self._close()

    def _close(self) -> None:
        text = " ".join(self._text.split())
        self._text = ""
        if text:
            self.blocks.append(text)


def prose(html: str) -> list[str]:
    """Every sentence the page says in its own words, text alternatives included, without what it quotes."""
    reader = _Prose()
    reader.feed(html)
    reader.close()
    blocks = (_QUOTED.sub("“…”", block) for block in reader.blocks)
    return [sentence for block in blocks for sentence in _SENTENCE.split(block) if sentence]


def violations(sentences: Iterable[str], programme: Programme, rules: Sequence[Rule]) -> list[Violation]:
    """Sentences that break a rule of the library, or one of the two rules about naming communities."""
    names = _own_names(programme)
    communities = _communities(programme)
    found = []
    for sentence in sentences:
        told = _without(sentence, names)
        for rule in rules:
            words = rule.found_in(told)
            if words is not None:
                found.append(Violation(sentence, words, rule.reason, rule.instead))
        found.extend(_naming(sentence, told, communities))
    return found


def check(html: str, programme: Programme, rules: Sequence[Rule]) -> None:
    """Raises Unsafe naming the first sentence at fault, how many there are, and the cure."""
    found = violations(prose(html), programme, rules)
    if not found:
        return
    first = found[0]
    raise Unsafe(
        f"the report would say, in its own words: “{first.sentence}” ({len(found)} such). {first.reason}",
        where=f"the words “{first.words}”",
        cure=f"in place of “{first.words}”: {first.instead}",
    )


def _naming(sentence: str, told: str, communities: Sequence[str]) -> list[Violation]:
    named = next((name for name in communities if re.search(rf"\b{re.escape(name)}\b", told, re.I)), None)
    if named is None:
        return []
    found = []
    extremism, ranking = _EXTREMISM.search(told.replace(named, "")), _RANKING.search(told)
    if extremism is not None:
        reason = "It names a community in one sentence with extremism, and so ties one to the other."
        cure = "say what the programme does, and name the community in another sentence, about how it is treated"
        found.append(Violation(sentence, extremism.group(), reason, cure))
    if ranking is not None:
        reason = "It ranks communities; a gap is a property of the programme, never of a community."
        cure = "“the programme is trusted less by …”, with both numbers and the difference"
        found.append(Violation(sentence, ranking.group(), reason, cure))
    return found


def _own_names(programme: Programme) -> list[str]:
    """What the programme calls itself and its parts: names, not statements of this report. Longest first."""
    names = [programme.programme.name, programme.programme.about, *(each.text for each in programme.objectives)]
    names += [each.name for each in programme.activities]
    names += [text for _activity, step in programme.steps() for text in (step.name, step.about) if text]
    names += [each.card.title for each in programme.sources if each.card.title]
    return sorted({" ".join(name.split()) for name in names}, key=lambda name: (-len(name), name))


_GENERIC = frozenset({"Other", "Another", "No", "None", "Not", "Mixed", "Multiple", "People", "Any", "Prefer"})


def _communities(programme: Programme) -> list[str]:
    """Names of communities, and the word that sets each apart: 'Muslim', of 'Muslim Londoners' beside others."""
    names: dict[str, None] = {}
    for characteristic in programme.characteristics:
        own = [category.name for category in characteristic.categories if category.community]
        words = [set(re.findall(r"\b[A-Z]\w+", name)) for name in own]
        for name, mine in zip(own, words, strict=True):
            apart = sorted(word for word in mine - _GENERIC if sum(word in other for other in words) == 1)
            names |= dict.fromkeys([name, *apart])
    return list(names)


def _without(sentence: str, names: Iterable[str]) -> str:
    for name in names:
        sentence = sentence.replace(name, "…")
    return sentence
