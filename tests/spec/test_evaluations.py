"""Participants in; the design found, its level, and what may be claimed out. Everybody here was made up by a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.doors.evaluating import effect
from fairhearing.errors import BadInput
from fairhearing.measure.evaluation import Asked, Evaluated, evaluate_table, pool_effects_table
from fairhearing.measure.evaluation.verdicts import Chances, verdict_of
from tests.helpers import ascii_table

DESIGNS = """
case                      | n   | true | before | arm | lot | waits | clusters | looked back | gap  | lost    | level | verdict          | says
by lot                    | 200 | 0.6  | yes    | yes | yes |       |          |             | 0    | 0 0     | 5     | works            | randomised
by lot, after only        | 200 | 0.6  |        | yes | yes |       |          |             | 0    | 0 0     | 5     | works            | randomised, after only
whole classes by lot      | 400 | 0.8  | yes    | yes | yes |       | whole    |             | 0    | 0 0     | 5     | works            | cluster-randomised
by lot within classes     | 400 | 0.6  | yes    | yes | yes |       | mixed    |             | 0    | 0 0     | 5     | works            | randomised within clusters
wait-list by lot          | 200 | 0.6  | yes    | yes | yes | yes   |          |             | 0    | 0 0     | 5     | works            | wait-list
wait-list                 | 200 | 0.6  | yes    | yes |     | yes   |          |             | 0    | 0 0     | 3     | works            | wait-list, not by lot
with others               | 200 | 0.6  | yes    | yes |     |       |          |             | 0    | 0 0     | 3     | works            | comparison group
others unlike             | 200 | 0.6  | yes    | yes |     |       |          |             | 0.8  | 0 0     | 2     | promising change | so the comparison is not justified
compared only afterwards  | 200 | 0.6  |        | yes |     |       |          |             | 0    | 0 0     | 0     | not known        | no baseline, no effect claimed
alone                     | 200 | 0.6  | yes    |     |     |       |          |             | 0    | 0 0     | 1     | promising change | cannot be ascribed to the project
asked afterwards          | 200 | 0.6  | yes    |     |     |       |          | yes         | 0    | 0 0     | 1     | promising change | the baseline was asked afterwards
only after                | 200 | 0.6  |        |     |     |       |          |             | 0    | 0 0     | 0     | not known        | no baseline, no effect claimed
harm                      | 200 | -0.6 | yes    | yes |     |       |          |             | 0    | 0 0     | 3     | harm signal      | comparison group
nothing, many             | 9000| 0    | yes    | yes | yes |       |          |             | 0    | 0 0     | 5     | negligible       | randomised
nothing, few              | 40  | 0    | yes    | yes | yes |       |          |             | 0    | 0 0     | 5     | not known        | no rule fired
the unhelped left         | 300 | 0    | yes    | yes |     |       |          |             | 0    | .6 .05  | 2     | promising change | that alone could have made the effect
half of all left          | 400 | 0.9  | yes    | yes | yes |       |          |             | 0    | .5 .5   | 3     | works            | over 20% were lost
half left, after only     | 400 | 0.9  |        | yes | yes |       |          |             | 0    | .5 .5   | 2     | promising change | nothing shows that those who stayed were alike
"""  # noqa: E501


def people(case: dict[str, str]) -> pa.Table:
    """Half take part. `true`: effect in standard deviations; `gap`: how much better they started; `lost`: share lost
    of each arm, of the project's those with the worst changes first where the shares differ."""
    rng = np.random.default_rng([20, len(case["case"])])
    n, true, gap = int(case["n"]), float(case["true"]), float(case["gap"])
    arm = np.arange(n) % 2
    cluster = (np.arange(n) // 2) % 20 * 2 + (arm if case["clusters"] == "whole" else 0)
    before = rng.normal(3, 1, n) + gap * arm
    change = rng.normal(0, 0.8, n) + true * (arm if case["arm"] else 1)
    after = before + change
    lost = [float(share) for share in case["lost"].split()]
    for which, share in ((1, lost[0]), (0, lost[1])):
        rows = np.flatnonzero(arm == which)
        chosen = rows[np.argsort(change[rows])] if lost[0] != lost[1] and which else rng.permutation(rows)
        after[chosen[: round(share * len(rows))]] = np.nan
    columns = {"arm": np.where(arm, "part", "others"), "class": cluster, "before": before, "after": after}
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


def evaluated(case: dict[str, str], **more: Any) -> Evaluated:
    asked: Asked = {
        "before": "before" if case["before"] else None, "arm": "arm" if case["arm"] else None,
        "control": "others" if case["arm"] else None, "cluster": "class" if case["clusters"] else None,
        "randomised": bool(case["lot"]), "waitlist": bool(case["waits"]), "retrospective": bool(case["looked back"]),
    }  # fmt: skip
    return evaluate_table(people(case), outcome="after", asked=asked | more, where="made up")  # type: ignore[typeddict-item]


@pytest.mark.parametrize("case", ascii_table(DESIGNS), ids=lambda case: case["case"])
def test_the_design_present_decides_what_may_be_claimed(case: dict[str, str]) -> None:
    (row,) = evaluated(case).rows
    assert row["level"] == int(case["level"]), row["why_level"]
    assert row["verdict"] == case["verdict"], row["rule"]
    assert case["says"] in "; ".join(
        map(str, (row["design"], row["why_level"], row["rule"], row["cannot_tell"], *row["warnings"]))
    )
    if row["effect"] is None:
        assert row["low"] is row["high"] is row["raw"] is None
        assert row["cannot_tell"]
    else:
        assert row["low"] < row["effect"] < row["high"]
        assert row["raw_low"] < row["raw"] < row["raw_high"]


BY_LOT = ascii_table(DESIGNS)[0]


def test_where_lower_is_better_the_sign_turns_and_the_outcome_stays_as_measured() -> None:
    (up,), (down,) = evaluated(BY_LOT).rows, evaluated(BY_LOT, lower_is_better=True).rows
    assert down["raw"] == up["raw"]
    assert down["effect"] == -up["effect"]
    assert (up["verdict"], down["verdict"]) == ("works", "harm signal")


def test_reach_and_cost() -> None:
    (row,) = evaluated(BY_LOT, reach=400, cost=8000.0).rows
    assert row["coverage"] == 100 / 400
    assert row["cost_per_person"] == 20.0
    assert row["cost_per_unit"] == pytest.approx(20 / row["raw"])
    assert row["cost_per_unit_low"] == pytest.approx(20 / row["raw_high"])
    assert row["cost_per_unit_high"] == pytest.approx(20 / row["raw_low"])


def test_a_cost_per_unit_of_what_may_be_no_use_has_no_upper_end() -> None:
    case = next(case for case in ascii_table(DESIGNS) if case["case"] == "nothing, few")
    (row,) = evaluated(case, reach=400, cost=8000.0).rows
    assert row["raw_low"] < 0 < row["raw_high"]
    assert row["cost_per_unit_high"] is None


def test_every_row_is_used_or_set_aside() -> None:
    table = people(BY_LOT)
    arm = table["arm"].to_pylist()
    arm[0], arm[1] = None, ""
    table = table.set_column(0, "arm", pa.array(arm))
    asked: Asked = {"before": "before", "arm": "arm", "control": "others"}
    found = evaluate_table(table, outcome="after", asked=asked, where="made up")
    assert found.set_aside == [{"rows": 2, "reason": "no value of arm: nobody knows in which group"}]
    assert found.read == found.rows[0]["began"] + found.rows[0]["began_others"] + 2


def test_values_that_hold_no_answer_are_lost_people_not_low_scores() -> None:
    table = people(BY_LOT)
    after = [-1.0 if at < 10 else value for at, value in enumerate(table["after"].to_pylist())]
    table = table.set_column(3, "after", pa.array(after))
    asked: Asked = {"before": "before", "arm": "arm", "control": "others", "missing": ["-1"]}
    (row,) = evaluate_table(table, outcome="after", asked=asked, where="made up").rows
    assert (row["n"], row["n_others"]) == (95, 95)
    assert row["lost"] == pytest.approx(0.05)


def test_several_arms_are_compared_with_the_control_one_by_one() -> None:
    table = people(BY_LOT)
    arm = [f"{value} {at % 3}" if value == "part" else value for at, value in enumerate(table["arm"].to_pylist())]
    table = table.set_column(0, "arm", pa.array(arm))
    asked: Asked = {"before": "before", "arm": "arm", "control": "others"}
    found = evaluate_table(table, outcome="after", asked=asked, where="made up")
    assert [row["arm"] for row in found.rows] == ["part 0", "part 1", "part 2"]
    assert {row["n_others"] for row in found.rows} == {100}


WRONG = """
asked                        | says
control=x                    | --control says nothing without --arm
arm=arm                      | no value of arm was named as the control
arm=arm control=x            | arm never says 'x'
time=before                  | --time needs --unit
unit=class                   | --unit needs --time
randomised=1                 | --randomised needs --arm
retrospective=1              | --retrospective is of a baseline
before=befor                 | there is no column 'befor'
unit=class time=class        | nothing says which units were treated
unit=class time=class treated=999 | there is no unit '999'
unit=class time=class treated=2 start=999 | '999' is no time after the first
"""


@pytest.mark.parametrize("case", ascii_table(WRONG), ids=lambda case: case["asked"])
def test_what_contradicts_itself_is_said(case: dict[str, str]) -> None:
    asked: dict[str, Any] = dict(word.split("=") for word in case["asked"].split())
    asked |= {key: [asked[key]] for key in ("treated",) if key in asked}
    with pytest.raises(BadInput) as error:
        evaluate_table(people(BY_LOT), outcome="after", asked=asked, where="made up")  # type: ignore[arg-type]
    assert case["says"] in error.value.what
    assert error.value.cure


def test_emmie_has_five_rows_and_says_what_is_not_stated() -> None:
    rows = evaluated(BY_LOT).emmie
    assert [row["dimension"] for row in rows] == ["effect", "mechanism", "moderators", "implementation", "economics"]
    assert [row["quality"] for row in rows] == ["strong", "none", "none", "weak", "none"]
    assert rows[1]["evidence"] == "not stated"


PANEL = """
case                | units | treated | true | drift | level | verdict     | says
several treated     | 20    | 8       | 0.8  | 0     | 3     | works       | CR2 by unit
already apart       | 20    | 8       | 0.8  | 1.5   | 2     | promising change | already moved apart
one treated, clear  | 30    | 1       | 5.0  | 0     | 3     | works       | one treated unit
one treated, hidden | 30    | 1       | 0.1  | 0     | 3     | not known   | one treated unit
one of few          | 6     | 1       | 5.0  | 0     | 3     | not known   | no interval exists with so few units
one beside one      | 2     | 1       | 5.0  | 0     | 3     | not known   | no error exists
two beside one      | 3     | 2       | 5.0  | 0     | 3     | not known   | no error exists
"""


@pytest.mark.parametrize("case", ascii_table(PANEL), ids=lambda case: case["case"])
def test_units_over_time(case: dict[str, str]) -> None:
    rng = np.random.default_rng([23, len(case["case"])])
    units, treated = int(case["units"]), int(case["treated"])
    true, drift = float(case["true"]), float(case["drift"])
    rows = [
        (f"u{unit:02}", when,
         level + 0.1 * rng.normal() + (unit < treated) * (true * (when >= 4) + drift * when))
        for unit, level in enumerate(rng.normal(0, 1, units)) for when in range(1, 7)
    ]  # fmt: skip
    table = pa.table(dict(zip(("unit", "when", "y"), map(list, zip(*rows, strict=True)), strict=True)))
    asked: Asked = {
        "unit": "unit",
        "time": "when",
        "start": "4",
        "treated": [f"u{unit:02}" for unit in range(treated)],
    }
    (row,) = evaluate_table(table, outcome="y", asked=asked, where="made up").rows
    assert row["level"] == int(case["level"]), row["why_level"]
    assert row["verdict"] == case["verdict"], row["rule"]
    assert case["says"] in f"{row['method']} {row['why_level']} {row['rule']}"


def test_kinds_of_baseline_are_pooled_apart() -> None:
    table = pa.table(
        {"g": [0.5, 0.4, 0.6, 0.0, 0.1, -0.1], "s": [0.1] * 6, "asked": ["before"] * 3 + ["afterwards"] * 3}
    )
    found = pool_effects_table(table, effect="g", se="s", baseline="asked")
    apart = {pool["baseline"]: pool["pooled"] for pool in found.pools}
    assert apart["before"] == pytest.approx(0.5, abs=0.02)
    assert apart["afterwards"] == pytest.approx(0.0, abs=0.02)


def test_a_result_without_an_error_is_set_aside() -> None:
    table = pa.table({"g": [0.5, 0.4, 0.6, 9.0], "s": ["0.1", "0.1", "0.1", ""]})
    found = pool_effects_table(table, effect="g", se="s")
    assert [row["row"] for row in found.set_aside] == [4]
    assert found.pools[0]["k"] == 3


def test_nothing_depends_on_the_order_of_the_rows(tmp_path: Path) -> None:
    table = people(BY_LOT)
    turned = table.take(pa.array(np.arange(table.num_rows)[::-1]))
    asked: Asked = {"before": "before", "arm": "arm", "control": "others"}
    one, other = (evaluate_table(each, outcome="after", asked=asked, where="x").rows[0] for each in (table, turned))
    for key in ("effect", "se", "raw", "df"):
        assert one[key] == pytest.approx(other[key], rel=1e-12)


def test_too_few_to_tell_anything_is_said_and_nothing_breaks() -> None:
    table = pa.table({"after": [1.0, 0.0, 1.0, None], "before": [0.0, 0.0, 1.0, 0.0], "arm": ["x", "y", "x", "y"]})
    asked: Asked = {"before": "before", "arm": "arm", "control": "x"}
    (row,) = evaluate_table(table, outcome="after", asked=asked, where="made up").rows
    assert (row["effect"], row["verdict"]) == (None, "not known")
    assert row["cannot_tell"] == "1 people of the project and 2 others have everything measured"
    assert row["why_no_lee"] == "fewer than 3 people are left in an arm"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("everybody ends alike", "everybody's outcome is the same, so nothing varies"),
        ("one class an arm", "an arm is one cluster only: what is its own cannot be told from the effect"),
        ("a slip of a cell", "an outcome is too large to calculate with"),
    ],
)
def test_an_error_of_zero_by_construction_is_no_certainty(what: str, says: str) -> None:
    rng = np.random.default_rng(12)
    arm, before = np.arange(40) % 2, rng.normal(3, 1, 40)
    after = before + rng.normal(0.5, 1, 40)
    if what == "everybody ends alike":
        after[:] = 3.0
    if what == "a slip of a cell":
        after[7] = 1e308
    table = pa.table(
        {"before": before, "after": after, "arm": arm, "class": arm if "class" in what else np.arange(40)}
    )
    asked = Asked(before="before", arm="arm", control="0", cluster="class", randomised=True)
    (row,) = evaluate_table(table, outcome="after", asked=asked, where="file").rows
    assert (row["verdict"], row["cannot_tell"], row["effect"]) == ("not known", says, None)


