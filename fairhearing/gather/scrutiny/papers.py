"""Papers of questions, made from PDFs: answered, priority order and written answers, transcripts, appendices of
supplementaries; and a Member's blog, which uses the same words.

`TITLE Question No: 2018/2510 ASKER QUESTION …`, often with every line break lost. Where a name ends and the question
begins is then told only by what else the paper says; where nothing tells it, the name is null.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .fields import (
    Answer,
    Fields,
    answer,
    answers_said,
    filled,
    long_date,
    paragraphs,
    session,
    speeches,
    squeezed,
    states,
)

__all__ = ["is_paper", "questions_of_paper"]

PAGE_LINE = re.compile(r"(?m)^[ \t]*Page \d{1,4}(?: of \d{1,4})?[ \t]*$\n?")

_MARK = re.compile(
    r"Question\s+(?:No\.?|Number)\s*:\s*(\d{4}/\d{1,6}(?:-\d{1,4})?)(?![\d/])[ \t\u00a0]*(?:\((Oral|Written)\))?",
    re.IGNORECASE,
)
_MENTION = re.compile(
    r"(?:\b(?:to|see|of|in|for|from|my|your|his|her|this|that|and|or|with|under|also|previous|oral|written)|[(,&])\s*$",
    re.I,
)
"""What stands before the number of another question that is only mentioned."""
_TRANSCRIPT = re.compile(r"(?m)^[ \t]*(\d{4}/\d{1,6}(?:-\d+)?)[ \t]+[-–][ \t]+(\S[^\n]{2,300})$")
_ANSWER = re.compile(
    r"Answer for (?P<title>(?:[^\n]|\n(?!\s*\n)){1,300}?)\s+(?P<by>The Mayor|Mayor of London|"
    r"[A-Z][\w’'.-]{1,30}(?: [A-Z][\w’'.-]{1,30}){1,4})"
    r"\s+Last updated:\s*(?P<day>\d{1,2}(?:st|nd|rd|th)? \w+,? \d{4})"
)
_WRITTEN = re.compile(
    r"(?:(?<=[.?!”\"’')\d])|(?<=\n)|^)\s*(Written (?:response|answer|reply) from the Mayor)[.:]?\s*"
)
_ORAL = re.compile(r"(?:(?<=[.?!”\"’')\d])|(?<=\n))\s*Oral (?:response|answer)\b\.?:?\s*", re.IGNORECASE)
_OWN_LINE = re.compile(r"(?m)^[ \t]*(The Mayor)[ \t]*$")
_INLINE = re.compile(r"(?<=[.?!”\"’')])\s+(The Mayor)\s+(?=[A-Z“\"‘])")
_SITTING = re.compile(
    r"(MQT|Mayor['’]?s Question Time|Plenary[\w ]{0,30}|Questions to the Mayor)\s*(?:on|[-–,]|\n)?\s*"
    r"(\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]+,? \d{4}|[A-Z][a-z]+ \d{1,2}, \d{4})"
)
_SUPPLEMENTARY = re.compile(r"[ \t\n]*(\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]+ \d{4})[ \t\n]*")
_TITLES = r"(?:(?:Dr|Mr|Mrs|Ms|Sir|Dame|Lord|Baroness|Cllr)\.? )?"
_WORD = r"(?<!\w)[A-Z][\w’'-]{0,30}(?!\w)"
_AFTER = r"(?:,? (?:AM|OBE|MBE|CBE|KC|QC|MP))*"
_NAME = re.compile(rf"{_TITLES}{_WORD}(?: (?:de|van|von|der|al|le|{_WORD})){{1,3}}{_AFTER}")
_RUN = re.compile(rf"{_TITLES}{_WORD}(?: {_WORD}){{1,6}}")
_STARTS = re.compile(
    r"(?:What|Why|How|When|Where|Which|Who|Whose|Will|Would|Do|Does|Did|Can|Could|Is|Are|Am|Was|Were|Has|Have|Had|Should|"
    r"Please|Given|In|On|At|By|For|From|To|With|Since|Following|Further|Thank|Thanks|The|This|That|These|Those|There|"
    r"I|My|It|Its|Your|You|We|Our|As|After|Before|During|If|A|An|At|Despite|According|Under|Recent|Recently|Last|Many|"
    r"Some|All|Does|Now|Could|May|Might|Regarding|Concerning|Of|Over|Under|Until|While|Whilst|Although|Both|Each|Every|"
    r"He|She|They|Their|Between|Through|Today|Yesterday|Per|Re|Not|No|Yes|Despite|Considering|Having|Noting|Pursuant)\b"
)
_SPEAKER_AM = re.compile(rf"({_TITLES}{_WORD}(?: (?:de|van|von|der|{_WORD})){{1,3}}) AM\b")
LONGEST = 20_000
"""Characters of a question, beyond which its answer is not looked for."""
_ENDED = re.compile(r"[.?!:;\"”’')\]|]$")


@dataclass(frozen=True)
class _Found:
    """One question of a paper: its reference and kind, where its title begins, and where its words begin."""

    reference: str
    kind: str | None
    title: str | None
    start: int
    body: int
    transcript: bool = False


def is_paper(body: str) -> bool:
    return bool(_MARK.search(body) or _TRANSCRIPT.search(body))


def questions_of_paper(body: str) -> list[Fields]:
    """Every question that has words. A paper cut at its end gives the last one as far as it goes."""
    body = PAGE_LINE.sub("", body)
    found = _marked(body) or _transcribed(body)
    sitting = _SITTING.search(body[: found[0].body]) if found else None
    askers = _askers(body, found)
    ends = [next_one.start for _, next_one in pairwise(found)] + [len(body)]
    told = [_told(each, body[each.body : end], askers, sitting, body) for each, end in zip(found, ends, strict=True)]
    return [fields for fields in told if fields["answers"] or _asks(fields)]


def _asks(fields: Fields) -> bool:
    """A mention of a question's number is followed by no question."""
    words = (fields["question"] or "").split()
    return len(words) > 2 or bool(words and (fields["asked_by"] or words[-1].endswith("?")))


