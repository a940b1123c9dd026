"""Do verdicts find what was planted, and nothing that was not? Whole programmes, from files to sealed runs.

    python benchmarks/verdicts.py [programmes]      200 by default, about fifteen minutes

Every programme has the same truths and its own evidence: a consultation whose form asked which step and what
happened there, and aggregates of each project. What comes out is counted against the truth. A step's truth is the
share of its people who had a bad, and a good, experience there; the rules of the programme are the defaults.
"""

from __future__ import annotations

import csv
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from fairhearing.main import assess, gather

STEPS = {
    # step: (share bad, share good, share bad of community b, safeguard, people who describe it)
    "hurts-unguarded": (0.40, 0.10, 0.40, "absent", 150),
    "hurts-severely": (0.65, 0.05, 0.65, "met", 150),
    "hurts-one": (0.10, 0.20, 0.65, "absent", 250),
    "no-law": (0.55, 0.10, 0.55, "not legally covered", 150),
    "unhurt-unguarded": (0.08, 0.15, 0.08, "absent", 150),
    "good": (0.05, 0.60, 0.05, "met", 150),
    "middling": (0.18, 0.22, 0.18, "met", 60),
    "hardly-described": (0.50, 0.10, 0.50, "met", 6),
    "undescribed": (0.50, 0.10, 0.50, "unknown", 0),
}
"""One person in five is of community b."""

MAY_BE = {
    "hurts-unguarded": {"revise"}, "hurts-severely": {"revise"}, "hurts-one": {"improve", "revise"},
    "no-law": {"revise"}, "unhurt-unguarded": {"improve"}, "good": {"build upon"},
    "middling": {"cannot tell"}, "hardly-described": {"cannot tell"}, "undescribed": {"cannot tell"},
}  # fmt: skip
"""Step → verdicts that are right by the rules and the truth."""

PROJECTS = {
    # project: (design, true effect in standard deviations, people in each group)
    "works": ("comparison", 0.6, 90),
    "does nothing": ("comparison", 0.0, 60),
    "harms": ("comparison", -0.6, 90),
    "seems to, asked afterwards": ("retrospective", 0.0, 60),
    "seems to, the others left": ("pre-post", 0.0, 60),
    "no baseline": ("post only", 0.0, 60),
}
RIGHT = {
    "works": {"works"}, "does nothing": {"negligible", "not known"}, "harms": {"harm signal"},
    "seems to, asked afterwards": {"promising change", "not known"},
    "seems to, the others left": {"promising change", "not known", "negligible"}, "no baseline": {"not known"},
}  # fmt: skip


def _programme() -> str:
    steps = "".join(
        f'''
[[activities.steps]]
id = "{step}"
name = "{step}"
[[activities.steps.safeguards]]
id = "guard"
name = "Guard of {step}"
kind = "good practice"
has = "{guard}"
'''
        for step, (_bad, _good, _b, guard, _n) in STEPS.items()
    )
    return f"""
[programme]
id = "planted"
name = "Planted"
about = "A programme whose truths are known."
synthetic = true
[rules]
fixed_on = 2026-01-01
[[objectives]]
id = "o"
text = "Do good"
[[activities]]
id = "process"
name = "Process"
objective = "o"
{steps}
[[activities]]
id = "projects"
name = "Projects"
objective = "o"
[[characteristics]]
id = "community"
name = "Community"
[[characteristics.categories]]
id = "a"
name = "A"
[[characteristics.categories]]
id = "b"
name = "B"
[[sources]]
id = "talk"
file = "talk.csv"
kind = "consultation"
sample = "self-selected"
[sources.columns]
text = "text"
step = "step"
experience = "experience"
characteristics.community = "community"
[[sources]]
id = "projects"
file = "projects.csv"
kind = "projects"
sample = "administrative"
"""


def _accounts(rng: np.random.Generator) -> Iterator[list[str]]:
    for step, (bad, good, bad_b, _guard, n) in STEPS.items():
        for _ in range(n):
            community = "b" if rng.random() < 0.2 else "a"
            hurt = bad_b if community == "b" else bad
            draw = rng.random()
            what = "humiliated" if draw < hurt else "helped" if draw < hurt + good else ""
            yield [step, what, community, f"My account number {rng.integers(10**9)} of what took place there."]


