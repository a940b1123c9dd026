# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Evidence in, verdict out: the rules of judgement as tables an official could check with a pencil.

The rules are the defaults: a step hurts if more than 20% of accounts report a bad experience with probability 0.90,
severely if more than 40% do; nothing is said about fewer than 10 people.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from fairhearing import library
from fairhearing.judge import ACTIVITY_RULES, STAGE, STEP_RULES
from fairhearing.programme import Programme
from fairhearing.stage import Tables
from fairhearing.tables import TABLES, cell_name, from_rows
from tests.helpers import ascii_table, programme, run_stage

CHARACTERISTICS = [
    {
        "id": "religion",
        "name": "Religion",
        "categories": [
            {"id": "muslim", "name": "Muslim Londoners", "people": 300},
            {"id": "christian", "name": "Christian", "people": 600},
            {"id": "not_answered", "name": "Not answered", "people": 100, "community": False},
        ],
    }
]
MEASURES = [
    {
        "id": "trust", "name": "trust the programme", "about": "trust", "report": "share", "favourable": [4, 5],
        "activity": "referral", "step": "notice", "items": [{"id": "fair", "wording": "Fair?", "low": 1, "high": 5}],
    },
    {
        "id": "alienation", "name": "Feeling of alienation", "about": "alienation", "report": "mean",
        "higher_is": "worse", "activity": "referral", "items": [{"id": "apart", "wording": "Apart?", "low": 1, "high": 5}],
    },
]  # fmt: skip
SOURCES = [
    {"id": "talk", "file": "talk.csv", "kind": "consultation", "sample": "self-selected", "columns": {"text": "t"}},
    {"id": "survey", "file": "survey.csv", "kind": "survey", "sample": "probability"},
]
ROUNDS = [{"id": "r1", "name": "Spring"}, {"id": "r2", "name": "Autumn"}]


def made(safeguard: str | None = None, **changes: Any) -> Programme:
    """One activity of two steps, the first with one safeguard in the given state."""
    safeguards = [
        {"id": "adult", "name": "An adult is present.", "kind": "law", "has": safeguard, "source": "Code C"}
    ]
    steps = [
        {"id": "notice", "name": "Notice a concern", "safeguards": safeguards if safeguard else []},
        {"id": "close", "name": "Close"},
    ]
    activity = {"id": "referral", "name": "Referral", "objective": "safety", "steps": steps}
    parts = {"activities": [activity], "characteristics": CHARACTERISTICS, "measures": MEASURES, "sources": SOURCES}
    return programme(**(parts | {"rounds": ROUNDS} | changes))


def account(experience: str, n: int, reports: int, **changes: Any) -> dict[str, Any]:
    """One row of `journeys`."""
    good = experience in ("any good", "listened-to")
    row = {
        "source": "talk", "round": None, "activity": "referral", "step": "notice", "experience": experience,
        "valence": "good" if good else "bad", "n": n, "reports": reports, "estimate": reports / n if n else None,
        "method": "counted",
    }  # fmt: skip
    return row | changes


def gap(verdict: str, **changes: Any) -> dict[str, Any]:
    """One row of `gaps`: of 200 Muslim respondents 61% against 70% of everyone else."""
    row = {
        "source": "survey", "measure": "trust", "characteristic": "religion", "community": "muslim", "n": 200,
        "n_rest": 800, "estimate": 0.61, "rest": 0.70, "rest_low": 0.67, "rest_high": 0.73, "gap": -0.09, "low": -0.14, "high": -0.04, "probability": 0.97,
        "verdict": verdict, "method": "linearised",
    }  # fmt: skip
    return row | changes


def effect(verdict: str, **changes: Any) -> dict[str, Any]:
    """One row of `effects`."""
    row = {
        "source": "projects", "project": "Youth Voices", "activity": "referral", "instrument": "Belonging",
        "design": "comparison", "level": 3, "n": 120, "effect": 0.42, "low": 0.21, "high": 0.63, "verdict": verdict,
        "method": "standardised mean change",
    }  # fmt: skip
    return row | changes


def judged(programme: Programme, **rows: list[dict[str, Any]]) -> Tables:
    return run_stage(STAGE, programme, **{name: from_rows(name, given) for name, given in rows.items()})


def verdict(tables: Tables, step: str | None = "notice") -> dict[str, Any]:
    return next(row for row in tables["verdicts"].to_pylist() if row["step"] == step)


