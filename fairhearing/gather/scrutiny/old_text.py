"""The old site's page as text: `Session date:`, `Question By:`, `Asked Of:`, `Answered By:`, each label ending its
line and its value on the next. The text carries no reference, no category and no day of the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ...errors import BadInput
from .fields import Answer, Fields, answers_said, filled, iso, long_date, reference_in, session

__all__ = ["LABELS", "apart", "is_old_page", "old_page"]

LABELS = ("Session date", "Question By", "Asked Of", "Supplementary To", "Answered By")
_HEAD = LABELS[:3]
_LABEL = re.compile(rf"({'|'.join(LABELS)}):\s*(.*)", re.IGNORECASE)
_SENTENCE = re.compile(r".{80}|.*[.?!:]$|Answer for ")
"""What a name is not: long, the end of a sentence, or a heading."""
_GROUP = re.compile(r"\b(?:Group|Conservatives|Greens|Party|Democrats)$", re.IGNORECASE)
_SESSION = re.compile(r"(MQT|Plenary|[A-Z][\w'’ ]{2,50}) on (\d{4}-\d\d-\d\d)")
_URL = re.compile(r"#\s*URL:\s*(\S+)\s*$", re.MULTILINE)
_LATER = re.compile(
    r"(?:(?:(?:Updated|Further|Full|Final|Revised) )?(?:Answer|Response|Reply) "
    r"(?:provided|received|given|sent|issued|updated|published)|Updated|Answered)(?: on)? "
    r"((?:\w+day,? )?\d{1,2}(?:st|nd|rd|th)? \w+,? \d{4}|\d\d?/\d\d?/\d{4}):?\s*(.*)",
    re.IGNORECASE,
)


def is_old_page(body: str, where: Path | None) -> bool:
    """Two labels of the layout make a page of it; what else is missing comes out as null."""
    found = [label for label in LABELS if re.search(rf"(?im)^[ \t\u00a0]*{label}:", body)]
    return len(found) > 1 and bool(set(found) & set(_HEAD))


def apart(body: str, where: Path | None) -> list[str]:
    """The pages of a text that holds several, one below the other: each from the line above its `Session date:`, with
    the lines starting with # above that. Raises BadInput where two questions stand in one page."""
    lines = body.split("\n")
    heads = [at for at, line in enumerate(lines) if _is_head(lines, at, line)]
    starts = [0, *(_start(lines, at) for at in heads[1:])]
    pages = ["\n".join(lines[a:b]) for a, b in pairwise([*starts, len(lines)])]
    for page in pages:
        above_answer = re.split(r"(?im)^[ \t\u00a0]*Answered By:", page)[0]
        asked = len(re.findall(r"(?im)^[ \t\u00a0]*Question By:", above_answer))
        if asked > 1:
            raise BadInput(f"the page holds {asked} questions", where=where, cure="put one question in each file")
    return pages


def _is_head(lines: list[str], at: int, line: str) -> bool:
    """`Session date:` with its day, and who asked right below: an answer has no such lines."""
    below = [each.strip() for each in lines[at : at + 6] if each.strip()]
    dated = bool(re.match(r"(?i)session date:", line.strip())) and long_date(" ".join(below[:2])[13:]) is not None
    return dated and any(each.casefold().startswith("question by:") for each in below)


def _start(lines: list[str], at: int) -> int:
    """The line of the title above a head, and the notes above that."""
    above = (place for place in range(at - 1, -1, -1) if lines[place].strip())
    title = next((place for place in above if not _SESSION.fullmatch(lines[place].strip())), at)
    while title and (lines[title - 1].startswith("#") or not lines[title - 1].strip()):
        if lines[title - 1].startswith("#") or any(each.startswith("#") for each in lines[title - 3 : title]):
            title -= 1
        else:
            break
    return title


def old_page(notes: str, body: str, where: Path | None) -> Fields:
    """notes: the lines starting with # above the page, where its address may stand."""
    lines = [line.strip() for line in body.split("\n")]
    labels = _labels(lines)
    first = labels[0].place
    head = [line for line in lines[:first] if line]
    sitting = next((found for line in head if (found := _SESSION.fullmatch(line))), None)
    title = _heading([line for line in head if not _SESSION.fullmatch(line)], lines)
    values = {label.name: label.values for label in labels[::-1]}
    asker, asked_of = values.get("Question By", []), values.get("Asked Of", [])
    address = _URL.search(notes)
    answers, kind = _answers(lines, labels, title)
    said = {long_date(next(iter(values.get("Session date", [])), "")), iso(sitting[2] if sitting else None)}
    days = sorted(day for day in said if day)
    return filled(
        "old page",
        title=title,
        reference=reference_in(address[1]) if address else None,
        session_date=days[0] if len(days) == 1 else None,
        asked_by=next((value for value in asker if not _GROUP.search(value)), None),
        group=next((value for value in asker if _GROUP.search(value)), asker[1] if len(asker) > 1 else None),
        asked_of=asked_of[0] if asked_of else None,
        question=_question(lines, labels, title, where),
        answers=answers,
        supplementary_to=next(iter(values.get("Supplementary To", [])), None),
        session_type=session(sitting[0] if sitting else None),
        answer_type=kind,
        notes=[f"the page gives two days of the session: {' and '.join(days)}"] if len(days) > 1 else [],
    )


