"""Decisions in, codebook out; codes in, agreement and corrected shares out: as a table somebody could check."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.errors import BadInput
from fairhearing.hear import agreement, corrected
from fairhearing.hear.agreed import Codebook, codebook, new_ids, refuse_if_idle
from fairhearing.hear.agreement import coded
from fairhearing.hear.coding import Theme
from fairhearing.hear.prevalence import prevalence_table
from fairhearing.hear.taught import taught
from fairhearing.programme import Programme
from fairhearing.stage import Context
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage


def events(text: str) -> list[dict[str, Any]]:
    """Lists between +; the event's number is its row."""
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(ascii_table(text), 1):
        lists = {key: [each for each in row.get(key, "").split("+") if each] for key in ("themes", "makes", "names")}
        rows.append(
            lists | {
                "event": number, "part": 0, "action": row["action"], "proposed": row.get("proposed") or None,
                "words": [], "examples": [], "description": row.get("description") or None,
                "undoes": int(row["undoes"]) if row.get("undoes") else None,
                "who": row.get("who") or "lead", "at": f"2026-01-{number:02}", "why": "because",
            }
        )  # fmt: skip
    return rows


def drawn(book: Codebook) -> list[dict[str, str]]:
    return [
        {"theme": each.id, "name": each.name, "state": each.state, "proposed": "+".join(each.proposed),
         "became": "+".join(each.became)}
        for each in book.themes
    ]  # fmt: skip


STORY = """
| action   | themes | makes | names               | proposed |
| adopt    |        | T1    | Waiting             | waited   |
| adopt    |        | T2    | Long waits          | queue    |
| add      |        | T3    | Staff               |          |
| merge    | T1+T2  | T4    | Waiting times       |          |
| split    | T3     | T5+T6 | Staff kind+Staff few|          |
| rename   | T5     |       | Kindness            |          |
| retire   | T6     |       |                     |          |
"""
BOOK = """
| theme | name          | state   | proposed     | became |
| T1    | Waiting       | merged  | waited       | T4     |
| T2    | Long waits    | merged  | queue        | T4     |
| T3    | Staff         | split   |              | T5+T6  |
| T4    | Waiting times | in use  | waited+queue |        |
| T5    | Kindness      | in use  |              |        |
| T6    | Staff few     | retired |              |        |
"""


def test_what_decisions_come_to() -> None:
    book = codebook(events(STORY))
    assert drawn(book) == [{key: cell for key, cell in row.items() if key} for row in ascii_table(BOOK)]
    assert book.idle == ()


UNDONE = """
| action | themes | makes | names  | undoes |
| add    |        | T1    | One    |        |
| add    |        | T2    | Two    |        |
| rename | T1     |       | First  |        |
| undo   |        |       |        | 3      |
| undo   |        |       |        | 4      |
"""


@pytest.mark.parametrize(("until", "name"), [(3, "First"), (4, "One"), (5, "First")])
def test_undoing_is_another_event_and_can_be_undone(until: int, name: str) -> None:
    assert codebook(events(UNDONE)[:until]).themes[0].name == name


NO_EFFECT = """
| action | themes | makes | names      | undoes | because                                          |
| add    |        | T9    | waiting    |        | the theme T1 is already called 'Waiting'         |
| add    |        | T9    | a;b        |        | 'a;b' cannot be a name                           |
| rename | T2     |       | WAITING    |        | the theme T1 is already called 'Waiting'         |
| merge  | T1     | T9    | Both       |        | a merge needs two different themes or more       |
| merge  | T1+T1  | T9    | Both       |        | a merge needs two different themes or more       |
| split  | T1     | T9    | Part       |        | a split needs two new names or more              |
| retire | T7     |       |            |        | the theme T7 is not in the codebook              |
| retire | T3     |       |            |        | the theme T3 is retired                          |
| undo   |        |       |            | 77     | event 77 changed no theme                        |
"""
BEFORE = """
| action | themes | makes | names   |
| add    |        | T1    | Waiting |
| add    |        | T2    | Staff   |
| add    |        | T3    | Food    |
| retire | T3     |       |         |
"""


