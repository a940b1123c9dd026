"""The report from end to end: safe tables in, one self-contained page and open data out, and nothing else passes."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from jinja2 import nodes

from fairhearing.errors import BadInput, Unsafe
from fairhearing.library import language_rules
from fairhearing.programme import Programme
from fairhearing.protect import Safe, protect
from fairhearing.publish import Edition, differences, edition
from fairhearing.publish.pages import SECTIONS, Page, page
from fairhearing.publish.reading import Evidence
from fairhearing.publish.rendering import environment
from fairhearing.tables import from_rows
from tests import example_tables as example
from tests.helpers import programme as small_programme

RULES = language_rules()


def publish(
    folder: Path, programme: Programme | None = None, facts: Any = None, **changed: list[dict[str, Any]]
) -> Edition:
    """An edition of the example, with some tables replaced by the rows given."""
    programme = programme or example.programme()
    tables = example.tables() | {name: from_rows(name, rows) for name, rows in changed.items()}
    return edition(folder, protect(tables, programme), programme, facts or example.facts(), RULES)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return publish(tmp_path_factory.mktemp("published")).report.read_text(encoding="utf-8")


def words(html: str) -> str:
    """What a reader sees, on one line."""
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S)
    return re.sub(r"\s+([.,:;)])", r"\1", " ".join(text.replace("&#39;", "'").split()))


# --- what the page holds --------------------------------------------------------------------------------------


def test_sections_come_in_the_order_of_a_busy_reader(report: str) -> None:
    headings = re.findall(r'<h2 id="[^"]+-heading">([^<]+)</h2>', report)
    assert headings == [heading for _field, _id, heading in SECTIONS]
    assert headings[0] == "In short"


def test_in_short_shows_harm_and_help_side_by_side_with_what_cannot_be_told(report: str) -> None:
    short = report.split('id="in-short"')[1].split("</section>")[0]
    tags = re.findall(r'<span class="tag">([^<]+)</span>', short)
    assert tags == [
        "What hurts", "What hurts", "What works", "What works", "Cannot be told", "What we ask to change",
    ]  # fmt: skip
    assert "1 more adverse" in words(short)
    assert "Sikh Londoners" in words(short.split("not-heard")[1])


def test_every_link_inside_the_page_leads_somewhere(report: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', report)
    assert len(ids) == len(set(ids)), "an id is used twice"
    assert set(re.findall(r'href="#([^"]+)"', report)) <= set(ids)


def test_every_row_of_every_table_has_a_cell_for_every_heading(report: str) -> None:
    tables = re.findall(r"<table.*?</table>", report, re.S)
    assert len(tables) > 20
    for table in tables:
        head, body = table.split("</thead>")
        rows = body.split("<tr")[1:]
        assert rows, "an empty table"
        assert {len(re.findall(r"<t[hd][ >]", row)) for row in rows} == {head.count("<th ")}, table[:120]


def test_no_interval_is_shown_for_people_who_chose_to_answer(tmp_path: Path) -> None:
    rows = [row | {"low": 0.6, "high": 0.8} for row in example.tables()["journeys"].to_pylist()]
    made = publish(tmp_path, journeys=rows).report.read_text(encoding="utf-8")
    assert "76%" in made.split('id="step-questioning"')[1]
    assert "(60 to 80)" not in made


def test_nothing_is_fetched_and_nothing_runs(report: str) -> None:
    assert "<script" not in report
    assert not re.search(r'(?:src|href)="(?!#)', report)
    assert "url(" not in report
    assert "@import" not in report


def test_the_pattern_of_a_gap_and_of_what_cannot_be_told(report: str) -> None:
    told = words(report)
    pattern = (
        "The programme is trusted less by Muslim Londoners: 47% (39 to 55) against 67% (64 to 70) of everyone else, "
    )
    assert told.count(pattern) == 3, "in short, in its section and among the findings, in the same words"
    assert "The survey cannot tell whether the programme is trusted less or more by Hindu Londoners" in told
    assert "Too few to report, not too few to matter: Sikh Londoners." in told
    assert "Withheld so that nobody else's number can be worked out: Jewish Londoners." in told
    assert "People chose to answer, so no margin of error." in told


def test_what_changed_since_the_round_before_has_an_interval_or_is_not_told(report: str, tmp_path: Path) -> None:
    told = words(report)
    assert (
        "The survey cannot tell whether it changed since Spring 2025: a difference of 5 points (0 to 9). People"
        in told
    )
    assert "By age, since Spring 2025: of no community can a change be told" in told
    rows = [
        row | ({"verdict": "higher", "low": 0.01} if row["community"] in (None, "a55") else {})
        for row in example.tables()["changes"].to_pylist()
    ]
    told = words(publish(tmp_path, changes=rows).report.read_text(encoding="utf-8"))
    assert "Up 5 points (1 to 9) since Spring 2025." in told
    assert "By age, since Spring 2025: Londoners aged 55 and over up 5 points (1 to" in told


def test_communities_stand_in_the_declared_order_everywhere(report: str) -> None:
    declared = [each.name for each in example.programme().characteristic("religion").categories if each.community]
    charts = re.findall(r'<figure class="chart" id="(?:coverage|trust)-[^"]*religion">(.*?)</figure>', report, re.S)
    assert len(charts) == 4
    for chart in charts:
        labels = [label for label in re.findall(r'<span class="label">([^<]+)</span>', chart) if label in declared]
        assert labels == [name for name in declared if name in labels]
        assert len(labels) >= 4


def test_every_safeguard_has_a_shape_and_a_word(report: str) -> None:
    card = report.split('<p class="name"><span class="number">3</span>')[1].split("</li>\n<li")[0]
    states = re.findall(r'state state-(\w+)"><svg.*?</svg><span>([^<]+)</span>', card, re.S)
    assert states == [
        ("gap", "not legally covered"), ("absent", "absent"), ("absent", "absent"), ("unknown", "unknown"),
    ]  # fmt: skip
    assert "this step hurts" in card


def card(report: str, number: int) -> str:
    """One step of the first process, as a reader sees it."""
    return words(report.split(f'<p class="name"><span class="number">{number}</span>')[1].split("</li>\n<li")[0])


def test_a_step_shows_what_goes_well_beside_what_hurts(report: str, tmp_path: Path) -> None:
    assert "76% of about 155 people report a bad experience: this step hurts" in card(report, 3)
    assert "9% of about 155 people report a good experience" in card(report, 3)
    detail = words(report.split('id="step-support"')[1].split('<div class="stepwise"')[0])
    assert "This step goes well for people, by the same rule. At “Support”, 71%" in detail
    assert "Nobody described this step." in card(report, 2)


def few_bad(tmp_path: Path, n: int, reports: int, verdict: str) -> str:
    journeys = [
        row | ({"n": n, "reports": reports, "estimate": reports / n} if row["experience"] == "any bad" else {"n": n})
        if row["step"] == "support"
        else row
        for row in example.tables()["journeys"].to_pylist()
    ]
    verdicts = [
        row | ({"verdict": verdict} if row["step"] == "support" else {})
        for row in example.tables()["verdicts"].to_pylist()
    ]
    return card(publish(tmp_path, journeys=journeys, verdicts=verdicts).report.read_text("utf-8"), 5)


def test_few_bad_accounts_are_not_called_too_few_accounts(tmp_path: Path) -> None:
    """Of 97 people 5 report a bad experience: withheld, but that they are few is in the verdict already."""
    told = few_bad(tmp_path, 97, 5, "build upon")
    assert "Of about 95 people, fewer than 10 report a bad experience" in told
    assert "71% of about 95 people report a good experience" in told


@pytest.mark.parametrize("reports", [5, 92])
def test_which_side_is_few_is_not_told_where_no_verdict_tells_it(tmp_path: Path, reports: int) -> None:
    told = few_bad(tmp_path, 97, reports, "cannot tell")
    assert "Of about 95 people, fewer than 10 report a bad experience, or all but fewer than 10 do: withheld" in told


def test_both_counts_of_a_campaign_are_given(report: str) -> None:
    assert "About 50 people in 50 responses, 15 counting near-identical texts once" in words(report)


def test_no_effect_is_claimed_without_a_baseline(report: str) -> None:
    section = report.split('id="what-works"')[1].split("</section>")[0]
    drawn = section.split('<div class="drawing"')[1].split("<details")[0]
    assert "Parents" not in drawn
    assert "No baseline, no effect claimed" in section


def test_adverse_findings_that_no_recommendation_answers_are_said(tmp_path: Path) -> None:
    ids = ("gap.muslim", "a.finding.withheld", "safeguard.recorded")
    rows = [{"what": "adverse finding", "on": id, "says": "no recommendation answers it"} for id in ids]
    answered = {
        "what": "adverse finding",
        "on": "harm.questioning",
        "standing": "proposed",
        "says": "nobody adopted one",
    }
    report = publish(tmp_path, unsettled=[*rows, answered]).report.read_text(encoding="utf-8")
    section = report.split('id="unanswered"')[1].split("<h3")[0]
    assert "no recommendation answers yet: 2" in section
    assert re.findall(r'href="(#finding-\d+)">(F\d+)<', section) == [("#finding-2", "F2"), ("#finding-3", "F3")]
    assert "withheld" not in section


def test_blanks_are_said_to_be_blank(report: str) -> None:
    assert "blank: nobody is named as owner" in report
    assert "PACE Code C, 11.15 to 11.17A (source not yet checked)" in report


def test_the_rules_carry_the_day_they_were_fixed_and_the_seal_its_hashes(report: str) -> None:
    assert "The rules, fixed on 5 January 2026" in report
    assert example.facts().manifest_hash in report
    assert "fairhearing verify DIR" in report


def test_a_synthetic_edition_says_so_on_screen_and_on_every_printed_page(report: str) -> None:
    assert report.count("No figure here is real.") == 2
    assert '@top-center{content:"Synthetic example: no figure is real"' in report


def test_a_real_edition_is_not_called_synthetic(tmp_path: Path) -> None:
    document = example.programme().model_dump(mode="json", exclude_none=True)
    document["programme"]["synthetic"] = False
    made = publish(tmp_path, Programme.model_validate(document)).report.read_text(encoding="utf-8")
    assert "Synthetic example" not in made


# --- published figures ----------------------------------------------------------------------------------------------


def counted(html: str) -> str:
    return html.split('id="published-figures"')[1].split("</section>")[0]


def test_a_funnel_says_what_is_counted_and_brackets_nothing_as_a_margin(report: str) -> None:
    told = words(counted(report))
    assert "Of 1,120 “referrals” in 2025/26, 21% are counted at “panel” and 10% are counted at “cases”" in told
    assert "nobody is followed from stage to stage" in told
    assert not re.search(r"\d% \(\d+ to \d+\)", told), "brackets after a percentage are read as a margin of error"


def test_no_line_crosses_a_break_and_the_reason_is_printed(report: str) -> None:
    panels = counted(report).split('<div class="panel">')[1:]
    assert len(panels) == 3
    for panel in panels:
        drawing = panel.split("</svg>")[0]
        assert drawing.count("<circle") == 3
        assert drawing.count('<line class="line accent"') == 1, "three figures, a break after the first: one line"
    told = words(counted(report))
    assert "The series breaks at 2024/25: no line is drawn across" in told
    assert "records moved to a new system" in told


def test_a_share_with_unknown_is_a_range_and_its_change_is_not_told(report: str) -> None:
    told = words(counted(report))
    assert "“religion” of “referrals” is unknown for 49%, so each share is a range" in told
    assert "Whether the share rose or fell from 2024/25 to 2025/26 cannot be established for “Muslim”" in told
    assert "among the known down 3 points; whatever the unknown are, anything from" in told


def test_two_denominators_stand_side_by_side(report: str) -> None:
    told = words(counted(report))
    assert "“referrals” per resident: higher for “Muslim”, wherever the unknown belong" in told
    assert "“cases” of “referrals”: a disproportion cannot be established" in told
    assert "24.5 per 100,000 against 6.6 per 100,000, 3.71 times as often" in told
    assert "none of these is “the” disproportion" in told
    assert "Why this denominator: What becomes of a referral once it is made" in told


def test_a_small_published_count_is_not_repeated_and_none_is_rounded(tmp_path: Path) -> None:
    """9 of 1,120 cannot be read or worked out; 236 stays 236, as whoever looks it up will find."""
    rows = [
        row | ({"count": 9, "bound_low": 9 / 1120} if row["category"] == "No religion" else {})
        for row in example.tables()["known_shares"].to_pylist()
    ]
    made = publish(tmp_path, known_shares=rows)
    told = (made.folder / "open-data" / "known_shares.csv").read_text(encoding="utf-8").splitlines()
    hidden = [line for line in told if "too few to report" in line or "cannot be worked out" in line]
    assert sum("2025/26" in line for line in hidden) >= 2, "another category is hidden with it"
    assert not any(",9," in line for line in told)
    assert "236" in words(counted(made.report.read_text(encoding="utf-8")))


def test_the_words_of_a_file_are_quoted_and_never_ours(tmp_path: Path) -> None:
    """An office may name a table as it likes; the report repeats it in quotation marks and says no such thing."""
    names = {"dimension": "type of extremism", "category": "Muslim Londoners, radicalised", "marks": "hard to reach"}
    made = publish(tmp_path, known_shares=[row | names for row in example.tables()["known_shares"].to_pylist()[:1]])
    told = words(counted(made.report.read_text(encoding="utf-8")))
    assert "“type of extremism” of “referrals” is unknown" in told
    assert "“hard to reach”" in told


# --- silence is said ------------------------------------------------------------------------------------------


def test_nothing_adverse_is_said_never_left_out(tmp_path: Path) -> None:
    rows = [row | {"direction": "favourable"} for row in example.tables()["findings"].to_pylist()]
    told = words(publish(tmp_path, findings=rows).report.read_text(encoding="utf-8"))
    assert "Nothing adverse met the rules fixed beforehand. That is not proof that there is no harm." in told


def test_nothing_favourable_is_said_never_left_out(tmp_path: Path) -> None:
    told = words(publish(tmp_path, findings=[]).report.read_text(encoding="utf-8"))
    assert "Nothing favourable met the rules fixed beforehand. That is not proof that nothing works." in told


def test_a_programme_with_no_evidence_still_has_a_whole_page(tmp_path: Path) -> None:
    programme = small_programme()
    made = edition(tmp_path, {}, programme, example.facts(sources=()), RULES)
    told = words(made.report.read_text(encoding="utf-8"))
    for silence in (
        "No source in this edition records who answered",
        "trust and alienation cannot be told",
        "No free-text responses were gathered",
        "No votes on statements were gathered",
        "No published figures were gathered",
        "No results of funded projects were gathered",
        "No question on the public record was gathered",
    ):
        assert silence in told


def test_without_population_figures_nothing_is_claimed_about_who_was_not_heard(tmp_path: Path) -> None:
    rows = [row | {"population": None, "population_share": None} for row in example.tables()["coverage"].to_pylist()]
    shown = [row for row in rows if row["community"] not in ("jewish", "sikh", "other")]
    told = words(publish(tmp_path, coverage=shown).report.read_text(encoding="utf-8"))
    assert "No population figures are declared, so who was heard less than their numbers cannot be told." in told
    assert "there is no population figure to compare with" in told


def test_a_headline_claims_nothing_about_communities_it_may_not_show(report: str) -> None:
    survey = report.split('id="coverage-survey-religion"')[1].split("</figcaption>")[0]
    assert "of the communities that may be shown" in survey
    assert "some counts are withheld" in survey


# --- nothing unsafe passes ------------------------------------------------------------------------------------


def test_a_table_that_disclosure_control_has_not_passed_is_refused(tmp_path: Path) -> None:
    programme = example.programme()
    safe: dict[str, Any] = dict(protect(example.tables(), programme))
    safe["coverage"] = example.tables()["coverage"]
    with pytest.raises(Unsafe, match="coverage is a Table"):
        edition(tmp_path, safe, programme, example.facts(), RULES)
    assert published(tmp_path) == []


def test_no_table_that_may_never_leave_is_among_the_open_data(tmp_path: Path) -> None:
    names = {path.stem for path in publish(tmp_path).open_data}
    assert names.isdisjoint({"weights", "codings", "readings", "fates", "people", "texts", "votes"})
    assert {"coverage", "gaps", "findings", "accounting", "README"} <= names


def test_a_finding_that_ties_a_community_to_extremism_stops_the_edition(tmp_path: Path) -> None:
    rows = example.tables()["findings"].to_pylist()
    rows[1]["sentence"] = "Muslim Londoners see extremism rising."
    with pytest.raises(Unsafe, match="Muslim Londoners see extremism rising"):
        publish(tmp_path, findings=rows)
    assert published(tmp_path) == []


def test_people_may_say_what_they_said(tmp_path: Path) -> None:
    made = publish(tmp_path, quotes=[A_QUOTE | {"exact": "They call us hard to reach. Muslims are not extremists."}])
    assert "hard to reach" in made.report.read_text(encoding="utf-8")


A_QUOTE = {
    "source": "consultation",
    "about": "theme",
    "key": "t1",
    "response": "consultation:1",
    "start": 0,
    "end": 9,
}
HOSTILE = "<script>alert('1')</script>\"><img src=x onerror=alert(1)>{{ 7*7 }}"


def test_source_cards_tell_no_count_that_the_accounting_withholds(report: str) -> None:
    """Of 702 rows of the consultation 4 were set aside: no card says 4, 668 or 702."""
    card = words(report.split('id="source-consultation"')[1].split("</details>")[0])
    assert "Rows about 700" in card
    assert "about 10 telephone numbers" in card
    assert not re.search(r"\b(?:4|668|702|12) ", card)


def test_what_people_and_files_say_is_text_never_markup(tmp_path: Path) -> None:
    document = example.programme().model_dump(mode="json", exclude_none=True)
    document["programme"]["name"] = f"Programme {HOSTILE}"
    document["characteristics"][0]["categories"][0]["name"] = f"People {HOSTILE}"
    document["activities"][0]["steps"][0]["name"] = f"Step {HOSTILE}"
    statement = example.tables()["statements"].to_pylist()[0] | {"text": HOSTILE}
    made = publish(
        tmp_path, Programme.model_validate(document), quotes=[A_QUOTE | {"exact": HOSTILE}], statements=[statement]
    ).report.read_text(encoding="utf-8")
    assert "<script" not in made
    assert "<img" not in made
    assert made.count("&lt;script&gt;") > 5
    assert "49" not in made.split("<title>")[1].split("</title>")[0]
    style = made.split("<style>")[1].split("</style>")[0]
    assert "<" not in style
    assert "alert(" not in style


# --- editions ---------------------------------------------------------------------------------------------------


def published(folder: Path) -> list[str]:
    """What a reader finds there; the lock that keeps two publishers apart is no edition."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_the_same_content_is_the_same_edition_on_any_day(tmp_path: Path) -> None:
    first = publish(tmp_path)
    again = publish(tmp_path, facts=example.facts(generated_on=date(2030, 1, 1)))
    assert (first.already_there, again.already_there) == (False, True)
    assert (again.number, again.sha256) == (1, first.sha256)
    assert published(tmp_path) == ["1"]


