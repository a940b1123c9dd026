# ruff: noqa: E501  (a pattern is easier to read on one line)
"""When something is due, as said, and the days that can mean, counted from the day it was said.

`first` and `last` enclose what the words can mean; `due` is the last day, because a promise is not late before it. Words
that name no time ("shortly", "before the summer recess") are kept as said, and no day is made of them.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Due", "due"]

_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
_OPEN = "|".join(name for name in _MONTHS if name not in ("march", "may"))
_MONTH = rf"{_OPEN}|(?-i:March)|march(?= \d)|(?-i:May)(?! (?:I|we|you)\b)"
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "winter": (12, 2)}
_DAYS = {name.casefold(): n for n, name in enumerate(calendar.day_name)}
_NUMBERS = {
    word: n
    for n, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
} | {"a": 1, "an": 1, "couple of": 2, "a couple of": 2}
_NUMBER = rf"\d{{1,3}}|{'|'.join(word for word in _NUMBERS if len(word) > 2 and ' ' not in word)}"
_AT = r"(?:by|before|in|from|until|during|on|at|within|over|throughout|no later than|later|later in|due|towards?)"
_BEFORE = rf"(?:{_AT}|this|next)"
_PART = (
    r"(?:(?P<part>end|early|beginning|start|middle|mid|late|(?:first|second) half|(?:first|second|third|fourth|last) quarter)"
    r"(?: of |-| in )?\s?)?"
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


# --- a part of a time, and what is before it ------------------------------------------------------------------------


def _month(year: int, month: int, months: int = 1) -> tuple[date, date]:
    """The first and last day of so many months from that one; months beyond December are of the next years."""
    last = month + months - 2
    year_of_last, month_of_last = year + last // 12, last % 12 + 1
    end = calendar.monthrange(year_of_last, month_of_last)[1]
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1), date(year_of_last, month_of_last, end)


def _said_part(found: re.Match[str], whole: tuple[date, date]) -> tuple[date, date]:
    """The end, the beginning, a third, half or quarter of a time; the day before it; or all of it."""
    first, last = whole
    part = (found["part"] or "").casefold()
    if part == "end":
        return last, last
    if not part:
        before = found[0].casefold().startswith("before ")
        return (first - timedelta(days=1),) * 2 if before else whole
    order, _, of = part.partition(" ")
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if of:
        length = months // (2 if of == "half" else 4)
        number = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": 3}[order]
        return _month(first.year, first.month + number * length, length) if length else whole
    return _third(whole, {"mid": 1, "middle": 1, "late": 2}.get(part, 0), months)


def _third(whole: tuple[date, date], number: int, months: int) -> tuple[date, date]:
    """Of a year months, of a season a month, of a month ten days."""
    first, last = whole
    if months >= 3:
        return _month(first.year, first.month + number * (months // 3), months // 3)
    days = ((0, 9), (9, 19), (19, None))[number]
    return first + timedelta(days=days[0]), last if days[1] is None else first + timedelta(days=days[1])


# --- what the words can mean ----------------------------------------------------------------------------------------


def _in_month(found: re.Match[str], said: date | None) -> Span:
    month = _MONTHS[found["month"].casefold()]
    year = int(found["year"]) if found["year"] else None
    if year is None and said is not None:
        year = said.year + (month < said.month)
    if year is None:
        return None
    whole = _month(year, month)
    if said_day := found["day"] or found["after"]:
        day = int(said_day)
        return (date(year, month, day),) * 2 if 1 <= day <= whole[1].day else None
    return _said_part(found, whole)


def _on_numbered_day(found: re.Match[str], _said: date | None) -> Span:
    """Day before month, as offices in this country write it; a day the calendar does not have names none."""
    year = int(found["year"])
    try:
        return (date(year if year > 99 else 2000 + year, int(found["month"]), int(found["day"])),) * 2
    except ValueError:
        return None


def _on_weekday(found: re.Match[str], said: date | None) -> Span:
    """The next such day; `next Friday` may be the one after."""
    if said is None:
        return None
    day = said + timedelta(days=(_DAYS[found["name"].casefold()] - said.weekday() - 1) % 7 + 1)
    return day, day + timedelta(days=7 if found["next"] else 0)


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
        if _month(first.year, first.month, 3)[1] < said:
            first = _financial(year + 1, quarter)
    whole = _month(first.year, first.month, 3)
    return (whole[1], whole[1]) if found["end"] else whole


def _financial(year: int, quarter: int) -> date:
    return date(year + (quarter == 4), (4, 7, 10, 1)[quarter - 1], 1)


def _in_financial_year(found: re.Match[str], _said: date | None) -> Span:
    year, second = int(found["year"]), int(found["second"])
    return _said_part(found, _month(year, 4, 12)) if second % 100 == (year + 1) % 100 else None


def _in_season(found: re.Match[str], said: date | None) -> Span:
    """`Next summer`, said before this year's, can be either."""
    if found["break"]:
        return None  # which days those are is not in the words
    first_month, last_month = _SEASONS[found["season"].casefold()]
    year = int(found["year"]) if found["year"] else said.year if said else None
    if year is None:
        return None
    if found["year"] or said is None:
        return _said_part(found, _month(year, first_month, 3))
    year += _month(year, first_month, 3)[1] < said
    begun = year == said.year and first_month <= said.month
    following = (found["which"] or found["alone"] or "").casefold() == "next"
    whole = _said_part(found, _month(year + (following and begun), first_month, 3))
    either = following and not begun and year == said.year and last_month > 2
    return (whole[0], _month(year + 1, first_month, 3)[1]) if either else whole


