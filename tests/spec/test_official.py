"""Published figures → funnels, shares with their unknown, unbroken runs, disproportions: tables in, tables out.

The figures of the Home Office and the two shares of 2017/18 and 2018/19 are those published (England and Wales, year
to March); every expected number is worked out by hand from them, or by the stated call of R.
"""

# ruff: noqa: E501 (a row reads best on one line)

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import BadProgramme
from fairhearing.gather import official_figures
from fairhearing.measure.official import STAGE
from fairhearing.protect import protect
from fairhearing.stage import Tables
from fairhearing.tables import empty, from_rows, run_tables
from tests.helpers import ascii_table, programme, run_stage
from tests.unit.test_gather_official import workbook

SOURCE = {"id": "office", "file": "office.csv", "kind": "official", "sample": "administrative"}

Rows = list[dict[str, Any]]


def figures(text: str) -> pa.Table:
    """A table drawn with |; empty cells are null, a break is 'yes'."""
    rows: Rows = []
    for number, cells in enumerate(ascii_table(text), 1):
        row: dict[str, Any] = {
            "source": "office",
            "row": number,
            "series": "S",
            "unit": "count",
            "measure": "referrals",
        }
        row |= {name.replace(" ", "_"): value or None for name, value in cells.items()}
        row |= {name: float(row[name]) if row.get(name) else None for name in ("value", "denominator")}
        rows.append(row | {"break_before": row.get("break_before") == "yes"})
    return from_rows("figures", rows)


def derived(table: pa.Table, **declared: Any) -> Tables:
    return run_stage(STAGE, programme(sources=[SOURCE], **declared), figures=table)


def told(rows: Rows, expected: str, *names: str) -> None:
    """Every row of `expected` is there, in that order, as far as it goes; numbers to the digits given."""
    wanted = ascii_table(expected)
    assert len(rows) == len(wanted), rows
    for row, want in zip(rows, wanted, strict=True):
        for name, text in want.items():
            value = row[name.replace(" ", "_")]
            if isinstance(value, float) and text:
                assert value == pytest.approx(float(text), abs=0.5 * 10 ** -len(text.partition(".")[2])), (name, row)
            else:
                assert ("" if value is None else f"{value}") == text, (name, row)


# --- referral → panel → case ----------------------------------------------------------------------------------------

HOME_OFFICE = {
    "Table 1": [
        ["Table 1: Referrals, discussed at panel and adopted as a case"],
        ["Year ending March", "Referrals", "Discussed at panel", "Adopted as a case"],
        [2019, 5737, 1328, 556],
        [2020, 6287, 1424, 697],
        [2021, 4915, 1333, 688],
        [2024, 6922, 893, 512],
        [2025, 8778, "–", "–"],
    ],
    "Table 2": [
        ["Table 2: Referrals by age, year ending 31 March 2025"],
        ["Age", "Referrals"],
        ["10 and under", 345],
        ["11 to 15", 3192],
        ["16 to 17", 1178],
        ["18 and over", 4044],
        ["Not known", 19],
        ["Total", 8778],
    ],
    "Table 3": [
        ["Table 3: Referrals by concern, year ending 31 March 2025"],
        ["Type of concern", "Referrals"],
        ["No clear ideology", 4917],
        ["Extreme right", 1798],
        ["Islamist", 870],
        ["Other", 1184],
        ["Not recorded", 9],
        ["Total", 8778],
    ],
    "Table 4": [
        ["Table 4: Referrals by condition, year ending 31 March 2025"],
        ["Condition", "Referrals"],
        ["A condition recorded", 2955],
        ["None identified or not captured", 5823],
        ["Total", 8778],
    ],
}
"""As in the domain notes; "18 and over" and "Other" are what is left to the known, so that the sheets add up."""

