"""Do the intervals hold what they say? Surveys drawn again and again from populations of which everything is known.

`.venv/bin/python benchmarks/coverage.py [REPLICATES] [PART …]` prints tables: intervals, gaps, changes, missing.
A population is 40,000 people in 8 regions and 800 neighbourhoods, drawn anew every 25 surveys, each person with a
number from 0 to 10 and three answers that 50%, 10% and 2% give. Communities live more in some neighbourhoods than in
others, differ from each other, and neighbours resemble each other (intra-class correlation about .05).

simple: 1,000 people at random · strata: 125 a region, so that people of small regions count less, weights as drawn ·
raked: 64 neighbourhoods, 8 a region, 24 people asked in each; the young and men answer less often; raked to age, sex
and region · few: the same from 16 neighbourhoods, 2 a region.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fairhearing.stats.cells import Floats, Ints
from fairhearing.stats.domains import Gap, bounds, change_of, estimate_of, gap_of, holm, verdict_on
from fairhearing.stats.intervals import wilson
from fairhearing.stats.missing import Sums, bounded
from fairhearing.stats.variance import Design, Means, answers, design, domain_means, partition_totals
from fairhearing.stats.weights import Margin, contrasts, rake

REGIONS, HOODS, PEOPLE = 8, 100, 50  # neighbourhoods a region, people a neighbourhood
COMMUNITIES = 12
SHARES = {"half": 0.5, "tenth": 0.1, "fiftieth": 0.02}
ITEMS = ("mean 0–10", *SHARES)
DESIGNS = ("simple", "strata", "raked", "few")
SURVEYS_A_POPULATION = 25
MATTERS, REQUIRED = 0.05, 0.9  # the rules programmes start with


@dataclass(frozen=True)
class Population:
    """Everything (people,) but items, (4, people)."""

    region: Ints
    hood: Ints
    community: Ints
    age: Ints
    sex: Ints
    items: Floats


@dataclass(frozen=True)
class Sample:
    """who: (rows,) positions in the population · design: domains are everyone and communities."""

    who: Ints
    design: Design


def population(rng: np.random.Generator, *, gaps: bool) -> Population:
    """gaps: whether communities differ. Without, nothing an answer depends on depends on the community."""
    hoods = REGIONS * HOODS
    hood = np.repeat(np.arange(hoods), PEOPLE)
    common = 0.68 ** np.arange(COMMUNITIES) + 0.005
    mixture = rng.gamma(2.0, common / 2.0, (hoods, COMMUNITIES)) + 1e-9
    upto = np.cumsum(mixture / mixture.sum(1, keepdims=True), axis=1)
    community = np.minimum((rng.random(len(hood))[:, None] > upto[hood]).sum(1), COMMUNITIES - 1)
    age, sex = rng.integers(0, 5, len(hood)), rng.integers(0, 2, len(hood))
    latent = rng.normal(0, 1, len(hood)) + rng.normal(0, 0.23, hoods)[hood] + 0.12 * (age - 2) + 0.1 * sex
    if gaps:
        latent += rng.normal(0, 0.3, COMMUNITIES)[community] + rng.normal(0, 0.2, REGIONS)[hood // HOODS]
    number = np.clip(np.round(5 + 2.2 * latent), 0, 10)
    said = [(latent > np.quantile(latent, 1 - share)).astype(float) for share in SHARES.values()]
    return Population(hood // HOODS, hood, community, age, sex, np.vstack([number, *said]))


def draw(p: Population, how: str, rng: np.random.Generator) -> Sample:
    if how == "simple":
        who = rng.choice(len(p.hood), 1000, replace=False)
        return Sample(who, _designed(p, who, np.ones(1000)))
    if how == "strata":
        taken = rng.integers(60, 190, REGIONS)
        parts = [rng.choice(np.flatnonzero(p.region == r), n, replace=False) for r, n in enumerate(taken)]
        weights = np.repeat(HOODS * PEOPLE / taken, taken)
        who = np.concatenate(parts)
        return Sample(who, _designed(p, who, weights, strata=p.region[who]))
    hoods = 8 if how == "raked" else 2
    chosen = np.concatenate([rng.choice(HOODS, hoods, replace=False) + r * HOODS for r in range(REGIONS)])
    asked = np.concatenate(
        [rng.choice(PEOPLE, 24 if how == "raked" else 50, replace=False) + h * PEOPLE for h in chosen]
    )
    who = asked[rng.random(len(asked)) < (0.5 + 0.08 * p.age[asked]) * (0.8 + 0.2 * p.sex[asked])]
    return Sample(who, _designed(p, who, np.ones(len(who)), raked=True, strata=p.region[who], clusters=p.hood[who]))


def _designed(p: Population, who: Ints, base: Floats, *, raked: bool = False, **sampling: Ints) -> Design:
    margins = []
    if raked:
        for name, codes in (("age", p.age), ("sex", p.sex), ("region", p.region)):
            people = np.bincount(codes).astype(float)
            margins.append(Margin(name, codes[who], people, tuple(map(str, range(len(people))))))
    return design(
        rake(base, margins).weights,
        base=base,
        domains=[(np.zeros(len(who), np.int8), 1), (p.community[who], COMMUNITIES)],
        margins=[(m.codes, len(m.targets)) for m in margins],
        held=contrasts(margins) if margins else None,
        **sampling,
    )


def surveys(how: str, count: int, *, gaps: bool) -> Iterator[tuple[Population, Sample, np.random.Generator]]:
    people = population(np.random.default_rng([how == "few", gaps]), gaps=gaps)
    for number in range(count):
        rng = np.random.default_rng([DESIGNS.index(how), number, gaps])
        if number % SURVEYS_A_POPULATION == 0:
            people = population(rng, gaps=gaps)
        yield people, draw(people, how, rng), rng


def everybody(sample: Sample, y: Floats) -> tuple[Means, Means]:
    """Everyone; then each community and everyone but it."""
    summary = answers(sample.design, y)
    parts = np.vstack([np.eye(COMMUNITIES), 1 - np.eye(COMMUNITIES)])
    return (
        domain_means(partition_totals(sample.design, summary, 0), np.ones((1, 1))),
        domain_means(partition_totals(sample.design, summary, 1), parts),
    )


# --- intervals ----------------------------------------------------------------------------------------------------


class Tally:
    """How often something held, of how many times it was told, by name."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, ...], int] = defaultdict(int)
        self.told: dict[tuple[str, ...], int] = defaultdict(int)
        self.silent: dict[tuple[str, ...], int] = defaultdict(int)

    def note(self, name: tuple[str, ...], held: bool | None) -> None:
        if held is None:
            self.silent[name] += 1
        else:
            self.told[name] += 1
            self.held[name] += held

    def share(self, name: tuple[str, ...]) -> float:
        return self.held[name] / self.told[name] if self.told[name] else float("nan")

    def error(self, name: tuple[str, ...]) -> float:
        p, n = self.share(name), self.told[name]
        return float(np.sqrt(p * (1 - p) / n)) if n else float("nan")


