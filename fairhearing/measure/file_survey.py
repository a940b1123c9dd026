"""A file of people and what its columns say of the sampling → a `Survey`: final weights, design, calibration, and
replicates where they come with the file or are to be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from ..stats import replicates as replicate
from ..stats.calibration import Calibrated, auxiliary, calibrate
from ..stats.cells import Floats, Ints, labels_of
from ..stats.domains import how_varied
from ..stats.estimators import Survey
from ..stats.linearisation import Calibration, Sampling, sampling
from ..stats.replicates import Replicates
from ..stats.weights import scaled
from ..tables import columns_in
from .columns import numbers, texts
from .margins_file import Known, known_from
from .sampling import alone

__all__ = ["Sampled", "file_survey", "names_in"]

REPLICATE_KINDS = {
    "bootstrap": "bootstrap", "jk1": "JK1", "jk2": "JK2", "jkn": "JKn", "brr": "BRR", "fay": "Fay",
    "successive-difference": "successive-difference", "other": "other",
}  # fmt: skip
_KINDS = {"rake": "raked", "linear": "calibrated (linear)", "logit": "calibrated (logit)",
          "poststratify": "post-stratified"}  # fmt: skip
_ALONE = {
    "adjust": "centred at zero", "certainty": "taken as certain", "remove": "left out of the variance",
    "average": "given the average of the others", "fail": "",
}  # fmt: skip
_DRAWS, _MOST_DRAWS = 200, 10_000


@dataclass(frozen=True)
class Sampled:
    """What a file's columns say of how people were sampled, all by name; `estimate_table` documents them."""

    weights: str | None = None
    strata: str | None = None
    cluster: str | Sequence[str] | None = None
    fpc: str | Sequence[str] | None = None
    lonely: str = "adjust"
    margins: pa.Table | None = None
    calibrate: str = "rake"
    bounds: tuple[float, float] | None = None
    replicates: pa.Table | str | None = None
    replicate_type: str | None = None
    scale: float | None = None
    rscales: Sequence[float] | None = None
    rho: float | None = None
    make_replicates: str | None = None


def names_in(table: pa.Table, wanted: str | Sequence[str] | None) -> list[str]:
    """Column names from a list, or from text: one name, else several with commas between."""
    if wanted is None or not isinstance(wanted, str):
        return [*(wanted or ())]
    if wanted in table.column_names:
        return [wanted]
    return [name.strip() for name in wanted.split(",") if name.strip()]


def file_survey(table: pa.Table, said: Sampled, where: str, rng: np.random.Generator | None) -> tuple[Survey, str]:
    """The survey, and in words how its standard errors are made. rng: for a bootstrap.

    Raises BadInput and CannotEstimate as `stats.calibration`, `linearisation` and `replicates` do.
    """
    rows = table.num_rows
    base = np.ones(rows) if said.weights is None else numbers(table, said.weights, where)
    here = where if said.weights is None else f"{where}, column {said.weights}"
    scaled(base, where=here)  # each is a weight, and not all are zero
    known = Known([], []) if said.margins is None else known_from(table, said.margins, base, where)
    if said.weights is None and known.margins:
        base = base * (float(known.margins[0].targets.sum()) / max(rows, 1))  # an equal share of the population each
    final = _calibrated(base, known, said, here)
    stratum, clusters, fpc = _columns(table, said, where)
    design = sampling(rows, strata=stratum, clusters=clusters, fpc=fpc, lonely=said.lonely, where=where)
    held = Calibration.of(auxiliary(known.margins, known.numbers, rows), base) if known.names else None
    made = _replicates(table, said, base, design, stratum, clusters, fpc, known, where, rng)
    words = _words(said, base, design, stratum is not None, len(clusters), known, final)
    return Survey(final.weights, design, held, made), words if made is None else _of_replicates(made, known, final)