FUNNEL = """
period  | stage     | count | previous  | of_first | of_previous | low    | high   | cannot_tell
2018/19 | referrals | 5737  |           |          |             |        |        |
2018/19 | panel     | 1328  | referrals | 0.2315   | 0.2315      | 0.2207 | 0.2426 |
2018/19 | cases     | 556   | panel     | 0.0969   | 0.4187      | 0.3924 | 0.4454 |
2019/20 | referrals | 6287  |           |          |             |        |        |
2019/20 | panel     | 1424  | referrals | 0.2265   | 0.2265      | 0.2163 | 0.2370 |
2019/20 | cases     | 697   | panel     | 0.1109   | 0.4895      | 0.4636 | 0.5154 |
2020/21 | referrals | 4915  |           |          |             |        |        |
2020/21 | panel     | 1333  | referrals | 0.2712   | 0.2712      | 0.2590 | 0.2838 |
2020/21 | cases     | 688   | panel     | 0.1400   | 0.5161      | 0.4893 | 0.5429 |
2023/24 | referrals | 6922  |           |          |             |        |        |
2023/24 | panel     | 893   | referrals | 0.1290   | 0.1290      | 0.1213 | 0.1371 |
2023/24 | cases     | 512   | panel     | 0.0740   | 0.5733      | 0.5407 | 0.6054 |
2024/25 | referrals | 8778  |           |          |             |        |        |
2024/25 | panel     |       | referrals |          |             |        |        | the count of “panel” is not shown by the office
2024/25 | cases     |       | panel     |          |             |        |        | the count of “panel” is not shown by the office
"""
"""Intervals: R 4, `prop.test(556, 1328, correct = FALSE)$conf.int` and so on."""


