"""Hearing real people: 3,187 comments to a city, 5,062 to a health service, and the votes of young Londoners."""

from __future__ import annotations

import csv
from collections import Counter
from typing import Any

import pytest

from fairhearing.hear import groups, journeys, themes
from fairhearing.programme import Programme
from fairhearing.stage import Tables
from fairhearing.tables import from_rows
from tests.helpers import SHARED, needs_shared, programme, run_stage

pytestmark = needs_shared

ALL_READINGS = {"themed", "other", "uninformative", "duplicate", "not yet read"}


def read(*path: str) -> list[dict[str, str]]:
    with SHARED.joinpath(*path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def made(kind: str = "consultation", **changes: Any) -> Programme:
    columns = {"columns": {"text": "text"}} if kind == "consultation" else {}
    source = {"id": "talk", "file": "f", "kind": kind, "sample": "self-selected"} | columns
    return programme(sources=[source], **changes)


def evidence(rows: list[dict[str, str]], round: str | None = None, community: str | None = None) -> Tables:
    """The evidence tables gathering would make of a file with a `text` column, one row a person."""
    texts, people = [], []
    for number, row in enumerate(rows, 1):
        key = {
            "source": "talk",
            "row": number,
            "person": f"p{number:05}",
            "round": f"r{row[round]}" if round else None,
        }
        texts.append(key | {"response": f"talk:{number}", "text": row["text"], "redactions": 0})
        place = {f"c_{community}": f"d{row['Council_District']}"} if community else {}
        people.append(key | {"weight": 1.0} | place)
    return {"texts": from_rows("texts", texts), "people": from_rows("people", people)}


@pytest.fixture(scope="module")
def austin() -> tuple[Tables, Tables]:
    districts = [{"id": f"d{number}", "name": f"District {number}"} for number in range(1, 11)]
    told = evidence(read("austin-survey", "comments.csv"), round="year", community="district")
    city = made(
        programme={"id": "austin", "name": "City services", "about": "A city survey.", "place": "Austin, Texas"},
        characteristics=[{"id": "district", "name": "Council district", "categories": districts}],
        rounds=[{"id": "r2016", "name": "2016"}, {"id": "r2017", "name": "2017"}],
    )
    return told, run_stage(themes.STAGE, city, **told)


@pytest.fixture(scope="module")
def nhs() -> tuple[Tables, Tables]:
    told = evidence(read("nhs-comments", "comments.csv"))
    return told, run_stage(themes.STAGE, made(), **told)


@pytest.fixture(params=["austin", "nhs"])
def heard(request: pytest.FixtureRequest) -> tuple[Tables, Tables]:
    both: tuple[Tables, Tables] = request.getfixturevalue(request.param)
    return both


def test_every_response_is_accounted_for_once(heard: tuple[Tables, Tables]) -> None:
    told, out = heard
    assert out["readings"]["response"].to_pylist() == told["texts"]["response"].to_pylist()
    assert set(out["readings"]["reading"].to_pylist()) <= ALL_READINGS
    assert None not in [row["reason"] for row in out["readings"].to_pylist() if row["reading"] != "themed"]


def test_every_quote_is_found_verbatim(heard: tuple[Tables, Tables]) -> None:
    told, out = heard
    text = dict(zip(told["texts"]["response"].to_pylist(), told["texts"]["text"].to_pylist(), strict=True))
    quotes = out["quotes"].to_pylist()
    assert {row["key"] for row in quotes} == set(out["themes"]["theme"].to_pylist())
    assert len(quotes) >= 3 * len(out["themes"])
    for row in quotes:
        assert row["exact"] == text[row["response"]][row["start"] : row["end"]] != ""


def test_themes_are_few_and_of_publishable_size(heard: tuple[Tables, Tables]) -> None:
    _told, out = heard
    found = [row for row in out["themes"].to_pylist() if row["kind"] == "proposed"]
    assert 10 <= len(found) <= 60
    assert min(row["n"] for row in found) >= 10
    assert all(row["distinct"] <= row["responses"] for row in out["themes"].to_pylist())


def test_austin_talks_of_what_austin_is_known_to_talk_of(austin: tuple[Tables, Tables]) -> None:
    """Nobody has labelled these comments: the words are those a reader of the file meets again and again."""
    words = {word for row in austin[1]["themes"].to_pylist() for word in row["words"]}
    assert {"traffic", "property taxes", "affordable housing", "public transportation", "homeless", "police"} <= words
    assert not {"austin", "city", "city of austin"} & words
    readings = Counter(austin[1]["readings"]["reading"].to_pylist())
    assert readings["themed"] > 0.65 * readings.total()


def test_austin_rounds_and_districts_add_up(austin: tuple[Tables, Tables]) -> None:
    _told, out = austin
    rows = out["prevalence"].to_pylist()
    found = [row for row in out["themes"].to_pylist() if row["kind"] == "proposed"]
    assert len(rows) == len(found) * 2 * 11
    for theme in found:
        mine = [row for row in rows if row["theme"] == theme["theme"]]
        assert sum(row["mentions"] for row in mine if row["community"] is None) == theme["n"]
        assert sum(row["mentions"] for row in mine if row["community"]) == theme["n"]
    assert {row["low"] for row in rows} == {None}  # people chose to answer


def test_what_austin_says_most_is_not_cut_into_pieces(austin: tuple[Tables, Tables]) -> None:
    """Before themes as near as these were joined, traffic was five themes, half of it unstable."""
    found = [row for row in austin[1]["themes"].to_pylist() if row["kind"] == "proposed"]
    traffic = [row for row in found if "traffic" in row["words"][:1]]
    assert len(traffic) == 1
    assert traffic[0]["stability"] > 0.7
    for row in found:  # what is hardly found again is told by its label, or holds together though it is small
        assert row["stability"] >= 0.3 or row["label"].startswith("Mixed: ")
    mixed = sum(row["responses"] for row in found if row["label"].startswith("Mixed: "))
    assert mixed < 0.2 * sum(row["responses"] for row in found)


@pytest.mark.parametrize(
    ("label", "precision", "recall"),
    [
        ("Staff manner & personal attributes", 0.70, 0.07),
        ("Timeliness of care", 0.67, 0.22),
        ("Staff listening, understanding & involving patients", 0.65, 0.22),
    ],
)
def test_themes_and_the_labels_people_gave(
    nhs: tuple[Tables, Tables], label: str, precision: float, recall: float
) -> None:
    """16%, 13% and 6% of comments carry these labels. The best theme for each, by F1, when measured: precision .81,
    .74, .76; recall .09, .27, .29. What is under a theme mostly belongs there; most of what people mean by the label
    is under other themes: the share of a proposed theme is no share of a meaning."""
    rows = read("nhs-comments", "comments.csv")
    labelled = {f"talk:{number}" for number, row in enumerate(rows, 1) if label in row["themes"].split(";")}
    coded: dict[str, set[str]] = {}
    for row in nhs[1]["codings"].to_pylist():
        coded.setdefault(row["theme"], set()).add(row["response"])
    best = max(coded.values(), key=lambda each: len(each & labelled) / (len(each) + len(labelled)))
    assert len(best & labelled) / len(best) > precision
    assert len(best & labelled) / len(labelled) > recall


def test_nhs_did_not_answer_is_uninformative(nhs: tuple[Tables, Tables]) -> None:
    """`Did not answer` 1,189 times and `Nothing` 436 times, as counted in the file."""
    told, out = nhs
    text = [each.strip().strip(".").lower() for each in told["texts"]["text"].to_pylist()]
    reading = out["readings"]["reading"].to_pylist()
    assert Counter(zip(text, reading, strict=True))["did not answer", "uninformative"] == 1189
    assert Counter(zip(text, reading, strict=True))["nothing", "uninformative"] >= 436


def test_a_survey_about_something_else_describes_no_step(austin: tuple[Tables, Tables]) -> None:
    """Two steps of a referral process, hardly named in comments on traffic: rows say so, nothing is invented."""
    told, _out = austin
    rows = run_stage(
        journeys.STAGE, made(rounds=[{"id": "r2016", "name": "a"}, {"id": "r2017", "name": "b"}]), **told
    )
    everyone = [row for row in rows["journeys"].to_pylist() if row["experience"].startswith("any")]
    assert len(everyone) == 2 * 2 * 2
    assert max(row["n"] for row in everyone) < 10


def test_london_youth_votes_count_as_polis_counts_them() -> None:
    """The participants' matrix of the same export has the last votes: an independent way to count."""
    folder = ("polis", "london.youth.policing")
    comments = {row["comment-id"]: row for row in read(*folder, "comments.csv")}
    last: dict[tuple[str, str], int] = {}
    for row in sorted(read(*folder, "votes.csv"), key=lambda row: int(row["timestamp"])):
        last[row["voter-id"], row["comment-id"]] = int(row["vote"])
    votes = [
        {"source": "talk", "person": person, "statement": statement, "vote": vote}
        for (person, statement), vote in last.items()
    ]
    propositions = [
        {"source": "talk", "statement": id, "text": row["comment-body"], "moderated": int(row["moderated"])}
        for id, row in comments.items()
    ]
    out = run_stage(
        groups.STAGE, made("votes"), votes=from_rows("votes", votes),
        propositions=from_rows("propositions", propositions),
    )  # fmt: skip
    matrix = read(*folder, "participants-votes.csv")
    for row in groups.statement_rows(out):
        cast = [float(person[row["id"]]) for person in matrix if person.get(row["id"])]
        assert row["n"] == len(cast)
        assert row["agree"] == pytest.approx(cast.count(1.0) / len(cast), abs=1e-12)
    kinds = Counter(row["kind"] for row in out["statements"].to_pylist())
    assert kinds["common ground"] > 0
    assert kinds["cannot tell"] >= 6  # seen by fewer than ten people
