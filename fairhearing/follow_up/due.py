# ruff: noqa: E501  (a pattern is easier to read on one line)
"""When something is due, as said, and the days that can mean, counted from the day it was said.

`first` and `last` enclose what the words can mean; `due` is the last day, because a promise is not late before it. Words
that name no time ("shortly", "in due course") are kept as said, and no day is made of them.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Due", "due"]

_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
_MONTH = "|".join(name for name in _MONTHS if name != "may") + "|(?-i:May)(?! (?:I|we|you)\\b)"
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "winter": (12, 2)}
_NUMBERS = {
    word: n
    for n, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}
_NUMBER = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_BEFORE = (
    r"(?:by|before|in|from|until|during|on|at|within|over|throughout|no later than|this|next|later|later in|"
    r"due|towards?)"
)
_YEAR = r"(?:19|20)\d\d"


@dataclass(frozen=True)
class Due:
    """said: the words · start, end: their place · first, last: the days they can mean, None where they name none."""

    said: str
    start: int
    end: int
    first: date | None = None
    last: date | None = None

    @property
    def uncertain_days(self) -> int | None:
        """Days between the first and the last; 0 for a day named."""
        return (self.last - self.first).days if self.first and self.last else None


def due(sentence: str, said_on: date | None) -> Due | None:
    """The first time to come that a sentence names, or None. said_on: the day of the answer; without it only words that
    name their own year have days."""
    found = [
        (match.start(), -len(match[0]), order, match, days)
        for order, (pattern, days) in enumerate(_FORMS)
        for match in pattern.finditer(sentence)
    ]
    for _, _, _, match, days in sorted(found, key=lambda each: each[:3]):
        span = days(match, said_on)
        if span is None or said_on is None or span[1] >= said_on:
            return Due(match[0], match.start(), match.end(), *(span or (None, None)))
    return None


Span = tuple[date, date] | None
Days = Callable[[re.Match[str], date | None], Span]


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _in_month(found: re.Match[str], said: date | None) -> Span:
    month = _MONTHS[found["month"].casefold()]
    year = int(found["year"]) if found["year"] else None
    if year is None and said is not None:
        year = said.year + (month < said.month)
    if year is None:
        return None
    first, last = _month(year, month)
    if said_day := found["day"] or found["after"]:
        day = int(said_day)
        return (date(year, month, day),) * 2 if 1 <= day <= last.day else None
    part = (found["part"] or "").casefold()
    if part == "end":
        return last, last
    if not part and found[0].casefold().startswith("before "):
        return (first - timedelta(days=1),) * 2
    if part in ("early", "beginning", "start"):
        return first, first + timedelta(days=9)
    if part in ("mid", "middle"):
        return first + timedelta(days=9), first + timedelta(days=19)
    return (first + timedelta(days=19), last) if part == "late" else (first, last)


def _on_numbered_day(found: re.Match[str], _said: date | None) -> Span:
    """Day before month, as offices in this country write it; a day the calendar does not have names none."""
    try:
        return (date(int(found["year"]), int(found["month"]), int(found["day"])),) * 2
    except ValueError:
        return None


def _in_quarter(found: re.Match[str], said: date | None) -> Span:
    """Q3 2019/20 is of the financial year from April: October to December 2019. Q3 2019 is of the calendar year. Without a
    year: the financial year it was said in, or the next where that quarter is over."""
    quarter = int(found["q"])
    if found["year"] and not found["second"]:
        first = date(int(found["year"]), 3 * quarter - 2, 1)
    elif found["year"]:
        first = _financial(int(found["year"]), quarter)
    elif said is None:
        return None
    else:
        year = said.year - (said.month < 4)
        first = _financial(year, quarter)
        if _month(first.year, first.month + 2)[1] < said:
            first = _financial(year + 1, quarter)
    return first, _month(first.year, first.month + 2)[1]


def _financial(year: int, quarter: int) -> date:
    return date(year + (quarter == 4), (4, 7, 10, 1)[quarter - 1], 1)


def _in_financial_year(found: re.Match[str], _said: date | None) -> Span:
    year, second = int(found["year"]), int(found["second"])
    return (date(year, 4, 1), date(year + 1, 3, 31)) if second % 100 == (year + 1) % 100 else None


def _in_season(found: re.Match[str], said: date | None) -> Span:
    if found["break"]:
        return None  # which days those are is not in the words
    first_month, last_month = _SEASONS[found["season"].casefold()]
    year = int(found["year"]) if found["year"] else said.year if said else None
    if year is None:
        return None
    if not found["year"] and said and _season(year, first_month, last_month)[1] < said:
        year += 1
    if said and not found["year"] and (found["which"] or "").casefold() == "next" and year == said.year:
        year += first_month <= said.month
    return _season(year, first_month, last_month)


def _season(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), _month(year + (last < first), last)[1]


def _in_year(found: re.Match[str], _said: date | None) -> Span:
    year = int(found["year"])
    return (date(year, 12, 31),) * 2 if found["end"] else (date(year, 1, 1), date(year, 12, 31))


def _relative(found: re.Match[str], said: date | None) -> Span:
    if said is None:
        return None
    words = " ".join(found[0].casefold().split())
    if "new year" in words:
        return date(said.year + 1, 1, 1), date(said.year + 1, 3, 31)
    if "week" in words:
        monday = said - timedelta(days=said.weekday())
        first = monday + timedelta(days=7 if "next" in words else 0)
        return max(first, said), first + timedelta(days=6)
    if "month" in words:
        shift = said.month - 1 + ("next" in words)
        first, last = _month(said.year + shift // 12, shift % 12 + 1)
        return (last, last) if "end of" in words else (max(first, said), last)
    financial = "financial" in words
    year = said.year - (financial and said.month < 4) + ("next" in words)
    first, last = (date(year, 4, 1), date(year + 1, 3, 31)) if financial else (date(year, 1, 1), date(year, 12, 31))
    return (last, last) if "end of" in words else (max(first, said), last)


def _within(found: re.Match[str], said: date | None) -> Span:
    if said is None:
        return None
    word = found["n"].casefold()
    n, unit = _NUMBERS.get(word) or int(word), found["unit"].casefold()
    if unit == "day":
        last = said + timedelta(days=n * 7 // 5 + 2 if found["working"] else n)
    elif unit == "week":
        last = said + timedelta(weeks=n)
    else:
        shift = said.month - 1 + n * (12 if unit == "year" else 1)
        year, month = said.year + shift // 12, shift % 12 + 1
        last = date(year, month, min(said.day, calendar.monthrange(year, month)[1]))
    return said, last


def _vague(_found: re.Match[str], _said: date | None) -> Span:
    return None


def _form(pattern: str, days: Days) -> tuple[re.Pattern[str], Days]:
    return re.compile(pattern, re.IGNORECASE), days


_FORMS = (
    _form(
        rf"\b(?:{_BEFORE} )?(?:the )?(?:(?P<part>end|early|beginning|start|middle|mid|late)(?: of |-| in )?\s?)?(?:the )?"
        rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? )?(?P<month>{_MONTH})\b(?! (?:AM|MP)\b)"
        rf"(?(day)|(?: (?P<after>\d{{1,2}})(?:(?:st|nd|rd|th)\b|(?=,? {_YEAR}\b)|(?=[.;)]*$)))?)(?:,? (?P<year>{_YEAR})\b)?",
        _in_month,
    ),
    _form(rf"\b(?:{_BEFORE} )?(?P<day>\d\d?)[/.](?P<month>\d\d?)[/.](?P<year>{_YEAR})\b", _on_numbered_day),
    _form(rf"\b(?:{_BEFORE} )?(?P<year>{_YEAR})-(?P<month>\d\d)-(?P<day>\d\d)\b", _on_numbered_day),
    _form(rf"\b(?:{_BEFORE} )?(?:the )?(?:end of )?Q(?P<q>[1-4])(?: (?:of )?(?P<year>{_YEAR})(?:[/–-](?P<second>\d\d))?)?\b",
          _in_quarter),
    _form(rf"\b(?:{_BEFORE} )?(?:the )?(?:financial year )?(?P<year>{_YEAR})[/–-](?P<second>\d\d(?:\d\d)?)\b(?!-\d)"
          r"(?: financial year)?", _in_financial_year),
    _form(rf"\b{_BEFORE} (?:the )?(?P<which>next |this )?(?:early |late )?(?P<season>spring|summer|autumn|winter)\b(?P<break> (?:recess|break|holidays?)\b)?"
          rf"(?:(?: of)? (?P<year>{_YEAR})\b)?".replace("(?P<which>next |this )", "(?P<which>next|this)? ?"), _in_season),
    _form(rf"\b{_BEFORE} (?:the )?(?P<end>end of )?(?P<year>{_YEAR})\b(?![/–-]\d)", _in_year),
    _form(r"\b(?:in|early in|by|into) the new year\b", _relative),
    _form(r"\b(?:by |before |at |towards )?(?:the )?(?:end of )?(?:later )?(?:the |this |next )(?:financial )?(?:year|month|week)\b",
          _relative),
    _form(rf"\b(?:within|in|over the (?:next|coming)) (?:the (?:next|coming) )?(?P<n>{_NUMBER}) (?P<working>working )?(?P<unit>day|week|month|year)s?"
          r"(?:['’]s?)?\b(?: time)?", _within),
    _form(r"\b(?:shortly|soon|in due course|as soon as (?:possible|practicable)|in the (?:near|coming) (?:future|weeks|months)|"
          r"in the (?:coming|next few) (?:days|weeks|months|years))\b", _vague),
)  # fmt: skip
