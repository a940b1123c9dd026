"""Changes between overlapping rounds, asked of R's `survey` on the spot: the stacked rounds, with the person (or the
cluster) as primary unit, both means from `svytotal` with its covariances, `svycontrast`.

| what                                         | tolerance  | why                                                  |
|----------------------------------------------|------------|------------------------------------------------------|
| same units in both rounds, any design, raked | 1e-7       | R rakes to 1e-12 of the margins, we to 1e-10         |
| some in both, one stratum                    | 1e-9       | R's sums, each put back from the units of both       |
|                                              |            | rounds to those of its own, n/(n-1)                  |
| some in both, several strata                 | R is wider | R takes being in a round as chance in the stratum    |
"""

from __future__ import annotations

import csv
import subprocess
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from fairhearing.measure import STAGES
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.helpers import RSCRIPT, needs_r, programme, run_stage

Row = dict[str, Any]
PEOPLE = {"one": 400, "two": 350, "three": 250}

SCRIPT = """
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", digits = 17)
for (name in commandArgs(TRUE)) {
  d <- read.csv(name, colClasses = c(unit = "character", stratum = "character"))
  st <- if (d$stratified[1]) ~stratum else NULL
  des <- svydesign(id = ~unit, strata = st, weights = ~w, data = d, nest = d$stratified[1])
  if (d$raked[1]) {
    des$variables$cell <- interaction(des$variables$round, des$variables$faith, drop = TRUE)
    n <- c(one = 400, two = 350, three = 250)
    cells <- levels(des$variables$cell)
    pop <- setNames(n[sub(".*[.]", "", cells)] * sapply(cells, function(each) {
      r <- sub("[.].*", "", each); sum(d$w[d$round == r]) / sum(n)
    }), paste0("cell", cells))
    des <- calibrate(des, ~cell - 1, pop, calfun = "raking", epsilon = 1e-12, maxit = 200)
  }
  for (who in c("everyone", "one", "two", "three")) {
    inside <- !is.na(d$y) & (who == "everyone" | d$faith == who)
    for (r in c("r1", "r2")) {
      des$variables[[paste0("a", r)]] <- as.numeric(inside & d$round == r)
      des$variables[[paste0("y", r)]] <- ifelse(inside & d$round == r, d$y, 0)
    }
    sums <- svytotal(~yr1 + ar1 + yr2 + ar2, des)
    means <- svycontrast(sums, list(before = quote(yr1 / ar1), after = quote(yr2 / ar2)))
    change <- svycontrast(means, c(-1, 1)); v <- vcov(means)
    cat(name, who, format(c(coef(change), SE(change), v[1, 1], v[2, 2], v[1, 2]), digits = 17), "\\n")
  }
}
"""


@dataclass(frozen=True)
class Case:
    rows: list[Row]
    kind: str
    stratified: bool
    clustered: bool
    raked: bool


KINDS = (
    # kind, stratified, clustered, raked
    ("panel", False, False, False), ("panel", True, False, False), ("panel", False, False, True),
    ("panel", True, False, True), ("clusters", False, True, False), ("clusters", True, True, False),
    ("clusters", True, True, True), ("partial", False, False, False), ("partial", False, False, False),
    ("partial", True, False, False),
)  # fmt: skip


