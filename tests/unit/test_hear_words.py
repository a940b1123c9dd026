"""Reading words: positions hold whatever the text, and no text costs more than its length."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.hear.copies import copies
from fairhearing.hear.discover import sentences_of
from fairhearing.hear.journeys import Reader
from fairhearing.hear.languages import unread_because
from fairhearing.hear.phrases import runs, stem
from fairhearing.hear.words import (
    PhraseFinder,
    around,
    blanked,
    folded,
    normal,
    says_nothing_because,
    sentences,
)
from tests.helpers import ascii_table, programme

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=300) | st.text("a .!?\n<>&;[]'’-é😀بস", max_size=300)


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_blanking_keeps_every_position(text: str) -> None:
    plain = blanked(text)
    assert len(plain) == len(folded(text)) == len(text)
    assert all(new in (" ", folded(old)) for old, new in zip(text, plain, strict=True))


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_sentences_cover_every_character_that_is_not_space(text: str) -> None:
    covered = [False] * len(text)
    last = 0
    for start, end in sentences(text):
        assert last <= start < end
        last = end
        covered[start:end] = [True] * (end - start)
    assert all(seen or character.isspace() for seen, character in zip(covered, text, strict=True))


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_said_not_to_be(text: str) -> None:
    why = (says_nothing_because(text), unread_because(text))
    assert all(each is None or each for each in why)
    for hit in PhraseFinder({"a": ["a", "é a"]}).find(text):
        start, end = around(text, list(sentences(text)), hit.start, hit.end)
        assert start <= hit.start < hit.end <= end


SENTENCES = """
| text                           | sentences                        |
| One. Two! Three?               | One. / Two! / Three?             |
| It cost 3.50 at example.org.   | It cost 3.50 at example.org.     |
| Wait... what?! No              | Wait... / what?! / No            |
| 👋🏽 Hello                       | 👋🏽 Hello                          |
"""


@pytest.mark.parametrize("row", ascii_table(SENTENCES), ids=lambda row: row["text"])
def test_sentences(row: dict[str, str]) -> None:
    assert " / ".join(row["text"][a:b] for a, b in sentences(row["text"])) == row["sentences"]


NORMAL = """
| text                              | normal                     |
| PUBLISH   the figures!!!          | publish the figures        |
| “Publish” the figures.            | publish the figures        |
| <p>Publish</p> the&nbsp;figures   | publish the figures        |
| Ｐｕｂｌｉｓｈ the ﬁgures          | publish the figures        |
| I’m told                          | i'm told                   |
| see [e-mail] or https://x.org/a   | see or                     |
"""


@pytest.mark.parametrize("row", ascii_table(NORMAL), ids=lambda row: row["text"])
def test_normal(row: dict[str, str]) -> None:
    assert normal(row["text"]) == row["normal"]


STEMS = """
| word         | stem       |
| taxes        | tax        |
| properties   | property   |
| police's     | police     |
| bus          | bus        |
| crisis       | crisis     |
| address      | address    |
| churches     | church     |
| parks        | park       |
"""


@pytest.mark.parametrize("row", ascii_table(STEMS), ids=lambda row: row["word"])
def test_stems(row: dict[str, str]) -> None:
    assert stem(row["word"]) == row["stem"]


LANGUAGES = """
| text                                                                                 | why              |
| Waxaan ka baqayaa inaan la hadlo booliska oo aan waxba sheego                        | language: Somali |
| Não sei a quem pedir ajuda, e os jovens também não sabem o que fazer                 | language: Portuguese |
| Wir wissen nicht, wen wir um Hilfe bitten sollen, und das ist ein großes Problem     | language: German |
| Je ne sais pas à qui demander de l'aide dans mon quartier, les jeunes sont seuls     | language: French |
| আমি জানি না কার কাছে সাহায্য চাইব ok                                                  | language: Bengali |
| ਮੈਨੂੰ ਨਹੀਂ ਪਤਾ                                                                        | language: Punjabi |
| எனக்குத் தெரியாது                                                                    | language: Tamil |
| My neighbours say salaam, আমি জানি, and we all get on                                |                  |
| The naïve façade of the café is a cliché, they were told                             |                  |
| Main police par bharosa nahin karta                                                  |                  |
| 10 - 4                                                                               |                  |
"""


@pytest.mark.parametrize("row", ascii_table(LANGUAGES), ids=lambda row: row["text"][:30])
def test_what_cannot_be_read_is_said_with_its_language(row: dict[str, str]) -> None:
    assert (unread_because(row["text"]) or "") == row["why"]


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 25_000, "<script" * 15_000, "<a" * 50_000, "[" * 100_000, "." * 100_000, "a." * 50_000,
        "&amp" * 25_000, "not told? no. " * 7_000, "bus " * 25_000, "😀" * 100_000, "\n" * 100_000,
        "https://" * 12_000,
    ],
    ids=lambda text: text[:8].encode("unicode_escape").decode(),
)  # fmt: skip
def test_a_huge_response_costs_no_more_than_its_length(text: str) -> None:
    """100 kB of what makes a careless pattern try everything; 4 s is some twenty times what it takes."""
    started = time.process_time()
    says_nothing_because(text)
    unread_because(text)
    PhraseFinder({"bus": ["bus", "not told"]}).find(text)
    copies([normal(text), normal(text)])
    list(runs(text))
    sentences_of([text], np.array([True]))
    Reader(programme()).experiences_in(text)
    assert time.process_time() - started < 4


def test_ten_thousand_copies_of_one_text_are_one_group() -> None:
    started = time.process_time()
    text = "publish every figure by borough every year and let parents be present number"
    groups = copies([f"{text} {number % 100}" for number in range(10_000)])
    assert set(groups.tolist()) == {0}
    assert time.process_time() - started < 5
