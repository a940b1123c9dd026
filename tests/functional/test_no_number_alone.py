"""No number stands alone: in every table of a whole run it has how many people, an interval or why there is none, and
how it was made. People who chose to answer have no margin of error in any table that speaks of a population.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairhearing import main, open_programme
from tests import real_programmes
from tests.helpers import needs_shared

Row = dict[str, Any]

NUMBERS = (
    "estimate", "gap", "change", "effect", "alpha", "omega", "direct", "of_first", "of_previous", "of_known",
    "known_change", "ratio",
)  # fmt: skip
ENDS = {
    "estimate": ("low", "high"), "gap": ("low", "high"), "change": ("low", "high"), "effect": ("low", "high"),
    "direct": ("direct_low", "direct_high"), "alpha": ("alpha_low", "alpha_high"),
    "omega": ("omega_low", "omega_high"), "of_first": ("of_first_low", "of_first_high"),
    "of_previous": ("low", "high"), "of_known": ("bound_low", "bound_high"),
    "known_change": ("bound_low", "bound_high"), "ratio": ("low", "high"),
}  # fmt: skip
COUNTS = ("n", "count", "counted")
NO_INTERVAL = ("no margin of error", "no interval", "sampling error cannot be estimated")
OF_A_POPULATION = ("estimates", "gaps", "changes", "pooled", "pooling_checks", "monitoring", "comparisons", "unheard")
"""Of what people who took part in a conversation or described a step said, `statements` and `journeys` tell an
interval that is said not to be one of any population."""
REPEATED = ("findings", "recommendations")  # figures of other tables, whose row they name


@pytest.fixture(scope="module")
def austin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run(real_programmes.austin, tmp_path_factory)


@pytest.fixture(scope="module")
def youth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run(real_programmes.london_youth, tmp_path_factory)


def _run(build: Callable[[Path], Path], factory: pytest.TempPathFactory) -> Path:
    folder = build(factory.mktemp("whole"))
    main.run(folder)
    return folder


@pytest.fixture(
    params=["example_run", pytest.param("austin", marks=needs_shared), pytest.param("youth", marks=needs_shared)]
)
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(request.param))


def _rows(folder: Path) -> Iterator[tuple[str, Row]]:
    for name, view in open_programme(folder).tables.items():
        if name not in REPEATED:
            yield from ((name, row) for row in view.arrow.to_pylist())


def _told(row: Row) -> list[str]:
    """The numbers a row claims. Beside a gap or change, the estimate is repeated from `estimates`."""
    repeated = {"estimate"} if "gap" in row or "change" in row else set()
    return [key for key in NUMBERS if row.get(key) is not None and key not in repeated]


def test_every_number_has_a_count_and_a_method(folder: Path) -> None:
    alone = [
        (table, key)
        for table, row in _rows(folder)
        for key in _told(row)
        if not row["method"] or not any(row.get(count) is not None for count in COUNTS)
    ]
    assert sum(bool(_told(row)) for _table, row in _rows(folder)) > 0
    assert not alone


def test_every_number_has_an_interval_or_the_reason_there_is_none(folder: Path) -> None:
    for table, row in _rows(folder):
        for key in _told(row):
            low, high = (row.get(end) for end in ENDS[key])
            why = row.get("cannot_tell") or any(words in row["method"] for words in NO_INTERVAL)
            assert (low is None) == (high is None), (table, row)
            assert low is not None or why, (table, row)
            if low is not None and high is not None:
                assert low <= row[key] <= high, (table, row)


def test_people_who_chose_to_answer_have_no_margin_of_error(folder: Path) -> None:
    chose = {source.id for source in open_programme(folder).programme.sources if not source.has_margin}
    ends = {"low", "high", "se", "p", "p_adjusted", "probability", "rest_low", "direct_low", "direct_high"}
    seen = 0
    for table, row in _rows(folder):
        if table in OF_A_POPULATION and row["source"] in chose:
            seen += 1
            assert not [end for end in ends if row.get(end) is not None], (table, row)
    assert seen or not any(table in OF_A_POPULATION for table, _row in _rows(folder))