def findings(tables: Tables, kind: str | None = None) -> list[dict[str, Any]]:
    return [row for row in tables["findings"].to_pylist() if kind in (None, row["kind"])]


HERE = """
people | bad | good | safeguard           | gap   | here
-------+-----+------+---------------------+-------+-----
   100 |  30 |   90 | met                 |       | bad experiences
   100 |   5 |   60 | partial             |       | a safeguard partial
   100 |  22 |   10 | absent              |       | a safeguard absent
   100 |   5 |   60 | not legally covered | lower | a safeguard not legally covered; less trust in a community
"""


@pytest.mark.parametrize("row", ascii_table(HERE), ids=lambda row: row["here"])
def test_of_several_conditions_a_rule_says_which_are_met(row: dict[str, str]) -> None:
    journeys = [account("any bad", 100, int(row["bad"])), account("any good", 100, int(row["good"]))]
    tables = judged(made(row["safeguard"]), journeys=journeys, gaps=[gap(row["gap"])] if row["gap"] else [])
    assert verdict(tables)["rule"].endswith(f" Here: {row['here']}.")


STEPS = """
people | bad | good | safeguard           | gap                        | verdict     | rule
-------+-----+------+---------------------+----------------------------+-------------+-----
   100 |  60 |   10 | absent              |                            | revise      | 1
   100 |  30 |   10 | absent              |                            | revise      | 1
   100 |  30 |   10 | not legally covered |                            | revise      | 1
   100 |  60 |   10 | met                 |                            | revise      | 2
   100 |  60 |   90 | met                 |                            | revise      | 2
   100 |  30 |   90 | met                 |                            | improve     | 3
   100 |  30 |   10 | partial             |                            | improve     | 3
   100 |  30 |   10 | unknown             |                            | improve     | 3
   100 |  22 |   10 | absent              |                            | improve     | 3
   100 |   5 |   60 | partial             |                            | improve     | 3
   100 |   5 |   60 | not legally covered |                            | improve     | 3
   100 |   5 |   60 | met                 | lower                      | improve     | 3
     0 |   0 |    0 | absent              |                            | improve     | 3
   100 |   5 |   60 | met                 |                            | build upon  | 4
   100 |   5 |   60 | met                 | cannot tell                | build upon  | 4
   100 |   5 |   60 | met                 | no difference that matters | build upon  | 4
   100 |   5 |   60 | none                |                            | build upon  | 4
   100 |   5 |   60 | unknown             |                            | cannot tell | 5
   100 |  22 |   60 | met                 |                            | cannot tell | 5
   100 |   5 |   20 | met                 |                            | cannot tell | 5
    10 |   1 |    9 | met                 |                            | cannot tell | 5
     9 |   9 |    0 | met                 |                            | cannot tell | 5
     9 |   0 |    9 | met                 |                            | cannot tell | 5
     0 |   0 |    0 | met                 |                            | cannot tell | 5
     0 |   0 |    0 | unknown             |                            | cannot tell | 5
     0 |   0 |    0 | none                |                            | cannot tell | 5
"""


@pytest.mark.parametrize("row", ascii_table(STEPS), ids=lambda row: " ".join(row.values()))
def test_the_verdict_on_a_step(row: dict[str, str]) -> None:
    n = int(row["people"])
    journeys = [account("any bad", n, int(row["bad"])), account("any good", n, int(row["good"]))] if n else []
    gaps = [gap(row["gap"])] if row["gap"] else []
    tables = judged(made(None if row["safeguard"] == "none" else row["safeguard"]), journeys=journeys, gaps=gaps)
    assert verdict(tables)["verdict"] == row["verdict"]
    assert verdict(tables)["rule"].startswith(f"Rule {row['rule']} of 5: {row['verdict']}, because ")


ACTIVITIES = """
first step  | second step | effect           | alienation gap | verdict
------------+-------------+------------------+----------------+------------
build upon  | build upon  |                  |                | build upon
build upon  | build upon  | works            |                | build upon
build upon  | build upon  | promising change |                | build upon
build upon  | build upon  | not known        |                | build upon
build upon  | build upon  | negligible       |                | improve
build upon  | build upon  | harm signal      |                | improve
build upon  | build upon  | works            | higher         | improve
build upon  | build upon  | works            | lower          | build upon
build upon  | improve     | works            |                | improve
build upon  | revise      | works            |                | revise
improve     | revise      |                  |                | revise
build upon  | cannot tell | works            |                | cannot tell
cannot tell | cannot tell | works            |                | cannot tell
none        | none        | works            |                | build upon
none        | none        | promising change |                | cannot tell
none        | none        | harm signal      |                | improve
none        | none        |                  |                | cannot tell
"""
ACCOUNTS = {"build upon": (5, 60), "improve": (30, 60), "revise": (60, 10), "cannot tell": (22, 10)}