@pytest.mark.parametrize("case", ascii_table(NO_EFFECT), ids=lambda case: f"{case['action']} {case['because'][:25]}")
def test_what_could_have_no_effect_is_refused(case: dict[str, str]) -> None:
    before = events(BEFORE)
    head = "| action | themes | makes | names | undoes |\n"
    row = events(
        head + "| " + " | ".join(case[key] for key in ("action", "themes", "makes", "names", "undoes")) + " |"
    )[0]
    with pytest.raises(BadInput) as error:
        refuse_if_idle(before, [row | {"event": 5}])
    assert case["because"] in error.value.what
    assert error.value.cure


def test_what_later_decisions_rest_on_is_not_undone_alone() -> None:
    before = events(STORY)[:4]
    undo = events(UNDONE)[3] | {"event": 5, "undoes": 1}
    with pytest.raises(BadInput, match="event 4 would lose its effect: the theme T1 is not in the codebook"):
        refuse_if_idle(before, [undo])


def test_two_people_at_once_the_second_has_no_effect_and_is_named() -> None:
    book = codebook(
        events("| action | themes | makes | names |\n| add | | T1 | A |\n| retire | T1 | | |\n| rename | T1 | | B |")
    )
    assert [(event, why) for event, why, _cure in book.idle] == [(3, "the theme T1 is retired")]
    assert book.themes[0].name == "A"


def test_ids_are_those_of_the_event_not_of_the_place() -> None:
    assert new_ids("a" * 64, ["X", "Y"])[1] != new_ids("a" * 64, ["Y", "X"])[0]
    assert new_ids("a" * 64, ["X"]) == new_ids("a" * 64, ["X"])
    assert new_ids("b" * 64, ["X"]) != new_ids("a" * 64, ["X"])


# --- codes ------------------------------------------------------------------------------------------------------

SHA = hashlib.sha256(b"words").hexdigest()


def codes(text: str, drawn_from: int = 4) -> list[dict[str, Any]]:
    seen = {"yes": True, "no": False, "": None}
    return [
        {
            "sheet": "S1", "source": "talk", "response": row["response"], "coder": row["coder"], "kind": row["kind"],
            "probability": 0.5, "drawn_from": drawn_from, "text_sha256": SHA, "theme": row["theme"] or None,
            "seen": seen[row["seen"]], "reading": "cannot code" if not row["theme"] else "coded",
        }
        for row in ascii_table(text)
    ]  # fmt: skip


FOLLOW = """
| response | coder | kind   | theme | seen | T4  | T5 |
| r1       | A     | random | T1    | yes  | yes |    |
| r2       | A     | random | T1    | no   |     |    |
| r3       | A     | random | T1    | no   | no  |    |
| r3       | A     | random | T2    | no   | no  |    |
| r4       | A     | random | T3    | yes  |     |    |
| r5       | A     | random | T5    | yes  |     | yes|
"""


def test_codes_follow_a_merge_and_not_a_split() -> None:
    """Seen with a part is seen; not seen needs every part; nobody has said which part of a split it is."""
    book = codebook(events(STORY))
    found = {each.response: each for each in coded(codes(FOLLOW), book)}
    for row in ascii_table(FOLLOW):
        for theme in ("T4", "T5"):
            expected = {"yes": [True], "no": [False], "": []}[row[theme]]
            assert found[row["response"]].of(theme) == expected, (row["response"], theme)


ADD = "| action | themes | makes | names |\n| add | | T1 | Waiting |"


