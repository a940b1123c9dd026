"""What a text reports, on 171 sentences made up for this test (no real person's words): plain accounts, and denials,
wishes, hearsay, irony and words of other meanings that look like them.

Rules and phrases were tuned on every other sentence, the first, third and so on; those between were never looked at
one by one. Whoever wrote the rules wrote the sentences: other people's words will be harder.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhearing.hear.journeys import Reader
from fairhearing.hear.standing import standing
from fairhearing.hear.words import blanked
from tests.helpers import ascii_table, programme

ROWS = ascii_table((Path(__file__).parents[1] / "journey_texts.txt").read_text(encoding="utf-8"))


def counts(rows: list[dict[str, str]]) -> tuple[int, int, int]:
    """(right, wrongly found, missed) pairs of text and experience."""
    reader, right, wrong, missed = Reader(programme()), 0, 0, 0
    for row in rows:
        meant = set(row["reports"].split())
        found = {experience for experience, _start, _end in reader.experiences_in(row["text"])}
        right, wrong, missed = right + len(meant & found), wrong + len(found - meant), missed + len(meant - found)
    return right, wrong, missed


def test_of_sentences_never_tuned_on_nine_in_ten_accounts_found_are_accounts() -> None:
    """On 85 sentences: precision 36 of 38 (95% interval 83 to 99%), recall 36 of 51 (57 to 81%): phrases are a start,
    and people's codes correct them. The bounds leave room for one more mistake either way."""
    right, wrong, missed = counts(ROWS[1::2])
    assert right / (right + wrong) >= 0.9
    assert right / (right + missed) >= 0.65


def test_without_its_context_every_third_phrase_would_be_wrong() -> None:
    """The same sentences, each phrase counted wherever it stands: what the rules are for."""
    reader, right, wrong = Reader(programme()), 0, 0
    for row in ROWS[1::2]:
        found = {hit.key for hit, _how in reader.phrases_in(row["text"])}
        right, wrong = (
            right + len(found & set(row["reports"].split())),
            wrong + len(found - set(row["reports"].split())),
        )
    assert right / (right + wrong) < 0.67


def test_sentences_are_many_and_half_of_them_hard() -> None:
    assert len(ROWS) >= 150
    assert sum(not row["reports"] for row in ROWS) >= 60
    assert len({row["text"] for row in ROWS}) == len(ROWS)


STANDING = """
| text                                                       | phrase      | state   | why                        |
| I was frightened.                                          | frightened  | told    |                            |
| I was not frightened.                                      | frightened  | denied  | not                        |
| I don't think he was frightened by it.                     | frightened  | denied  | don't                      |
| They pretended to be helpful.                              | helpful     | denied  | pretended                  |
| He was supposed to be very helpful.                        | helpful     | denied  | supposed to                |
| The risk is that pupils feel stigmatised.                  | stigmatised | denied  | risk is                    |
| I heard that a boy was frightened.                         | frightened  | unclear | reported speech: i heard   |
| Was he frightened?                                         | frightened  | unclear | a question                 |
| Why was he frightened like that?                           | frightened  | told    |                            |
| I can't say I wasn't frightened.                           | frightened  | unclear | two negations              |
| She was less frightened.                                   | frightened  | unclear | a comparison               |
| I felt safe until they came.                               | safe        | unclear | it ended                   |
| They were “helpful”.                                       | helpful     | unclear | in quotation marks         |
| Very helpful, yeah right.                                  | helpful     | unclear | perhaps irony: yeah right  |
| He was frightened. I heard that it happens.                | frightened  | told    |                            |
| They should not have frightened her.                       | frightened  | told    |                            |
| Nothing was explained; we were frightened.                 | frightened  | told    |                            |
"""


@pytest.mark.parametrize("row", ascii_table(STANDING), ids=lambda row: row["text"][:44])
def test_the_words_around_a_phrase_decide_what_it_is(row: dict[str, str]) -> None:
    plain = blanked(row["text"])
    start = plain.lower().index(row["phrase"])
    found = standing(plain, start, start + len(row["phrase"]), good=row["phrase"] in ("helpful", "safe"))
    assert found.state == row["state"]
    assert found.why.startswith(row["why"]) and bool(found.why) == bool(row["why"])