@pytest.fixture(scope="module")
def home_office(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    found = official_figures(workbook(tmp_path_factory.mktemp("w"), HOME_OFFICE), None, largest_file_mb=10)
    table = found.tables["figures"]
    place = table.column_names.index("source")
    return derived(table.set_column(place, "source", pa.array(["office"] * table.num_rows)))


def test_home_office_referral_to_panel_to_case(home_office: Tables) -> None:
    told(home_office["funnels"].to_pylist(), FUNNEL)
    methods = {row["method"] for row in home_office["funnels"].to_pylist() if row["place"] > 1}
    assert all("nobody followed" in method and "not sampling" in method for method in methods)


def test_each_table_has_its_own_denominator_and_missing_is_not_none(home_office: Tables) -> None:
    """Age known for 8,759, concern recorded for 8,769; a condition is unknown for 66%, not absent."""
    expected = """
    dimension | category             | n    | unknown | count | unknown_share | of_known | bound_low | bound_high
    age       | 10 and under         | 8778 | 19      | 345   | 0.0022        | 0.0394   | 0.0393    | 0.0415
    age       | 11 to 15             | 8778 | 19      | 3192  | 0.0022        | 0.3644   | 0.3636    | 0.3658
    age       | 16 to 17             | 8778 | 19      | 1178  | 0.0022        | 0.1345   | 0.1342    | 0.1364
    age       | 18 and over          | 8778 | 19      | 4044  | 0.0022        | 0.4617   | 0.4607    | 0.4629
    concern   | No clear ideology    | 8778 | 9       | 4917  | 0.0010        | 0.5607   | 0.5602    | 0.5612
    concern   | Extreme right        | 8778 | 9       | 1798  | 0.0010        | 0.2050   | 0.2048    | 0.2059
    concern   | Islamist             | 8778 | 9       | 870   | 0.0010        | 0.0992   | 0.0991    | 0.1001
    concern   | Other                | 8778 | 9       | 1184  | 0.0010        | 0.1350   | 0.1349    | 0.1359
    condition | A condition recorded | 8778 | 5823    | 2955  | 0.6634        |          | 0.3366    | 1.0000
    """
    told(home_office["known_shares"].to_pylist(), expected)


def test_no_line_runs_into_the_year_the_databases_were_merged(home_office: Tables) -> None:
    """Slopes by R: lm(c(5737, 6287, 4915, 6922) ~ c(0, 1, 2, 5)); the years between were not published here."""
    rows = [row for row in home_office["official_series"].to_pylist() if row["series"].startswith("Table 1")]
    own = {(row["measure"], row["period"]): row for row in rows}
    assert [own["referrals", year]["run"] for year in ("2018/19", "2023/24", "2024/25")] == [1, 1, 2]
    assert own["referrals", "2023/24"]["slope"] == pytest.approx(214.642857)
    assert own["referrals", "2024/25"]["slope"] is None
    assert "databases merged in May 2024" in own["referrals", "2024/25"]["broken_because"]


# --- shares with their unknown ------------------------------------------------------------------------------------

MEDACT = """
period  | dimension | category | measure            | value | unit
2017/18 | religion  | Muslim   | share of referrals | 43    | %
2017/18 | religion  | unknown  | share of referrals | 32    | %
2018/19 | religion  | Muslim   | share of referrals | 26.4  | %
2018/19 | religion  | unknown  | share of referrals | 52.9  | %
"""


def test_the_apparent_fall_cannot_be_established() -> None:
    out = derived(figures(MEDACT))
    shares = """
    period  | n | unknown_share | of_known | bound_low | bound_high
    2017/18 |   | 0.320         | 0.632    | 0.430     | 0.750
    2018/19 |   | 0.529         | 0.561    | 0.264     | 0.793
    """
    changes = """
    category | period_from | period_to | known_change | bound_low | bound_high | verdict               | flips_at
    Muslim   | 2017/18     | 2018/19   | -0.0718      | -0.486    | 0.363      | cannot be established | 0.696
    """
    told(out["known_shares"].to_pylist(), shares)
    told(out["share_changes"].to_pylist(), changes)


BASES = """
said                  | total | denominator | denominator is | unknown | n   | of known | of all | why
total and unknown     | 100   | 80          | age known      | 20      | 100 | 0.50     | 0.40   |
no total              |       | 80          | age known      | 20      | 100 | 0.50     | 0.40   |
denominator of all    |       | 100         | all referrals  | 20      | 100 | 0.50     | 0.40   |
no unknown is printed | 100   | 80          | age known      |         | 100 | 0.50     | 0.40   |
nothing but parts     |       |             |                | 20      | 100 | 0.50     | 0.40   |
unknown not shown     | 100   | 80          | age known      | c       |     |          |        | the office does not show how many are unknown
"""


@pytest.mark.parametrize("row", ascii_table(BASES), ids=lambda row: row["said"])
def test_whom_a_table_is_about(row: dict[str, str]) -> None:
    base = f"{row['denominator']} | {row['denominator is']}"
    lines = [f"2024/25 | | | {row['total']} | |"] if row["total"] else []
    lines += [f"2024/25 | age | young | 40 | {base}", f"2024/25 | age | old | 40 | {base}"]
    if row["unknown"]:
        lines.append(f"2024/25 | age | unknown | {row['unknown'].replace('c', '')} | |")
    text = "period | dimension | category | value | denominator | denominator is\n" + "\n".join(lines)
    found = derived(figures(text.replace("| |\n", "| |\n")))["known_shares"].to_pylist()[0]
    assert (found["n"], found["cannot_tell"] or "") == (int(row["n"]) if row["n"] else None, row["why"])
    assert found["of_known"] == (float(row["of known"]) if row["of known"] else None)
    assert found["bound_low"] == (float(row["of all"]) if row["of all"] else None)


CHANGED = """
period  | dimension | category | value | break before
2022/23 | age       | young    | 10    |
2022/23 | age       | old      | 85    |
2022/23 | age       | unknown  | 5     |
2023/24 | age       | young    | 30    |
2023/24 | age       | old      | 65    |
2023/24 | age       | unknown  | 5     |
2024/25 | age       | young    | 60    | {file}
2024/25 | age       | old      | 35    | {file}
2024/25 | age       | unknown  | 5     | {file}
"""


@pytest.mark.parametrize(
    ("marked", "declared", "last"),
    [
        ("", (), "higher"),
        ("yes", (), "not comparable"),
        ("", ({"source": "office", "at": "2024/25", "why": "x"},), "not comparable"),
        ("", ({"source": "office", "measure": "s", "at": "2024/25", "why": "x"},), "not comparable"),
        ("", ({"source": "office", "measure": "cases", "at": "2024/25", "why": "x"},), "higher"),
    ],
    ids=["no break", "marked in the file", "declared", "declared for the series", "declared for another"],
)
def test_a_change_holds_whatever_the_unknown_are_and_never_across_a_break(
    marked: str, declared: tuple[dict[str, str], ...], last: str
) -> None:
    cases = figures("period | measure | value\n2024/25 | cases | 3")
    table = pa.concat_tables([figures(CHANGED.format(file=marked)), cases])
    rows = derived(table, breaks=list(declared))["share_changes"].to_pylist()
    verdicts = {(row["category"], row["period_to"]): row["verdict"] for row in rows}
    assert verdicts["young", "2023/24"] == "higher", "30 to 35 of 100 after 10 to 15"
    assert verdicts["old", "2023/24"] == "lower"
    assert verdicts["young", "2024/25"] == last
    broken = [row for row in rows if row["verdict"] == "not comparable"]
    assert all("the series breaks at 2024/25" in row["cannot_tell"] and row["known_change"] is None for row in broken)


def test_a_break_between_published_periods_counts_too() -> None:
    """The new system began in 2022/23, which was not published: 2021/22 and 2023/24 are still not one run."""
    text = "period | value\n2020/21 | 10\n2021/22 | 12\n2023/24 | 30\n2024/25 | 33"
    rows = derived(figures(text), breaks=[{"source": "office", "at": "2022/23", "why": "a new system"}])
    told(
        rows["official_series"].to_pylist(),
        """
        period  | run | count | broken_because
        2020/21 | 1   | 10    |
        2021/22 | 1   | 12    |
        2023/24 | 2   | 30    | a new system
        2024/25 | 2   | 33    |
        """,
    )


def test_other_words_for_periods_keep_the_order_of_the_file_and_have_no_slope() -> None:
    rows = derived(figures("period | value\nbefore the fire | 3\nafter it | 5\nlater | 6"))[
        "official_series"
    ].to_pylist()
    assert [row["period"] for row in rows] == ["before the fire", "after it", "later"]
    assert all("not equally spaced" in row["cannot_tell"] for row in rows)


# --- stages named by the file, and stages that are none -------------------------------------------------------------


def test_a_file_names_its_own_stages_and_a_larger_later_stage_is_no_share() -> None:
    text = """
    period  | dimension | category | measure  | value | denominator is
    2024    | age       | young    | stops    | 200   |
    2024    | age       | young    | searches | 50    | stops
    2024    | age       | young    | finds    | 60    | searches
    2024    | age       | unknown  | stops    | 9     |
    """
    told(
        derived(figures(text))["funnels"].to_pylist(),
        """
        category | stage    | place | of_first | of_previous | cannot_tell
        young    | stops    | 1     |          |             |
        young    | searches | 2     | 0.250    | 0.250       |
        young    | finds    | 3     |          |             | “finds” (60) is more than “searches” (50): the counts are of other years or kinds
        """,
    )


# --- disproportions -------------------------------------------------------------------------------------------------

STOPS = """
period | dimension | category       | measure  | value
2024   | group     | A              | stops    | 400
2024   | group     | A              | searches | 80
2024   | group     | B              | stops    | 1000
2024   | group     | B              | searches | 100
2024   | group     | C              | stops    | 100
2024   | group     | C              | searches | 20
2024   | group     | unknown: blank | stops    | 30
2024   | group     | unknown: other | stops    | 50
2024   | group     | unknown: other | searches | 2
"""
PEOPLE = {
    "id": "group", "name": "Group",
    "categories": [{"id": "a", "name": "A", "people": 2000}, {"id": "b", "name": "B", "people": 10000}],
}  # fmt: skip


def declared(**changes: Any) -> dict[str, Any]:
    whole = {"id": "d", "source": "office", "measure": "searches", "dimension": "group", "category": "A"}
    return whole | {"against": "stops", "compared_with": "B"} | changes


def disproportion(text: str = STOPS, **changes: Any) -> dict[str, Any]:
    given = {key: value for key, value in declared(**changes).items() if value is not None}
    (row,) = derived(figures(text), disproportions=[given], characteristics=[PEOPLE])["disproportions"].to_pylist()
    return row


def test_a_ratio_by_its_denominator_with_unknown_and_unrecorded_groups() -> None:
    """80/400 against 100/1000. Known worst: (80 / (400 + 48)) / (102 / (1000 + 2)) and (82 / 402) / (100 / 1048).
    R: exp(log(2) + c(-1, 1) * qnorm(.975) * sqrt(1/80 - 1/400 + 1/100 - 1/1000))."""
    row = disproportion()
    assert (row["rate"], row["rate_other"], row["ratio"]) == (0.2, 0.1, 2.0)
    assert (row["low"], row["high"]) == pytest.approx((1.526511, 2.620354), abs=5e-7)
    assert (row["lowest"], row["highest"]) == pytest.approx((80 / 448 / (102 / 1002), 82 / 402 / (100 / 1048)))
    assert (row["unknown_counted"], row["unknown"], row["unrecorded"], row["verdict"]) == (2, 50, 30, "above 1")
    assert row["lowest_all"] < row["lowest"] < row["highest"] < row["highest_all"]
    assert row["against"] == "stops"


def test_the_other_group_may_be_everybody_else() -> None:
    row = disproportion(compared_with="")
    assert (row["counted_other"], row["denominator_other"], row["compared_with"]) == (120, 1100, None)


def test_per_resident_is_another_question_with_another_answer() -> None:
    row = disproportion(against="", population="group")
    assert row["ratio"] == pytest.approx((80 / 2000) / (100 / 10000))
    assert (row["unknown_counted"], row["unknown"]) == (2, None)
    assert "per resident" in row["method"]
    assert row["against"] == "residents by group"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"category": "Z"}, "“Z” has no figure on both sides"),
        ({"measure": "arrests"}, "no count of “arrests” by “group” is published"),
        ({"against": "patrols"}, "no count of “patrols” by “group” is published"),
        ({"period": "1999"}, "no count of “searches” by “group” is published"),
        ({"against": "", "population": "group", "category": "C"}, "“C” has no figure on both sides"),
        ({"category": "B"}, "there is nobody to compare with"),
    ],
)
def test_what_cannot_be_worked_out_is_a_row_that_says_why(changes: dict[str, str], why: str) -> None:
    row = disproportion(**changes)
    assert why in row["cannot_tell"]
    assert row["ratio"] is None and row["verdict"] is None


