"""What is judged, recommended and followed up in one sealed run; and what is made when an edition is published."""

from __future__ import annotations

from .declaring import ACTIVITY, CHARACTERISTIC, COMMUNITY, HIGH, LOW, SOURCE, STEP, Table, column

__all__ = ["JUDGED"]

JUDGED = (
    Table(
        "findings", "finding", "One thing the evidence shows, or does not show, about the programme.",
        (
            column("finding", "text", "Id, stable for the same evidence."),
            column("kind", "text", "harm, strength, safeguard, gap, comparison, change, effect, coverage or "
               "common ground."),
            column("direction", "text", "adverse, favourable or neither."),
            ACTIVITY, STEP, CHARACTERISTIC, COMMUNITY,
            column("sentence", "text", "The finding in words, with its number and interval."),
            column("n", "whole", "People it rests on.", "people", "rests on documents, not on people"),
            column("estimate", "number", "Its number.", "as in the table named", "none"),
            LOW, HIGH,
            column("probability", "number", "Probability that the rule's condition holds.", "probability", "not a probability"),
            column("rests_on", "texts", "Rows it rests on, as table:key=value;key=value."),
        ),
        "shares", source="judge", counts=("n",), hides=("sentence", "estimate", "low", "high", "probability"),
        cell=("finding",),
    ),
    Table(
        "verdicts", "finding", "Build upon, improve, revise or cannot tell: for every activity and every step.",
        (
            column("activity", "text", "Id of the activity."),
            STEP,
            column("verdict", "text", "build upon, improve, revise or cannot tell."),
            column("rule", "text", "The rule that fired, with its thresholds."),
            column("strengths", "texts", "Ids of favourable findings."),
            column("harms", "texts", "Ids of adverse findings."),
            column("undecided", "texts", "Ids of findings that point neither way."),
            column("would_change", "text", "What evidence would change it."),
        ),
        "public", source="judge",
    ),
    Table(
        "recommendations", "finding", "What to change: who, at which step, which safeguard, resting on what.",
        (
            column("recommendation", "text", "Id."),
            column("rank", "whole", "1 first.", "rank"),
            column("activity", "text", "Id of the activity."),
            column("step", "text", "Id of the step."),
            column("safeguard", "text", "Id of the safeguard."),
            column("kind", "text", "law, statutory guidance or good practice."),
            column("state", "text", "State of the safeguard found."),
            column("change", "text", "The change in one sentence."),
            column("owner", "text", "Office to act.", empty_means="nobody is named as owner: blank and said to be blank"),
            column("by_when", "text", "Date asked for.", empty_means="not set by the programme yet"),
            column("measured_how", "text", "What will show whether it helped.", empty_means="no measure is attached to this step"),
            column("baseline", "text", "What that measure says now.", empty_means="no baseline yet"),
            column("baseline_rests_on", "texts", "Rows it comes from, as table:key=value;key=value."),
            column("source", "text", "Document that sets the duty.", empty_means="blank in programme.toml"),
            column("checked", "yes/no", "Whether a person has checked that document."),
            column("findings", "texts", "Ids of the findings it rests on."),
        ),
        "public", source="recommend",
    ),
    Table(
        "commitments", "finding", "The register: what was promised or recommended, what is claimed, what is verified.",
        (
            column("commitment", "text", "Id."),
            column("kind", "text", "commitment or recommendation."),
            column("text", "text", "As said."),
            column("made_by", "text", "Office.", empty_means="not said"),
            column("made_on", "date", "Day.", empty_means="not said"),
            column("source", "text", "Where it was said.", empty_means="not said"),
            column("owner", "text", "Office to act.", empty_means="not said"),
            ACTIVITY, STEP,
            column("due_as_said", "text", "Due, as said.", empty_means="not said"),
            column("due", "date", "Due, as parsed.", empty_means="not said"),
            column("response", "text", "accepted, in principle, in part, rejected, deferred, acknowledged or no response."),
            column("claimed", "text", "Delivery as the owner claims it.", empty_means="nothing claimed"),
            column("claimed_by", "text", "Who claimed, and when.", empty_means="nothing claimed"),
            column("verified", "text", "Delivery as an assessor found it.", empty_means="not verified"),
            column("verified_by", "text", "Who verified, and when.", empty_means="not verified"),
        ),
        "public", source="follow_up",
    ),
    Table(
        "record", "finding", "Questions put and answers given, on the public record.",
        (
            SOURCE,
            column("question", "text", "Reference or file name."),
            column("title", "text", "Title.", empty_means="not on the page"),
            column("reference", "text", "Official reference.", empty_means="not on the page"),
            column("session_date", "date", "Day.", empty_means="not on the page"),
            column("asked_by", "text", "Who asked.", empty_means="not on the page"),
            column("group", "text", "Political group.", empty_means="not on the page"),
            column("asked_of", "text", "Who was asked.", empty_means="not on the page"),
            column("text", "text", "The question.", empty_means="not on the page"),
            column("position", "whole", "Which answer.", "position", "no answer on the page"),
            column("answered_by", "text", "Who answered.", empty_means="no answer on the page"),
            column("answered_on", "date", "Day of the answer.", empty_means="not on the page"),
            column("state", "text", "holding, final, or no answer on the page."),
            column("answer", "text", "The answer.", empty_means="no answer on the page"),
        ),
        "public", source="follow_up",
    ),
    Table(
        "accounting", "published", "What became of every row of every file, and of every free-text response, in counts.",
        (
            SOURCE,
            column("stage", "text", "gathered: rows of the file; read: free-text responses."),
            column("fate", "text", "used, set aside, duplicate or refused; themed, other, uninformative, duplicate or not yet read."),
            column("reason", "text", "Why, without row numbers.", empty_means="simply used, or themed"),
            column("n", "whole", "Rows or responses.", "rows"),
        ),
        "counts", source="protect", missing="Nobody, but for numbers too small to publish.",
        counts=("n",), cell=("source", "stage", "fate", "reason"), within=("source", "stage"),
    ),
)  # fmt: skip
