"""Editions side by side, findings that a person withheld, and the forms in which others read an edition."""

from __future__ import annotations

import csv
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvDocument

from fairhearing.errors import BadInput, BadProgramme
from fairhearing.library import language_rules
from fairhearing.programme import Programme, read_programme
from fairhearing.protect import protect
from fairhearing.publish import Edition, Review, as_published, changes_html, compare, edition
from fairhearing.publish.standards import people
from fairhearing.tables import from_rows
from tests import example_tables as example
from tests.helpers import ascii_table


def publish(
    folder: Path, programme: Programme | None = None, reviews: tuple[Review, ...] = (), **changed: Any
) -> Edition:
    programme = programme or example.programme()
    tables = example.tables() | {name: from_rows(name, rows) for name, rows in changed.items()}
    safe = protect(tables, programme, {each.finding: each for each in reviews})
    facts = example.facts(reviews=reviews)
    return edition(folder, safe, programme, facts, language_rules())


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = example.tables()[name].to_pylist()
    return found


def differences(one: Edition, two: Edition) -> list[tuple[str, ...]]:
    found = compare(as_published(one.folder), as_published(two.folder))
    return [(row.what, row.table, row.about, row.column, str(row.before), str(row.after)) for row in found.rows]


# --- editions side by side ----------------------------------------------------------------------------------------


def seal(edition: int, **rules: Any) -> str:
    return json.dumps({"edition": edition, "rules": rules})


def table(text: str) -> str:
    listed = ascii_table(text)
    return "\n".join(",".join(row) for row in [list(listed[0]), *(list(row.values()) for row in listed)]) + "\n"


BEFORE = """
finding | sentence   | estimate | withheld
f1      | It hurts   | 0.4      |
f2      | It helps   | 0.7      |
f3      | Few agree  | 0.2      |
f4      |            |          | too few
"""
AFTER = """
finding | sentence   | estimate | withheld
f1      | It hurts   | 0.5      |
f3      |            |          | too few
f4      | Now enough | 0.3      |
f5      | New        | 0.1      |
"""
EXPECTED = """
what     | about | column   | before    | after
changed  | f1    | estimate | 0.4       | 0.5
gone     | f2    | sentence | It helps  | None
withheld | f3    | sentence | shown, in that edition | too few
shown    | f4    | sentence | too few   | Now enough
added    | f5    | sentence | None      | New
"""


def test_added_gone_changed_withheld_and_shown() -> None:
    found = compare(
        {"edition.json": seal(1), "open-data/findings.csv": table(BEFORE)},
        {"edition.json": seal(2), "open-data/findings.csv": table(AFTER)},
    )
    told = [
        {
            "what": row.what,
            "about": row.about,
            "column": row.column,
            "before": str(row.before),
            "after": str(row.after),
        }
        for row in found.rows
    ]
    assert told == ascii_table(EXPECTED)
    assert found.unchanged["findings"] == 0


def test_a_changed_rule_shows_with_both_values() -> None:
    found = compare({"edition.json": seal(1, harm_share=0.2, k=1)}, {"edition.json": seal(2, harm_share=0.9, k=1)})
    assert [(row.table, row.about, row.before, row.after) for row in found.rows] == [
        ("rules", "harm_share", "0.2", "0.9")
    ]


def test_rows_about_the_same_are_matched_one_by_one() -> None:
    two = "finding,sentence\nf,one\nf,two\n"
    found = compare(
        {"edition.json": seal(1), "open-data/findings.csv": two},
        {"edition.json": seal(2), "open-data/findings.csv": "finding,sentence\nf,one\n"},
    )
    assert [(row.what, row.about, row.before) for row in found.rows] == [("gone", "f · (2)", "two")]


def test_a_finding_that_vanished_shows_in_the_next_edition_with_its_words(tmp_path: Path) -> None:
    findings = rows("findings")
    one, two = publish(tmp_path), publish(tmp_path, findings=findings[1:])
    gone = findings[0]
    assert ("gone", "findings", gone["finding"], "sentence", gone["sentence"], "None") in differences(one, two)
    page = (two.folder / "changes.html").read_text(encoding="utf-8")
    assert "edition 2 against edition 1" in page
    lost = page.split("<h2>Gone or withheld</h2>")[1].split("<h2>")[0]
    assert gone["finding"] in lost
    assert gone["sentence"].split(":")[0][:30] in lost.replace("&#39;", "'")
    assert not (one.folder / "changes.html").exists(), "the first has none before it"
    said = json.loads((two.folder / "changes.json").read_text(encoding="utf-8"))
    assert (said["before"], said["after"]) == (1, 2)
    assert "changes.html" in (two.folder / "index.html").read_text(encoding="utf-8")


