"""The fields of a question, whatever the layout, and the small things every layout says in the same words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

__all__ = [
    "Answer", "Fields", "answer", "answers_said", "filled", "footnotes", "iso", "long_date", "paragraphs",
    "reference_in", "referred", "session", "speeches", "squeezed", "states",
]  # fmt: skip

Fields = dict[str, Any]
Answer = dict[str, Any]

_ONE = ("title", "reference", "session_date", "asked_by", "group", "asked_of", "question")
LONGEST_NAME = 150
_LATER = ("session_type", "category", "answer_type")
_REFERENCE = re.compile(r"/questions?/(?:meeting/)?(\d{4}/\d{1,6}(?:-\d{1,4})?)/?(?:[?#]\S*)?(?=[\s\"'<>]|$)")
_HOLDING = re.compile(
    r"(?:officers are|i am|my (?:officers|team) (?:are|is)|we are) (?:currently )?"
    r"(?:drafting|preparing|working on) (?:a |my |the )?(?:response|reply|answer)|"
    r"\b(?:is|are) (?:currently |now |still )?(?:drafting|preparing|working on|finalising) (?:a|my|the|their) "
    r"(?:full |detailed |substantive )?(?:response|reply|answer)"
    r"(?: to (?:this|your|the Member['’]s) question)?(?:[.,;]|\s*$| (?:which|that|and (?:will|I)) )|"
    r"(?:response|reply|answer) (?:which )?will be (?:sent|provided|supplied) (?:shortly|in due course|as soon as)",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"(?:(?<=[a-z]{3})[.,;:!?]?|(?<=[a-z])[.,;:!?]?[\"”’')][.,;:!?]?)(\d{1,2})(?=[\s.,;:!?)]|$)|"
    r"(?<=[a-z]{3})[.?!][\"”’')]? (\d{1,2})(?=\s*$)"
)
_REFERS = re.compile(
    r"\b(?:refer|see|answer(?:s|ed|ing)?|respon(?:ses?|ded|ding)|repl(?:y|ies|ied|ying))\b", re.IGNORECASE
)
_SENTENCE_ENDS = re.compile(r"(?<![Nn]o)(?<!ref)[.?!](?=\s|$)|\n")
_WHOLE = r"(?<![\d/])(?:(?:19|20)\d\d|\d\d)/\d{2,6}(?:-\d{1,4})?(?![\d/])"
_QUESTION = r"(?:\bquestions?|\bMQT?s?)(?: (?:number|no\.?|reference|ref\.?))?:? ?\(?"
_EITHER = rf"(?:{_WHOLE}|\d{{3,6}}(?![\d/]))"
_NUMBERS = re.compile(
    rf"{_QUESTION}(?P<named>{_EITHER}(?:(?:, | and |, and | & ){_EITHER})*)|"
    rf"(?P<alone>(?<![\d/])(?:19|20)\d\d/\d{{4,6}}(?:-\d{{1,4}})?(?![\d/]))",
    re.IGNORECASE,
)
"""Numbers of questions: after the word, or whole, with their year."""
_SPEAKER = re.compile(
    r"(?P<name>(?:(?:Dr|Mr|Mrs|Ms|Sir|Dame|Lord|Baroness|Cllr) )?"
    r"(?<!\w)[A-Z][\w’'-]{0,30}(?: (?:de|van|von|der|al|le|of|[A-Z]\.|[A-Z][\w’'-]{0,30})){0,4})"
    r"( \([A-Z][^()\n]{2,90}\)| (?:AM|OBE|MBE|CBE|KC|QC|MP)(?: AM)?)(?: \([^()\n]{2,90}\))?:(?=\s|$)"
)
"""How a transcript names who speaks: `Name (Role):` or `Name AM:`. A name alone is taken for one only where it
was named so before."""
_SESSIONS = (
    (re.compile(r"\bMQT\b|\bMayor['’]?s Question Time", re.IGNORECASE), "MQT"),
    (re.compile(r"\bPlenary\b", re.IGNORECASE), "Plenary"),
    (re.compile(r"\bPeople['’]?s Question Time", re.IGNORECASE), "People's Question Time"),
)
_WRITTEN = re.compile(
    r"\s*Written (?:response|answer|reply) (?:from|by) (the Mayor|[A-Z][\w. ’'-]{2,60}?)[.:]?(?=\s|[A-Z]|$)\s*"
)
_LINK = re.compile(r"\b(?:following|this) (?:web ?)?link\s*[;:.,]?\s*$", re.IGNORECASE | re.MULTILINE)


def filled(layout: str, **given: Any) -> Fields:
    """Every field in the documented order; one that is not given is None (or an empty list)."""
    told: Fields = {name: given.pop(name, None) for name in _ONE}
    answers: list[Answer] = given.pop("answers", [])
    long = [name for name in ("asked_by", "group", "asked_of") if len(told[name] or "") > LONGEST_NAME]
    told |= dict.fromkeys(long)
    texts = [told["question"] or "", *(each["text"] for each in answers)]
    told |= {"answers": answers, "supplementary_to": given.pop("supplementary_to", None)}
    told |= {"footnotes": footnotes(texts)} | {name: given.pop(name, None) for name in _LATER}
    told |= {"refers_to": given.pop("refers_to", None) or referred(each["text"] for each in answers)}
    notes = [*given.pop("notes", ()), *_lost_links(answers)]
    notes += [f"{name}: what stands there is too long to be a name" for name in long]
    return told | {"layout": layout, "cut": list(given.pop("cut", ())), "notes": notes}


def answer(by: str | None, text: str, day: str | None = None, state: str = "final") -> Answer:
    return {"by": by, "date": day, "state": state, "text": text}


def states(answers: Sequence[Answer]) -> list[Answer]:
    """Holding: it is short and only promises an answer, or it says so itself."""
    return [
        each | {"state": "holding"} if len(each["text"]) < 300 and _HOLDING.search(each["text"]) else each
        for each in answers
    ]


def answers_said(
    text: str | None, by: str | None, day: str | None = None, names: Sequence[str] = ()
) -> tuple[list[Answer], str | None]:
    """One body of an answer as answers: split by who speaks, a holding reply said to be one; and `written` where the
    text says that of itself. names: as in `speeches`."""
    if not text:
        return [], None
    written = _WRITTEN.match(text)
    body = text[written.end() :].strip() if written else text
    said = [answer(each_by, each, day) for each_by, each in speeches(body, by, names)]
    return states(said), "written" if written else None


def speeches(text: str, by: str | None, names: Sequence[str] = ()) -> list[tuple[str | None, str]]:
    """Who spoke and what, in order. A new speaker starts a paragraph, or follows the end of a sentence; what stands
    before the first is `by`'s. names: those the page marks as speakers, who need no office beside their name."""
    found = [each for each in _SPEAKER.finditer(text) if _starts_a_speech(text, each.start())]
    known = {squeezed(name) for name in names} | {each["name"] for each in found}
    alone = "|".join(re.escape(name) for name in sorted(known, key=lambda name: (-len(name), name)))
    again = re.finditer(rf"(?m)^(?:{alone}):(?=\s|$)", text) if known else ()
    found = sorted([*found, *again], key=lambda each: each.start())
    ends = [each.start() for each in found[1:]] + [len(text)]
    told: list[tuple[str | None, str]] = [(by, text[: found[0].start()].strip())] if found else [(by, text.strip())]
    if found:
        parts = zip(found, ends, strict=True)
        told += [(squeezed(each[0][:-1]), text[each.end() : end].strip()) for each, end in parts]
    return [(who, said) for who, said in told if said]


