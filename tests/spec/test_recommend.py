# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Missing safeguards in, recommendations out: which, in which order, and what they rest on."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing import library
from fairhearing.programme import Programme
from fairhearing.recommend import STAGE, unanswered
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage


def made(safeguards: str, **changes: Any) -> Programme:
    """`step safeguard kind state` a line; two steps, the second with an owner of its own."""
    rows = ascii_table(safeguards)
    steps = [
        {
            "id": step, "name": name, "owner": owner,
            "safeguards": [
                {"id": row["safeguard"], "name": row["safeguard"].capitalize(), "kind": row["kind"], "has": row["state"]}
                for row in rows
                if row["step"] == step
            ],
        }
        for step, name, owner in (("notice", "Notice", ""), ("question", "Questioning", "Police"))
    ]  # fmt: skip
    activity = {"id": "referral", "name": "Referral", "objective": "safety", "owner": "Safety office", "steps": steps}
    return programme(**({"activities": [activity]} | changes))


def finding(id: str, kind: str, direction: str, step: str | None, **changes: Any) -> dict[str, Any]:
    row = {
        "finding": id, "kind": kind, "direction": direction, "activity": "referral", "step": step, "sentence": "S.",
        "rests_on": [f"journeys:source=talk;step={step};experience=any bad"],
    }  # fmt: skip
    return row | changes


def harm(step: str, share: float, probability: float, n: int = 100) -> dict[str, Any]:
    direction = "adverse" if probability >= 0.9 else "neither"
    return finding(f"H-{step}", "harm", direction, step, n=n, estimate=share, probability=probability)


def lacking(programme: Programme) -> list[dict[str, Any]]:
    """The findings that judge makes of the safeguards."""
    return [
        finding(
            f"S-{step.id}-{each.id}",
            "safeguard",
            {"met": "favourable", "unknown": "neither"}.get(each.has, "adverse"),
            step.id,
            rests_on=[f"programme:activity=referral;step={step.id};safeguard={each.id}"],
        )
        for _activity, step in programme.steps()
        for each in step.safeguards
    ]