def intervals(count: int) -> None:
    tally = Tally()
    for how in DESIGNS:
        for people, sample, _ in surveys(how, count, gaps=True):
            for item, whole in zip(ITEMS, people.items, strict=True):
                _cover(tally, how, item, people, sample, whole)
    head = ("everyone", "15 to 49 heard", "50 or more heard", "under 15 heard")
    table(
        ["design", "item", "surveys", *(f"{name}: coverage (± MC error)" for name in head), "no interval",
         "worst community of 15 or more heard on average"],
        [_coverage_row(tally, how, item, count, head) for how in DESIGNS for item in ITEMS],
    )  # fmt: skip


def _cover(tally: Tally, how: str, item: str, people: Population, sample: Sample, whole: Floats) -> None:
    all_of_them, communities = everybody(sample, whole[sample.who])
    share, span = item in SHARES, 1.0 if item in SHARES else 10.0
    truth = np.bincount(people.community, whole) / np.bincount(people.community)
    for means, at, true in [
        (all_of_them, 0, whole.mean()),
        *((communities, k, truth[k]) for k in range(COMMUNITIES)),
    ]:
        found = estimate_of(means, at, share=share, sampled=True, span=span)
        held = None if found.low is None or found.high is None else bool(found.low <= true <= found.high)
        if means is all_of_them:
            tally.note((how, item, "everyone"), held)
            continue
        size = "under 15" if found.n < 15 else "15 to 49" if found.n < 50 else "50 or more"
        tally.note((how, item, f"{size} heard"), held)
        if found.n >= 15:
            tally.note((how, item, "community", str(at)), held)


