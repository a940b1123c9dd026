"""What this software does not take in: records about identifiable people.

A file that looks like referrals or cases is refused whole, by its headers, before a value is read. A column the
programme maps must not hold names or contact details. Columns nobody maps are never read at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import Refused
from .fates import Fates
from .redact import CONTACT, EMAIL
from .text import counted
from .values import Coded

__all__ = [
    "identifying",
    "left_out",
    "refuse_case_records",
    "refuse_identifying_columns",
    "set_contact_details_aside",
]

_IDENTIFIES = re.compile(
    r"(?:(?:first|last|middle|given|family|full|maiden|legal|child|pupil|student|parent|subject|person|respondent|"
    r"participant|client|patient|individual)s? )?name|names?|surname|forenames?|initials|"
    r"dob|d o b|(?:date|day) of birth|birth ?(?:date|day)|"
    r"(?:e ?mail|mail)(?: address)?|(?:home |work |mobile |cell |tele)?phone(?: (?:number|no))?|"
    r"mobile(?: (?:number|no))?|"
    r"(?:home |street |postal |email |ip |full )?address(?: (?:line )?\d)?|(?:full |home )?post ?code|"
    r"nhs(?: (?:number|no|num|id))?|ni(?: (?:number|no))|nino|national insurance(?: (?:number|no))?|"
    r"passport(?: (?:number|no))?|"
    r"upn|unique pupil number|driving licen[cs]e(?: (?:number|no))?|ip|twitter|facebook|instagram"
)
"""Headers that name a direct identifier. A postcode column may hold districts only, so its cells decide."""

_MAY_BE_COARSE = re.compile(r"(?:full |home )?post ?code")

_CASE_RECORD = re.compile(
    r"(?:prevent |channel )?referral (?:id|no|number|ref|reference|date|reason|source|type|outcome|status|summary|"
    r"text|narrative)|(?:date|reason|source|type|details?|grounds) (?:of|for) (?:the )?referral|"
    r"case (?:status|outcome|notes?|officer|worker|narrative|summary|closed|opened)|"
    r"(?:prevent|channel) (?:case|panel|status|outcome|date|decision|adopted|discussed)(?: \w+)?|"
    r"panel (?:date|decision|outcome)|(?:type|nature|category) of (?:concern|ideology|vulnerability)|"
    r"(?:concern|ideology|vulnerability|risk) (?:type|category|level|score)|(?:presenting |primary )?ideology|"
    r"intervention provider|gateway assessment|subject of referral"
)
_PERHAPS_CASE_RECORD = re.compile(
    r"case (?:id|no|number|ref|reference)|subject (?:id|no|number|ref)|referrer(?: name)?|referred (?:by|on|to)|"
    r"referral"
)
"""Headers that survey platforms use too: they count only beside others."""


def _words(header: str) -> str:
    """`ReferralDate`, `referral_date` and `Referral date:` are the same words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header)
    return " ".join(re.findall(r"[a-z0-9]+", spaced.lower()))


def identifying(headers: Iterable[str]) -> list[str]:
    """Headers that name a direct identifier of a person."""
    return [header for header in headers if _IDENTIFIES.fullmatch(_words(header))]


def refuse_case_records(headers: Sequence[str], path: Path) -> None:
    """Refuse a file whose headers are those of referral or case records about people."""
    words = {header: _words(header) for header in headers}
    cases = [header for header in headers if _CASE_RECORD.fullmatch(words[header])]
    perhaps = [header for header in headers if _PERHAPS_CASE_RECORD.fullmatch(words[header])]
    people = bool(identifying(headers))
    if len(cases) >= 2 or (cases and (people or perhaps)) or (len(perhaps) >= 2 and people):
        named = ", ".join(sorted([*cases, *perhaps])[:5])
        raise Refused(
            f"the file looks like referral or case records about people (columns {named})",
            where=path,
            cure="do not bring it here: this software assesses programmes, never people. Ask the office that holds "
            "the records for counts, with small counts suppressed",
        )


def refuse_identifying_columns(mapped: Mapping[str, str], path: Path) -> None:
    """Refuse a mapping of a column that, by its name, identifies people. `mapped`: header → what it is mapped to."""
    named = [header for header in identifying(mapped) if not _MAY_BE_COARSE.fullmatch(_words(header))]
    if named:
        uses = ", ".join(f"{header!r} as {mapped[header]}" for header in sorted(named))
        raise Refused(
            f"programme.toml maps what identifies people: {uses}",
            where=path,
            cure="map coarse, self-declared characteristics only, and a participant number for the person; leave "
            "such columns out of the mapping, or better out of the file",
        )


def set_contact_details_aside(columns: Mapping[str, Coded], person: str | None, fates: Fates, path: Path) -> int:
    """Set aside rows with contact details in a mapped cell; refuse the file where that is what a column is for.

    columns: header → values. The person's number may be any digits, since only its keyed hash is kept.
    Returns how many rows were set aside.
    """
    found = 0
    for header, column in columns.items():
        if not column.values:
            continue
        pattern = EMAIL if header == person else CONTACT
        hit = pc.match_substring_regex(pa.array(column.values), pattern).to_numpy(zero_copy_only=False)
        if not hit.any():
            continue
        rows = column.spread(hit.astype(bool), False)
        _refuse_if_most(header, int(rows.sum()), int(np.count_nonzero(~column.empty)), path)
        found += fates.set_aside(rows, f"the column {header!r} holds contact details of a person here")
    return found


def _refuse_if_most(header: str, hits: int, filled: int, path: Path) -> None:
    if hits * 2 > filled:
        raise Refused(
            f"the column {header!r} holds e-mail addresses, telephone numbers or full postcodes "
            f"in {hits:,} of {filled:,} cells",
            where=path,
            cure="take the column out of the mapping and out of the file; keep at most a postcode's district (E8)",
        )


def left_out(headers: Sequence[str], mapped: Iterable[str]) -> list[str]:
    """Notes on what was not read: how many columns, and which of them identify people."""
    rest = [header for header in headers if header not in set(mapped)]
    notes = [f"{counted(len(rest), 'column')} not mapped in programme.toml: never read"] if rest else []
    named = identifying(rest)
    if named:
        them = (
            f"{counted(len(named), 'column')} that identify people"
            if len(named) > 1
            else "a column that identifies people"
        )
        notes.append(f"among them {them} ({', '.join(sorted(named)[:8])}): better removed from the file")
    return notes