def _in_year(found: re.Match[str], _said: date | None) -> Span:
    return _said_part(found, _month(int(found["year"]), 1, 12))


def _in_relative(found: re.Match[str], said: date | None) -> Span:
    """This and next year (of the calendar or of finance), month and week."""
    if said is None:
        return None
    unit, following = found["unit"].casefold(), (found["which"] or "").casefold() == "next"
    if unit == "week":
        monday = said - timedelta(days=said.weekday() - 7 * following)
        whole = monday, monday + timedelta(days=6)
    elif unit == "month":
        whole = _month(said.year, said.month + following)
    elif (found["kind"] or "").casefold().startswith("financial"):
        whole = _month(said.year - (said.month < 4) + following, 4, 12)
    else:
        whole = _month(said.year + following, 1, 12)
    first, last = _said_part(found, whole)
    return (max(first, said), last) if last >= said else (first, last)


def _in_new_year(_found: re.Match[str], said: date | None) -> Span:
    return None if said is None else _month(said.year + 1, 1, 3)


def _at_christmas(found: re.Match[str], said: date | None) -> Span:
    year = int(found["year"]) if found["year"] else said.year + (said > date(said.year, 12, 25)) if said else None
    if year is None:
        return None
    return (date(year, 12, 24 if found[0].casefold().startswith("before") else 25),) * 2


def _tomorrow(found: re.Match[str], said: date | None) -> Span:
    return None if said is None else (said + timedelta(days=found[0].casefold().endswith("tomorrow")),) * 2


