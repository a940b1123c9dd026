# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Questions in their parts, explicit non-answers, days that words can mean, and commitments: as tables of cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fairhearing.errors import BadInput
from fairhearing.follow_up import NON_ANSWERS, STAGE, check_decision, found_in, non_answers, parts_of, pointed
from fairhearing.follow_up.due import due
from fairhearing.follow_up.promises import KINDS, labelled, learn, modal_rule
from fairhearing.tables import from_rows
from tests.helpers import programme, run_stage

PARTS = [
    # question · its parts
    ("How many lamps are lit?", ["How many lamps are lit?"]),
    (
        "The lamps are out.1 How will you light them and will it cost more?",
        ["How will you light them", "will it cost more?"],
    ),
    (
        "Lamps are not lit monthly as before: when will they be lit and when will they be mended?",
        ["when will they be lit", "when will they be mended?"],
    ),
    ("Why is this and do you think it is right?", ["Why is this", "do you think it is right?"]),
    (
        "How many lamps are lit? Please provide a breakdown per borough and by the age and type of lamps within each borough.",
        ["How many lamps are lit?", "borough", "the age", "type"],
    ),
    (
        "Please provide the figures with a breakdown by area, year and type.",
        ["area", "year", "type"],
    ),
    ("Please say how many lamps were: a) lit b) mended, and c) sold in 2020.", ["lit", "mended", "sold in 2020"]),
    ("Could you confirm:\n(1) the cost;\n(2) the date;\n(3) the owner?", ["the cost", "the date", "the owner"]),
    ("Please provide the cost.", ["Please provide the cost."]),
    ("I am uneasy with this discussion.", []),
    ("", []),
]


@pytest.mark.parametrize(("question", "expected"), PARTS, ids=lambda case: str(case)[:30])
def test_every_ask_of_a_question(question: str, expected: list[str]) -> None:
    told = parts_of(question)
    assert [part.quote.rstrip(" ,;") for part in told] == expected or [part.quote for part in told] == expected
    assert all(question[part.start : part.end] == part.quote for part in told), "each is an exact quote"


def test_a_lettered_part_keeps_the_words_it_completes() -> None:
    assert {part.stem for part in parts_of("Say how many lamps were: a) lit b) sold?")} == {"Say how many lamps were"}


DECLINED = [
    # an answer's sentence · the rule that says it does not answer
    ("Data on age are not captured.", "not captured"),
    ("This is not routinely recorded.", "not captured"),
    ("The force does not centrally collect this.", "not captured"),
    ("That information is not held.", "not held"),
    ("City Hall does not hold these figures.", "not held"),
    ("A breakdown by ward: the data is not available.", "not held"),
    ("Officers are drafting a response which will be sent shortly.", "being drafted"),
    ("That is not a matter for me.", "not for me"),
    ("This is an operational matter for the police.", "not for me"),
    ("It falls outside my remit.", "not for me"),
    ("The figures could only be obtained at disproportionate cost.", "disproportionate cost"),
    ("I cannot comment on a live case.", "not told"),
    ("It would not be appropriate for me to speculate.", "not told"),
    ("We can neither confirm nor deny it.", "not told"),
    ("Please see my answer to question 2010/2008.", "referred elsewhere"),
    # and what these rules must leave alone
    ("The film captured the mood; nothing was left out.", None),
    ("Every referral is recorded and the data are held for six years.", None),
    ("The cost is not disproportionate at all, and I will pay it.", None),
    ("This matters for every family in the city.", None),
    ("It is a matter for regret that the lamps are out.", None),
    ("I am not for one moment suggesting that.", None),
    ("Officers drafted the plan and I signed it.", None),
    ("I cannot wait to see the new park.", None),
    ("We hold a meeting every month, and not only for members.", None),
    ("The lamps were not broken.", None),
    ("Data is collected by ward and published.", None),
]


@pytest.mark.parametrize(("sentence", "rule"), DECLINED, ids=lambda case: str(case)[:30])
def test_an_explicit_non_answer(sentence: str, rule: str | None) -> None:
    assert [told["rule"] for told in non_answers(sentence)] == ([rule] if rule else [])
    assert rule is None or rule in NON_ANSWERS


