"""The main job on the synthetic example: what was planted is found, nothing is done twice, tampering is noticed."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhearing import main, open_programme
from fairhearing.__main__ import run as command
from fairhearing._folder import Folder
from fairhearing.errors import LedgerBroken, NotReady, NotVerified
from fairhearing.settings import read_settings


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return open_programme(folder).tables[table].arrow.to_pylist()


# --- planted truths -----------------------------------------------------------------------------------------------


def test_the_step_that_hurts_and_the_step_that_helps_are_found(example_run: Path) -> None:
    verdicts = {(row["activity"], row["step"]): row["verdict"] for row in rows(example_run, "verdicts")}
    assert verdicts["referral", "questioning"] == "revise"
    assert verdicts["referral", "support"] == "build upon"
    assert verdicts["referral", "review"] == "cannot tell"  # nobody described it and its safeguard is unknown
    assert verdicts["referral", None] == "revise"  # the worst step governs


def test_the_trust_gap_planted_is_found_and_no_other(example_run: Path) -> None:
    told = {
        (row["round"], row["community"])
        for row in rows(example_run, "gaps")
        if row["measure"] == "trust_police" and row["verdict"] == "lower"
    }
    assert told == {(round, "muslim") for round in ("autumn-2024", "spring-2025", "autumn-2025", "spring-2026")}


def test_the_rise_declared_beforehand_is_found_and_nothing_is_told_across_the_break(example_run: Path) -> None:
    compared = {row["comparison"]: row for row in rows(example_run, "comparisons")}
    assert {row["found"] for row in compared.values()} == {"moved as expected"}
    assert all(row["declared_before"] and row["follows"] == "school-protocol" for row in compared.values())
    across = [
        row
        for row in rows(example_run, "changes")
        if (row["measure"], row["round_to"]) == ("knows_help", "spring-2025") and row["source"] == "survey"
    ]
    assert across and all(row["change"] is None and "the series breaks" in row["cannot_tell"] for row in across)


def test_every_gap_that_may_be_shown_is_told_in_the_words_of_its_finding(example_run: Path) -> None:
    published = Path(main.publish(example_run).report)
    report = published.read_text(encoding="utf-8")
    trust = html.unescape(report.split('id="trust"')[1].split('id="what-was-said"')[0])
    shown = set(re.findall(r'<li id="gap-[^"]+">(.*?) <span', trust))
    findings = {row["sentence"] for row in rows(example_run, "findings") if row["kind"] == "gap"}
    with (published.parent / "open-data" / "gaps.csv").open(encoding="utf-8") as file:
        latest = [row for row in csv.DictReader(file) if row["round"] == "spring-2026" and not row["withheld"]]
    told = [row for row in latest if int(row["n"])]  # where nobody of a community was heard there is no gap to tell
    assert shown <= findings
    assert len(shown) == len(told) > 20


def test_the_change_planted_is_found_with_an_interval(example_run: Path) -> None:
    told = [row for row in rows(example_run, "changes") if row["community"] is None]
    assert {row["verdict"] for row in told} >= {"higher"}
    for row in told:  # an interval, or the reason why there is none
        assert row["cannot_tell"] or row["low"] < row["change"] < row["high"]


def test_projects_are_judged_by_their_design(example_run: Path) -> None:
    verdicts = {row["project"]: row["verdict"] for row in rows(example_run, "effects")}
    assert verdicts["Bridges"] == "works"
    assert verdicts["Night Watch"] == "harm signal"
    assert verdicts["Film Club"] == "not known"
    assert verdicts["Speak Up"] != "works"  # retrospective, without comparison
    assert verdicts["Street League"] == "not known"  # the correlation was not reported, and is never assumed
    assert verdicts["Open Table"] == "works"  # drawn by lot, whole tables
    assert verdicts["Second Wind"] != "works"  # those it did not suit left before the end
    stated = {row["project"]: row["mechanism"] for row in rows(example_run, "theories")}
    assert stated["Film Club"] and set(stated) == {"Film Club"}  # no effect, so a review; the others have one


def test_each_missing_safeguard_at_a_step_that_hurts_is_recommended(example_run: Path) -> None:
    recommended = {(row["step"], row["safeguard"]) for row in rows(example_run, "recommendations")}
    assert {("questioning", name) for name in ("appropriate-adult", "parents-told-first", "recorded")} <= recommended
    findings = {row["finding"] for row in rows(example_run, "findings")}
    for row in rows(example_run, "recommendations"):
        assert row["findings"], "a recommendation rests on something"
        assert set(row["findings"]) <= findings


def test_quotes_are_in_the_evidence_word_for_word(example_run: Path) -> None:
    folder = Folder.open(example_run)
    texts = {}
    for part in folder.parts():
        if part.table == "texts":
            texts |= {row["response"]: row["text"] for row in pq.read_table(folder.ledger.path(part)).to_pylist()}
    quotes = rows(example_run, "quotes")
    assert len(quotes) > 20
    for quote in quotes:
        assert texts[quote["response"]][quote["start"] : quote["end"]] == quote["exact"]


def test_no_identifying_detail_reaches_the_report(example_run: Path) -> None:
    published = Path(main.publish(example_run).report)
    text = "".join(path.read_text(encoding="utf-8") for path in published.parent.rglob("*") if path.is_file())
    for detail in ("7946 0321", "resident@example.org", "3AB"):
        assert detail not in text


def test_forty_copies_of_a_campaign_are_counted_both_ways(example_run: Path) -> None:
    copies = [row["copies"] for row in rows(example_run, "readings") if row["reading"] == "duplicate"]
    assert max(copies) >= 30
    assert any(row["reading"] == "not yet read" for row in rows(example_run, "readings"))


# --- nothing twice, nothing lost ------------------------------------------------------------------------------------


def test_doing_it_again_changes_nothing(example_run: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in example_run.rglob("*") if path.is_file()}
    gathered, assessed, published = main.run(example_run)
    assert {source["state"] for source in gathered.sources} == {"unchanged"}
    assert assessed.already_there
    assert published.already_there
    assert {path: path.stat().st_mtime_ns for path in example_run.rglob("*") if path.is_file()} == before


def test_a_changed_file_is_noticed_and_the_earlier_reading_kept(example: Path) -> None:
    main.gather(example)
    survey = example / "evidence" / "survey.csv"
    lines = survey.read_text().splitlines(keepends=True)
    survey.write_text("".join(lines[:-1]))
    states = {source["source"]: source["state"] for source in main.gather(example).sources}
    assert "file changed since event" in states.pop("survey")
    assert set(states.values()) == {"unchanged"}
    ledger = Folder.open(example).ledger
    assert [e.facts["rows"] for e in ledger.events() if e.facts.get("source") == "survey"] == [
        len(lines) - 1,
        len(lines) - 2,
    ]


def test_a_changed_rule_is_on_the_log_and_in_the_report(example: Path) -> None:
    main.run(example)
    toml = example / "programme.toml"
    toml.write_text(toml.read_text().replace("harm_share = 0.20", "harm_share = 0.90"))
    gathered, _assessed, published = main.run(example)
    assert gathered.rules == "rules changed"
    assert "changed" in Path(published.report).read_text(encoding="utf-8").casefold()


def test_what_was_done_has_two_columns(example: Path) -> None:
    main.run(example)
    main.record(example, "school-protocol", "claimed", "delivered", why="letter of 3 June")
    main.assess(example)
    (row,) = [row for row in rows(example, "commitments") if row["commitment"] == "school-protocol"]
    assert row["claimed"] == "delivered"
    assert row["verified"] is None


def test_another_reader_of_texts_is_noticed(example_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other model files read otherwise: the run is not theirs, and nothing is derived to find out."""
    told = Folder.open(example_run).inputs(read_settings())["reader"]
    assert told["name"] == "wordllama" and len(told["sha256"]) == 64
    assert f"wordllama, SHA-256 {told['sha256']}" in Path(main.publish(example_run).report).read_text(
        encoding="utf-8"
    )
    monkeypatch.setattr(Folder, "reader", lambda _folder: told | {"sha256": "0" * 64})
    with pytest.raises(NotVerified, match="not what this run was made from: reader\n"):
        main.verify(example_run)