@pytest.mark.parametrize("row", ascii_table(ACTIVITIES), ids=lambda row: " ".join(row.values()))
def test_the_verdict_on_an_activity(row: dict[str, str]) -> None:
    """The worst step governs; evidence about the whole activity can lower its verdict, and raise none of its steps."""
    journeys = []
    for step, wanted in (("notice", row["first step"]), ("close", row["second step"])):
        bad, good = ACCOUNTS.get(wanted, (0, 0))
        if wanted != "none":
            journeys += [account("any bad", 100, bad, step=step), account("any good", 100, good, step=step)]
    alone = [{"id": "referral", "name": "Referral", "objective": "safety"}]
    only_effects = {"activities": alone, "measures": []} if row["first step"] == "none" else {}
    tables = judged(
        made(**only_effects),
        journeys=journeys,
        effects=[effect(row["effect"])] if row["effect"] else [],
        gaps=[gap(row["alienation gap"], measure="alienation")] if row["alienation gap"] else [],
    )
    assert verdict(tables, None)["verdict"] == row["verdict"]
    assert verdict(tables, None)["rule"].split(":")[1].strip().startswith(row["verdict"])


SENTENCES = """
evidence           | direction  | sentence
-------------------+------------+----------
bad 60             | adverse    | “Notice a concern” hurts people: 60% of about 100 people who described it report a bad experience there (they chose to answer, so there is no margin of error).
bad 60 survey      | adverse    | “Notice a concern” hurts people: 60% (50 to 69) of about 100 people who described it report a bad experience there.
bad 22             | neither    | The accounts cannot tell whether “Notice a concern” hurts more than 20% of people: 22% of about 100 people who described it report a bad experience there (they chose to answer, so there is no margin of error).
bad 5              | neither    | “Notice a concern” is not found to hurt more than 20% of people: 5% of about 100 people who described it report a bad experience there (they chose to answer, so there is no margin of error).
good 60            | favourable | “Notice a concern” goes well for people: 60% of about 100 people who described it report a good experience there (they chose to answer, so there is no margin of error).
good 20            | neither    | The accounts cannot tell whether more than 20% of people find “Notice a concern” good: 20% of about 100 people who described it report a good experience there (they chose to answer, so there is no margin of error).
humiliated 40      | adverse    | “Notice a concern” hurts people: 40% of about 100 people who described it report “humiliated” there (they chose to answer, so there is no margin of error).
muslim 60          | adverse    | “Notice a concern” hurts people: among Muslim Londoners, 60% of about 100 people who described it report a bad experience there (they chose to answer, so there is no margin of error).
few                | neither    | Too few people described “Notice a concern” to report what they said: too few to report, not too few to matter.
met                | favourable | “An adult is present” is in place at “Notice a concern”. It is law (source: Code C; source not yet checked).
partial            | adverse    | “An adult is present” is only partly in place at “Notice a concern”. It is law (source: Code C; source not yet checked).
absent             | adverse    | “An adult is present” is absent at “Notice a concern”. It is law (source: Code C; source not yet checked).
unknown            | neither    | It is not known whether this is in place at “Notice a concern”: “An adult is present”. It is law (source: Code C; source not yet checked).
not covered        | adverse    | The law does not reach “Notice a concern”, so this protects nobody there: “An adult is present”. It is law (source: Code C; source not yet checked).
gap lower          | adverse    | The programme is trusted less by Muslim Londoners: 61% (56 to 66) against 70% (67 to 73) of everyone else, a difference of 9 points (4 to 14) in the share who “trust the programme”; about 200 people of that community.
gap higher         | neither    | The programme is trusted more by Muslim Londoners: 79% against 70% (67 to 73) of everyone else, a difference of 9 points (4 to 14) in the share who “trust the programme”; about 200 people of that community.
gap unclear        | neither    | The survey cannot tell whether the programme is trusted less or more by Muslim Londoners: 67% against 70% (67 to 73) of everyone else, a difference of 3 points (anything from 8 points lower to 2 points higher) in the share who “trust the programme”; about 200 people of that community.
gap equal          | neither    | The programme is trusted about equally by Muslim Londoners: 70% against 70% (67 to 73) of everyone else, a difference of under 1 point (anything from 3 points lower to 2 points higher) in the share who “trust the programme”; about 200 people of that community.
gap by chance      | neither    | The survey cannot tell whether the programme is trusted less or more by Muslim Londoners: 61% against 70% (67 to 73) of everyone else, a difference of 9 points (1 to 17) in the share who “trust the programme”, which may be chance, since many communities are compared; about 200 people of that community.
gap of volunteers  | neither    | The consultation cannot tell whether the programme is trusted less or more by Muslim Londoners: 61% against 70% of everyone else, a difference of 9 points (they chose to answer, so there is no margin of error) in the share who “trust the programme” (Autumn); about 200 people of that community.
gap of one         | adverse    | The programme is trusted less by Muslim Londoners: 69% against 70% (67 to 73) of everyone else, a difference of 1 point (1 to 2) in the share who “trust the programme”; about 200 people of that community.
gap none           | neither    | The survey cannot tell whether the programme is trusted less or more by Muslim Londoners: everybody gave the same answer.
alienation higher  | adverse    | The programme is more alienating to Muslim Londoners: 3.40 against 2.90 for everyone else, a difference of 0.50 (0.20 to 0.80) on a scale of 1 to 5 for “Feeling of alienation”; about 200 people of that community.
works              | favourable | “Youth Voices” works: a change of 0.42 standard deviations (0.21 to 0.63) in “Belonging”, better being above 0; about 120 people; level 3 of 5 on the Maryland scale.
harm signal        | adverse    | There is a sign, to be looked into, that “Youth Voices” may do harm: a change of −0.30 standard deviations (−0.50 to −0.10) in “Belonging”, better being above 0; about 120 people; level 3 of 5 on the Maryland scale.
promising          | neither    | “Youth Voices” saw a promising change, which its design cannot ascribe to it: a change of 0.42 standard deviations (0.21 to 0.63) in “Belonging”, better being above 0; about 120 people; level 1 of 5 on the Maryland scale.
no baseline        | neither    | It is not known what “Youth Voices” changes: no baseline, no effect claimed.
small project      | neither    | It is not known what “Youth Voices” changes: too few people took part to report.
under-heard        | adverse    | The listening reached Muslim Londoners at less than half their share: they are 30% of the population and 10% of those heard in “survey” (about 20 people; a count, so it has no interval).
unheard            | adverse    | Too few people were heard among Muslim Londoners in “survey” to report, not too few to matter: they are 30% of the population, and the listening reached them less than their share.
nobody said        | neither    | Nobody can tell who was heard and who was not in “survey” by “Religion”: people were not asked, or did not say.
small listening    | neither    | Too few people were heard among Muslim Londoners in “survey” to report, not too few to matter: they are 30% of the population, and the listening was too small to hear them.
common ground      | neither    | People find common ground: 81% (78 to 84) of about 300 people who voted agree with “Parents should be told”.
divisive           | neither    | People disagree: 51% (47 to 55) of about 300 people who voted agree with “Parents should be told”.
"""


