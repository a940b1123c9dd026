"""Doors to words: what people wrote, coded and counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from .. import gather as gathering
from .._progress import Say, silent
from ..hear.coding_door import Coding, code_table
from ..hear.discover_door import Themes, themes_table
from ..hear.duplicates import Duplicates, duplicates_table
from ..hear.prevalence import prevalence_table
from ..settings import Settings, read_settings

__all__ = ["code", "duplicates", "prevalence", "themes"]


def code(
    file: Path, *, text: str, codebook: Path, labelled: Path | None = None, labels: str = "labels",
    id: str | None = None, reader: str | None = None, every: bool = False, propose: int = 0,
    settings: Settings | None = None, say: Say = silent,
) -> Coding:  # fmt: skip
    """Every response with the themes of a codebook: learned from a labelled file, or from the themes' own words.
    every: with the probabilities of themes not given; propose: how many responses people should code next."""
    settings = settings or read_settings()
    limit = settings.largest_file_mb
    return code_table(
        gathering.read_table(file, largest_file_mb=limit), gathering.read_table(codebook, largest_file_mb=limit),
        labelled=None if labelled is None else gathering.read_table(labelled, largest_file_mb=limit),
        text=text, labels=labels, id=id, reader=reader, rng=np.random.default_rng(settings.seed), say=say,
        every=every, propose=propose, where=str(file), where_codebook=str(codebook), where_labelled=str(labelled),
    )  # fmt: skip


def prevalence(
    coded: Path, *, human: Path, responses: Path | None = None, weights: str | None = None,
    cluster: str | None = None, by: str | None = None, only_these: bool = False, settings: Settings | None = None,
) -> pa.Table:  # fmt: skip
    """How common each theme is: the machine's count corrected by a blind sample that people coded, with intervals."""
    limit = (settings or read_settings()).largest_file_mb
    return prevalence_table(
        gathering.read_table(coded, largest_file_mb=limit), gathering.read_table(human, largest_file_mb=limit),
        responses=None if responses is None else gathering.read_table(responses, largest_file_mb=limit),
        weights=weights, cluster=cluster, by=by, only_these=only_these, where=str(coded), where_human=str(human),
        where_responses=str(responses),
    )  # fmt: skip


def duplicates(file: Path, *, text: str, id: str | None = None, settings: Settings | None = None) -> Duplicates:
    """Groups of texts that are the same or nearly the same, and counts both ways. Nothing is removed."""
    limit = (settings or read_settings()).largest_file_mb
    return duplicates_table(gathering.read_table(file, largest_file_mb=limit), text=text, id=id, where=str(file))


def themes(
    file: Path, *, text: str, id: str | None = None, by: str | None = None, closed: str | None = None,
    wanted: int | str = "medium", reader: str | None = None, settings: Settings | None = None, say: Say = silent,
) -> Themes:  # fmt: skip
    """Themes proposed for the responses of a file, at two levels, with quotes; what became of every response."""
    settings = settings or read_settings()
    return themes_table(
        gathering.read_table(file, largest_file_mb=settings.largest_file_mb), text=text, id=id, by=by, closed=closed,
        wanted=wanted, reader=reader, rng=np.random.default_rng(settings.seed), where=str(file), say=say,
    )  # fmt: skip
