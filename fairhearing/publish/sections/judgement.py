"""Sections 9 to 11: verdicts, recommendations with what became of earlier ones, and the public record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..reading import Evidence, Row, anchor, grouped
from ..sentences import capital, chance, day, listed
from .over_rounds import since
from .said import theme_anchor
from .trust import gap_anchor, latest_gaps

__all__ = [
    "Answer",
    "Commitment",
    "Finding",
    "FindingRef",
    "Question",
    "Recommendation",
    "Recommendations",
    "Record",
    "Verdict",
    "Verdicts",
    "evidence_anchor",
    "recommendations",
    "record",
    "verdicts",
]

_SECTION_OF_KIND = {
    "harm": "step-by-step",
    "safeguard": "step-by-step",
    "gap": "trust",
    "comparison": "trust",
    "change": "trust",
    "effect": "what-works",
    "coverage": "who-was-heard",
    "strength": "step-by-step",
    "common ground": "common-ground",
}
"""Kind of finding → id of the section that shows its evidence."""

_SECTION_OF_TABLE = {
    "effects": "what-works",
    "coverage": "who-was-heard",
    "estimates": "trust",
    "gaps": "trust",
    "comparisons": "trust",
    "changes": "trust",
    "journeys": "step-by-step",
    "statements": "common-ground",
    "themes": "what-was-said",
    "prevalence": "what-was-said",
}


@dataclass(frozen=True)
class FindingRef:
    """A pointer to a numbered finding."""

    number: int
    href: str


@dataclass(frozen=True)
class Finding:
    """One numbered finding in full."""

    number: int
    id: str
    sentence: str
    kind: str
    direction: str
    about: str
    basis: str
    evidence: str
    """Where on this page its evidence stands."""


@dataclass(frozen=True)
class Verdict:
    """One element and how it was judged."""

    id: str
    element: str
    is_step: bool
    verdict: str
    rule: str
    strengths: tuple[FindingRef, ...]
    harms: tuple[FindingRef, ...]
    undecided: tuple[FindingRef, ...]
    would_change: str


@dataclass(frozen=True)
class Verdicts:
    """Section 9."""

    headline: str
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    withheld: int
    """Findings resting on too few people to be published."""


@dataclass(frozen=True)
class Recommendation:
    """One change asked for. A blank is said to be blank."""

    id: str
    rank: int
    change: str
    element: str
    step_href: str
    safeguard: str
    kind: str
    state: str
    owner: str
    by_when: str
    measured_how: str
    baseline: str
    authority: str
    findings: tuple[FindingRef, ...]
    since: tuple[tuple[str, str], ...]
    """What moved since, as declared beforehand: words, and where they stand."""


@dataclass(frozen=True)
class Commitment:
    """One thing promised: the response, what its owner claims, what an assessor verified."""

    text: str
    kind: str
    said: str
    owner: str
    due: str
    response: str
    claimed: str
    verified: str
    since: tuple[tuple[str, str], ...]
    """What moved since, as declared beforehand: words, and where they stand."""


@dataclass(frozen=True)
class Recommendations:
    """Section 10."""

    asked: tuple[Recommendation, ...]
    unanswered: tuple[FindingRef, ...]
    """Adverse findings that no recommendation answers; those that are withheld are not named."""
    earlier: tuple[Commitment, ...]


@dataclass(frozen=True)
class Answer:
    """One answer to a question."""

    by: str
    on: str
    state: str
    text: str


@dataclass(frozen=True)
class Question:
    """One question put on the public record, and its answers in order."""

    id: str
    title: str
    asked: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Record:
    """Section 11."""

    questions: tuple[Question, ...]
    unanswered: int


# --- findings and verdicts ------------------------------------------------------------------------------------


def verdicts(evidence: Evidence) -> Verdicts:
    findings = _findings(evidence)
    refs = {row["finding"]: _ref(finding) for row, finding in zip(evidence.rows("findings"), findings, strict=True)}
    made = tuple(_verdict(evidence, row, refs) for row in evidence.rows("verdicts"))
    return Verdicts(_headline(made), made, findings, len(evidence.withheld("findings")))


def _ref(finding: Finding) -> FindingRef:
    return FindingRef(finding.number, f"#{finding.id}")


def _findings(evidence: Evidence) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            number=number,
            id=f"finding-{number}",
            sentence=str(row["sentence"]),
            kind=str(row["kind"]),
            direction=str(row["direction"]),
            about=capital(evidence.element_name(row["activity"], row["step"])),
            basis=_basis(row),
            evidence=evidence_anchor(evidence, row),
        )
        for number, row in enumerate(evidence.rows("findings"), 1)
    )


def _basis(row: Row) -> str:
    """What the sentence does not say itself."""
    return "" if row["probability"] is None else f"probability {chance(row['probability'])}"


def evidence_anchor(evidence: Evidence, row: Row) -> str:
    """Where the first row that a finding rests on is shown: a gap, theme, vote or step, else its section."""
    table, _, keys = ((row["rests_on"] or [""])[0]).partition(":")
    values = dict.fromkeys(("source", "measure", "characteristic", "community", "theme"), "")
    values |= dict(pair.split("=", 1) for pair in keys.split(";") if "=" in pair)
    if table == "gaps" and _is_shown(latest_gaps(evidence, values["measure"], values["source"]), values):
        return gap_anchor(values)
    if table == "comparisons":
        return anchor("comparison", values["comparison"])
    if table == "changes":
        return anchor("measure", values["measure"], values["source"])
    if table in ("themes", "prevalence") and _is_shown(evidence.rows("themes"), values, "theme"):
        return theme_anchor(values)
    if table == "statements" and any(each["source"] == values["source"] for each in evidence.all(table)):
        return anchor("ground", values["source"])
    if evidence.step(row["step"]) is not None:
        return anchor("step", row["step"])
    return _SECTION_OF_TABLE.get(table) or _SECTION_OF_KIND.get(row["kind"], "verdicts")


def _is_shown(rows: Iterable[Row], values: Row, *keys: str) -> bool:
    """Whether one of the rows on the page is the one named."""
    keys = keys or ("characteristic", "community")
    return any(all(row[key] == values[key] for key in keys) for row in rows)


def _verdict(evidence: Evidence, row: Row, refs: Mapping[str, FindingRef]) -> Verdict:
    def numbered(ids: Sequence[str] | None) -> tuple[FindingRef, ...]:
        return tuple(refs[id] for id in ids or () if id in refs)

    step = evidence.step(row["step"])
    return Verdict(
        id=anchor("verdict", row["activity"], row["step"]),
        element=step.name if step is not None else evidence.activity_name(row["activity"]),
        is_step=step is not None,
        verdict=str(row["verdict"]),
        rule=str(row["rule"]),
        strengths=numbered(row["strengths"]),
        harms=numbered(row["harms"]),
        undecided=numbered(row["undecided"]),
        would_change=str(row["would_change"] or ""),
    )


def _headline(rows: Sequence[Verdict]) -> str:
    """'Of 9 elements: 2 to build upon, 3 to improve, 1 to revise; on 3 the evidence cannot tell.'"""
    made = [row.verdict for row in rows]
    told = [f"{made.count(word)} to {word}" for word in ("build upon", "improve", "revise") if word in made]
    unknown = made.count("cannot tell")
    tail = f"on {unknown} the evidence cannot tell" if unknown else "on none is the evidence silent"
    return f"Of {len(made)} activities and steps: {listed(told) or 'none could be judged'}; {tail}."


# --- recommendations ------------------------------------------------------------------------------------------


def recommendations(evidence: Evidence) -> Recommendations:
    numbered = _findings(evidence)
    refs = {row["finding"]: _ref(finding) for row, finding in zip(evidence.rows("findings"), numbered, strict=True)}
    rows = sorted(evidence.rows("recommendations"), key=lambda row: row["rank"])
    return Recommendations(
        asked=tuple(_recommendation(evidence, row, refs) for row in rows),
        unanswered=tuple(refs[id] for id in _unanswered(evidence) if id in refs),
        earlier=tuple(_commitment(evidence, row) for row in evidence.rows("commitments")),
    )


def _unanswered(evidence: Evidence) -> list[str]:
    """Adverse findings that no recommendation answers, or only one that was rejected."""
    return [
        row["on"]
        for row in evidence.rows("unsettled")
        if row["what"] == "adverse finding" and row["standing"] != "proposed"
    ]


def _recommendation(evidence: Evidence, row: Row, refs: Mapping[str, FindingRef]) -> Recommendation:
    step = evidence.step(row["step"])
    named = {each.id: each.name for each in step.safeguards} if step is not None else {}
    authority = str(row["source"] or "no document is named")
    if row["source"] and not row["checked"]:
        authority += " (source not yet checked)"
    return Recommendation(
        id=anchor("recommendation", row["rank"]),
        rank=row["rank"],
        change=str(row["change"]),
        element=evidence.element_name(row["activity"], row["step"]),
        step_href=f"#{anchor('step', row['step'])}" if step is not None else "#step-by-step",
        safeguard=named.get(row["safeguard"], str(row["safeguard"])),
        kind=str(row["kind"]),
        state=str(row["state"]),
        owner=str(row["owner"] or "blank: nobody is named as owner"),
        by_when=str(row["by_when"] or "blank: the programme has not set a date"),
        measured_how=str(row["measured_how"] or "blank: no measure is attached to this step"),
        baseline=str(row["baseline"] or "blank: no baseline yet"),
        authority=authority,
        findings=tuple(refs[id] for id in row["findings"] or () if id in refs),
        since=since(evidence, row["recommendation"]),
    )


def _commitment(evidence: Evidence, row: Row) -> Commitment:
    said = [part for part in (row["made_by"], day(row["made_on"]) if row["made_on"] else None, row["source"]) if part]
    due = " / ".join(part for part in (row["due_as_said"], day(row["due"]) if row["due"] else None) if part)
    claimed = f"{row['claimed']} ({row['claimed_by']})" if row["claimed"] else "nothing claimed"
    verified = f"{row['verified']} ({row['verified_by']})" if row["verified"] else "not verified"
    return Commitment(
        text=str(row["text"]),
        kind=str(row["kind"]),
        said=", ".join(said) or "where and when is not said",
        owner=str(row["owner"] or "not said"),
        due=due or "not said",
        response=str(row["response"]),
        claimed=claimed,
        verified=verified,
        since=since(evidence, row["commitment"]),
    )


# --- the record -----------------------------------------------------------------------------------------------


def record(evidence: Evidence) -> Record:
    told = grouped(evidence.rows("record"), "source", "question")
    questions = tuple(_question(rows, number) for number, rows in enumerate(told.values(), 1))
    return Record(questions, sum(not each.answers for each in questions))


def _reference(row: Row) -> str:
    """The official reference; what the page does not carry is not made up from a file's name."""
    return f"Reference {row['reference']}" if row["reference"] else "Its reference is not on the page"


def _question(rows: Sequence[Row], number: int) -> Question:
    first = rows[0]
    by = f"{first['asked_by']} ({first['group']})" if first["asked_by"] and first["group"] else first["asked_by"]
    asked = (f"Asked by {by}" if by else "", f"of {first['asked_of']}" if first["asked_of"] else "")
    told = " ".join(part for part in asked if part) or "Who asked is not on the page"
    return Question(
        id=f"question-{number}",
        title=str(first["title"] or first["question"]),
        asked=f"{told}, {day(first['session_date'])}. {_reference(first)}.",
        text=str(first["text"] or "The question is not on the page."),
        answers=tuple(_answer(row) for row in rows if row["answer"] is not None),
    )


def _answer(row: Row) -> Answer:
    return Answer(
        by=str(row["answered_by"] or "who answered is not on the page"),
        on=day(row["answered_on"]),
        state=str(row["state"]),
        text=str(row["answer"]),
    )
