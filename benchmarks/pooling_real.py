"""Small communities of real people: a whole file taken as the truth, and surveys drawn from it again and again.

`.venv/bin/python benchmarks/pooling_real.py [SURVEYS [NAMES [even|uneven]]]` prints a Markdown table; NAMES as in
`belgium;britain`.
Needs ../shared/data, and for five of the files R with mlmRev and carData (left out, and said, where it is absent).

Surveys are drawn with replacement, so that the file is their population. Direct is what the product publishes in a
programme: raked to the margins of every characteristic pooled over. even: everybody is as likely to answer · uneven:
each category's odds of answering differ by a factor of about 1.35, as in surveys of the public. Predictor: one number
a community, known beforehand.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pooling import raked, ratio

from fairhearing.measure.pooled import pool_table
from fairhearing.stats.cells import Floats, Ints

DATA = Path(__file__).parents[2] / "shared" / "data"
UNEVEN = 0.3  # standard deviation, in log odds, of how readily categories answer
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Case:
    """heard: people a survey · rows: the file · said: 1, 0 or nothing of a row · by: characteristic → category of a
    row, or None; the first are the communities a predictor is of · known: number of a row, the same for all its
    community."""

    about: str
    heard: int
    rows: Callable[[], Rows]
    said: Callable[[dict[str, str]], bool | None]
    by: dict[str, Callable[[dict[str, str]], str | None]]
    known: Callable[[dict[str, str]], float] | None = None


def shared(path: str) -> Callable[[], Rows]:
    def read() -> Rows:
        with (DATA / path).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    return read


def from_r(package: str, name: str) -> Callable[[], Rows]:
    """A data set of an R package; nobody where R or the package is absent."""

    def read() -> Rows:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "people.csv"
            script = f'write.csv({package}::{name}, "{file}", row.names = FALSE, na = "")'
            try:
                subprocess.run(["Rscript", "-e", script], check=True, capture_output=True)
            except (FileNotFoundError, subprocess.CalledProcessError):
                return []
            with file.open(newline="") as told:
                return list(csv.DictReader(told))

    return read


def own(column: str) -> Callable[[dict[str, str]], str | None]:
    return lambda row: row[column].removesuffix(".0") or None


def band(column: str, *cuts: float) -> Callable[[dict[str, str]], str | None]:
    """Number of the cuts that lie below."""
    return lambda row: str(sum(float(row[column]) > cut for cut in cuts)) if row[column] else None


def above(column: str, cut: float) -> Callable[[dict[str, str]], bool | None]:
    return lambda row: float(row[column]) > cut if row[column] else None


def stops() -> Rows:
    """One row a stop; wealth of the neighbourhood beside it."""
    wealth = {row["neighborhood"]: row for row in shared("stops/minneapolis_neighbourhoods.csv")()}
    counts = shared("stops/minneapolis_2017_counts.csv")()
    kept = [row | wealth[row["neighborhood"]] for row in counts if row["neighborhood"] in wealth]
    return [row for row in kept for _ in range(int(row["stops"]))]


BRITAIN = {"region": own("region"), "age": band("agea", 29, 44, 59, 74), "school": band("eduyrs", 10, 12, 15)}
SCHOOLS = {"school": own("school"), "sex": own("sx"), "minority": own("minrty")}
EXAMS = {"school": own("school"), "sex": own("sex")}
STOPPED = {"neighbourhood": own("neighborhood"), "race": own("race"), "gender": own("gender")}
CASES = {
    "belgium": Case(
        "trust in the police above 5, Belgium (ESS 5)", 300, shared("trust-survey/ess5_belgium.csv"),
        above("trstplc", 5),
        {"age": band("agea", 19, 24, 34, 49, 64, 74), "income": own("hincfel"), "sex": own("female"),
         "school": band("eduyrs", 8, 10, 12, 15)},
    ),
    "britain": Case("immigration good for the economy, Great Britain (ESS 9)", 450,
                    shared("trust-survey/ess9_great_britain.csv"), above("imbgeco", 5), BRITAIN),
    "culture": Case("immigration enriches culture, Great Britain (ESS 9)", 450,
                    shared("trust-survey/ess9_great_britain.csv"), above("imueclt", 5), BRITAIN),
    "abortion": Case("would ban abortion, Canada (CES 2011)", 400, from_r("carData", "CES11"),
                     lambda row: row["abortion"] == "Yes",
                     {"province": own("province"), "religion": own("importance"), "school": own("education"),
                      "sex": own("gender")}),
    "contraception": Case("use contraception, 60 districts of Bangladesh (1988)", 1500,
                          from_r("mlmRev", "Contraception"), lambda row: row["use"] == "Y",
                          {"district": own("district"), "urban": own("urban"), "children": own("livch")}),
    "searches": Case("searched when stopped, 85 neighbourhoods (Minneapolis 2017)", 2500, stops,
                     lambda row: {"YES": True, "NO": False}.get(row["personSearch"]), STOPPED),
    "mathematics": Case("mathematics above 13, 160 schools (High School and Beyond)", 4000, from_r("mlmRev", "Hsb82"),
                        above("mAch", 13), SCHOOLS),
    "mathematics, known": Case("the same, the school's social class known", 4000, from_r("mlmRev", "Hsb82"),
                               above("mAch", 13), SCHOOLS, lambda row: float(row["meanses"])),
    "exams": Case("examination above the average, 65 schools (London)", 1600, from_r("mlmRev", "Exam"),
                  above("normexam", 0), EXAMS),
    "exams, known": Case("the same, the school's intake known", 1600, from_r("mlmRev", "Exam"),
                         above("normexam", 0), EXAMS, lambda row: float(row["schavg"])),
}  # fmt: skip


@dataclass(frozen=True)
class People:
    """y: (people,) · codes: one (people,) array a characteristic · labels: its categories."""

    y: Floats
    codes: list[Ints]
    labels: list[list[str]]
    known: Floats | None

    def truth(self) -> Floats:
        each = [np.bincount(codes, self.y) / np.bincount(codes) for codes in self.codes]
        return np.concatenate([[self.y.mean()], *each])

    def domains(self, by: Sequence[str]) -> list[str]:
        """As the rows of `pool_table` name them."""
        return [
            "everyone", *(f"{name}={label}" for name, own in zip(by, self.labels, strict=True) for label in own)
        ]  # fmt: skip


def people_of(case: Case) -> People | None:
    told = [(row, case.said(row), [name(row) for name in case.by.values()]) for row in case.rows()]
    full = [(row, said, own) for row, said, own in told if said is not None and None not in own]
    if not full:
        return None
    words = ([str(own[k]) for _, _, own in full] for k in range(len(case.by)))
    labels, codes = zip(*(np.unique(own, return_inverse=True) for own in words), strict=True)
    known = np.array([case.known(row) for row, _, _ in full]) if case.known else None
    return People(np.array([float(said) for _, said, _ in full]), list(codes), [list(each) for each in labels], known)


def survey(case: Case, people: People, rng: np.random.Generator, uneven: bool) -> list[dict[str, float]]:
    """One survey pooled: a row a domain, with its truth and what raking makes of its own answers."""
    odds = sum(rng.normal(0, UNEVEN, len(own))[codes] for own, codes in zip(people.labels, people.codes, strict=True))
    chance = np.exp(odds) / np.exp(odds).sum() if uneven else None
    drawn = rng.choice(len(people.y), case.heard, p=chance)
    words = {
        name: np.array(own)[codes] for name, own, codes in zip(case.by, people.labels, people.codes, strict=True)
    }
    heard = pa.table({name: each[drawn] for name, each in words.items()} | {"said": people.y[drawn].astype(int)})
    cells: dict[str, object] = {**words, "people": np.ones(len(people.y))}
    predictors = [] if people.known is None else ["known"]
    if people.known is not None:
        cells["known"] = people.known
    pooled = pool_table(heard, item="said", by=list(case.by), population=pa.table(cells), covariates=predictors,
                        interactions=len(people.labels[0]) <= 20, rng=rng, where="real people")  # fmt: skip
    living = [np.bincount(codes).astype(float) for codes in people.codes]
    alone = raked(people.y[drawn], [codes[drawn] for codes in people.codes], living)
    told = zip(people.domains(list(case.by)), people.truth(), alone, strict=True)
    true = {domain: {"truth": truth, "raked": own} for domain, truth, own in told}
    return [row | true[row["domain"]] for row in pooled.rows.to_pylist()]


def held(rows: Sequence[dict[str, float]]) -> float:
    return float(np.mean([row["low"] <= row["truth"] <= row["high"] for row in rows]))


def line(case: Case, uneven: bool, runs: list[list[dict[str, float]]], cpu: float) -> str:
    told = [row for run in runs for row in run if row["estimate"] is not None]
    alone = [row for row in told if row["direct"] is not None and row["n"] < 50]
    several = [row for row in told if row["n"] >= 15]
    small = [row for row in several if row["n"] < 50]
    each: dict[str, list[dict[str, float]]] = {}
    for row in several:
        each.setdefault(str(row["domain"]), []).append(row)
    often = {name: held(own) for name, own in each.items() if len(own) >= len(runs) / 2}
    spread = np.std(
        [own[0]["truth"] for name, own in each.items() if name in often and any(r["n"] < 50 for r in own)]
    )
    worst = min(often, key=lambda name: often[name])
    fewer = [row for row in small if row["direct"] is not None]
    return (
        f"| {case.about} | {'uneven' if uneven else 'even'} | {100 * spread:.0f} | {ratio(alone, 'raked'):.2f} | "
        f"{ratio(fewer, 'raked'):.2f} | {ratio(fewer, 'direct'):.2f} | {held(several):.3f} | {held(small):.3f} | "
        f"{often[worst]:.2f} ({worst}) | {np.mean([v < 0.9 for v in often.values()]):.2f} of {len(often)} | "
        f"{cpu / len(runs):.2f} |"
    )


def main() -> None:
    surveys, names, answering = [*sys.argv[1:], *("100", ";".join(CASES), "even uneven")[len(sys.argv) - 1 :]]
    print("| who | answering | communities differ by, points | MSE pooled ÷ raked, under 50 | 15–49 | ÷ not raked, "
          "15–49 | covered, ≥ 15 | 15–49 | worst | share below .90 | CPU s |\n" + "|---" * 11 + "|")  # fmt: skip
    for name in names.split(";"):
        people = people_of(CASES[name])
        if people is None:
            print(f"| {name}: R or its package is absent |", flush=True)
            continue
        for uneven in [each == "uneven" for each in answering.split()]:
            start = time.process_time()
            runs = [survey(CASES[name], people, np.random.default_rng([5, k]), uneven) for k in range(int(surveys))]
            print(line(CASES[name], uneven, runs, time.process_time() - start), flush=True)


if __name__ == "__main__":
    main()
