"""From two files of codes to the share of each theme: what each column may hold, and what is said when it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.__main__ import run
from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.hear.prevalence import prevalence_table


def coded(rows: list[tuple[str, str, str]], **more: list[str]) -> pa.Table:
    names = ("response", "theme", "probability")
    return pa.table({name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)} | more)


def world(n: int = 400, drawn: int = 100) -> tuple[pa.Table, pa.Table, np.ndarray]:
    """A theme people see in 3 of 10, which the machine sees with .7 where it is and .2 where it is not; every fourth
    response in the sample. A response in which the machine saw nothing has a row with an empty theme."""
    rng = np.random.default_rng(2)
    truth = rng.random(n) < 0.3
    seen = np.where(truth, rng.random(n) < 0.85, rng.random(n) < 0.2)
    rows = [(f"r{i}", "buses", "0.7") if seen[i] else (f"r{i}", "", "") for i in range(n)]
    sample = [(f"r{i}", "buses" if truth[i] else "") for i in range(0, n, n // drawn)]
    return coded(rows), long(sample), truth


def long(rows: list[tuple[str, str]], **more: list[str]) -> pa.Table:
    return pa.table({"response": [row[0] for row in rows], "theme": [row[1] for row in rows]} | more)


def only(table: pa.Table, theme: str = "buses", domain: str = "everyone") -> dict[str, Any]:
    (row,) = [each for each in table.to_pylist() if (each["theme"], each["domain"]) == (theme, domain)]
    return dict(row)


def test_a_share_is_corrected_and_says_how() -> None:
    machine, human, truth = world()
    row = only(prevalence_table(machine, human))
    assert (row["n"], row["n_human"], row["cannot_tell"]) == (400, 100, None)
    assert row["human_share"] == pytest.approx(truth[::4].mean())
    assert row["machine_share"] == pytest.approx(
        0.7 * sum(theme == "buses" for theme in machine["theme"].to_pylist()) / 400
    )
    assert row["low"] < row["estimate"] < row["high"]
    assert row["high"] - row["low"] < row["human_high"] - row["human_low"]
    assert row["narrower_by"] == pytest.approx(
        1 - (row["high"] - row["low"]) / (row["human_high"] - row["human_low"])
    )
    assert "prediction-powered" in row["method"]
    assert "coded once: what another coder would say is not known" in row["method"]


def test_labels_in_one_cell_are_the_same_as_rows() -> None:
    machine, human, _ = world()
    wide = pa.table({"id": human["response"], "labels": [f" {each};" for each in human["theme"].to_pylist()]})
    assert prevalence_table(machine, wide).equals(prevalence_table(machine, human))


def test_the_list_of_responses_replaces_empty_rows() -> None:
    machine, human, _ = world()
    said = machine.filter(pa.array([bool(each) for each in machine["theme"].to_pylist()]))
    listed = pa.table({"id": machine["response"]})
    assert prevalence_table(said, human, responses=listed).equals(prevalence_table(machine, human))
    with pytest.raises(BadInput, match="is in the sample and not among the coded responses") as caught:
        prevalence_table(said, human)
    assert "--responses" in caught.value.cure


def test_codes_of_people_in_the_coded_file_are_not_the_machines() -> None:
    """Were they, the machine would be right wherever it is checked."""
    machine, human, _ = world()
    both = machine.append_column("assigned_by", pa.array(["machine: words"] * 400))
    people = [(r, t, "1") for r, t in zip(*(human[c].to_pylist() for c in ("response", "theme")), strict=True) if t]
    mixed = pa.concat_tables([both, coded(people, assigned_by=["person: A"] * len(people))])
    assert prevalence_table(mixed, human).equals(prevalence_table(both, human))


def test_a_machine_that_learned_from_the_sample_is_not_believed() -> None:
    """Surer of the sample than of the rest: the human sample counts alone, and the row says why."""
    machine, human, _ = world()
    told = dict(zip(human["response"].to_pylist(), human["theme"].to_pylist(), strict=True))
    rows = [(f"r{i}", "buses", "0.4") if f"r{i}" not in told else (f"r{i}", told[f"r{i}"], "1") for i in range(400)]
    row = only(prevalence_table(coded(rows), human))
    assert row["estimate"] == pytest.approx(row["human_share"])
    assert row["narrower_by"] == 0
    assert "seems to have learned from it" in row["method"]
    assert "seems to have learned" not in only(prevalence_table(machine, human))["method"]


def test_a_sample_chosen_by_what_the_machine_saw_is_refused() -> None:
    """All the machine was asked about: of the first 60 where it saw the theme and 20 more, nothing can be counted."""
    machine, _, truth = world()
    seen = [i for i, theme in enumerate(machine["theme"].to_pylist()) if theme]
    chosen = sorted({*seen[:60], *range(0, 400, 20)})
    human = long([(f"r{i}", "buses" if truth[i] else "") for i in chosen])
    with pytest.raises(BadInput, match="was not drawn at random: it gives 'buses' to") as caught:
        prevalence_table(machine, human)
    assert "`probability`" in caught.value.cure


def test_a_random_sample_is_hardly_ever_taken_for_a_chosen_one() -> None:
    machine, _, truth = world()
    rng = np.random.default_rng(8)
    for _ in range(100):
        drawn = np.sort(rng.choice(400, 80, replace=False)).tolist()
        assert prevalence_table(machine, long([(f"r{i}", "buses" if truth[i] else "") for i in drawn])).num_rows == 1


def test_where_every_row_is_marked_targeted_nothing_is_counted() -> None:
    machine, human, _ = world()
    with pytest.raises(BadInput, match="every row of the sample is marked 'targeted'"):
        prevalence_table(machine, human.append_column("part", pa.array(["targeted"] * human.num_rows)))


def test_names_of_columns_in_other_letters_and_a_fault_in_the_list_of_responses() -> None:
    machine, human, _ = world()
    loud = [table.rename_columns([f" {name.upper()}" for name in table.column_names]) for table in (machine, human)]
    assert prevalence_table(*loud).equals(prevalence_table(machine, human))
    listed = pa.table({"ID": [f"r{i}" for i in range(400)], "w": ["0"] * 400})
    with pytest.raises(BadInput, match="every weight of w is 0") as caught:
        prevalence_table(machine, human, responses=listed, weights="w", where_responses="all.csv")
    assert caught.value.where == "all.csv"


def test_two_rows_of_labels_for_a_response_need_a_coder() -> None:
    machine, human, _ = world()
    wide = pa.table({"response": human["response"], "labels": human["theme"]})
    twice = pa.concat_tables([wide, wide.slice(0, 1)])
    with pytest.raises(BadInput, match="row 101 holds a response again") as caught:
        prevalence_table(machine, twice)
    assert "`coder`" in caught.value.cure
    named = twice.append_column("coder", pa.array(["A"] * 100 + ["B"]))
    assert only(prevalence_table(machine, named))["n_human"] == 100


def test_two_coders_count_by_their_share_and_their_agreement_is_told() -> None:
    machine, human, _ = world()
    ids, themes = human["response"].to_pylist(), human["theme"].to_pylist()
    second = [("" if i % 10 == 0 else theme) for i, theme in enumerate(themes)]
    rows = [*zip(ids, themes, strict=True), *zip(ids, second, strict=True)]
    row = only(prevalence_table(machine, long(rows, coder=["A"] * 100 + ["B"] * 100)))
    mean = (sum(map(bool, themes)) + sum(map(bool, second))) / 200
    assert row["human_share"] == pytest.approx(mean)
    assert row["agreement_low"] < row["agreement"] < row["agreement_high"] < 1
    assert "100 responses coded twice or more" in row["method"]


def test_weights_clusters_and_communities_come_from_the_list_of_responses() -> None:
    machine, human, truth = world()
    listed = pa.table({
        "response": [f"r{i}" for i in range(400)], "w": ["1" if i % 3 else "2" for i in range(400)],
        "person": [f"p{i // 2}" for i in range(400)],
        "area": ["", *("north" if i < 300 else "south" for i in range(1, 400))],
    })  # fmt: skip
    found = prevalence_table(machine, human, responses=listed, weights="w", cluster="person", by="area")
    weights = np.where(np.arange(400) % 3, 1, 2)[::4]
    assert only(found)["human_share"] == pytest.approx(np.average(truth[::4], weights=weights))
    assert (only(found, domain="north")["n"], only(found, domain="south")["n"]) == (299, 100)
    assert only(found, domain="south")["cannot_tell"] == "people coded 25 person clusters; at least 30 are needed"
    assert "weighted by w, clustered by person" in only(found)["method"]


def test_every_theme_of_either_file_has_a_row() -> None:
    machine, human, _ = world()
    machine = pa.concat_tables([machine, coded([("r3", "parks", "0.9")])])
    human = pa.concat_tables([human, long([("r8", "noise")])])
    found = prevalence_table(machine, human)
    assert [row["theme"] for row in found.to_pylist()] == ["buses", "noise", "parks"]  # the commonest first
    assert only(found, "parks")["cannot_tell"] == "people saw it in none of the responses they coded"
    assert only(found, "noise")["estimate"] == pytest.approx(0.01)
    assert only(found, "noise")["method"].startswith("human sample alone")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda m, h: (m.drop(["theme"]), h), "there is no column 'theme'"),
        (lambda m, h: (m.rename_columns(["text", "theme", "probability"]), h), "there is no column 'response'"),
        (lambda m, h: (pa.concat_tables([m, coded([("r0", "x", "1.2")])]), h), "row 401 of probability holds 1.2"),
        (lambda m, h: (pa.concat_tables([m, coded([("r0", "x", "high")])]), h), "probability is not numbers"),
        (lambda m, h: (pa.concat_tables([m, m]), h), "the same response and theme again"),
        (lambda m, h: (pa.concat_tables([m, coded([("", "x", "1")])]), h), "row 401 of response is empty"),
        (lambda m, h: (m, h.append_column("probability", pa.array(["1"] * 100))), "stand for 100, but there are 400"),
        (lambda m, h: (m, h.append_column("probability", pa.array(["0"] * 100))), "missing, 0, or not the same"),
    ],
)
def test_what_cannot_be_read_is_said(change: Any, what: str) -> None:
    machine, human, _ = world()
    with pytest.raises(BadInput, match=what):
        prevalence_table(*change(machine, human))


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"weights": "w"}, "there is no column 'w'"),
        ({"weights": "theme"}, "theme is not numbers|another value than an earlier row"),
        ({"cluster": "person"}, "there is no column 'person'"),
    ],
)
def test_a_column_that_is_not_there_is_said(given: dict[str, Any], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        prevalence_table(*world()[:2], **given)


def test_a_value_that_varies_within_a_response_is_said() -> None:
    machine, human, _ = world()
    machine = pa.concat_tables([machine, coded([("r0", "x", "1")])]).append_column("w", pa.array(["1"] * 400 + ["2"]))
    with pytest.raises(BadInput, match="row 401 of w holds another value"):
        prevalence_table(machine, human, weights="w")


def test_an_empty_sample_is_no_sample() -> None:
    machine, _, _ = world()
    with pytest.raises(CannotEstimate, match="the human sample is empty"):
        prevalence_table(machine, long([]).cast(pa.schema({"response": pa.string(), "theme": pa.string()})))


def test_the_command_gives_the_same_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine, human, _ = world()
    for name, table in (("coded", machine), ("human", human)):
        rows = [",".join(map(str, row.values())) for row in table.to_pylist()]
        (tmp_path / f"{name}.csv").write_text("\n".join([",".join(table.column_names), *rows]) + "\n")
    code = run(["prevalence", str(tmp_path / "coded.csv"), "--human", str(tmp_path / "human.csv"), "--json"])
    assert code == 0
    assert json.loads(capsys.readouterr().out) == prevalence_table(machine, human).to_pylist()
    assert run(["prevalence", str(tmp_path / "coded.csv"), "--human", str(tmp_path / "none.csv")]) == 4
