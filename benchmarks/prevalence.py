"""Corrected shares of themes: do the intervals hold the truth, and how much narrower are they than people alone.

`.venv/bin/python benchmarks/prevalence.py [REPEATS] [PREDICTIONS.csv]` prints Markdown tables. First sessions of 20
texts whose truth is planted; then the real comments of ../shared/data/nhs-comments, all of which people coded: 300
of them are drawn again and again as the blind sample, and the truth is the share among all that the machine did not
learn from. Without PREDICTIONS.csv (comment_id, theme, probability) the machine is that of `fairhearing code`, taught
by 1,000 comments: with the bundled reader and, where it is installed, the better one; and beside them a quick one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import sparse

from fairhearing.errors import BadInput
from fairhearing.hear.coding import VECTORS_COUNT, Theme, chances, cuts, drawn, learned
from fairhearing.hear.readers import FAST, SLOW, Reader, open_reader, unit
from fairhearing.hear.terms import Terms
from fairhearing.stats.intervals import logit_interval
from fairhearing.stats.multilabel import calibrate, dual_ridge
from fairhearing.stats.prediction import blind, corrected, told

COMMENTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "nhs-comments" / "comments.csv"
LEARNED, BLIND, FEWEST, CROSSED = 1000, 300, 5, 100
TRUTH = 0.3


def main(repeats: int, predictions: Path | None) -> None:
    print_sessions(repeats)
    if COMMENTS.exists():
        print_comments(repeats, predictions)


# --- sessions ---------------------------------------------------------------------------------------------------


def sessions(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """20 texts each, intra-class correlation .1."""
    chance = np.repeat(rng.beta(TRUTH * 9, (1 - TRUTH) * 9, count), 20)
    y = (rng.random(len(chance)) < chance).astype(float)
    return y, np.where(y > 0, rng.beta(4, 2, len(y)), rng.beta(1.5, 5, len(y)))


def print_sessions(repeats: int) -> None:
    print(
        "| labelled sessions (nominal 90%) | clustered | as if independent | machine alone | narrower than people |"
    )
    print("| --- | --- | --- | --- | --- |")
    for labelled in (15, 30, 60):
        rng = np.random.default_rng(labelled)
        rows = np.array([one_world(rng, labelled) for _ in range(repeats)])
        clustered, naive, machine, width, alone = rows.mean(axis=0)
        print(f"| {labelled} | {clustered:.3f} | {naive:.3f} | {machine:.3f} | {1 - width / alone:.0%} |")


def one_world(rng: np.random.Generator, labelled: int) -> tuple[float, ...]:
    """Whether each interval holds the truth, and the widths of the clustered one and of people alone."""
    y, f = sessions(rng, labelled + 500)
    coded, session = np.arange(labelled * 20), np.arange(len(y)) // 20
    whole, _ = corrected(blind(len(y), coded, clusters=session), f, y[coded])
    independent, _ = corrected(blind(len(y), coded), f, y[coded])
    low, high = logit_interval(whole.estimate[0], whole.se[0], labelled - 1, 0.9)
    alone = logit_interval(whole.human[0], whole.human_se[0], labelled - 1, 0.9)
    naive = logit_interval(independent.estimate[0], independent.se[0], len(coded) - 1, 0.9)
    half = 1.645 * f.std() / np.sqrt(len(f))
    held = (low <= TRUTH <= high, naive[0] <= TRUTH <= naive[1], abs(f.mean() - TRUTH) <= half)
    return (*map(float, held), high - low, alone[1] - alone[0])


# --- real comments ----------------------------------------------------------------------------------------------


def print_comments(repeats: int, predictions: Path | None) -> None:
    with COMMENTS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [{part.strip() for part in row["themes"].split(";")} - {""} for row in rows]
    common = Counter(theme for each in labels for theme in each).most_common()
    themes = [theme for theme, count in common if count >= FEWEST]
    y = np.array([[theme in each for theme in themes] for each in labels], float)
    order, texts = np.random.default_rng(3).permutation(len(rows)), [row["text"] for row in rows]
    taught, rest = order[:LEARNED], order[LEARNED:]
    if predictions is not None:
        rest, f = read_predictions(predictions, [row["comment_id"] for row in rows], themes)
        print_themes(themes, y[rest], f, repeats, predictions.name)
        return
    for name in (FAST, SLOW):
        try:
            reader = open_reader(name)
        except BadInput:
            print(f"\n{name} is not installed.")
            continue
        made = learned(
            reader, [Theme(theme) for theme in themes], [texts[i] for i in taught], y[taught] > 0,
            [texts[i] for i in rest], np.random.default_rng(0),
        )  # fmt: skip
        number = repeats if name == FAST else min(repeats, CROSSED)
        print_themes(themes, y[rest], made.probability.astype(float), number, f"{name}, every probability")
        if name == FAST:
            given = np.where(made.probability >= cuts(made.probability), made.probability, 0.0).astype(float)
            print_themes(themes, y[rest], given, min(repeats, CROSSED), f"{name}, only those given", short=True)
            print_crossed(y, texts, taught, rest, reader, min(repeats, CROSSED))
    quick = ridge(features(texts), y, taught, rest)
    print_themes(themes, y[rest], quick, min(repeats, CROSSED), "words and pairs, ridge regression", short=True)


@dataclass(frozen=True)
class Found:
    """Of one theme over the repeats: how often the interval held the truth, its width, and how often it was told."""

    held: float
    width: float
    told: float


def print_themes(
    themes: Sequence[str], y: np.ndarray, f: np.ndarray, repeats: int, machine: str, *, short: bool = False
) -> None:
    """A line for each of the ten commonest themes, one for the others. Narrower: than people alone on a sample drawn
    evenly; the best possible, had the sample been endless, follows from the correlation ρ: 1 − √(1 − ρ²)."""
    chance = chances(f, BLIND)
    everything = [(doubt, people) for doubt in (False, True) for people in (False, True)]
    found = {kind: simulated(y, f, chance if kind[0] else None, repeats, people=kind[1]) for kind in everything}
    alone = {people: simulated(y, f * 0, None, repeats, people=people) for people in (False, True)}
    print(f"\n{machine}: share of these comments, of people they stand for; the same, drawn by doubt\n")
    print("| theme | truth | ρ | best possible | " + " | ".join(["held, narrower"] * 4) + " |")
    print("| --- |" + " --- |" * 7)
    gains = {kind: [1 - found[kind][j].width / alone[kind[1]][j].width for j in range(10)] for kind in everything}
    rho = [float(np.corrcoef(y[:, j], f[:, j])[0, 1]) for j in range(10)]
    best = [1 - (1 - each**2) ** 0.5 for each in rho]
    for j in range(0 if short else 10):
        cells = " | ".join(f"{found[kind][j].held:.3f}, {gains[kind][j]:.0%}" for kind in everything)
        print(f"| {themes[j]} | {y[:, j].mean():.3f} | {rho[j]:.2f} | {best[j]:.0%} | {cells} |")
    mean = " | ".join(
        f"{np.mean([each.held for each in found[kind][:10]]):.3f}, {np.mean(gains[kind]):.0%}" for kind in everything
    )
    print(f"| ten commonest, mean | | | {np.mean(best):.0%} | {mean} |")
    rare = {kind: [each for each in found[kind][10:] if each.told > 0] for kind in everything}
    cells = " | ".join(
        f"{np.mean([e.held for e in rare[kind]]):.3f} (least {min(e.held for e in rare[kind]):.3f})"
        for kind in everything
    )
    print(f"| {len(rare[everything[0]])} rarer, mean | | | | {cells} |", flush=True)


def simulated(
    y: np.ndarray, f: np.ndarray, chance: np.ndarray | None, repeats: int, *, people: bool
) -> list[Found]:  # fmt: skip
    """BLIND comments drawn again and again, evenly or with given chances."""
    rng, held, width = np.random.default_rng(11), np.zeros(y.shape[1]), np.zeros(y.shape[1])
    number = np.zeros(y.shape[1])
    for _ in range(repeats):
        at = np.sort(rng.choice(len(y), BLIND, replace=False)) if chance is None else drawn(chance, rng)
        sample = blind(len(y), at, people=people, probability=None if chance is None else chance[at])
        for j in range(y.shape[1]):
            each = told(corrected(sample, f[:, j], y[at, j])[0], 0)
            if each.low is not None and each.high is not None:
                number[j] += 1
                held[j] += each.low <= y[:, j].mean() <= each.high
                width[j] += each.high - each.low
    with np.errstate(invalid="ignore"):
        return [Found(*each) for each in zip(held / number, width / number, number / repeats, strict=True)]


def print_crossed(
    y: np.ndarray, texts: Sequence[str], taught: np.ndarray, rest: np.ndarray, reader: Reader, repeats: int
) -> None:
    """The blind sample is learned from too, each of its comments left out in turn. For time's sake terms and centre
    are those of all comments, and the ten commonest themes are looked at alone."""
    terms, vectors = Terms(list(texts)).vectors(texts), reader.embed(texts)
    vectors = unit(vectors - vectors.mean(axis=0))
    alike = (terms @ terms.T).toarray().astype(float) + VECTORS_COUNT * (vectors @ vectors.T)
    rng, kinds = np.random.default_rng(11), [(who, people) for who in ("1,000", "both") for people in (False, True)]
    held: dict[tuple[str, bool], list[bool]] = {kind: [] for kind in kinds}
    narrower: dict[tuple[str, bool], list[float]] = {kind: [] for kind in kinds}
    apart = scored(alike, y, taught, rest)[1]
    for _ in range(repeats):
        at = np.sort(rng.choice(len(rest), BLIND, replace=False))
        left_out, both = scored(alike, y, np.concatenate([taught, rest[at]]), rest)
        both[at] = left_out[len(taught) :]
        for who, people in kinds:
            sample, f = blind(len(rest), at, people=people), apart if who == "1,000" else both
            for j in range(10):
                each = told(corrected(sample, f[:, j], y[rest[at], j])[0], 0)
                if each.low is not None and each.high is not None:
                    held[who, people].append(each.low <= y[rest, j].mean() <= each.high)
                    narrower[who, people].append(each.narrower_by or 0.0)
    print(f"\n| learned from, {repeats} draws, ten commonest | these: held, narrower | people: held, narrower |")
    print("| --- | --- | --- |")
    for who in ("1,000", "both"):
        cells = " | ".join(f"{np.mean(held[who, k]):.3f}, {np.mean(narrower[who, k]):.1%}" for k in (False, True))
        print(f"| {'1,000 others' if who == '1,000' else 'these and the blind 300, each left out'} | {cells} |")


def scored(alike: np.ndarray, y: np.ndarray, taught: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of those learned from, each by the others, and of the rest."""
    fit = dual_ridge(alike[np.ix_(taught, taught)], y[taught])
    curve = calibrate(fit.left_out, y[taught])
    return curve.probability(fit.left_out), curve.probability(fit.level + alike[np.ix_(rest, taught)] @ fit.weights)


