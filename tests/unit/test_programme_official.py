"""Mistakes in what a programme declares of official figures, each with its place and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhearing.errors import BadProgramme
from fairhearing.programme import read_programme

TOML = """
[programme]
id = "p"
name = "P"
about = "A programme made for a test."

[[objectives]]
id = "o"
text = "O"

[[activities]]
id = "a"
name = "A"
objective = "o"

[rules]
fixed_on = 2026-01-01

[[characteristics]]
id = "group"
name = "Group"
categories = [{ id = "a", name = "A", people = 10 }, { id = "b", name = "B", people = 20 }]

[[sources]]
id = "office"
file = "office.csv"
kind = "official"
sample = "administrative"

[[disproportions]]
id = "d"
source = "office"
measure = "searches"
dimension = "group"
category = "A"
against = "stops"
"""


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = TOML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "programme.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_disproportion_is_read(tmp_path: Path) -> None:
    (declared,) = read_programme(written(tmp_path)).disproportions
    assert (declared.against, declared.population, declared.compared_with) == ("stops", None, "")


@pytest.mark.parametrize(
    ("change", "what", "cure"),
    [
        (('sample = "administrative"', 'sample = "probability"'), "not a sample held here", "administrative"),
        (('source = "office"', 'source = "ofice"'), "no source of kind", "did you mean 'office'?"),
        (('against = "stops"', ""), "has no denominator", "give `against`"),
        (('against = "stops"', 'against = "stops"\npopulation = "group"'), "has two denominators", "one of them"),
        (('against = "stops"', 'population = "grop"'), "no characteristic 'grop'", "did you mean 'group'?"),
        (
            ('against = "stops"', 'population = "group"\nresidents = { A = "z" }'),
            "no category of group 'z'",
            "use one of: a, b",
        ),
    ],
    ids=["sample", "source", "no denominator", "two denominators", "characteristic", "category"],
)
def test_a_mistake_is_named_with_its_cure(change: tuple[str, str], what: str, cure: str, tmp_path: Path) -> None:
    with pytest.raises(BadProgramme) as told:
        read_programme(written(tmp_path, change))
    assert what in str(told.value)
    assert cure in str(told.value)


def test_two_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    again = TOML[TOML.index("[[disproportions]]") :]
    with pytest.raises(BadProgramme, match="used twice among the disproportions"):
        read_programme(written(tmp_path, (again, again + again)))
