"""Proposed themes beside what people labelled, and how far they move when a twentieth of the input goes.

`nice .venv/bin/python benchmarks/words_themes.py [READER]` prints Markdown tables, then the themes of the Austin
comments to be read by a person. banking77: 77 intents, one a message; a message counts to the theme it is nearest to,
those of no theme being a group of their own. NHS: of each label that people gave to 20 comments or more, the best F1
of any one theme.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import adjusted_rand_score, v_measure_score

from fairhearing.hear.discover_door import Themes, themes_table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DROPPED, DRAWS, FEWEST = 0.05, 5, 20


def rows_of(*path: str) -> list[dict[str, str]]:
    with DATA.joinpath(*path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def themes(texts: list[str], wanted: int | str, reader: str | None) -> Themes:
    table = pa.table({"text": pa.array(texts, pa.string())})
    return themes_table(table, text="text", wanted=wanted, reader=reader, rng=np.random.default_rng(1))


def nearest(found: Themes, n: int) -> list[str]:
    """The theme each response is nearest to; "" of none."""
    best: dict[str, tuple[float, str]] = {}
    for row in found.responses.to_pylist():
        best[row["response"]] = max(best.get(row["response"], (-1.0, "")), (row["similarity"], row["theme"]))
    return [best.get(str(number), (0.0, ""))[1] for number in range(1, n + 1)]


def print_banking(reader: str | None) -> None:
    rows = rows_of("banking77", "train.csv")
    truth = np.array([row["category"] for row in rows])
    texts = [row["text"] for row in rows]
    start = time.process_time()
    found = themes(texts, 77, reader)
    seconds = time.process_time() - start
    labels = np.array(nearest(found, len(rows)))
    print("\n| banking77, 77 themes asked for | |\n| --- | --- |")
    print(f"| themes | {len(found.codebook)} |")
    print(f"| V-measure | {v_measure_score(truth, labels):.3f} |")
    print(f"| ARI | {adjusted_rand_score(truth, labels):.3f} |")
    print(f"| of no theme | {np.mean(labels == ''):.1%} |")
    print(f"| CPU seconds | {seconds:.0f} |")
    moved = []
    for draw in range(DRAWS):
        kept = np.flatnonzero(np.random.default_rng(draw).random(len(rows)) >= DROPPED)
        again = nearest(themes([texts[i] for i in kept.tolist()], 77, reader), len(kept))
        moved.append(adjusted_rand_score(labels[kept], again))
    print(f"| ARI with itself without a random {DROPPED:.0%}: mean, least of {DRAWS} | "
          f"{np.mean(moved):.3f}, {min(moved):.3f} |")  # fmt: skip


def print_nhs(reader: str | None) -> None:
    rows = rows_of("nhs-comments", "comments.csv")
    labels = [{part.strip() for part in row["themes"].split(";") if part.strip()} for row in rows]
    print("\n| NHS comments | labels | mean best F1 | of .3 and more | of .5 and more | share of labels given, F1 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for wanted in (40, 80):
        scores, counts = best_f1(themes([row["text"] for row in rows], wanted, reader), labels)
        print(f"| {wanted} themes asked for | {len(scores)} | {np.mean(scores):.3f} | {(scores >= 0.3).sum()} | "
              f"{(scores >= 0.5).sum()} | {np.average(scores, weights=counts):.3f} |")  # fmt: skip


def best_f1(found: Themes, labels: list[set[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Of each label, the F1 of the theme that fits it best (broad themes too); and how often people gave it."""
    members = responses_of(found)
    scores, counts = [], []
    for name in sorted({label for each in labels for label in each}):
        wanted = {str(row) for row, each in enumerate(labels, 1) if name in each}
        if len(wanted) >= FEWEST:
            scores.append(max(2 * len(has & wanted) / (len(has) + len(wanted)) for has in members))
            counts.append(len(wanted))
    return np.array(scores), np.array(counts)


def responses_of(found: Themes) -> list[set[str]]:
    narrow: dict[str, set[str]] = {}
    for row in found.responses.to_pylist():
        narrow.setdefault(row["theme"], set()).add(row["response"])
    broad: dict[str, set[str]] = {}
    for theme in found.themes:
        if theme["parent"]:
            broad.setdefault(theme["parent"], set()).update(narrow[theme["theme"]])
    return [*narrow.values(), *broad.values()]


def print_austin(reader: str | None) -> None:
    rows = rows_of("austin-survey", "comments.csv")
    found = themes([row["text"] for row in rows], "medium", reader)
    print(f"\nAustin: {found.fates}\n")
    for theme in found.themes:
        print(f"{'    ' if theme['parent'] else ''}{_line(theme)}")


def _line(theme: dict[str, Any]) -> str:
    unstable = ", unstable" if theme["unstable"] else ""
    return f"- {theme['label']} ({theme['responses']}{unstable}): “{theme['quotes'][0]['exact']}”"


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else None
    print_banking(named)
    print_nhs(named)
    print_austin(named)
