# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Missing safeguards in, recommendations out: which, in which order, and what they rest on."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing import library, sign_off
from fairhearing.errors import BadInput
from fairhearing.programme import Programme
from fairhearing.recommend import STAGE, check_decision
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


def unsettled(programme: Programme, findings: Any, rows: Any, said: str = "") -> list[dict[str, Any]]:
    tables = {"findings": findings, "recommendations": rows, "decisions": decisions(said)}
    given = {name: from_rows(name, each) for name, each in tables.items()}
    return run_stage(sign_off.STAGE, programme, **given)["unsettled"].to_pylist()


def decisions(text: str) -> list[dict[str, Any]]:
    """`on | column | value | who` a line."""
    return [
        dict(zip(("on", "column", "value", "who"), (part.strip() for part in line.split("|")), strict=True))
        | {"event": number, "at": f"2026-05-{number:02}T10:00:00+00:00", "why": f"reason {number}"}
        for number, line in enumerate(text.strip().splitlines(), 1)
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
    open_ones = unsettled(two, [*lacking(two), *others], rows)
    alone = [row["on"] for row in open_ones if row["what"] == "adverse finding" and row["standing"] is None]
    assert alone == ["E", "H-question"]  # no safeguard is missing there: said, not lost


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


# --- what people propose and decide ---------------------------------------------------------------------------------

IDEA = {
    "id": "note", "activity": "referral", "step": "notice", "change": "Send every family a letter in two days.",
    "owner": "Schools office", "by_when": "spring 2027", "proposed_by": "a round table of parents",
}  # fmt: skip


def test_an_idea_is_a_candidate_with_who_what_where_by_when_and_how_it_will_be_known() -> None:
    rows = recommended(made(ONE.format("absent"), ideas=[IDEA | {"effort": 2}]), harm("notice", 0.6, 0.99))
    idea = next(row for row in rows if row["recommendation"] == "R-idea.note")
    named = ("change", "owner", "step", "by_when", "proposed_by", "safeguard", "kind", "standing")
    assert [idea[name] for name in named] == [
        "Send every family a letter in two days.", "Schools office", "notice", "spring 2027",
        "a round table of parents", None, None, "proposed",
    ]  # fmt: skip
    assert idea["findings"] == ["H-notice"]


def test_an_idea_that_puts_a_safeguard_in_place_stands_instead_of_the_general_words_for_it() -> None:
    rows = recommended(made(ONE.format("absent"), ideas=[IDEA | {"safeguard": "adult"}]))
    assert [(row["recommendation"], row["kind"]) for row in rows] == [("R-idea.note", "law")]
    assert rows[0]["findings"] == ["S-notice-adult"]


EASED = """
eases      | cites
-----------+------
           | H-notice, H2
humiliated | H2, H-notice
frightened | H-notice
"""


@pytest.mark.parametrize("row", ascii_table(EASED), ids=lambda row: row["eases"])
def test_an_idea_rests_on_the_harms_it_should_ease(row: dict[str, str]) -> None:
    rests = ["journeys:source=talk;step=notice;experience=humiliated;valence=bad"]
    also = finding("H2", "harm", "adverse", "notice", n=50, estimate=0.4, probability=0.95, rests_on=rests)
    eases = [row["eases"]] if row["eases"] else []
    rows = recommended(made(ONE.format("met"), ideas=[IDEA | {"eases": eases}]), harm("notice", 0.6, 0.99), also)
    assert set(rows[0]["findings"]) == set(row["cites"].split(", "))


RANKED = """
share | probability | n   | class          | effort | score
------+-------------+-----+----------------+--------+------
0.6   | 0.99        | 100 | law            |        | 178.2
0.6   | 0.99        | 102 | law            |        | 178.2
0.6   | 0.99        | 100 | good practice  |        | 59.4
0.6   | 0.99        | 100 | law            | 4      | 44.55
0.6   | 0.5         | 100 | law            |        | 90.0
"""


@pytest.mark.parametrize("row", ascii_table(RANKED), ids=lambda row: " ".join(row.values()))
def test_the_parts_of_a_rank_multiply_to_its_score(row: dict[str, str]) -> None:
    """harm × people (rounded to 5, as published) × confidence × weight of the class ÷ effort."""
    lacks = ONE.format("absent").replace("| law |", f"| {row['class']} |")
    said = f"R.notice.adult | effort | {row['effort']} | Ann" if row["effort"] else ""
    hurts = harm("notice", float(row["share"]), float(row["probability"]), int(row["n"]))
    (made_row,) = recommended(made(lacks), hurts, decisions=decisions(said))
    assert made_row["score"] == pytest.approx(float(row["score"]))
    parts = [made_row[name] for name in ("harm", "people", "confidence", "weight")]
    product = parts[0] * parts[1] * parts[2] * parts[3] / (made_row["effort"] or 1)
    assert made_row["score"] == pytest.approx(product)
    assert made_row["rank_rests_on"] == "H-notice"


def test_a_gap_ranks_an_idea_for_a_whole_activity_as_a_share_of_its_scale() -> None:
    scale = TRUST | {"activity": "referral", "report": "mean", "items": [TRUST["items"][0] | {"low": 0, "high": 10}]}
    gap = finding("G", "gap", "adverse", None, n=200, estimate=-2.0, probability=0.95,
                  rests_on=["gaps:source=survey;measure=trust;community=b"])  # fmt: skip
    whole = {key: value for key, value in IDEA.items() if key != "step"}
    scale.pop("favourable", None)
    (row,) = recommended(made(ONE.format("met"), ideas=[whole], measures=[scale], sources=SOURCES), gap)
    assert (row["harm"], row["people"], row["score"]) == (0.2, 200, pytest.approx(0.2 * 200 * 0.95))


DECIDED = """
said                                                                                  | standing | by  | owner
--------------------------------------------------------------------------------------+----------+-----+------
                                                                                      | proposed |     | Safety office
R.notice.adult / standing / adopted / Ann                                             | adopted  | Ann | Safety office
R.notice.adult / standing / adopted / Ann ; R.notice.adult / standing / rejected / Bea | rejected | Bea | Safety office
R.notice.adult / standing / rejected / Bea ; R.notice.adult / standing / proposed / Bea | proposed |     | Safety office
R.notice.adult / owner / Schools office / Ann                                         | proposed |     | Schools office
R.other.adult / standing / adopted / Ann                                              | proposed |     | Safety office
"""


@pytest.mark.parametrize("row", ascii_table(DECIDED), ids=lambda row: row["said"])
def test_a_person_adopts_rejects_and_words_anew_and_the_last_word_counts(row: dict[str, str]) -> None:
    said = row["said"].replace("/", "|").replace(";", "\n")
    (made_row,) = recommended(made(ONE.format("absent")), decisions=decisions(said))
    assert (made_row["standing"], made_row["owner"]) == (row["standing"], row["owner"])
    assert (made_row["decided_by"] or "").startswith(row["by"]) and bool(made_row["decided_by"]) == bool(row["by"])
    assert bool(made_row["edited"]) == ("owner" in said)


def test_what_was_rejected_stays_and_stands_last() -> None:
    two = made("step | safeguard | kind | state\nnotice | a | law | absent\nnotice | b | good practice | absent")
    rows = recommended(two, harm("notice", 0.6, 0.99), decisions=decisions("R.notice.a | standing | rejected | Ann"))
    assert [(row["rank"], row["safeguard"], row["decided_why"]) for row in rows] == [
        (1, "b", None),
        (2, "a", "reason 1"),
    ]


UNSETTLED = """
said                                                                          | unsettled
------------------------------------------------------------------------------+----------
                                                                              | adverse finding:H-notice:proposed, adverse finding:S-notice-adult:proposed, recommendation:R.notice.adult:proposed
R.notice.adult / standing / adopted / Ann                                     |
R.notice.adult / standing / rejected / Ann                                    | adverse finding:H-notice:rejected, adverse finding:S-notice-adult:rejected
R.notice.adult / standing / rejected / Ann ; H-notice / no change / x / Ann   | adverse finding:S-notice-adult:rejected
R.notice.adult / standing / rejected / Ann ; H-notice / no change / x / Ann ; S-notice-adult / no change / x / Ann |
"""


@pytest.mark.parametrize("row", ascii_table(UNSETTLED), ids=lambda row: row["said"])
def test_what_stands_between_the_assessment_and_a_signature(row: dict[str, str]) -> None:
    said = row["said"].replace("/", "|").replace(";", "\n")
    programme = made(ONE.format("absent"))
    found = [*lacking(programme), harm("notice", 0.6, 0.99), finding("P", "strength", "favourable", "notice")]
    rows = recommended(programme, *found[1:], decisions=decisions(said))
    told = [f"{each['what']}:{each['on']}:{each['standing']}" for each in unsettled(programme, found, rows, said)]
    assert told == (row["unsettled"].split(", ") if row["unsettled"] else [])


def test_nothing_is_signed_with_strengths_or_harms_missing_unless_somebody_says_they_were_looked_for() -> None:
    programme = made(ONE.format("met"))
    met = lacking(programme)
    assert [row["what"] for row in unsettled(programme, met, [])] == ["harms missing"]
    assert unsettled(programme, met, [], "referral | none found | harms | Ann") == []
    assert [row["what"] for row in unsettled(programme, [], [])] == ["strengths missing", "harms missing"]


REFUSED = """
on             | column   | value    | says
---------------+----------+----------+-----
R.notice.adult | standing | accepted | adopted, rejected, proposed
R.notice.adlt  | standing | adopted  | R.notice.adult
R.notice.adult | effort   | 0        | above 0
R.notice.adult | effort   | lots     | above 0
R.notice.adult | change   |          | say it
"""


@pytest.mark.parametrize("row", ascii_table(REFUSED), ids=lambda row: " ".join(row.values()))
def test_only_what_can_be_decided_is_recorded(row: dict[str, str]) -> None:
    programme = made(ONE.format("absent"))
    tables = {"recommendations": from_rows("recommendations", recommended(programme))}
    with pytest.raises(BadInput) as caught:
        check_decision(programme, tables, row["on"], row["column"], row["value"])
    assert row["says"] in str(caught.value.cure)


def test_an_idea_narrows_gaps_of_the_measures_it_names_wherever_they_hang() -> None:
    rests = ["gaps:source=survey;round=r1;measure=trust;characteristic=religion;community=b"]
    gap = finding("G", "gap", "adverse", None, activity=None, n=200, estimate=-0.2, probability=0.95, rests_on=rests)
    other = finding("O", "gap", "adverse", None, activity=None, rests_on=[rests[0].replace("trust", "fair")])
    idea = IDEA | {"eases": ["trust"]}
    rows = recommended(made(ONE.format("met"), ideas=[idea], measures=[TRUST], sources=SOURCES), gap, other)
    assert [(row["findings"], row["rank_rests_on"]) for row in rows] == [(["G"], "G")]


def test_findings_of_earlier_rounds_need_no_answer() -> None:
    programme = made(ONE.format("met"))
    found = [*lacking(programme), finding("H", "harm", "adverse", "notice", current=False)]
    assert unsettled(programme, found, []) == []


def test_a_harm_that_was_eased_since_is_cited_and_not_counted_again() -> None:
    """60% of 200 in spring, 12% of 100 in autumn: the rank is made of autumn; spring stays among what it rests on."""
    spring = harm("notice", 0.60, 0.99, n=200) | {"finding": "H-spring", "current": False}
    autumn = harm("notice", 0.12, 0.40) | {"current": True}
    (row,) = recommended(made(ONE.format("absent")), spring, autumn)
    assert (row["harm"], row["people"], row["rank_rests_on"]) == (0.12, 100, "H-notice")
    assert "H-spring" in row["findings"]
    assert recommended(made(ONE.format("unknown")), spring, autumn) == []
