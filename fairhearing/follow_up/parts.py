# ruff: noqa: E501  (a pattern is easier to read on one line)
"""The parts of a question: every ask in it, and beside each the nearest sentences of the answers.

A *machine pointer* says where to look, never whether the part was answered: that is a person's verdict. A *non-answer*
is said only where the answer's own words say so, by the narrow rules below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .sentences import Sentence, alike, sentences

__all__ = ["NON_ANSWERS", "VERDICTS", "Part", "non_answers", "parts_of", "pointed"]

VERDICTS = ("answered", "partly", "not answered", "declined")
"""What a named person may find of a part."""

MOST = 100
"""Parts of one question at most: a question with more is a list of something else."""
NEAREST = 3
FAINTEST = 0.05
"""Sentences pointed to at most, and how little they may have in common with the part."""

_ASKS = "how|what|when|why|who|whom|whose|which|where"
_VERBS = "will|would|do|does|did|is|are|was|were|can|could|has|have|had|should|may|might|shall"
_JOINED = re.compile(
    rf"(?:,|;)?\s+(?:and|or|but)(?:,? (?:if so|if not|in particular|also|further|specifically),?)?\s+"
    rf"(?=(?:{_ASKS})\b|(?:{_VERBS})\s+(?:you|it|they|he|she|we|there|this|these|those|the|your|my|his|her|any|London\w*)\b)|"
    rf"[:;]\s+(?=(?:{_ASKS}|{_VERBS})\b)|,\s+(?=(?:{_ASKS})\s+(?:{_VERBS}|many|much)\b)",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^(?:please|(?:could|can|will|would) (?:you|the mayor)|(?:and )?(?:provide|give|confirm|set out|state|list|explain|"
    r"outline|supply|publish|detail|break)\b|i (?:would be|am) grateful|i (?:would like|ask|request)\b)|"
    r"\bplease (?:provide|confirm|give|set out|state|list|explain|outline|supply|detail|break|include|can|could|tell|also)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?:(?<=\s)|(?<=^)|(?<=[(,;:]))\(?([a-h]|[ivx]{1,4}|[1-9])\)\s*")
_BREAKDOWN = re.compile(
    r"\b(?:break(?:ing|s)?[- ]?down|broken down|disaggregated|split|itemised|categorised)\b"
    r"(?: of [^.;?]{1,80}?)?[^.;?]{0,30}?\b(?:by|per)\b\s*:?\s*",
    re.IGNORECASE,
)
_SLOT = re.compile(
    r"\s*(?:,|;)?\s*\b(?:and by|and per|and|as well as|or)\b\s+(?:(?:by|per) )?|\s*[,;]\s*(?:(?:by|per)\s+)?"
)
_SLOT_ENDS = re.compile(r"\s+(?:of|in|for|within|from|since|between|during|over|where|on)\s+|[.?!]|$")

NON_ANSWERS: Mapping[str, re.Pattern[str]] = {
    "not captured": re.compile(
        r"\b(?:is|are|was|were|has been|have been) not (?:currently |routinely |centrally |always |yet )?"
        r"(?:captured|collected|recorded|collated)\b|\bdo(?:es)? not (?:currently |routinely |centrally )?"
        r"(?:capture|collect|record|collate)\b", re.IGNORECASE),
    "not held": re.compile(
        r"\b(?:is|are|was|were) not (?:currently |centrally )?held\b|\bdo(?:es)? not (?:currently |centrally )?hold "
        r"(?:this|that|these|such|the|any|data|information|figures|records)\b|"
        r"\b(?:data|information|figures|breakdown)s? (?:is|are) not (?:currently |readily )?available\b", re.IGNORECASE),
    "being drafted": re.compile(
        r"\b(?:officers|team|mopac|tfl|mps|gla|lfb) (?:are|is) (?:currently )?(?:drafting|preparing|working on) (?:a |the )?"
        r"(?:response|reply|answer)\b|"
        r"\b(?:response|reply|answer) (?:which )?will be (?:sent|provided|supplied) (?:shortly|in due course)\b", re.IGNORECASE),
    "not for me": re.compile(
        r"\bnot (?:a matter )?for (?:me|the mayor|mopac|my office)\b|\b(?:do not|don[’']t) (?:think|believe) it is for me\b|"
        r"\b(?:is|are|remains) (?:a |an )?(?:operational )?matters? for (?!me\b|debate|concern|celebration|regret)|"
        r"\boutside (?:of )?(?:my|the mayor[’']s) (?:remit|powers|control)\b", re.IGNORECASE),
    "disproportionate cost": re.compile(
        r"\bdisproportionate (?:cost|effort|amount of (?:time|officer time))\b|\bcould only be (?:obtained|provided|answered) at "
        r"(?:a )?disproportionate\b", re.IGNORECASE),
    "not told": re.compile(
        r"\b(?:cannot|can not|unable to|not able to|am not prepared to|not (?:be )?appropriate (?:for me )?to) "
        r"(?:comment|disclose|share|provide (?:this|that|the|a|any|such)|confirm or deny|speculate|answer)\b|"
        r"\bneither confirm nor deny\b", re.IGNORECASE),
    "referred elsewhere": re.compile(
        r"\b(?:please (?:see|refer to)|i (?:would )?refer (?:you|the (?:assembly )?member)(?: back)? to) "
        r"(?:(?:my|the) (?:(?:previous|earlier|written|oral|recent) ){0,2}(?:answers?|responses?|reply|replies)|"
        r"(?:MQT?s?|(?:mayor[’']s )?questions?) ?(?:no\.? ?|number )?\d)\b", re.IGNORECASE),
}  # fmt: skip
"""Explicit non-answers by what the answer itself says. Narrow on purpose: what none of them finds is not thereby an
answer."""


@dataclass(frozen=True)
class Part:
    """One ask. kind: question, request, lettered or breakdown; stem: the words a lettered part or slot completes."""

    part: int
    kind: str
    quote: str
    start: int
    end: int
    stem: str | None = None


def parts_of(question: str) -> list[Part]:
    """The asks of a question in order, each an exact quote. A text that asks nothing has none."""
    told: list[tuple[str, int, int, str | None]] = []
    for sentence in _whole(question):
        if sentence.text.rstrip("\"”’')] .").endswith("?") or _REQUEST.search(sentence.text):
            told += _asks(sentence)
    return [Part(number, kind, question[a:b], a, b, stem) for number, (kind, a, b, stem) in enumerate(told[:MOST], 1)]


def _whole(question: str) -> list[Sentence]:
    """Sentences, those that are only the lettered items of one before put back to it."""
    told: list[Sentence] = []
    for each in sentences(question):
        last = told[-1] if told else None
        item = _LETTER.match(each.text) is not None
        if last and item and (last.text.endswith(":") or _LETTER.search(last.text)):
            told[-1] = Sentence(last.start, each.end, question[last.start : each.end])
        else:
            told.append(each)
    return told


def _asks(sentence: Sentence) -> list[tuple[str, int, int, str | None]]:
    letters = _letters(sentence.text)
    if letters:
        before = re.sub(r"[\s,:;]*\(?\w{1,4}\)\s*$", "", sentence.text[: letters[0][0]])
        return [("lettered", sentence.start + a, sentence.start + b, before or None) for a, b in letters]
    slots = _slots(sentence.text)
    told = _joined(sentence, slots[0][0] if slots else len(sentence.text))
    stem = told[-1][3] or sentence.text[: slots[0][0]].strip(" ,:;") if slots else None
    if slots and not re.search(r"\?|how|what|number|list", sentence.text[: slots[0][0]], re.IGNORECASE):
        told = []  # the sentence asks for the breakdown and nothing else
    return told + [("breakdown", sentence.start + a, sentence.start + b, stem) for a, b in slots]


def _letters(text: str) -> list[tuple[int, int]]:
    """(a) … b) … 3) …: at least two, the first of its kind first."""
    marks = list(_LETTER.finditer(text))
    while marks and marks[0][1] not in ("a", "i", "1"):
        marks.pop(0)
    if len(marks) < 2:
        return []
    ends = [each.start() for each in marks[1:]] + [len(text)]
    return [
        (mark.end(), mark.end() + len(_trimmed(text[mark.end() : end])))
        for mark, end in zip(marks, ends, strict=True)
        if _trimmed(text[mark.end() : end])
    ]


def _trimmed(text: str) -> str:
    """Without the joining words before the next letter."""
    return re.sub(r"(?:[\s,;.?(]|\b(?:and|or|if available now|if so)\b)+$", "", text)


def _joined(sentence: Sentence, end: int) -> list[tuple[str, int, int, str | None]]:
    """`How … and will it …?` is two asks; what stands before a colon is not asked."""
    text = sentence.text[:end].rstrip(" ,;:") if end < len(sentence.text) else sentence.text
    kind = "question" if sentence.text.rstrip("\"”’') .").endswith("?") else "request"
    cuts = [(found.start(), found.end(), found[0][0] in ":;") for found in _JOINED.finditer(text)]
    if cuts and cuts[0][2] and not re.search(rf"^(?:{_ASKS}|{_VERBS})\b", text, re.IGNORECASE):
        starts = [cuts[0][1], *(stop for _, stop, _ in cuts[1:])]
        ends = [*(start for start, _, _ in cuts[1:]), len(text)]
    else:
        starts, ends = [0, *(stop for _, stop, _ in cuts)], [*(start for start, _, _ in cuts), len(text)]
    return [(kind, sentence.start + a, sentence.start + b, None) for a, b in zip(starts, ends, strict=True) if b > a]


def _slots(text: str) -> list[tuple[int, int]]:
    """X, Y and Z of `a breakdown by X, Y and Z`."""
    found = _BREAKDOWN.search(text)
    if not found:
        return []
    rest = text[found.end() :]
    stop = _SLOT_ENDS.search(rest)
    rest = rest[: stop.start()] if stop else rest
    told, at = [], 0
    for cut in [*_SLOT.finditer(rest), None]:
        end = len(rest) if cut is None else cut.start()
        words = rest[at:end]
        if words.strip():
            left = len(words) - len(words.lstrip())
            begin = found.end() + at + left
            told.append((begin, begin + len(words.strip())))
        at = end if cut is None else cut.end()
    return told


# --- beside the answers ---------------------------------------------------------------------------------------------


def non_answers(text: str) -> list[dict[str, Any]]:
    """Sentences that say of themselves that they do not answer, with the rule that says so."""
    return [
        {"rule": rule, "quote": each.text, "start": each.start, "end": each.end}
        for each in sentences(text)
        for rule, pattern in NON_ANSWERS.items()
        if pattern.search(each.text)
    ]


def pointed(question: str, answers: Sequence[str]) -> list[dict[str, Any]]:
    """Every part with its machine pointers, nearest first, and the explicit non-answers among them.

    answers: their texts in order. A holding reply points nowhere but to itself."""
    known = [(number, each) for number, text in enumerate(answers, 1) for each in sentences(text)]
    declined = {
        (number, told["start"]): told["rule"] for number, text in enumerate(answers, 1) for told in non_answers(text)
    }
    told = []
    for part in parts_of(question):
        near = alike(f"{part.stem or ''} {part.quote} {part.quote}", [each.text for _, each in known])
        order = sorted(range(len(known)), key=lambda at: (-near[at], at))
        pointers = [_pointer(*known[at], near[at], declined) for at in order[:NEAREST] if near[at] >= FAINTEST]
        told.append(asdict(part) | {"pointers": pointers, "verdict": None, "state": "no person has judged this yet"})
    return told


def _pointer(answer: int, sentence: Sentence, near: float, declined: Mapping[tuple[int, int], str]) -> dict[str, Any]:
    return {
        "says": "machine pointer", "answer": answer, "quote": sentence.text, "start": sentence.start,
        "end": sentence.end, "similarity": near, "non_answer": declined.get((answer, sentence.start)),
    }  # fmt: skip
