# ruff: noqa: E501  (a pattern is easier to read on one line)
"""Commitments found in answers: proposed by a machine, sentence by sentence, for a person to accept or reject.

What a sentence is, is learned when it is first asked, in well under a second and the same every time, from sentences
written for this purpose (`library/commitments.tsv`): ridge regression on a few marks of the grammar (who acts, which verb,
which time) and the words, with probabilities calibrated on sentences that were left out. What the machine proposes is
worth what `benchmarks/RESULTS.md` says it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from .. import library
from ..stats.cells import Floats
from ..stats.multilabel import Calibrated, calibrate, dual_ridge
from .due import due
from .parts import NON_ANSWERS
from .sentences import sentences

__all__ = ["KINDS", "LEAST", "Labelled", "Model", "found_in", "labelled", "learn", "modal_rule", "model"]

KINDS = (
    "future commitment", "claim of past delivery", "aspiration", "third party's action", "conditional",
)  # fmt: skip
NONE = "none"
LEAST = 0.3
"""The probability of being any of the kinds, from which on a sentence is proposed."""
_MARK_WEIGHT = 1.6
"""How much a mark of the grammar counts beside a word."""
_PENALTY = 0.15
_BEGINNING = 110
_ANYWHERE = ("own will", "commits", "going", "if")

_OWN = (
    r"\b(?:I|we|my (?:\w+ ){0,2}?(?:office|team|officers|deputy mayor|programme|strategy|fund|staff)|our (?:\w+ )?(?:team|officers|"
    r"staff|programme)|officers|the (?:GLA|Mayor|team|programme|fund|brigade)|MOPAC|TfL|transport for london|city hall|the GLA)\b"
)
_OTHER = (
    r"\b(?:the )?(?:government|ministers?|home (?:office|secretary)|secretary of state|treasury|chancellor|department(?: for \w+)?|"
    r"parliament|councils?|boroughs|police|met|mps|metropolitan police(?: service)?|commissioner|nhs(?: \w+)?|trusts|reviewer|operators?|"
    r"compan(?:y|ies)|developers?|network rail|charit(?:y|ies)|board|university|schools|landlords?|iopc|independent office)\b"
)
_WILL = r"(?:will|shall|['’]ll|is to|are to|am to)"
_MARKS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "own will": rf"{_OWN}[^.;]{{0,40}}?\b{_WILL}\b",
        "other will": rf"{_OTHER}[^.;]{{0,30}}?\b{_WILL}\b",
        "will": rf"\b{_WILL}\b",
        "passive will": r"\bwill (?:\w+ly )?be \w+(?:ed|en|ne|ught|lt|t)\b",
        "going": r"\b(?:going|plans?|intends?|due|scheduled|set|aims?|expects?|committed|commit|pledged?|undertake|promised?|agreed) to\b",
        "commits": r"\bI (?:am committing|commit|pledge|undertake|promise|am setting aside|guarantee)\b|\bI have asked\b",
        "own done": rf"{_OWN}[^.;]{{0,25}}?\b(?:have|has|had|already)\b (?:\w+ )?\w+(?:ed|en|t|ne|un|de|d)\b",
        "own past": r"\b(?:I|we|TfL|MOPAC|my \w+) (?:\w+ly )?(?:set up|held|opened|saved|launched|\w+ed)\b",
        "other done": rf"{_OTHER}[^.;]{{0,25}}?\b(?:has|have) \w+(?:ed|en|d)\b",
        "passive past": r"\b(?:was|were|has been|have been) (?:\w+ly )?(?:\w+ed|built|written|rewritten|set|carried)\b",
        "other acts": rf"{_OTHER}[^.;]{{0,20}}?\b(?:is|are) \w+ing\b",
        "wish": r"\b(?:want|hope|wish|aim|ambition|vision|determined|keen|believe|look forward|would like|ought|should|must|dream|goal)\b",
        "if": r"\b(?:if|subject to|provided|unless|depending|once|where a|as long as|should the|were the|when the)\b",
        "would": r"\b(?:would|could|may|might|can)\b",
        "know": r"\b(?:aware|surprise|remember|escaped|no doubt|of interest|always be)\b",
        "not": r"\b(?:not|no|never|n['’]t)\b",
        "question": r"\?\s*$",
        "every": r"\b(?:everyone|every|all|city|together)\b",
        "number": r"[£\d]",
        "time": r"\b(?:by|from|in|next|this|later|end of|before) (?:the )?(?:\d{4}|january|february|march|april|may|june|july|august|"
        r"september|october|november|december|spring|summer|autumn|winter|new year|year|month|week|term|Q[1-4])",
        "past time": r"\b(?:last (?:year|month|summer|week)|since|ago|already|recently)\b",
        "starts own": rf"^\W*{_OWN}",
        "starts other": rf"^\W*{_OTHER}",
    }.items()
}
_WORD = re.compile(r"[a-z][a-z’'-]*")
_ACTOR = re.compile(
    rf"(?P<who>{_OWN}|{_OTHER})(?=[^.;,]{{0,40}}?\b(?:{_WILL}|is|are|am|has|have|had|was|were|plans?|intends?|expects?|must|should|"
    r"want|hope|aim|commit|pledge|undertake|\w+ed)\b)", re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class Labelled:
    """A sentence written for learning: which made-up document it is of, and what it is."""

    document: str
    kind: str
    text: str


@dataclass(frozen=True)
class Model:
    """terms: name of a mark or word → its column · weights: (terms, kinds + any) · level, curve as in `stats`."""

    terms: dict[str, int]
    weights: Floats
    level: Floats
    curve: Calibrated

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(texts, kinds + 1): of each kind, and in the last column of any of them."""
        scores = _features(texts, self.terms) @ self.weights + self.level
        return np.asarray(self.curve.probability(scores))


