"""The library is data: it loads whole, names no source it does not have, and says what is wrong with an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairhearing import library
from fairhearing.errors import BadInput
from tests.helpers import SHARED, ascii_table


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
| step           | safeguards                             | kinds                           | seen       |
| notice         | written-criterion child-rights         | , law                           | no no      |
| check          | safeguarding-route                     | statutory guidance              | no         |
| questioning    | appropriate-adult school-reminded      | law, statutory guidance         | no yes     |
| share          | family-told                            | good practice                   | yes        |
| police-gateway | data-minimised                         | law                             | no         |
| panel          | local-authority-chair child-view-heard | , law                           | no no      |
| support        | voluntary parental-consent             | ,                               | yes yes    |
| close          | reviewed                               |                                 | yes        |
| retention      | erasure-route                          | law                             | no         |
| complaint      | complaints-unit                        |                                 | yes        |
"""


@pytest.mark.parametrize("row", ascii_table(STEPS), ids=lambda row: row["step"])
def test_each_step_has_the_safeguards_the_domain_notes_give_it(row: dict[str, str]) -> None:
    """A class or source the notes do not give stays blank; seen in a public source is not checked by a person."""
    found = [each for each in library.safeguards() if each.step == row["step"] and not each.question]
    assert " ".join(each.id for each in found) == row["safeguards"]
    assert ", ".join(each.kind for each in found).strip() == row["kinds"]
    assert " ".join("yes" if each.seen else "no" for each in found) == row["seen"]
    assert not any(each.checked for each in found)


DOMAIN = SHARED.parent / "design" / "DOMAIN.md"
CLASSES = {"L": "law", "S": "statutory guidance", "G": "good practice"}
DOCUMENTS = {"KCSIE": "statutory guidance", "UNCRC": "law"}
"""Documents whose class the notes give in another row than one in which they name them again."""


def _cells() -> list[tuple[str, str, str]]:
    """Step, safeguards and harms of every row of the table of the domain notes, section 5."""
    section = DOMAIN.read_text(encoding="utf-8").split("## 5. ")[1].split("## 6. ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return [(row[0], row[1], row[2]) for row in rows[2:]]


def _bare(text: str) -> list[str]:
    """The words of a cell, without its tags and marks."""
    return re.findall(r"[\w'’–.]+", re.sub(r"\[[VMC]\]|\([LSG]\)|\*\*|[“”]", " ", text).lower().replace(".", " "))


@pytest.mark.skipif(not DOMAIN.is_file(), reason="the domain notes are not here")
def test_the_library_is_the_table_of_the_domain_notes_no_more_and_no_less() -> None:
    """Word for word, with each entry's tag (seen where it is V, recalled where it is M) and class."""
    cells = _cells()
    assert len(cells) == len(library.steps())
    for step, (name, guards, harms) in zip(library.steps(), cells, strict=True):
        assert _bare(step.listed) == _bare(name.split("(duty")[0])
        assert ("[V]" in name) == step.duty_seen
        found = [each for each in library.safeguards() if each.step == step.id and not each.question]
        assert [_bare(each.listed) for each in found] == [_bare(part) for part in guards.split(";")]
        for each, place in zip(found, _places(guards, len(found)), strict=True):
            assert re.findall(r"\[([VM])\]", guards[place:])[0] == ("V" if each.seen else "M"), each.id
            classes = re.findall(r"\(([LSG])\)", guards.split(";")[found.index(each)])
            named = [kind for document, kind in DOCUMENTS.items() if document in each.listed]
            assert each.kind == ([CLASSES[one] for one in classes] + named + [""])[0], each.id
        told = harms.split("**PACE")[0]
        assert _bare(" ".join(each.what for each in step.harms)) == _bare(told)
        assert all(each.seen == ("[V]" in told) for each in step.harms)
        assert ("**PACE" in harms) == bool(step.note)


def _places(cell: str, parts: int) -> list[int]:
    places = [0]
    for _ in range(parts - 1):
        places.append(cell.index(";", places[-1]) + 1)
    return places


@pytest.mark.skipif(not DOMAIN.is_file(), reason="the domain notes are not here")
def test_checklists_and_conflicts_are_those_of_the_domain_notes() -> None:
    text = DOMAIN.read_text(encoding="utf-8")
    child, toolkit = library.checklists()
    line = re.search(r"The child-questioning checklist: (.*)", text)
    assert line and [point.question for point in child.points] == re.findall(r"[^?]+\?", line[1].replace("? ", "?"))
    line = re.search(r"Local-authority toolkit, eight domains \[V\]: (.*)\.", text)
    assert line and [point.question for point in toolkit.points] == line[1].split(", ")
    age, acting = library.conflicts()
    assert f"one child is {' and '.join(age.says)} [V]" in text
    assert acting.says[1].replace("not acting", "*not* acting") in text


def test_the_questions_about_a_child_are_safeguards_of_that_step() -> None:
    """Each can be found met or absent like any other; out of a lesson is the one where no is what protects."""
    asked = [each for each in library.safeguards() if each.question]
    assert {each.step for each in asked} == {"questioning"}
    assert [(each.question, each.protects) for each in asked][:2] == [
        ("out of lesson?", "no"),
        ("adult present?", "yes"),
    ]


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
    printed += [text for step in library.steps() for text in (step.name, step.note, step.duty)]
    printed += [harm.what for step in library.steps() for harm in step.harms]
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
    ("safeguards.toml", 'source = "PACE Code C, 11.15 to 11.17A"\nseen = false\nchecked = false',
     "source = ''\nseen = false\nchecked = true",
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
    monkeypatch.setattr(library.reading.resources, "files", lambda _package: tmp_path)
    with pytest.raises(BadInput, match=re.escape(message)) as error:
        _load_everything()
    assert error.value.where == f"library/{file}"


def _load_everything() -> list[Any]:
    readers = (library.experiences, library.safeguards, library.steps, library.step_cues, library.language_rules)
    return [reader() for reader in readers]
