"""The library is data: it loads whole, names no source it does not have, and says what is wrong with an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairhearing import library
from fairhearing.errors import BadInput
from tests.helpers import ascii_table


def test_experiences_of_the_question_are_there_both_good_and_bad() -> None:
    """What the question put to the Mayor and the listening since then name, and a harm of not acting."""
    found = {each.name: (each.valence, each.harm_of) for each in library.experiences()}
    for name in ("humiliated", "singled out", "frightened", "not told why", "not believed", "alone with police"):
        assert found[name] == ("bad", "action")
    for name in ("ignored", "left without help"):
        assert found[name] == ("bad", "inaction")
    for name in ("helped", "respected", "safe", "listened to"):
        assert found[name] == ("good", "")


STEPS = """
| step           | safeguards                         | kinds                           | checked    |
| notice         | written-criterion child-rights     | , law                           | no no      |
| check          | safeguarding-route                 | statutory guidance              | no         |
| questioning    | appropriate-adult school-reminded  | law, statutory guidance         | no yes     |
| share          | family-told                        | good practice                   | yes        |
| police-gateway | data-minimised                     | law                             | no         |
| panel          | local-authority-chair child-view-heard | ,                           | no no      |
| support        | voluntary parental-consent         | ,                               | yes yes    |
| close          | reviewed                           |                                 | yes        |
| retention      | erasure-route                      | law                             | no         |
| complaint      | complaints-unit                    |                                 | yes        |
"""


@pytest.mark.parametrize("row", ascii_table(STEPS), ids=lambda row: row["step"])
def test_each_step_has_the_safeguards_the_domain_notes_give_it(row: dict[str, str]) -> None:
    """A class or source the notes do not give stays blank; what they recall without confirming is not checked."""
    found = [each for each in library.safeguards() if each.step == row["step"]]
    assert " ".join(each.id for each in found) == row["safeguards"]
    assert ", ".join(each.kind for each in found).strip() == row["kinds"]
    assert " ".join("yes" if each.checked else "no" for each in found) == row["checked"]


def test_nothing_is_checked_against_a_source_that_is_not_named() -> None:
    assert [each.id for each in library.safeguards() if each.checked and not each.source] == []


def test_steps_are_in_the_order_of_the_process_and_each_has_cues() -> None:
    steps = [step.id for step in library.steps()]
    assert steps == [row["step"] for row in ascii_table(STEPS)]
    assert [cue.ids[0] for cue in library.step_cues()] == steps
    assert all(cue.words for cue in library.step_cues())


def test_a_step_answers_to_one_id_only() -> None:
    ids = [id for cue in library.step_cues() for id in cue.ids]
    assert sorted(ids) == sorted(set(ids))


def test_the_checklists_are_whole() -> None:
    found = {each.id: len(each.points) for each in library.checklists()}
    assert found == {"child-questioning": 7, "local-authority-toolkit": 8}


LANGUAGE = """
| sentence                                                          | rule                 |
| We could not speak to hard-to-reach groups.                       | hard-to-reach        |
| These are HARD TO REACH people.                                   | hard-to-reach        |
| Seldom heard voices matter.                                       | seldom-heard         |
| A rise in Muslim extremism was reported.                          | faith-and-extremism  |
| Islamic terrorism is named.                                       | faith-and-extremism  |
| Work with Somali extremists.                                      | group-and-extremism  |
| Engagement with at-risk communities.                              | suspect-community    |
| Communities that are most vulnerable to radicalisation.           | community-prone      |
| Susceptible individuals are supported.                            | susceptible          |
| The plan builds community resilience.                             | community-resilience |
| The worst-performing communities.                                 | ranking-communities  |
| The programme is trusted less by Muslim Londoners than by others. |                      |
| Concern recorded as Islamist: 870 of 8,769.                       |                      |
| Extremism of every kind, and terrorism, harm all communities.     |                      |
| It is hard to reach a verdict?                                    | hard-to-reach        |
| The panel meets within reach of the hard shoulder.                |                      |
"""


@pytest.mark.parametrize("row", ascii_table(LANGUAGE), ids=lambda row: row["sentence"][:40])
def test_language_that_must_not_be_published(row: dict[str, str]) -> None:
    found = [rule for rule in library.language_rules() if rule.found_in(row["sentence"])]
    assert " ".join(rule.id for rule in found) == row["rule"]
    assert all(rule.reason and rule.instead for rule in found)


def test_the_library_obeys_its_own_language() -> None:
    """Names, reasons and notes that are printed contain nothing the rules forbid, the rules' own subjects aside."""
    printed = [each.name for each in library.experiences()]
    printed += [text for step in library.steps() for text in (step.name, step.note, step.duty, *step.harms)]
    printed += [text for each in library.safeguards() for text in (each.name, each.source)]
    found = [(text, rule.id) for text in printed for rule in library.language_rules() if rule.found_in(text)]
    assert found == []