def agreed_on(counts: list[tuple[str, str, int]]) -> dict[str, Any]:
    """counts: what A said, what B said, of how many responses."""
    number = 0
    rows: list[str] = []
    for one, other, times in counts:
        for _ in range(times):
            number += 1
            rows += [
                f"| r{number:03} | {coder} | random | T1 | {said} |"
                for coder, said in (("A", one), ("B", other))
                if said
            ]
    text = "| response | coder | kind | theme | seen |\n" + "\n".join(rows)
    made = run_stage(
        agreement.STAGE, programme(), codebook_events=from_rows("codebook_events", events(ADD)),
        human_codes=from_rows("human_codes", codes(text)),
    )  # fmt: skip
    return dict(made["coder_agreement"].to_pylist()[0])


AGREEMENT = """
| yes yes | no no | yes no | A alone | n  | alpha | percent | verdict       |
| 20      | 30    | 2      | 5       | 52 | 0.921 | 0.962   | agreed enough |
| 8       | 30    | 12     | 0       | 50 | 0.411 | 0.760   | not yet       |
| 20      | 29    | 1      | 0       | 50 | 0.959 | 0.980   | agreed enough |
| 0       | 49    | 1      | 0       | 50 | 0.000 | 0.980   | cannot tell   |
| 10      | 10    | 0      | 0       | 20 | 1.000 | 1.000   | agreed enough |
| 2       | 2     | 0      | 0       | 4  | 1.000 | 1.000   | cannot tell   |
| 0       | 30    | 0      | 0       | 30 |       | 1.000   | cannot tell   |
| 0       | 0     | 0      | 9       | 0  |       |         | cannot tell   |
"""


@pytest.mark.parametrize("case", ascii_table(AGREEMENT), ids=lambda case: " ".join(case.values()))
def test_agreement_of_two_coders(case: dict[str, str]) -> None:
    """Alpha by hand: 1 − (2n − 1)·d/(yes·no), with d responses on which they differ, and yes + no = 2n answers."""
    told = agreed_on([("yes", "yes", int(case["yes yes"])), ("no", "no", int(case["no no"])),
                      ("yes", "no", int(case["yes no"])), ("yes", "", int(case["A alone"]))])  # fmt: skip
    assert told["n"] == int(case["n"])
    assert told["verdict"] == case["verdict"]
    assert told["alpha"] == (pytest.approx(float(case["alpha"]), abs=6e-4) if case["alpha"] else None)
    assert told["percent"] == (pytest.approx(float(case["percent"]), abs=6e-4) if case["percent"] else None)
    n, differ = int(case["n"]), int(case["yes no"])
    yes, no = 2 * int(case["yes yes"]) + differ, 2 * int(case["no no"]) + differ
    if case["alpha"]:
        assert told["alpha"] == pytest.approx(1 - (2 * n - 1) * differ / (yes * no))
    else:
        assert told["method"].startswith("none: ")


# --- corrected shares -------------------------------------------------------------------------------------------


def consultation() -> Programme:
    source = {
        "id": "talk",
        "file": "t.csv",
        "kind": "consultation",
        "sample": "self-selected",
        "columns": {"text": "t"},
    }
    return programme(sources=[source])


N = 400


def text_of(i: int, truth: bool, word: str = "words") -> str:
    """What a machine can learn from, and is now and then misled by."""
    said = "we waited for hours" if truth ^ (i % 7 == 0) else "the doctor was kind"
    return f"{said} {word} {i}"