def test_a_pointer_is_an_exact_quote_and_no_verdict() -> None:
    question = "How many lamps are lit? Please provide a breakdown by borough."
    answers = ["Officers are drafting a response.", "There are 40 lamps lit. Data by borough are not captured."]
    first, second = pointed(question, answers)
    assert [(near["says"], near["answer"], near["quote"]) for near in first["pointers"][:1]] == [
        ("machine pointer", 2, "There are 40 lamps lit.")
    ]
    assert (second["pointers"][0]["quote"], second["pointers"][0]["non_answer"]) == (
        "Data by borough are not captured.",
        "not captured",
    )
    for part in (first, second):
        assert (part["verdict"], part["state"]) == (None, "no person has judged this yet")
        assert all(
            answers[near["answer"] - 1][near["start"] : near["end"]] == near["quote"] for near in part["pointers"]
        )


SAID = date(2019, 11, 14)
DUES = [
    # words · as said · first day · last day
    ("We will do it by the end of March.", "by the end of March", "2020-03-31", "2020-03-31"),
    ("It is due in the new year.", "in the new year", "2020-01-01", "2020-03-31"),
    ("It will open in Q3 2019/20.", "in Q3 2019/20", "2019-10-01", "2019-12-31"),
    ("It will open in Q3 2020.", "in Q3 2020", "2020-07-01", "2020-09-30"),
    ("It will open in Q1.", "in Q1", "2020-04-01", "2020-06-30"),
    ("We will act shortly.", "shortly", None, None),
    ("We will act in due course.", "in due course", None, None),
    ("It goes live in January 2021.", "in January 2021", "2021-01-01", "2021-01-31"),
    ("I will write by 3 December.", "by 3 December", "2019-12-03", "2019-12-03"),
    ("I will write by 3rd December 2020.", "by 3rd December 2020", "2020-12-03", "2020-12-03"),
    ("It opens early in December.", "early in December", "2019-12-01", "2019-12-10"),
    ("It will end by 2041.", "by 2041", "2041-01-01", "2041-12-31"),
    ("It will be spent in 2020/21.", "in 2020/21", "2020-04-01", "2021-03-31"),
    ("It will open next spring.", "next spring", "2020-03-01", "2020-05-31"),
    ("It will open in the summer.", "in the summer", "2020-06-01", "2020-08-31"),
    ("We report next month.", "next month", "2019-12-01", "2019-12-31"),
    ("We report by the end of the year.", "by the end of the year", "2019-12-31", "2019-12-31"),
    ("They have within six months to reply.", "within six months", "2019-11-14", "2020-05-14"),
    ("In 2017 we said it; we do it by May.", "by May", "2020-05-01", "2020-05-31"),
    ("I will write by March 31, 2021.", "by March 31, 2021", "2021-03-31", "2021-03-31"),
    ("I will write by March 31.", "by March 31", "2020-03-31", "2020-03-31"),
    ("We train in March 12 people.", "in March", "2020-03-01", "2020-03-31"),
    ("I will write by 03/04/2020.", "by 03/04/2020", "2020-04-03", "2020-04-03"),
    ("I will write by 2020-03-31.", "by 2020-03-31", "2020-03-31", "2020-03-31"),
    ("I will write by 30/02/2020.", "by 30/02/2020", None, None),
    ("I will write before March 2020.", "before March 2020", "2020-02-29", "2020-02-29"),
    ("I will write before the summer recess.", "before the summer recess", None, None),
    ("It is in the 2020/21 financial year.", "in the 2020/21 financial year", "2020-04-01", "2021-03-31"),
    ("It may help, and we may do more.", None, None, None),
    ("58% were over 18 years old.", None, None, None),
    ("It was done in March 2015.", None, None, None),
]