def test_no_phrase_is_both_good_and_bad_and_no_stop_word_is_on_two_lists() -> None:
    words: dict[str, set[str]] = {"good": set(), "bad": set()}
    for each in library.experiences():
        words[each.valence] |= set(each.words)
    assert words["good"] & words["bad"] == set()
    grammar, general = library.stop_words()
    assert grammar & general == set()


BROKEN = [
    ("experiences.toml", 'valence = "good"', 'valence = "fine"', "valence is 'fine', not one of 'good', 'bad'"),
    ("experiences.toml", 'id = "ignored"', 'id = "helped"', "helped: is there twice"),
    ("experiences.toml", 'name = "helped"', 'name = " "', "helped: has an empty name"),
    ("experiences.toml", '"humiliated", ', '"Humiliated", ', "'Humiliated' needs small letters"),
    ("experiences.toml", 'harm_of = "inaction"', 'harm_of = ""', "harm_of is given for a bad experience"),
    ("experiences.toml", 'id = "safe"', 'id = "Safe!"', "Safe!: cannot be an id"),
    ("experiences.toml", "[[experiences]]\nid", "[[experiences]]\ncolour = 1\nid", "missing or unknown keys: colour"),
    ("experiences.toml", 'id = "helped"', "id = ", "this is not valid TOML"),
    ("safeguards.toml", 'kind = "law"', 'kind = "custom"', "kind is 'custom', not one of"),
    ("safeguards.toml", 'source = "PACE Code C, 11.15 to 11.17A"\nchecked = false', "source = ''\nchecked = true",
     "appropriate-adult: is marked as checked but names no source"),
    ("words.toml", "panel = [", "panels = [", "is not both a step of safeguards.toml and a key of [cues]"),
    ("words.toml", "pattern = '''community", "pattern = '''(community", "its pattern is not a regular expression"),
]  # fmt: skip


@pytest.fixture
def _fresh() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    for name in (*library.__all__, "_read"):
        getattr(getattr(library, name), "cache_clear", lambda: None)()


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(("file", "old", "new", "message"), BROKEN, ids=[case[3][:40] for case in BROKEN])
def test_a_broken_entry_is_named(
    file: str, old: str, new: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(library.__file__).parent
    for name in ("experiences.toml", "safeguards.toml", "words.toml"):
        text = (folder / name).read_text(encoding="utf-8")
        assert name != file or old in text
        (tmp_path / name).write_text(text.replace(old, new, 1) if name == file else text, encoding="utf-8")
    monkeypatch.setattr(library.resources, "files", lambda _package: tmp_path)
    with pytest.raises(BadInput, match=re.escape(message)) as error:
        _load_everything()
    assert error.value.where == f"library/{file}"


def _load_everything() -> list[Any]:
    readers = (library.experiences, library.safeguards, library.steps, library.step_cues, library.language_rules)
    return [reader() for reader in readers]
