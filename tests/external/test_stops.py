"""51,920 police stops (Minneapolis 2017, open data): counts against pandas, and the worked example's figures.

Everything that the page `docs/explanation/worked-example-stops.md` says in its tables is computed here and must stand
there as computed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from fairhearing.gather import official_figures, read_table
from fairhearing.measure.bounds_door import bounds_table
from fairhearing.measure.official import STAGE
from fairhearing.stats.disproportion import GroupCounts, Ratio, RatioBounds, rate, ratio_bounds
from tests.helpers import SHARED, needs_shared, programme, run_stage

pytestmark = needs_shared

STOPS = SHARED / "stops" / "minneapolis_2017_counts.csv"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "worked-example-stops.md"
GROUPS = ("Native American", "Black", "Other", "Latino", "Asian", "White", "East African")
"""By share searched, highest first."""


@cache
def stops() -> pa.Table:
    return read_table(STOPS, largest_file_mb=100)


@cache
def counted() -> pd.DataFrame:
    """Independently: pandas, race as written ("" where empty), searched or not or not recorded."""
    frame = pd.read_csv(STOPS, keep_default_na=False)
    return frame.pivot_table(index="race", columns="personSearch", values="stops", aggfunc="sum", fill_value=0)


def group(race: str) -> GroupCounts:
    row = counted().loc[race]
    return GroupCounts(float(row["YES"]), float(row["YES"] + row["NO"]))


def test_counts_are_as_the_data_says() -> None:
    """17.8% "Unknown", 15.8% empty; all stops with an empty race have no search recorded either, and no others."""
    assert counted().to_numpy().sum() == 51_920
    shares = counted().sum(axis=1) / 51_920
    assert (round(shares["Unknown"], 3), round(shares[""], 3)) == (0.178, 0.158)
    lost = counted()["not recorded"]
    assert lost[""] == lost.sum() == 8_221


def test_bounds_of_who_was_stopped_against_pandas() -> None:
    rows = bounds_table(stops(), item="race", missing=["Unknown"], count="stops", where="stops").to_pylist()
    totals = counted().sum(axis=1)
    unknown = totals["Unknown"] + totals[""]
    assert {row["of"] for row in rows} == {f"share of {race}" for race in GROUPS}
    for row in rows:
        own = totals[row["of"].removeprefix("share of ")]
        assert row["unknown"] == pytest.approx(unknown)
        assert (row["bound_low"], row["bound_high"]) == pytest.approx((own / 51_920, (own + unknown) / 51_920))
        assert row["known_only"] == pytest.approx(own / (51_920 - unknown))


def test_bounds_of_who_was_searched_against_pandas() -> None:
    """Lowest: every unknown stop without a search, and none other, is theirs; highest: every other one."""
    missing = ["Unknown", "not recorded"]
    rows = bounds_table(
        stops(), item="personSearch", by="race", missing=missing, count="stops", where="s"
    ).to_pylist()
    told = {row["domain"]: row for row in rows}
    searched, not_searched = counted()["YES"], counted()["NO"]
    for race in GROUPS:
        yes, no = searched[race], not_searched[race]
        low = yes / (yes + no + not_searched["Unknown"] + 8_221)
        high = (yes + searched["Unknown"] + 8_221) / (yes + no + searched["Unknown"] + 8_221)
        assert told[race]["known_only"] == pytest.approx(yes / (yes + no))
        assert (told[race]["bound_low"], told[race]["bound_high"]) == pytest.approx((low, high))
        assert told[f"{race} less everyone else"]["verdict"] == "cannot be established"


def against_white(race: str, *, all_stops: bool) -> RatioBounds:
    return ratio_bounds(group(race), group("White"), group("Unknown"), unrecorded=8_221.0 if all_stops else 0.0)


def test_what_holds_of_black_and_white_people_and_what_does_not() -> None:
    recorded, everything = (against_white("Black", all_stops=each) for each in (False, True))
    assert recorded.sign == "above 1"
    assert everything.sign == "cannot be established"


def test_what_would_undo_it() -> None:
    """The page's two numbers, counted up one by one: with the 9,219 at their worst, how many searches of White people
    among the 8,221 bring the ratio to 1, the others being anybody else's, or stops of Black people."""
    for apart, needed in ((0, 516), (8_221, 81)):
        found = [
            (3_099 / (15_220 + 9_120 + max(apart - x, 0))) / ((954 + 99 + x) / (11_703 + 99 + x))
            for x in range(8_222)
        ]
        assert next(x for x, ratio in enumerate(found) if ratio < 1) == needed
        assert f" {needed} " in PAGE.read_text(encoding="utf-8")


# --- the page ---------------------------------------------------------------------------------------------------


def who_was_stopped() -> list[str]:
    rows = bounds_table(stops(), item="race", missing=["Unknown"], count="stops", where="stops").to_pylist()
    rows.sort(key=lambda row: -row["known_only"])
    return [
        f"| {row['of'].removeprefix('share of ')} | {row['known_only']:.1%} | {row['bound_low']:.1%} to "
        f"{row['bound_high']:.1%} |"
        for row in rows
    ]


def who_was_searched() -> list[str]:
    found = [(race, rate(group(race).counted, group(race).denominator)) for race in GROUPS]
    return [
        f"| {race} | {each.count:,.0f} of {each.denominator:,.0f} "
        f"| {each.estimate:.1%} ({each.low:.1%} to {each.high:.1%}) |"
        for race, each in found
    ]


def said(ratio: Ratio) -> str:
    return f"{ratio.estimate:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def worst(found: RatioBounds) -> str:
    return f"{found.lowest.estimate:.2f} to {found.highest.estimate:.2f}"