def test_what_the_office_withholds_is_never_worked_out() -> None:
    row = disproportion(STOPS.replace("| searches | 20", "| searches |   "), compared_with="")
    assert row["cannot_tell"] == "the office does not show the count of “searches” for “C”"


# --- what may leave -------------------------------------------------------------------------------------------------


def test_a_small_count_is_hidden_with_another_in_every_table_that_repeats_it() -> None:
    text = """
    period  | dimension | category | measure   | value
    2024/25 |           |          | referrals | 237
    2024/25 | age       | a        | referrals | 6
    2024/25 | age       | b        | referrals | 31
    2024/25 | age       | c        | referrals | 200
    2024/25 | age       | b        | panel     | 14
    2024/25 | age       | c        | panel     | 63
    """
    made = derived(figures(text))
    whole = {table.name: empty(table.name) for table in run_tables()} | made
    safe = protect(whole, programme(sources=[SOURCE]))
    shares = {(row["category"], row["measure"]): row for row in safe["known_shares"].rows()}
    assert [shares[name, "referrals"]["count"] for name in "abc"] == [None, None, 200], "31 would tell 6"
    assert shares["a", "referrals"]["bound_low"] is None
    funnel = {(row["category"], row["stage"]): row for row in safe["funnels"].rows()}
    assert funnel["b", "referrals"]["count"] is None
    assert funnel["b", "panel"]["previous_count"] is None
    assert funnel["c", "panel"]["count"] == 63, "published already, so not rounded"
    assert any("unrounded" in note for note in safe["known_shares"].notes)