def _decade(_found: re.Match[str], said: date | None) -> Span:
    return None if said is None else (date(said.year // 10 * 10 + 9, 12, 31),) * 2


def _within(found: re.Match[str], said: date | None) -> Span:
    if said is None:
        return None
    word = " ".join((found["most"] or found["n"]).casefold().split())
    n, unit = _NUMBERS.get(word) or int(word), found["unit"].casefold()
    if unit == "day":
        last = said + timedelta(days=n * 7 // 5 + 2 if found["working"] else n)
    elif unit in ("week", "fortnight"):
        last = said + timedelta(weeks=n * (1 + (unit == "fortnight")))
    else:
        first, end = _month(said.year, said.month + n * (12 if unit == "year" else 1))
        last = first.replace(day=min(said.day, end.day))
    return said, last


def _vague(_found: re.Match[str], _said: date | None) -> Span:
    return None


def _form(pattern: str, days: Days) -> tuple[re.Pattern[str], Days]:
    return re.compile(pattern, re.IGNORECASE), days


_FORMS = (
    _form(
        rf"\b(?:{_BEFORE} )?(?:the )?{_PART}(?:the )?"
        rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? )?(?P<month>{_MONTH})\b(?! (?:AM|MP|elections?|budget|meeting)\b)"
        rf"(?(day)|(?: (?P<after>\d{{1,2}})(?:(?:st|nd|rd|th)\b|(?=,? {_YEAR}\b)|(?=[.;)]*$)))?)(?:,? (?P<year>{_YEAR})\b)?",
        _in_month,
    ),
    _form(rf"\b(?:{_BEFORE} )?(?P<day>\d\d?)[/.](?P<month>\d\d?)[/.](?P<year>{_YEAR})\b", _on_numbered_day),
    _form(r"\b(?:by|on|before|from|until|no later than) (?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d\d)\b(?!/)", _on_numbered_day),
    _form(rf"\b(?:{_BEFORE} )?(?P<year>{_YEAR})-(?P<month>\d\d)-(?P<day>\d\d)\b", _on_numbered_day),
    _form(rf"\b(?:by|before|until|no later than) (?:the end of )?(?P<next>next )?(?P<name>{'|'.join(_DAYS)})\b(?! \d)", _on_weekday),
    _form(rf"\b(?:{_BEFORE} )?(?:the )?(?P<end>end of )?Q(?P<q>[1-4])(?: (?:of )?(?P<year>{_YEAR})(?:[/–-](?P<second>\d\d))?)?\b",
          _in_quarter),
    _form(rf"\b(?:{_BEFORE} )?(?:the )?{_PART}(?:the )?(?:financial year )?(?P<year>{_YEAR})[/–-](?P<second>\d\d(?:\d\d)?)\b(?!-\d)"
          r"(?: financial year)?", _in_financial_year),
    _form(rf"\b(?:{_AT} (?:the )?{_PART}(?:the )?(?:(?P<which>next|this) )?|(?P<alone>next|this) )(?P<season>spring|summer|autumn|winter)\b"
          rf"(?P<break> (?:recess|break|holidays?)\b)?(?:(?: of)? (?P<year>{_YEAR})\b(?:/\d\d\b)?)?", _in_season),
    _form(rf"\b{_BEFORE} (?:the )?{_PART}(?P<year>{_YEAR})\b(?![/–-]\d)", _in_year),
    _form(r"\b(?:in|early in|by|into) the new year\b", _in_new_year),
    _form(rf"\b(?:{_AT} )?(?:the )?(?:later )?{_PART}(?:the )?(?:(?P<which>this|next) |(?<=the ))(?P<kind>calendar |financial )?(?P<unit>year|month|week)\b",
          _in_relative),
    _form(rf"\b(?:by|before|until) Christmas\b(?: (?P<year>{_YEAR})\b)?", _at_christmas),
    _form(r"\b(?:by (?:the end of )?(?:today|tomorrow)|(?<!of )(?<!for )tomorrow)\b(?!['’])", _tomorrow),
    _form(r"\b(?:by|before) the end of the decade\b", _decade),
    _form(rf"\b(?:within|in|over the (?:next|coming)) (?:the (?:next|coming) )?(?P<n>{_NUMBER}|(?:a )?couple of|(?<=within )an?|a(?= fortnight|[^.;]{{4,7}}['’]s time))"
          rf"(?:(?: to | or |[–-])(?P<most>{_NUMBER}))? (?P<working>working )?(?P<unit>day|week|fortnight|month|year)s?(?:['’]s?)?(?!\w)(?: time\b)?", _within),
    _form(r"\b(?:shortly|soon|in due course|as soon as (?:possible|practicable)|in the (?:near|coming) (?:future|weeks|months)|"
          r"in the (?:coming|next few) (?:days|weeks|months|years))\b", _vague),
    _form(r"\b(?:by|before|after|until) (?:Easter|(?:the )?(?:\w+ )?elections?)\b|\b(?:by|before|at|until) the (?:next meeting|next (?:\w+[’'s]* )?question time)\b|"
          r"\b(?:by|before|at|until) the end of (?:my|this|the|his|her|our) (?:\w+ )?(?:term|session|mayoralty|(?:school|academic|municipal) year)\b", _vague),
)  # fmt: skip
