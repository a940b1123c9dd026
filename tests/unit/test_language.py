"""What the report may not say in its own words, and what people may always say in theirs."""

from __future__ import annotations

import pytest

from fairhearing.errors import Unsafe
from fairhearing.library import language_rules
from fairhearing.publish.language import check, prose, violations
from tests.helpers import programme

COMMUNITIES = {
    "characteristics": [
        {
            "id": "religion",
            "name": "Religion",
            "categories": [
                {"id": "muslim", "name": "Muslim Londoners"},
                {"id": "jewish", "name": "Jewish Londoners"},
                {"id": "other", "name": "Other Londoners"},
                {"id": "not_said", "name": "Not answered", "community": False},
            ],
        }
    ],
    "activities": [{"id": "cve", "name": "Countering violent extremism", "objective": "safety"}],
}
PROGRAMME = programme(**COMMUNITIES)


def at_fault(sentence: str) -> list[str]:
    return [found.words for found in violations([sentence], PROGRAMME, language_rules())]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("These are hard to reach groups.", "hard to reach"),
        ("The hardest-to-reach people did not answer.", "hardest-to-reach"),
        ("Muslim Londoners were asked about extremism.", "extremism"),
        ("Concerns about radicalisation are raised more often by Muslim families.", "radicalisation"),
        ("Jewish Londoners rank last.", "rank"),
        ("The worst result is among Muslim Londoners.", "worst"),
        ("The survey subjects were interviewed at home.", "survey subjects"),
    ],
)
def test_a_sentence_that_may_not_be_published(sentence: str, words: str) -> None:
    assert at_fault(sentence)[0] == words


@pytest.mark.parametrize(
    "sentence",
    [
        "The programme is trusted less by Muslim Londoners: 61% (56 to 66) against 70% of everyone else.",
        "Too few to report, not too few to matter: Jewish Londoners.",
        "The activity Countering violent extremism is trusted less by Muslim Londoners.",  # its own name
        "The programme's aim is to stop the spread of extremism.",  # names no community
        "Not answered: 9% of the population.",
        "Interviews about extremism were held at home by other means.",  # 'other' is no community's word
    ],
)
def test_a_sentence_that_may(sentence: str) -> None:
    assert at_fault(sentence) == []


def test_people_are_not_corrected_and_text_alternatives_are_read() -> None:
    page = """<style>a{}</style><p>Our words. More.</p>
    <blockquote data-words>hard to reach <b>me</b><br>again</blockquote>
    <figure data-words aria-label="unread"><p>unread</p></figure>
    <div role="img" aria-label="A text alternative."><svg></svg></div>
    <p>They said “hard to reach”.</p>"""
    assert prose(page) == ["Our words.", "More.", "A text alternative.", "They said “…”."]


def test_the_error_names_the_sentence_and_the_cure() -> None:
    with pytest.raises(Unsafe, match="some hard to reach groups") as error:
        check("<p>We spoke to some hard to reach groups.</p>", PROGRAMME, language_rules())
    assert "say who was not heard" in error.value.cure
    assert error.value.exit_code == 10


def test_a_clean_page_passes() -> None:
    check("<p>People were heard.</p>", PROGRAMME, language_rules())