IN_FEBRUARY = date(2019, 2, 25)
"""A Monday. “Next spring” may then be the one that begins in a week; some words name no day at all."""
MORE_DUES = [
    ("We will publish it by Christmas.", "by Christmas", "2019-12-25", "2019-12-25"),
    ("We will publish it before Christmas 2020.", "before Christmas 2020", "2020-12-24", "2020-12-24"),
    ("The work will be finished by mid-2020.", "by mid-2020", "2020-05-01", "2020-08-31"),
    ("It will open in early 2020.", "in early 2020", "2020-01-01", "2020-04-30"),
    ("It will open in late 2019.", "in late 2019", "2019-09-01", "2019-12-31"),
    ("It will open early next year.", "early next year", "2020-01-01", "2020-04-30"),
    ("It will open in the first half of 2020.", "in the first half of 2020", "2020-01-01", "2020-06-30"),
    ("It will open in the second half of this year.", "in the second half of this year", "2019-07-01", "2019-12-31"),
    (
        "We will report by the end of the financial year.",
        "by the end of the financial year",
        "2019-03-31",
        "2019-03-31",
    ),
    (
        "We will report by the end of this calendar year.",
        "by the end of this calendar year",
        "2019-12-31",
        "2019-12-31",
    ),
    (
        "We will report at the end of the next financial year.",
        "at the end of the next financial year",
        "2020-03-31",
        "2020-03-31",
    ),
    ("It will be done in Q3 2021.", "in Q3 2021", "2021-07-01", "2021-09-30"),
    ("It will be done in the third quarter of 2021.", "in the third quarter of 2021", "2021-07-01", "2021-09-30"),
    ("It will be done by the end of Q3 2021/22.", "by the end of Q3 2021/22", "2021-12-31", "2021-12-31"),
    ("I will write to you within six weeks.", "within six weeks", "2019-02-25", "2019-04-08"),
    ("I will write to you within a month.", "within a month", "2019-02-25", "2019-03-25"),
    ("I will write to you in a fortnight.", "in a fortnight", "2019-02-25", "2019-03-11"),
    ("I will write to you within 28 days.", "within 28 days", "2019-02-25", "2019-03-25"),
    ("I will write within 20 working days.", "within 20 working days", "2019-02-25", "2019-03-27"),
    ("It will be launched next spring.", "next spring", "2019-03-01", "2020-05-31"),
    ("It will be launched next summer.", "next summer", "2019-06-01", "2020-08-31"),
    ("It will be launched this summer.", "this summer", "2019-06-01", "2019-08-31"),
    ("It will be launched over the summer.", "over the summer", "2019-06-01", "2019-08-31"),
    ("It will be launched by the summer recess.", "by the summer recess", None, None),
    ("It will be launched before the summer break.", "before the summer break", None, None),
    ("It will be launched before the end of my term.", "before the end of my term", None, None),
    ("I will answer at the next meeting.", "at the next meeting", None, None),
    ("I will answer before the next Mayor’s Question Time.", "before the next Mayor’s Question Time", None, None),
    ("It will open by Easter.", "by Easter", None, None),
    ("We will report by the end of the school year.", "by the end of the school year", None, None),
    ("We will report by 31st of March 2020.", "by 31st of March 2020", "2020-03-31", "2020-03-31"),
    ("We will report by March 31st.", "by March 31st", "2019-03-31", "2019-03-31"),
    ("We will report by the end of next month.", "by the end of next month", "2019-03-31", "2019-03-31"),
    ("We will report later this year.", "later this year", "2019-02-25", "2019-12-31"),
    ("We will report by the end of the week.", "by the end of the week", "2019-03-03", "2019-03-03"),
    ("We will report next month.", "next month", "2019-03-01", "2019-03-31"),
    ("We will report in the new year.", "in the new year", "2020-01-01", "2020-03-31"),
    ("We will report in the next two years.", "in the next two years", "2019-02-25", "2021-02-25"),
    ("We will report over the next three years.", "over the next three years", "2019-02-25", "2022-02-25"),
    ("We will report in two years' time.", "in two years' time", "2019-02-25", "2021-02-25"),
    (
        "We will spend it over the next couple of months.",
        "over the next couple of months",
        "2019-02-25",
        "2019-04-25",
    ),
    ("All buses will be clean by 2030.", "by 2030", "2030-01-01", "2030-12-31"),
    ("All buses will be clean by the end of the decade.", "by the end of the decade", "2019-12-31", "2019-12-31"),
    ("It will be spent during 2020/21.", "during 2020/21", "2020-04-01", "2021-03-31"),
    ("It will come in the coming weeks.", "in the coming weeks", None, None),
    ("It will come in mid-March.", "in mid-March", "2019-03-10", "2019-03-20"),
    ("It will come in early March 2020.", "in early March 2020", "2020-03-01", "2020-03-10"),
    ("It will come from April.", "from April", "2019-04-01", "2019-04-30"),
    ("It will come by Friday.", "by Friday", "2019-03-01", "2019-03-01"),
    ("It will come tomorrow.", "tomorrow", "2019-02-26", "2019-02-26"),
    ("It will come by the end of today.", "by the end of today", "2019-02-25", "2019-02-25"),
    (
        "It will come in the first quarter of next year.",
        "in the first quarter of next year",
        "2020-01-01",
        "2020-03-31",
    ),
    ("It will come by 5pm on Tuesday 5 March 2019.", "5 March 2019", "2019-03-05", "2019-03-05"),
    ("It will come on 01/04/19.", "on 01/04/19", "2019-04-01", "2019-04-01"),
    ("It will come by autumn 2020.", "by autumn 2020", "2020-09-01", "2020-11-30"),
    ("It will come by the autumn at the latest.", "by the autumn", "2019-09-01", "2019-11-30"),
    ("It will come in winter 2019/20.", "in winter 2019/20", "2019-12-01", "2020-02-29"),
    (
        "It will come within the next six to eight weeks.",
        "within the next six to eight weeks",
        "2019-02-25",
        "2019-04-22",
    ),
    ("It will come before the May elections.", "before the May elections", None, None),
    ("We may open it and staff will march on.", None, None, None),
    ("Spring is a good season.", None, None, None),
]


