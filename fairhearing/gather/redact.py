"""Identifying details in free text, replaced by what they were: "[e-mail]", "E8 [postcode]".

Precise rather than greedy: the words are evidence, and a redaction that eats a sentence is a loss too. Most texts
hold no digit, no @ and no cue word; one pass in Arrow finds those that do, and only they are looked at closely.
Names without a cue ("my name is", "Mrs") are not found here: a person checks what is published.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["CONTACT", "EMAIL", "Redacted", "redact", "redact_text"]

Match = re.Match[str]
Replace = Callable[[Match], str | None]


@dataclass(frozen=True)
class Redacted:
    """`texts` after redaction, `counts` details replaced in each, `kinds` details replaced in all by kind."""

    texts: pa.Array
    counts: np.ndarray
    kinds: dict[str, int]


def redact(texts: pa.Array) -> Redacted:
    """Redact a column of strings. Null stays null."""
    suspect = pc.fill_null(pc.match_substring_regex(texts, _WORTH_A_LOOK), False)
    places = np.flatnonzero(suspect.to_numpy(zero_copy_only=False))
    counts = np.zeros(len(texts), np.int64)
    kinds: dict[str, int] = {}
    changed: list[str] = []
    for place, text in zip(places, texts.take(pa.array(places)).to_pylist(), strict=True):
        clean, found = redact_text(text)
        counts[place] = sum(found.values())
        for kind, n in found.items():
            kinds[kind] = kinds.get(kind, 0) + n
        changed.append(clean)
    replaced = pc.replace_with_mask(texts, suspect, pa.array(changed, pa.string()))
    return Redacted(replaced, counts, dict(sorted(kinds.items())))


def redact_text(text: str) -> tuple[str, dict[str, int]]:
    """One text redacted, and how many details of each kind were replaced."""
    found: dict[str, int] = {}
    for kind, needs, pattern, replace in _RULES:
        if not needs.search(text):
            continue

        def one(match: Match, kind: str = kind, replace: Replace = replace) -> str:
            new = replace(match)
            if new is None:
                return match[0]
            found[kind] = found.get(kind, 0) + 1
            return new

        text = pattern.sub(one, text)
    return text, found


# --- what a detail looks like -------------------------------------------------------------------------------

_AREA = r"(?:[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKMNPR-Y]?)"
_INWARD = r"[0-9][ABD-HJLNP-UW-Z]{2}"
EMAIL = r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"
"""A cell that holds an e-mail address (RE2 syntax, like the two below: linear in time whatever the text)."""
CONTACT = (
    rf"(?i)[a-z0-9_.+%-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    rf"|^\s*{_AREA}\s*{_INWARD}\s*$"
    r"|^\s*(?:\+\d{1,3}|0044)[\s()-]*\d(?:[\s()-]*\d){7,11}\s*$"
    r"|^\s*\(?0\s?[1-37](?:[\s()-]*\d){8,9}\s*$"
)
"""A cell that is, or holds, an e-mail address, a full postcode or a telephone number (RE2 syntax)."""

_WORTH_A_LOOK = (
    r"(?i)[0-9][\s().-]*[0-9]|@|\bat\b.*\bdot\b|[0-9]\s?[a-z]{2}\b|://|www\.|name'?s?\b.{0,3}\bis\b|\bi am called\b"
    r"|\b[0-9]{1,4}[a-z]?,?[ \t]+[a-z'’-]+[ \t]|\b(?:regards|yours|signed)\b"
    r"|\b(?:my|our|his|her|their)[ \t]+(?:son|daughter|husband|wife|brother|sister|mother|father|mum|dad|uncle|aunt)"
    r"|\b(?:my|our|his|her|their)[ \t]+(?:cousin|nephew|niece|friend|neighbour|colleague|partner|child|grand)"
    r"|name['’]s\b|\b(?:mr|mrs|ms|miss|mx|dr|pc|wpc|pcso|sgt|constable|sergeant|inspector)\b"
)

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = (
    rf"(?:\d{{1,2}}[\s./-]+\d{{1,2}}[\s./-]+(?:19|20)?\d\d|\d{{4}}-\d\d-\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})"
)
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|MR|MRS|MS|DR|PC|WPC|PCSO|Sgt|Constable|Sergeant|Inspector)"
_CAPITALISED = r"[A-Z][a-z]+(?:['’-][A-Z]?[a-z]+)*"
_RELATION = (
    r"(?:(?:step|grand)?(?:son|daughter|mother|father|child)|husband|wife|brother|sister|mum|dad|uncle|aunt|cousin"
    r"|nephew|niece|friend|neighbour|colleague|partner)"
)
_WAY = (
    r"(?:Street|Road|Avenue|Lane|Close|Drive|Gardens|Grove|Crescent|Terrace|Court|Place|Walk|Mews|Square|House|Row"
    r"|Hill|Rise|Estate|Tower|Mansions|Ave|Rd)"
)
_NOT_NAMES = frozenset(
    """And At But For From I In Is It Not Of On Or So The This To Was We Who Officer Officers Police Brigade World
    Culture Correct Correctness London Mayor President Chair Chairman Speaker Minister Commissioner
    English British Muslim Jewish Christian Hindu Sikh Buddhist Black White Asian African Arab Irish Scottish Welsh
    Polish Somali Turkish Bengali Indian Pakistani Bangladeshi Caribbean Tongue School Council Street Road He She They
    My His Her Their Our You When Then There That These Those With Went Said Got Had Has And""".split()  # noqa: SIM905 - a list of words reads as one
)


def _phone(match: Match) -> str | None:
    """A number that could be dialled from Britain, or an American one by its shape."""
    text = match[0]
    digits = re.sub(r"\D", "", text)
    if _YEARS.fullmatch(text.strip()) or not 7 <= len(digits) <= 15:
        return None
    try:
        parsed = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None
    starts = text.lstrip(" (").startswith(("+", "0"))
    if (starts and phonenumbers.is_valid_number(parsed)) or _AMERICAN.fullmatch(text.strip()):
        return "[phone]"
    return None


_YEARS = re.compile(r"(?:(?:19|20)\d\d[\s./-]*)+")
_AMERICAN = re.compile(r"(?:\+?1[\s.-]\s?)?\(?[2-9]\d\d\)?[\s.-]\s?[2-9]\d\d[\s.-]\d{4}")


def _nhs(match: Match) -> str | None:
    """Ten digits whose last is the modulus-11 check digit of the NHS Data Dictionary."""
    digits = [int(each) for each in match[0] if each.isdigit()]
    check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11) % 11
    return "[NHS number]" if check == digits[9] and len(set(digits)) > 1 else None


def _postcode(match: Match) -> str | None:
    """Cut to the district. "w8 2nd" in running text is not a postcode."""
    if re.fullmatch(r"1st|2nd|3rd|[04-9]th", match["inward"]) or match["area"].islower() != match["inward"].islower():
        return None
    return f"{match['area']} [postcode]"


def _digits(match: Match) -> str | None:
    """Eight or more digits in a row, or in groups that are not years."""
    return None if _YEARS.fullmatch(match[0].strip()) and not match[0].isdigit() else "[number]"


def _handle(match: Match) -> str | None:
    return (
        None
        if match[1].lower() in ("home", "work", "school", "the", "all", "least", "times", "night")
        else "[handle]"
    )


def _titled(match: Match) -> str | None:
    first = match["name"].split()[0]
    return None if first in _NOT_NAMES else f"{match['title']} [name]"


def _related(match: Match) -> str | None:
    return None if match["name"].split()[0] in _NOT_NAMES else f"{match['cue']}[name]"


def _words(kind: str) -> Replace:
    return lambda _match: f"[{kind}]"


def _rule(
    kind: str, needs: str, pattern: str, replace: Replace, flags: int = 0
) -> tuple[str, re.Pattern[str], re.Pattern[str], Replace]:
    return kind, re.compile(needs, re.IGNORECASE), re.compile(pattern, flags), replace


# these run in Python, where a pattern that can start anywhere and run on is quadratic in a long text without a space:
# hence the looks behind and the possessive ++
_RULES = (
    _rule("e-mail", "@", r"(?<![\w.+%'-])[\w.+%'-]++@[\w-]+(?:\.[\w-]+)+", _words("e-mail")),
    _rule(
        "e-mail", r"\bdot\b",
        r"(?<![\w.+-])[\w.+-]++\s*+(?:\(at\)|\[at\]|\bat\b)\s*[\w-]+\s*(?:\(dot\)|\[dot\]|\bdot\b)\s*(?:com|org|net|co|gov|ac|uk)\b"
        r"(?:\s*(?:\(dot\)|\[dot\]|\bdot\b|\.)\s*uk\b)?",
        _words("e-mail"), re.IGNORECASE,
    ),
    _rule(
        "link", r"://|www\.|\.com/",
        r"(?:https?://)?(?:www\.|m\.)?(?:twitter|x|facebook|instagram|linkedin|tiktok|youtube|threads|snapchat)\.com/\S+",
        _words("link"), re.IGNORECASE,
    ),
    _rule("handle", "@", r"(?<![\w.@])@([A-Za-z][\w.]{2,29})", _handle),
    _rule(
        "date of birth", r"born|birth|d\.?o\.?b",
        rf"(?P<cue>\b(?:born(?:\s+on)?(?:\s+the)?|d\.?o\.?b\.?|date\s+of\s+birth|birthday)(?:\s+(?:is|was))?\W{{1,4}}){_DATE}\b",
        lambda match: f"{match['cue']}[date of birth]", re.IGNORECASE,
    ),
    _rule(
        "National Insurance number", r"\d",
        r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d\d\s?\d\d\s?\d\d\s?[A-D]\b",
        _words("National Insurance number"), re.IGNORECASE,
    ),
    _rule("NHS number", r"\d{3}.?\d{3}.?\d{4}", r"(?<![\d+.,£$])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d,])", _nhs),
    _rule(
        "phone", r"\d(?:[\s().-]*\d){6}",
        r"(?<![\w£$€.,/])(?:\+\s?|\(\+?)?\d(?:[ \t().-]{0,3}\d){6,14}(?![\w])", _phone,
    ),
    _rule(
        "postcode", r"\d\s?[a-z]{2}\b",
        rf"\b(?P<area>{_AREA})[ \t]?(?P<inward>{_INWARD})\b", _postcode, re.IGNORECASE,
    ),
    _rule("number", r"\d(?:[ -]?\d){7}", r"(?<![\w£$€.,/])\d(?:[ -]?\d){7,}(?![\w,/])", _digits),
    _rule(
        "name", r"name|called",
        rf"(?P<cue>\b(?:[Mm]y|[Hh]is|[Hh]er|[Tt]heir)\s+(?:full\s+)?name(?:\s+is|['’]s)\s+|\bI\s+am\s+called\s+){_CAPITALISED}(?:\s+{_CAPITALISED}){{0,2}}",
        lambda match: f"{match['cue']}[name]",
    ),
    _rule(
        "name", rf"\b(?:my|our|his|her|their)[ \t]+{_RELATION}",
        rf"(?P<cue>\b(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir)[ \t]+{_RELATION},?[ \t]+"
        r"(?:(?:is[ \t]+|was[ \t]+)?(?:called|named)[ \t]+)?)"
        rf"(?P<name>{_CAPITALISED}(?:[ \t]+{_CAPITALISED})?)", _related,
    ),
    _rule(
        "name", r"regards|yours|signed",
        r"(?P<cue>\b(?:[Rr]egards|[Yy]ours[ \t]+(?:sincerely|faithfully|truly)|[Ss]igned(?:[ \t]+by)?)"
        r"[ \t]*[,:\n\r][\s,:]{0,4})"
        rf"(?P<name>{_CAPITALISED}(?:[ \t]+{_CAPITALISED}){{0,2}})", _related,
    ),
    _rule(
        "address", rf"\d.{{1,60}}{_WAY}",
        r"(?<![\w£$€.,/-])(?:(?:flat|Flat|FLAT|unit|Unit)[ \t]+)?\d{1,4}[A-Za-z]?,?[ \t]+"
        rf"(?:{_CAPITALISED}[ \t]+){{1,3}}{_WAY}\b",
        _words("address"),
    ),
    _rule(
        "name", r"\b(?:mr|mrs|ms|miss|mx|dr|pc|wpc|pcso|sgt|constable|sergeant|inspector)\b",
        rf"\b(?P<title>{_TITLES}\.?)[ \t]+(?P<name>(?:[A-Z]\.?[ \t]+)?{_CAPITALISED}(?:[ \t]+{_CAPITALISED})?)",
        _titled,
    ),
)  # fmt: skip