# --- where each question begins -------------------------------------------------------------------------------------


def _marked(body: str) -> list[_Found]:
    found: list[_Found] = []
    for mark in _MARK.finditer(body):
        if found and _MENTION.search(body, max(mark.start() - 20, 0), mark.start()):
            continue
        title, start = _title(body, mark, found[-1].body if found else 0)
        found.append(_Found(mark[1], mark[2].lower() if mark[2] else None, title, start, mark.end()))
    return found


def _title(body: str, mark: re.Match[str], since: int) -> tuple[str | None, int]:
    """The words before the mark, on its line or the one above. In a paper without line breaks, only the heading that
    is repeated above the answer can tell where they begin."""
    line = body.rfind("\n", since, mark.start()) + 1 or since
    before = body[line : mark.start()]
    if not before.strip():
        line, before = _lines_above(body, since, line)
    repeated = _ANSWER.search(body, mark.end(), mark.end() + LONGEST)
    if repeated and (known := squeezed(repeated["title"])):
        above = body[since : mark.start()]
        if there := re.search(r"\s+".join(map(re.escape, known.split())) + r"\s*$", above[-2 * len(known) - 50 :]):
            return known, mark.start() - (len(there.string) - there.start())
    if line > 0 and body[line - 1] == "\n" and 0 < len(before.strip()) <= 250:
        return squeezed(before), line
    if line == 0 and since == 0 and 0 < len(before.strip()) <= 250 and not _SITTING.search(before):
        return squeezed(before), line
    return None, mark.start()


def _lines_above(body: str, since: int, line: int) -> tuple[int, str]:
    """The lines directly above, two at most, that are neither blank nor the end of a sentence."""
    above = body[since:line].rstrip()
    end = since + len(above)
    start = max(above.rfind("\n") + 1, 0)
    first = above[start:].strip()
    rest = above[:start].rstrip(" \t")
    if rest.endswith("\n") and not rest.endswith("\n\n"):
        upper = rest[:-1].rfind("\n") + 1
        wrapped = rest[upper:].strip()
        if wrapped and first[:1].islower() and not _ENDED.search(wrapped):
            start = upper
    return since + start, body[since + start : end]


