"""Small communities pooled: do the intervals cover, how much closer are the estimates, and how long it takes.

`.venv/bin/python benchmarks/pooling.py [REPLICATES [FIRST_SEED [WORLDS]]]` prints Markdown tables: first of speed,
unless FIRST_SEED is given, which begins a run of surveys nobody has drawn before; WORLDS as in `far;same`. Worlds are
planted: every replicate is a survey of 2,000 of a population whose true shares are known. One core: the matrices are
small, and a second thread mostly waits.

3, 5, 10, 15 points: how communities differ is drawn anew each time, pairs of ethnicity and religion included, by
about so much (standard deviation; trust in the police differs by about 5) · far: the same world each time, one
community of about 25 people 27 points from the others, which is where borrowing must hurt · same: nobody differs
from anybody · known: a number known of each ethnicity, religion and area beforehand (a predictor) explains half of
the variance between them · uneven: categories differ in how readily they answer, odds by a factor of about 1.35.

MSE is that of pooled estimates over that of direct ones: as answered, and raked to the four margins, as a programme
publishes them.

The floor is what pooling could reach at best: the posterior mean with the true standard deviations known.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from fairhearing.measure.pooled import pool_table
from fairhearing.stats.laplace import build, mean, solve
from fairhearing.stats.pooling import Answers, Diagnostics, Factor, Mode, Posterior, fit
from fairhearing.stats.poststratification import Population, poststratify
from fairhearing.stats.weights import Margin, rake

LEVELS = {"ethnicity": 10, "religion": 7, "age": 5, "area": 12}
SPREAD = {
    "far": 0.22, "3 points": 0.125, "5 points": 0.22, "10 points": 0.44, "15 points": 0.68, "same": 0.0,
    "10 points, known": 0.44, "15 points, known": 0.68, "10 points, uneven": 0.44, "15 points, uneven": 0.68,
}  # fmt: skip
"""Standard deviation, in log odds, of how the categories of every characteristic differ."""
FAR = 8  # the ethnicity of about 30 respondents that lies far out in the world `far`
HEARD = 2000
PREDICTED = ("ethnicity", "religion", "area")
UNEVEN = 0.3  # standard deviation, in log odds, of how readily categories answer
NONE = Diagnostics(0, 0.0, 0.0, 0, 0.0, Mode(np.empty(0), np.empty(0), 0.0, 0, 0.0))  # nothing was sampled
SPEED = {"borough": 33, "age": 6, "ethnicity": 19, "religion": 9, "education": 5}  # and borough × ethnicity


@dataclass(frozen=True)
class World:
    """codes: one (cells,) array a characteristic · share: of the population · p: true probability of yes · chance:
    of those who answer · known: (cells,) predictors by name."""

    codes: list[np.ndarray]
    share: np.ndarray
    p: np.ndarray
    chance: np.ndarray
    known: dict[str, np.ndarray]


def world(kind: str, rng: np.random.Generator) -> World:
    """Characteristics are unevenly common and not independent: communities of 15 to 50 among the 2,000 heard."""
    people = np.random.default_rng(7)
    codes = [grid.ravel() for grid in np.meshgrid(*map(np.arange, LEVELS.values()), indexing="ij")]
    share = people.gamma(1.0, 1.0, len(codes[0]))
    for (name, levels), each in zip(LEVELS.items(), codes, strict=True):
        common = 0.62 ** np.arange(levels) if name in ("ethnicity", "religion") else np.ones(levels)
        share *= (common + 0.006)[each]
    share /= share.sum()
    logit, known, chance = np.full(len(share), 0.4), {}, share.copy()
    for (name, levels), each in zip(LEVELS.items(), codes, strict=True):
        effect = rng.normal(0, 1, levels)
        if kind.endswith("known") and name in PREDICTED:
            before = rng.normal(0, 1, levels)
            known[f"known {name}"], effect = before[each], (effect + before) / np.sqrt(2)
        logit += effect[each] * SPREAD[kind]
        if kind.endswith("uneven"):
            chance *= np.exp(rng.normal(0, UNEVEN, levels))[each]
    pair = codes[0] * LEVELS["religion"] + codes[1]
    logit += rng.normal(0, 1, LEVELS["ethnicity"] * LEVELS["religion"])[pair] * SPREAD[kind] / 2
    if kind == "far":
        logit += np.where(codes[0] == FAR, -1.2, 0.0)
    return World(codes, share, 1 / (1 + np.exp(-logit)), chance / chance.sum(), known)


def truth(world: World) -> np.ndarray:
    """True share of everyone and every category, in the order of `pool_table`'s rows."""
    parts = [np.bincount(each, world.share * world.p) / np.bincount(each, world.share) for each in world.codes]
    return np.concatenate([[world.share @ world.p], *parts])


def words(name: str, codes: np.ndarray) -> list[str]:
    return [f"{name} {code:02d}" for code in codes]