def _project(rng: np.random.Generator, name: str, design: str, effect: float, n: int) -> dict[str, Any]:
    """Aggregates as a project reports them. Asked afterwards, people remember their start as half a deviation worse;
    where some leave, those whose score fell are the ones who do."""
    before = rng.normal(size=n)
    after = 0.6 * before + 0.8 * rng.normal(size=n) + effect
    if name.startswith("seems to, asked"):
        before -= 0.5
    if name.startswith("seems to, the others"):
        stay = after - before > -0.3
        before, after = before[stay], after[stay]
    row = {"project": name, "activity": "projects", "instrument": "trust", "design": design, "higher_is": "better",
           "reach": 4 * n, "n": len(after), "mean_post": after.mean(), "sd_post": after.std(ddof=1)}  # fmt: skip
    if design != "post only":
        row |= {"mean_pre": before.mean(), "sd_pre": before.std(ddof=1), "r": np.corrcoef(before, after)[0, 1]}
    if design == "comparison":
        other = rng.normal(size=n)
        later = 0.6 * other + 0.8 * rng.normal(size=n)
        row |= {"n_comparison": n, "mean_pre_comparison": other.mean(), "sd_pre_comparison": other.std(ddof=1),
                "mean_post_comparison": later.mean(), "sd_post_comparison": later.std(ddof=1),
                "r_comparison": np.corrcoef(other, later)[0, 1]}  # fmt: skip
    return row


def _write(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    evidence = folder / "evidence"
    evidence.mkdir(parents=True)
    (folder / "programme.toml").write_text(_programme(), encoding="utf-8")
    with (evidence / "talk.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["step", "experience", "community", "text"], *_accounts(rng)])
    rows = [_project(rng, name, *given) for name, given in PROJECTS.items()]
    with (evidence / "projects.csv").open("w", newline="") as file:
        names = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def _found(folder: Path) -> tuple[dict[str, str], dict[str, str], bool, bool]:
    """Verdict on each step and project; whether harm of community b at `hurts-one` was found, and of a, wrongly."""
    gather(folder)
    tables = Path(assess(folder).run) / "tables"
    steps = {row["step"]: row["verdict"] for row in pq.read_table(tables / "verdicts.parquet").to_pylist()}
    effects = {row["project"]: row["verdict"] for row in pq.read_table(tables / "effects.parquet").to_pylist()}
    harms = {
        row["community"]
        for row in pq.read_table(tables / "findings.parquet").to_pylist()
        if (row["kind"], row["direction"], row["step"]) == ("harm", "adverse", "hurts-one")
    }
    return steps, effects, "b" in harms, "a" in harms


def _interval(hits: int, n: int) -> str:
    """Wilson, 95%."""
    z, p = 1.96, hits / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{p:.3f} ({(centre - half) / (1 + z * z / n):.3f} to {(centre + half) / (1 + z * z / n):.3f})"


def main(programmes: int) -> None:
    steps: dict[str, Counter[str]] = {step: Counter() for step in STEPS}
    effects: dict[str, Counter[str]] = {name: Counter() for name in PROJECTS}
    own = other = 0
    for seed in range(programmes):
        with tempfile.TemporaryDirectory() as place:
            _write(Path(place) / "p", seed)
            on_steps, on_projects, b, a = _found(Path(place) / "p")
        for step in STEPS:
            steps[step][on_steps[step]] += 1
        for name in PROJECTS:
            effects[name][on_projects.get(name, "no row")] += 1
        own, other = own + b, other + a
    print(f"{programmes} programmes; share that came out right (Wilson 95%), and what came out")
    for truths, right in ((steps, MAY_BE), (effects, RIGHT)):
        for name, counts in truths.items():
            hits = sum(counts[word] for word in right[name])
            told = ", ".join(f"{word} {count}" for word, count in counts.most_common())
            print(f"{name:28} {_interval(hits, programmes)}   {told}")
    print(f"harm to community b alone found where it is   {_interval(own, programmes)}")
    print(f"harm to community a claimed where it is not   {_interval(other, programmes)}")
    told_wrong = sum(
        counts[word]
        for name, counts in steps.items()
        for word in ("revise", "build upon")
        if word not in MAY_BE[name]
    )
    possible = programmes * sum(not MAY_BE[name] >= {"revise"} for name in STEPS)
    print(f"false “revise” or “build upon”                {_interval(told_wrong, possible)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