def _heading(head: list[str], lines: list[str]) -> str | None:
    """The line above the labels that is repeated above the answer; where none is, the nearest."""
    told = [line for line in head if f"Answer for {line}" in lines or lines.count(line) > 1]
    return next(iter(told or head[::-1]), None)


@dataclass(frozen=True)
class _Label:
    """A label, the line it stands on, its values, and the line after the last of them."""

    name: str
    place: int
    values: list[str]
    end: int


def _labels(lines: list[str]) -> list[_Label]:
    """The labels of the page in order. A label of the head counts once, and not below an answer: there it is text."""
    found: list[_Label] = []
    names = {name.casefold(): name for name in LABELS}
    for place, line in enumerate(lines):
        match = _LABEL.fullmatch(line)
        name = names[match[1].casefold()] if match else ""
        before = {label.name for label in found}
        if match and (name == "Answered By" or not before & {name, "Answered By"}):
            found.append(_Label(name, place, *_values(lines, name, place, match[2])))
    return found


def _values(lines: list[str], name: str, place: int, same_line: str) -> tuple[list[str], int]:
    """Values of a label: on its own line or the next; of a questioner two, name and group. Where a copy has blank
    lines between all lines they stand further down: a name or a date, never a sentence, which is the text itself."""
    values, end = ([same_line] if same_line else []), place + 1
    beside = bool(same_line) or (end < len(lines) and bool(lines[end]))
    while len(values) < (2 if name == "Question By" else 1):
        there = end if beside else next((at for at in range(end, len(lines)) if lines[at]), len(lines))
        text = lines[there] if there < len(lines) else ""
        if (
            not text
            or _LABEL.fullmatch(text)
            or (_SENTENCE.match(text) and (values or not beside or name == "Supplementary To"))
        ):
            break
        if not beside and name == "Supplementary To":
            break
        values.append(text)
        end = there + 1
    return values, end


def _question(lines: list[str], labels: list[_Label], title: str | None, where: Path | None) -> str | None:
    """From below the labels of the head to the headings above the answer."""
    last = next((label for label in reversed(labels) if label.name in _HEAD), None)
    if last is None:
        raise BadInput(
            "the labels of the question stand below its answer", where=where, cure="save the whole page again"
        )
    end = next((label.place for label in labels if label.place > last.place), len(lines))
    if end == len(lines) and not any(lines[last.end :]):
        raise BadInput(
            f"the page ends at {last.name!r}, before any question: it was cut short",
            where=where,
            cure="save the whole page again",
        )
    return _paragraphs(lines[last.end : end], title or _repeated(lines[last.end : end]))


def _repeated(lines: list[str]) -> str | None:
    """The heading that stands twice above the answer, on a page whose own title is lost."""
    told = [line for line in lines if line][-2:]
    return told[0].removeprefix("Answer for ") if len(told) == 2 and told[0] == told[1] else None


def _answers(lines: list[str], labels: list[_Label], title: str | None) -> tuple[list[Answer], str | None]:
    """Every answer, in order; a reply above "Answer provided on …" is a holding one."""
    answers: list[Answer] = []
    kind = None
    given = [label for label in labels if label.name == "Answered By"]
    for number, label in enumerate(given):
        end = given[number + 1].place if number + 1 < len(given) else len(lines)
        told, written = _parts(lines[label.end : end], next(iter(label.values), None), title)
        answers, kind = [*answers, *told], kind or written
    return answers, kind


def _parts(lines: list[str], by: str | None, title: str | None) -> tuple[list[Answer], str | None]:
    parts: list[tuple[str | None, list[str]]] = [(None, [])]
    for line in lines:
        later = _LATER.fullmatch(line)
        day = long_date(later[1]) if later else None
        if later and day:
            parts.append((day, [later[2]]))
        else:
            parts[-1][1].append(line)
    told = [(day, text) for day, body in parts if (text := _paragraphs(body, title))]
    answers: list[Answer] = []
    kind = None
    for place, (day, text) in enumerate(told):
        said, written = answers_said(text, by, day)
        above = day is None and place < len(told) - 1
        answers += [each | {"state": "holding"} for each in said] if above else said
        kind = kind or written
    return answers, kind


def _paragraphs(lines: list[str], title: str | None) -> str | None:
    """Lines as paragraphs one blank line apart, without the repeated headings at the end."""
    kept = list(lines)
    headings = {title, f"Answer for {title}", ""}
    while kept and kept[-1] in headings:
        kept.pop()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept).strip("\n"))
    return text or None