def case(number: int) -> Case:
    """A seeded pair of rounds; a tenth gave no answer, strata count for more than noise."""
    kind, stratified, clustered, raked = KINDS[number]
    rng = np.random.default_rng([38, number])
    n = int(rng.integers(80, 160))
    stratum, street = np.arange(400) % 4, np.arange(400) // 4 % 6  # every cluster is met in both rounds
    faith = rng.choice(list(PEOPLE), 400, p=[0.45, 0.33, 0.22])
    weight, lean = rng.gamma(4, 1, 400).round(3), rng.normal(0, 1.5, 400)
    effect = rng.normal(0, 1, (4, 6))
    rows: list[Row] = []
    for number_of_round, round in enumerate(("r1", "r2")):
        start = {"panel": 0, "clusters": 200 * number_of_round, "partial": number_of_round * (n // 3)}[kind]
        for place in range(start, start + n):
            s, c = int(stratum[place]), int(street[place])
            y = 4 + 0.4 * number_of_round + 1.2 * s * stratified + effect[s, c] + lean[place] + rng.normal()
            rows.append(
                {
                    "source": "s", "row": len(rows) + 1, "person": f"p{place}", "round": round,
                    "weight": float(weight[place]), "c_faith": str(faith[place]),
                    "stratum": str(s) if stratified else None, "cluster": f"{s}-{c}" if clustered else None,
                    "q_y": None if rng.random() < 0.1 else float(np.clip(round_(y), -20, 20)),
                }
            )  # fmt: skip
    if kind == "panel":  # who is silent once is so twice, else the units of a domain would differ
        silent = {row["person"] for row in rows if row["q_y"] is None}
        rows = [row | {"q_y": None if row["person"] in silent else row["q_y"]} for row in rows]
    return Case(rows, kind, stratified, clustered, raked)


def round_(value: float) -> float:
    return round(float(value), 3)


@cache
def answers_of_r() -> dict[tuple[int, str], tuple[float, ...]]:
    with TemporaryDirectory() as folder:
        files = [_written(Path(folder), number) for number in range(len(KINDS))]
        script = Path(folder) / "rounds.R"
        script.write_text(SCRIPT)
        said = subprocess.run([str(RSCRIPT), str(script), *files], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    lines = [line.split() for line in said.stdout.splitlines() if line.strip()]
    return {(int(Path(name).stem), who): tuple(map(float, figures)) for name, who, *figures in lines}


def _written(folder: Path, number: int) -> str:
    one, file = case(number), folder / f"{number}.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["unit", "stratum", "round", "w", "faith", "y", "stratified", "raked"])
        for row in one.rows:
            unit = row["cluster"] or row["person"]
            y = "" if row["q_y"] is None else repr(row["q_y"])
            scaled = row["weight"]
            writer.writerow([unit, row["stratum"] or "0", row["round"], repr(scaled), row["c_faith"], y,
                             str(one.stratified).upper(), str(one.raked).upper()])  # fmt: skip
    return str(file)


def changes(one: Case) -> dict[str, Row]:
    people = PEOPLE if one.raked else dict.fromkeys(PEOPLE)
    categories = [{"id": id, "name": id} | ({"people": n} if n else {}) for id, n in people.items()]
    measure = {
        "id": "y", "name": "score", "report": "mean",
        "items": [{"id": "y", "wording": "?", "low": -20, "high": 20}],
    }  # fmt: skip
    columns = {"characteristics": {"faith": "faith"}, "person": "number"}
    declared = programme(
        characteristics=[{"id": "faith", "name": "Faith", "categories": categories}],
        measures=[measure],
        rounds=[{"id": id, "name": id} for id in ("r1", "r2")],
        sources=[{"id": "s", "file": "s.csv", "kind": "survey", "sample": "probability", "columns": columns}],
        rules={"fixed_on": "2026-01-01", "weight_at_most": 1000},
    )
    table = from_rows("people", one.rows)
    weighed = run_stage(WEIGH, declared, people=table)
    written = run_stage(STAGES[0], declared, people=table, weights=weighed["weights"], weighting=weighed["weighting"])
    return {row["community"] or "everyone": row for row in written["changes"].to_pylist()}


DOMAINS = ("everyone", *PEOPLE)


@needs_r("survey")
@pytest.mark.parametrize("number", [n for n, kind in enumerate(KINDS) if kind[0] != "partial"])
def test_the_same_units_in_both_rounds_as_r_has_them(number: int) -> None:
    ours = changes(case(number))
    for who in DOMAINS:
        change, se, *_parts = answers_of_r()[number, who]
        assert ours[who]["change"] == pytest.approx(change, rel=1e-7), who
        assert ours[who]["se"] == pytest.approx(se, rel=1e-7), who


@needs_r("survey")
@pytest.mark.parametrize("number", [7, 8])
def test_some_in_both_rounds_as_r_has_its_sums(number: int) -> None:
    """R's variances hold n/(n-1) of the units of both rounds together; ours those of each round."""
    one = case(number)
    rounds = [{row["person"] for row in one.rows if row["round"] == round} for round in ("r1", "r2")]
    union = len(rounds[0] | rounds[1])
    a, b = (len(each) / (len(each) - 1) * (union - 1) / union for each in rounds)
    ours = changes(one)
    for who in DOMAINS:
        change, _se, v1, v2, cov = answers_of_r()[number, who]
        assert ours[who]["change"] == pytest.approx(change, rel=1e-9)
        assert ours[who]["se"] == pytest.approx(sqrt(a * v1 + b * v2 - 2 * sqrt(a * b) * cov), rel=1e-9), who


@needs_r("survey")
def test_of_strata_partly_the_same_r_says_more_variance() -> None:
    ours = changes(case(9))["everyone"]
    change, se, *_parts = answers_of_r()[9, "everyone"]
    assert ours["change"] == pytest.approx(change, rel=1e-9)
    assert 0.5 * se < ours["se"] < se