@pytest.mark.parametrize(("sentence", "said", "first", "last"), MORE_DUES, ids=lambda case: str(case)[:30])
def test_what_else_words_can_mean(sentence: str, said: str | None, first: str | None, last: str | None) -> None:
    found = due(sentence, IN_FEBRUARY)
    days = [str(day) if found and day else None for day in (found and found.first, found and found.last)]
    assert (found and found.said, *days) == (said, first, last)


@pytest.mark.parametrize(("sentence", "said", "first", "last"), DUES, ids=lambda case: str(case)[:30])
def test_when_something_is_due(sentence: str, said: str | None, first: str | None, last: str | None) -> None:
    found = due(sentence, SAID)
    assert (
        found and found.said,
        found and found.first and str(found.first),
        found and found.last and str(found.last),
    ) == (said, first, last)
    assert found is None or sentence[found.start : found.end] == found.said


def test_without_the_day_of_the_answer_only_a_named_year_has_days() -> None:
    assert due("by the end of March", None) is not None and due("by the end of March", None).last is None  # type: ignore[union-attr]
    assert due("by March 2020", None).last == date(2020, 3, 31)  # type: ignore[union-attr]


PROMISES = [
    ("I will publish the full report by the end of March.", "future commitment"),
    ("We have trained 300 teachers since May.", "claim of past delivery"),
    ("I want everybody to feel safe in their street.", "aspiration"),
    ("The Home Office will issue new codes.", "third party's action"),
    ("If the money is found, we will extend the scheme.", "conditional"),
    ("Crime does not fall evenly across the city.", None),
    ("Officers are drafting a response which will be sent shortly.", None),
]


@pytest.mark.parametrize(("sentence", "kind"), PROMISES, ids=lambda case: str(case)[:30])
def test_a_commitment_and_its_kind(sentence: str, kind: str | None) -> None:
    assert [found["kind"] for found in found_in(sentence, SAID)] == ([kind] if kind else [])


def test_a_commitment_is_an_exact_quote_with_actor_and_day() -> None:
    text = "Crime is falling. My office will publish the figures by 3 December."
    (found,) = found_in(text, SAID)
    assert (
        text[found["start"] : found["end"]] == found["quote"] == "My office will publish the figures by 3 December."
    )
    assert (found["actor"], found["due_as_said"], found["due"], found["uncertain_days"]) == (
        "My office",
        "by 3 December",
        date(2019, 12, 3),
        0,
    )


def test_better_than_the_modal_verb_on_documents_not_learned_from() -> None:
    """Each made-up document scored by a model of the others: both precision and recall beat the rule by far."""
    sentences = labelled()
    hits = {"rule": [0, 0], "machine": [0, 0]}
    for document in sorted({each.document for each in sentences}):
        machine = learn([each for each in sentences if each.document != document])
        here = [each for each in sentences if each.document == document]
        for each, p in zip(here, machine.probabilities([each.text for each in here])[:, 0], strict=True):
            for name, said in (("rule", modal_rule(each.text)), ("machine", p >= 0.5)):
                hits[name][0] += said
                hits[name][1] += said and each.kind == KINDS[0]
    positive = sum(each.kind == KINDS[0] for each in sentences)
    precision = {name: right / given for name, (given, right) in hits.items()}
    recall = {name: right / positive for name, (_, right) in hits.items()}
    assert precision["machine"] > 0.8 > 0.5 > precision["rule"]
    assert recall["machine"] > 0.8 > recall["rule"]


# --- in a run ----------------------------------------------------------------------------------------------------

