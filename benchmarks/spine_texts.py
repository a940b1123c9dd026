"""Free text at size: short responses through gather, assess, publish, each a process of its own.

A response is the beginning of one real sentence and the end of another (`nhs-comments`): hardly two are equal, the
hardest case for discovery and for finding copies. One in fifty is a campaign's letter; one in five says which step
it is about. Run `python benchmarks/spine_texts.py [RESPONSES] [FOLDER]`; it prints a Markdown table.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from spine import measured

ROOT = Path(__file__).resolve().parents[1]
COMMENTS = ROOT.parent / "shared/data/nhs-comments/comments.csv"
AREAS, AGES, CAMPAIGNS = 8, 4, 20

PROGRAMME = """
[programme]
id = "words"
name = "Words at size"
about = "Made for a benchmark."
synthetic = true
[rules]
fixed_on = 2026-01-05
[[objectives]]
id = "o"
text = "An objective"
[[activities]]
id = "a"
name = "An activity"
objective = "o"
[[activities.steps]]
id = "s"
name = "A visit"
[[sources]]
id = "consultation"
file = "consultation.csv"
kind = "consultation"
sample = "self-selected"
[sources.columns]
person = "id"
text = "text"
step = "step"
characteristics = { area = "area", age = "age" }
"""


def programme() -> str:
    """Eight areas and four ages, all of them communities."""
    text = PROGRAMME
    for name, size in (("area", AREAS), ("age", AGES)):
        text += f'[[characteristics]]\nid = "{name}"\nname = "{name}"\n'
        for number in range(size):
            text += f'[[characteristics.categories]]\nid = "{name}{number}"\nname = "{name} {number}"\n'
            text += f"people = {9_000_000 // size}\ncommunity = true\n"
    return text


def write_responses(path: Path, rows: int) -> None:
    """One person a response."""
    rng = np.random.default_rng(4)
    heads, tails = _halves()
    one, two = rng.integers(len(heads), size=rows), rng.integers(len(tails), size=rows)
    texts = [f"{heads[i]} {tails[j]}" for i, j in zip(one.tolist(), two.tolist(), strict=True)]
    letters = [" ".join((tails[i], tails[i + 1], tails[i + 2])) for i in range(0, 3 * CAMPAIGNS, 3)]
    for place in rng.choice(rows, rows // 50, replace=False).tolist():
        texts[place] = letters[place % CAMPAIGNS]
    columns = {"id": pa.array(np.arange(1, rows + 1)), "text": pa.array(texts)}
    columns["step"] = pa.array(np.where(rng.random(rows) < 0.2, "s", ""))  # one in five says which step it is about
    for name, size in (("area", AREAS), ("age", AGES)):
        codes = rng.integers(size, size=rows)
        columns[name] = pa.array([f"{name}{number}" for number in range(size)]).take(pa.array(codes))
    pa.csv.write_csv(pa.table(columns), path)


def _halves() -> tuple[list[str], list[str]]:
    """Beginnings and ends of real comments, four to ten words each."""
    words = [text.split() for text in pa.csv.read_csv(COMMENTS)["text"].to_pylist()]
    long = [each for each in words if len(each) >= 8]
    return [" ".join(each[:10][:-4]) for each in long], [" ".join(each[-8:]) for each in long]


def main(rows: int, folder: Path) -> None:
    """Measure gather, assess and publish."""
    (folder / "evidence").mkdir(parents=True)
    (folder / "programme.toml").write_text(programme(), encoding="utf-8")
    write_responses(folder / "evidence" / "consultation.csv", rows)
    print(f"| {rows:,} responses | wall s | CPU s | peak MB |\n| --- | --- | --- | --- |", flush=True)
    for verb in ("gather", "assess", "publish"):
        wall, cpu, peak = measured([sys.executable, "-m", "fairhearing", verb, str(folder)])
        print(f"| {verb} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    if len(sys.argv) > 2:
        main(wanted, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(wanted, Path(place) / "words")