def _starts_a_speech(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \t\u00a0")
    return not before or before[-1] in "\n.?!”\"’')]…"


def referred(texts: Any) -> list[str]:
    """Questions an answer refers to ("I refer you to my answer to question 3426"), as said, in order: numbers that
    follow, in their sentence, a word for referring or answering."""
    told: list[str] = []
    for text in texts:
        for sentence in _SENTENCE_ENDS.split(text):
            cue = _REFERS.search(sentence)
            for found in _NUMBERS.finditer(sentence, cue.start()) if cue else ():
                if found["named"] or not _is_years(found["alone"]):
                    told += re.findall(r"(?:\d{2,4}/)?\d{2,6}(?:-\d{1,4})?", found["named"] or found["alone"])
    return list(dict.fromkeys(told))


def _is_years(number: str) -> bool:
    """2021/2022 is two years unless it is called a question."""
    first, _, second = number.partition("/")
    return second == str(int(first) + 1)


def footnotes(texts: Sequence[str]) -> list[str]:
    """Marks glued to words, in order: 1, 2, 3 … within a text. "COVID19" and "Section 21" are none."""
    marks: list[str] = []
    for text in texts:
        expected = 1
        for found in _FOOTNOTE.finditer(text):
            if int(found[1] or found[2]) == expected:
                marks.append(found[1] or found[2])
                expected += 1
    return list(dict.fromkeys(marks))


def _lost_links(answers: Sequence[Answer]) -> list[str]:
    lost = sum(len(_LINK.findall(each["text"])) for each in answers)
    return [f"{lost} link{'s' if lost > 1 else ''} named in an answer came without address"] if lost else []


def reference_in(url: str | None) -> str | None:
    """`…/questions/2019/3806` → 2019/3806."""
    found = _REFERENCE.search(url or "")
    return found[1] if found else None


def session(text: str | None) -> str | None:
    """`MQT on 2019-02-25` → MQT; a kind that is not known stays in the page's own words, without its day."""
    if not text or not text.strip():
        return None
    known = next((name for pattern, name in _SESSIONS if pattern.search(text)), None)
    return known or re.sub(r"\s+on\s+.*$", "", squeezed(text)) or None


def long_date(text: str | None) -> str | None:
    """`February 25, 2019`, `1 July 2010`, `Tuesday 20 December 2022` or `25/02/2019` → ISO."""
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|,", "", text or "")
    plain = re.sub(r"^\s*(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\s+", "", squeezed(plain), flags=re.IGNORECASE)
    for form in ("%B %d %Y", "%d %B %Y", "%d %b %Y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(plain, form).date().isoformat()
        except ValueError:
            continue
    return None


def iso(text: str | None) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def squeezed(text: str) -> str:
    return " ".join(text.split())


def paragraphs(text: str) -> str | None:
    """Paragraphs one blank line apart, their lines stripped."""
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n")) or None
