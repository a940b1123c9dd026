"""Items of the library in a programme: what they hold fills in what is not written, and contradicts what differs.

What the library leaves blank stays to be written by hand; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..library.instruments import Instrument, InstrumentItem, instruments

if TYPE_CHECKING:
    from .measured import Item, Measure

__all__ = ["disagreements", "filled", "known_instruments"]


def known_instruments() -> dict[str, tuple[Instrument, InstrumentItem]]:
    """Every item of the library, with its questionnaire, by id."""
    return {item.id: (each, item) for each in instruments() for item in each.items}


def filled(item: Any, higher_is: Any) -> Any:
    """An item as written, with what the library holds of its instrument where nothing is written.

    item: a mapping; anything else, and an instrument that is not known, comes back as it is, to be told by `checks`.
    higher_is: of the measure, to which the direction of the item is turned.
    """
    if not isinstance(item, Mapping) or not item.get("instrument"):
        return item
    known = known_instruments().get(str(item["instrument"]))
    if known is None:  # stand-ins: the one mistake to be told is the name of the instrument
        return {"wording": "not known", "low": 0, "high": 1, **item}
    held = _held(*known, higher_is)
    codes = item.get("codes", {})
    both = {"codes": {**held["codes"], **codes}} if isinstance(codes, Mapping) and "codes" in held else {}
    return {**held, **item, **both}


def _held(instrument: Instrument, item: InstrumentItem, higher_is: Any) -> dict[str, Any]:
    """The keys of an item that the library can fill in, those only that it holds."""
    made: dict[str, Any] = {"wording": item.wording, "source": f"{instrument.source}, {item.number}"}
    if item.missing:
        made["missing"] = list(item.missing)
    if item.codes:
        made |= {"low": item.codes[0][0], "high": item.codes[-1][0]}
        made["codes"] = {str(code): label for code, label in item.codes}
        made["reverse"] = item.higher_is != higher_is
    return made


def disagreements(measure: Measure, item: Item) -> Iterator[tuple[str, str, str]]:
    """(key, what, cure) wherever an item says something else than the library holds of its instrument."""
    instrument, known = known_instruments()[item.instrument]
    held = _held(instrument, known, measure.higher_is)
    if not _same_words(item.wording, held["wording"]):
        yield "wording", _differs(item, "wording", held["wording"]), _cure("wording")
    for key in ("source", "low", "high"):
        if key in held and getattr(item, key) != held[key]:
            yield key, _differs(item, key, held[key]), _cure(key)
    if measure.report == "mean" and item.reverse != held.get("reverse", item.reverse):
        yield "reverse", _differs(item, "reverse", str(held["reverse"]).lower()), _cure("reverse")
    lacks = [code for code in held.get("missing", ()) if code not in item.missing]
    if lacks:
        yield "missing", f"lacks {lacks[0]}, which is no answer in {item.instrument!r}", f"add {lacks[0]} to the list"
    for code, label in held.get("codes", {}).items():
        if item.codes.get(code) != label:
            yield "codes", f"{code} is {item.codes.get(code)!r}, and {label!r} in {item.instrument!r}", _cure("codes")


def _same_words(written: str, held: str) -> bool:
    """Word for word; a place held open in square brackets, such as [country], may be filled with any name."""
    parts = re.split(r"(\[[a-z ]+\])", held)
    pattern = "".join(r".{1,60}" if part.startswith("[") else re.escape(part) for part in parts)
    return re.fullmatch(pattern, written) is not None


def _differs(item: Item, key: str, held: Any) -> str:
    return f"is not that of {item.instrument!r}, which is {held if isinstance(held, (int, float)) else repr(held)}"


def _cure(key: str) -> str:
    return f"remove `{key}` here, so that it comes from the library, or remove `instrument`"
