"""A programme whose survey holds a community of 25: what it says alone, beside what it says with the others."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest

from fairhearing import main
from fairhearing.errors import BadProgramme
from fairhearing.programme import read_programme
from fairhearing.protect import protect
from fairhearing.settings import Settings

PROGRAMME = """
[programme]
id = "small"
name = "A programme with small communities"
about = "Made for a test."
synthetic = true
[rules]
fixed_on = 2026-01-05
[[objectives]]
id = "o"
text = "An objective"
[[activities]]
id = "a"
name = "An activity"
objective = "o"
[[measures]]
id = "trust"
name = "say they can trust it"
report = "share"
favourable = [1]
items = [{ id = "q1", wording = "Can you trust it?", low = 0, high = 1 }]
[[measures]]
id = "fair"
name = "fairness"
report = "mean"
items = [{ id = "q2", wording = "How fair is it?", low = 0, high = 10 }]
[[sources]]
id = "survey"
file = "survey.csv"
kind = "survey"
sample = "SAMPLE"
columns = { characteristics = { faith = "faith", age = "age" } }
"""

CENSUS = """
[[sources]]
id = "census"
file = "census.csv"
kind = "population"
sample = "administrative"
columns = { people = "people", characteristics = { faith = "faith", age = "age" } }
"""

KNOWN = 'people = "people", covariates = { deprivation = "Deprivation score", same = "same" }'

FAITHS = {
    "f1": (0.5, 4000), "f2": (0.26, 3000), "f3": (0.12, 1500), "f4": (0.08, 900), "f5": (0.025, 350),
    "f6": (0.015, 250),
}  # fmt: skip
AGES = ("young", "old")


def characteristics() -> str:
    text = ""
    for id, categories in (("faith", {k: n for k, (_s, n) in FAITHS.items()}), ("age", dict.fromkeys(AGES, 5000))):
        text += f'[[characteristics]]\nid = "{id}"\nname = "{id}"\n'
        for name, people in categories.items():
            text += f'[[characteristics.categories]]\nid = "{name}"\nname = "{name}"\npeople = {people}\n'
    return text


DEPRIVATION = {"f1": 10, "f2": 14, "f3": 20, "f4": 40, "f5": 22, "f6": 12}


def folder(sample: str, census: bool, known: bool = False) -> Path:
    place = Path(mkdtemp()) / "programme"
    (place / "evidence").mkdir(parents=True)
    declared = CENSUS.replace('people = "people"', KNOWN) if known else CENSUS
    text = PROGRAMME.replace("SAMPLE", sample) + characteristics() + (declared if census else "")
    (place / "programme.toml").write_text(text, encoding="utf-8")
    rng = np.random.default_rng(8)
    faith = rng.choice(list(FAITHS), 480, p=[share for share, _n in FAITHS.values()])
    age, q1 = rng.choice(AGES, 480), (rng.random(480) < np.where(faith == "f4", 0.45, 0.6)).astype(int)
    q2 = np.clip(np.round(rng.normal(5, 2.5, 480)), 0, 10).astype(int)
    rows = [",".join(map(str, row)) for row in zip(faith, age, q1, q2, strict=True)]
    (place / "evidence" / "survey.csv").write_text("\n".join(["faith,age,q1,q2", *rows]) + "\n", encoding="utf-8")
    cells = [f"{f},{a},{n / 2},{DEPRIVATION[f]},7" for f, (_s, n) in FAITHS.items() for a in AGES]
    cells += ["f1,young,lots,10,7", "unknown,old,5,10,7", *(["f1,old,9,,7"] if known else [])]
    head = "faith,age,people,Deprivation score,same"
    (place / "evidence" / "census.csv").write_text("\n".join([head, *cells]) + "\n", encoding="utf-8")
    return place


@cache
def assessed(
    sample: str = "probability", census: bool = True, known: bool = False
) -> tuple[Path, dict[str, list[dict[str, Any]]]]:
    place = folder(sample, census, known)
    settings = Settings(user="tester")
    main.gather(place, settings=settings)
    main.assess(place, settings=settings)
    tables = main.open_programme(place).tables
    return place, {
        name: tables[name].arrow.to_pylist() for name in ("pooled", "pooling_checks", "estimates", "fates")
    }


def rows(measure: str, **which: Any) -> dict[str, dict[str, Any]]:
    found = assessed(**which)[1]["pooled"]
    return {row["community"] or "everyone": row for row in found if row["measure"] == measure}


def test_a_small_community_is_told_alone_and_with_the_others() -> None:
    told = rows("trust")
    assert list(told) == ["everyone", *FAITHS, *AGES]
    small = told["f4"]
    assert small["small"]
    assert 10 <= small["n"] <= 60
    assert small["low"] < small["estimate"] < small["high"]
    assert small["direct_low"] < small["direct"] < small["direct_high"]
    assert small["high"] - small["low"] < small["direct_high"] - small["direct_low"]
    assert 0 <= small["borrowed"] < 1
    assert small["direct"] < small["estimate"] < told["everyone"]["estimate"], "drawn towards the others"
    assert not told["f1"]["small"]


def test_direct_figures_are_those_of_the_estimates() -> None:
    direct = {
        (row["measure"], row["community"]): (row["n"], row["estimate"], row["low"], row["high"])
        for row in assessed()[1]["estimates"]
    }
    for row in assessed()[1]["pooled"]:
        told = row["n"], row["direct"], row["direct_low"], row["direct_high"]
        assert told == direct[row["measure"], row["community"]]


@pytest.mark.parametrize("said", ["0", "1"])
def test_a_community_that_all_said_the_same_is_held_at_0_and_at_1(said: str) -> None:
    place = folder("probability", census=True)
    survey = place / "evidence" / "survey.csv"
    people = [line.split(",") for line in survey.read_text(encoding="utf-8").splitlines()]
    alike = [",".join([f, a, said if f == "f4" else q1, q2]) for f, a, q1, q2 in people]
    survey.write_text("\n".join(alike) + "\n", encoding="utf-8")
    settings = Settings(user="tester")
    main.gather(place, settings=settings)
    main.assess(place, settings=settings)
    found = main.open_programme(place).tables["pooled"].arrow.to_pylist()
    row = next(row for row in found if row["community"] == "f4" and row["measure"] == "trust")
    assert row["n"] >= 15
    assert row["direct"] is None
    assert (row["low"] if said == "0" else row["high"]) == float(said)
    assert 0 < row["estimate"] < 1
    far = row["high"] if said == "0" else 1 - row["low"]
    assert far >= 1 - 0.075 ** (1 / row["n"]) - 1e-12
    assert "all the same" in row["method"]


def test_scores_are_pooled_on_their_own_scale() -> None:
    for row in rows("fair").values():
        if row["estimate"] is not None:
            assert 3 < row["low"] < row["estimate"] < row["high"] < 7.5
            assert "multilevel linear regression" in row["method"]


def test_the_population_in_cells_is_gathered_and_every_row_has_a_fate() -> None:
    fates = [row for row in assessed()[1]["fates"] if row["source"] == "census"]
    assert [row["fate"] for row in fates] == ["used"] * 12 + ["set aside"] * 2
    assert "poststratified to the population of census" in rows("trust")["f4"]["method"]


def test_without_a_joint_population_the_raked_sample_stands_in_and_says_so() -> None:
    told = rows("trust", census=False)["f4"]
    assert "no joint population is declared" in told["method"]
    assert told["low"] < told["estimate"] < told["high"]


def test_people_who_chose_to_answer_have_no_interval() -> None:
    for row in rows("trust", sample="self-selected").values():
        assert (row["low"], row["high"], row["borrowed"]) == (None, None, None)
        if row["estimate"] is not None:
            assert "no margin of error; it holds if" in row["method"]


def test_what_is_known_of_a_community_beforehand_is_pooled_with() -> None:
    told = rows("trust", known=True)
    assert ", with deprivation, poststratified to the population of census" in told["f4"]["method"]
    assert told["f4"]["estimate"] < rows("trust")["f4"]["estimate"], "the deprived trust less, and f4 is the most so"
    checks = [row for row in assessed(known=True)[1]["pooling_checks"] if row["measure"] == "trust"]
    (slope,) = [row for row in checks if row["check"] == "known beforehand"]
    assert slope["of"] == "deprivation"
    assert slope["low"] < slope["value"] < 0 < slope["high"] + 0.5
    assert [row["of"] for row in checks if row["says"] == "covariate the same for everybody"] == ["same"]


def test_a_cell_of_which_it_is_not_known_is_set_aside() -> None:
    fates = [row for row in assessed(known=True)[1]["fates"] if row["source"] == "census"]
    assert [row["fate"] for row in fates] == ["used"] * 12 + ["set aside"] * 3
    assert fates[-1]["reason"] == "no number in the column 'Deprivation score'"


def test_what_is_known_of_a_community_is_in_the_report() -> None:
    place = assessed(known=True)[0]
    report = main.publish(place, settings=Settings(user="tester")).report
    assert "known beforehand, deprivation" in Path(report).read_text(encoding="utf-8")


def test_the_checks_say_how_far_to_trust_it() -> None:
    found = [row for row in assessed()[1]["pooling_checks"] if row["measure"] == "trust"]
    by_check = {(row["check"], row["of"]): row for row in found}
    assert by_check["draws", None]["value"] == 1000
    assert by_check["effective draws", None]["value"] >= 50
    assert {of for check, of in by_check if check == "spread"} == {"faith", "age", "faith × age"}
    assert 0 <= by_check["as the model expects", None]["value"] <= 1


def test_a_run_comes_out_the_same_to_the_last_bit_and_is_published() -> None:
    place = assessed()[0]
    assert main.verify(place).tables["pooled"] == len(assessed()[1]["pooled"])
    published = main.publish(place, settings=Settings(user="tester"))
    report = Path(published.report).read_text(encoding="utf-8")
    assert "with the others" in report
    assert "How far to trust it" in report


def test_what_is_withheld_alone_is_withheld_with_the_others() -> None:
    place = assessed()[0]
    opened = main.open_programme(place)
    safe = protect({name: view.arrow for name, view in opened.tables.items()}, opened.programme)
    hidden = {}
    for name in ("estimates", "pooled"):
        told = safe[name].table.to_pylist()
        hidden[name] = {(row["measure"], row["community"]) for row in told if row["withheld"] is not None}
        assert all(row["estimate"] is None for row in told if row["withheld"] is not None)
    few = [row["community"] for row in rows("trust").values() if row["n"] < 10]
    assert few
    assert {("trust", each) for each in few} <= hidden["pooled"]
    assert hidden["pooled"] == hidden["estimates"]


@pytest.mark.parametrize(
    ("was", "becomes", "what"),
    [
        ('people = "people", ', "", "a population needs a column of people"),
        ('kind = "population"\nsample = "administrative"', 'kind = "population"\nsample = "panel"', "not a sample"),
        ("columns = { characteristics", 'columns = { covariates = { d = "d" }, characteristics', "only a population"),
    ],
)
def test_a_population_declared_amiss_is_told(was: str, becomes: str, what: str, tmp_path: Path) -> None:
    text = PROGRAMME.replace("SAMPLE", "probability") + characteristics() + CENSUS
    (tmp_path / "programme.toml").write_text(text.replace(was, becomes), encoding="utf-8")
    with pytest.raises(BadProgramme, match=what):
        read_programme(tmp_path)