def coverage(heard: int, share: float, others: int) -> list[dict[str, Any]]:
    rows = [("muslim", heard, 0.3, share), ("christian", others, 0.6, 1 - share)]
    return [
        {
            "source": "survey", "characteristic": "religion", "community": community, "population": int(1000 * part),
            "population_share": part, "heard": n, "heard_share": said,
        }
        for community, n, part, said in rows
    ]  # fmt: skip


def statement(kind: str, estimate: float, low: float, high: float) -> dict[str, Any]:
    return {
        "source": "survey", "statement": "7", "text": "Parents should be told.", "n": 300, "agree": 100,
        "disagree": 100, "passed": 100, "estimate": estimate, "low": low, "high": high, "kind": kind, "method": "m",
    }  # fmt: skip


LEVEL = {
    "source": "survey", "measure": "trust", "characteristic": "religion", "community": "muslim", "n": 200,
    "estimate": 0.61, "low": 0.56, "high": 0.66, "missing": 0, "method": "m",
}  # fmt: skip
SHOWN = {
    "bad 60": {"journeys": [account("any bad", 100, 60, low=0.5, high=0.69)]},  # not a random sample: not a margin
    "bad 60 survey": {"journeys": [account("any bad", 100, 60, source="survey", low=0.5, high=0.69)]},
    "bad 22": {"journeys": [account("any bad", 100, 22)]},
    "bad 5": {"journeys": [account("any bad", 100, 5)]},
    "good 60": {"journeys": [account("any good", 100, 60)]},
    "good 20": {"journeys": [account("any good", 100, 20)]},
    "humiliated 40": {"journeys": [account("humiliated", 100, 40)]},
    "muslim 60": {"journeys": [account("any bad", 100, 60, characteristic="religion", community="muslim")]},
    "few": {"journeys": [account("any bad", 9, 9), account("any good", 9, 0), account("humiliated", 9, 9)]},
    "gap lower": {"gaps": [gap("lower")], "estimates": [LEVEL]},
    "gap higher": {"gaps": [gap("higher", estimate=0.79, gap=0.09, low=0.04, high=0.14)]},
    "gap unclear": {"gaps": [gap("cannot tell", estimate=0.67, gap=-0.03, low=-0.08, high=0.02)]},
    "gap of one": {"gaps": [gap("lower", estimate=0.69, gap=-0.01, low=-0.02, high=-0.006)]},
    "gap equal": {"gaps": [gap("no difference that matters", estimate=0.697, gap=-0.003, low=-0.03, high=0.024)]},
    "gap by chance": {"gaps": [gap("cannot tell", low=-0.17, high=-0.01)]},
    "gap of volunteers": {
        "gaps": [gap("cannot tell", source="talk", round="r2", low=None, high=None, rest_low=None, rest_high=None)]
    },
    "gap none": {
        "gaps": [
            gap(
                "cannot tell",
                estimate=None,
                gap=None,
                rest_low=None,
                rest_high=None,
                low=None,
                high=None,
                cannot_tell="everybody gave the same answer",
            )
        ]
    },
    "alienation higher": {
        "gaps": [
            gap(
                "higher",
                measure="alienation",
                estimate=3.4,
                rest=2.9,
                rest_low=None,
                rest_high=None,
                gap=0.5,
                low=0.2,
                high=0.8,
            )
        ]
    },
    "works": {"effects": [effect("works")]},
    "harm signal": {"effects": [effect("harm signal", effect=-0.3, low=-0.5, high=-0.1)]},
    "promising": {"effects": [effect("promising change", level=1)]},
    "no baseline": {"effects": [effect("not known", level=0, effect=None, low=None, high=None)]},
    "small project": {"effects": [effect("works", n=9)]},
    "just enough": {"effects": [effect("works", n=10)]},
    "under-heard": {"coverage": coverage(20, 0.10, 180)},
    "unheard": {"coverage": coverage(0, 0.0, 180)},
    "nobody said": {"coverage": coverage(0, 0.0, 0)},
    "small listening": {"coverage": coverage(4, 0.2, 16)},
    "common ground": {"statements": [statement("common ground", 0.81, 0.78, 0.84)]},
    "divisive": {"statements": [statement("divisive", 0.51, 0.47, 0.55)]},
}
SAFEGUARDS = {"not covered": "not legally covered"} | {s: s for s in ("met", "partial", "absent", "unknown")}


