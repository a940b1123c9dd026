"""From proposals to a codebook people own: by the command line, through spreadsheets, and when things go wrong."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from fairhearing import main, open_programme
from fairhearing.__main__ import run as command
from fairhearing._folder import Folder
from fairhearing.doors import agreeing, sheets
from fairhearing.errors import BadInput, NotReady
from fairhearing.ledger import Ledger

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "agree-on-themes.md"
WORDS = {"Questioning at school": ("officer", "police"), "Support that helped": ("mentor", "worker")}


ONE_SOURCE = """
[programme]
id = "prevent-london"
name = "One consultation"
about = "The consultation of the example, alone: what is agreed on is not about the rest."
synthetic = true
[rules]
fixed_on = 2026-01-01
[[objectives]]
id = "safety"
text = "Keep people safe"
[[activities]]
id = "referral"
name = "Referral"
objective = "safety"
[[activities.steps]]
id = "questioning"
name = "Questioning"
[[sources]]
id = "consultation"
file = "consultation.csv"
kind = "consultation"
sample = "self-selected"
[sources.columns]
person = "number"
text = "experience_in_your_words"
"""


@pytest.fixture(scope="module")
def one_source(example_evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gathered and assessed. Not to be changed."""
    folder = tmp_path_factory.mktemp("codebook") / "prevent-london"
    (folder / "evidence").mkdir(parents=True)
    shutil.copy(example_evidence / "evidence" / "consultation.csv", folder / "evidence")
    (folder / "programme.toml").write_text(ONE_SOURCE, encoding="utf-8")
    main.gather(folder)
    main.assess(folder)
    return folder


@pytest.fixture
def folder(one_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(one_source, tmp_path / "prevent-london"))


@pytest.fixture
def agreed(folder: Path) -> Path:
    for name in WORDS:
        agreeing.change(folder, "add", names=[name], why="said in workshops")
    return folder