# --- whatever a file holds --------------------------------------------------------------------------------------------

ANYTHING = st.lists(
    st.fixed_dictionaries(
        {
            "series": st.sampled_from(["S", "T"]),
            "period": st.sampled_from(["2022/23", "2023/24", "2024/25", "2024", "2024-06-30", "later"]),
            "dimension": st.sampled_from([None, "age", "group"]),
            "category": st.sampled_from([None, "A", "B", "unknown", "unknown: x", "unknown: y"]),
            "measure": st.sampled_from(["stops", "searches", "referrals", "cases"]),
            "value": st.sampled_from([None, 0.0, 1.0, 9.0, 40.0, 0.3, 120.0]),
            "denominator": st.sampled_from([None, 0.0, 50.0, 200.0]),
            "denominator_is": st.sampled_from([None, "stops", "searches", "age known", "all"]),
            "unit": st.sampled_from(["count", "count", "%", "share 0–1", "pounds"]),
            "note": st.sampled_from([None, "shown as [c]", "a new system"]),
            "break_before": st.booleans(),
        }
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_any_file_gives_rows_in_reason_or_rows_that_say_why_not(given_rows: Rows) -> None:
    rows = [{"source": "office", "row": number, **row} for number, row in enumerate(given_rows, 1)]
    both = [declared(), declared(id="e", against=None, population="group")]
    ratios = [{key: value for key, value in each.items() if value is not None} for each in both]
    out = derived(from_rows("figures", rows), disproportions=ratios, characteristics=[PEOPLE])
    for row in out["known_shares"].to_pylist():
        told = [row[name] for name in ("bound_low", "of_known", "bound_high") if row[name] is not None]
        assert told == sorted(told) and all(0 <= value <= 1 for value in told)
        assert (row["bound_low"] is None) == (row["cannot_tell"] is not None)
    for row in out["funnels"].to_pylist():
        if row["of_previous"] is not None:
            assert 0 <= row["low"] <= row["of_previous"] <= row["high"] <= 1
        assert row["previous"] is None or (row["of_previous"] is None) == (row["cannot_tell"] is not None)
    assert {row["disproportion"] for row in out["disproportions"].to_pylist()} == {"d", "e"}
    whole = {table.name: empty(table.name) for table in run_tables()} | out
    protect(whole, programme(sources=[SOURCE]))


STAGES = """
period  | measure   | value
2019/20 | referrals | 6287
2019/20 | panel     | 1424
2019/20 | cases     | 697
2020/21 | referrals | 4915
2020/21 | panel     | 1333
2020/21 | cases     | 688
"""


@pytest.mark.parametrize(
    ("declared", "broken"), [("panel", ["panel"]), ("S", ["cases", "panel", "referrals"]), ("", ["cases", "panel", "referrals"])]
)  # fmt: skip
def test_a_break_of_one_stage_leaves_the_lines_of_the_others_whole(declared: str, broken: list[str]) -> None:
    change = {"source": "office", "measure": declared, "at": "2020/21", "why": "panels are counted otherwise"}
    rows = derived(figures(STAGES), breaks=[change])["official_series"].to_pylist()
    assert sorted(row["measure"] for row in rows if row["broken_because"]) == broken
    assert sorted({row["measure"] for row in rows if row["run"] == 2}) == broken


def test_a_break_of_a_stage_nobody_has_is_refused_with_those_there_are() -> None:
    change = {"source": "office", "measure": "pannel", "at": "2020/21", "why": "panels are counted otherwise"}
    with pytest.raises(BadProgramme, match="'pannel', which is no series and no stage of 'office'") as caught:
        derived(figures(STAGES), breaks=[change])
    assert "name one of: referrals, S, panel, cases" in caught.value.cure
