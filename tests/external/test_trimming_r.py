"""Trimming asked of R's `trimWeights` on the spot: with one bound and with two, sharing once and until all are in.

R's `strict` calls itself until no weight is outside by the last bit, and where rounding keeps one there never comes
back: here it is asked for 1,500 rounds, one call each, whose rounding adds up to 1e-12. Ours finds the limit at once.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from fairhearing.errors import CannotEstimate
from fairhearing.stats.cells import Floats
from fairhearing.stats.trimming import trim
from tests.helpers import RSCRIPT, needs_r

SCRIPT = """
suppressMessages(library(survey)); options(expressions = 50000)
w <- as.matrix(read.table(commandArgs(TRUE)[1])); bounds <- as.matrix(read.table(commandArgs(TRUE)[2]))
for (k in seq_len(nrow(w))) {
  d <- svydesign(id = ~1, weights = ~w, data = data.frame(w = w[k, ]))
  for (rounds in c(1, 1500)) {
    for (i in seq_len(rounds)) d <- trimWeights(d, lower = bounds[k, 1], upper = bounds[k, 2])
    cat(format(weights(d), digits = 17), "\\n")
  }
}
"""

#         lower  upper
BOUNDS = [(0.0, 1.8), (0.0, 3.0), (0.2, 9.0), (0.4, 1.6), (0.7, 1.3), (0.5, 2.0), (0.9, 4.0), (0.3, 2.5)]
CASES = range(24)


def case(number: int) -> tuple[Floats, float, float]:
    rng = np.random.default_rng([1990, number])
    w = np.round(rng.gamma(rng.uniform(0.7, 3), 1, int(rng.integers(20, 61))) + 0.01, 6)
    w = np.resize(w, 40)
    return w / w.mean(), *BOUNDS[number % len(BOUNDS)]


@cache
def r() -> Floats:
    with TemporaryDirectory() as name:
        folder = Path(name)
        np.savetxt(folder / "w", np.vstack([case(k)[0] for k in CASES]), fmt="%.17g")
        np.savetxt(folder / "bounds", np.array([case(k)[1:] for k in CASES]), fmt="%.17g")
        (folder / "trim.R").write_text(SCRIPT)
        run = [str(RSCRIPT), str(folder / "trim.R"), str(folder / "w"), str(folder / "bounds")]
        said = subprocess.run(run, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return np.array([line.split() for line in said.stdout.splitlines()], np.float64)


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
@pytest.mark.parametrize("strict", [False, True])
def test_as_r_trims(number: int, strict: bool) -> None:
    weights, lower, upper = case(number)
    found, cut = trim(weights, lower=lower, upper=upper, strict=strict)
    assert found == pytest.approx(r()[2 * number + strict], rel=1e-11)
    assert found.sum() == pytest.approx(weights.sum(), rel=1e-13)
    assert cut >= np.sum((weights < lower) | (weights > upper))


#            weights          lower upper  found            cut
BY_HAND = [
    ([1, 1, 10], 0, 6, [3, 3, 6], 1),
    ([1, 5, 9, 0], 0, 6, [3, 6, 6, 0], 2),  # 3 to share: 1.5 each makes the middle one 6.5; a zero stays zero
    ([1, 2, 3], 0, 3, [1, 2, 3], 0),
    ([0.5, 1.5, 1.0], 0.8, 1.2, [0.8, 1.2, 1.0], 2),
    ([0.1, 9.0], 1, 6, [3.1, 6.0], 2),  # both were outside, so both share
]


@pytest.mark.parametrize(("weights", "lower", "upper", "expected", "cut"), BY_HAND)
def test_by_hand(weights: list[float], lower: float, upper: float, expected: list[float], cut: int) -> None:
    before = np.array(weights, float)
    given = before.copy()
    found, how_many = trim(given, lower=lower, upper=upper)
    assert found == pytest.approx(expected, rel=1e-13)
    assert how_many == cut
    assert np.array_equal(given, before), "the caller's weights are untouched"


def test_no_room() -> None:
    with pytest.raises(CannotEstimate, match="3 weights that add up to 12 cannot all lie between 0 and 3") as caught:
        trim(np.array([1.0, 1.0, 10.0]), upper=3)
    assert "allow larger weights" in caught.value.cure