def _calibrated(base: Floats, known: Known, said: Sampled, where: str) -> Calibrated:
    """Final weights; without margins, the base weights as they are."""
    if said.bounds is not None and said.calibrate != "logit":
        raise BadInput("bounds on the weights belong to one calibration", where=where, cure="add --calibrate logit")
    bounds = said.bounds or (0.2, 5.0)
    if said.margins is None and (said.calibrate != "rake" or said.bounds is not None):
        raise BadInput(
            "there is nothing to calibrate to", where=where, cure="give population figures: --margins FILE"
        )
    return calibrate(base, known.margins, known.numbers, kind=said.calibrate, bounds=bounds, where=where)


def _columns(table: pa.Table, said: Sampled, where: str) -> tuple[Ints | None, list[Ints], list[Floats]]:
    """Strata, clusters of each stage and finite population corrections. An empty stratum is a stratum of its own;
    somebody without a cluster is a cluster of their own; a column that is all empty is as if it were not named."""
    stratum = None if said.strata is None else labels_of(texts(table, said.strata, where))[0]
    if stratum is not None and not np.any(stratum >= 0):
        stratum = None
    clusters = []
    for name in names_in(table, said.cluster):
        codes = labels_of(texts(table, name, where))[0]
        if np.any(codes >= 0):
            clusters.append(alone(codes))
    return stratum, clusters, [numbers(table, name, where) for name in names_in(table, said.fpc)]


def _words(
    said: Sampled, base: Floats, design: Sampling, stratified: bool, stages: int, known: Known, final: Calibrated
) -> str:
    words = how_varied(
        clusters=design.units if stages else None,
        strata=design.strata if stratified else None,
        lonely=design.alone,
        held=f"residuals from {', '.join(known.names)}" if known.names else "",
        weighted=len(base) > 0 and bool(np.ptp(base) > 0),
        alone=_ALONE[said.lonely],
    )
    later = f", {len(design.stages)} stages" if len(design.stages) > 1 else ""
    return words + later + (", finite population correction" if said.fpc else "") + _calibration(final, known)


def _calibration(final: Calibrated, known: Known) -> str:
    """Which calibration, where it is not the usual raking, and how many weights came out negative."""
    if not known.names or final.kind == "rake":
        return ""
    below = f", {final.negative} weights negative" if final.negative else ""
    return f"; {_KINDS[final.kind]}, weights {final.least:.3g} to {final.most:.3g} times the base weights{below}"


# --- replicates ---------------------------------------------------------------------------------------------------


def _replicates(
    table: pa.Table, said: Sampled, base: Floats, design: Sampling, stratum: Ints | None, clusters: Sequence[Ints],
    fpc: Sequence[Floats], known: Known, where: str, rng: np.random.Generator | None,
) -> Replicates | None:  # fmt: skip
    """Those of the file, or made here, or None; each calibrated again where there are population figures."""
    if said.replicates is not None and said.make_replicates is not None:
        raise BadInput("replicates are both given and to be made", where=where,
                       cure="choose --replicates or --make-replicates")  # fmt: skip
    _belongs(said, where)
    if said.replicates is not None:
        made = _imported(table, said, base, where)
    elif said.make_replicates is not None:
        made = _made(said.make_replicates, said.rho, base, design, stratum, clusters, fpc, where, rng)
    else:
        return None
    if not known.names:
        return made

    def again(weights: Floats) -> Floats:
        return _calibrated(weights, known, said, where).weights

    return replicate.recalibrated(made, again)


def _belongs(said: Sampled, where: str) -> None:
    """Nothing said of replicates that are not there."""
    given = {"replicate-type": said.replicate_type, "scale": said.scale, "rscales": said.rscales, "rho": said.rho}
    stray = next((name for name, value in given.items() if value is not None), None)
    balanced = stray == "rho" and said.make_replicates == "balanced"
    if said.replicates is None and stray is not None and not balanced:
        raise BadInput(f"--{stray} belongs to replicate weights, and none are named", where=where,
                       cure="name them: --replicates PREFIX_OR_FILE, or leave it out")  # fmt: skip