def test_words_of_others_are_text_on_the_page(tmp_path: Path) -> None:
    findings = rows("findings")
    findings[0]["sentence"] = "<script>alert(1)</script>"
    one, two = publish(tmp_path, findings=findings), publish(tmp_path)
    page = changes_html(compare(as_published(one.folder), as_published(two.folder)), example.programme())
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_an_edition_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no edition here"):
        as_published(tmp_path / "7")


# --- withheld or amended by a person ------------------------------------------------------------------------------


def shown(edition: Edition, finding: str) -> dict[str, str]:
    with (edition.folder / "open-data" / "findings.csv").open(encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["finding"] == finding)


def review(finding: str, kind: str, words: str = "") -> Review:
    return Review(finding, kind, "Head of evidence", example.facts().generated_on, "a court order", words)


def test_a_withheld_finding_stays_as_a_row_that_says_who_and_why(tmp_path: Path) -> None:
    one = publish(tmp_path)
    id = next(row["finding"] for row in rows("findings") if not shown(one, row["finding"])["withheld"])
    two = publish(tmp_path, reviews=(review(id, "withheld"),))
    row = shown(two, id)
    report = two.report.read_text(encoding="utf-8")
    assert "Withheld or amended by a person" in report
    assert "because <span data-words>a court order</span>" in report
    assert row["withheld"] == "withheld by Head of evidence on 2026-07-02: a court order"
    assert (row["sentence"], row["n"], row["estimate"]) == ("", "", "")
    assert [each[:3] for each in differences(one, two)] == [("withheld", "findings", id)]
    assert shown(one, id)["sentence"] not in (two.folder / "changes.json").read_text(encoding="utf-8")


def test_an_amended_finding_says_that_it_is(tmp_path: Path) -> None:
    one = publish(tmp_path)
    id = next(row["finding"] for row in rows("findings") if not shown(one, row["finding"])["withheld"])
    two = publish(tmp_path, reviews=(review(id, "amended", "Fewer than was said."),))
    assert shown(two, id)["sentence"] == (
        "Fewer than was said. (amended by Head of evidence on 2026-07-02: a court order)"
    )
    ((what, _table, about, column, before, _after),) = differences(one, two)
    assert (what, about, column) == ("changed", id, "sentence")
    assert before == shown(one, id)["sentence"]


# --- studies ------------------------------------------------------------------------------------------------------


def test_a_study_that_never_came_out_is_printed_with_the_reason(tmp_path: Path) -> None:
    document = example.programme().model_dump(mode="json", exclude_none=True)
    document["studies"] = [
        {"id": "a", "title": "Survey of parents", "commissioned_by": "Schools office", "state": "published",
         "commissioned_on": "2026-02-01", "where": "the office's page"},
        {"id": "b", "title": "Review of referrals", "state": "withheld", "why": "it names nobody but is short"},
    ]  # fmt: skip
    text = publish(tmp_path, Programme.model_validate(document)).report.read_text(encoding="utf-8")
    section = text.split('id="studies"')[1].split("</ul>")[0]
    told = " ".join(re.sub(r"<[^>]+>", "", section).replace("&#39;", "'").split())
    assert "Survey of parents, commissioned by Schools office, 1 February 2026: published; the office's page." in told
    assert (
        "Review of referrals, commissioned by not stated, day not stated: withheld, because it names nobody" in told
    )


def test_no_study_declared_is_said(tmp_path: Path) -> None:
    document = example.programme().model_dump(mode="json", exclude_none=True) | {"studies": []}
    text = publish(tmp_path, Programme.model_validate(document)).report.read_text(encoding="utf-8")
    assert "None is declared, published or withheld." in text


