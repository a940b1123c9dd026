"""Official aggregates in, rows about people refused.

No real workbook is held here: those below are built as the domain notes describe the layouts, with the figures the
notes give where they give any. Whoever holds a real one should check a few figures against it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import BadInput, FairHearingError, Refused
from fairhearing.gather.official import BOROUGHS, read_figures
from fairhearing.gather.official_tables import marked, year_to_march
from tests.helpers import ascii_table

Sheets = dict[str, list[list[Any]]]


def workbook(folder: Path, sheets: Sheets) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "official.xlsx"
    book.save(path)
    return path


def read(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    tables, notes = read_figures(path, source="office", largest_file_mb=10)
    return tables["figures"].to_pylist(), tables["fates"].to_pylist(), " · ".join(notes)


def text(folder: Path, body: str) -> Path:
    path = folder / "figures.csv"
    path.write_text(body, encoding="utf-8")
    return path


# --- Home Office ------------------------------------------------------------------------------------------------

HOME_OFFICE: Sheets = {
    "Table 1": [
        ["Table 1: Referrals, discussed at panel and adopted as a case"],
        ["Year ending March", "Referrals", "Discussed at panel", "Adopted as a case"],
        [2019, 5737, 1328, 556],
        [2020, 6287, 1424, 697],
        [2021, 4915, 1333, 688],
        [2024, 6922, 893, 512],
        [2025, "8,778 [p]", "–", "–"],
        ["Source: made for a test"],
    ],
    "Table 2": [
        ["Table 2: Prevent referrals by sector"],
        ["Sector", "2023 to 2024", "2024 to 2025", "2024 to 2025 (%)"],
        ["Education", "[c]", 3129, "36%"],
        ["Police", None, 2631, "30%"],
        ["Local authority", None, 895, "10%"],
        ["Other", None, 2123, "24%"],
        ["Total", 6922, 8778, "100%"],
    ],
    "Table 3": [
        ["Table 3: Prevent referrals by age, year ending 31 March 2025"],
        ["Age", "Referrals"],
        ["10 and under", 345],
        ["11 to 15", 3192],
        ["16 to 17", 1178],
        ["18 and over", 4044],
        ["Not known", 19],
        ["Total", 8778],
    ],
    "Table 4": [
        ["Table 4: Prevent referrals by condition, year ending 31 March 2025"],
        ["Condition", "Referrals"],
        ["A condition recorded", 2955],
        ["None identified or not captured", 5823],
        ["Total", 8778],
    ],
    "Notes": [["[c] means withheld"], ["[p] means provisional"]],
}

READ = """
period  | dimension | category             | measure   | value | denominator | denominator is                                    | break
2018/19 |           |                      | referrals | 5737  |             |                                                   | no
2018/19 |           |                      | panel     | 1328  | 5737        | referrals                                         | no
2018/19 |           |                      | cases     | 556   | 1328        | panel                                             | no
2023/24 |           |                      | cases     | 512   | 893         | panel                                             | no
2024/25 |           |                      | panel     |       | 8778        | referrals                                         | yes
2024/25 | sector    | Education            | referrals | 3129  | 8778        | sector known: the table's total                   | yes
2023/24 | sector    | Education            | referrals |       | 6922        | sector known: the table's total                   | no
2024/25 | age       | 10 and under         | referrals | 345   | 8759        | age known: the table's total, less the unknown    | yes
2024/25 | age       | unknown              | referrals | 19    |             |                                                   | yes
2024/25 | condition | A condition recorded | referrals | 2955  | 2955        | condition known: the table's total, less the unknown | yes
2024/25 | condition | unknown              | referrals | 5823  |             |                                                   | yes
"""  # noqa: E501


@pytest.mark.parametrize(
    "row", ascii_table(READ), ids=lambda row: f"{row['period']}-{row['category']}-{row['measure']}"
)
def test_home_office_tables_each_with_its_own_denominator(tmp_path: Path, row: dict[str, str]) -> None:
    figures, _fates, _notes = read(workbook(tmp_path, HOME_OFFICE))
    found = [
        each
        for each in figures
        if all((each[key] or "") == row[key] for key in ("period", "dimension", "category", "measure"))
        and (row["dimension"] or "Table 1" in each["series"])
    ]
    assert len(found) == 1
    assert found[0]["value"] == (float(row["value"]) if row["value"] else None)
    assert found[0]["denominator"] == (float(row["denominator"]) if row["denominator"] else None)
    assert (found[0]["denominator_is"] or "") == row["denominator is"]
    assert found[0]["break_before"] == (row["break"] == "yes")
    assert found[0]["unit"] == "count"


def test_what_is_not_said_is_a_row_with_its_mark_and_notes_have_a_fate(tmp_path: Path) -> None:
    figures, fates, notes = read(workbook(tmp_path, HOME_OFFICE))
    told = {(each["period"], each["category"], each["measure"]): each["note"] for each in figures}
    assert told["2023/24", "Education", "referrals"] == "shown as [c]"
    assert told["2024/25", "unknown", "referrals"].startswith("printed as: ")
    assert "databases merged in May 2024" in told["2024/25", "Police", "referrals"]
    assert [each["fate"] for each in fates].count("set aside") == 1
    assert [each["row"] for each in fates] == list(range(1, len(fates) + 1))
    assert "check a few figures against the workbook" in notes
    assert "'Notes' has no table" in notes


def test_categories_that_do_not_add_up_are_said(tmp_path: Path) -> None:
    sheet = [["Referrals by age"], ["Age", "2024 to 2025"], ["Young", 10], ["Old", 20], ["Total", 40]]
    assert "the categories sum to 30, the total says 40" in read(workbook(tmp_path, {"A": sheet}))[2]


def test_several_kinds_of_unknown_stay_apart_and_without_a_total_the_known_are_added(tmp_path: Path) -> None:
    sheet = [
        ["Referrals by age"],
        ["Age", "2024 to 2025"],
        ["Young", 10],
        ["Old", 20],
        ["Unknown", 3],
        ["Not stated", 4],
    ]
    figures = read(workbook(tmp_path, {"A": sheet}))[0]
    assert [each["category"] for each in figures] == ["Young", "Old", "unknown: Unknown", "unknown: Not stated"]
    assert figures[0]["denominator"] == 30
    assert "the table has no total" in figures[0]["denominator_is"]


def test_a_table_without_a_year_is_not_guessed(tmp_path: Path) -> None:
    sheet = [["Referrals by age"], ["Age", "Referrals"], ["Young", 10]]
    with pytest.raises(BadInput, match="neither the header nor the title says which year"):
        read(workbook(tmp_path, {"A": sheet}))


YEARS = """
text                         | year
2024 to 2025                 | 2024/25
2024/25                      | 2024/25
2024-25 [note 3]             | 2024/25
Year ending March 2025       | 2024/25
year ending 31 March 2025    | 2024/25
April 2024 to March 2025     | 2024/25
1999/00                      |
2024 to 2026                 |
2025                         |
Education                    |
"""


@pytest.mark.parametrize("row", ascii_table(YEARS), ids=lambda row: row["text"])
def test_years_to_march(row: dict[str, str]) -> None:
    assert (year_to_march(row["text"]) or "") == row["year"]


CELLS = """
cell      | value | mark            | withheld
1,234     | 1234  |                 | no
1,234 [r] | 1234  | [r]             | no
36%       | 36    |                 | no
[c]       |       | shown as [c]    | yes
*         |       | shown as *      | yes
–         |       | shown as –      | yes
about 30  |       |                 | no
"""


@pytest.mark.parametrize("row", ascii_table(CELLS), ids=lambda row: row["cell"])
def test_cells_with_marks(row: dict[str, str]) -> None:
    found = marked(row["cell"])
    assert found.value == (float(row["value"]) if row["value"] else None)
    assert (found.mark, found.withheld) == (row["mark"], row["withheld"] == "yes")


# --- Public Attitude Survey -------------------------------------------------------------------------------------


def survey(**changes: Any) -> Sheets:
    head = ["Date", "Survey", "Borough", "Measure", "Proportion", None, "Unnamed: 6"]
    borough = [
        head,
        ["31/03/2019", "PAS", "Barking & Dagenham", "Good job local", 0.61, None, "x"],
        ["31/03/2019", "PAS", "Barking and Dagenham", "Trust MPS", 0.82],
        ["30/06/2019", "PAS", "Hammersmith  &  fulham", "Good job local", 0.6],
        ["2019-06-30", "PAS", "Westminster", "Good job local", changes.get("value", 0.59)],
        ["June 2019", "PAS", "Westminster", "Good job local", 0.5],
        ["30/06/2019", "PAS", "", "Good job local", 0.5],
        ["30/06/2019", "PAS", "Brent", "Good job local", "n/a"],
        ["30/06/2019", "PAS", "Brent", "Trust MPS", "high"],
        ["30/06/2019", "PAS", "Westminster", "Good job local", 0.59],
        ["30/06/2019", "PAS", "Westminster", "Good job local", 0.44],
        ["30/06/2019", "PAS", "Narnia", "Good job local", 0.5],
    ]
    return {"MPS": [head, ["31/03/2019", "PAS", None, "Trust MPS", 0.83]], "Borough": borough}


PAS = """
row | fate      | reason
1   | used      |
2   | used      |
3   | used      |
4   | used      |
5   | used      |
6   | set aside | the date is not a day as dd/mm/yyyy
7   | set aside | no borough is given
8   | used      |
9   | set aside | the proportion is not a number
10  | duplicate | the same figure as row 5
11  | set aside | contradicts row 5
12  | used      |
"""


def test_public_attitude_survey_row_by_row(tmp_path: Path) -> None:
    figures, fates, notes = read(workbook(tmp_path, survey()))
    for told, row in zip(fates, ascii_table(PAS), strict=True):
        assert (told["row"], told["fate"]) == (int(row["row"]), row["fate"])
        assert (told["reason"] or "").startswith(row["reason"])
    assert [each["category"] for each in figures[1:5]] == [
        "Barking and Dagenham", "Barking and Dagenham", "Hammersmith and Fulham", "Westminster",
    ]  # fmt: skip
    whole = figures[0]
    assert (whole["dimension"], whole["category"], whole["period"], whole["value"]) == (
        None,
        None,
        "2019-03-31",
        0.83,
    )
    assert figures[5]["note"] == "shown as n/a"
    assert "not among the 32 boroughs, kept as written: Narnia" in notes
    assert "no interval can be made; the City is not in it" in notes


def test_percentages_of_a_sheet_become_shares(tmp_path: Path) -> None:
    sheet = [["Date", "Survey", "Borough", "Measure", "Proportion"], ["31/03/2019", "PAS", "Brent", "Trust MPS", 83]]
    figures, _fates, notes = read(workbook(tmp_path, {"Borough": sheet}))
    assert (figures[0]["value"], figures[0]["unit"]) == (0.83, "share 0–1")
    assert "gives percentages: divided by 100" in notes


def test_there_are_32_boroughs_without_the_city() -> None:
    assert len(set(BOROUGHS)) == 32
    assert list(BOROUGHS) == sorted(BOROUGHS)
    assert not any("City" in name for name in BOROUGHS)


# --- one figure a row -------------------------------------------------------------------------------------------

HEADER = "series,period,dimension,category,measure,value,denominator,denominator_is,unit,note,break_before\n"


@pytest.mark.parametrize(
    ("row", "fate", "reason"),
    [
        ("Prevent,2024/25,,,referrals,8778,,,count,,yes", "used", None),
        ('Prevent,2024/25,age,10 and under,referrals,345,"8,759",age known,count,,no', "used", None),
        ("Prevent,2024/25,,,panel,[c],,,,,", "used", None),
        (",2024/25,,,referrals,1,,,,,", "set aside", "no series is given"),
        ("Prevent,,,,referrals,1,,,,,", "set aside", "no period is given"),
        ("Prevent,2024/25,,,,1,,,,,", "set aside", "no measure is given"),
        ("Prevent,2024/25,,,referrals,,,,,,", "set aside", "no value is given"),
        ("Prevent,2024/25,,,referrals,many,,,,,", "set aside", "the value is not a number"),
        ("Prevent,2024/25,,,referrals,-4,,,,,", "set aside", "the value is below 0"),
        ("Prevent,2024/25,,,referrals,4,x,,,,", "set aside", "the denominator is not a number"),
        ("Prevent,2024/25,,,referrals,4,3,,,,", "set aside", "the value is more than its denominator"),
        ("Prevent,2024/25,,,referrals,4,,,,,perhaps", "set aside", "break_before must say yes or no"),
        ("Prevent,2024/25,,a@example.org,referrals,4,,,,,", "set aside", "contact details"),
        ("Prevent,2024/25,,,referrals,4", "set aside", "6 cells where the header has 11"),
    ],
)
def test_a_row_of_the_long_layout(tmp_path: Path, row: str, fate: str, reason: str | None) -> None:
    sure = "Sure,2018-03-31,,,referrals,1,,,,,\n"
    figures, fates, _notes = read(text(tmp_path, HEADER + sure + row + "\n"))
    assert (fates[1]["row"], fates[1]["fate"]) == (2, fate)
    assert fates[1]["reason"] is None if reason is None else reason in fates[1]["reason"]
    assert len(figures) == 1 + (fate == "used")
    assert figures[0] == {
        "source": "office", "row": 1, "series": "Sure", "period": "2018-03-31", "dimension": None, "category": None,
        "measure": "referrals", "value": 1.0, "denominator": None, "denominator_is": None, "unit": "count",
        "note": None, "break_before": False,
    }  # fmt: skip


# --- people, and files that are something else ------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "series,period,measure,value,surname\nPrevent,2024/25,referrals,1,x\n",
        "referral id,date of referral,age\n1,1/1/2024,12\n",
        "Full name,Date of birth,Referrals\nx,1/1/2010,1\n",
    ],
)
def test_rows_about_people_are_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(Refused):
        read(text(tmp_path, body))


@pytest.mark.parametrize("body", ["a,b\n1,2\n", "series,period,measure,value\nx,2024,y,\n"])
def test_a_file_without_figures_says_what_is_wanted(tmp_path: Path, body: str) -> None:
    with pytest.raises(BadInput, match="no figure was found") as told:
        read(text(tmp_path, body))
    assert "series, period" in told.value.cure


_CELL = st.one_of(
    st.none(), st.integers(-10, 9999), st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(
        ["2024 to 2025", "Referrals", "Age", "Total", "[c]", "=1+1", "Date", "Survey", "Measure", "Proportion",
         "series", "period", "measure", "value", "31/03/2019", "Year ending March", "2025", "Unknown", "%", " ",
         "\u200b", "1e999"]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.lists(_CELL, max_size=6), max_size=7), min_size=1, max_size=3))
def test_any_workbook_gives_figures_or_an_error_with_a_cure(
    tmp_path_factory: pytest.TempPathFactory, sheets: list[list[list[Any]]]
) -> None:
    path = workbook(tmp_path_factory.mktemp("any"), {f"S{i}": rows for i, rows in enumerate(sheets)})
    try:
        figures, fates, _notes = read(path)
    except FairHearingError as error:
        assert error.cure
        return
    assert {each["row"] for each in figures} == {each["row"] for each in fates if each["fate"] == "used"}
    assert [each["row"] for each in fates] == list(range(1, len(fates) + 1))


YEARS_DOWN: Sheets = {
    "Table 1": [
        ["Table 1: Referrals, discussed at panel and adopted as a case, {span}"],
        ["Year [note 2]", "Referrals", "Discussed at panel", "Adopted as a case", "% adopted"],
        ["2018/19", "5,737", "1,328", "556", "10%"],
        ["year ending March 2020", 6287, 1424, 697, "11%"],
        ["Mar-21", 4915, "1,333 [r]", "[c]", "–"],
        ["Total", "16,939", "4,085", "1,253", ""],
    ]
}
SPANS = (
    "year ending March 2019 to year ending March 2021",
    "2018/19 to 2020/21",
    "year ending 31 March 2019 to 2021",
)


@pytest.mark.parametrize("span", SPANS)
def test_years_down_a_column_are_periods_and_a_title_of_several_years_is_none_of_them(
    tmp_path: Path, span: str
) -> None:
    rows = YEARS_DOWN["Table 1"]
    figures, fates, _notes = read(workbook(tmp_path, {"Table 1": [[rows[0][0].format(span=span)], *rows[1:]]}))
    told = {(each["period"], each["measure"]): (each["value"], each["denominator"]) for each in figures}
    assert told == {
        ("2018/19", "referrals"): (5737, None), ("2018/19", "panel"): (1328, 5737), ("2018/19", "cases"): (556, 1328),
        ("2019/20", "referrals"): (6287, None), ("2019/20", "panel"): (1424, 6287), ("2019/20", "cases"): (697, 1424),
        ("2020/21", "referrals"): (4915, None), ("2020/21", "panel"): (1333, 4915),
        ("2020/21", "cases"): (None, 1333),
    }  # fmt: skip
    assert {each["dimension"] for each in figures} == {None}
    assert [each["reason"] for each in fates][-1] == "the first cell is not a year to March"


@pytest.mark.parametrize("span", SPANS)
def test_a_title_of_several_years_dates_no_category(tmp_path: Path, span: str) -> None:
    sheet = [[f"Referrals by age, {span}"], ["Age", "Referrals"], ["Young", 10], ["Total", 40]]
    with pytest.raises(BadInput, match="neither the header nor the title says which year"):
        read(workbook(tmp_path, {"A": sheet}))


def test_one_year_in_words_is_one_year(tmp_path: Path) -> None:
    for said in ("April 2024 to March 2025", "2024 to 2025", "year ending 31 March 2025", "2024/25"):
        sheet = [[f"Referrals by age, {said}"], ["Age", "Referrals"], ["Young", 10], ["Total", 40]]
        assert {each["period"] for each in read(workbook(tmp_path, {"A": sheet}))[0]} == {"2024/25"}


def test_a_percent_sign_speaks_for_its_cell_alone(tmp_path: Path) -> None:
    head = ["Date", "Survey", "Borough", "Measure", "Proportion"]
    rows = [["31/03/2020", "PAS", "Barnet", "Trust", 0.8], ["31/03/2020", "PAS", "Brent", "Trust", "75%"]]
    figures, _fates, notes = read(workbook(tmp_path, {"Borough": [head, *rows]}))
    assert [each["value"] for each in figures] == [0.8, 0.75]
    assert "divided by 100" not in notes


# --- headers of two rows ----------------------------------------------------------------------------------------

AGES = "Table 9: Prevent by age"
YEARS_OVER_STAGES = [
    [AGES],
    ["Age", "2023 to 2024", None, None, "2024 to 2025", None, None],
    [None, "Discussed at panel", "Referrals", "Cases", "Discussed at panel", "Referrals", "Cases"],
    ["10 and under", 5, 10, 2, 6, 20, 3],
    ["Not known", 0, 1, 0, 0, 2, 0],
    ["Total", 5, 11, 2, 6, 22, 3],
]
STAGES_OVER_YEARS = [
    [AGES],
    [None, "Discussed at panel", None, "Referrals", None, "Cases", None],
    ["Age", *["2023 to 2024", "2024 to 2025"] * 3],
    ["10 and under", 5, 6, 10, 20, 2, 3],
    ["Not known", 0, 0, 1, 2, 0, 0],
    ["Total", 5, 6, 11, 22, 2, 3],
]
NUMBER_AND_SHARE = [
    ["Table 9: Prevent referrals by age"],
    ["Age", "Year ending March 2024", None, "Year ending March 2025", None],
    [None, "Number", "%", "Number", "%"],
    ["10 and under", 10, 91, 20, 91],
    ["Not known", 1, 9, 2, 9],
    ["Total", 11, 100, 22, 100],
]
YEAR_ENDING_OVER_YEARS = [
    ["Table 9: Prevent referrals by age"],
    ["Age", "Year ending March", None],
    [None, 2024, 2025],
    ["10 and under", 10, 20],
    ["Not known", 1, 2],
    ["Total", 11, 22],
]


def of_the_young(figures: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float, float]]:
    """(measure, period) → value and denominator of those of 10 and under."""
    return {
        (row["measure"], row["period"]): (row["value"], row["denominator"])
        for row in figures
        if row["category"] == "10 and under"
    }


REFERRALS = {("referrals", "2023/24"): (10, 10), ("referrals", "2024/25"): (20, 20)}
EVERY_STAGE = REFERRALS | {
    ("panel", "2023/24"): (5, 5), ("panel", "2024/25"): (6, 6),
    ("cases", "2023/24"): (2, 2), ("cases", "2024/25"): (3, 3),
}  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (YEARS_OVER_STAGES, EVERY_STAGE),
        (STAGES_OVER_YEARS, EVERY_STAGE),
        (NUMBER_AND_SHARE, REFERRALS),
        (YEAR_ENDING_OVER_YEARS, REFERRALS),
    ],
)
def test_a_spanning_header_holds_for_the_columns_below_it(
    tmp_path: Path, sheet: list[list[Any]], expected: dict[tuple[str, str], tuple[float, float]]
) -> None:
    figures, fates, _notes = read(workbook(tmp_path, {"Table 9": sheet}))
    assert of_the_young(figures) == expected
    assert {row["fate"] for row in fates} == {"used"}
    assert {row["dimension"] for row in figures if row["category"]} == {"age"}


def test_a_header_that_divides_people_again_is_not_read_as_everybody(tmp_path: Path) -> None:
    boys = [
        ["Table 9: Prevent by age, year ending March 2025"],
        ["Age", "Male", None, "Female", None, "All people", None],
        [None, *["Referrals", "Cases"] * 3],
        ["10 and under", 7, 1, 3, 1, 10, 2],
        ["Total", 7, 1, 3, 1, 10, 2],
    ]
    figures, _fates, notes = read(workbook(tmp_path, {"Table 9": boys}))
    assert {key: told[0] for key, told in of_the_young(figures).items()} == {
        ("referrals", "2024/25"): 10,
        ("cases", "2024/25"): 2,
    }
    assert "what stands below “Male” in the header is not read" in notes


def test_a_table_divided_by_its_header_alone_is_set_aside_with_that_reason(tmp_path: Path) -> None:
    divided = [
        ["Table 9: Prevent"],
        ["Year ending March", "Education", None, "Police", None],
        [None, *["Referrals", "Cases"] * 2],
        [2024, 10, 2, 20, 3],
    ]
    _figures, fates, _notes = read(workbook(tmp_path, HOME_OFFICE | {"Table 9": divided}))
    assert fates[-1]["reason"] == "the header divides by Education and Police: no such table is read"


def test_a_row_whose_label_is_missing_is_no_second_header(tmp_path: Path) -> None:
    sheet = [[AGES], ["Age", "2022 to 2023", "2023 to 2024"], [None, 4, 5], ["Under 18", 6, 7]]
    figures, fates, _notes = read(workbook(tmp_path, {"Table 9": sheet}))
    assert [row["reason"] for row in fates] == ["the row has no label", None]
    assert [row["value"] for row in figures] == [6, 7]


def test_a_break_marked_beside_one_number_is_of_that_stage_alone(tmp_path: Path) -> None:
    sheet = [
        ["Table 1: Prevent"],
        ["Year ending March", "Referrals", "Discussed at panel", "Adopted as a case"],
        [2019, 5737, 1328, 556],
        [2020, 6287, "1,424 [b]", 697],
    ]
    figures, _fates, _notes = read(workbook(tmp_path, {"Table 1": sheet}))
    broken = [row for row in figures if row["break_before"]]
    assert [(row["measure"], row["period"], row["value"], row["note"]) for row in broken] == [
        ("panel", "2019/20", 1424, "[b]")
    ]


# --- workbooks as offices lay them out --------------------------------------------------------------------------


def test_a_bare_number_of_the_other_kind_is_set_aside_not_divided(tmp_path: Path) -> None:
    head = ["Date", "Survey", "Borough", "Measure", "Proportion"]
    for many, one, why in ((71.0, 0.7, "a share or a percentage below 1?"), (0.71, 70, "a percentage?")):
        rows = [
            ["31/03/2020", "PAS", name, "Trust", value]
            for name, value in zip(BOROUGHS[:4], [many] * 3 + [one], strict=True)
        ]
        figures, fates, _notes = read(workbook(tmp_path, {"Borough": [head, *rows]}))
        assert [each["value"] for each in figures] == [0.71] * 3
        assert fates[-1]["fate"] == "set aside"
        assert fates[-1]["reason"].startswith(why)


def test_what_is_said_of_the_sheet_is_no_part_of_its_title_and_months_are_shortened(tmp_path: Path) -> None:
    sheet = [
        ["Table 5: Sector of referral"], ["This worksheet contains one table."], ["Some cells contain [x]."],
        ["Sector", "Apr 2022 to Mar 2023", "Apr 2023 to Mar 2024"],
        ["Education", 10, 20], ["Police", "[x]", 20], ["Total", 40, 40],
    ]  # fmt: skip
    figures = read(workbook(tmp_path, {"Table_5": sheet}))[0]
    assert {(each["series"], each["period"]) for each in figures} == {
        ("Table 5: Sector of referral", "2022/23"), ("Table 5: Sector of referral", "2023/24"),
    }  # fmt: skip


def test_of_a_table_that_crosses_two_divisions_the_totals_are_read(tmp_path: Path) -> None:
    sheet = [
        ["Referrals by region and sector, year ending March 2024"],
        ["Region", "Education", "Police", "Total [note 2]"],
        ["London", 500, 400, 900], ["Wales", 20, 30, 50], ["Total", 520, 430, 950],
    ]  # fmt: skip
    figures, _fates, notes = read(workbook(tmp_path, {"Table_4": sheet}))
    told = [(each["dimension"], each["category"], each["value"], each["denominator"]) for each in figures]
    assert told == [("region", "London", 900, 950), ("region", "Wales", 50, 950), (None, None, 950, None)]
    assert "what stands below “Police” in the header is not read" in notes