# --- as teams keep them -----------------------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    file = folder / "file.csv"
    file.write_text(text, encoding="utf-8")
    return file


def two_ways(folder: Path) -> tuple[Path, Path]:
    """The same 60 people, one row each, and one row a person and wave in no order; every tenth never came back."""
    rng = np.random.default_rng(5)
    wide, long = ["group,school,pre,post"], []
    for who in range(60):
        group, before = ("Workshop", "Waiting list")[who % 2], rng.normal(20, 4)
        after = "" if who % 10 == 3 else f"{before + rng.normal(2 - who % 2, 3):.1f}"
        wide.append(f"{group},School {who % 7},{before:.1f},{after}")
        long.append(f"{who},T1,{group},School {who % 7},{before:.1f}")
        long += [f"{who},T2,{group},School {who % 7},{after}"] if after else []
    rng.shuffle(long)
    (folder / "wide.csv").write_text("\n".join(wide) + "\n", encoding="utf-8")
    (folder / "long.csv").write_text("who,wave,group,school,score\n" + "\n".join(long) + "\n", encoding="utf-8")
    return folder / "wide.csv", folder / "long.csv"


def test_a_row_a_person_and_a_row_a_wave_say_the_same(tmp_path: Path) -> None:
    wide, long = two_ways(tmp_path)
    asked: Asked = {"arm": "group", "control": "Waiting list", "cluster": "school", "waitlist": True}
    first: Asked = {**asked, "before": "pre"}
    (one,) = effect(wide, outcome="post", **first).rows
    other = effect(long, outcome="score", person="who", wave="wave", waves=["T1", "T2"], **asked)
    for key in ("n", "n_others", "lost", "level", "verdict", "design"):
        assert one[key] == other.rows[0][key], key
    for key in ("raw", "raw_se", "df", "effect", "se", "lee_low"):
        assert other.rows[0][key] == pytest.approx(one[key], rel=1e-12)
    assert other.notes[0] == "114 rows of 60 people, T1 beside T2"