def _transcribed(body: str) -> list[_Found]:
    return [
        _Found(each[1], "oral", squeezed(each[2]), each.start(), each.end(), True)
        for each in _TRANSCRIPT.finditer(body)
    ]


# --- who asked ------------------------------------------------------------------------------------------------------


def _askers(body: str, found: list[_Found]) -> set[str]:
    """Names the paper itself sets apart: `Name AM`, a name alone on its line below the number, and the first words
    that several questions share."""
    named = {squeezed(each[1]) for each in _SPEAKER_AM.finditer(body)}
    runs = []
    for each in found:
        first = body[each.body : each.body + 200]
        alone = re.match(r"[ \t]*\n\s*([^\n]{4,60})\n", first)
        if alone and _NAME.fullmatch(alone[1].strip()):
            named.add(squeezed(alone[1]))
        if run := _RUN.match(squeezed(first)):
            runs.append(run[0].split())
    shared = [_shared(one, other) for one, other in pairwise(sorted(runs))]
    named |= {" ".join(_until_start(words)) for words in shared if len(_until_start(words)) >= 2}
    return {name for name in named if not _STARTS.match(name)}


def _shared(one: list[str], other: list[str]) -> list[str]:
    """The words both begin with."""
    return [a for n, (a, b) in enumerate(zip(one, other, strict=False), 1) if a == b and one[:n] == other[:n]]


def _until_start(words: list[str]) -> list[str]:
    stop = next((n for n, word in enumerate(words) if n >= 2 and _STARTS.fullmatch(word)), len(words))
    return words[: min(stop, 4)]


def _asker(text: str, askers: set[str]) -> tuple[str | None, str]:
    """Who asked, and the rest. text: from below the number."""
    text = text.lstrip(" \t\u00a0\n")
    line, _, rest = text.partition("\n")
    if _NAME.fullmatch(line.strip()) and not _STARTS.match(line):
        return line.strip(), rest
    for name in sorted(askers, key=len, reverse=True):
        if found := re.match(rf"(?:(?:Dr|Sir|Dame|Lord|Baroness) )?{re.escape(name)}{_AFTER}(?=\s)", text):
            return found[0], text[found.end() :]
    run = _RUN.match(text)
    words = run[0].split() if run else []
    known = _until_start(words)
    if 2 <= len(known) < len(words) and len(known) <= 4 and _STARTS.fullmatch(words[len(known)]):
        return " ".join(known), text[len(" ".join(known)) :]
    if len(words) == 3 and run and re.match(r" [a-z]", text[run.end() :]) and not _STARTS.match(text):
        return " ".join(words[:2]), text[len(" ".join(words[:2])) :]  # the third word begins the sentence
    return None, text


# --- what was asked and answered ------------------------------------------------------------------------------------


def _told(found: _Found, words: str, askers: set[str], sitting: re.Match[str] | None, body: str) -> Fields:
    day, kind, notes = long_date(sitting[2]) if sitting else None, found.kind, []
    if found.transcript:
        return _transcript(found, words, askers, day, sitting)
    dated = _SUPPLEMENTARY.match(words)
    if dated:
        day, words = long_date(dated[1]) or day, words[dated.end() :]
    asked_by, rest = _asker(words, askers)
    if asked_by is None:
        notes = ["who asked stands before the question, and where the name ends is not told"]
    question, answers, said_kind, said = _parted(rest)
    return filled(
        _layout(found, body, answers),
        title=found.title,
        reference=found.reference,
        session_date=day,
        asked_by=asked_by,
        asked_of="The Mayor" if re.search(r"(?m)^\s*Questions to the Mayor\b", body[:2000]) else None,
        question=_unwrapped(question),
        answers=[each | {"text": _unwrapped(each["text"]) or each["text"]} for each in answers],
        session_type=session(sitting[1]) if sitting and session(sitting[1]) in ("MQT", "Plenary") else _subject(body),
        answer_type=kind or said_kind,
        notes=[*notes, *said],
    )


