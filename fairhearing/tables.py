"""Every table: its columns, units, where it comes from, who is missing from it, and how it may be disclosed.

Stages meet only here. The reference pages are generated from this file, and a table that does not match its
declaration is an error at the moment it is made, not when somebody reads it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import pyarrow as pa

from .errors import BadInput

__all__ = [
    "FATES",
    "TABLES",
    "Column",
    "Table",
    "View",
    "as_declared",
    "cell_name",
    "empty",
    "evidence_tables",
    "from_rows",
    "run_tables",
]

Disclosure = Literal["never", "counts", "shares", "text", "public"]
"""never: stays in the folder · counts: people counted in cells · shares: estimates resting on counted people ·
text: people's own words, redacted · public: about the programme or the public record, no people counted."""

FATES = ("used", "set aside", "duplicate", "refused")
"""What can become of an input row. They sum to the rows of the file."""

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "yes/no": pa.bool_(),
    "date": pa.date32(),
    "texts": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    """One column. A name ending in * stands for one column per declared characteristic or item."""

    name: str
    type: Literal["text", "whole", "number", "yes/no", "date", "texts"]
    meaning: str
    unit: str = ""
    empty_means: str = ""
    """What null says; blank: never null."""

    @property
    def arrow(self) -> pa.DataType:
        return _TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table. `counts`: columns that count people, protected by `protect`; `cell`: the columns that name a
    cell; `within`: those of them inside which the counts add up to a published total."""

    name: str
    kind: Literal["evidence", "finding", "published"]
    """published: made from others when an edition is published; neither in the ledger nor in a run."""
    says: str
    columns: tuple[Column, ...]
    disclosure: Disclosure
    source: str = ""
    missing: str = ""
    counts: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    """Columns blanked together with a suppressed count."""
    cell: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    """Columns that name the people of the first count, where several cells rest on the same people; else `cell`."""
    parts: tuple[str, ...] = ()
    """Counts that are parts of the first. `estimate` is the share of the first part: where it or its rest is small
    the row is withheld; where another part is small only the parts after the first are left out."""
    beside: tuple[tuple[str, ...], ...] = ()
    """Counts that are left out alone where they are small, each with the columns left out with it."""

    def column(self, name: str) -> Column | None:
        """The declaration of a column, matching patterns such as c_*."""
        for column in self.columns:
            if column.name == name or ("*" in column.name and fnmatch.fnmatchcase(name, column.name)):
                return column
        return None


def _c(name: str, type: Any, meaning: str, unit: str = "", empty_means: str = "") -> Column:
    return Column(name, type, meaning, unit, empty_means)


_SOURCE = _c("source", "text", "Id of the source in programme.toml.")
_ROUND = _c("round", "text", "Id of the round of listening.", empty_means="the source has no rounds")
_PERSON = _c("person", "text", "Keyed hash of the person's number in the file; means nothing outside this folder.")
_CHARACTERISTIC = _c("characteristic", "text", "Id of the characteristic.", empty_means="everyone")
_COMMUNITY = _c("community", "text", "Id of the category of that characteristic.", empty_means="everyone")
_ACTIVITY = _c("activity", "text", "Id of the activity.", empty_means="no one activity")
_STEP = _c("step", "text", "Id of the step.", empty_means="the whole activity")
_N = _c("n", "whole", "People it rests on, unweighted.", "people")
_LOW = _c("low", "number", "Lower end of the 95% interval.", empty_means="no interval exists; `method` says why")
_HIGH = _c("high", "number", "Upper end of the 95% interval.", empty_means="no interval exists; `method` says why")
_METHOD = _c("method", "text", "How the number was made, in words a reviewer can check.")
_CANNOT = _c("cannot_tell", "text", "Why there is no number.", empty_means="there is one")

_ALL = (
    # --- evidence: as gathered, in the ledger -----------------------------------------------------------------
    Table(
        "fates", "evidence", "What became of every row of every file.",
        (
            _SOURCE,
            _c("row", "whole", "Row in the file; the first row of data is 1.", "row"),
            _c("fate", "text", "used, set aside, duplicate or refused."),
            _c("reason", "text", "Why; empty for a row that was simply used.", empty_means="used as it is"),
        ),
        "counts",
        source="gather", missing="Nobody: the fates of a file sum to its rows.",
    ),
    Table(
        "people", "evidence", "One row a respondent: declared coarse characteristics and answers to items.",
        (
            _SOURCE,
            _c("row", "whole", "Row in the file (votes: order of first appearance).", "row"),
            _PERSON,
            _ROUND,
            _c("weight", "number", "Design weight as delivered; 1 where there is none."),
            _c("stratum", "text", "Sampling stratum.", empty_means="not given"),
            _c("cluster", "text", "Sampling cluster.", empty_means="not given"),
            _c("c_*", "text", "Category id of a characteristic, as declared by the person.", empty_means="not declared"),
            _c("q_*", "number", "Code given to an item.", "code of the item", empty_means="not asked or not answered"),
        ),
        "never", source="gather", missing="Whoever was not asked, or asked and did not answer; see `coverage`.",
    ),
    Table(
        "texts", "evidence", "One row a free-text response, with identifying details already redacted.",
        (
            _SOURCE,
            _c("row", "whole", "Row in the file.", "row"),
            _c("response", "text", "source:row, unique across the programme."),
            _PERSON,
            _ROUND,
            _c("question", "text", "What was asked.", empty_means="not given"),
            _c("text", "text", "The words, redacted; offsets of quotes count Unicode characters of this text."),
            _c("step", "text", "Step id, where the form asked for it.", empty_means="not asked or not said"),
            _c("experience", "text", "Experience id, where the form asked for it.", empty_means="not asked or not said"),
            _c("redactions", "whole", "Identifying details replaced.", "details"),
        ),
        "never", source="gather", missing="People who left the box empty have a row in `people` only.",
    ),
    Table(
        "votes", "evidence", "The last vote of each person on each statement that was not moderated out.",
        (
            _SOURCE,
            _PERSON,
            _ROUND,
            _c("statement", "text", "Id of the statement in its source."),
            _c("vote", "whole", "1 agree, 0 pass, -1 disagree."),
        ),
        "never", source="gather", missing="A vote not cast is no row: unseen, or left before seeing it.",
    ),
    Table(
        "propositions", "evidence", "Statements people voted on.",
        (
            _SOURCE,
            _c("statement", "text", "Id of the statement in its source."),
            _c("text", "text", "The statement, redacted."),
            _c("moderated", "whole", "1 accepted, 0 not moderated, -1 rejected (its votes are set aside)."),
            _c("declares", "text", "characteristic=category, where agreeing only declares who one is.",
               empty_means="an opinion"),
        ),
        "text", source="gather", missing="Statements never submitted.",
    ),
    Table(
        "questions", "evidence", "Questions put on the public record.",
        (
            _SOURCE,
            _c("question", "text", "Reference, or the file's name where the page carries none."),
            _c("title", "text", "Title.", empty_means="not on the page"),
            _c("reference", "text", "Official reference.", empty_means="not on the page"),
            _c("session_date", "date", "Day of the session.", empty_means="not on the page"),
            _c("asked_by", "text", "Office-holder who asked.", empty_means="not on the page"),
            _c("group", "text", "Political group.", empty_means="not on the page"),
            _c("asked_of", "text", "Who was asked.", empty_means="not on the page"),
            _c("text", "text", "The question.", empty_means="not on the page"),
            _c("supplementary_to", "text", "The question it follows.", empty_means="not a supplementary, or not said"),
            _c("footnotes", "texts", "Footnote marks found in the text."),
        ),
        "public", source="gather",
    ),
    Table(
        "answers", "evidence", "Answers on the public record, in order.",
        (
            _SOURCE,
            _c("question", "text", "The question answered."),
            _c("position", "whole", "1 for the first answer.", "position"),
            _c("by", "text", "Who answered.", empty_means="not on the page"),
            _c("date", "date", "Day of the answer.", empty_means="not on the page"),
            _c("state", "text", "holding or final.", empty_means="not on the page"),
            _c("text", "text", "The answer."),
        ),
        "public", source="gather",
    ),
    Table(
        "projects", "evidence", "Results of funded projects, as aggregates: never rows about participants.",
        (
            _SOURCE,
            _c("row", "whole", "Row in the file.", "row"),
            _c("project", "text", "Name or number of the project."),
            _ACTIVITY,
            _c("instrument", "text", "What was measured, with which instrument.", empty_means="not given"),
            _c("design", "text", "pre-post, retrospective, comparison, randomised, post only or none."),
            _c("higher_is", "text", "better or worse: what a high score means."),
            _c("n", "whole", "Participants with both measurements.", "people", "not given"),
            _c("mean_pre", "number", "Mean before.", "instrument", "no baseline"),
            _c("mean_post", "number", "Mean after.", "instrument", "not given"),
            _c("sd_pre", "number", "Standard deviation before.", "instrument", "not given"),
            _c("sd_post", "number", "Standard deviation after.", "instrument", "not given"),
            _c("r", "number", "Correlation of before and after.", "", "not reported: never assumed"),
            _c("n_comparison", "whole", "Comparison group with both measurements.", "people", "no comparison group"),
            _c("mean_pre_comparison", "number", "Its mean before.", "instrument", "no comparison group"),
            _c("mean_post_comparison", "number", "Its mean after.", "instrument", "no comparison group"),
            _c("sd_pre_comparison", "number", "Its standard deviation before.", "instrument", "no comparison group"),
            _c("r_comparison", "number", "Its correlation of before and after.", "", "not reported"),
            _c("reach", "whole", "People the project reached.", "people", "not given"),
            _c("cost", "number", "Cost of the project.", "pounds", "not given"),
        ),
        "never", source="gather", missing="Participants who answered only once; people reached who never answered.",
    ),
    Table(
        "figures", "evidence", "Official aggregates as published: one row a figure, never a person.",
        (
            _SOURCE,
            _c("row", "whole", "Row in the file, through all its sheets; one row may hold several figures.", "row"),
            _c("series", "text", "What is counted or asked, by whom, as the file says."),
            _c("period", "text", "2024/25 for a year to March, an ISO date, or as the file says."),
            _c("dimension", "text", "What the figures of a table divide people by: age, sector, borough.",
               empty_means="not divided"),
            _c("category", "text", "One part of the dimension; 'unknown' where nobody knows (with the file's words where there are several such).",
               empty_means="not divided"),
            _c("measure", "text", "referrals, panel, cases, proportion, or as the file says."),
            _c("value", "number", "The figure.", "as `unit`", "withheld or not published; `note` says how it is shown"),
            _c("denominator", "number", "What it is a part of: that table's own, which differs from table to table.",
               "as `unit`", "the file does not say"),
            _c("denominator_is", "text", "What the denominator counts.", empty_means="the file does not say"),
            _c("unit", "text", "count or share 0–1, or as the file says."),
            _c("note", "text", "Marks, the file's own label of what is unknown, and why a series breaks.",
               empty_means="nothing to say"),
            _c("break_before", "yes/no", "Whether figures from here on may not be compared with those before."),
        ),
        "public", source="gather", missing="What the office did not publish; whoever it did not record is 'unknown'.",
    ),
    Table(
        "decisions", "evidence", "What people decided and recorded, read from the ledger's event log.",
        (
            _c("event", "whole", "Number of the event in the log.", "event"),
            _c("on", "text", "Id of the commitment or recommendation it is about."),
            _c("column", "text", "response, claimed or verified."),
            _c("value", "text", "The status recorded."),
            _c("who", "text", "Who recorded it."),
            _c("at", "text", "When, ISO 8601 with time zone."),
            _c("why", "text", "Why, or on what evidence."),
        ),
        "public", source="record",
    ),
    # --- findings: made by one sealed run ---------------------------------------------------------------------
    Table(
        "weights", "finding", "How much each respondent counts.",
        (
            _SOURCE, _ROUND, _PERSON,
            _c("base", "number", "Design weight, scaled to mean 1 in its source and round."),
            _c("weight", "number", "After calibration and trimming, scaled to mean 1."),
        ),
        "never", source="weigh",
    ),
    Table(
        "weighting", "finding", "How the weights of each source and round were made, and what they cost.",
        (
            _SOURCE, _ROUND, _N,
            _c("n_effective", "number", "n divided by Kish's design effect.", "people"),
            _c("design_effect", "number", "Kish: n·Σw²/(Σw)².", "ratio"),
            _c("margins", "texts", "Characteristics the weights were raked to."),
            _c("collapsed", "texts", "Categories joined because too few answered, as 'a + b'."),
            _c("trimmed", "whole", "Respondents whose weight was cut.", "people"),
            _c("iterations", "whole", "Passes of raking.", "passes"),
            _METHOD,
        ),
        "shares", source="weigh", counts=("n", "trimmed"), hides=("n_effective", "design_effect"),
        beside=(("trimmed",),), cell=("source", "round"),
    ),
    Table(
        "coverage", "finding", "Who was heard, against who lives there.",
        (
            _SOURCE, _ROUND,
            _c("characteristic", "text", "Id of the characteristic."),
            _c("community", "text", "Id of the category.", empty_means="did not say"),
            _c("population", "whole", "People in the population.", "people", "no figure declared"),
            _c("population_share", "number", "Their share of the population.", "share 0–1", "no figure declared"),
            _c("heard", "whole", "Respondents.", "people"),
            _c("heard_share", "number", "Their share of respondents who said.", "share 0–1", "did not say"),
            _c("weighted_share", "number", "Their share after weighting.", "share 0–1", "did not say"),
            _c("not_heard_because", "text", "What is known of why they were not heard, or heard less.",
               empty_means="heard at least in proportion"),
        ),
        "counts", source="weigh", counts=("heard",), hides=("heard_share", "weighted_share"),
        cell=("source", "round", "characteristic", "community"), within=("source", "round", "characteristic"),
        missing="People in no category declared.",
    ),
    Table(
        "estimates", "finding", "Each measure, for everyone and for each community.",
        (
            _SOURCE, _ROUND,
            _c("measure", "text", "Id of the measure."),
            _CHARACTERISTIC, _COMMUNITY, _N,
            _c("n_effective", "number", "n after what the weights cost.", "people", "fewer than 2 people"),
            _c("favourable", "whole", "People giving a favourable code (shares only).", "people", "a mean, not a share"),
            _c("estimate", "number", "Weighted share (0–1) or mean (units of the scale).", "share or scale",
               "cannot tell"),
            _c("se", "number", "Linearised standard error, calibration taken into account.", "as estimate",
               "no sampling error exists, or cannot tell"),
            _LOW, _HIGH,
            _c("missing", "whole", "People asked who gave no answer.", "people"),
            _c("bound_low", "number", "Estimate if all of them had given the lowest answer.", "as estimate", "nobody asked"),
            _c("bound_high", "number", "Estimate if all of them had given the highest answer.", "as estimate",
               "nobody asked"),
            _METHOD, _CANNOT,
        ),
        "shares", source="measure", counts=("n", "favourable", "missing"),
        hides=("n_effective", "estimate", "se", "low", "high", "bound_low", "bound_high"),
        cell=("source", "round", "measure", "characteristic", "community"),
        within=("source", "round", "measure", "characteristic"),
        parts=("favourable",), beside=(("missing", "bound_low", "bound_high"),),
        missing="`missing` counts people asked who did not answer; `coverage` those never heard.",
    ),
    Table(
        "gaps", "finding", "The gap in a measure between a community and everyone else who was heard: a property of "
        "the programme, never of the community.",
        (
            _SOURCE, _ROUND,
            _c("measure", "text", "Id of the measure."),
            _c("characteristic", "text", "Id of the characteristic."),
            _c("community", "text", "Id of the category."),
            _N,
            _c("n_rest", "whole", "Everyone else, unweighted.", "people"),
            _c("estimate", "number", "The community.", "share or scale", "cannot tell"),
            _c("rest", "number", "Everyone else.", "share or scale", "cannot tell"),
            _c("rest_low", "number", "Lower end of the 95% interval of everyone else.", "share or scale",
               "no sampling error exists, or cannot tell"),
            _c("rest_high", "number", "Upper end of the 95% interval of everyone else.", "share or scale",
               "no sampling error exists, or cannot tell"),
            _c("gap", "number", "estimate − rest.", "as estimate", "cannot tell"),
            _c("se", "number", "Its standard error, with the covariance.", "as estimate", "no sampling error exists"),
            _LOW, _HIGH,
            _c("p_adjusted", "number", "Probability of a gap so large if there were none, adjusted (Holm) for all the "
               "communities compared on this measure.", "probability", "no sampling error exists"),
            _c("probability", "number", "Probability that the gap is at least the smallest difference that matters, "
               "in the direction found (normal approximation, flat prior).", "probability", "no sampling error exists"),
            _c("verdict", "text", "lower, higher, no difference that matters, or cannot tell."),
            _METHOD, _CANNOT,
        ),
        "shares", source="measure", counts=("n", "n_rest"),
        hides=("estimate", "rest", "rest_low", "rest_high", "gap", "se", "low", "high", "p_adjusted", "probability",
               "verdict"),
        cell=("source", "round", "measure", "characteristic", "community"),
        within=("source", "round", "measure", "characteristic"),
    ),
    Table(
        "changes", "finding", "What became of each measure from one round of a survey to its next, for everyone and for "
        "each community.",
        (
            _SOURCE,
            _c("measure", "text", "Id of the measure."),
            _CHARACTERISTIC, _COMMUNITY,
            _c("round_from", "text", "Id of the earlier round."),
            _c("round_to", "text", "Id of the next round in which the source asked this."),
            _c("n_from", "whole", "People it rests on in the earlier round, unweighted.", "people"),
            _c("n", "whole", "People it rests on in the later round, unweighted.", "people"),
            _c("estimate_from", "number", "The earlier round.", "share or scale", "cannot tell"),
            _c("estimate", "number", "The later round.", "share or scale", "cannot tell"),
            _c("change", "number", "estimate − estimate_from.", "as estimate", "cannot tell"),
            _c("se", "number", "Its standard error, of two separate samples.", "as estimate", "cannot tell"),
            _LOW, _HIGH,
            _c("p_adjusted", "number", "Probability of a change so large if there were none, adjusted (Holm) for all the "
               "communities compared on this measure between these rounds; for everyone, not adjusted.", "probability",
               "cannot tell"),
            _c("probability", "number", "Probability that the change is at least the smallest difference that matters, "
               "in the direction found (normal approximation, flat prior).", "probability", "cannot tell"),
            _c("verdict", "text", "higher, lower, no difference that matters, or cannot tell."),
            _METHOD,
            _c("cannot_tell", "text", "Why no change can be told.", empty_means="it has an interval"),
        ),
        "shares", source="measure", counts=("n_from", "n"),
        hides=("estimate_from", "estimate", "change", "se", "low", "high", "p_adjusted", "probability", "verdict"),
        cell=("source", "measure", "characteristic", "community", "round_from", "round_to"),
        within=("source", "measure", "characteristic", "round_from", "round_to"),
        missing="Rounds of different sources are not compared: a change of method is not a change of opinion.",
    ),
    Table(
        "effects", "finding", "What each funded project changed, as far as its design can tell.",
        (
            _SOURCE,
            _c("project", "text", "Name or number of the project."),
            _ACTIVITY,
            _c("instrument", "text", "What was measured.", empty_means="not given"),
            _c("design", "text", "Design as declared."),
            _c("level", "whole", "Maryland scale, from the design present: 1 to 5, 0 where nothing can be claimed.", "level"),
            _N,
            _c("effect", "number", "Standardised mean change (or difference in changes), positive = better.",
               "standard deviations of the baseline", "no baseline, no effect claimed"),
            _c("se", "number", "Standard error.", "standard deviations", "no effect claimed"),
            _LOW, _HIGH,
            _c("reach", "whole", "People reached.", "people", "not given"),
            _c("answered", "number", "Answers ÷ reach.", "share 0–1", "reach not given"),
            _c("cost_per_person", "number", "Cost ÷ reach.", "pounds", "not given"),
            _c("verdict", "text", "works, negligible, harm signal, promising change, or not known."),
            _METHOD, _CANNOT,
        ),
        "shares", source="measure", counts=("n", "reach"),
        hides=("effect", "se", "low", "high", "answered", "verdict"),
        beside=(("reach", "answered", "cost_per_person"),), cell=("source", "project", "instrument"),
    ),
    Table(
        "statements", "finding", "How people voted on each statement.",
        (
            _SOURCE,
            _c("statement", "text", "Id of the statement."),
            _c("text", "text", "The statement."),
            _N,
            _c("agree", "whole", "Votes to agree.", "people"),
            _c("disagree", "whole", "Votes to disagree.", "people"),
            _c("passed", "whole", "Passes: seen, neither agreed nor disagreed.", "people"),
            _c("estimate", "number", "Weighted share agreeing among those who voted, passes included.", "share 0–1",
               "nobody voted"),
            _LOW, _HIGH,
            _c("kind", "text", "common ground, majority (of everyone; of some communities it cannot be told), divisive, mixed, or cannot tell."),
            _c("because", "text", "The rule that gave `kind`."),
            _METHOD,
        ),
        "shares", source="hear", counts=("n", "agree", "disagree", "passed"),
        hides=("estimate", "low", "high", "kind", "because"), parts=("agree", "disagree", "passed"),
        cell=("source", "statement"),
        missing="People who left before seeing the statement.",
    ),
    Table(
        "groups", "finding", "Whether the people who voted fall into groups of opinion.",
        (
            _SOURCE,
            _c("verdict", "text", "not looked for (this version looks at statements, not for kinds of people)."),
            _c("n", "whole", "People with at least one vote that counts.", "people"),
            _c("because", "text", "The reason for the verdict."),
        ),
        "counts", source="hear", counts=("n",), cell=("source",),
    ),
    Table(
        "statement_shares", "finding", "How each community voted on each statement.",
        (
            _SOURCE,
            _c("statement", "text", "Id of the statement."),
            _c("characteristic", "text", "Id of the characteristic."),
            _c("community", "text", "Id of the category."),
            _N,
            _c("agree", "whole", "Votes to agree.", "people"),
            _c("disagree", "whole", "Votes to disagree.", "people"),
            _c("estimate", "number", "Weighted share agreeing.", "share 0–1", "nobody voted"),
            _LOW, _HIGH, _METHOD,
        ),
        "shares", source="hear", counts=("n", "agree", "disagree"), hides=("estimate", "low", "high"),
        parts=("agree", "disagree"),
        cell=("source", "statement", "characteristic", "community"), within=("source", "statement", "characteristic"),
    ),
    Table(
        "themes", "finding", "What was said, grouped by the words people used. Proposed by the machine, agreed by nobody yet.",
        (
            _SOURCE,
            _c("theme", "text", "Id of the theme."),
            _c("label", "text", "Keyphrases, in people's own words."),
            _c("words", "texts", "Phrases whose presence puts a response here."),
            _c("responses", "whole", "Responses containing any of them.", "responses"),
            _c("distinct", "whole", "The same, counting near-identical texts once.", "texts"),
            _c("n", "whole", "People who wrote them.", "people"),
            _c("proposed_by", "text", "Method that proposed it."),
        ),
        "counts", source="hear", counts=("n", "responses", "distinct"), hides=("label", "words"),
        beside=(("distinct",),), cell=("source", "theme"),
    ),
    Table(
        "codings", "finding", "Which response was put under which theme, and by whom.",
        (
            _c("response", "text", "Id of the response."),
            _c("theme", "text", "Id of the theme."),
            _c("score", "number", "1 where the words are present.", "0–1"),
            _c("assigned_by", "text", "Machine method, or the coder."),
        ),
        "never", source="hear",
    ),
    Table(
        "readings", "finding", "What became of every free-text response.",
        (
            _SOURCE,
            _c("response", "text", "Id of the response."),
            _c("reading", "text", "themed, other, uninformative, duplicate or not yet read."),
            _c("reason", "text", "Why; for a duplicate, of which response.", empty_means="themed"),
            _c("copies", "whole", "Responses with the same or nearly the same text, this one included.", "responses"),
        ),
        "never", source="hear", missing="Nobody: the readings of a source sum to its texts.",
    ),
    Table(
        "prevalence", "finding", "How many people mention each theme.",
        (
            _SOURCE, _ROUND,
            _c("theme", "text", "Id of the theme."),
            _CHARACTERISTIC, _COMMUNITY,
            _N,
            _c("mentions", "whole", "People whose text contains the theme's words.", "people"),
            _c("distinct", "whole", "Distinct texts among them.", "texts"),
            _c("estimate", "number", "Weighted share of people who wrote anything.", "share 0–1", "nobody wrote"),
            _LOW, _HIGH, _METHOD,
        ),
        "shares", source="hear", counts=("n", "mentions", "distinct"), hides=("estimate", "low", "high"),
        cell=("source", "round", "theme", "characteristic", "community"), within=("source", "round", "theme", "characteristic"),
        base=("source", "round", "characteristic", "community"), parts=("mentions",), beside=(("distinct",),),
    ),
    Table(
        "quotes", "finding", "Exact words, each with its place in the evidence.",
        (
            _SOURCE,
            _c("about", "text", "theme or step."),
            _c("key", "text", "Id of the theme or step."),
            _c("experience", "text", "Id of the experience.", empty_means="quoted for a theme"),
            _c("response", "text", "Id of the response."),
            _c("start", "whole", "First character.", "characters"),
            _c("end", "whole", "One past the last character.", "characters"),
            _c("exact", "text", "The words between them, verbatim."),
        ),
        "text", source="hear", missing="Everyone not quoted; every theme of publishable size has the same number of places.",
    ),
    Table(
        "journeys", "finding", "Experiences reported at each step.",
        (
            _SOURCE, _ROUND,
            _ACTIVITY,
            _c("step", "text", "Id of the step."),
            _c("experience", "text", "Id of the experience; 'any bad' and 'any good' count people once."),
            _c("valence", "text", "good or bad."),
            _CHARACTERISTIC, _COMMUNITY,
            _c("n", "whole", "People who described this step.", "people"),
            _c("reports", "whole", "People reporting this experience there.", "people"),
            _c("estimate", "number", "reports ÷ n, weighted.", "share 0–1", "nobody described the step"),
            _LOW, _HIGH,
            _METHOD,
        ),
        "shares", source="hear", counts=("n", "reports"), hides=("estimate", "low", "high"),
        cell=("source", "round", "step", "experience", "characteristic", "community"),
        within=("source", "round", "step", "experience", "characteristic"),
        base=("source", "round", "step", "characteristic", "community"), parts=("reports",),
        missing="People who went through the step and told nobody.",
    ),
    Table(
        "findings", "finding", "One thing the evidence shows, or does not show, about the programme.",
        (
            _c("finding", "text", "Id, stable for the same evidence."),
            _c("kind", "text", "harm, strength, safeguard, gap, effect, coverage or common ground."),
            _c("direction", "text", "adverse, favourable or neither."),
            _ACTIVITY, _STEP, _CHARACTERISTIC, _COMMUNITY,
            _c("sentence", "text", "The finding in words, with its number and interval."),
            _c("n", "whole", "People it rests on.", "people", "rests on documents, not on people"),
            _c("estimate", "number", "Its number.", "as in the table named", "none"),
            _LOW, _HIGH,
            _c("probability", "number", "Probability that the rule's condition holds.", "probability", "not a probability"),
            _c("rests_on", "texts", "Rows it rests on, as table:key=value;key=value."),
        ),
        "shares", source="judge", counts=("n",), hides=("sentence", "estimate", "low", "high", "probability"),
        cell=("finding",),
    ),
    Table(
        "verdicts", "finding", "Build upon, improve, revise or cannot tell: for every activity and every step.",
        (
            _c("activity", "text", "Id of the activity."),
            _STEP,
            _c("verdict", "text", "build upon, improve, revise or cannot tell."),
            _c("rule", "text", "The rule that fired, with its thresholds."),
            _c("strengths", "texts", "Ids of favourable findings."),
            _c("harms", "texts", "Ids of adverse findings."),
            _c("undecided", "texts", "Ids of findings that point neither way."),
            _c("would_change", "text", "What evidence would change it."),
        ),
        "public", source="judge",
    ),
    Table(
        "recommendations", "finding", "What to change: who, at which step, which safeguard, resting on what.",
        (
            _c("recommendation", "text", "Id."),
            _c("rank", "whole", "1 first.", "rank"),
            _c("activity", "text", "Id of the activity."),
            _c("step", "text", "Id of the step."),
            _c("safeguard", "text", "Id of the safeguard."),
            _c("kind", "text", "law, statutory guidance or good practice."),
            _c("state", "text", "State of the safeguard found."),
            _c("change", "text", "The change in one sentence."),
            _c("owner", "text", "Office to act.", empty_means="nobody is named as owner: blank and said to be blank"),
            _c("by_when", "text", "Date asked for.", empty_means="not set by the programme yet"),
            _c("measured_how", "text", "What will show whether it helped.", empty_means="no measure is attached to this step"),
            _c("baseline", "text", "What that measure says now.", empty_means="no baseline yet"),
            _c("baseline_rests_on", "texts", "Rows it comes from, as table:key=value;key=value."),
            _c("source", "text", "Document that sets the duty.", empty_means="blank in programme.toml"),
            _c("checked", "yes/no", "Whether a person has checked that document."),
            _c("findings", "texts", "Ids of the findings it rests on."),
        ),
        "public", source="recommend",
    ),
    Table(
        "commitments", "finding", "The register: what was promised or recommended, what is claimed, what is verified.",
        (
            _c("commitment", "text", "Id."),
            _c("kind", "text", "commitment or recommendation."),
            _c("text", "text", "As said."),
            _c("made_by", "text", "Office.", empty_means="not said"),
            _c("made_on", "date", "Day.", empty_means="not said"),
            _c("source", "text", "Where it was said.", empty_means="not said"),
            _c("owner", "text", "Office to act.", empty_means="not said"),
            _ACTIVITY, _STEP,
            _c("due_as_said", "text", "Due, as said.", empty_means="not said"),
            _c("due", "date", "Due, as parsed.", empty_means="not said"),
            _c("response", "text", "accepted, in principle, in part, rejected, deferred, acknowledged or no response."),
            _c("claimed", "text", "Delivery as the owner claims it.", empty_means="nothing claimed"),
            _c("claimed_by", "text", "Who claimed, and when.", empty_means="nothing claimed"),
            _c("verified", "text", "Delivery as an assessor found it.", empty_means="not verified"),
            _c("verified_by", "text", "Who verified, and when.", empty_means="not verified"),
        ),
        "public", source="follow_up",
    ),
    Table(
        "record", "finding", "Questions put and answers given, on the public record.",
        (
            _SOURCE,
            _c("question", "text", "Reference or file name."),
            _c("title", "text", "Title.", empty_means="not on the page"),
            _c("reference", "text", "Official reference.", empty_means="not on the page"),
            _c("session_date", "date", "Day.", empty_means="not on the page"),
            _c("asked_by", "text", "Who asked.", empty_means="not on the page"),
            _c("group", "text", "Political group.", empty_means="not on the page"),
            _c("asked_of", "text", "Who was asked.", empty_means="not on the page"),
            _c("text", "text", "The question.", empty_means="not on the page"),
            _c("position", "whole", "Which answer.", "position", "no answer on the page"),
            _c("answered_by", "text", "Who answered.", empty_means="no answer on the page"),
            _c("answered_on", "date", "Day of the answer.", empty_means="not on the page"),
            _c("state", "text", "holding, final, or no answer on the page."),
            _c("answer", "text", "The answer.", empty_means="no answer on the page"),
        ),
        "public", source="follow_up",
    ),
    # --- made when an edition is published ----------------------------------------------------------------------
    Table(
        "accounting", "published", "What became of every row of every file, and of every free-text response, in counts.",
        (
            _SOURCE,
            _c("stage", "text", "gathered: rows of the file; read: free-text responses."),
            _c("fate", "text", "used, set aside, duplicate or refused; themed, other, uninformative, duplicate or not yet read."),
            _c("reason", "text", "Why, without row numbers.", empty_means="simply used, or themed"),
            _c("n", "whole", "Rows or responses.", "rows"),
        ),
        "counts", source="protect", missing="Nobody, but for numbers too small to publish.",
        counts=("n",), cell=("source", "stage", "fate", "reason"), within=("source", "stage"),
    ),
)  # fmt: skip

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}


def evidence_tables() -> tuple[Table, ...]:
    """Tables the ledger holds."""
    return tuple(table for table in _ALL if table.kind == "evidence")


def run_tables() -> tuple[Table, ...]:
    """Tables of a sealed run: every finding, and the fates."""
    return tuple(table for table in _ALL if table.kind == "finding" or table.name == "fates")


def as_declared(name: str, table: pa.Table) -> pa.Table:
    """The same table with its columns in declared order and type; an undeclared or missing column is an error."""
    declared = TABLES[name]
    strays = [column for column in table.column_names if declared.column(column) is None]
    absent = [c.name for c in declared.columns if "*" not in c.name and c.name not in table.column_names]
    if strays or absent:
        raise BadInput(
            f"the table {name} has undeclared columns {strays} and lacks {absent}",
            cure="declare the columns in tables.py, or make the table as declared there",
        )
    order = [column for pattern in declared.columns for column in _matching(pattern, table.column_names)]
    fields = [pa.field(column, declared.column(column).arrow) for column in order]  # type: ignore[union-attr]
    return table.select(order).cast(pa.schema(fields))


def from_rows(name: str, rows: Iterable[Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> pa.Table:
    """A declared table from dictionaries; a key left out is null, an undeclared key is an error."""
    rows = list(rows)
    names = list(
        dict.fromkeys([c.name for c in TABLES[name].columns if "*" not in c.name] + [k for r in rows for k in r])
    )
    columns = {}
    for key in names:
        column = TABLES[name].column(key)
        if column is None:
            raise BadInput(f"the table {name} has no column {key}", cure="declare it in tables.py")
        columns[key] = pa.array([row.get(key) for row in rows], type=column.arrow)
    return as_declared(name, pa.table(columns))


def cell_name(name: str, row: Mapping[str, Any]) -> str:
    """How a finding names a row it rests on: `journeys:source=talk;step=question`, by the columns that name a cell,
    null ones left out."""
    keys = (f"{key}={row[key]}" for key in TABLES[name].cell if row[key] is not None)
    return f"{name}:{';'.join(keys)}"


def empty(name: str) -> pa.Table:
    """The table with no rows: what a stage writes when there is nothing to say."""
    return from_rows(name, [])


def _matching(column: Column, names: Sequence[str]) -> list[str]:
    """Names a declared column stands for, patterns in alphabetical order."""
    if "*" in column.name:
        return sorted(name for name in names if fnmatch.fnmatchcase(name, column.name))
    return [column.name] if column.name in names else []


@dataclass(frozen=True)
class View:
    """A table for reading in a notebook: it says what it holds, and hands itself to pandas, polars or Arrow."""

    name: str
    arrow: pa.Table
    rows_shown: int = 20

    @property
    def about(self) -> Table:
        """What the table says, column by column."""
        return TABLES[self.name]

    def __len__(self) -> int:
        return self.arrow.num_rows

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's own exchange: `polars.DataFrame(view)` and `pyarrow.table(view)` work without a copy."""
        return self.arrow.__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """A pandas DataFrame (needs pandas)."""
        return self.arrow.to_pandas()

    def __repr__(self) -> str:
        return f"{self.name}: {len(self)} rows. {self.about.says}"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.arrow.column_names)
        shown = self.arrow.slice(0, self.rows_shown).to_pylist()
        body = "".join(f"<tr>{''.join(_cell(value) for value in row.values())}</tr>" for row in shown)
        more = f"; the first {self.rows_shown} are shown" if len(self) > self.rows_shown else ""
        caption = f"<caption>{escape(self.about.says)} ({len(self)} rows{more})</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{escape(text)}</td>"
