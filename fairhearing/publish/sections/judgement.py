"""Sections 9 to 11: verdicts, recommendations with what became of earlier ones, and the public record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..reading import Evidence, Row, anchor, grouped
from ..sentences import capital, chance, day, listed, percent
from .over_rounds import since
from .registered import RegisterShown, registered
from .said import theme_anchor
from .trust import gap_anchor, latest_gaps

__all__ = [
    "Answer",
    "AskedPart",
    "Dissent",
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
    current: bool
    """From the latest round of its source; earlier ones are shown and decide nothing."""
    answered_by: tuple[int, ...]
    """Ranks of the recommendations that rest on it."""


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
    turns: tuple[str, ...]
    """How it would move with each threshold; empty where it would not over any value tried."""
    dissent: tuple[Dissent, ...]


@dataclass(frozen=True)
class Dissent:
    """Who sees it otherwise, and why."""

    about: str
    who: str
    on: str
    instead: str
    why: str


@dataclass(frozen=True)
class Verdicts:
    """Section 9."""

    headline: str
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    withheld: int
    """Findings resting on too few people to be published."""
    tried: tuple[str, ...]
    """Each threshold varied, and over which values."""
    dissent: tuple[Dissent, ...]
    """About findings and recommendations; those about a verdict stand beside it."""
    signed: str
    """Who signed the assessment, on what grounds; or that nobody has, and what is not settled."""


@dataclass(frozen=True)
class Recommendation:
    """One change asked for. A blank is said to be blank."""

    id: str
    rank: int
    change: str
    element: str
    step_href: str
    safeguard: str
    """Its name, class and state; or that it is an idea that puts none in place."""
    owner: str
    by_when: str
    measured_how: str
    baseline: str
    authority: str
    standing: str
    """proposed, adopted or rejected: by whom, why, and what a person worded anew."""
    ranked: str
    """What its rank is made of."""
    findings: tuple[FindingRef, ...]
    since: tuple[tuple[str, str], ...]
    """What moved since, as declared beforehand: words, and where they stand."""


@dataclass(frozen=True)
class Recommendations:
    """Section 10."""

    asked: tuple[Recommendation, ...]
    unanswered: tuple[FindingRef, ...]
    """Adverse findings that no recommendation answers; those that are withheld are not named."""
    register: RegisterShown


@dataclass(frozen=True)
class Answer:
    """One answer to a question."""

    by: str
    on: str
    state: str
    text: str


@dataclass(frozen=True)
class AskedPart:
    """One part of a question, the sentence of the answer that the machine points to, and what people found."""

    text: str
    stem: str | None
    pointer: str | None
    non_answer: str | None
    state: str
    judged_by: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question put on the public record, and its answers in order."""

    id: str
    title: str
    asked: str
    text: str
    answers: tuple[Answer, ...]
    parts: tuple[AskedPart, ...] = ()
    """What it asks, part by part: nobody's verdict is made by a machine."""


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
    return Verdicts(
        _headline(made),
        made,
        findings,
        len(evidence.withheld("findings")),
        tuple(dict.fromkeys(_tried(row) for row in evidence.rows("sensitivity"))),
        tuple(_dissent(evidence, row) for row in evidence.rows("dissent") if row["activity"] is None),
        _signed(evidence),
    )


_THRESHOLDS = {
    "harm_share": ("share who report an experience", True),
    "probability": ("probability required", False),
    "smallest_difference": ("smallest difference that matters", True),
    "effect_that_matters": ("smallest effect of a project that matters", False),
}
"""Decision rule → what it is in words, and whether it is a share."""


def _at(threshold: str, value: float) -> str:
    return f"{100 * value:g}%" if _THRESHOLDS[threshold][1] else f"{value:g}"


def _tried(row: Row) -> str:
    """'probability required, from 0.7 to 0.99 (fixed at 0.9)'"""
    name = row["threshold"]
    ends = f"from {_at(name, row['tried_from'])} to {_at(name, row['tried_to'])}"
    return f"{_THRESHOLDS[name][0]}, {ends} (fixed at {_at(name, row['fixed_at'])})"


def _turns(row: Row) -> str:
    """'share who report an experience: improve above 40%'; of a verdict that holds throughout, nothing."""
    name = row["threshold"]
    turns = [
        f"{row[verdict]} {side} {_at(name, row[end])}"
        for verdict, side, end in (("below", "below", "holds_from"), ("above", "above", "holds_to"))
        if row[verdict]
    ]
    return f"{_THRESHOLDS[name][0]}: {listed(turns)}" if turns else ""


def _dissent(evidence: Evidence, row: Row) -> Dissent:
    named = {each["finding"]: f"finding F{number}" for number, each in enumerate(evidence.rows("findings"), 1)}
    named |= {each["recommendation"]: f"recommendation {each['rank']}" for each in evidence.rows("recommendations")}
    other = "" if row["activity"] else "a finding or recommendation of an earlier run, or a withheld one"
    about = named.get(row["on"], other)
    on = day(date.fromisoformat(row["at"][:10]))
    return Dissent(about, str(row["who"]), on, str(row["instead"]), str(row["why"]))


