"""How a table is declared: its columns, and what may be told of it. Columns that many tables have."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

__all__ = [
    "ACTIVITY",
    "CANNOT",
    "CHARACTERISTIC",
    "COMMUNITY",
    "HIGH",
    "LOW",
    "METHOD",
    "PERSON",
    "ROUND",
    "SOURCE",
    "STEP",
    "Column",
    "Disclosure",
    "N",
    "Table",
    "column",
]

Disclosure = Literal["never", "counts", "shares", "text", "public"]
"""never: stays in the folder · counts: people counted in cells · shares: estimates resting on counted people ·
text: people's own words, redacted · public: about the programme or the public record, no people counted."""

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "yes/no": pa.bool_(),
    "date": pa.date32(),
    "texts": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    """One column. A name ending in * stands for one column per declared characteristic or item."""

    name: str
    type: Literal["text", "whole", "number", "yes/no", "date", "texts"]
    meaning: str
    unit: str = ""
    empty_means: str = ""
    """What null says; blank: never null."""

    @property
    def arrow(self) -> pa.DataType:
        return _TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table. `counts`: columns that count people, protected by `protect`; `cell`: the columns that name a
    cell; `within`: those of them inside which the counts add up to a published total."""

    name: str
    kind: Literal["evidence", "finding", "published"]
    """published: made from others when an edition is published; neither in the ledger nor in a run."""
    says: str
    columns: tuple[Column, ...]
    disclosure: Disclosure
    source: str = ""
    missing: str = ""
    counts: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    """Columns blanked together with a suppressed count."""
    cell: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    """Columns that name the people of the first count, where several cells rest on the same people; else `cell`."""
    parts: tuple[str, ...] = ()
    """Counts that are parts of the first. `estimate` is the share of the first part: where it or its rest is small
    the row is withheld; where another part is small only the parts after the first are left out."""
    beside: tuple[tuple[str, ...], ...] = ()
    """Counts that are left out alone where they are small, each with the columns left out with it."""

    as_published: bool = False
    """True of counts that an office has printed already: protected like any other, but never rounded, so that whoever
    looks them up finds the same figure."""

    def column(self, name: str) -> Column | None:
        """The declaration of a column, matching patterns such as c_*."""
        for column in self.columns:
            if column.name == name or ("*" in column.name and fnmatch.fnmatchcase(name, column.name)):
                return column
        return None


def column(name: str, type: Any, meaning: str, unit: str = "", empty_means: str = "") -> Column:
    return Column(name, type, meaning, unit, empty_means)


SOURCE = column("source", "text", "Id of the source in programme.toml.")
ROUND = column("round", "text", "Id of the round of listening.", empty_means="the source has no rounds")
PERSON = column("person", "text", "Keyed hash of the person's number in the file; means nothing outside this folder.")
CHARACTERISTIC = column("characteristic", "text", "Id of the characteristic.", empty_means="everyone")
COMMUNITY = column("community", "text", "Id of the category of that characteristic.", empty_means="everyone")
ACTIVITY = column("activity", "text", "Id of the activity.", empty_means="no one activity")
STEP = column("step", "text", "Id of the step.", empty_means="the whole activity")
N = column("n", "whole", "People it rests on, unweighted.", "people")
LOW = column("low", "number", "Lower end of the 95% interval.", empty_means="no interval exists; `method` says why")
HIGH = column("high", "number", "Upper end of the 95% interval.", empty_means="no interval exists; `method` says why")
METHOD = column("method", "text", "How the number was made, in words a reviewer can check.")
CANNOT = column("cannot_tell", "text", "Why there is no number.", empty_means="there is one")