@cache
def labelled() -> tuple[Labelled, ...]:
    lines = resources.files(library).joinpath("commitments.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(Labelled(*line.split("\t")) for line in lines[1:])


@cache
def model() -> Model:
    return learn(labelled())


def learn(examples: Sequence[Labelled]) -> Model:
    """Ridge regression of every kind, and of being any of them, on marks and words."""
    texts = [each.text for each in examples]
    seen: dict[str, int] = {}
    for text in texts:
        for term in _terms(text):
            seen[term] = seen.get(term, 0) + 1
    kept = sorted(term for term, n in seen.items() if n > 1)
    terms = {term: number for number, term in enumerate(kept)}
    X = _features(texts, terms)
    kinds = np.array([[float(each.kind == kind) for kind in KINDS] for each in examples])
    Y = np.column_stack([kinds, kinds.sum(axis=1)])
    fit = dual_ridge(X @ X.T, Y, penalty=_PENALTY)
    return Model(terms, X.T @ fit.weights, fit.level, calibrate(fit.left_out, Y))


def _terms(text: str) -> dict[str, float]:
    """Marks and words of a sentence with their weights. A sentence is what its beginning is: what is said further on
    ("which could be …") counts only for the marks that make a promise wherever they stand. Words count less the more
    there are; capitals and figures say who and how many, not what it is."""
    beginning = text[:_BEGINNING]
    told = {f"#{name}": _MARK_WEIGHT for name, pattern in _MARKS.items() if pattern.search(beginning)}
    told |= {f"+{name}": _MARK_WEIGHT for name in _ANYWHERE if _MARKS[name].search(text)}
    words = set(_WORD.findall(beginning.casefold()))
    return told | dict.fromkeys(words, 1 / math.sqrt(max(len(words), 1)))


def _features(texts: Sequence[str], terms: dict[str, int]) -> Floats:
    X = np.zeros((len(texts), len(terms)))
    for row, text in enumerate(texts):
        for term, weight in _terms(text).items():
            if term in terms:
                X[row, terms[term]] = weight
    return X


def modal_rule(text: str) -> bool:
    """What others use: a sentence with a modal verb of the future is a promise. Kept to compare with."""
    return bool(re.search(r"\b(?:will|shall|going to|must|should|would|['’]ll)\b", text, re.IGNORECASE))


def found_in(text: str, said_on: date | None, *, least: float = LEAST) -> list[dict[str, Any]]:
    """Sentences of an answer that may be commitments: quote with its place, kind, actor, when it is due as said and as
    parsed, and the probability that it is one of the kinds at all."""
    every = [each for each in sentences(text) if 4 <= len(each.text.split()) <= 120]
    if not every:
        return []
    told = []
    for each, p in zip(every, model().probabilities([each.text for each in every]), strict=True):
        if p[-1] < least or NON_ANSWERS["being drafted"].search(each.text):
            continue
        kind = int(np.argmax(p[:-1]))
        when = due(each.text, said_on) if KINDS[kind] != "claim of past delivery" else None
        told.append(
            {
                "quote": each.text, "start": each.start, "end": each.end, "kind": KINDS[kind],
                "actor": _actor(each.text), "due_as_said": when and when.said, "due_from": when and when.first,
                "due": when and when.last, "uncertain_days": when and when.uncertain_days,
                "probability": round(float(p[-1]), 2), "probability_of_kind": round(float(p[kind]), 2),
            }
        )  # fmt: skip
    return told


def _actor(sentence: str) -> str | None:
    """Who is said to act, in the sentence's words; I, we and my stand as they are."""
    found = _ACTOR.search(sentence)
    return found["who"] if found else None