def test_other_content_is_the_next_edition_and_the_first_stays_as_it_was(tmp_path: Path) -> None:
    first = publish(tmp_path)
    before = first.report.read_bytes()
    second = publish(tmp_path, findings=[])
    assert (second.number, second.already_there) == (2, False)
    assert first.report.read_bytes() == before
    with pytest.raises(BadInput, match="edition 1 is already published"):
        publish(tmp_path, facts=example.facts(edition=1), findings=[])


def test_bytes_are_the_same_every_time_and_the_seal_names_them(tmp_path: Path) -> None:
    one, two = publish(tmp_path / "a"), publish(tmp_path / "b")
    for path in sorted(one.folder.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (two.folder / path.relative_to(one.folder)).read_bytes()
    seal = json.loads((one.folder / "edition.json").read_text(encoding="utf-8"))
    assert seal["files"]["report.html"] == one.sha256
    assert set(seal["files"]) == {
        str(path.relative_to(one.folder).as_posix()) for path in one.folder.rglob("*") if path.is_file()
    } - {"edition.json"}


def test_a_page_changed_after_publication_is_noticed(tmp_path: Path) -> None:
    programme = example.programme()
    safe = protect(example.tables(), programme)
    made = edition(tmp_path, safe, programme, example.facts(), RULES)
    assert differences(made.folder, safe, programme, example.facts(), RULES) == []
    made.report.write_text(made.report.read_text(encoding="utf-8").replace("47%", "74%"), encoding="utf-8")
    (made.folder / "extra.txt").write_text("x", encoding="utf-8")
    assert differences(made.folder, safe, programme, example.facts(), RULES) == ["extra.txt", "report.html"]


# --- what the templates receive -----------------------------------------------------------------------------------


def _used(template: str) -> set[str]:
    """Fields of `section` that a template reads."""
    made = environment()
    source, _name, _fresh = made.loader.get_source(made, template)  # type: ignore[union-attr]
    return {
        str(node.attr)
        for node in made.parse(source).find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == "section"
    }


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Page)])
def test_a_template_uses_exactly_what_its_section_offers(field: str) -> None:
    programme = example.programme()
    made = getattr(page(Evidence({}, programme, example.facts()), 1), field)
    assert _used(f"{field}.html.j2") == {each.name for each in dataclasses.fields(made)}


def test_every_section_is_on_the_page_and_documented() -> None:
    assert {field for field, _id, _heading in SECTIONS} | {"title"} == {
        each.name for each in dataclasses.fields(Page)
    }
    made = page(Evidence({}, example.programme(), example.facts()), 1)
    for field in dataclasses.fields(Page):
        assert (type(getattr(made, field.name)).__doc__ or "").strip(), f"{field.name} has no docstring"


def test_safe_is_a_type_of_its_own() -> None:
    assert not isinstance(example.tables()["coverage"], Safe)
    assert isinstance(example.tables()["coverage"], pa.Table)