def _coverage_row(tally: Tally, how: str, item: str, count: int, head: tuple[str, ...]) -> list[str]:
    names = [(how, item, each) for each in head]
    each = [(how, item, "community", str(k)) for k in range(COMMUNITIES)]
    often = [name for name in each if tally.told[name] >= max(0.25 * count, 20)]
    worst = min(often, key=tally.share)
    silent = sum(tally.silent[name] for name in names) / sum(tally.silent[n] + tally.told[n] for n in names)
    return [
        how, item, f"{count:,}",
        *(f"{tally.share(n):.3f} ± {tally.error(n):.3f} (n {tally.told[n]:,})" for n in names),
        f"{silent:.1%}", f"{tally.share(worst):.3f} ± {tally.error(worst):.3f}",
    ]  # fmt: skip


# --- gaps ---------------------------------------------------------------------------------------------------------


def gaps(count: int) -> None:
    """No community differs: how often is one told to?"""
    rows = []
    for how in DESIGNS:
        any_flag: dict[str, int] = defaultdict(int)
        told: dict[str, int] = defaultdict(int)
        raw: dict[str, int] = defaultdict(int)
        for people, sample, _ in surveys(how, count, gaps=False):
            for item, whole in zip(ITEMS, people.items, strict=True):
                flags, chances = _flags(sample, whole[sample.who], item)
                any_flag[item] += flags > 0
                told[item] += len(chances)
                raw[item] += sum(p < 0.05 for p in chances)
        for item in ITEMS:
            p = any_flag[item] / count
            rows.append([how, item, f"{count:,}", f"{told[item] / count:.1f}", f"{raw[item] / told[item]:.3f}",
                         f"{p:.4f} ± {np.sqrt(p * (1 - p) / count):.4f}"])  # fmt: skip
    table(
        ["design", "item", "surveys", "gaps told a survey", "raw p < .05, a gap", "surveys with any false flag"], rows
    )


def _flags(sample: Sample, y: Floats, item: str) -> tuple[int, list[float]]:
    share, span = item in SHARES, 1.0 if item in SHARES else 10.0
    _, means = everybody(sample, y)
    matters = MATTERS * span
    found = [
        gap_of(means, k, k + COMMUNITIES, share=share, sampled=True, span=span, matters=matters)
        for k in range(COMMUNITIES)
    ]
    return _told_apart(found, matters)


def _told_apart(found: list[Gap], matters: float) -> tuple[int, list[float]]:
    """How many are told higher or lower (Holm), and the p of each."""
    told = [gap for gap in found if gap.p is not None]
    chances = [gap.p for gap in told if gap.p is not None]
    verdicts = [
        verdict_on(gap, p, matters=matters, probability=REQUIRED) for gap, p in zip(told, holm(chances), strict=True)
    ]
    return sum(verdict in ("lower", "higher") for verdict in verdicts), chances


# --- changes ------------------------------------------------------------------------------------------------------


def changes(count: int) -> None:
    """Nobody changes between two rounds of people drawn anew: how often is a community told to?"""
    rows = []
    for how in DESIGNS:
        any_flag: dict[str, int] = defaultdict(int)
        chances: dict[str, list[float]] = defaultdict(list)
        for people, sample, rng in surveys(how, count, gaps=False):
            again = draw(people, how, rng)
            for item, whole in zip(ITEMS, people.items, strict=True):
                flags, each = _changed(sample, again, whole, item)
                any_flag[item] += flags > 0
                chances[item] += each
        for item in ITEMS:
            p, raw = any_flag[item] / count, np.mean(np.array(chances[item]) < 0.05)
            rows.append([how, item, f"{count:,}", f"{len(chances[item]) / count:.1f}", f"{raw:.3f}",
                         f"{p:.4f} ± {np.sqrt(p * (1 - p) / count):.4f}"])  # fmt: skip
    table(["design", "item", "surveys", "changes told a survey", "raw p < .05, a change",
           "surveys with any false flag"], rows)  # fmt: skip


