"""Polis's own grouping against the `group-id` it published with three conversations of its open data."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from fairhearing.gather.votes import all_votes
from fairhearing.stats.opinion_verdict import adjusted_rand
from fairhearing.stats.polis import polis_groups
from tests.helpers import SHARED, needs_shared

CONVERSATIONS = (
    "austria-climate.5twd2jsnkf.2022-08-08",
    "scoop-hivemind.biodiversity",
    "ssis.land-bank-farmland.2rumnecbeh.2021-08-01",
)


@needs_shared
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_polis_own_groups_are_reproduced(name: str) -> None:
    folder = SHARED / "polis" / name
    made = all_votes(folder, 500)
    found = polis_groups(
        made.person, made.statement, made.vote, len(made.people), len(made.statements), made.moderated
    )  # fmt: skip
    with (folder / "participants-votes.csv").open(newline="", encoding="utf-8-sig") as file:
        theirs = {row["participant"]: row["group-id"] for row in csv.DictReader(file) if row["group-id"]}
    both = [at for at, id in enumerate(made.people) if id in theirs]
    label = np.unique([theirs[made.people[at]] for at in both], return_inverse=True)[1]
    assert len(both) == len(theirs)
    assert adjusted_rand(found.group[both], label) >= 0.9
