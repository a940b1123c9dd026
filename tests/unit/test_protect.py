"""Only disclosure control makes a Safe table; what rests on a withheld row goes too; no table tells on another."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from fairhearing.errors import Unsafe
from fairhearing.protect import FEW, OTHERS, Safe, protect
from fairhearing.tables import TABLES, cell_name, empty, from_rows, run_tables
from tests.helpers import programme

Rows = list[dict[str, Any]]


def safe(**rows: Rows) -> dict[str, Safe]:
    return protect({name: from_rows(name, given) for name, given in rows.items()}, programme())


def withheld(table: Safe, *keys: str) -> set[Any]:
    return {
        tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]] for row in table.rows() if row["withheld"]
    }


# --- Safe -----------------------------------------------------------------------------------------------------------


def _derive(_table: Safe) -> None:
    type("Safer", (Safe,), {})


@pytest.mark.parametrize(
    ("way_around", "says"),
    [
        (lambda table: Safe(object(), "coverage", table.table, (), 0), "made outside disclosure control"),
        (lambda table: type(table)(None, "coverage", table.table, (), 0), "made outside disclosure control"),
        (lambda table: setattr(table, "table", empty("people")), "table of a Safe table was set"),
        (lambda table: delattr(table, "notes"), "notes of a Safe table was deleted"),
        (copy.copy, "copied or pickled"),
        (copy.deepcopy, "copied or pickled"),
        (pickle.dumps, "copied or pickled"),
        (_derive, "derived from Safe"),
    ],
)
def test_there_is_no_other_way_to_a_safe_table(way_around: Callable[[Safe], object], says: str) -> None:
    table = safe(coverage=_coverage(20, 30))["coverage"]
    with pytest.raises(Unsafe, match=says):
        way_around(table)


def test_a_safe_table_says_what_was_done_to_it() -> None:
    table = safe(coverage=_coverage(3, 40, 400))["coverage"]
    assert repr(table) == "Safe coverage: 3 rows, 2 withheld"
    assert any("1 to 9 people" in note for note in table.notes)
    assert any("nearest 5" in note for note in table.notes)


# --- which tables leave ---------------------------------------------------------------------------------------------


def test_rows_about_one_person_never_leave() -> None:
    tables = {table.name: empty(table.name) for table in run_tables()}
    made = protect(tables, programme())
    assert not {name for name in made if TABLES[name].disclosure == "never"}
    assert "fates" not in made
    assert set(made) == {n for n in tables if TABLES[n].disclosure != "never"} - {"fates"} | {"accounting"}


def test_what_is_not_declared_does_not_leave() -> None:
    with pytest.raises(Unsafe, match="no table secrets is declared"):
        protect({"secrets": pa.table({"a": [1]})}, programme())


def test_the_tables_given_stay_as_they_are() -> None:
    given = from_rows("coverage", _coverage(3, 40, 401))
    before = given.to_pylist()
    protect({"coverage": given}, programme())
    assert given.to_pylist() == before


def test_the_programme_sets_the_threshold_and_the_rounding() -> None:
    rules = {"fixed_on": "2026-01-01", "publish_at_least": 50, "round_counts_to": 10}
    given = {"coverage": from_rows("coverage", _coverage(49, 105, 1000))}
    assert [row["heard"] for row in protect(given, programme(rules=rules))["coverage"].rows()] == [None, None, 1000]


def test_free_text_of_a_withheld_row_cannot_repeat_its_number() -> None:
    rows = [row | {"not_heard_because": f"only {row['heard']} answered"} for row in _coverage(3, 40, 400)]
    told = [row["not_heard_because"] for row in safe(coverage=rows)["coverage"].rows()]
    assert told == [None, None, "only 400 answered"]


def test_shares_have_two_decimals_and_population_shares_stay() -> None:
    rows = [row | {"heard_share": 1 / 3, "population_share": 1 / 3} for row in _coverage(40, 400)]
    row = safe(coverage=rows)["coverage"].rows()[0]
    assert (row["heard_share"], row["population_share"]) == (0.33, 1 / 3)


# --- linked tables --------------------------------------------------------------------------------------------------


def _coverage(*heard: int) -> Rows:
    return [
        {"source": "s", "round": "r1", "characteristic": "faith", "community": f"k{n}", "heard": count}
        for n, count in enumerate(heard)
    ]


def _estimates(measure: str, *counts: tuple[int, int]) -> Rows:
    cell = {"source": "s", "round": "r1", "measure": measure, "missing": 0, "method": "m", "estimate": 0.5}
    total = {"n": sum(n for n, _ in counts), "favourable": sum(f for _, f in counts)}
    return [cell | total] + [
        cell | {"characteristic": "faith", "community": f"k{k}", "n": n, "favourable": f}
        for k, (n, f) in enumerate(counts)
    ]


def test_a_community_withheld_in_one_table_is_withheld_where_the_same_people_are_counted() -> None:
    """Coverage alone would pair k0 with k1; estimates of either measure must not tell how many k1 are."""
    told = safe(
        coverage=_coverage(3, 40, 60, 400),
        estimates=_estimates("trust", (3, 2), (40, 20), (60, 30), (400, 200))
        + _estimates("fair", (3, 1), (39, 20), (60, 30), (400, 200)),
    )
    assert withheld(told["coverage"], "community") == {"k0", "k1"}
    assert {("trust", "k1"), ("fair", "k1")} <= withheld(told["estimates"], "measure", "community")
    assert ("trust", "k3") not in withheld(told["estimates"], "measure", "community")


def test_few_asked_of_a_large_community_does_not_hide_the_community() -> None:
    told = safe(coverage=_coverage(300, 400, 500), estimates=_estimates("trust", (4, 2), (100, 50), (200, 100)))
    assert withheld(told["coverage"], "community") == set()
    assert withheld(told["estimates"], "community") == {"k0", "k1"}


def test_a_gap_is_withheld_with_the_estimate_it_tells() -> None:
    counts = ((60, 4), (100, 60), (340, 180))
    gaps = [
        {"source": "s", "round": "r1", "measure": "trust", "characteristic": "faith", "community": f"k{k}", "n": n,
         "n_rest": 500 - n, "estimate": f / n, "verdict": "lower", "method": "m"}
        for k, (n, f) in enumerate(counts)
    ]  # fmt: skip
    told = safe(estimates=_estimates("trust", *counts), gaps=gaps)
    assert withheld(told["estimates"], "community") == withheld(told["gaps"], "community") == {"k0", "k1"}
    shown = {row["community"]: row for row in told["gaps"].rows()}
    assert [shown["k0"][key] for key in ("n", "n_rest", "estimate", "verdict")] == [None] * 4


def _changes(*counts: tuple[int, int]) -> Rows:
    cell = {
        "source": "s",
        "measure": "trust",
        "round_from": "r1",
        "round_to": "r2",
        "verdict": "higher",
        "method": "m",
    }
    numbers = {"estimate_from": 0.4, "estimate": 0.5, "change": 0.1, "se": 0.02, "low": 0.06, "high": 0.14}
    return [cell | numbers | {"n_from": sum(n for n, _ in counts), "n": sum(n for _, n in counts)}] + [
        cell | numbers | {"characteristic": "faith", "community": f"k{k}", "n_from": before, "n": after}
        for k, (before, after) in enumerate(counts)
    ]


def test_a_change_is_withheld_with_either_round_and_takes_nobody_else_along() -> None:
    """k0 is few in the first round, k1 hides it there; k2 has few in favour in the second, k0 hides that."""
    first = _estimates("trust", (3, 2), (40, 20), (60, 30), (70, 35), (400, 200))
    second = _estimates("trust", (30, 15), (45, 20), (60, 4), (75, 35), (410, 200))
    rounds = first + [row | {"round": "r2"} for row in second]
    alone = withheld(safe(estimates=rounds)["estimates"], "round", "community")
    assert alone == {("r1", "k0"), ("r1", "k1"), ("r2", "k2"), ("r2", "k0")}
    told = safe(estimates=rounds, changes=_changes((3, 30), (40, 45), (60, 60), (70, 75), (400, 410)))
    assert withheld(told["estimates"], "round", "community") == alone
    assert withheld(told["changes"], "community") == {"k0", "k1", "k2"}
    hidden = next(row for row in told["changes"].rows() if row["community"] == "k2")
    assert [hidden[key] for key in ("n_from", "n", "estimate_from", "estimate", "change", "low", "verdict")] == [
        None
    ] * 7


def _prevalence(theme: str, round: str | None, *counts: tuple[int, int]) -> Rows:
    cell = {"source": "s", "round": round, "theme": theme, "distinct": 50, "method": "m", "estimate": 0.5}
    return [cell | {"n": sum(n for n, _ in counts), "mentions": sum(m for _, m in counts)}] + [
        cell | {"characteristic": "faith", "community": f"k{k}", "n": n, "mentions": m}
        for k, (n, m) in enumerate(counts)
    ]


def test_people_hidden_for_one_theme_are_hidden_for_all() -> None:
    told = safe(
        prevalence=_prevalence("t1", None, (3, 2), (40, 20), (60, 30), (400, 200))
        + _prevalence("t2", None, (3, 1), (40, 25), (60, 11), (400, 90))
    )
    by_theme = {
        theme: {k for t, k in withheld(told["prevalence"], "theme", "community") if t == theme}
        for theme in ("t1", "t2")
    }
    assert {"k0", "k1"} <= by_theme["t1"] & by_theme["t2"]


def test_a_theme_does_not_tell_the_round_that_is_withheld() -> None:
    themes = [
        {"source": "s", "theme": "t1", "label": "buses", "responses": 57, "distinct": 50, "n": 54, "proposed_by": "m"}
    ]
    rounds = [_prevalence("t1", name, (200, mentions)) for name, mentions in (("r1", 50), ("r2", 4))]
    row = safe(themes=themes, prevalence=[row for part in rounds for row in part])["themes"].rows()[0]
    assert (row["label"], row["withheld"]) == ("buses", None)
    assert (row["n"], row["responses"], row["left_out"]) == (None, None, "n, responses, distinct")


# --- what rests on withheld rows ------------------------------------------------------------------------------------


def _finding(id: str, *rests_on: str, n: int | None = 100) -> dict[str, Any]:
    return {"finding": id, "kind": "gap", "direction": "adverse", "sentence": "It is 40%.", "n": n, "estimate": 0.4,
            "rests_on": list(rests_on)}  # fmt: skip


def test_a_finding_and_a_baseline_go_with_the_row_they_rest_on() -> None:
    coverage = _coverage(3, 40, 400)
    names = [cell_name("coverage", row) for row in coverage]
    everyone = cell_name(
        "estimates",
        _estimates("trust", (3, 2), (40, 20), (400, 200))[0] | {"characteristic": None, "community": None},
    )
    told = safe(
        coverage=coverage,
        estimates=_estimates("trust", (3, 2), (40, 20), (400, 200)),
        findings=[
            _finding("small", names[0]), _finding("beside", names[2], names[1]), _finding("large", names[2], n=402),
            _finding("everyone", everyone), _finding("few", names[2], n=9),
            _finding("paper", "programme:step=notice;safeguard=recorded", n=None),
        ],
        recommendations=[
            {"recommendation": id, "rank": 1, "activity": "a", "step": "b", "safeguard": "c", "kind": "law",
             "state": "absent", "change": "Record it.", "baseline": "40% of 43 people", "checked": False,
             "findings": ["large", "small"], "baseline_rests_on": rests_on}
            for id, rests_on in (("R1", [names[1]]), ("R2", [names[2]]), ("R3", []))
        ],
    )  # fmt: skip
    assert withheld(told["findings"], "finding") == {"small", "beside", "few"}
    rows = {row["finding"]: row for row in told["findings"].rows()}
    assert (rows["small"]["sentence"], rows["small"]["estimate"], rows["small"]["n"]) == (None, None, None)
    assert (rows["large"]["sentence"], rows["large"]["n"]) == ("It is 40%.", 400)
    baselines = {row["recommendation"]: row["baseline"] for row in told["recommendations"].rows()}
    assert baselines == {"R1": None, "R2": "40% of 43 people", "R3": "40% of 43 people"}
    assert told["recommendations"].notes == ("Baselines withheld, because the row they come from is: 1.",)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("coverage:source=other", "not among the tables to publish"),
        ("coverage:source=s;tribe=x", "not among the tables to publish"),
        ("coverage:tribe=x", "names no row"),
        ("coverage:", "names no row"),
        ("journeys:source=s;step=x", "names no row"),
    ],
)
def test_a_finding_that_names_no_row_stops_publication(name: str, says: str) -> None:
    with pytest.raises(Unsafe, match=says):
        safe(coverage=_coverage(40, 50), findings=[_finding("f", name)])


def test_a_name_with_semicolons_is_still_found() -> None:
    project = "Bridges; step=two=three"
    effects = [
        {
            "source": "p",
            "project": project,
            "design": "pre-post",
            "level": 2,
            "n": 8,
            "verdict": "works",
            "method": "m",
        }
    ]
    told = safe(effects=effects, findings=[_finding("f", cell_name("effects", effects[0] | {"instrument": None}))])
    assert withheld(told["findings"], "finding") == {"f"}


def _quote(about: str, key: str, experience: str | None = None) -> dict[str, Any]:
    place = {"response": "s:1", "start": 0, "end": 2, "exact": "Hm"}
    return {"source": "s", "about": about, "key": key, "experience": experience} | place


def test_quotes_of_few_people_are_left_out_and_counted() -> None:
    theme = {"source": "s", "label": "x", "responses": 60, "distinct": 60, "proposed_by": "m"}
    journey = {"source": "s", "step": "notice", "valence": "bad", "n": 100, "method": "m"}
    told = safe(
        themes=[theme | {"theme": "t1", "n": 60}, theme | {"theme": "t2", "n": 6}],
        journeys=[journey | {"experience": "hurt", "reports": 40}, journey | {"experience": "fear", "reports": 4}],
        quotes=[
            _quote("theme", "t1"), _quote("theme", "t2"), _quote("theme", "t9"), _quote("step", "notice", "hurt"),
            _quote("step", "notice", "fear"), _quote("step", "notice"), _quote("step", "question"),
        ],
    )["quotes"]  # fmt: skip
    assert [(row["key"], row["experience"]) for row in told.rows()] == [
        ("t1", None),
        ("notice", "hurt"),
        ("notice", None),
    ]
    assert told.withheld == 4
    assert "4 quotes were left out" in told.notes[0]


# --- every row and response accounted for ---------------------------------------------------------------------------


def test_small_languages_are_one_row_that_names_them() -> None:
    """Twelve of Tamil stand alone; six of Somali and seven of Polish are thirteen, and neither is told."""
    said = [("Tamil", 12), ("Somali", 6), ("Polish", 7)]
    names = [name for name, n in said for _ in range(n)]
    readings = [
        {"source": "s", "response": f"s:{n}", "reading": "not yet read", "reason": f"language: {name}", "copies": 1}
        for n, name in enumerate(names)
    ]
    readings += [{"source": "s", "response": f"s:{n}", "reading": "themed", "copies": 1} for n in range(25, 80)]
    rows = safe(readings=readings)["accounting"].rows()
    assert [(row["fate"], row["reason"], row["n"], row["withheld"]) for row in rows] == [
        ("not yet read", "language: Tamil", 10, None),
        ("not yet read", "languages, each of few: Polish, Somali", 15, None),
        ("themed", None, 55, None),
    ]


def test_fates_and_readings_become_counts_without_row_numbers() -> None:
    fates = [{"source": "s", "row": n, "fate": "used"} for n in range(200)]
    fates += [
        {"source": "s", "row": n, "fate": "duplicate", "reason": f"same as row {n - 100}"} for n in range(200, 232)
    ]
    fates += [
        {"source": "s", "row": n, "fate": "refused", "reason": f"the value '{n}x' is a name"} for n in range(232, 235)
    ]
    readings = [{"source": "s", "response": f"s:{n}", "reading": "themed", "copies": 1} for n in range(190)]
    readings += [
        {"source": "s", "response": f"s:{n}", "reading": reading, "reason": f"like s:{n}", "copies": 1}
        for reading, rows in (("other", range(190, 196)), ("duplicate", range(196, 226))) for n in rows
    ]  # fmt: skip
    rows = safe(fates=fates, readings=readings)["accounting"].rows()
    assert [tuple(row[key] for key in ("stage", "fate", "reason", "n", "withheld")) for row in rows] == [
        ("gathered", "duplicate", "same as row …", 30, None),
        ("gathered", "refused", "the value … is a name", None, FEW),
        ("gathered", "used", None, 200, None),
        ("read", "duplicate", "like s:…", None, OTHERS),
        ("read", "other", "like s:…", None, FEW),
        ("read", "themed", None, 190, None),
    ]