def test_three_at_once_do_the_job_once(example: Path) -> None:
    """Whoever comes second finds what the first has sealed and published."""
    words = [sys.executable, "-m", "fairhearing", "run", str(example), "--json"]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    said = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert [path.name for path in (example / "published").iterdir() if path.is_dir()] == ["1"]
    main.verify(example)


# --- tampering is noticed -------------------------------------------------------------------------------------------


def tampered(folder: Path, pattern: str) -> None:
    path = next(path for path in sorted(folder.glob(pattern)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("evidence/survey.csv", NotVerified),
        ("ledger/parts/*.parquet", LedgerBroken),
        ("ledger/events.jsonl", LedgerBroken),
        ("runs/*/tables/estimates.parquet", NotVerified),
        ("runs/*/manifest.json", NotVerified),
        ("published/*/report.html", NotVerified),
    ],
)
def test_one_flipped_bit_is_noticed(example_run: Path, tmp_path: Path, pattern: str, error: type[Exception]) -> None:
    folder = Path(shutil.copytree(example_run, tmp_path / "copy"))
    tampered(folder, pattern)
    with pytest.raises(error):
        main.verify(folder)


@pytest.mark.parametrize("events_cut", [1, 2, 3])
def test_a_log_cut_short_is_noticed(example_run: Path, tmp_path: Path, events_cut: int) -> None:
    """The hash chain alone cannot show that its end is gone; what was sealed and published remembers it."""
    folder = Path(shutil.copytree(example_run, tmp_path / "copy"))
    log = folder / "ledger" / "events.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-events_cut]))
    with pytest.raises((LedgerBroken, NotReady)):
        main.verify(folder)