def _subject(body: str) -> str | None:
    found = re.search(r"Subject:\s*(MQT|Mayor['’]?s Question Time|Plenary)", body[:2000])
    return session(found[1]) if found else None


def _parted(rest: str) -> tuple[str, list[Answer], str | None, list[str]]:
    """The question, the answers, and whether the paper says they were written or oral."""
    if found := _ANSWER.search(rest):
        question, parts = rest[: found.start()], list(_ANSWER.finditer(rest))
        ends = [each.start() for each in parts[1:]] + [len(rest)]
        told = [
            answers_said(rest[a.end() : b].strip(), squeezed(a["by"]), long_date(a["day"]))
            for a, b in zip(parts, ends, strict=True)
        ]
        return question, [each for said, _ in told for each in said], next((w for _, w in told if w), None), []
    if found := _WRITTEN.search(rest):
        said = states([answer("The Mayor", text) for text in [rest[found.end() :].strip()] if text])
        return rest[: found.start()], said, "written", []
    if found := _ORAL.search(rest):
        told_here = speeches(rest[found.end() :].strip(), None)
        note = [] if told_here else ["answered orally: the paper does not give the words"]
        return rest[: found.start()], [answer(by, text) for by, text in told_here], "oral", note
    if found := _OWN_LINE.search(rest) or _INLINE.search(rest):
        said, written = answers_said(rest[found.end() :].strip(), found[1])
        return rest[: found.start()], said, written, []
    told_here = speeches(rest, None)
    if len(told_here) > 1 and told_here[0][0] is None:
        return told_here[0][1], states([answer(by, text) for by, text in told_here[1:]]), None, []
    return rest, [], None, []


def _transcript(
    found: _Found, words: str, askers: set[str], day: str | None, sitting: re.Match[str] | None
) -> Fields:
    """`2018/5227 - TITLE ASKER`: the question itself is not in it, only what was said."""
    title, asked_by = found.title or "", None
    for name in sorted(askers, key=len, reverse=True):
        if title.endswith((f" {name}", f" {name} AM")):
            asked_by, title = title[title.rindex(name) :], title[: title.rindex(name)].rstrip(" -–")
            break
    note = ["who asked stands behind the title, and where it begins is not told"] if asked_by is None else []
    said, _ = answers_said(words.strip(), None)
    return filled(
        "transcript", title=title or None, reference=found.reference, session_date=day, asked_by=asked_by,
        session_type=session(sitting[1]) if sitting else None, answer_type="oral", notes=note,
        answers=[each | {"text": _unwrapped(each["text"]) or each["text"]} for each in said],
    )  # fmt: skip


def _layout(found: _Found, body: str, answers: list[Answer]) -> str:
    if re.search(r"Question\s+Number\s*:", body):
        return "supplementaries appendix"
    if "Last updated:" in body or re.search(r"(?i)answered questions paper", body[:2000]):
        return "answered questions paper"
    if re.search(r"(?m)^\s*Written response from the Mayor", body) and "(Oral)" not in body:
        return "member blog"
    return "written answers" if answers or "Written Answers" in body[:2000] or found.kind else "priority order paper"


def _unwrapped(text: str | None) -> str | None:
    """Lines that a PDF broke in the middle of a sentence, joined; paragraphs stay."""
    if not text or not text.strip():
        return None
    lines = [line.strip() for line in text.strip().split("\n")]
    told = lines[:1]
    for line in lines[1:]:
        broken = told[-1] and line and not _ENDED.search(told[-1]) and (line[0].islower() or len(told[-1]) >= 55)
        if broken or (told[-1] and line and len(told[-1]) >= 70 and not line.startswith(("•", "-", "*"))):
            told[-1] = f"{told[-1]} {line}"
        else:
            told.append(line)
    return paragraphs("\n".join(told))
