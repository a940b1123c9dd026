"""100,000 questions and their answers, made up from words as rare as words are, searched as a person would.

Printed: milliseconds at the 50th and 95th percentile, by the clock, then of the process alone.

Run: .venv/bin/python benchmarks/search.py [QUESTIONS]. Queries: two to four words of one document, a phrase of three,
the beginning of a word, one word of a kind since a day, and the hardest there is: one or two of the commonest words.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from fairhearing.find import Document, Index, parse

WORDS = 40_000
EACH = 100


def vocabulary(rng: np.random.Generator) -> list[str]:
    letters = list("abcdefghijklmnopqrstuvwxyz")
    lengths = rng.integers(3, 11, WORDS)
    return ["".join(rng.choice(letters, size)) for size in lengths]


def documents(questions: int, words: list[str]) -> Iterator[Document]:
    """A word's chance is one over its rank (Zipf). A question has 60 words, its answer 110."""
    rng = np.random.default_rng(2)
    edges = np.cumsum(1 / np.arange(1, WORDS + 1))
    edges /= edges[-1]
    for number in range(questions):
        drawn = np.minimum(np.searchsorted(edges, rng.random(170)), WORDS - 1)
        said = [words[each] for each in drawn]
        day = date(2000, 5, 1) + timedelta(days=number % 9_000)
        title = " ".join(said[:6])
        yield Document("question", f"q:{number}", "q", title, " ".join(said[:60]), day)
        yield Document("answer", f"q:{number}/1", "q", title, " ".join(said[60:]), day)


def queries(words: list[str], kept: list[Document]) -> dict[str, list[tuple[str, dict[str, object]]]]:
    rng = np.random.default_rng(3)

    def some(count: int) -> list[str]:
        said = kept[int(rng.integers(len(kept)))].text.split()
        return [str(each) for each in rng.choice(said, count, replace=False)]

    def phrase() -> str:
        said = kept[int(rng.integers(len(kept)))].text.split()
        start = int(rng.integers(len(said) - 3))
        return '"' + " ".join(said[start : start + 3]) + '"'

    return {
        "two to four words of one document": [(" ".join(some(int(rng.integers(2, 5)))), {}) for _ in range(EACH)],
        "a phrase of three words": [(phrase(), {}) for _ in range(EACH)],
        "the beginning of a word": [(some(1)[0][:5] + "*", {}) for _ in range(EACH)],
        "one word, questions since a day": [
            (some(1)[0], {"kinds": ("question",), "since": date(2018, 1, 1)}) for _ in range(EACH)
        ],
        "one of the 20 commonest words": [(words[int(rng.integers(20))], {}) for _ in range(EACH)],
        "two of the 20 commonest words": [
            (" ".join(words[int(each)] for each in rng.choice(20, 2, replace=False)), {}) for _ in range(EACH)
        ],
    }


def main() -> None:
    questions = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    words = vocabulary(np.random.default_rng(1))
    kept = list(documents(200, words))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "search.sqlite"
        index = Index(path, "1", lambda: documents(questions, words))
        start = time.perf_counter()
        index.search(parse(words[5_000]))
        print(f"{2 * questions:,} documents indexed in {time.perf_counter() - start:.0f} s, "
              f"{path.stat().st_size / 1e6:.0f} MB")  # fmt: skip
        every: list[tuple[float, float]] = []
        for name, asked in queries(words, kept).items():
            times: list[tuple[float, float]] = []
            for query, how in asked:
                start, worked = time.perf_counter(), time.process_time()
                index.search(parse(query), **how)  # type: ignore[arg-type]
                times.append((time.perf_counter() - start, time.process_time() - worked))
            every += times
            print(told(name, times))
        print(told("all", every))


def told(name: str, times: list[tuple[float, float]]) -> str:
    """Milliseconds by the clock and of this process alone, which others on the machine do not lengthen."""
    clock, own = 1000 * np.array(times).T
    p = [np.percentile(each, q) for each in (clock, own) for q in (50, 95)]
    return f"| {name} | {p[0]:.0f} | {p[1]:.0f} | {p[2]:.0f} | {p[3]:.0f} |"


if __name__ == "__main__":
    main()
