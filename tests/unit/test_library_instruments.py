"""The instrument library says what the domain notes give, word for word, and leaves blank what they do not."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from fairhearing.errors import BadInput
from fairhearing.library.instruments import instrument_item, instruments, validated
from tests.helpers import SHARED, ascii_table

ITEMS = """
number  | wording
Q60     | Taking everything into account, how good a job do you think the police IN YOUR AREA are doing?
Q62A    | They can be relied on to be there when you need them.
Q62C    | The police in your area treat everyone fairly regardless of who they are.
Q62TG   | The police in your area listen to the concerns of local people.
Q62F    | They are dealing with the things that matter to people in this community.
NQ135BD | The Metropolitan Police Service is an organisation that I can trust.
NQ62D   | The police have the same sense of right and wrong as I do.
XQ122B  | How confident are you that the Metropolitan Police Service deal fairly with complaints made about them?
D15     | how often would you say the police generally treat people in [country] with respect?
D16     | …make fair, impartial decisions in the cases they deal with?
"""


def test_wordings_are_exact_and_in_order() -> None:
    found = [(item.number, item.wording) for each in instruments() for item in each.items]
    assert found == [(row["number"], row["wording"]) for row in ascii_table(ITEMS)]


NOTES = SHARED.parent / "design" / "DOMAIN.md"


@pytest.mark.skipif(not NOTES.is_file(), reason="the domain notes are not here")
def test_wordings_are_those_of_the_domain_notes() -> None:
    notes = NOTES.read_text(encoding="utf-8")
    for each in instruments():
        for item in each.items:
            assert f'"{item.wording}"' in notes, item.id
            assert item.number in notes


def test_codes_are_given_only_where_they_are_known() -> None:
    codes = {item.id: (item.codes, item.higher_is, item.missing) for each in instruments() for item in each.items}
    often = ((1, "not at all often"), (4, "very often"))
    assert codes["ess5-d15"] == codes["ess5-d16"] == (often, "better", ())
    assert {codes[id] for id in codes if id.startswith("pas-")} == {((), "", (-1,))}


def test_no_licence_or_edition_is_made_up() -> None:
    assert [(each.licence, each.edition, each.checked) for each in instruments()] == [("", "", True)] * 2
    assert all(each.source and each.note for each in instruments())


def test_an_item_is_found_by_its_id() -> None:
    assert instrument_item("pas-nq135bd").number == "NQ135BD"
    with pytest.raises(BadInput, match="pas-q1: is not an item of the library; there are pas-q60"):
        instrument_item("pas-q1")


def document() -> dict[str, Any]:
    text = resources.files("fairhearing.library").joinpath("instruments.toml").read_text(encoding="utf-8")
    return copy.deepcopy(tomllib.loads(text))


def test_the_file_as_it_is_passes() -> None:
    assert validated(document()) == instruments()


def _ess(made: dict[str, Any]) -> dict[str, Any]:
    return made["instruments"][1]["items"][0]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda made: made["instruments"][0].pop("licence"), "missing or unknown keys: licence"),
        (lambda made: made["instruments"][0].update(colour="red"), "missing or unknown keys: colour"),
        (lambda made: made["instruments"][0].update(id="PAS!"), "cannot be an id"),
        (lambda made: made["instruments"][0].update(source=" "), "source is empty"),
        (lambda made: made["instruments"][0].update(checked="yes"), "checked must be true or false"),
        (lambda made: made["instruments"][0].update(missing=["-1"]), "a code must be a whole number"),
        (lambda made: made["instruments"][0].update(items=[]), "pas: holds no item"),
        (lambda made: made["instruments"][1].update(id="pas"), "is there twice"),
        (lambda made: made.update(instruments=[]), "holds no instrument"),
        (lambda made: _ess(made).update(id="pas-q60"), "pas-q60: is there twice"),
        (lambda made: _ess(made).update(wording=""), "wording is empty"),
        (lambda made: _ess(made).update(affirms="yes"), "affirms is 'yes'"),
        (lambda made: _ess(made).update(higher_is="up"), "higher_is is 'up'"),
        (lambda made: _ess(made).update(higher_is=""), "either both codes and higher_is, or neither"),
        (lambda made: _ess(made).update(codes=[]), "either both codes and higher_is, or neither"),
        (lambda made: _ess(made).update(codes=[{"code": 1}]), "exactly a code and a label"),
        (lambda made: _ess(made).update(codes=[{"code": 1, "label": ""}]), "label is empty"),
        (lambda made: _ess(made).update(codes=[{"code": 1, "label": "a"}] * 2), "names a code twice"),
        (lambda made: made["instruments"][1].update(missing=[4]), "gives 4 as an answer and as a missing code"),
    ],
)
def test_a_broken_entry_is_named_when_the_file_is_read(spoil: Callable[[dict[str, Any]], object], what: str) -> None:
    made = document()
    spoil(made)
    with pytest.raises(BadInput, match=what) as told:
        validated(made)
    assert told.value.where == "library/instruments.toml"