@pytest.mark.parametrize("state", ["withheld", "not yet published"])
def test_a_study_that_is_not_out_needs_the_reason(tmp_path: Path, state: str) -> None:
    template = resources.files("fairhearing.library").joinpath("new_programme.toml").read_text(encoding="utf-8")
    study = f'\n[[studies]]\nid = "a"\ntitle = "A"\nstate = "{state}"\n'
    (tmp_path / "programme.toml").write_text(template + study, encoding="utf-8")
    with pytest.raises(BadProgramme, match=f"a study that is {state} needs the reason"):
        read_programme(tmp_path)


# --- forms that others read ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return publish(tmp_path_factory.mktemp("published"))


def test_the_crate_is_read_by_the_tool_of_the_standard(made: Edition) -> None:
    """`rocrate`, the reference reader of RO-Crate, finds every file, its size and who made it."""
    rocrate = pytest.importorskip("rocrate.rocrate", reason="rocrate is not installed")
    read = rocrate.ROCrate(str(made.folder))
    there = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()}
    listed = {each.id: each for each in read.data_entities}
    assert set(listed) == there - {"ro-crate-metadata.json", "edition.json"}
    assert all(int(each["contentSize"]) == (made.folder / id).stat().st_size for id, each in listed.items())
    assert read.root_dataset["datePublished"] == "2026-07-02"
    assert read.dereference("#fairhearing")["version"] == "0.1.0"
    (action,) = [each for each in read.contextual_entities if each.type == "CreateAction"]
    assert {each.id for each in action["result"]} == set(listed)


def test_provenance_is_prov_and_leads_from_the_edition_to_the_evidence(made: Edition) -> None:
    document = ProvDocument.deserialize(content=(made.folder / "provenance.json").read_text(), format="json")
    kinds = {str(record.identifier): type(record).__name__ for record in document.get_records() if record.identifier}
    assert kinds["evidence/survey"] == kinds["edition/1"] == kinds["rules/1"] == "ProvEntity"
    assert kinds["fairhearing"] == "ProvAgent"
    said = json.loads((made.folder / "provenance.json").read_text())
    used = {row["prov:entity"] for row in said["used"].values()}
    assert used == {"evidence/survey", "evidence/consultation", "rules/1", "sealed/2026-07-01-a1b2c3"}
    assert "702" not in json.dumps(said["entity"]), "no count of rows leaves the folder"


def test_search_engines_find_a_dataset(made: Edition) -> None:
    page = (made.folder / "index.html").read_text(encoding="utf-8")
    (text,) = re.findall(r'<script type="application/ld\+json">\n(.*?)</script>', page, re.S)
    said = json.loads(text)
    assert (said["@type"], said["@context"]) == ("Dataset", "https://schema.org")
    assert {each["contentUrl"] for each in said["distribution"]} == {
        f"open-data/{path.name}" for path in made.open_data if path.suffix == ".csv"
    }
    assert "license" not in said, "none is known, so none is named"


def test_people_and_offices_of_the_record_are_popolo() -> None:
    record = [
        {"source": "q", "question": "1", "asked_by": "A. Member", "group": "Greens", "asked_of": "The Mayor",
         "answered_by": "The Mayor"},
        {"source": "q", "question": "2", "asked_by": "B. Member", "asked_of": "The Mayor",
         "answered_by": "C. Deputy"},
    ]  # fmt: skip
    said = json.loads(people(protect({"record": from_rows("record", record)}, example.programme())))
    assert [each["name"] for each in said["persons"]] == ["A. Member", "B. Member", "C. Deputy"]
    assert [(each["name"], each["classification"]) for each in said["organizations"]] == [
        ("Greens", "political group")
    ]
    assert [each["label"] for each in said["posts"]] == ["The Mayor"]
    (member,) = said["memberships"]
    assert member["person_id"] == said["persons"][0]["id"]
    assert member["organization_id"] == said["organizations"][0]["id"]


def test_every_page_of_the_edition_names_what_a_log_cannot_show(tmp_path: Path) -> None:
    facts = example.facts(not_proven=("that the evidence is true",))
    programme = example.programme()
    made = edition(tmp_path, protect(example.tables(), programme), programme, facts, language_rules())
    page = (made.folder / "index.html").read_text(encoding="utf-8")
    assert "<li>that the evidence is true</li>" in page
    for link in re.findall(r'href="([^"#]+)"', page):
        assert link.startswith("proof/") or (made.folder / link).is_file(), link