def test_a_file_with_a_row_a_wave_read_as_people_says_how_to_name_the_waves(tmp_path: Path) -> None:
    _, long = two_ways(tmp_path)
    found = effect(long, outcome="score", arm="group", control="Waiting list")
    assert found.rows[0]["verdict"] == "not known"
    assert "--person COLUMN --wave wave --waves FIRST,LAST" in found.notes[-1]


WAVES_WRONG = """
asked                          | says
person=who wave=wave           | needs --person, --wave and --waves
person=who wave=wave waves=T1,T9 | there is no wave 'T9'
person=nobody wave=wave waves=T1,T2 | there is no column 'nobody'
person=who wave=wave waves=T1,T2 before=score | without --before
unit=who time=wave randomised=1 arm=group control=x | --randomised says nothing of units over time
"""


@pytest.mark.parametrize("case", ascii_table(WAVES_WRONG), ids=lambda case: case["asked"])
def test_waves_that_cannot_be_read_are_said(case: dict[str, str], tmp_path: Path) -> None:
    asked: dict[str, Any] = dict(word.split("=") for word in case["asked"].split())
    asked |= {key: asked[key].split(",") for key in ("waves",) if key in asked}
    with pytest.raises(BadInput) as error:
        effect(two_ways(tmp_path)[1], outcome="score", **asked)
    assert case["says"] in error.value.what
    assert error.value.cure


