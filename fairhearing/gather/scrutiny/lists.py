"""Lists of questions: search results of the new site (`Reference:`, `Question by:`, `Meeting date:`), and the site's
node listing, whose entries have neither title nor reference and whose texts the site itself cuts short."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from .fields import Fields, filled, long_date, paragraphs

__all__ = ["is_list", "listed"]

_NAMES = {"reference": "reference", "question by": "asked_by", "meeting date": "session_date"}
_LABEL = re.compile(rf"({'|'.join(_NAMES)}):\s*(.*)", re.IGNORECASE)
_BULLET = re.compile(r"^[\s\u00a0]*(?:[•*·▪◦]|[-–](?=\s|$))?[\s\u00a0]*")
_REFERENCE = re.compile(r"\d{4}/\d{1,6}(?:-\d+)?")
_PAGER = re.compile(
    r"(?i)pagination|(?:current )?page \d+(?: of \d+)?|(?:[«‹] ?)?(?:previous|first)(?: page)?(?: [«‹].*)?|"
    r"(?:next|last)(?: page)?(?: .*)?[›»]|back to top"
)
"""Where the list ends and the way to its other pages begins."""
_ENDED = re.compile(r"[.?!:;)\]\"”’'…\d]$")


@dataclass
class _Entry:
    """Lines of one entry: where its labels begin and end, and what they say."""

    start: int
    end: int
    values: dict[str, str] = field(default_factory=dict)


def is_list(body: str) -> bool:
    """Who asked and when they met, and nothing that only a page of one question has."""
    lines = [_BULLET.sub("", line).strip() for line in body.split("\n")]
    found = {match[1].casefold() for line in lines if (match := _LABEL.fullmatch(line))}
    return "question by" in found and bool(found & {"reference", "meeting date"})


def listed(body: str) -> list[Fields]:
    """Every entry that has a title or a text. An entry the page breaks off in loses what it broke off in."""
    lines = [_BULLET.sub("", line).strip() for line in body.split("\n")]
    entries = _entries(lines)
    teasers = _are_teasers(lines, entries)
    titles = [None if teasers else _above(lines, each.start) for each in entries]
    starts = [each.start if at is None else at for each, at in zip(entries, titles, strict=True)]
    told = [
        _told(lines, each, at, following, teasers)
        for each, at, (_, following) in zip(entries, titles, pairwise([*starts, len(lines)]), strict=True)
    ]
    return [fields for fields in told if fields["title"] or fields["question"]]


def _are_teasers(lines: list[str], entries: list[_Entry]) -> bool:
    """Entries without a title: none has a reference, and the labels stand on lines of their own, or above the first
    there is nothing."""
    if any("reference" in each.values for each in entries):
        return False
    alone = any(re.fullmatch(r"(?i)question by:", line) for line in lines)
    return alone or (bool(entries) and not any(lines[: entries[0].start]))


def _entries(lines: list[str]) -> list[_Entry]:
    """Runs of labels, only blank lines between them; a label that comes again begins a new entry."""
    entries: list[_Entry] = []
    for at, line in enumerate(lines):
        label = _LABEL.fullmatch(line)
        if not label:
            continue
        name = _NAMES[label[1].casefold()]
        last = entries[-1] if entries else None
        if last is None or name in last.values or any(lines[last.end : at]):
            last = _Entry(at, at)
            entries.append(last)
        last.values[name], last.end = _value(lines, at, label[2])
    return entries


def _value(lines: list[str], at: int, same_line: str) -> tuple[str, int]:
    """The value beside the label, or on the next line."""
    below = lines[at + 1] if at + 1 < len(lines) else ""
    if same_line or not below or _LABEL.fullmatch(below):
        return same_line, at + 1
    return below, at + 2


def _above(lines: list[str], at: int) -> int | None:
    """The line of the title: the last one above the labels, unless it is a paragraph."""
    there = next((place for place in range(at - 1, -1, -1) if lines[place]), None)
    return there if there is not None and len(lines[there]) <= 300 and not _LABEL.fullmatch(lines[there]) else None


def _told(lines: list[str], entry: _Entry, title: int | None, following: int, teasers: bool) -> Fields:
    words = lines[entry.end : following]
    furniture = next((n for n, line in enumerate(words) if _PAGER.fullmatch(line)), None)
    text = paragraphs("\n".join(words[:furniture]))
    last = following == len(lines) and furniture is None
    values = {name: value for name, value in entry.values.items() if value}
    cut = []
    if text is None and last and values:  # the page breaks off in the last label
        cut = [list(entry.values)[-1], "question"]
        values.pop(cut[0], None)
    elif text and (text.endswith(("...", "…")) or (last and not _ENDED.search(text))):
        cut = ["question"]
    reference = _REFERENCE.fullmatch(values.get("reference", ""))
    return filled(
        "node listing" if teasers else "new list",
        title=None if title is None else lines[title],
        reference=reference[0] if reference else None,
        session_date=long_date(values.get("session_date")),
        asked_by=values.get("asked_by"),
        question=text,
        cut=cut,
    )
