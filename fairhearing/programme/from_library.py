"""Items of the library in a programme: what they hold fills in what is not written, and contradicts what differs.

What the library leaves blank stays to be written by hand; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import library
from ..library.instruments import Instrument, InstrumentItem, instruments
from ..library.process import expected, find_step

if TYPE_CHECKING:
    from .measured import Item, Measure

__all__ = [
    "disagreements", "filled", "filled_safeguard", "filled_step", "known_experiences", "known_instruments",
    "known_safeguards", "known_steps",
]  # fmt: skip

NOT_ESTABLISHED = "not established"


def known_instruments() -> dict[str, tuple[Instrument, InstrumentItem]]:
    """Every item of the library, with its questionnaire, by id."""
    return {item.id: (each, item) for each in instruments() for item in each.items}


def known_experiences() -> tuple[str, ...]:
    """Id of every experience of the library."""
    return tuple(each.id for each in library.experiences())


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


# --- the process --------------------------------------------------------------------------------------------------


def known_steps() -> dict[str, library.Step]:
    """Every step of the library, by each id it answers to."""
    return {id: step for step in library.steps() for id in (step.id, *step.also)}


def known_safeguards() -> dict[str, library.Safeguard]:
    return {each.id: each for each in library.safeguards()}


def filled_safeguard(value: Mapping[str, Any]) -> dict[str, Any]:
    """A safeguard as written, with what the library holds of it where nothing is written."""
    if not value.get("library"):
        return dict(value)
    known = known_safeguards().get(str(value["library"]))
    if known is None:  # stand-ins: the one mistake to be told is the name, by `checks`
        return {"name": "not known", "kind": NOT_ESTABLISHED, **value}
    held: dict[str, Any] = {
        "name": known.name, "kind": known.kind or NOT_ESTABLISHED, "source": known.source, "edition": known.edition,
        "seen": known.seen, "checked": known.checked, "question": known.question,
    }  # fmt: skip
    if str(value.get("source", known.source)) != known.source:  # another document: nothing is known of it
        held |= {"edition": "", "seen": False, "checked": False}
    return {**held, **value}


def filled_step(value: Mapping[str, Any]) -> dict[str, Any]:
    """A step as written, and the rest of what the library expects there. Written safeguards keep their places."""
    known = find_step(str(value.get("library", ""))) if value.get("library") else None
    if not value.get("library"):
        return dict(value)
    if known is None:
        return {"name": "not known", **value}
    written = value.get("safeguards", ())
    if not isinstance(written, (list, tuple)):
        return {"name": known.name, **value}
    return {"name": known.name, "law": _law(known), "documented_harms": _harms(known), **value} | {
        "safeguards": _safeguards(known, written, value.get("leave_out", ()))
    }


def _safeguards(step: library.Step, written: Any, leave_out: Any) -> list[Any]:
    held = {each.id for each in expected(step.id)}
    given = {each.get("id") for each in written if isinstance(each, Mapping)}
    mine = [
        {"library": each["id"], **each} if isinstance(each, Mapping) and each.get("id") in held else each
        for each in written
    ]
    gone = set(leave_out) if isinstance(leave_out, (list, tuple)) else set()
    rest = [each.id for each in expected(step.id) if each.id not in given and each.id not in gone]
    return [*mine, *({"id": id, "library": id} for id in rest)]


def _law(step: library.Step) -> str:
    duty = f"{step.duty}{'' if step.duty_seen else ' (not yet checked)'}" if step.duty else ""
    return ". ".join(part for part in (duty, step.note) if part)


def _harms(step: library.Step) -> list[dict[str, Any]]:
    return [{"what": each.what, "harm_of": each.harm_of, "seen": each.seen} for each in step.harms]