@pytest.mark.parametrize("row", ascii_table(SENTENCES), ids=lambda row: row["evidence"])
def test_the_sentence_of_a_finding(row: dict[str, str]) -> None:
    tables = judged(made(SAFEGUARDS.get(row["evidence"])), **SHOWN.get(row["evidence"], {}))
    (finding,) = findings(tables)
    assert (finding["direction"], finding["sentence"]) == (row["direction"], row["sentence"])


@pytest.mark.parametrize("name", SHOWN)
def test_a_number_names_the_rows_it_comes_from(name: str) -> None:
    """Disclosure control withholds a finding with its rows, so a finding with numbers names every row they are in;
    one without numbers about people names none, and stays."""
    (finding,) = findings(judged(made(), **SHOWN[name]))
    given = {cell_name(table, blank(table) | row): row for table, rows in SHOWN[name].items() for row in rows}
    named = [given[row] for row in finding["rests_on"] if row in given]
    if finding["n"] is not None:
        counts = {row.get("n", row.get("heard")) for row in named}
        assert finding["n"] in counts and finding["n"] >= 10
    else:
        assert finding["estimate"] is None and all(row.startswith("programme:") for row in finding["rests_on"])


COLUMNS = """
evidence      | n   | estimate | low   | high  | probability
--------------+-----+----------+-------+-------+------------
bad 60        | 100 | 0.6      |       |       | 1.0
bad 60 survey | 100 | 0.6      | 0.5   | 0.69  | 1.0
few           |     |          |       |       |
gap lower     | 200 | -0.09    | -0.14 | -0.04 | 0.97
works         | 120 | 0.42     | 0.21  | 0.63  |
small project |     |          |       |       |
just enough   | 10  | 0.42     | 0.21  | 0.63  |
no baseline   |     |          |       |       |
under-heard   | 20  | 0.1      |       |       |
unheard       |     |          |       |       |
common ground | 300 | 0.81     | 0.78  | 0.84  |
"""


