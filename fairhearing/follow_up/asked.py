"""Tables of what was asked and promised: parts with pointers and people's verdicts, and commitments proposed.

Nothing the machine says here is a verdict: a part nobody judged says so, and two people who differ are shown as
differing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..stats.agreement import alpha, tally
from .parts import VERDICTS, pointed
from .promises import found_in

__all__ = ["ANSWERED", "PROMISE", "accepted", "agreement_row", "answers_referred", "asks", "proposed"]

ANSWERED, PROMISE = "answered", "promise"
"""Columns of `decisions`: what a person found of a part, and whether a person takes a sentence for a commitment."""
NOBODY = "no person has judged this yet"

Row = Mapping[str, Any]


def asks(record: Sequence[Row], decisions: Sequence[Row]) -> list[dict[str, Any]]:
    """One row a part of a question. record: rows of `record`; decisions: all, in order."""
    told: list[dict[str, Any]] = []
    for (source, question), rows in _by_question(record).items():
        text = rows[0]["text"]
        answers = [row for row in rows if row["answer"] is not None]
        for part in pointed(text or "", [row["answer"] for row in answers]):
            id = f"{source}:{question}#{part['part']}"
            near = part["pointers"][0] if part["pointers"] else None
            told.append(
                {
                    "ask": id, "source": source, "question": question, "part": part["part"], "kind": part["kind"],
                    "text": part["quote"], "start": part["start"], "end": part["end"], "stem": part["stem"],
                    "pointer_answer": near and answers[near["answer"] - 1]["position"],
                    "pointer": near and near["quote"], "pointer_start": near and near["start"],
                    "pointer_end": near and near["end"], "similarity": near and near["similarity"],
                    "non_answer": near and near["non_answer"],
                }
                | _judged([each for each in decisions if each["column"] == ANSWERED and each["on"] == id])
            )  # fmt: skip
    return told


def _by_question(record: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    told: dict[tuple[str, str], list[Row]] = {}
    for row in record:
        told.setdefault((row["source"], row["question"]), []).append(row)
    return told


def _judged(decisions: Iterable[Row]) -> dict[str, Any]:
    """The last word of each person. Where they differ there is no verdict, and both are told."""
    last = {" ".join(str(each["who"]).split()).casefold(): each for each in decisions}
    said = [f"{each['value']} ({each['who']}, {each['at']}: {each['why']})" for each in last.values()]
    values = {each["value"] for each in last.values()}
    state = {0: NOBODY, 1: "judged by one person"}.get(len(last), "judged by several, who agree")
    if len(values) > 1:
        state = "judged by several, who differ"
    return {"state": state, "verdict": values.pop() if len(values) == 1 else None, "judged_by": said}


def agreement_row(decisions: Sequence[Row]) -> list[dict[str, Any]]:
    """How far the people who judged parts agree, over parts that at least two judged; no row where none judged."""
    last = {(each["on"], " ".join(str(each["who"]).split()).casefold()): each["value"]
            for each in decisions if each["column"] == ANSWERED}  # fmt: skip
    if not last:
        return []
    parts = sorted({on for on, _ in last})
    unit = np.array([parts.index(on) for on, _ in last], dtype=np.int64)
    value = np.array([VERDICTS.index(each) for each in last.values()], dtype=np.int64)
    found = alpha(tally(unit, value, len(parts), len(VERDICTS)))
    return [
        {
            "parts": len(parts), "people": len({who for _, who in last}), "n": found.n, "alpha": found.alpha,
            "low": found.low, "high": found.high, "cannot_tell": found.cannot_tell,
            "method": "Krippendorff's alpha over parts judged by two people or more; 95% interval by jackknife"
            + (f"; no interval: {found.no_interval}" if found.no_interval else ""),
        }
    ]  # fmt: skip


def proposed(record: Sequence[Row], decisions: Sequence[Row]) -> list[dict[str, Any]]:
    """Sentences of answers that may be commitments, each proposed, accepted or rejected."""
    last = {each["on"]: each for each in decisions if each["column"] == PROMISE}
    told = []
    for row in record:
        said_on = row["answered_on"] or row["session_date"]
        for found in found_in(row["answer"] or "", said_on):
            id = f"{row['source']}:{row['question']}@{row['position']}.{found['start']}"
            decided = last.get(id)
            told.append(
                {name: found[name] for name in ("start", "end", "kind", "actor", "due_as_said", "due_from", "due")}
                | {
                    "proposal": id, "source": row["source"], "question": row["question"], "position": row["position"],
                    "text": found["quote"], "made_by": row["answered_by"], "made_on": said_on,
                    "probability": found["probability"], "standing": decided["value"] if decided else "proposed",
                    "decided_by": f"{decided['who']}, {decided['at']}: {decided['why']}" if decided else None,
                }
            )  # fmt: skip
    return told


def accepted(proposals: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows of the register for what a person took for a commitment: tracked from then on as any other."""
    return [
        {
            "commitment": row["proposal"], "kind": "commitment", "text": row["text"], "made_by": row["made_by"],
            "made_on": row["made_on"], "source": row["question"], "owner": row["actor"],
            "activity": None, "step": None, "entered": "accepted from an answer",
            "due_as_said": row["due_as_said"], "due": row["due"], "response": "no response",
        }
        for row in proposals
        if row["standing"] == "accepted"
    ]  # fmt: skip


def answers_referred(record: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of the record, with the questions an answer refers to found among those gathered: by the whole
    reference, or by its number alone where one question of the same year, or only one of all, has it."""
    known = sorted({row["reference"] for row in record if row["reference"]})
    return [dict(row) | {"referred_to": _resolved(row, known)} for row in record]


def _resolved(row: Row, known: Sequence[str]) -> list[str]:
    told: list[str] = []
    year = (row["reference"] or "").partition("/")[0]
    for said in row["refers_to"] or []:
        whole = [each for each in known if each == said or each == f"{year}/{said}"]
        ending = [each for each in known if each.partition("/")[2].lstrip("0") == said.lstrip("0")]
        found = whole[:1] or (ending if len(ending) == 1 else [])
        told += [each for each in found if each != row["reference"]]
    return list(dict.fromkeys(told))