def ratios() -> list[str]:
    lines = []
    for race in GROUPS:
        if race != "White":
            recorded, everything = (against_white(race, all_stops=each) for each in (False, True))
            worst = f"{recorded.lowest.estimate:.2f} to {recorded.highest.estimate:.2f}"
            all_of = f"{everything.lowest.estimate:.2f} to {everything.highest.estimate:.2f}"
            lines.append(
                f"| {race} | {said(recorded.known)} | {worst} | {recorded.sign} | {all_of} | {everything.sign} |"
            )
    return lines


def per_resident() -> list[str]:
    """Stops per resident, two ways of saying who is Black: the population figures do not tell East African apart."""
    places = pd.read_csv(SHARED / "stops" / "minneapolis_neighbourhoods.csv")
    black, white = (float((places["population"] * places[each]).sum()) for each in ("black", "white"))
    totals = counted().sum(axis=1)
    unknown = float(totals["Unknown"] + totals[""])
    other, lost = GroupCounts(float(totals["White"]), white), GroupCounts(unknown, unknown)
    lines = []
    for races in (["Black"], ["Black", "East African"]):
        one = GroupCounts(float(totals[races].sum()), black)
        found = ratio_bounds(one, other, lost, events=True)
        lines.append(f"| {' or '.join(races)} | {said(found.known)} | {worst(found)} | {found.sign} |")
    return lines


@pytest.mark.parametrize("table", [who_was_stopped, who_was_searched, ratios, per_resident], ids=lambda f: f.__name__)
def test_the_page_says_what_is_computed(table) -> None:  # type: ignore[no-untyped-def]
    assert "\n".join(table()) in PAGE.read_text(encoding="utf-8"), "\n".join(["the table is:", *table()])


# --- the same out of a programme ----------------------------------------------------------------------------------


def as_published(folder: Path) -> Path:
    """The counts as totals an office might publish, one a row. Where no search was recorded none is printed."""
    lines = ["series,period,dimension,category,measure,value"]
    for race, row in counted().iterrows():
        category = str(race) if race in GROUPS else f"unknown: {race or 'empty'}"
        lines.append(f"Stops by the police,2017,race,{category},stops,{row.sum()}")
        if row["YES"] + row["NO"]:
            lines.append(f"Stops by the police,2017,race,{category},searches,{row['YES']}")
    path = folder / "stops.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def against(**denominator: str) -> list[dict[str, str]]:
    shared = {"source": "stops", "dimension": "race", "compared_with": "White", "period": "2017", **denominator}
    measure = "searches" if "against" in denominator else "stops"
    return [
        shared | {"id": f"{measure}-{race.lower().replace(' ', '-')}", "measure": measure, "category": race}
        for race in GROUPS
        if race != "White"
    ]


def test_a_programme_that_declares_the_denominator_comes_to_the_same(tmp_path: Path) -> None:
    """Every figure of the page's table of ratios, from a file of totals through the stage."""
    read = official_figures(as_published(tmp_path), None, largest_file_mb=10)
    figures = read.tables["figures"]
    figures = figures.set_column(figures.column_names.index("source"), "source", pa.array(["stops"] * len(figures)))
    source = {"id": "stops", "file": "stops.csv", "kind": "official", "sample": "administrative"}
    declared = programme(sources=[source], disproportions=against(against="stops"))
    rows = run_stage(STAGE, declared, figures=figures)["disproportions"].to_pylist()
    assert [row["category"] for row in rows] == [race for race in GROUPS if race != "White"]
    page = PAGE.read_text(encoding="utf-8")
    for row in rows:
        recorded, everything = (against_white(row["category"], all_stops=each) for each in (False, True))
        assert row["ratio"] == pytest.approx(recorded.known.estimate)
        assert (row["lowest"], row["highest"]) == pytest.approx((recorded.lowest.estimate, recorded.highest.estimate))
        assert (row["verdict"], row["verdict_all"]) == (recorded.sign, everything.sign)
        assert (row["unknown"], row["unknown_counted"], row["unrecorded"]) == (9_219, 99, 8_221)
        known = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        ends = [f"{row[f'lowest{some}']:.2f} to {row[f'highest{some}']:.2f}" for some in ("", "_all")]
        line = f"| {row['category']} | {known} | {ends[0]} | {row['verdict']} | {ends[1]} | {row['verdict_all']} |"
        assert line in page


def test_per_resident_out_of_a_programme(tmp_path: Path) -> None:
    """Residents are a characteristic of the programme; the groups no resident figure tells apart are left out."""
    places = pd.read_csv(SHARED / "stops" / "minneapolis_neighbourhoods.csv")
    people = {each: round(float((places["population"] * places[each]).sum())) for each in ("black", "white")}
    categories = [{"id": each, "name": each.title(), "people": count} for each, count in people.items()]
    figures = official_figures(as_published(tmp_path), None, largest_file_mb=10).tables["figures"]
    figures = figures.set_column(figures.column_names.index("source"), "source", pa.array(["stops"] * len(figures)))
    source = {"id": "stops", "file": "stops.csv", "kind": "official", "sample": "administrative"}
    black = [each for each in against(population="race") if each["category"] == "Black"]
    declared = programme(
        sources=[source],
        disproportions=black,
        characteristics=[{"id": "race", "name": "Race", "categories": categories}],
    )
    (row,) = run_stage(STAGE, declared, figures=figures)["disproportions"].to_pylist()
    told = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f}) | {row['lowest']:.2f} to {row['highest']:.2f}"
    assert f"| Black | {told} | {row['verdict']} |" in PAGE.read_text(encoding="utf-8")
    assert "left out" in row["method"] and "East African" in row["method"]
