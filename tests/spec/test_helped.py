# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Did it help? Only a comparison declared beforehand answers."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.follow_up.helped import helped_rows
from tests.helpers import ascii_table

CASES = """
claimed     | verified  | follows | found                  | declared | says
------------+-----------+---------+------------------------+----------+-----
not started |           | yes     | moved as expected      | yes      | nothing
in progress |           | yes     | moved as expected      | yes      | nothing
delivered   | stalled   | yes     | moved as expected      | yes      | nothing
delivered   |           | no      | moved as expected      | yes      | no comparison was declared beforehand, so nobody can tell whether it helped
partly      |           | yes     | moved as expected      | yes      | what was expected to move after it did, which does not say why
            | delivered | yes     | moved the other way    | yes      | what was expected to move after it moved the other way
delivered   | delivered | yes     | no change that matters | yes      | what was expected to move after it did not move by as much as matters
delivered   |           | yes     | cannot tell            | no       | the rounds cannot tell whether anything moved; it is not shown that the comparison was declared beforehand
delivered   |           | yes     | moved higher           | yes      | it moved higher; nothing was expected of it
"""


@pytest.mark.parametrize("row", ascii_table(CASES), ids=lambda row: " ".join(row.values())[:60])
def test_what_was_delivered_is_measured_again_as_declared(row: dict[str, str]) -> None:
    entry = {"commitment": "c", "claimed": row["claimed"] or None, "verified": row["verified"] or None}
    numbers = dict.fromkeys(("n_from", "n", "estimate_from", "estimate", "change", "low", "high", "cannot_tell"))
    compared: dict[str, Any] = numbers | {
        "comparison": "k", "method": "m", "follows": "c" if row["follows"] == "yes" else "other",
        "found": row["found"], "declared_before": row["declared"] == "yes",
    }  # fmt: skip
    made = list(helped_rows([entry], [compared]))
    assert [each["says"] for each in made] == ([] if row["says"] == "nothing" else [row["says"]])
    assert all(each["verified"] == bool(row["verified"]) for each in made)
