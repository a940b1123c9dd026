"""The instrument library: survey items that others have asked, word for word, with what is known of their codes.

A blank is a blank: no code, licence or edition is filled in by guessing. Everything is validated when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ..errors import BadInput
from . import _broken, _one_of, _read, _rows, _unique

__all__ = ["Instrument", "InstrumentItem", "instrument_item", "instrument_rows", "instruments", "validated"]

_FILE = "instruments.toml"
_INSTRUMENT = ("id", "name", "source", "edition", "licence", "checked", "missing", "note", "items")
_ITEM = ("id", "number", "wording", "affirms", "higher_is", "codes")


@dataclass(frozen=True)
class InstrumentItem:
    """One question. affirms: what saying yes or agreeing says · higher_is: what a high code means, "" where no codes
    are held · codes: (code, words) of those held, by code · missing: codes that are no answer."""

    id: str
    instrument: str
    number: str
    wording: str
    affirms: Literal["favourable", "unfavourable"]
    higher_is: Literal["", "better", "worse"]
    codes: tuple[tuple[int, str], ...]
    missing: tuple[int, ...]


@dataclass(frozen=True)
class Instrument:
    """One questionnaire. Blank edition or licence: nobody has established it · checked: whether the wording was seen
    in its source."""

    id: str
    name: str
    source: str
    edition: str
    licence: str
    checked: bool
    missing: tuple[int, ...]
    note: str
    items: tuple[InstrumentItem, ...]


@cache
def instruments() -> tuple[Instrument, ...]:
    """Every instrument, in the order of the file. Raises BadInput where an entry is broken."""
    return validated(_read(_FILE))


def instrument_item(id: str) -> InstrumentItem:
    """One item by its id. Raises BadInput where there is none."""
    known = {item.id: item for each in instruments() for item in each.items}
    if id not in known:
        raise _broken(_FILE, id, f"is not an item of the library; there are {', '.join(known)}")
    return known[id]


def instrument_rows(search: str = "") -> list[dict[str, Any]]:
    """One row an item, those in which every word of `search` occurs; a blank says that nobody has established it.

    Raises BadInput where no item has these words.
    """
    rows = [_row(each, item) for each in instruments() for item in each.items]
    words = search.casefold().split()
    found = [row for row in rows if all(word in " ".join(map(str, row.values())).casefold() for word in words)]
    if not found:
        raise BadInput(
            f"no item of the library has the words {search!r}",
            cure="search for one word of the question or of its source, or give none to see them all",
        )
    return found


def _row(each: Instrument, item: InstrumentItem) -> dict[str, Any]:
    return {
        "id": item.id, "number": item.number, "wording": item.wording, "affirms": item.affirms,
        "codes": {str(code): label for code, label in item.codes}, "higher_is": item.higher_is,
        "missing": list(item.missing), "instrument": each.name, "source": each.source, "edition": each.edition,
        "licence": each.licence, "checked": each.checked, "note": each.note,
    }  # fmt: skip


def validated(document: Mapping[str, Any]) -> tuple[Instrument, ...]:
    """Instruments from the parsed file. Raises BadInput naming the entry and what is wrong with it."""
    rows = _rows(_FILE, document, "instruments", _INSTRUMENT)
    _unique(_FILE, rows)
    found = tuple(_instrument(row) for row in rows)
    _unique(_FILE, [{"id": item.id} for each in found for item in each.items])
    if not found:
        raise _broken(_FILE, "instruments", "holds no instrument")
    return found


def _instrument(row: Mapping[str, Any]) -> Instrument:
    for key in ("name", "source"):
        _words(row, key)
    if not isinstance(row["checked"], bool):
        raise _broken(_FILE, row["id"], "checked must be true or false")
    missing = _whole_numbers(row["id"], row["missing"])
    items = tuple(_item(each, row["id"], missing) for each in _rows(_FILE, row, "items", _ITEM))
    if not items:
        raise _broken(_FILE, row["id"], "holds no item")
    return Instrument(**{**row, "missing": missing, "items": items})


def _item(row: Mapping[str, Any], instrument: str, missing: tuple[int, ...]) -> InstrumentItem:
    for key in ("number", "wording"):
        _words(row, key)
    _one_of(_FILE, row, "affirms", ("favourable", "unfavourable"))
    _one_of(_FILE, row, "higher_is", ("", "better", "worse"))
    codes = _codes(row["id"], row["codes"])
    if bool(codes) != bool(row["higher_is"]):
        raise _broken(_FILE, row["id"], "must give either both codes and higher_is, or neither")
    if both := sorted({code for code, _label in codes} & set(missing)):
        raise _broken(_FILE, row["id"], f"gives {both[0]} as an answer and as a missing code")
    return InstrumentItem(**{**row, "instrument": instrument, "codes": codes, "missing": missing})


def _codes(id: str, rows: Any) -> tuple[tuple[int, str], ...]:
    if not all(isinstance(row, dict) and row.keys() == {"code", "label"} for row in rows):
        raise _broken(_FILE, id, "each of its codes needs exactly a code and a label")
    _whole_numbers(id, [row["code"] for row in rows])
    for row in rows:
        _words({"id": id, **row}, "label")
    return tuple(sorted((row["code"], row["label"]) for row in rows))


def _whole_numbers(id: str, values: Any) -> tuple[int, ...]:
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        raise _broken(_FILE, id, "a code must be a whole number")
    if len(set(values)) != len(values):
        raise _broken(_FILE, id, "names a code twice")
    return tuple(values)


def _words(row: Mapping[str, Any], key: str) -> None:
    if not isinstance(row[key], str) or not row[key].strip() or row[key] != row[key].strip():
        raise _broken(_FILE, row["id"], f"{key} is empty, or begins or ends with a space")
