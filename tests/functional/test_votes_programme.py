"""A programme with one conversation, from the export to the report: two blocs planted, people described, weighted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from fairhearing import main, open_programme

PROGRAMME = """
[programme]
id = "talk"
name = "School visits"
about = "A planted conversation, synthetic."
[[objectives]]
id = "heard"
text = "People are heard"
[[activities]]
id = "visits"
name = "School visits"
objective = "heard"
[[characteristics]]
id = "place"
name = "Place"
population_source = "invented"
[[characteristics.categories]]
id = "north"
name = "North"
people = 7000
[[characteristics.categories]]
id = "south"
name = "South"
people = 3000
[[sources]]
id = "talk"
file = "talk"
kind = "votes"
sample = "self-selected"
[sources.columns.characteristics]
place = "place"
[rules]
fixed_on = 2024-01-01
"""
PEOPLE, STATEMENTS, DIVIDE = 160, 30, 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 160 people 60 vote the other way on 16 of 30 statements; two thirds of them live in the south."""
    at = tmp_path_factory.mktemp("talk")
    export = at / "evidence" / "talk"
    export.mkdir(parents=True)
    (at / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    rng = np.random.default_rng(8)
    bloc = np.arange(PEOPLE) < 60
    chance = np.tile(np.where(np.arange(STATEMENTS) % 2, 0.85, 0.2), (PEOPLE, 1))
    chance[bloc, :DIVIDE] = 1 - chance[bloc, :DIVIDE]
    place = np.where(rng.random(PEOPLE) < np.where(bloc, 0.67, 0.2), "south", "north")
    votes = ["comment-id,voter-id,vote"]
    for person, statement in zip(*np.nonzero(rng.random((PEOPLE, STATEMENTS)) < 0.7), strict=True):
        vote = 0 if rng.random() < 0.1 else 1 if rng.random() < chance[person, statement] else -1
        votes.append(f"{statement},{person},{vote}")
    comments = [f"{id},{-1 if id == 29 else 1},Statement number {id}" for id in range(STATEMENTS)]
    (export / "votes.csv").write_text("\n".join(votes))
    (export / "comments.csv").write_text("\n".join(["comment-id,moderated,comment-body", *comments]))
    (export / "people.csv").write_text("\n".join(["person,place", *(f"{id},{p}" for id, p in enumerate(place))]))
    main.run(at)
    return at


def test_the_conversation_is_weighted_to_the_population_and_its_groups_are_found(folder: Path) -> None:
    tables = {name: pa.table(view) for name, view in open_programme(folder).tables.items()}
    assert tables["weighting"].to_pylist()[0]["margins"] == ["place"]
    groups = tables["groups"].to_pylist()[0]
    assert (groups["verdict"], groups["k"], groups["n"]) == ("groups", 2, PEOPLE)
    assert sum(row["n"] for row in tables["opinion_groups"].to_pylist()) == PEOPLE
    statements = tables["statements"].to_pylist()
    assert {row["statement"] for row in statements} == {str(id) for id in range(29)}  # 29 was moderated out
    kinds = {int(row["statement"]): row["kind"] for row in statements}
    shared = [kinds[id] for id in range(DIVIDE, 29)]
    assert set(shared) <= {"common ground", "majority"}  # a majority where it cannot be told of the smaller group
    assert shared.count("common ground") >= 10
    apart = [kinds[id] for id in range(DIVIDE)]
    assert apart.count("divisive") >= 10 and "common ground" not in apart


def test_who_stands_out_is_told_also_where_numbers_of_few_are_withheld(folder: Path) -> None:
    report = (folder / "published" / "1" / "report.html").read_text(encoding="utf-8")
    assert "2 groups stand apart, and stay when a fifth of the people is left out" in report
    picture = report[report.index('id="map-talk"') :].split("</figure>")[0]
    assert picture.count('class="region') == 2
    assert picture.count('class="tile') >= 2
    assert picture.count("<li") == 5
    for letter in ("A", "B"):
        assert re.search(rf"{letter}(?:: \d+% agree| (?:dis)?agrees more)", picture)
    assert "Group A" in picture and "left or right" in picture  # the table says what the picture shows
    assert "Whose position differs" in report
    assert ">withheld<" in report


def test_nobody_can_be_found_in_what_is_published(folder: Path) -> None:
    for path in (folder / "published" / "1" / "open-data").glob("*.csv"):
        assert "voter" not in path.read_text(encoding="utf-8").splitlines()[0]
    tiles = pa.table(open_programme(folder).tables["opinion_map"])
    assert min(tiles["n"].to_pylist()) >= 20