LIKERT = "then,now\nRarely,Often\nNever,Sometimes\nSometimes,Sometimes\nNever,Rarely\nOften,Often\nRarely,\n"


def test_answers_in_words_count_in_the_order_given(tmp_path: Path) -> None:
    words = ["never", "rarely", "sometimes", "often"]
    file = written(tmp_path, LIKERT)
    (row,) = effect(file, outcome="now", before="then", words=words, retrospective=True).rows
    assert (row["design"], row["n"], row["raw"]) == ("retrospective pretest", 5, (2 + 2 + 0 + 1 + 0) / 5)
    with pytest.raises(BadInput) as error:
        effect(file, outcome="now", before="then")
    assert error.value.cure == "name the words from low to high: --words LOW,…,HIGH, of Often, Rarely, Sometimes"


CODES = """
values                | warns
1 2 3 4 5 99          | 99
1 2 3 4 5 9 -1        | -1, 9
0 2 5 8 9 10          |
-2 -1 0 1 2 3         |
88 92 95 97 99 101    |
"""


@pytest.mark.parametrize("case", ascii_table(CODES), ids=lambda case: case["values"])
def test_a_code_of_no_answer_that_was_averaged_is_pointed_at(case: dict[str, str]) -> None:
    values = [float(value) for value in case["values"].split()] * 3
    table = pa.table({"pre": values, "post": values[::-1]})
    (row,) = evaluate_table(table, outcome="post", asked={"before": "pre"}, where="made up").rows
    warned = [each.split(" lies")[0] for each in row["warnings"] if "lies far" in each]
    assert warned == ([case["warns"]] if case["warns"] else [])


