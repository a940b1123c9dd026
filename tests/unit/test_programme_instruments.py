# ruff: noqa: E501  (a table of cases reads best with one case a line)
"""An item of the library named in a programme: what comes from there, and every way of contradicting it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fairhearing.__main__ import run
from fairhearing.errors import BadProgramme
from fairhearing.library.instruments import instruments
from fairhearing.programme import Programme, read_programme
from tests.helpers import programme


def measured(*items: Mapping[str, object], **measure: object) -> Programme:
    made = {"id": "m", "name": "find the police fair", "report": "share", "favourable": [4], "items": list(items)}
    return programme(measures=[made | measure])


def test_what_the_library_holds_is_filled_in() -> None:
    item = measured({"id": "respect", "instrument": "ess5-d15"}).items["respect"]
    assert item.wording == ("how often would you say the police generally treat people in [country] with respect?")
    assert (item.low, item.high) == (1, 4)
    assert item.codes == {"1": "not at all often", "4": "very often"}
    assert item.source == "European Social Survey, round 5, D15"


def test_what_the_library_leaves_blank_is_written_by_hand() -> None:
    item = measured({"id": "fair", "instrument": "pas-q62c", "low": 1, "high": 5, "codes": {"5": "Agree"}}).items[
        "fair"
    ]
    assert item.wording == "The police in your area treat everyone fairly regardless of who they are."
    assert (item.missing, item.codes) == ((-1,), {"5": "Agree"})


@pytest.mark.parametrize(("higher_is", "reverse"), [("better", False), ("worse", True)])
def test_the_direction_is_turned_to_that_of_the_measure(higher_is: str, reverse: bool) -> None:
    items = [{"id": each, "instrument": f"ess5-{each}"} for each in ("d15", "d16")]
    found = measured(*items, report="mean", favourable=[], higher_is=higher_is)
    assert [item.reverse for item in found.items.values()] == [reverse, reverse]


def test_codes_and_missing_codes_may_be_added_to() -> None:
    written = {"id": "d15", "instrument": "ess5-d15", "codes": {"2": "not very often"}, "missing": [8]}
    item = measured(written).items["d15"]
    assert item.codes == {"1": "not at all often", "2": "not very often", "4": "very often"}
    assert item.missing == (8,)


def test_a_name_may_stand_where_the_library_leaves_a_place_for_it() -> None:
    wording = "how often would you say the police generally treat people in Belgium with respect?"
    assert measured({"id": "d15", "instrument": "ess5-d15", "wording": wording}).items["d15"].wording == wording


def test_a_programme_read_back_is_the_same() -> None:
    made = measured({"id": "d15", "instrument": "ess5-d15"})
    assert Programme.model_validate(made.model_dump()) == made


HEAD = """\
[programme]
id = "test"
name = "Test"
about = "Made for a test."
[[objectives]]
id = "safety"
text = "Safeguard"
[[activities]]
id = "referral"
name = "Referral"
objective = "safety"
[rules]
fixed_on = 2026-01-01
[[measures]]
id = "m"
name = "m"
report = "mean"
[[measures.items]]
id = "q"
"""


@pytest.mark.parametrize(
    ("lines", "line", "what", "cure"),
    [
        ('instrument = "pas-q62x"', 20, "there is no item in the library called 'pas-q62x'", "did you mean 'pas-q62"),
        ('instrument = "ess5-d15"\nwording = "Are the police kind?"', 21, "is not that of 'ess5-d15'", "remove `wording`"),
        ('instrument = "ess5-d15"\nhigh = 5', 21, "is not that of 'ess5-d15', which is 4", "remove `high`"),
        ('instrument = "ess5-d15"\nreverse = true', 21, "which is 'false'", "remove `reverse`"),
        ('instrument = "ess5-d15"\nsource = "mine"', 21, "which is 'European Social Survey, round 5, D15'", "remove `source`"),
        ('instrument = "ess5-d15"\ncodes = { 4 = "never" }', 21, "4 is 'never', and 'very often' in", "remove `codes`"),
        ('instrument = "pas-q60"\nlow = 1\nhigh = 5\nmissing = [9]', 23, "lacks -1, which is no answer", "add -1"),
        ('instrument = "pas-q60"', 18, "low: is missing", "add a line `low"),
    ],
)  # fmt: skip
def test_a_contradiction_names_its_line_and_cure(tmp_path: Path, lines: str, line: int, what: str, cure: str) -> None:
    (tmp_path / "programme.toml").write_text(HEAD + lines + "\n", encoding="utf-8")
    with pytest.raises(BadProgramme) as told:
        read_programme(tmp_path)
    assert f"line {line}" in str(told.value), str(told.value)
    assert what in str(told.value), str(told.value)
    assert cure in str(told.value), str(told.value)


def test_an_unknown_instrument_is_the_only_mistake_told(tmp_path: Path) -> None:
    text = HEAD.replace('"mean"', '"share"\nfavourable = [4, 5]') + 'instrument = "ess5-d155"\n'
    (tmp_path / "programme.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadProgramme, match="did you mean 'ess5-d15'") as told:
        read_programme(tmp_path)
    assert "mistakes" not in str(told.value)


# --- the door ---------------------------------------------------------------------------------------------------


def test_the_door_lists_every_item_word_for_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["instruments", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["wording"] for row in rows] == [item.wording for each in instruments() for item in each.items]
    assert all({"codes", "higher_is", "missing", "licence", "source", "checked"} <= row.keys() for row in rows)
    assert {row["licence"] for row in rows} == {""}, "nobody has established a licence, so none is told"


def test_the_door_finds_words_and_says_where_nothing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["instruments", "fairly", "everyone"]) == 0
    assert capsys.readouterr().out.startswith("pas-q62c: The police in your area treat everyone fairly")
    assert run(["instruments", "weather", "--json"]) == 4
    assert "no item of the library has the words 'weather'" in json.loads(capsys.readouterr().out)["what"]
