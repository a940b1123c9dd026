"""Experiences at steps: how often phrases are right, and whether corrected shares hold the truth.

Sentences are those of tests/journey_texts.txt, made up for it. A replicate draws 600 responses of two sentences each,
some of them coded blind; the truth is the share of the 600 whose sentences report a bad experience.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.spec.test_experienced import corrected, world
from tests.spec.test_journey_texts import ROWS, counts

REPLICATES = 100


def main() -> None:
    for name, rows in (("tuned on", ROWS[0::2]), ("held out", ROWS[1::2])):
        right, wrong, missed = counts(rows)
        print(f"{name}: {len(rows)} sentences, precision {right}/{right + wrong}, recall {right}/{right + missed}")
    for coded in (100, 150):
        held, held_alone, narrower, bias, raw = [], [], [], [], []
        for seed in range(REPLICATES):
            here = world(5000 + seed, n=600, coded=coded)
            row = corrected(here)["journeys_corrected"].to_pylist()[0]
            held.append(row["low"] <= here["truth"] <= row["high"])
            held_alone.append(row["human_low"] <= here["truth"] <= row["human_high"])
            narrower.append(row["narrower_by"])
            bias.append(row["estimate"] - here["truth"])
            raw.append(row["machine_share"] - here["truth"])
        print(
            f"{coded} coded: held {np.mean(held):.0%}, sample alone {np.mean(held_alone):.0%}, narrower by "
            f"{np.mean(narrower):.0%}, mean error {np.mean(bias):+.4f} (s.e. {np.std(bias) / len(bias) ** 0.5:.4f}), "
            f"of the machine uncorrected {np.mean(raw):+.4f}"
        )


if __name__ == "__main__":
    main()