def _signed(evidence: Evidence) -> str:
    signature = evidence.facts.signed
    if signature is not None:
        return f"Signed by {signature.by} on {day(signature.on)}: {signature.why}"
    left = Counter(row["what"] for row in evidence.rows("unsettled"))
    told = [f"{count} × {what}" for what, count in left.items()]
    why = f" Not settled yet: {listed(told)}." if told else ""
    return f"Nobody has signed this assessment yet.{why}"


def _ref(finding: Finding) -> FindingRef:
    return FindingRef(finding.number, f"#{finding.id}")


def _findings(evidence: Evidence) -> tuple[Finding, ...]:
    answers: dict[str, list[int]] = {}
    for row in evidence.rows("recommendations"):
        for id in row["findings"] if row["standing"] != "rejected" else ():
            answers.setdefault(id, []).append(row["rank"])
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
            current=row["current"] is not False,
            answered_by=tuple(sorted(answers.get(row["finding"], ()))),
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
        turns=tuple(turn for each in _of(evidence, "sensitivity", row) if (turn := _turns(each))),
        dissent=tuple(_dissent(evidence, each) for each in _of(evidence, "dissent", row)),
    )


def _of(evidence: Evidence, table: str, verdict: Row) -> list[Row]:
    place = (verdict["activity"], verdict["step"])
    return [row for row in evidence.rows(table) if (row["activity"], row["step"]) == place]


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
        register=registered(evidence),
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
        safeguard=_safeguard(row, named),
        owner=str(row["owner"] or "blank: nobody is named as owner"),
        by_when=str(row["by_when"] or "blank: the programme has not set a date"),
        measured_how=str(row["measured_how"] or "blank: no measure is attached to this step"),
        baseline=str(row["baseline"] or "blank: no baseline yet"),
        authority=authority,
        standing=_standing(row),
        ranked=_ranked(row),
        findings=tuple(refs[id] for id in row["findings"] or () if id in refs),
        since=since(evidence, row["recommendation"]),
    )


def _safeguard(row: Row, named: Mapping[str, str]) -> str:
    if row["safeguard"] is None:
        return "none: an idea that puts no declared safeguard in place"
    return f"{named.get(row['safeguard'], row['safeguard'])}: {row['kind']}, found {row['state']}"


def _standing(row: Row) -> str:
    said = (
        "by nobody yet adopted or rejected" if not row["decided_by"] else f"{row['decided_by']}: {row['decided_why']}"
    )
    edits = "".join(f"; worded anew: {each}" for each in row["edited"] or ())
    return f"{row['standing']} ({said}); proposed by {row['proposed_by']}{edits}"


def _ranked(row: Row) -> str:
    """'60% report the harm × 100 people × probability 0.99 × 3 for its class ÷ effort 1 (not estimated) = 178'"""
    if row["rank_rests_on"] is None:
        return "no account or gap bears on it: after those that have some, by class"
    if row["score"] is None:
        return "its parts are withheld, because the number they come from is"
    effort = f"{row['effort']:g}" if row["effort"] else "1 (not estimated)"
    return (
        f"{percent(row['harm'])} harm × about {row['people']:,} people × probability {chance(row['confidence'])} × "
        f"{row['weight']} for its class ÷ effort {effort} = {row['score']:.0f}"
    )


# --- the record -----------------------------------------------------------------------------------------------


def record(evidence: Evidence) -> Record:
    told = grouped(evidence.rows("record"), "source", "question")
    parts = grouped(evidence.rows("asks"), "source", "question")
    questions = tuple(
        _question(rows, number, parts.get(key, ())) for number, (key, rows) in enumerate(told.items(), 1)
    )
    return Record(questions, sum(not each.answers for each in questions))


def _reference(row: Row) -> str:
    """The official reference; what the page does not carry is not made up from a file's name."""
    return f"Reference {row['reference']}" if row["reference"] else "Its reference is not on the page"


def _question(rows: Sequence[Row], number: int, parts: Sequence[Row]) -> Question:
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
        parts=tuple(_part(row) for row in parts),
    )


def _part(row: Row) -> AskedPart:
    state = f"{row['verdict']}, {row['state']}" if row["verdict"] else row["state"]
    return AskedPart(
        row["text"], row["stem"], row["pointer"], row["non_answer"], capital(state), tuple(row["judged_by"] or ())
    )


def _answer(row: Row) -> Answer:
    return Answer(
        by=str(row["answered_by"] or "who answered is not on the page"),
        on=day(row["answered_on"]),
        state=str(row["state"]),
        text=str(row["answer"]),
    )
