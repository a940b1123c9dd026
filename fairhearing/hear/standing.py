"""Whether a phrase in a text tells of something that happened to the writer, by the words around it in its sentence.

told      it is an account
denied    turned round ("not humiliated"), wished for, feared, or only imagined ("would have been")
unclear   reported speech ("I heard that …"), a question, irony, a comparison, something over ("used to feel safe"):
          no account is counted, and a person is asked to read it

Only what stands in the same sentence is read: a text whose next sentence says that it was all a joke is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .. import library

__all__ = ["DENIED", "TOLD", "UNCLEAR", "Standing", "standing"]

TOLD, DENIED, UNCLEAR = "told", "denied", "unclear"
REACH, FAR = 4, 12
"""Words before a phrase in which a negation or a wish is looked for; and those of thinking, fearing and hearsay."""
LOOK_BACK = 160
"""Characters on each side of a phrase that are looked at."""
_CLAUSE = re.compile(r"[.!?…\n\r,;:()\"“”–—]|\s-\s")
_SENTENCE_END = re.compile(r"[.!?…\n\r]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_TOLD_ANYHOW = re.compile(r"\bnot (?:only|just)\b|\bshould(?: not|n't|nt) have\b|\bought not to have\b")
"""Negations that say it did happen: "not only humiliated", "should not have been questioned"."""
_QUOTED = re.compile(r"[\"“”‘'][^\"“”\n]{0,40}$")


@dataclass(frozen=True)
class Standing:
    """state: told, denied or unclear · why: the word or the rule, "" for told."""

    state: str
    why: str = ""


def standing(plain: str, start: int, end: int, *, good: bool) -> Standing:
    """Of the phrase plain[start:end]. plain: as `words.blanked` makes it · good: whether it tells of a good
    experience, which is what irony turns round and what "until" ends."""
    clause = _before(plain, start, _CLAUSE)
    sentence = _before(plain, start, _SENTENCE_END)
    rest, mark = _after(plain, end)
    near = _near(clause)
    own = plain[start:end].lower()
    if why := _denied(clause, near, own):
        return Standing(DENIED, why)
    if why := _doubtful(sentence, clause, rest, own, good=good) or _mocked(plain, start, end, good):
        return Standing(UNCLEAR, why)
    if mark == "?" and not _ASKS_WHY.match(sentence.strip()):
        return Standing(UNCLEAR, "a question")
    return Standing(TOLD)


_ASKS_WHY = re.compile(r"(?:why|how could|how dare)\b", re.IGNORECASE)
"""Such a question takes for granted that it happened."""


def _before(plain: str, start: int, ends: re.Pattern[str]) -> str:
    return ends.split(plain[max(0, start - LOOK_BACK) : start])[-1]


def _after(plain: str, end: int) -> tuple[str, str]:
    """The rest of the sentence in small letters, and the mark that ends it."""
    found = _SENTENCE_END.search(plain, end, end + LOOK_BACK)
    return plain[end : found.start() if found else end + LOOK_BACK].lower(), found.group() if found else ""


def _near(clause: str) -> list[str]:
    """The words before a phrase that can turn it round, nearest last."""
    before = _WORD.findall(clause.lower())[-REACH:]
    breaks = library.guards().breaks
    last = max((place for place, word in enumerate(before) if word in breaks), default=-1)
    return _TOLD_ANYHOW.sub("", " ".join(before[last + 1 :])).split()


def _denied(clause: str, near: list[str], own: str) -> str:
    """Why what is said did not happen, or ""."""
    guards, words = library.guards(), " ".join(_WORD.findall(clause.lower())[-FAR:])
    own_negation = own.split()[0] in guards.negations  # "not told why" is a negation itself
    for phrase in guards.denials:
        if _stands(phrase, words):
            return phrase
    if own_negation:
        return _wished(near) if "not" not in own.split()[:1] or near[-1:] == ["if"] else ""
    negated = [word for word in near if word in guards.negations]
    if len(negated) == 1 or (len(negated) > 1 and "neither" in negated):
        return negated[0]
    if not negated and (far := _far_negation(words)):
        return far
    if wished := _wished(near):
        return wished
    return next((phrase for phrase in guards.feared if _closes(phrase, words)), "")


def _wished(near: list[str]) -> str:
    wishes = library.guards().wishes
    return next((word for word in near if word in wishes), "")


_THINKING = (
    r"(?:think|thought|feel|felt|believe|say|find|found|consider|claim|mean|recall|remember)(?: (?:that|like|as if))?"
)
_FAR_NEGATION = re.compile(
    r"\b(?:not|never|don't|do not|didn't|did not|wouldn't|would not|no time|at no point)\b"
    rf"(?: \w+){{0,2}}? {_THINKING}"
    r"(?: [\w']+){0,5}$"
)
"""A negation of thinking carries over to what is thought: "I don't think my son was singled out"."""


def _far_negation(words: str) -> str:
    found = _FAR_NEGATION.search(words)
    return found.group() if found else ""


def _doubtful(sentence: str, clause: str, rest: str, own: str, *, good: bool) -> str:
    """Why a person should read it, or ""."""
    guards = library.guards()
    before = " ".join(_WORD.findall(sentence.lower()))
    for phrase in guards.hearsay:
        if _stands(phrase, before):
            return f"reported speech: {phrase}"
    for phrase in guards.imagined:
        if _stands(phrase, before):
            return f"not of this case: {phrase}"
    near = _WORD.findall(clause.lower())[-REACH:]
    if sum(word in guards.negations for word in near) > 1:
        return "two negations"
    if any(word in guards.compared for word in near[-2:]):
        return "a comparison"
    if good and (re.match(r"\s*(?:\w+\s){0,3}(?:until|till|before)\b", rest) or "used to" in f"{before} {own}"):
        return "it ended"
    return ""


def _mocked(plain: str, start: int, end: int, good: bool) -> str:
    """Irony shows in marks and set phrases only; most of it does not show at all."""
    inside = _QUOTED.search(plain[max(0, start - 42) : start])
    if inside and re.match(r"[^\"“”\n]{0,20}[\"”]", plain[end : end + 22]):
        return "in quotation marks"
    if not good:
        return ""
    nearby = " ".join(_WORD.findall(plain[max(0, start - LOOK_BACK) : end + LOOK_BACK].lower()))
    found = next((phrase for phrase in library.guards().mocking if _stands(phrase, nearby)), "")
    return f"perhaps irony: {found}" if found else ""


@cache
def _pattern(phrase: str, closes: bool) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(phrase)}\b" + (r"(?: [\w']+){0,4}$" if closes else ""))


def _stands(phrase: str, words: str) -> bool:
    return phrase in words and bool(_pattern(phrase, False).search(words))


def _closes(phrase: str, words: str) -> bool:
    """Whether a phrase stands at most four words before the end."""
    return phrase in words and bool(_pattern(phrase, True).search(words))
