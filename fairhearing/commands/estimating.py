"""The options of `fairhearing estimate`: what is asked, how people were sampled, what weights are held to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import BadInput

__all__ = ["add_to", "wanted_of"]

_STATISTICS = ("mean", "total", "ratio", "quantile", "proportion", "variance", "regression")
_CALIBRATIONS = ("rake", "linear", "logit", "poststratify")
_LONELY = ("adjust", "certainty", "average", "remove", "fail")

_ROWS: list[tuple[str, str | None, tuple[str, ...] | None, str]] = [
    (
        "statistic",
        None,
        _STATISTICS,
        "without it a mean, a share of 0 and 1, a proportion of words",
    ),
    ("over", "COLUMN", None, "ratio: the column below the line"),
    ("quantiles", ".25,.5,.75", None, "quantile: which, as shares"),
    ("on", "A,B,C", None, "regression: predictors; factor(A) takes numbers as categories"),
    ("family", None, ("gaussian", "logistic"), "regression: without it logistic where the item is 0 and 1"),
    ("calibrate", None, _CALIBRATIONS, "how weights are brought to the margins; without it rake"),
    ("bounds", "LOW,HIGH", None, "logit: weights stay within these multiples of the design weight; usually 0.2,5"),
    ("fpc", "COLUMN[,COLUMN]", None, "units in the population of each stage, or the share sampled"),
    ("lonely", None, _LONELY, "a stratum with one sampling unit; without it adjust"),
    ("replicates", "PREFIX_OR_FILE", None, "replicate weights: columns whose name starts so, or a file of them"),
    ("replicate-type", "TYPE", None, "their kind: bootstrap, JK1, JK2, JKn, BRR, Fay, successive-difference, other"),
    ("scale", "NUMBER", None, "what squared distances of replicates are multiplied by"),
    ("rscales", "A,B,C", None, "the same for each replicate"),
    ("rho", "NUMBER", None, "Fay's factor"),
    (
        "make-replicates",
        "jackknife|bootstrap[:200]|balanced",
        None,
        "make them here, calibrated again one by one; balanced: half samples of two clusters a stratum",
    ),
]
"""Name, what stands for the value, choices, help."""

_NUMBERS = {"quantiles", "bounds", "rscales", "scale", "rho"}
_ONE = {"scale", "rho"}


def add_to(door: argparse.ArgumentParser) -> None:
    """All of them."""
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person")
    door.add_argument("--item", required=True, metavar="COLUMN", help="numbers; 0 and 1 give a share; or words")
    door.add_argument("--by", metavar="COLUMN[,COLUMN]", help="communities to report; several are crossed")
    door.add_argument(
        "--margins",
        type=Path,
        metavar="MARGINS.csv",
        help="calibrate to these: characteristic, category, people (no category: the sum of a column of numbers); or "
        "one list a characteristic under its own name; or characteristics crossed",
    )
    for name, metavar, help in (
        ("weights", "COLUMN", "design weight"),
        ("strata", "COLUMN", "sampling stratum"),
        ("cluster", "COLUMN[,COLUMN]", "sampling cluster, one column a stage"),
    ):
        door.add_argument(f"--{name}", metavar=metavar, help=help)
    for name, shown, choices, help in _ROWS:
        door.add_argument(f"--{name}", metavar=shown or "|".join(choices or ()), choices=choices, help=help)
    door.add_argument("--differences", action="store_true", help="each community less the rest, with p values")
    door.add_argument(
        "--test", dest="statistic", action="store_const", const="test",
        help="one test of whether communities differ at all: F for words and for several means, t for two means",
    )  # fmt: skip


def wanted_of(options: argparse.Namespace) -> dict[str, Any]:
    """What was given, numbers as numbers."""
    given: dict[str, Any] = {"differences": True} if options.differences else {}
    for name, *_ in _ROWS:
        key = name.replace("-", "_")
        value = getattr(options, key)
        if value is not None:
            given[key] = _numbers(name, value) if name in _NUMBERS else value
    return given


def _numbers(name: str, text: str) -> float | tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = ()
    wanted = {"bounds": 2, "scale": 1, "rho": 1}.get(name)
    if not found or (wanted is not None and len(found) != wanted):
        example = {"bounds": "0.2,5", "quantiles": ".25,.5,.75", "rscales": "0.9,0.9,0.8"}.get(name, "0.5")
        raise BadInput(f"--{name} cannot be {text!r}", cure=f"write numbers, for example --{name} {example}")
    return found[0] if name in _ONE else found