def read_predictions(path: Path, ids: Sequence[str], themes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Comments that have a prediction, and (comments, themes) probabilities."""
    place, column = {id: at for at, id in enumerate(ids)}, {theme: at for at, theme in enumerate(themes)}
    f, seen = np.zeros((len(ids), len(themes))), np.zeros(len(ids), bool)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            at = place[row.get("comment_id") or row["response"]]
            seen[at] = True
            if row["theme"] in column:
                f[at, column[row["theme"]]] = float(row["probability"])
    return np.flatnonzero(seen), f[seen]


# --- a quick machine --------------------------------------------------------------------------------------------


def features(texts: Sequence[str]) -> sparse.csr_matrix:
    """TF-IDF of words and word pairs that two texts have, rows of length 1."""
    parts = []
    for text in texts:
        words = re.findall(r"[a-z']+", text.lower())
        parts.append(Counter([*words, *(f"{a} {b}" for a, b in pairwise(words))]))
    among = Counter(part for each in parts for part in each)
    column = {part: at for at, part in enumerate(sorted(part for part, count in among.items() if count >= 2))}
    marks = [
        (row, column[part], (1 + np.log(count)) * (np.log(len(texts) / among[part]) + 1))
        for row, each in enumerate(parts) for part, count in sorted(each.items()) if part in column
    ]  # fmt: skip
    rows, columns, values = (np.array(each) for each in zip(*marks, strict=True))
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(column)))
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.where(length > 0, length, 1)) @ matrix


def ridge(x: sparse.csr_matrix, y: np.ndarray, learned: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Regression of the labels on the features of the comments learned from, for the rest."""
    middle = y[learned].mean(axis=0)
    kernel = (x[learned] @ x[learned].T).toarray() + 0.5 * np.eye(len(learned))
    weights = x[learned].T @ np.linalg.solve(kernel, y[learned] - middle)
    return np.clip(x[rest] @ weights + middle, 0, 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