@pytest.mark.parametrize("row", ascii_table(COLUMNS), ids=lambda row: row["evidence"])
def test_the_numbers_of_a_finding(row: dict[str, str]) -> None:
    (finding,) = findings(judged(made(), **SHOWN[row.pop("evidence")]))
    given = {key: None if finding[key] is None else round(finding[key], 4) for key in row}
    assert given == {key: float(value) if value else None for key, value in row.items()}


def blank(table: str) -> dict[str, None]:
    return dict.fromkeys(TABLES[table].cell)


def test_a_finding_that_quotes_a_level_rests_on_it_too() -> None:
    (finding,) = findings(judged(made(), **SHOWN["gap lower"]))
    assert finding["rests_on"] == [
        "gaps:source=survey;measure=trust;characteristic=religion;community=muslim",
        "estimates:source=survey;measure=trust;characteristic=religion;community=muslim",
    ]


def test_what_is_not_said() -> None:
    """Nothing about a community too small to report, a category that is no community, or a step long gone."""
    journeys = [
        account("any bad", 9, 9, characteristic="religion", community="muslim"),
        account("any bad", 90, 90, characteristic="religion", community="not_answered"),
        account("any bad", 90, 90, step="renamed"),
        account("any bad", 0, 0),
    ]
    gaps = [
        gap("lower", n=9),
        gap("lower", n_rest=9),
        gap("lower", community="not_answered"),
        gap("lower", measure="old"),
    ]
    statements = [statement("mixed", 0.5, 0.4, 0.6), statement("common ground", 0.9, 0.8, 0.95) | {"n": 9}]
    tables = judged(made(), journeys=journeys[:3], gaps=gaps, statements=statements)
    assert findings(tables) == []
    assert verdict(tables)["verdict"] == "cannot tell"
    nobody = judged(made(), journeys=journeys[3:])
    assert findings(nobody) == [] and verdict(nobody)["would_change"] == "No one has described this step."


COMMUNITIES = """
communities | bad of 40 | shown to hurt
------------+-----------+--------------
1           | 12        | yes
2           | 12        | no
2           | 13        | yes
8           | 14        | no
8           | 15        | yes
"""


@pytest.mark.parametrize("row", ascii_table(COMMUNITIES), ids=lambda row: " ".join(row.values()))
def test_looking_at_more_communities_does_not_find_more(row: dict[str, str]) -> None:
    """Of 40, 12 give probability 0.938, 13 give 0.971, 14 give 0.98746, 15 give 0.995 (pbeta in R); needed are
    0.90 for one community, 0.95 each for two, 0.9875 each for eight."""
    ids = [f"c{i}" for i in range(8)]
    faith = {"id": "faith", "name": "Faith", "categories": [{"id": id, "name": id} for id in ids]}
    journeys = [
        account("any bad", 40, int(row["bad of 40"]) if id == "c0" else 0, characteristic="faith", community=id)
        for id in ids[: int(row["communities"])]
    ]
    tables = judged(made(characteristics=[faith], measures=[]), journeys=journeys)
    assert [each["community"] for each in findings(tables)] == (["c0"] if row["shown to hurt"] == "yes" else [])


