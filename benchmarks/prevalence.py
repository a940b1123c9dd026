"""Corrected shares of themes: do the intervals hold the truth, and how much narrower are they than people alone.

`.venv/bin/python benchmarks/prevalence.py [REPEATS] [PREDICTIONS.csv]` prints Markdown tables. First sessions of 20
texts whose truth is planted; then the real comments of ../shared/data/nhs-comments, all of which people coded: 300
of them are drawn again and again as the blind sample, and the truth is the share among all that the machine did not
learn from. Without PREDICTIONS.csv (comment_id, theme, probability) the machine is made here: words and word pairs,
ridge regression on 1,000 comments.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import re
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import sparse

from fairhearing.stats.intervals import logit_interval
from fairhearing.stats.prediction import blind, corrected, told

COMMENTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "nhs-comments" / "comments.csv"
LEARNED, BLIND, FEWEST = 1000, 300, 5
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
    if predictions is None:
        order = np.random.default_rng(3).permutation(len(rows))
        learned, rest = order[:LEARNED], order[LEARNED:]
        f = ridge(features([row["text"] for row in rows]), y, learned, rest)
    else:
        rest, f = read_predictions(predictions, [row["comment_id"] for row in rows], themes)
    for people, what in ((False, "these comments"), (True, "people they stand for")):
        print_themes(themes, y[rest], f, repeats, people, what)


def print_themes(themes: Sequence[str], y: np.ndarray, f: np.ndarray, repeats: int, people: bool, what: str) -> None:
    """One line for each of the ten commonest themes, one for the others."""
    print(f"\n| share of {what}: theme | truth | held | cannot tell | narrower than people alone |")
    print("| --- | --- | --- | --- | --- |")
    rng = np.random.default_rng(11)
    samples = [
        blind(len(y), np.sort(rng.choice(len(y), BLIND, replace=False)), people=people) for _ in range(repeats)
    ]
    others: list[tuple[float, float, float]] = []
    gains: list[float] = []
    for at, theme in enumerate(themes):
        truth = y[:, at].mean()
        found = [told(corrected(each, f[:, at], y[each.coded, at])[0], 0) for each in samples]
        told_of = [each for each in found if each.low is not None and each.high is not None]
        if not told_of:
            continue
        held = float(np.mean([each.low <= truth <= each.high for each in told_of]))
        narrower = float(np.mean([each.narrower_by or 0.0 for each in told_of]))
        unknown = 1 - len(told_of) / len(found)
        if at < 10:
            gains.append(narrower)
            print(f"| {theme} | {truth:.3f} | {held:.3f} | {unknown:.0%} | {narrower:.0%} |")
        else:
            others.append((held, unknown, narrower))
    held, unknown, narrower = np.mean(others, axis=0)
    least = min(each[0] for each in others)
    figures = f"{held:.3f} | {unknown:.0%} | {narrower:.0%}"
    print(f"| {len(others)} rarer themes, mean (least held {least:.3f}) | | {figures} |")
    print(f"\nTen commonest: {np.mean(gains):.0%} narrower on average.")


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