QUESTION = {
    "source": "mqt", "question": "2019/7", "reference": "2019/7", "title": "Lamps", "session_date": date(2019, 11, 14),
    "text": "How many lamps are lit and when will more be lit?", "footnotes": [], "refers_to": ["3426"], "cut": [],
}  # fmt: skip
EARLIER = QUESTION | {"question": "2018/3426", "reference": "2018/3426", "text": "Why?", "refers_to": []}
ANSWER = {
    "source": "mqt", "question": "2019/7", "position": 1, "by": "The Mayor", "state": "final",
    "text": "There are 40 lamps lit. I will publish a plan by the end of March.",
}  # fmt: skip
PROMISE = "mqt:2019/7@1.24"


def run(*decisions: tuple[str, str, str, str]) -> dict[str, list[dict[str, Any]]]:
    rows = [
        {"event": n, "on": on, "column": column, "value": value, "who": who, "at": f"2026-01-0{n}", "why": "read it"}
        for n, (on, column, value, who) in enumerate(decisions, 1)
    ]
    tables = run_stage(
        STAGE, programme(), questions=from_rows("questions", [QUESTION, EARLIER]), answers=from_rows("answers", [ANSWER]),
        decisions=from_rows("decisions", rows),
    )  # fmt: skip
    return {name: table.to_pylist() for name, table in tables.items()}


def test_nothing_is_judged_or_accepted_by_the_machine() -> None:
    told = run()
    assert [(row["ask"], row["state"], row["verdict"]) for row in told["asks"] if row["question"] == "2019/7"] == [
        ("mqt:2019/7#1", "no person has judged this yet", None),
        ("mqt:2019/7#2", "no person has judged this yet", None),
    ]
    assert [(row["proposal"], row["standing"]) for row in told["proposals"]] == [(PROMISE, "proposed")]
    assert told["commitments"] == [] and told["asks_agreement"] == []


@pytest.mark.parametrize(
    ("decisions", "state", "verdict"),
    [
        ([("mqt:2019/7#1", "answered", "partly", "Ann")], "judged by one person", "partly"),
        (
            [("mqt:2019/7#1", "answered", "partly", "Ann"), ("mqt:2019/7#1", "answered", "answered", " ann ")],
            "judged by one person",
            "answered",
        ),
        (
            [("mqt:2019/7#1", "answered", "partly", "Ann"), ("mqt:2019/7#1", "answered", "partly", "Bea")],
            "judged by several, who agree",
            "partly",
        ),
        (
            [("mqt:2019/7#1", "answered", "partly", "Ann"), ("mqt:2019/7#1", "answered", "declined", "Bea")],
            "judged by several, who differ",
            None,
        ),
    ],
)
def test_the_verdict_is_a_persons(
    decisions: list[tuple[str, str, str, str]], state: str, verdict: str | None
) -> None:
    told = run(*decisions)
    row = next(row for row in told["asks"] if row["ask"] == "mqt:2019/7#1")
    assert (row["state"], row["verdict"]) == (state, verdict)
    (agreement,) = told["asks_agreement"]
    assert agreement["n"] == int("several" in state)


def test_a_commitment_accepted_is_tracked_like_a_declared_one() -> None:
    (row,) = run((PROMISE, "promise", "accepted", "Ann"), (PROMISE, "claimed", "in progress", "Ann"))["commitments"]
    assert (row["commitment"], row["owner"], row["due"], row["claimed"]) == (
        PROMISE,
        "I",
        date(2020, 3, 31),
        "in progress",
    )
    assert run((PROMISE, "promise", "accepted", "Ann"), (PROMISE, "promise", "rejected", "Bea"))["commitments"] == []


def test_an_answer_that_refers_to_another_question_is_linked_to_it() -> None:
    told = {row["question"]: row["referred_to"] for row in run()["record"]}
    assert told == {"2019/7": ["2018/3426"], "2018/3426": []}


@pytest.mark.parametrize(
    ("on", "column", "value"),
    [
        ("mqt:2019/7#9", "answered", "partly"),
        ("mqt:2019/7#1", "answered", "yes"),
        ("mqt:2019/7@1.0", "promise", "accepted"),
    ],
)
def test_only_what_is_there_can_be_judged(on: str, column: str, value: str) -> None:
    tables = {
        name: from_rows(name, rows) for name, rows in run().items() if name in ("asks", "proposals", "commitments")
    }
    with pytest.raises(BadInput, match="there is no"):
        check_decision(programme(), tables, on, column, value)
    check_decision(programme(), tables, "mqt:2019/7#1", "answered", "partly")
    check_decision(programme(), tables, PROMISE, "promise", "accepted")
