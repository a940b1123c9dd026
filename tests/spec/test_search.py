# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""A query in, documents out in order: what is found, where in it, and that the index is never more than a cache."""

from __future__ import annotations

import math
import multiprocessing
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import BadInput
from fairhearing.find import KINDS, Document, Index, Term, folded, matches, parse, snippet
from tests.helpers import ascii_table

DOCUMENTS = """
kind     | id | day        | title              | text
question | q1 | 2019-02-25 | Stop and search    | How many people were stopped near Peñalosa school in 2019?
question | q2 | 2024-05-01 | Prevent referrals  | How many referrals came from schools, and how many led to support?
answer   | a1 | 2019-03-01 | Stop and search    | The police do not record the school.
answer   | a2 |            | Prevent referrals  | A referral is not a verdict. Referrals from schools are the most common.
response | r1 |            |                    | They asked my son at school without a parent. Nobody told us.
response | r2 |            |                    | বিদ্যালয়ে কেউ আমাদের বলেনি
finding  | f1 |            |                    | The school referral is described worse than other steps.
"""


def documents() -> list[Document]:
    return [
        Document(row["kind"], row["id"], "s", row["title"], row["text"], date.fromisoformat(row["day"]) if row["day"] else None)
        for row in ascii_table(DOCUMENTS)
    ]  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "cache" / "search.sqlite", "1", documents)


FOUND = """
query                    | kinds           | since      | found
school                   |                 |            | f1 r1 a1 q1
school referral          |                 |            | f1 a2 r1 a1 q1
"how many"               |                 |            | q1 q2
"many how"               |                 |            |
referr*                  |                 |            | q2 a2 f1
referr* -verdict         |                 |            | q2 f1
penalosa                 |                 |            | q1
PEÑALOSA                 |                 |            | q1
বিদ্যালয়ে                  |                 |            | r2
school                   | answer          |            | a1
school                   | answer finding  |            | f1 a1
how                      |                 | 2020-01-01 | q2
school                   |                 | 2019-02-25 | a1 q1
nowhere                  |                 |            |
xx nowhere               |                 |            |
"""


@pytest.mark.parametrize("row", ascii_table(FOUND), ids=lambda row: " ".join(row.values()))
def test_what_a_query_finds(index: Index, row: dict[str, str]) -> None:
    since = date.fromisoformat(row["since"]) if row["since"] else None
    hits = index.search(parse(row["query"]), kinds=row["kinds"].split(), since=since)
    assert {hit.document.id for hit in hits} == set(row["found"].split())
    assert len(hits) == len(set(hits))


def test_those_with_every_word_come_first_and_the_better_before_the_worse(index: Index) -> None:
    terms = parse("school referral")
    hits = index.search(terms)
    every = [all(matches(hit.document.text, [term]) for term in terms) for hit in hits]
    assert every == [True, False, False, False, False]
    assert [hit.score for hit in hits[1:]] == sorted((hit.score for hit in hits[1:]), reverse=True)


def test_scores_are_bm25(tmp_path: Path) -> None:
    """By hand: k1 = 1.2, b = 0.75, idf = ln((N - n + 0.5) / (n + 0.5)), words counted over both columns."""
    texts = ["cat cat dog", "cat bird bird bird bird", "fish", "cow", "horse pig goat", "hen"]
    index = Index(
        tmp_path / "s.sqlite", "1", lambda: (Document("response", str(n), "s", "", t) for n, t in enumerate(texts))
    )
    average = sum(len(text.split()) for text in texts) / len(texts)
    idf = math.log((len(texts) - 2 + 0.5) / (2 + 0.5))
    expected = {}
    for n, often in ((0, 2), (1, 1)):
        length = len(texts[n].split())
        expected[str(n)] = idf * often * 2.2 / (often + 1.2 * (0.25 + 0.75 * length / average))
    told = {hit.document.id: hit.score for hit in index.search(parse("cat"))}
    assert told == pytest.approx(expected, abs=1e-4)


QUERIES = [
    ("stop search", [Term(("stop",)), Term(("search",))]),
    ('"stop and search"', [Term(("stop", "and", "search"))]),
    ("referr*", [Term(("referr",), prefix=True)]),
    ("school -police", [Term(("school",)), Term(("police",), without=True)]),
    ("Café's", [Term(("cafe", "s"))]),
    ('a "b', [Term(("a",)), Term(("b",))]),
    ("x x x", [Term(("x",))]),
    ("2019/3806", [Term(("2019", "3806"))]),
]


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: case[0])
def test_how_a_query_is_read(case: tuple[str, list[Term]]) -> None:
    assert parse(case[0]) == case[1]