def world(drawn: int, *, drawn_from: int = N, word: str = "words", seen: int = N) -> dict[str, pa.Table]:
    """400 responses, 120 with the theme; the proposal that was adopted errs in 15%; people see the theme where it is,
    and after `seen` of them no more."""
    rng = np.random.default_rng(7)
    truth = np.arange(N) % 10 < 3
    sampled = np.sort(rng.choice(N, drawn, replace=False))
    sees = truth & (np.cumsum(np.isin(np.arange(N), sampled) & truth) <= seen)
    texts = [
        {"source": "talk", "row": i, "response": f"talk:{i}", "text": text_of(i, bool(truth[i]), word),
         "redactions": 0, "person": f"p{i}"}
        for i in range(N)
    ]  # fmt: skip
    machine = truth ^ (rng.random(N) < 0.15)
    said = [
        {"sheet": "S1", "source": "talk", "response": f"talk:{i}", "coder": "A", "kind": "random", "reading": "coded",
         "probability": drawn / N, "drawn_from": drawn_from, "theme": "T1", "seen": bool(sees[i]),
         "text_sha256": hashlib.sha256(text_of(i, bool(truth[i])).encode()).hexdigest()}
        for i in sampled.tolist()
    ]  # fmt: skip
    adopted = events("| action | themes | makes | names | proposed |\n| adopt | | T1 | Waiting | waited |")
    theme = {"source": "talk", "theme": "waited", "label": "w", "words": ["w"], "responses": 1, "distinct": 1, "n": 1,
             "proposed_by": "machine"}  # fmt: skip
    return {
        "codebook_events": from_rows("codebook_events", adopted), "texts": from_rows("texts", texts),
        "human_codes": from_rows("human_codes", said), "themes": from_rows("themes", [theme]),
        "codings": from_rows("codings", [
            {"response": f"talk:{i}", "theme": "waited", "score": 1.0, "assigned_by": "machine: words"}
            for i in np.flatnonzero(machine).tolist()
        ]),
    }  # fmt: skip