def replicate(world: World, rng: np.random.Generator, interactions: bool, spread: float) -> list[dict[str, float]]:
    """One survey, pooled: a row a domain with its truth."""
    drawn = rng.choice(len(world.share), HEARD, p=world.chance)
    said = (rng.random(HEARD) < world.p[drawn]).astype(np.int64)
    heard = pa.table(
        {name: words(name, c[drawn]) for name, c in zip(LEVELS, world.codes, strict=True)} | {"said": said}
    )
    cells = pa.table(
        {name: words(name, c) for name, c in zip(LEVELS, world.codes, strict=True)}
        | {"people": world.share * 9e6}
        | world.known
    )
    pooled = pool_table(
        heard, item="said", by=list(LEVELS), population=cells, covariates=list(world.known),
        interactions=interactions, rng=rng, where="planted",
    )  # fmt: skip
    best = floor(world, drawn, said, spread) if spread else [None] * (1 + sum(LEVELS.values()))
    weighted = raked(said, [c[drawn] for c in world.codes], [np.bincount(c, world.share) for c in world.codes])
    told = zip(pooled.rows.to_pylist(), truth(world), best, weighted, strict=True)
    return [row | {"truth": t, "floor": b, "raked": w} for row, t, b, w in told]


def raked(y: np.ndarray, codes: list[np.ndarray], people: list[np.ndarray]) -> np.ndarray:
    """Direct estimates of everyone and each category, raked to all margins; not-a-number where nobody was heard.

    codes: one (heard,) array a characteristic · people: of each of its categories."""
    margins = []
    for own, living in zip(codes, people, strict=True):
        seen, heard = np.unique(own, return_inverse=True)
        target = living[seen] / living[seen].sum()
        margins.append(Margin("", heard, target, tuple(map(str, seen))))
    weights = rake(np.ones(len(y)), margins).weights
    with np.errstate(invalid="ignore"):
        each = [
            np.bincount(own, weights * y, len(living)) / np.bincount(own, weights, len(living))
            for own, living in zip(codes, people, strict=True)
        ]
    return np.concatenate([[weights @ y / weights.sum()], *each])


def floor(world: World, drawn: np.ndarray, said: np.ndarray, spread: float) -> list[float]:
    """Everyone and every category by the same approximation, the standard deviations known. No interval is made."""
    pair = world.codes[0] * LEVELS["religion"] + world.codes[1]
    codes, sizes = [*world.codes, pair], [*LEVELS.values(), LEVELS["ethnicity"] * LEVELS["religion"]]
    seen, heard = zip(*(np.unique(c[drawn], return_inverse=True) for c in codes), strict=True)
    levels = [len(own) for own in seen]
    design = build(said.astype(float), np.ones(HEARD), np.ones((HEARD, 1)), list(heard), levels, 2.5**-2)
    sigma = np.array([spread] * len(LEVELS) + [spread / 2])
    inner = solve(design, sigma, tolerance=1e-12)
    rng = np.random.default_rng(0)
    x = mean(design, inner)[:, None] + inner.peak.draws(rng.standard_normal((len(inner.x), 400)))
    effects = tuple(s * rng.standard_normal((size, 400)) for s, size in zip(sigma, sizes, strict=True))
    for k, effect in enumerate(effects):
        effect[seen[k]] = sigma[k] * x[design.owner == k]
    posterior = Posterior(np.ones((400, 5)), x[design.owner < 0].T, effects, NONE, ())
    living = Population(world.share, np.ones((len(world.share), 1)), tuple(codes))
    return list(poststratify(posterior, living, world.codes, list(LEVELS.values())).estimate)


def simulate(kind: str, seeds: range, interactions: bool) -> list[list[dict[str, float]]]:
    fixed = world(kind, np.random.default_rng(11))
    found = []
    for seed in seeds:
        rng, drawn = np.random.default_rng([3, seed]), "points" in kind
        spread = SPREAD[kind] if drawn and not kind.endswith("known") else 0.0
        found.append(replicate(world(kind, rng) if drawn else fixed, rng, interactions, spread))
    return found


def share_covered(rows: list[dict[str, float]], low: str = "low", high: str = "high") -> float:
    told = [row for row in rows if row[low] is not None]
    return float(np.mean([row[low] <= row["truth"] <= row[high] for row in told]))


def ratio(rows: list[dict[str, float]], direct: str, pooled: str = "estimate") -> float:
    """Mean squared error of pooled estimates over that of direct ones."""
    ours, theirs = (float(np.mean([(row[key] - row["truth"]) ** 2 for row in rows])) for key in (pooled, direct))
    return ours / theirs


