"""What must be settled before a person may sign: nothing adverse unanswered, no side of the evidence missing.

An adverse finding is answered by a recommendation that a person adopted, or by a person who says why nothing will be
changed. A recommendation rests on something found. Of every activity strengths and harms are both shown, or a person
says how they were looked for and that none was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ._wording import quoted
from .programme import Programme
from .stage import Context, Stage, Tables
from .tables import from_rows

__all__ = ["STAGE"]

Row = Mapping[str, Any]

_NO_ANSWER = {
    None: "no recommendation answers it",
    "rejected": "the recommendations that would answer it were rejected, and nobody says why nothing will be changed",
    "proposed": "a recommendation would answer it, and nobody has adopted one",
}


def _run(context: Context) -> Tables:
    findings = context.query(
        "SELECT finding, direction, current, activity FROM findings ORDER BY finding"
    ).to_pylist()
    recommendations = context.query("SELECT * FROM recommendations ORDER BY rank").to_pylist()
    decisions = context.query("SELECT * FROM decisions ORDER BY event").to_pylist()
    rows = [
        *_unanswered(findings, recommendations, decisions),
        *_undecided(recommendations),
        *_one_sided(context.programme, findings, decisions),
    ]
    return {"unsettled": from_rows("unsettled", rows)}


def _unanswered(findings: Sequence[Row], recommendations: Sequence[Row], decisions: Sequence[Row]) -> Iterator[Row]:
    """Adverse findings of the latest rounds, in the order of `findings`, that nobody has answered."""
    best: defaultdict[str, set[str]] = defaultdict(set)
    for each in recommendations:
        for finding in each["findings"]:
            best[finding].add(each["standing"])
    as_it_is = {each["on"] for each in decisions if each["column"] == "no change"}
    for each in findings:
        standings = best[each["finding"]]
        if each["direction"] != "adverse" or each["current"] is False:
            continue
        if "adopted" in standings or each["finding"] in as_it_is:
            continue
        standing = next((word for word in ("proposed", "rejected") if word in standings), None)
        yield {"what": "adverse finding", "on": each["finding"], "standing": standing, "says": _NO_ANSWER[standing]}


def _undecided(recommendations: Sequence[Row]) -> Iterator[Row]:
    for each in recommendations:
        if each["standing"] == "proposed":
            yield {"what": "recommendation", "on": each["recommendation"], "standing": "proposed",
                   "says": "nobody has adopted or rejected it"}  # fmt: skip
        if each["standing"] != "rejected" and not each["findings"]:
            yield {"what": "recommendation", "on": each["recommendation"], "standing": each["standing"],
                   "says": "it rests on no finding"}  # fmt: skip


def _one_sided(programme: Programme, findings: Sequence[Row], decisions: Sequence[Row]) -> Iterator[Row]:
    """Activities of which strengths, or harms, are missing, and nobody says that they were looked for."""
    says = "no {} of {} are shown, and nobody says that they were looked for"
    found = {(each["activity"], each["direction"]) for each in findings}
    looked = {(each["on"], each["value"]) for each in decisions if each["column"] == "none found"}
    for activity in programme.activities:
        for side, direction in (("strengths", "favourable"), ("harms", "adverse")):
            if (activity.id, direction) not in found and (activity.id, side) not in looked:
                yield {"what": f"{side} missing", "on": activity.id, "standing": None,
                       "says": says.format(side, quoted(activity.name))}  # fmt: skip


STAGE = Stage(
    name="sign_off",
    reads=("findings", "recommendations", "decisions"),
    writes=("unsettled",),
    run=_run,
    why="what stands between this assessment and a signature",
)
