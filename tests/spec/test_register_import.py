"""A status as spreadsheets word it in, one word on one axis out; or the row is set aside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhearing.errors import BadInput
from fairhearing.follow_up import DELIVERY, RESPONSES
from fairhearing.follow_up.importing import Import, columns_of, read_register, words_of
from tests.helpers import ascii_table

FILE = {"name": "tracker.xlsx", "sha256": "0" * 64}


def read(cells: dict[str, str], known: dict[str, str] | None = None, **words: str) -> Import:
    row = {"(row)": "1", "Ref": "1", "Recommendation": "Open the files"} | cells
    columns = columns_of([name for name in row if name != "(row)"], {})
    return read_register(
        [row], columns, words_of(words), file=FILE, row_name="(row)", known=known or {}, before={}, own_words=words
    )  # fmt: skip


def statuses(found: Import) -> dict[str, Any]:
    return {each["column"]: each["value"] for each in found.events if each["column"] in ("response", "claimed")}


WORDS = """
column   | said                     | response     | claimed
Status   | Accepted                 | accepted     |
Status   | ACCEPTED IN PRINCIPLE    | in principle |
Status   | Agreed (in principle)    | in principle |
Status   | Accepted, in principle   | in principle |
Status   | Partially accepted       | in part      |
Status   | Not accepted             | rejected     |
Status   | Noted                    | acknowledged |
Status   | Ongoing                  |              | in progress
Status   | Partly implemented       |              | partly
Status   | Accepted - complete      | accepted     | delivered
Status   | Rejected; superseded     | rejected     | superseded
Response | Yes                      | accepted     |
RAG      | Green                    |              |
Status   |                          |              |
"""


@pytest.mark.parametrize("row", ascii_table(WORDS), ids=lambda row: f"{row['column']} {row['said']}")
def test_a_word_goes_to_one_axis(row: dict[str, str]) -> None:
    expected = {axis: row[axis] for axis in ("response", "claimed") if row[axis]}
    assert statuses(read({row["column"]: row["said"]})) == expected


ASIDE = """
column   | said                        | because
Status   | Closed                      | neither a response nor a delivery
Status   | On track                    | neither a response nor a delivery
Status   | Green                       | neither a response nor a delivery
Status   | In principle, but rejected  | neither a response nor a delivery
Status   | Accepted; rejected          | both 'accepted' and 'rejected'
Status   | Complete; not started       | both 'delivered' and 'not started'
Status   | Yes                         | neither a response nor a delivery
Response | Complete                    | neither a response nor a delivery
Status   | Accepted with reservations  | neither a response nor a delivery
"""


@pytest.mark.parametrize("row", ascii_table(ASIDE), ids=lambda row: f"{row['column']} {row['said']}")
def test_what_cannot_be_mapped_is_set_aside_whole(row: dict[str, str]) -> None:
    found = read({row["column"]: row["said"]})
    assert found.events == []
    assert [each["fate"] for each in found.rows] == ["set aside"] and row["because"] in found.rows[0]["reason"]


@given(
    st.text(max_size=12), st.sampled_from(["in principle", "In Principle", "(in principle)"]), st.text(max_size=12)
)
def test_in_principle_never_becomes_accepted(before: str, said: str, after: str) -> None:
    assert statuses(read({"Status": f"{before} {said} {after}"})).get("response") in (None, "in principle")


@given(st.text(max_size=30))
def test_whatever_a_cell_says_a_status_is_of_the_register(said: str) -> None:
    told = statuses(read({"Status": said}))
    assert told.get("response", "accepted") in RESPONSES and told.get("claimed", "partly") in DELIVERY


def test_a_sheet_verifies_nothing() -> None:
    found = read({"Verified": "Delivered", "Status": "Complete"})
    assert {each["column"] for each in found.events} == {"entry", "claimed"}
    assert "cannot verify" in next(each["note"] for each in found.columns if each["read_as"] == "verified")


def test_two_columns_for_one_field_are_refused() -> None:
    with pytest.raises(BadInput, match="both look like owner"):
        columns_of(["Recommendation", "Owner", "Lead"], {})
    assert columns_of(["Recommendation", "Owner", "Lead"], {"Lead": "ignored"})["owner"] == "Owner"