def report(kind: str, interactions: bool, runs: list[list[dict[str, float]]], cpu: float) -> str:
    """One line of the table of coverage."""
    rows = [row for run in runs for row in run if row["n"] >= 15]
    both = [row for run in runs for row in run if row["direct"] is not None and row["estimate"] is not None]
    fewer = [row for row in both if row["n"] < 50]
    small = [row for row in fewer if row["n"] >= 15]
    each: dict[str, list[dict[str, float]]] = {}
    for row in rows:
        each.setdefault(str(row["domain"]), []).append(row)
    often = {name: share_covered(own) for name, own in each.items() if len(own) >= len(runs) / 2}
    worst = min(often, key=lambda name: often[name])
    ratios = " | ".join(f"{ratio(some, key):.2f}" for some in (small, fewer) for key in ("direct", "raked"))
    best = "–" if small[0]["floor"] is None else f"{ratio(small, 'direct', 'floor'):.2f}"
    gaps = [row for row in rows if row["gap_low"] is not None]
    flagged = np.mean([row["gap_low"] > 0 or row["gap_high"] < 0 for row in gaps])
    direct = share_covered([row for row in rows if row["direct"] is not None], "direct_low", "direct_high")
    crossed = "crossed" if interactions else "not crossed"
    width = np.median([row["high"] - row["low"] for row in small])
    alone = np.median([row["direct_high"] - row["direct_low"] for row in small])
    return (
        f"| {kind}, {crossed} | {len(runs)} | {share_covered(rows):.3f} | {share_covered(small):.3f} | "
        f"{often[worst]:.3f} ({worst}) | {direct:.3f} | {ratios} | {best} | "
        f"{width:.2f} / {alone:.2f} | {flagged:.3f} | {cpu / len(runs):.2f} |"
    )


def coverage(replicates: int, first: int, worlds: list[str]) -> None:
    print(
        "| world | surveys | covered, ≥ 15 people | covered, 15–49 | worst community | direct covered | "
        "MSE pooled ÷ direct, 15–49 | ÷ raked | MSE pooled ÷ direct, under 50 | ÷ raked | floor, 15–49 | "
        "width pooled / direct, 15–49 | gaps flagged | CPU s each |\n" + "|---" * 14 + "|"
    )
    crossed = [(kind, True) for kind in ("5 points", "far") if len(worlds) == len(SPREAD)]
    for kind, interactions in (*((kind, False) for kind in worlds), *crossed):
        some = max(replicates // 4, 1) if interactions else replicates
        start = time.process_time()
        runs = simulate(kind, range(first, first + some), interactions)
        print(report(kind, interactions, runs, time.process_time() - start), flush=True)


def speed(people: int) -> None:
    """Fit and poststratify at one size, in a process of its own."""
    rng = np.random.default_rng(0)
    codes = [grid.ravel() for grid in np.meshgrid(*map(np.arange, [*SPEED.values(), 2]), indexing="ij")]
    share = rng.gamma(1.0, 1.0, len(codes[0]))
    for levels, each in zip([*SPEED.values(), 2], codes, strict=True):
        share *= np.sort(rng.dirichlet(np.full(levels, 1.5)))[::-1][each]
    share /= share.sum()
    crossed = codes[0] * SPEED["ethnicity"] + codes[2]
    groups = [*codes[:5], crossed]
    sizes = [*SPEED.values(), 627]
    logit = -0.3 - 0.1 * codes[5]
    for levels, sd, each in zip(sizes, (0.2, 0.3, 0.4, 0.4, 0.3, 0.15), groups, strict=True):
        logit = logit + rng.normal(0, sd, levels)[each]
    deprivation = rng.normal(size=33)[codes[0]]
    X = np.column_stack([np.ones(len(share)), deprivation, codes[5]])
    n = rng.multinomial(people, share)
    here = n > 0
    y = rng.binomial(n[here], 1 / (1 + np.exp(-logit[here])))
    factors = tuple(
        Factor(str(k), each[here], size) for k, (each, size) in enumerate(zip(groups, sizes, strict=True))
    )
    answers = Answers(y.astype(np.float64), n[here].astype(np.float64), X[here], factors)
    start = time.process_time()
    posterior = fit(answers, np.random.default_rng(1))
    fitted = time.process_time()
    poststratify(posterior, Population(share * 9e6, X, tuple(groups)), codes[:5], list(SPEED.values()))
    done = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    effective = f"{posterior.diagnostics.effective:.0f} of {posterior.diagnostics.proposals}"
    print(
        f"| {people:,} | {here.sum():,} | {fitted - start:.1f} | {done - start:.1f} | {effective} | {peak:,.0f} |",
        flush=True,
    )


def speeds() -> None:
    print("| people | cells | posterior, CPU s | and 338,580 cells poststratified | proposals that count | peak MB |")
    print("|---|---|---|---|---|---|", flush=True)
    for people in (5_000, 20_000, 100_000):
        subprocess.run([sys.executable, str(Path(__file__)), "--speed", str(people)], check=True)
    print()


def main() -> None:
    if sys.argv[1:2] == ["--speed"]:
        speed(int(sys.argv[2]))
        return
    replicates, first, worlds = [*sys.argv[1:], *("200", "0", ";".join(SPREAD))[len(sys.argv) - 1 :]]
    if not sys.argv[2:]:
        speeds()
    coverage(int(replicates), int(first), worlds.split(";"))


if __name__ == "__main__":
    main()