def code(path: Path, slip: int = 0) -> None:
    """Put an x where the words are; wrongly in every `slip`-th row."""
    book = openpyxl.load_workbook(path)
    page = book["Responses"]
    head = [cell.value for cell in page[1]]
    for number, row in enumerate(page.iter_rows(min_row=2), 1):
        text = str(row[1].value).lower()
        marked = [name for name, words in WORDS.items() if any(word in text for word in words)]
        if slip and number % slip == 0:
            marked = [name for name in WORDS if name not in marked]
        for name in marked or ["other"]:
            row[head.index(name)].value = "x"
    book.save(path)


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return open_programme(folder).tables[table].arrow.to_pylist()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert command([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_works_as_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command of it, in order; between handing out and taking back somebody codes."""
    commands = re.findall(r"^(?:\$ )?(fairhearing .*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(commands) == 9
    for number, line in enumerate(commands):
        if "--in " in line:
            code(Path(f"coding-{line[line.index('coding-') + 7]}.xlsx"), slip=9 + number)
        assert command(shlex.split(line)[1:]) == 0, capsys.readouterr().err
    main.assess(folder)
    agreement = {row["name"]: row for row in rows(folder, "coder_agreement")}
    assert all(row["n"] >= 60 and 0 < row["low"] < row["alpha"] < row["high"] < 1 for row in agreement.values())
    shares = {row["name"]: row for row in rows(folder, "prevalence_corrected") if row["characteristic"] is None}
    assert all(row["n_human"] == 120 and row["low"] < row["estimate"] < row["high"] for row in shares.values())
    assert {row["assigned_by"].split(":")[0] for row in rows(folder, "codings")} == {"machine", "coder"}
    report = Path(main.publish(folder).report).read_text(encoding="utf-8")
    assert "How far coders agree" in report and "Agreed themes" in report
    assert "Share of people, each counted once" in report
    assert main.verify(folder).edition


# --- decisions ----------------------------------------------------------------------------------------------------


def test_proposed_and_agreed_stand_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = told(capsys, "codebook", str(folder))
    assert before["agreed"] == [] and before["proposed"]
    chosen = before["proposed"][0]["theme"]
    told(capsys, "codebook", str(folder), "adopt", chosen, "--as", "Officers", "--why", "Often said")
    after = told(capsys, "codebook", str(folder))
    assert [row["name"] for row in after["agreed"]] == ["Officers"]
    assert {row["theme"]: row["adopted_as"] for row in after["proposed"]}[chosen] == "Officers"
    main.assess(folder)
    agreed = rows(folder, "agreed_themes")[0]
    assert (agreed["proposed"], agreed["state"], agreed["why"]) == ([chosen], "in use", "Often said")
    machine = {row["response"] for row in rows(folder, "codings") if row["theme"] == chosen}
    own = {row["response"] for row in rows(folder, "codings") if row["theme"] == agreed["theme"]}
    assert own == machine  # what the machine said of the proposal, and nobody has coded


def test_the_id_stays_over_runs_and_names(agreed: Path) -> None:
    ids = {row["theme"] for row in agreeing.show(agreed).agreed}
    agreeing.change(agreed, "rename", ["Support that helped"], names=["Help"], why="shorter")
    main.assess(agreed)
    assert {row["theme"] for row in rows(agreed, "agreed_themes")} == ids


def test_a_decision_makes_a_new_run(agreed: Path) -> None:
    first = main.assess(agreed)
    again = main.assess(agreed)
    agreeing.change(agreed, "retire", ["Support that helped"], why="too wide")
    second = main.assess(agreed)
    assert again.already_there and again.run == first.run != second.run


@pytest.mark.parametrize(
    ("action", "themes", "options", "what"),
    [
        ("rename", ["Nothing"], {"names": ["X"]}, "there is no agreed theme 'Nothing' in use"),
        ("adopt", ["nothing"], {}, "there is no proposed theme 'nothing'"),
        ("add", [], {"names": ["support that HELPED"]}, "is already called 'Support that helped'"),
        ("undo", [], {"undoes": 1}, "event 1 changed no theme"),
        ("paint", [], {}, "there is no action 'paint'"),
    ],
)
def test_a_slip_is_refused_and_leaves_no_trace(
    agreed: Path, action: str, themes: list[str], options: dict[str, Any], what: str
) -> None:
    before = Ledger(agreed / "ledger").head()
    with pytest.raises(BadInput) as error:
        agreeing.change(agreed, action, themes, why="a slip", **options)
    assert what in error.value.what
    assert Ledger(agreed / "ledger").head() == before


def test_a_reason_is_needed(agreed: Path) -> None:
    with pytest.raises(BadInput, match="no reason is given"):
        agreeing.change(agreed, "add", names=["X"], why=" ")


# --- sheets -------------------------------------------------------------------------------------------------------


def test_the_draw_is_random_blind_and_on_the_log(agreed: Path) -> None:
    made = sheets.hand_out(agreed, Path("c.xlsx"), coders=2, random=300, targeted=30)
    here = Folder.open(agreed)
    event = here.logged("coding sheets drawn")
    assert event is not None and event.number == made.event
    drawn = [row for part in event.parts for row in pq.read_table(here.ledger.path(part)).to_pylist()]
    hands = {
        sheet["sheet"]: {row["response"] for row in drawn if row["sheet"] == sheet["sheet"]} for sheet in made.sheets
    }
    random = {row["response"] for row in drawn if row["kind"] == "random"}
    both = set.intersection(*hands.values())
    assert (len(random), len(both), made.both) == (300, 90, 90)  # 30% of 300 go to both
    assert both <= random
    assert {row["probability"] for row in drawn} == {300 / made.drawn_from, None}
    assert len(set.union(*hands.values())) == 330
    second = sheets.hand_out(agreed, Path("d.xlsx"), random=100, targeted=0)
    event = here.logged("coding sheets drawn")
    assert event is not None and event.number == second.event
    later = {row["response"] for part in event.parts for row in pq.read_table(here.ledger.path(part)).to_pylist()}
    assert not later & random  # so that both together are one random sample


def test_order_tells_nothing(agreed: Path) -> None:
    """Targeted responses stand among random ones: as often in the first half as in the second, up to chance."""
    sheets.hand_out(agreed, Path("c.xlsx"), random=100, targeted=100)
    here = Folder.open(agreed)
    event = here.logged("coding sheets drawn")
    assert event is not None
    kinds = [row["kind"] for part in event.parts for row in pq.read_table(here.ledger.path(part)).to_pylist()]
    page = openpyxl.load_workbook("c.xlsx")["Responses"]
    assert page.max_row == 201
    assert 30 <= kinds[:100].count("targeted") <= 70  # 6 standard deviations around 50


def test_the_same_sheet_twice_changes_nothing_and_a_corrected_one_replaces(agreed: Path) -> None:
    sheets.hand_out(agreed, Path("c.xlsx"), random=40, targeted=0)
    code(Path("c.xlsx"))
    first = sheets.take_back(agreed, Path("c.xlsx"), coder="AB")
    again = sheets.take_back(agreed, Path("c.xlsx"), coder="AB")
    assert (first.coded + first.other, again.event) == (40, None)
    book = openpyxl.load_workbook("c.xlsx")
    book["Responses"]["C2"], book["Responses"]["D2"] = "x", "x"
    book.save("c.xlsx")
    assert sheets.take_back(agreed, Path("c.xlsx"), coder="AB").event is not None
    main.assess(agreed)
    assert {row["coded"] for row in rows(agreed, "agreed_themes")} == {40}


def test_edits_on_the_sheet_come_back_as_decisions_of_the_coder(agreed: Path) -> None:
    sheets.hand_out(agreed, Path("c.xlsx"), random=40, targeted=0)
    code(Path("c.xlsx"))
    book = openpyxl.load_workbook("c.xlsx")
    themes, page = book["Themes"], book["Responses"]
    themes["B2"], themes["C3"] = "Questioned", "Somebody who stayed"
    head = [cell.value for cell in page[1]]
    page.cell(1, head.index("(new theme)") + 1).value = "Figures"
    page.cell(2, head.index("(new theme)") + 1).value = "x"
    book.save("c.xlsx")
    came = sheets.take_back(agreed, Path("c.xlsx"), coder="policy lead")
    assert [change["action"] for change in came.changes] == ["rename", "describe", "add"]
    shown = {row["name"]: row for row in agreeing.show(agreed).agreed}
    assert set(shown) == {"Questioned", "Support that helped", "Figures"}
    assert shown["Questioned"]["who"] == "policy lead"
    assert shown["Support that helped"]["description"] == "Somebody who stayed"
    assert sheets.take_back(agreed, Path("c.xlsx"), coder="policy lead").event is None


def test_what_others_changed_meanwhile_is_not_undone_by_an_old_sheet(agreed: Path) -> None:
    sheets.hand_out(agreed, Path("c.xlsx"), random=40, targeted=0)
    code(Path("c.xlsx"))
    agreeing.change(agreed, "rename", ["Support that helped"], names=["Help"], why="shorter")
    came = sheets.take_back(agreed, Path("c.xlsx"), coder="AB")
    assert came.changes == ()
    assert {row["name"] for row in agreeing.show(agreed).agreed} == {"Questioning at school", "Help"}


def put(sheet: str, cell: str, value: object) -> None:
    book = openpyxl.load_workbook("c.xlsx")
    book[sheet][cell] = value
    book.save("c.xlsx")


HOSTILE = [
    ("Responses", "A3", "consultation:999999", "is not on the sheet that was handed out", "Responses, row 3"),
    ("Responses", "B3", "Something else", "the words of the response were changed", "Responses, row 3"),
    ("Responses", "C1", "Another name", "must have one column", "Responses, row 1"),
    ("Themes", "A2", "T00000000", "is not on the sheet that was handed out", "Themes, row 2"),
    ("Themes", "A2", None, "must have one row", "Themes"),
    ("Themes", "B2", "Support that helped", "is already called 'Support that helped'", ""),
    ("How to", "B12", "S00000000-1", "no sheet 'S00000000-1' was handed out here", "c.xlsx"),
    ("Responses", "C5", "perhaps", "is neither yes nor empty", "Responses, row 5"),
]


@pytest.mark.parametrize(("sheet", "cell", "value", "what", "where"), HOSTILE)
def test_nothing_is_half_imported(agreed: Path, sheet: str, cell: str, value: object, what: str, where: str) -> None:
    sheets.hand_out(agreed, Path("c.xlsx"), random=40, targeted=0)
    code(Path("c.xlsx"))
    put(sheet, cell, value)
    before = Ledger(agreed / "ledger").head()
    with pytest.raises(BadInput) as error:
        sheets.take_back(agreed, Path("c.xlsx"), coder="AB")
    assert what in error.value.what
    assert str(error.value.where or "").endswith(where)
    assert Ledger(agreed / "ledger").head() == before
    assert not Ledger(agreed / "ledger").orphans()


def test_one_person_is_not_two_coders(agreed: Path) -> None:
    sheets.hand_out(agreed, Path("c.xlsx"), coders=2, random=40, targeted=0)
    for number in (1, 2):
        code(Path(f"c-{number}.xlsx"))
    sheets.take_back(agreed, Path("c-1.xlsx"), coder="AB")
    with pytest.raises(BadInput, match="ab already brought back"):
        sheets.take_back(agreed, Path("c-2.xlsx"), coder="ab")


def test_a_write_that_fails_half_way_leaves_nothing(agreed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes are written and the line of the log is not: neither codes nor decisions are there; it works later."""
    sheets.hand_out(agreed, Path("c.xlsx"), random=40, targeted=0)
    code(Path("c.xlsx"))
    put("Themes", "B2", "Questioned")
    before = Ledger(agreed / "ledger").head()

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("fairhearing.ledger.log._write_line", full)
        with pytest.raises(BadInput, match="nothing was added"):
            sheets.take_back(agreed, Path("c.xlsx"), coder="AB")
    assert Ledger(agreed / "ledger").head() == before
    assert Folder.open(agreed).codes_received() == ()
    assert "Questioned" not in {row["name"] for row in agreeing.show(agreed).agreed}
    assert sheets.take_back(agreed, Path("c.xlsx"), coder="AB").event is not None


def test_a_draw_that_cannot_be_recorded_leaves_no_file(agreed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("fairhearing.ledger.log._write_line", full)
        with pytest.raises(BadInput):
            sheets.hand_out(agreed, Path("c.xlsx"), random=40, targeted=0)
    assert sorted(path.name for path in Path().iterdir()) == ["prevent-london"]


def test_a_file_somebody_may_have_coded_in_is_not_written_over(agreed: Path) -> None:
    sheets.hand_out(agreed, Path("c.xlsx"), random=10, targeted=0)
    with pytest.raises(BadInput, match="a file is already here"):
        sheets.hand_out(agreed, Path("c.xlsx"), random=10, targeted=0)


def test_without_an_agreed_theme_there_is_nothing_to_code_by(folder: Path) -> None:
    with pytest.raises(NotReady, match="no theme is agreed yet"):
        sheets.hand_out(folder, Path("c.xlsx"))


def test_the_door_of_code_leads_to_the_same_sheets(agreed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "code", str(agreed), "--sheet", "c.xlsx", "--random", "40", "--targeted", "0")
    assert out["random"] == 40
    code(Path("c.xlsx"))
    back = told(capsys, "code", str(agreed), "--sheet", "c.xlsx", "--coder", "AB")
    assert back["coded"] + back["other"] == 40
    assert command(["code", str(agreed)]) == 2  # neither a sheet nor a column of text