@pytest.mark.parametrize("query", ["", "  ", "***", '""', "-police", "()", "* OR"])
def test_a_query_without_a_word_is_refused_or_read_as_words(query: str) -> None:
    if query == "* OR":
        assert parse(query) == [Term(("or",))]
        return
    with pytest.raises(BadInput, match="no word to look for"):
        parse(query)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_query_breaks_the_search(tmp_path_factory: pytest.TempPathFactory, query: str) -> None:
    index = Index(tmp_path_factory.getbasetemp() / "hostile.sqlite", "1", documents)
    try:
        terms = parse(query)
    except BadInput:
        return
    for hit in index.search(terms):
        assert hit.document in documents()


@given(st.text(max_size=400), st.text(min_size=1, max_size=8))
@settings(deadline=None)
def test_places_are_in_the_text_and_hold_the_word(text: str, word: str) -> None:
    try:
        terms = [term for term in parse(word) if not term.without]
    except BadInput:
        return
    found = matches(f"{text} {word}", terms)
    start, end = snippet(text, [place for place in found if place[1] <= len(text)])
    assert 0 <= start <= end <= len(text)
    for low, high in found:
        assert any(folded(f"{text} {word}"[low:high]).startswith(term.words[0]) for term in terms)


def test_a_snippet_shows_the_place_where_most_was_found() -> None:
    text = "police " + "word " * 200 + "the police asked at school, the police officer left. " + "word " * 200
    found = matches(text, parse("police school"))
    start, end = snippet(text, found)
    assert "the police asked at school, the police" in text[start:end] and end - start <= 240
    assert text[start - 1].isspace() != text[start].isspace()


# --- only a cache --------------------------------------------------------------------------------------------------


def counted(made: list[int]) -> list[Document]:
    made.append(1)
    return documents()


def test_the_index_is_made_once_for_one_key_and_anew_for_another(tmp_path: Path) -> None:
    made: list[int] = []
    for key, times in (("1", 1), ("1", 1), ("2", 2), ("1", 3)):
        assert Index(tmp_path / "s.sqlite", key, lambda: counted(made)).search(parse("school"))
        assert len(made) == times
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.lock", "s.sqlite"]


@pytest.mark.parametrize("damage", ["emptied", "noise", "cut", "middle", "another database"])
def test_a_damaged_index_is_made_again(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.sqlite"
    expected = Index(path, "1", documents).search(parse("school referral"))
    content = path.read_bytes()
    if damage == "another database":
        path.unlink()
        sqlite3.connect(path).execute("CREATE TABLE x (y)").connection.close()
    else:
        path.write_bytes({
            "emptied": b"", "noise": b"not a database at all" * 99, "cut": content[: len(content) // 2],
            "middle": content[:2048] + b"\xff" * (len(content) - 4096) + content[-2048:],
        }[damage])  # fmt: skip
    assert Index(path, "1", documents).search(parse("school referral")) == expected


def search_often(path: Path) -> list[list[str]]:
    return [
        [hit.document.id for hit in Index(path, str(n), documents).search(parse("school referral"))] for n in range(8)
    ]


def test_several_at_once_find_the_same(tmp_path: Path) -> None:
    """Four processes search while each of them has the index made anew."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        told = pool.map(search_often, [tmp_path / "s.sqlite"] * 4)
    alone = [
        hit.document.id for hit in Index(tmp_path / "alone.sqlite", "1", documents).search(parse("school referral"))
    ]
    assert told == [[alone] * 8] * 4


def test_a_failure_while_making_leaves_no_index(tmp_path: Path) -> None:
    def broken() -> Iterator[Document]:
        yield documents()[0]
        raise BadInput("a part cannot be read", cure="restore it")

    with pytest.raises(BadInput, match="cannot be read"):
        Index(tmp_path / "s.sqlite", "1", broken).search(parse("school"))
    assert [path.name for path in tmp_path.iterdir()] == ["s.lock"]


def test_every_kind_is_found_by_its_own_filter(tmp_path: Path) -> None:
    every = [Document(kind, kind, "s", "", "one word") for kind in KINDS]
    index = Index(tmp_path / "s.sqlite", "1", lambda: every)
    for kind in KINDS:
        assert [hit.document.kind for hit in index.search(parse("word"), kinds=[kind])] == [kind]


def test_of_a_word_that_too_many_hold_the_newest_of_each_kind_are_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [
        Document(kind, f"{kind[0]}{year}", "s", "", "police " * (2030 - year), date(year, 1, 1))
        for kind in ("question", "answer") for year in range(2001, 2010)
    ]  # fmt: skip
    monkeypatch.setattr("fairhearing.find.index.MOST_RANKED", 3)
    hits = Index(tmp_path / "s.sqlite", "1", lambda: every).search(parse("police"))
    assert {hit.document.id for hit in hits} == {"q2007", "q2008", "q2009", "a2007", "a2008", "a2009"}