def recommended(programme: Programme, *others: dict[str, Any], **rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given = {"findings": [*lacking(programme), *others]} | rows
    tables = {name: from_rows(name, each) for name, each in given.items()}
    return run_stage(STAGE, programme, **tables)["recommendations"].to_pylist()


ONE = "step | safeguard | kind | state\nnotice | adult | law | {}"
CHANGES = """
state               | harm there | change
--------------------+------------+--------
absent              | no         | At “Notice” (Referral), put this in place: “Adult”.
partial             | no         | At “Notice” (Referral), complete what is only partly in place: “Adult”.
not legally covered | no         | At “Notice” (Referral), which law does not reach, extend this by policy: “Adult”.
unknown             | yes        | At “Notice” (Referral), where something adverse was found, establish whether this is in place: “Adult”.
unknown             | no         | nothing
met                 | yes        | nothing
"""


@pytest.mark.parametrize("row", ascii_table(CHANGES), ids=lambda row: " ".join(list(row.values())[:2]))
def test_the_change(row: dict[str, str]) -> None:
    others = [harm("notice", 0.6, 0.99)] if row["harm there"] == "yes" else []
    made_of = recommended(made(ONE.format(row["state"])), *others)
    assert [each["change"] for each in made_of] == ([] if row["change"] == "nothing" else [row["change"]])
    assert not any(rule.found_in(row["change"]) for rule in library.language_rules())


RANKS = """
step     | safeguard | kind               | state               | probability | share | people | score | rank
---------+-----------+--------------------+---------------------+-------------+-------+--------+-------+-----
notice   | a         | good practice      | absent              | 0.95        | 0.40  | 100    | 38    | 5
notice   | b         | law                | partial             | 0.95        | 0.40  | 100    | 114   | 3
notice   | c         | law                | absent              | 0.95        | 0.40  | 100    | 114   | 1
notice   | d         | law                | not legally covered | 0.95        | 0.40  | 100    | 114   | 2
notice   | e         | statutory guidance | absent              | 0.95        | 0.40  | 100    | 76    | 4
question | f         | law                | absent              | 0.50        | 0.20  | 100    | 30    | 6
question | g         | good practice      | absent              | 0.50        | 0.20  | 100    | 10    | 7
question | h         | good practice      | absent              | 0.50        | 0.20  | 100    | 10    | 8
"""


def test_the_rank_is_harm_times_people_times_class_then_class_state_and_order() -> None:
    rows = ascii_table(RANKS)
    harms = [harm("notice", 0.40, 0.95), harm("question", 0.20, 0.50)]
    ranks = {each["safeguard"]: each["rank"] for each in recommended(made(RANKS), *harms)}
    assert ranks == {row["safeguard"]: int(row["rank"]) for row in rows}


def test_where_nobody_described_a_step_class_decides() -> None:
    rows = recommended(made("step|safeguard|kind|state\nnotice|a|good practice|absent\nquestion|b|law|partial"))
    assert [(row["safeguard"], row["rank"]) for row in rows] == [("b", 1), ("a", 2)]


def test_the_owner_is_the_steps_or_the_activitys_or_blank() -> None:
    two = "step|safeguard|kind|state\nnotice|a|law|absent\nquestion|b|law|absent"
    assert [row["owner"] for row in recommended(made(two))] == ["Safety office", "Police"]
    bare = made(two).model_dump()
    for part in (bare["activities"][0], *bare["activities"][0]["steps"]):
        part["owner"] = ""
    assert [row["owner"] for row in recommended(Programme.model_validate(bare))] == [None, None]


def test_it_cites_its_safeguard_and_all_that_is_adverse_at_its_step() -> None:
    two = made("step|safeguard|kind|state\nnotice|a|law|absent\nnotice|b|law|partial\nquestion|c|law|met")
    others = [
        harm("notice", 0.6, 0.99),
        finding("G", "gap", "adverse", "notice", rests_on=["gaps:source=s"]),
        finding("N", "gap", "neither", "notice", rests_on=["gaps:source=s"]),
        finding("F", "strength", "favourable", "notice", rests_on=["journeys:source=s"]),
        harm("question", 0.6, 0.99),
        finding("E", "effect", "adverse", None, rests_on=["effects:source=s"]),
    ]
    rows = recommended(two, *others)
    assert {row["safeguard"]: row["findings"] for row in rows} == {
        "a": ["G", "H-notice", "S-notice-a"],
        "b": ["G", "H-notice", "S-notice-b"],
    }
    tables = from_rows("findings", [*lacking(two), *others]), from_rows("recommendations", rows)
    assert unanswered(*tables) == ["H-question", "E"]  # no safeguard is missing there: said, not lost


TRUST = {
    "id": "trust", "name": "trust the programme", "report": "share", "favourable": [1],
    "items": [{"id": "fair", "wording": "Fair?", "low": 0, "high": 1}],
}  # fmt: skip
SOURCES = [
    {"id": "talk", "file": "talk.csv", "kind": "consultation", "sample": "self-selected", "columns": {"text": "t"}},
    {"id": "survey", "file": "survey.csv", "kind": "survey", "sample": "probability"},
]


def estimate(source: str, n: int, share: float, **changes: Any) -> dict[str, Any]:
    ends = {"low": share - 0.05, "high": share + 0.05} if source == "survey" else {}
    row = {
        "source": source,
        "measure": "trust",
        "n": n,
        "favourable": round(n * share),
        "estimate": share,
        "method": "m",
    }
    return row | ends | changes


def accounts(n: int, reports: int, **changes: Any) -> dict[str, Any]:
    row = {
        "source": "talk", "activity": "referral", "step": "notice", "experience": "any bad", "valence": "bad", "n": n,
        "reports": reports, "estimate": reports / n, "method": "counted",
    }  # fmt: skip
    return row | changes


ASKED = "The measure “trust the programme”, asked again in a later round of listening"
TOLD = "The share of people describing this step who report a bad experience there, in a later round of listening"
BASELINES: list[tuple[str, dict[str, Any], list[dict[str, Any]], list[dict[str, Any]], str | None, str | None]] = [
    # what there is · measure hangs on · estimates · accounts · measured how · baseline
    ("nothing", {}, [], [], None, None),
    ("a measure of the step", {"step": "notice"}, [estimate("survey", 400, 0.61)], [accounts(50, 30)], ASKED, "61% (56 to 66) of about 400 people"),
    ("accounts, and a measure of the activity", {}, [estimate("survey", 400, 0.61)], [accounts(50, 30)], TOLD, "60% of about 50 people (they chose to answer, so there is no margin of error) who described it"),
    ("a measure of the activity", {}, [estimate("survey", 400, 0.61)], [], ASKED, "61% (56 to 66) of about 400 people"),
    ("a measure without data", {"step": "notice"}, [], [], ASKED, None),
    ("a measure of somewhere else", {"step": "question"}, [estimate("survey", 400, 0.61)], [], None, None),
    ("a random sample before a larger self-selected one", {}, [estimate("talk", 4000, 0.4), estimate("survey", 400, 0.61)], [], ASKED, "61% (56 to 66) of about 400 people"),
    ("the latest round", {}, [estimate("survey", 400, 0.61, round="r1"), estimate("survey", 300, 0.7, round="r2")], [], ASKED, "70% (65 to 75) of about 300 people"),
    ("accounts of another step", {"step": "question"}, [], [accounts(50, 30, step="question")], None, None),
    ("a measure nobody could estimate", {}, [estimate("survey", 400, 0.61) | {"estimate": None, "low": None, "high": None}], [], ASKED, None),
    ("an estimate of another measure", {}, [estimate("survey", 400, 0.61, measure="other")], [], ASKED, None),
    ("too few asked", {}, [estimate("survey", 9, 0.61)], [], ASKED, None),
    ("too few of the asked", {}, [estimate("survey", 100, 0.09)], [accounts(100, 9)], ASKED, None),
]  # fmt: skip


@pytest.mark.parametrize("case", BASELINES, ids=lambda case: case[0])
def test_how_it_will_be_measured_and_what_that_says_now(case: Any) -> None:
    _name, hangs, estimates, journeys, how, baseline = case
    measures = [TRUST | {"activity": "referral"} | hangs] if case[0] != "nothing" else []
    rounds = [{"id": "r1", "name": "Spring"}, {"id": "r2", "name": "Autumn"}]
    made_of = made(ONE.format("absent"), measures=measures, sources=SOURCES, rounds=rounds)
    rests = finding(
        "B", "harm", "neither", "notice", rests_on=["journeys:source=talk;step=notice;experience=any bad"]
    )
    (row,) = recommended(made_of, rests, estimates=estimates, journeys=journeys)
    assert (row["measured_how"], row["baseline"], row["by_when"]) == (how, baseline, None)
    named = {"survey": "estimates:source=survey;", "accounts": "journeys:source=talk;step=notice;experience=any bad"}
    from_row = named["accounts" if how == TOLD else "survey"]
    assert [each.startswith(from_row) for each in row["baseline_rests_on"]] == ([True] if baseline else [])
    assert ("B" in row["findings"]) == (how == TOLD)  # a baseline from accounts cites the finding that holds it


def test_blank_sources_stay_blank_and_unchecked_ones_say_so() -> None:
    (row,) = recommended(made(ONE.format("absent")))
    assert row["source"] is None and row["checked"] is False and row["recommendation"] == "R.notice.adult"
