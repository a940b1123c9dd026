"""Opinion groups: held-out votes, order, subsamples, shuffled votes, planted minorities, speed, beside red-dwarf.

`.venv/bin/python benchmarks/votes.py [PART …]` prints Markdown tables. Parts: heldout order subsamples shuffled
planted continuum crowds power far bootstraps speed (default: all). SHUFFLES=10 and SEEDS=12 set how often. Set
DWARF_PYTHON to the interpreter of a virtual environment with `red-dwarf` 0.4.0 to measure it in the same run; without
it its column is empty. Real conversations are read from the data beside the project, by the same reader as
`fairhearing votes`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

from fairhearing.doors.voting import Reading, _bare_programme
from fairhearing.gather import read_source
from fairhearing.settings import read_settings
from fairhearing.stats import opinion
from fairhearing.stats.opinion_heldout import held_out
from fairhearing.stats.opinion_order import in_own_order
from fairhearing.stats.opinion_space import Ballots, Space, fit_space
from fairhearing.stats.opinion_verdict import adjusted_rand

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "polis"
SHUFFLES, SEEDS = int(os.environ.get("SHUFFLES", "10")), int(os.environ.get("SEEDS", "12"))
DWARF = """
import json, sys
import numpy as np
from reddwarf.implementations.polis import run_pipeline
person, statement, vote = (each.tolist() for each in np.load(sys.argv[1]))
cells = zip(person, statement, vote)
rows = [{"participant_id": p, "statement_id": s, "vote": v, "modified": 0} for p, s, v in cells]
made = run_pipeline(votes=rows, random_state=1)
groups = made.participants_df["cluster_id"]
print(json.dumps({str(int(at)): int(group) for at, group in groups.dropna().items()}))
"""
Cells = tuple[np.ndarray, np.ndarray, np.ndarray, int, int]


def conversations() -> dict[str, Cells]:
    return {folder.name: cells(folder) for folder in sorted(DATA.iterdir())}


def cells(folder: Path) -> Cells:
    programme, _names = _bare_programme(folder, Reading(), read_settings())
    read = read_source(programme.sources[0], programme, folder, key=b"one run", largest_file_mb=500)
    person, statement = (
        read.tables["votes"][name].combine_chunks().dictionary_encode() for name in ("person", "statement")
    )
    places = [each.indices.to_numpy().astype(np.int64) for each in (person, statement)]
    vote = read.tables["votes"]["vote"].to_numpy().astype(np.int64)
    return places[0], places[1], vote, len(person.dictionary), len(statement.dictionary)


def fitted(case: Cells, **options: object) -> opinion.Opinion:
    return opinion.fit(*case, np.random.default_rng(1), **options)  # type: ignore[arg-type]


def dwarf(case: Cells) -> dict[str, int] | None:
    """Group by person of red-dwarf, in its own interpreter; None without one."""
    python = os.environ.get("DWARF_PYTHON")
    if not python:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "votes.npy"
        np.save(file, np.array(case[:3]))
        made = subprocess.run([python, "-c", DWARF, str(file)], capture_output=True, text=True)
    return json.loads(made.stdout.splitlines()[-1]) if made.returncode == 0 and made.stdout else None


def alike(one: dict[str, int], other: dict[str, int]) -> float:
    both = sorted(one.keys() & other.keys())
    return adjusted_rand(np.array([one[each] for each in both]), np.array([other[each] for each in both]))


def reordered(case: Cells, rng: np.random.Generator) -> tuple[Cells, np.ndarray]:
    place = rng.permutation(case[3])
    order = np.argsort(place[case[0]], kind="stable")
    return (place[case[0]][order], case[1][order], case[2][order], case[3], case[4]), place


def some_people(case: Cells, rng: np.random.Generator) -> tuple[Cells, np.ndarray]:
    kept = np.sort(rng.permutation(case[3])[: round(0.8 * case[3])])
    place = np.full(case[3], -1)
    place[kept] = np.arange(len(kept))
    inside = place[case[0]] >= 0
    return (place[case[0]][inside], case[1][inside], case[2][inside], len(kept), case[4]), kept


def shuffled(case: Cells, rng: np.random.Generator) -> Cells:
    order, other = np.argsort(case[1], kind="stable"), np.lexsort((rng.random(len(case[2])), case[1]))
    vote = np.empty_like(case[2])
    vote[order] = case[2][other]
    return case[0], case[1], vote, case[3], case[4]


def planted(share: float, blocs: int, seed: int) -> tuple[Cells, np.ndarray]:
    """1,000 people, 100 statements, density .3; one or two blocs and a minority, each differing on 4 statements in
    10, where 85% vote the other way; 10% passes."""
    rng = np.random.default_rng([seed, blocs, int(100 * share)])
    base, of = rng.beta(2, 2, 100), np.zeros(1000, int)
    of[rng.choice(1000, round(share * 1000), replace=False)] = blocs
    if blocs == 2:
        of[(of == 0) & (rng.random(1000) < 0.5)] = 1
    chance = np.tile(base, (blocs + 1, 1))
    for bloc in chance[1:]:
        differs = rng.random(100) < 0.4
        bloc[differs] = np.where(base[differs] < 0.5, 0.85, 0.15)
    person, statement = np.nonzero(rng.random((1000, 100)) < 0.3)
    vote = np.where(rng.random(len(person)) < chance[of[person], statement], 1, -1)
    vote[rng.random(len(vote)) < 0.1] = 0
    return (person, statement, vote, 1000, 100), of == blocs


def best_f1(label: np.ndarray, minority: np.ndarray) -> float:
    return max(
        2 * np.sum((label == group) & minority) / (np.sum(label == group) + minority.sum())
        for group in np.unique(label)
    )


def heldout() -> None:
    print("\n| conversation | AUC | log loss | log loss of rates alone |\n|---|---|---|---|")
    everything = []
    for name, case in conversations().items():
        own = in_own_order(*case).ballots
        told = [held_out(own, opinion.RANK, np.random.default_rng(seed)) for seed in range(5)]
        row = np.mean([(each.auc, each.log_loss, each.baseline_log_loss) for each in told], axis=0)
        everything.append(row)
        print(f"| {name} | {row[0]:.3f} | {row[1]:.3f} | {row[2]:.3f} |", flush=True)
    mean = np.mean(everything, axis=0)
    print(f"| **mean** | **{mean[0]:.3f}** | **{mean[1]:.3f}** | {mean[2]:.3f} |")


def order() -> None:
    print("\n| conversation | verdict, k | ARI of rows reordered | red-dwarf k | red-dwarf ARI reordered |")
    print("|---|---|---|---|---|")
    for name, case in conversations().items():
        turned, place = reordered(case, np.random.default_rng(5))
        told, again = fitted(case, subsamples=0), fitted(turned, subsamples=0)
        same = adjusted_rand(told.group, again.group[place]) if told.k == again.k else 0.0
        one, other = dwarf(case), dwarf(turned)
        theirs = "| |"
        if one and other:
            back = {str(person): other[str(at)] for person, at in enumerate(place.tolist()) if str(at) in other}
            theirs = f"| {len(set(one.values()))} | {alike(one, back):.2f}"
        print(f"| {name} | {told.verdict}, {told.k} | {same:.3f} {theirs} |", flush=True)


def subsamples() -> None:
    print("\n| conversation | verdict | least ARI over 5 | red-dwarf least ARI |\n|---|---|---|---|")
    for name, case in conversations().items():
        whole, theirs = fitted(case), dwarf(case)
        ours, dwarfs = [], []
        for seed in range(5):
            part, kept = some_people(case, np.random.default_rng(seed))
            ours.append(adjusted_rand(whole.group[kept], fitted(part).group))
            again = dwarf(part) if theirs else None
            if theirs and again:
                dwarfs.append(alike(theirs, {str(kept[int(at)]): group for at, group in again.items()}))
        print(f"| {name} | {whole.verdict} | {min(ours):.2f} | {min(dwarfs, default=np.nan):.2f} |", flush=True)


def shuffles() -> None:
    print(f"\n| conversation | groups found, of {SHUFFLES} | red-dwarf, of 3 |\n|---|---|---|")
    for name, case in conversations().items():
        mixed = [shuffled(case, np.random.default_rng(seed)) for seed in range(SHUFFLES)]
        ours = sum(fitted(each).verdict == opinion.GROUPS for each in mixed)
        made = [dwarf(each) for each in mixed[:3]]
        theirs = sum(len(set(each.values())) > 1 for each in made if each)
        print(f"| {name} | {ours} | {theirs if any(made) else ''} |", flush=True)


def minorities() -> None:
    print(f"\n| minority | other blocs | F1 ≥ .7, of {SEEDS} | median F1 | verdicts | red-dwarf F1 ≥ .7, of 3 |")
    print("|---|---|---|---|---|---|")
    for share in (0.0, 0.03, 0.05, 0.1, 0.2):
        for blocs in (1, 2):
            worlds = [planted(share, blocs, seed) for seed in range(SEEDS)]
            told = [fitted(case, subsamples=5) for case, _minority in worlds]
            scores = [
                best_f1(each.group, who) if share else 0.0 for each, (_c, who) in zip(told, worlds, strict=True)
            ]
            made = [(dwarf(case), who) for case, who in worlds[:3]]
            theirs = [best_f1(np.array([m.get(str(at), -1) for at in range(1000)]), who) for m, who in made if m]
            verdicts = sorted({f"{each.verdict} {each.k}" for each in told})
            print(
                f"| {share:.0%} | {blocs} | {sum(s >= 0.7 for s in scores)} | {np.median(scores):.2f} | "
                f"{'; '.join(verdicts)} | {sum(s >= 0.7 for s in theirs) if theirs else ''} |",
                flush=True,
            )


def continuum() -> None:
    print("\n| one crowd, 1,000 people | dimensions | verdicts, of 3 |\n|---|---|---|")
    for shape in ("bell", "even", "long tail"):
        for dimensions in (1, 2):
            told = [fitted(spread(shape, dimensions, seed), subsamples=5) for seed in range(3)]
            print(f"| {shape} | {dimensions} | {sorted(each.verdict for each in told)} |", flush=True)


def spread(shape: str, dimensions: int, seed: int) -> Cells:
    rng = np.random.default_rng(seed)
    size = (1000, dimensions)
    place = {
        "bell": rng.standard_normal(size), "even": rng.uniform(-1.73, 1.73, size), "long tail": rng.exponential(1,
        size) - 1 }[shape]  # fmt: skip
    odds = rng.standard_normal(100) + place @ (1.2 * rng.standard_normal((dimensions, 100)))
    person, statement = np.nonzero(rng.random((1000, 100)) < 0.3)
    vote = np.where(rng.random(len(person)) < 1 / (1 + np.exp(-odds[person, statement])), 1, -1)
    return person, statement, vote, 1000, 100


def power() -> None:
    """Who voted on what as in a real conversation, statements as fitted there; people drawn anew along its first
    dimension: two equal blocs `apart` standard deviations of a bloc (Ashman's D), or one crowd of some shape."""
    print(f"\n| conversation | people | groups, of {SEEDS} | unstable |\n|---|---|---|---|")
    for name in ("brexit-consensus", "ssis.land-bank-farmland.2rumnecbeh.2021-08-01"):
        case = conversations()[name]
        space = fitted(case, subsamples=0).space
        for people in ("uniform", 6.0, 5.0, 4.0, 3.0, "skewed", "long tails", "normal"):
            told = [fitted(drawn_anew(case, space, people, seed)).verdict for seed in range(SEEDS)]
            kind = people if isinstance(people, str) else f"two blocs, {people:.0f} apart"
            print(f"| {name} | {kind} | {told.count(opinion.GROUPS)} | {told.count(opinion.UNSTABLE)} |", flush=True)


def drawn_anew(case: Cells, space: Space, people: float | str, seed: int) -> Cells:
    rng, n = np.random.default_rng([seed, 7]), case[3]
    place = rng.standard_normal((n, space.rank))
    place[:, 0] = first_axis(people, n, rng)
    readily = np.sqrt(space.spread_a) * rng.standard_normal(n)
    said = space.statement[case[1]]
    odds = readily[case[0]] + said[:, 0] + np.einsum("cd,cd->c", place[case[0]], said[:, 1:])
    side = np.where(rng.random(len(odds)) < 1 / (1 + np.exp(-odds)), 1, -1)
    return case[0], case[1], np.where(case[2] == 0, 0, side), case[3], case[4]


def first_axis(people: float | str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Mean 0, variance 1."""
    if people == "uniform":
        return rng.uniform(-(3**0.5), 3**0.5, n)
    if people == "long tails":
        return rng.standard_t(4, n) / 2**0.5
    if people == "skewed":
        return rng.exponential(1, n) - 1
    if people == "normal":
        return rng.standard_normal(n)
    apart = float(people)
    return (rng.standard_normal(n) + apart * (rng.integers(0, 2, n) - 0.5)) / np.sqrt(1 + apart**2 / 4)


def crowds() -> None:
    """One crowd or two blocs (`apart` standard deviations of a bloc), 20 to 60 votes each on 100 statements."""
    print(f"\n| people | of what kind | groups, of {SEEDS} | unstable | least to be seen |\n|---|---|---|---|---|")
    for n in (200, 500, 1000, 2000):
        for kind in ("uniform", "normal", "skewed", "long tails", 3.0, 4.0, 5.0, 6.0):
            told = [fitted(crowd(kind, n, seed), subsamples=5) for seed in range(SEEDS)]
            verdicts = [each.verdict for each in told]
            least = {each.least_seen for each in told if each.least_seen}
            print(
                f"| {n} | {kind} | {verdicts.count(opinion.GROUPS)} | {verdicts.count(opinion.UNSTABLE)} | "
                f"{np.median(list(least)) if least else ''} |",
                flush=True,
            )


def crowd(kind: float | str, n: int, seed: int) -> Cells:
    rng, m = np.random.default_rng([seed, n, 11]), 100
    cast = rng.integers(20, 61, n)
    person = np.repeat(np.arange(n), cast)
    statement = np.concatenate([rng.choice(m, k, replace=False) for k in cast])
    place, loading = first_axis(kind, n, rng), rng.standard_normal(m)
    odds = 0.5 * rng.standard_normal(n)[person] + 1.2 * rng.standard_normal(m)[statement]
    odds += place[person] * loading[statement]
    return person, statement, np.where(rng.random(len(odds)) < 1 / (1 + np.exp(-odds)), 1, -1), n, m


def far() -> None:
    """Do people who vote more stand further out in the picture?"""
    print("\n| conversation | rank correlation of distance and votes |\n|---|---|")
    for name, case in conversations().items():
        distance = np.linalg.norm(fitted(case, subsamples=0).position[:, :2], axis=1)
        told = stats.spearmanr(distance, np.bincount(case[0], minlength=case[3]))[0]
        print(f"| {name} | {told:.2f} |", flush=True)


def bootstraps() -> None:
    """200 times other people of Bowling Green, drawn with replacement, from where the fit of everybody ended."""
    case = next(case for name, case in conversations().items() if "bowling" in name)
    ballots, rng, began = in_own_order(*case).ballots, np.random.default_rng(2), time.process_time()
    space = fit_space(ballots, opinion.RANK, rng)
    for _ in range(200):
        fit_space(drawn_again(ballots, rng), opinion.RANK, rng, start=space, close=1e-4)
    print(f"\n200 bootstraps of Bowling Green: {time.process_time() - began:.0f} CPU-s")


def drawn_again(ballots: Ballots, rng: np.random.Generator) -> Ballots:
    chosen = np.sort(rng.integers(0, ballots.n_people, ballots.n_people))
    begins = np.searchsorted(ballots.person, np.arange(ballots.n_people + 1))
    size = np.diff(begins)[chosen]
    at = np.arange(size.sum()) + np.repeat(begins[chosen] - np.cumsum(size) + size, size)
    person = np.repeat(np.arange(ballots.n_people), size)
    return Ballots(person, ballots.statement[at], ballots.agree[at], ballots.n_people, ballots.n_statements)


def speed() -> None:
    rng, n, m = np.random.default_rng(1), 33_422, 783
    cast = rng.integers(10, 111, n)
    person, statement = np.repeat(np.arange(n), cast), np.concatenate([rng.choice(m, k, replace=False) for k in cast])
    place, loading = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
    odds = rng.standard_normal(m)[statement] + np.einsum("cd,cd->c", place[person], loading[statement])
    vote = np.where(rng.random(len(person)) < 1 / (1 + np.exp(-odds)), 1, -1)
    began = time.process_time()
    told = fitted((person, statement, vote, n, m))
    spent = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"\n33,422 people × 783 statements, {len(vote):,} votes: {spent:.1f} CPU-s, {memory:.2f} GB; {told.verdict}"
    )


PARTS = {
    "heldout": heldout, "order": order, "subsamples": subsamples, "shuffled": shuffles, "planted": minorities,
    "continuum": continuum, "crowds": crowds, "power": power, "far": far, "bootstraps": bootstraps, "speed": speed,
}  # fmt: skip

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