def _changed(before: Sample, after: Sample, whole: Floats, item: str) -> tuple[int, list[float]]:
    share, span = item in SHARES, 1.0 if item in SHARES else 10.0
    rounds = [everybody(each, whole[each.who])[1] for each in (before, after)]
    estimates = [
        [estimate_of(means, k, share=share, sampled=True, span=span) for k in range(COMMUNITIES)] for means in rounds
    ]
    found = [change_of(one, other, matters=MATTERS * span) for one, other in zip(*estimates, strict=True)]
    return _told_apart(found, MATTERS * span)


# --- missing answers ----------------------------------------------------------------------------------------------

Silence = Callable[[Population, Ints, Floats], Floats]

SILENCES: dict[str, Silence] = {
    "at random given age": lambda p, who, y: 0.1 + 0.1 * p.age[who],
    "those who would say yes are silent": lambda p, who, y: 0.15 + 0.35 * y,
    "one community is silent, its yes most": lambda p, who, y: np.where(p.community[who] == 4, 0.2 + 0.6 * y, 0.1),
}


def missing(count: int) -> None:
    """Bounds against what everybody asked would have said, and against the population; beside them the known."""
    tally = Tally()
    for people, sample, rng in surveys("simple", count, gaps=True):
        whole = people.items[1]
        y = whole[sample.who]
        truth = np.bincount(people.community, whole) / np.bincount(people.community)
        for name, chance in SILENCES.items():
            silent = rng.random(len(y)) < chance(people, sample.who, y)
            _bound(tally, name, "everyone", y, silent, float(whole.mean()))
            for k in range(COMMUNITIES):
                here = people.community[sample.who] == k
                if here.sum() >= 15:
                    _bound(tally, name, "communities of 15 or more", y[here], silent[here], float(truth[k]))
    rows = []
    for name in SILENCES:
        for who in ("everyone", "communities of 15 or more"):
            inside, wide, known = ((name, who, what) for what in ("asked", "population", "known"))
            rows.append([
                name, who, f"{tally.told[inside]:,}", str(tally.told[inside] - tally.held[inside]),
                f"{tally.share(wide):.4f} ± {tally.error(wide):.4f}",
                f"{tally.share(known):.3f} ± {tally.error(known):.3f}",
            ])  # fmt: skip
    table(
        ["who is silent", "of whom", "bounds told", "violations: what all asked would have said is outside",
         "population inside the bounds with sampling error", "population inside the interval of the known alone"],
        rows,
    )  # fmt: skip


def _bound(tally: Tally, name: str, who: str, y: Floats, silent: Ints, true: float) -> None:
    known, unknown, counted = float(np.sum(~silent)), float(np.sum(silent)), float(y[~silent].sum())
    if not known:
        return
    low, high = bounds(counted, known, unknown, 0.0, 1.0)
    tally.note((name, who, "asked"), bool(low - 1e-12 <= y.mean() <= high + 1e-12))
    found = bounded(Sums.of_share(counted, known, unknown))
    least, most = found.lowest.low, found.highest.high
    tally.note((name, who, "population"), None if least is None or most is None else bool(least <= true <= most))
    start, end = wilson(counted, known)
    tally.note((name, who, "known"), bool(start <= true <= end))


def table(head: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    print("\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n", flush=True)


PARTS = {"intervals": intervals, "gaps": gaps, "changes": changes, "missing": missing}

if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for part in sys.argv[2:] or PARTS:
        started = time.process_time()
        PARTS[part](count)
        print(f"{part}: {time.process_time() - started:.0f} CPU-seconds\n", flush=True)