def test_weights_cost_people() -> None:
    """30 of 100 is shown to hurt; with a design effect of 4 those 100 count as 25, and it is not."""
    journeys = [account("any bad", 100, 30)]
    weighting = [{"source": "talk", "n": 100, "n_effective": 25.0, "design_effect": 4.0, "method": "raked"}]
    (plain,) = findings(judged(made(), journeys=journeys))
    (weighted,) = findings(judged(made(), journeys=journeys, weighting=weighting))
    assert (plain["direction"], weighted["direction"]) == ("adverse", "neither")
    assert plain["probability"] > 0.98 > 0.90 > weighted["probability"] > 0.85


def test_the_latest_round_decides_and_the_earlier_one_is_still_shown() -> None:
    journeys = [
        account("any bad", 100, 60, round="r1"), account("any bad", 100, 5, round="r2"),
        account("any good", 100, 60, round="r2"),
    ]  # fmt: skip
    row = verdict(judged(made("met"), journeys=journeys))
    assert row["verdict"] == "build upon"
    assert row["harms"] == ["F-harm.notice.any-bad.talk.r1"]
    assert "F-strength.notice.any-good.talk.r2" in row["strengths"]


def test_everyone_stands_before_communities_and_the_latest_round_before_earlier_ones() -> None:
    muslim = {"characteristic": "religion", "community": "muslim"}
    journeys = [
        account("any bad", 100, 60, round=round, **community) for round in ("r1", "r2") for community in (muslim, {})
    ]
    found = findings(judged(made(), journeys=journeys))
    assert [each["finding"].removeprefix("F-harm.notice.any-bad.talk.") for each in found] == [
        "r2", "religion.muslim.r2", "r1", "religion.muslim.r1",
    ]  # fmt: skip


def test_a_round_with_too_few_accounts_does_not_wipe_out_the_one_before() -> None:
    journeys = [account("any bad", 100, 60, round="r1"), account("any bad", 9, 0, round="r2")]
    assert verdict(judged(made("absent"), journeys=journeys))["verdict"] == "revise"


def test_a_verdict_on_people_who_chose_to_answer_says_so() -> None:
    told = "Among those who told us"
    journeys = [account("any bad", 100, 60)]
    tables = judged(made("absent"), journeys=journeys)
    assert told in verdict(tables)["rule"] and told in verdict(tables, None)["rule"]
    tables = judged(made("absent"), journeys=[journeys[0] | {"source": "survey"}])
    assert told not in verdict(tables)["rule"]
    assert told not in verdict(judged(made("absent")))["rule"]


def test_good_accounts_alone_do_not_show_that_a_step_does_not_hurt() -> None:
    row = verdict(judged(made("met"), journeys=[account("any good", 100, 90)]))
    assert row["verdict"] == "cannot tell" and row["would_change"].startswith("A count of the people")
    row = verdict(judged(made("met"), journeys=[account("any bad", 100, 2)]))
    assert row["verdict"] == "cannot tell" and row["would_change"].startswith("Accounts that show more than 20%")


def test_every_source_must_show_that_a_step_does_not_hurt() -> None:
    """One source is clear, another is not: no verdict of build upon."""
    clear = [account("any bad", 100, 2), account("any good", 100, 90)]
    unclear = [account("any bad", 20, 4, source="survey"), account("any good", 20, 15, source="survey")]
    assert verdict(judged(made("met"), journeys=clear))["verdict"] == "build upon"
    assert verdict(judged(made("met"), journeys=clear + unclear))["verdict"] == "cannot tell"


def test_a_harm_of_not_acting_stands_beside_a_harm_of_acting() -> None:
    inaction = next(each for each in library.experiences() if each.harm_of == "inaction")
    journeys = [account("humiliated", 100, 40), account(inaction.id, 100, 45), account("listened-to", 100, 50)]
    tables = judged(made(), journeys=journeys)
    sentences = [each["sentence"] for each in findings(tables, "harm")]
    assert len(sentences) == 2
    assert sum("hurts people by not acting" in each for each in sentences) == 1
    assert len(verdict(tables)["harms"]) == 2 and len(verdict(tables)["strengths"]) == 1


WOULD_CHANGE = """
people | bad | good | safeguard | what would change it
-------+-----+------+-----------+----------------------
     0 |   0 |    0 | unknown   | No one has described this step; the state of the safeguard “An adult is present” is unknown.
     9 |   0 |    9 | met       | Too few people have described this step.
   100 |  22 |   60 | met       | More accounts: those heard cannot settle whether it hurts more than 20% of people.
   100 |   5 |   10 | met       | Accounts that show more than 20% report a good experience.
   100 |  60 |   60 | absent    | A round of listening that shows not more than 20% report a bad experience; the safeguard “An adult is present” found to be in place.
   100 |   5 |   60 | met       | Any adverse finding in a later round of listening.
"""