# --- the doors ------------------------------------------------------------------------------------------------------


def test_every_command_speaks_json_and_nothing_else_in_a_pipe(
    example_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["gather"], ["assess"], ["publish"], ["verify"], ["doctor"], ["run"]):
        assert command([*words, str(example_run), "--json"]) == 0
        said = capsys.readouterr()
        json.loads(said.out)
        assert said.err == ""


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["assess", "nowhere"], 3, "fairhearing new DIR"),
        (["estimate", "nowhere.csv", "--item", "x"], 4, "nowhere.csv"),
        (["question", "nowhere.txt"], 4, "nowhere.txt"),
        (["votes", "nowhere"], 4, "nowhere"),
    ],
)
def test_a_mistake_gets_a_cure_and_its_own_exit_code(
    words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(words) == code
    said = capsys.readouterr()
    assert says in said.err
    assert "What to do:" in said.err
    assert "Traceback" not in said.err


def test_assess_before_gather_says_so(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["assess", str(example)]) == 6
    assert "fairhearing gather" in capsys.readouterr().err


def test_a_new_programme_is_valid_and_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["new", str(tmp_path / "mine")]) == 0
    assert command(["run", str(tmp_path / "mine")]) == 0
    capsys.readouterr()
    assert command(["new", str(tmp_path / "mine")]) == 3
    assert "already here" in capsys.readouterr().err


def test_tables_go_to_pandas_polars_and_a_notebook(example_run: Path) -> None:
    view = open_programme(example_run).tables["estimates"]
    assert len(view.to_pandas()) == len(polars.DataFrame(view)) == pa.table(view).num_rows == len(view)
    assert "<caption>" in view._repr_html_()
    assert "Each measure" in repr(view)