def test_units_that_start_one_after_the_other_are_not_averaged() -> None:
    rows = [(f"s{unit}", when, int(when > 1 + unit)) for unit in range(4) for when in range(1, 7)]
    columns = dict(zip(("unit", "when", "on"), map(list, zip(*rows, strict=True)), strict=True))
    table = pa.table({**columns, "y": np.arange(24.0)})
    asked: Asked = {"unit": "unit", "time": "when", "arm": "on", "control": "0"}
    with pytest.raises(BadInput) as error:
        evaluate_table(table, outcome="y", asked=asked, where="made up")
    assert error.value.what == "units were treated from 4 different times on (a stepped wedge)"


def test_a_probability_that_rounds_to_what_is_required_shows_on_which_side_it_lies() -> None:
    short, enough = (verdict_of(Chances(p, 0.0, 0.0), 3, matters=0.15, probability=0.9) for p in (0.8996, 0.9004))
    assert (short.verdict, enough.verdict) == ("not known", "works")
    assert "= 0.8996 of 0.9" in short.rule
    assert "= 0.90, at least 0.9" in enough.rule


def test_variances_are_no_standard_errors() -> None:
    table = pa.table({"g": [0.5, 0.4, 0.6], "vi": [0.01, 0.04, 0.09]})
    by_variance = pool_effects_table(table, effect="g", variance="vi").rows[0]
    assert by_variance["se"] == pytest.approx(0.1)
    with pytest.raises(BadInput) as error:
        pool_effects_table(table, effect="g", se="vi")
    assert error.value.what == "'vi' is what variances are called, not standard errors"