def _imported(table: pa.Table, said: Sampled, base: Floats, where: str) -> Replicates:
    if said.weights is None:
        raise BadInput("replicate weights came without the full weights", where=where, cure="add --weights COLUMN")
    kind = REPLICATE_KINDS.get((said.replicate_type or "").casefold())
    if kind is None:
        raise BadInput(
            f"the kind of replicates is {'unknown' if said.replicate_type is None else repr(said.replicate_type)}",
            where=where, cure=f"add --replicate-type, one of {', '.join(REPLICATE_KINDS.values())}",
        )  # fmt: skip
    return replicate.imported(
        _weights_of(table, said.replicates, where), kind, said.scale,  # type: ignore[arg-type]
        None if said.rscales is None else np.array(said.rscales, np.float64), base=base, rho=said.rho, where=where,
    )  # fmt: skip


def _weights_of(table: pa.Table, replicates: pa.Table | str | None, where: str) -> Floats:
    """(rows, R), from every column of a table, or from the columns whose name starts so."""
    if isinstance(replicates, str):
        found = [name for name in columns_in(table) if name.startswith(replicates)]
        if not found:
            raise BadInput(
                f"no column starts with {replicates!r}", where=where,
                cure="give the start that the names of the replicates share, or a file of them",
            )  # fmt: skip
        return np.column_stack([numbers(table, name, where) for name in found])
    if replicates is None or replicates.num_rows != table.num_rows:
        count = 0 if replicates is None else replicates.num_rows
        raise BadInput(f"there are {count:,} rows of replicate weights for {table.num_rows:,} people", where=where,
                       cure="give one row a person, in the same order")  # fmt: skip
    names = columns_in(replicates)
    return np.column_stack([numbers(replicates, name, f"{where}, replicates") for name in names])


def _made(
    how: str, rho: float | None, base: Floats, design: Sampling, stratum: Ints | None, clusters: Sequence[Ints],
    fpc: Sequence[Floats], where: str, rng: np.random.Generator | None,
) -> Replicates:  # fmt: skip
    """Of the first stage's units, as R's `as.svrepdesign` makes them."""
    kind, _, count = how.partition(":")
    first = clusters[0] if clusters else None
    if kind == "jackknife" and not count:
        size = None
        if fpc:
            size = fpc[0] if np.any(fpc[0] > 1) else design.stages[0].size[_stratum_of_row(design)] / fpc[0]
        return replicate.jackknife(base, stratum, first, fpc=size)
    if fpc:
        raise BadInput(f"replicates made by {how!r} know no finite population correction", where=where,
                       cure="use --make-replicates jackknife, or leave --fpc out")  # fmt: skip
    if kind == "balanced" and not count:
        alone = np.zeros(len(base), np.int64) if stratum is None else stratum
        return replicate.balanced(base, alone, first, rho=rho or 0.0)
    draws = int(count) if count.isdigit() else 0 if count else _DRAWS
    if kind != "bootstrap" or not 2 <= draws <= _MOST_DRAWS:
        raise BadInput(f"replicates cannot be made by {how!r}", where=where,
                       cure=f"write jackknife, balanced, or bootstrap:N, N from 2 to {_MOST_DRAWS:,}")  # fmt: skip
    if rng is None:
        raise BadInput("a bootstrap needs a generator", where=where, cure="pass rng")
    return replicate.bootstrap(base, stratum, first, draws, rng)


def _stratum_of_row(design: Sampling) -> Ints:
    first = design.stages[0]
    return first.stratum if first.unit is None else first.stratum[first.unit]


def _of_replicates(made: Replicates, known: Known, final: Calibrated) -> str:
    again = f", each calibrated again to {', '.join(known.names)}" if known.names else ""
    return f"standard error from {made.count} replicates ({made.kind}){again}{_calibration(final, known)}"
