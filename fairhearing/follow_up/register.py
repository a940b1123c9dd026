"""What was asked and answered, what was promised or recommended, what is claimed, and what somebody else verified.

Nobody marks their own homework: a verification by a person who also claimed delivery of the same thing is shown for
what it is and does not count. What a person decides is an event in the ledger; nothing here changes one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pyarrow as pa

from ..errors import BadInput
from ..programme import Commitment, Programme, Response
from ..stage import Context, Stage, Tables
from ..tables import TABLES, from_rows
from .asked import ANSWERED, PROMISE, accepted, agreement_row, answers_referred, asks, proposed
from .entries import (
    CLAIMED,
    DUE,
    ENTRY,
    EVIDENCE,
    KEPT,
    NARROWED,
    RESPONSE,
    SUB_ACTION,
    UPDATE,
    VERIFIED,
    added,
    check_evidence,
    day_due,
    evidence_rows,
    history_rows,
    with_events,
)
from .helped import helped_rows
from .parts import VERDICTS

__all__ = ["DELIVERY", "RESPONSES", "STAGE", "Register", "check_decision", "named_now", "register"]

RESPONSES: tuple[str, ...] = get_args(Response)
"""What an owner answers to a recommendation. 'In principle' is not 'accepted'."""

DELIVERY = (
    "not started", "in progress", "stalled", "partly", "delivered", "superseded", "abandoned", "cannot be determined",
)  # fmt: skip
"""How far it has come, in the words of the one who claims it or the one who verified it."""

_STATUSES: Mapping[str, Sequence[str]] = {RESPONSE: RESPONSES, CLAIMED: DELIVERY, VERIFIED: DELIVERY}
_CHOICES: Mapping[str, Sequence[str]] = {**_STATUSES, ANSWERED: VERDICTS, PROMISE: ("accepted", "rejected")}
_IN_WORDS = (NARROWED, EVIDENCE, SUB_ACTION, DUE, UPDATE)
"""Columns in which a person says something in words of their own."""
_BLANK: Mapping[str, Any] = dict.fromkeys(column.name for column in TABLES["commitments"].columns)
_ABOUT = {ANSWERED: ("part of a question", "asks", "ask"), PROMISE: ("proposed commitment", "proposals", "proposal")}
"""Column → what it is about, and the table and column that hold the ids."""

Row = Mapping[str, Any]


def check_decision(
    programme: Programme,
    tables: Mapping[str, pa.Table],
    on: str,
    column: str,
    value: str,
    decisions: Sequence[Row] = (),
) -> None:
    """Before a status is recorded: it must be about something in the register, in a column and a word it knows.

    tables: of the latest run, none before any run; decisions: recorded so far. Raises BadInput naming the choices."""
    _choose("column", column, (*_CHOICES, *_IN_WORDS))
    if column in _ABOUT:
        what, table, id = _ABOUT[column]
        _choose(what, on, sorted(tables[table][id].to_pylist()) if table in tables else [])
    else:
        known = {each.id for each in programme.commitments} | {each["commitment"] for each in added(decisions)}
        for table, id in (("recommendations", "recommendation"), ("commitments", "commitment")):
            known |= set(tables[table][id].to_pylist()) if table in tables else set()
        _choose("commitment or recommendation", on, sorted(known))
    if column == EVIDENCE:
        check_evidence(value)
    elif column in _IN_WORDS and not value.strip():
        raise BadInput(f"nothing is said for {column!r}", cure="say it in a sentence")
    elif column in _CHOICES:
        _choose(f"status in the column {column}", value, _CHOICES[column])


def _choose(what: str, given: str, choices: Sequence[str]) -> None:
    if given not in choices:
        listed = ", ".join(choices) or "none yet: declare a commitment, or run `fairhearing assess`"
        raise BadInput(f"there is no {what} {given!r}", cure=f"use one of: {listed}")


def _run(context: Context) -> Tables:
    every = context.query('SELECT * FROM decisions ORDER BY event, "on"').to_pylist()
    record = answers_referred(_record(context))
    proposals = proposed(record, every)
    recommendations = context.query("SELECT * FROM recommendations ORDER BY rank").to_pylist()
    made = register(context.programme, recommendations, proposals, every)
    comparisons = context.query("SELECT * FROM comparisons ORDER BY comparison").to_pylist()
    return {
        "commitments": from_rows("commitments", made.entries),
        "register_evidence": from_rows("register_evidence", made.evidence),
        "register_history": from_rows("register_history", made.history),
        "helped": from_rows("helped", list(helped_rows(made.entries, comparisons))),
        "record": from_rows("record", [{name: row[name] for name in row if name != "refers_to"} for row in record]),
        "asks": from_rows("asks", asks(record, every)),
        "asks_agreement": from_rows("asks_agreement", agreement_row(every)),
        "proposals": from_rows("proposals", proposals),
    }


@dataclass(frozen=True)
class Register:
    """Rows of the tables `commitments`, `register_evidence` and `register_history`."""

    entries: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    history: list[dict[str, Any]]


def register(
    programme: Programme, recommendations: Iterable[Row], proposals: Iterable[Row], decisions: Sequence[Row]
) -> Register:
    """Promises declared and found, this run's recommendations, then what events brought: imported entries, parts of
    others, and what an earlier run recommended and this one does not.

    recommendations, proposals: rows of those tables · decisions: all, in order."""
    listed = [*(_promised(each) for each in programme.commitments), *accepted(proposals)]
    listed += [_recommended(row) for row in recommendations]
    rows = {row["commitment"]: row for row in reversed(listed)}
    rows = dict(reversed(rows.items()))
    for row in added(decisions):
        rows.setdefault(row["commitment"], row)
    for each in decisions:
        if each["column"] in KEPT:
            rows.setdefault(each["on"], _earlier(each["on"]))
    on: dict[str, list[Row]] = {id: [] for id in rows}
    for each in decisions:
        on.get(each["on"], []).append(each)
    entries = [{**_BLANK, **with_events(row, on[id])} for id, row in rows.items()]
    evidence = [row for id in rows for row in evidence_rows(on[id])]
    return Register(entries, evidence, [row for id in rows for row in history_rows(on[id])])


def named_now(recommendations: Iterable[Row], decisions: Sequence[Row], run: str) -> list[dict[str, Any]]:
    """What an event keeps of a run's recommendations before the next run is made, so that none vanishes: rows of
    `decisions` for those that no event names yet in these words."""
    known = {each["on"]: json.loads(each["value"]) for each in decisions if each["column"] == ENTRY}
    names = ("kind", "text", "made_by", "owner", "activity", "step", "due_as_said")
    told = []
    for row in recommendations:
        said = _recommended(row)
        entered = {"entered": f"recommended by run {run} and not by this one"}
        kept = {name: said[name] for name in names} | entered
        if known.get(said["commitment"], {}) | entered != kept:
            told.append({"on": said["commitment"], "column": ENTRY, "value": json.dumps(kept, sort_keys=True)})
    return told


def _promised(commitment: Commitment) -> dict[str, Any]:
    said = {key: None if value == "" else value for key, value in commitment.model_dump(exclude={"id"}).items()}
    said["due"] = said["due"] or day_due(said["due_as_said"], said["made_on"])
    return {"commitment": commitment.id, "kind": "commitment", "entered": "declared in programme.toml"} | said


def _recommended(row: Row) -> dict[str, Any]:
    return {
        "commitment": row["recommendation"],
        "kind": "recommendation",
        "text": row["change"],
        "made_by": "this assessment",
        "owner": row["owner"],
        "activity": row["activity"],
        "step": row["step"],
        "due_as_said": row["by_when"],
        "due": day_due(row["by_when"], None),
        "entered": "recommended by this run",
        "response": "no response",
    }


def _earlier(on: str) -> dict[str, Any]:
    """A recommendation does not vanish because its safeguard has changed, or because the programme dropped it."""
    text = "Named by an earlier run or edition and not by this one; its words stand there."
    kind = "recommendation" if on.startswith("R.") else "commitment"
    entered = "named earlier and not by this run"
    return {"commitment": on, "kind": kind, "text": text, "entered": entered, "response": "no response"}


def _record(context: Context) -> list[dict[str, Any]]:
    """Each question with each answer, in order. A question nobody answered is a row; so is an answer to a question
    that was not gathered."""
    rows = context.query("""
        SELECT COALESCE(q.source, a.source) AS source, COALESCE(q.question, a.question) AS question, q.title,
            q.reference, q.session_date, q.refers_to, q.asked_by, q."group", q.asked_of, q.text, a.position,
            a."by" AS answered_by, a."date" AS answered_on, a.text AS answer,
            CASE WHEN a.question IS NULL THEN 'no answer on the page'
                ELSE COALESCE(a.state, 'not said on the page') END AS state
        FROM questions AS q FULL JOIN answers AS a ON q.source = a.source AND q.question = a.question
        ORDER BY source, session_date NULLS LAST, question, position
    """)
    return rows.to_pylist()


STAGE = Stage(
    name="follow_up",
    reads=("questions", "answers", "decisions", "recommendations", "comparisons"),
    writes=(
        "commitments",
        "register_evidence",
        "register_history",
        "helped",
        "record",
        "asks",
        "asks_agreement",
        "proposals",
    ),
    run=_run,
    why="what was asked, answered, promised and recommended, and what became of it",
)