def with_targeted(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Fifty more, coded because the machine doubted: all with the theme."""
    said = tables["human_codes"].to_pylist()
    random = {each["response"] for each in said}
    wild = [dict(said[0], response=f"talk:{i}", kind="targeted", probability=None, seen=True) for i in range(N)
            if f"talk:{i}" not in random][:50]  # fmt: skip
    return tables | {"human_codes": from_rows("human_codes", said + wild)}


def share_of(tables: dict[str, pa.Table]) -> dict[str, Any]:
    made = run_stage(corrected.STAGE, consultation(), **tables)
    assert made["prevalence_corrected"].num_rows == 1
    return dict(made["prevalence_corrected"].to_pylist()[0])


def test_the_corrected_share_is_that_of_the_door_on_files() -> None:
    """`fairhearing prevalence --only-these` on what a machine says that learned from the sample, and says of each
    coded response what it learned from the others."""
    tables = world(150)
    row = share_of(tables)
    texts = tables["texts"]["text"].to_pylist()
    human = tables["human_codes"].to_pylist()
    at = [int(each["response"].split(":")[1]) for each in human]
    saw = np.array([[each["seen"]] for each in human])
    context = Context(programme=consultation(), query=lambda sql: pa.table({"none": [sql]}), seed=1)
    found = taught(context, "agreed themes of talk", [Theme("Waiting")], texts, at, saw, np.arange(N))
    scores = found.probability[:, 0]
    file = pa.table({"response": [f"talk:{i}" for i in range(N)], "theme": ["w"] * N,
                     "probability": [repr(each) for each in scores.tolist()]})  # fmt: skip
    sample = pa.table({"response": [each["response"] for each in human],
                       "theme": ["w" if each["seen"] else "" for each in human]})  # fmt: skip
    door = prevalence_table(file, sample, only_these=True).to_pylist()[0]
    for name in (
        "machine_share",
        "human_share",
        "human_low",
        "human_high",
        "estimate",
        "low",
        "high",
        "n",
        "n_human",
    ):
        assert row[name] == pytest.approx(door[name], rel=1e-12), name
    assert row["low"] < 0.3 < row["high"]
    assert row["narrower_by"] > 0.1
    assert row["cannot_tell"] is None
    assert "learned from 150 coded responses" in row["method"]
    assert (row["people_estimate"], row["people_low"]) == (row["estimate"], row["low"])  # one response a person


def test_targeted_responses_teach_and_do_not_count() -> None:
    row, more = share_of(world(150)), share_of(with_targeted(world(150)))
    assert "learned from 200 coded responses" in more["method"]
    assert (more["n_human"], more["human_share"]) == (row["n_human"], row["human_share"])


def test_a_person_counts_once_however_much_is_written() -> None:
    """Those with the theme write one text, those without two: 120 of 400 responses, and of 260 people."""
    tables = world(300)
    texts = tables["texts"].to_pylist()
    for number, each in enumerate(text for text in texts if text["row"] % 10 >= 3):
        each["person"] = f"q{number // 2}"
    row = share_of(tables | {"texts": from_rows("texts", texts)})
    assert row["estimate"] == pytest.approx(120 / 400, abs=0.05)
    assert row["people_estimate"] == pytest.approx(120 / 260, abs=0.05)
    assert row["people_low"] < row["people_estimate"] < row["people_high"]


CANNOT = [
    (20, N, "words", "people coded 20 authors' responses; at least 30 are needed"),
    (150, 350, "words", "the sample was drawn from 350 responses and there are 400 now: draw another"),
    (150, N, "other", "150 responses of the sample do not hold the words that were coded any more: draw another"),
]


@pytest.mark.parametrize(("coded", "drawn_from", "word", "why"), CANNOT, ids=lambda value: str(value)[:30])
def test_where_it_cannot_be_corrected_the_row_says_why(coded: int, drawn_from: int, word: str, why: str) -> None:
    row = share_of(world(coded, drawn_from=drawn_from, word=word))
    assert row["cannot_tell"] == why
    assert (row["estimate"], row["low"], row["high"]) == (None, None, None)
    assert row["machine_share"] is not None
    assert "uncorrected" in row["method"]


def test_nothing_coded_is_a_row_and_says_machine_count_uncorrected() -> None:
    tables = world(150) | {"human_codes": from_rows("human_codes", [])}
    row = share_of(tables)
    assert row["cannot_tell"] == "people have coded no random sample of these responses"
    assert row["method"].startswith("machine count, uncorrected")


def test_people_and_machine_are_told_apart() -> None:
    tables = world(150)
    by_machine = run_stage(corrected.STAGE, consultation(), **tables)["codings"].to_pylist()
    people = {name: tables[name] for name in ("codebook_events", "human_codes")}
    by_people = run_stage(agreement.STAGE, consultation(), **people)["codings"].to_pylist()
    assert {row["assigned_by"].split(":")[0] for row in by_machine} == {"machine"}
    assert {row["assigned_by"] for row in by_people} == {"coder: A"}


def test_a_theme_no_longer_proposed_is_not_looked_for_until_people_taught_it() -> None:
    gone = {"themes": from_rows("themes", []), "codings": from_rows("codings", [])}
    uncoded = world(150) | gone | {"human_codes": from_rows("human_codes", [])}
    assert share_of(uncoded)["machine_share"] is None
    taught = share_of(world(150) | gone)
    assert 0.2 < taught["machine_share"] < 0.4
    assert taught == share_of(world(150))


def test_too_few_to_learn_from_is_said() -> None:
    """Of 150 coded only 3 with the theme: the proposal adopted is the machine."""
    tables = world(150, seen=3)
    made = run_stage(corrected.STAGE, consultation(), **tables)
    assert {row["assigned_by"] for row in made["codings"].to_pylist()} == {corrected.BY_PROPOSAL}
    row = made["prevalence_corrected"].to_pylist()[0]
    assert row["machine_share"] == tables["codings"].num_rows / N


def test_a_theme_the_machine_does_not_look_for_rests_on_people_alone() -> None:
    """Added, not adopted, and too few with it to learn from: no machine count of 0 is told."""
    tables = world(150, seen=3) | {"codebook_events": from_rows("codebook_events", events(ADD))}
    row = share_of(tables)
    assert row["machine_share"] is None
    assert (row["estimate"], row["low"], row["high"]) == (row["human_share"], row["human_low"], row["human_high"])
    assert row["method"].startswith("blind random sample alone")