@pytest.mark.parametrize("row", ascii_table(WOULD_CHANGE), ids=lambda row: " ".join(list(row.values())[:4]))
def test_a_verdict_says_what_would_change_it(row: dict[str, str]) -> None:
    n = int(row["people"])
    journeys = [account("any bad", n, int(row["bad"])), account("any good", n, int(row["good"]))] if n else []
    assert verdict(judged(made(row["safeguard"]), journeys=journeys))["would_change"] == row["what would change it"]


EFFECTS_MISSING = """
effect           | what is missing
-----------------+-----------------
none             | no project result is reported for this activity
no baseline      | no project result has a baseline and enough people to report
promising change | a project result, with a comparison group, that shows it works
harm signal      | a later result of “Youth Voices” that shows it helps
"""


@pytest.mark.parametrize("row", ascii_table(EFFECTS_MISSING), ids=lambda row: row["effect"])
def test_a_verdict_on_an_activity_says_what_is_missing(row: dict[str, str]) -> None:
    effects = {"none": [], "no baseline": SHOWN["no baseline"]["effects"]}.get(row["effect"], [effect(row["effect"])])
    text = verdict(judged(made(), effects=effects), None)["would_change"]
    assert row["what is missing"] in text and "the step “Close” (now cannot tell)" in text


def test_every_activity_and_step_has_a_row_even_without_any_evidence() -> None:
    tables = judged(made())
    rows = [(row["activity"], row["step"], row["verdict"]) for row in tables["verdicts"].to_pylist()]
    assert rows == [
        ("referral", None, "cannot tell"), ("referral", "notice", "cannot tell"), ("referral", "close", "cannot tell"),
    ]  # fmt: skip


def everything() -> dict[str, list[dict[str, Any]]]:
    """All the evidence above at once, one row a cell."""
    rows: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = {}
    for name, tables in SHOWN.items():
        for table, given in tables.items():
            for row in given:
                if name not in ("bad 22", "bad 5", "good 20", "few"):
                    rows.setdefault((cell_name(table, blank(table) | row),), (table, row))
    made_of: dict[str, list[dict[str, Any]]] = {}
    for table, row in rows.values():
        made_of.setdefault(table, []).append(row)
    return made_of


def test_the_order_of_the_evidence_changes_nothing() -> None:
    evidence = everything()
    rng = np.random.default_rng(7)
    shuffled = {name: [rows[i] for i in rng.permutation(len(rows))] for name, rows in evidence.items()}
    first, second = judged(made("absent"), **evidence), judged(made("absent"), **shuffled)
    assert first == second and len(findings(first)) == 12


def test_ids_are_unique_and_every_finding_is_found_in_a_verdict_on_its_step() -> None:
    tables = judged(made("absent"), **everything())
    ids = [row["finding"] for row in findings(tables)]
    assert len(set(ids)) == len(ids)
    row = verdict(tables)
    here = {each["finding"] for each in findings(tables) if each["step"] == "notice"}
    assert here == {*row["strengths"], *row["harms"], *row["undecided"]}


def test_no_sentence_uses_wording_the_report_must_not_use() -> None:
    texts = [
        row["sentence"] for state in SAFEGUARDS.values() for row in findings(judged(made(state), **everything()))
    ]
    texts += [
        row[key]
        for row in judged(made("absent"), **everything())["verdicts"].to_pylist()
        for key in ("rule", "would_change")
    ]
    texts += [rule.when for rule in (*STEP_RULES, *ACTIVITY_RULES)]
    broken = [(rule.id, text) for rule, text in product(library.language_rules(), texts) if rule.found_in(text)]
    assert broken == []


@pytest.mark.parametrize("rules", [STEP_RULES, ACTIVITY_RULES], ids=["step", "activity"])
def test_the_last_rule_always_holds_and_every_verdict_has_one(rules: Any) -> None:
    assert [rule.verdict for rule in rules][-1] == "cannot tell" and rules[-1].holds(None)
    assert {rule.verdict for rule in rules} == {"revise", "improve", "build upon", "cannot tell"}
