"""What was asked and answered, what was promised or recommended, what is claimed, and what somebody else verified.

Nobody marks their own homework: a verification by a person who also claimed delivery of the same thing is shown for
what it is and does not count. What a person decides is an event in the ledger; nothing here changes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import pyarrow as pa

from ..errors import BadInput
from ..programme import Commitment, Programme, Response
from ..stage import Context, Stage, Tables
from ..tables import from_rows
from .asked import ANSWERED, PROMISE, accepted, agreement_row, answers_referred, asks, proposed
from .helped import helped_rows
from .parts import VERDICTS

__all__ = ["DELIVERY", "RESPONSES", "STAGE", "check_decision"]

RESPONSES: tuple[str, ...] = get_args(Response)
"""What an owner answers to a recommendation. 'In principle' is not 'accepted'."""

DELIVERY = (
    "not started", "in progress", "stalled", "partly", "delivered", "superseded", "abandoned", "cannot be determined",
)  # fmt: skip
"""How far it has come, in the words of the one who claims it or the one who verified it."""

_STATUSES: Mapping[str, Sequence[str]] = {"response": RESPONSES, "claimed": DELIVERY, "verified": DELIVERY}
_CHOICES: Mapping[str, Sequence[str]] = {**_STATUSES, ANSWERED: VERDICTS, PROMISE: ("accepted", "rejected")}
_ABOUT = {ANSWERED: ("part of a question", "asks", "ask"), PROMISE: ("proposed commitment", "proposals", "proposal")}
"""Column → what it is about, and the table and column that hold the ids."""
_NOT_INDEPENDENT = "claimed and verified by the same person: not independent"

Row = Mapping[str, Any]


def check_decision(programme: Programme, tables: Mapping[str, pa.Table], on: str, column: str, value: str) -> None:
    """Before a status is recorded: it must be about something in the register, in a column and a word it knows.

    tables: of the latest run, none before any run. Raises BadInput naming the choices."""
    _choose("column", column, tuple(_CHOICES))
    if column in _ABOUT:
        what, table, id = _ABOUT[column]
        _choose(what, on, sorted(tables[table][id].to_pylist()) if table in tables else [])
    else:
        known = {each.id for each in programme.commitments}
        for table, id in (("recommendations", "recommendation"), ("commitments", "commitment")):
            known |= set(tables[table][id].to_pylist()) if table in tables else set()
        _choose("commitment or recommendation", on, sorted(known))
    _choose(f"status in the column {column}", value, _CHOICES[column])


def _choose(what: str, given: str, choices: Sequence[str]) -> None:
    if given not in choices:
        listed = ", ".join(choices) or "none yet: declare a commitment, or run `fairhearing assess`"
        raise BadInput(f"there is no {what} {given!r}", cure=f"use one of: {listed}")


def _run(context: Context) -> Tables:
    every = context.query("SELECT * FROM decisions ORDER BY event").to_pylist()
    decisions = [each for each in every if each["column"] in _STATUSES]
    record = answers_referred(_record(context))
    proposals = proposed(record, every)
    recommendations = context.query("SELECT * FROM recommendations ORDER BY rank").to_pylist()
    register = _register(context.programme, recommendations, accepted(proposals), decisions)
    comparisons = context.query("SELECT * FROM comparisons ORDER BY comparison").to_pylist()
    return {
        "commitments": from_rows("commitments", register),
        "helped": from_rows("helped", list(helped_rows(register, comparisons))),
        "record": from_rows("record", [{name: row[name] for name in row if name != "refers_to"} for row in record]),
        "asks": from_rows("asks", asks(record, every)),
        "asks_agreement": from_rows("asks_agreement", agreement_row(every)),
        "proposals": from_rows("proposals", proposals),
    }


def _register(
    programme: Programme, recommendations: Iterable[Row], found: Iterable[dict[str, Any]], decisions: Sequence[Row]
) -> list[dict[str, Any]]:
    """Promises declared and found, this run's recommendations, then earlier ones on which something was decided."""
    rows = [*(_promised(each) for each in programme.commitments), *found, *(_recommended(r) for r in recommendations)]
    listed = {row["commitment"] for row in rows}
    earlier = dict.fromkeys(each["on"] for each in decisions if each["on"] not in listed)
    rows += [_earlier(on) for on in earlier]
    return [row | _status(row, [each for each in decisions if each["on"] == row["commitment"]]) for row in rows]


def _promised(commitment: Commitment) -> dict[str, Any]:
    said = commitment.model_dump(exclude={"id"})
    return {"commitment": commitment.id, "kind": "commitment"} | {
        key: None if value == "" else value for key, value in said.items()
    }


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
        "response": "no response",
    }


def _earlier(on: str) -> dict[str, Any]:
    """A recommendation does not vanish because its safeguard has changed, or because the programme dropped it."""
    text = "Named by an earlier run or edition and not by this one; its words stand there."
    kind = "recommendation" if on.startswith("R.") else "commitment"
    return {"commitment": on, "kind": kind, "text": text, "response": "no response"}


def _status(row: Row, decisions: Sequence[Row]) -> dict[str, Any]:
    """The latest event of each column; of verifications, the latest by somebody who never claimed this delivered."""
    response, claim = _last(decisions, "response"), _last(decisions, "claimed")
    claimants = {_person(each) for each in decisions if each["column"] == "claimed"}
    verified = [each for each in decisions if each["column"] == "verified"]
    independent = [each for each in verified if _person(each) not in claimants]
    own = bool(verified) and _person(verified[-1]) in claimants
    return {
        "response": response["value"] if response else row["response"],
        "claimed": claim and claim["value"],
        "claimed_by": claim and _by(claim),
        "verified": independent[-1]["value"] if independent else None,
        "verified_by": _verified_by(independent[-1] if independent else None, verified[-1] if own else None),
    }


def _verified_by(independent: Row | None, own: Row | None) -> str | None:
    parts = [_by(independent)] if independent else []
    if own:
        parts.append(f"{_NOT_INDEPENDENT} ({own['value']}: {_by(own)})")
    return "; ".join(parts) or None


def _last(decisions: Sequence[Row], column: str) -> Row | None:
    return next((each for each in reversed(decisions) if each["column"] == column), None)


def _person(decision: Row) -> str:
    """The same person, however the name was typed."""
    return " ".join(str(decision["who"]).split()).casefold()


def _by(decision: Row) -> str:
    return f"{decision['who']}, {decision['at']}"


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
    writes=("commitments", "helped", "record", "asks", "asks_agreement", "proposals"),
    run=_run,
    why="what was asked, answered, promised and recommended, and what became of it",
)
