"""What projects changed: findings of one sealed run."""

from __future__ import annotations

from .declaring import ACTIVITY, CANNOT, HIGH, LOW, METHOD, SOURCE, N, Table, column

__all__ = ["EVALUATED"]

_SD = "standard deviations of the baseline"
_RAW = "instrument"
_STATED = "not stated"

EVALUATED = (
    Table(
        "effects", "finding", "What each funded project changed, as far as its design can tell.",
        (
            SOURCE,
            column("project", "text", "Name or number of the project."),
            ACTIVITY,
            column("instrument", "text", "What was measured.", empty_means="not given"),
            column("family", "text", "Family of instruments it is pooled with.", empty_means="alone of its kind"),
            column("design", "text", "Design as declared, or as found in the rows of participants."),
            column("baseline", "text", "before, asked afterwards, or none: kinds that are never pooled together."),
            column("level", "whole", "Maryland scale, from the design present: 1 to 5, 0 where nothing can be claimed.", "level"),
            column("why_level", "text", "What the level rests on, and what lowered it.", empty_means="`method` says it"),
            N,
            column("effect", "number", "Standardised mean change (or difference in changes), positive = better.",
               _SD, "no baseline, no effect claimed"),
            column("se", "number", "Standard error.", "standard deviations", "no effect claimed"),
            LOW, HIGH,
            column("raw", "number", "The same in the instrument's own unit, as measured: a fall is below 0.", _RAW,
               "no effect claimed"),
            column("raw_low", "number", "Lower end of its 95% interval.", _RAW, "no interval exists"),
            column("raw_high", "number", "Upper end of its 95% interval.", _RAW, "no interval exists"),
            column("r", "number", "Correlation of before and after, as reported or found.", "", "not known: never assumed"),
            column("sensitivity", "text", "The interval for each correlation there could be, where none was reported.",
               empty_means="the correlation is known"),
            column("shrunken", "number", "The effect drawn towards those of projects with the same kind of baseline.", _SD,
               "fewer than 3 could be pooled"),
            column("shrunken_low", "number", "Lower end of its central 95%.", _SD, "not pooled"),
            column("shrunken_high", "number", "Upper end of its central 95%.", _SD, "not pooled"),
            column("p_matters", "number", "Probability that the effect is larger than what matters: for pooled projects the "
               "smaller of its own and the shrunken.", "probability", "no standard error"),
            column("p_negligible", "number", "Probability that it is practically none, in the same way.", "probability",
               "no standard error"),
            column("p_harm", "number", "Probability that it is harm: the larger of the two.", "probability",
               "no standard error"),
            column("balance", "text", "How alike the groups were before.", empty_means="no comparison group"),
            column("lost_people", "whole", "People who began and have no outcome, all groups.", "people", "not known"),
            column("lost", "number", "The same of all who began.", "share 0–1", "not known"),
            column("lost_apart", "number", "Share lost from the project less that of the comparison group.", "share",
               "no comparison group, not known, or too few lost of one"),
            column("lee_low", "number", "Lower of Lee's bounds of the effect, whoever was lost.", _SD, "not known"),
            column("lee_high", "number", "Upper of Lee's bounds.", _SD, "not known"),
            column("tipping", "text", "What those lost must have been like to undo the effect.", empty_means="not known"),
            column("reach", "whole", "People reached.", "people", "not given"),
            column("answered", "number", "Answers ÷ reach.", "share 0–1", "reach not given"),
            column("cost_per_person", "number", "Cost ÷ reach.", "pounds", "not given"),
            column("cost_per_unit", "number", "Cost for one person one unit of the instrument better, if those who did not "
               "answer changed like those who did.", "pounds", "not given, or no improvement"),
            column("cost_per_unit_low", "number", "The same at the better end of the effect's interval.", "pounds",
               "no interval exists"),
            column("cost_per_unit_high", "number", "The same at its worse end.", "pounds", "no upper end: it may be no use"),
            column("verdict", "text", "works, negligible, harm signal, promising change, or not known."),
            column("rule", "text", "The rule that fired, with its numbers."),
            column("warnings", "text", "What a reader must know of how it was measured.", empty_means="nothing"),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n", "reach", "lost_people"),
        hides=(
            "effect", "se", "low", "high", "raw", "raw_low", "raw_high", "r", "sensitivity", "shrunken", "shrunken_low",
            "shrunken_high", "p_matters", "p_negligible", "p_harm", "balance", "lee_low", "lee_high", "answered",
            "cost_per_unit", "cost_per_unit_low", "cost_per_unit_high", "verdict", "rule",
        ),
        beside=(("reach", "answered", "cost_per_person"), ("lost_people", "lost", "lost_apart", "tipping")),
        cell=("source", "project", "instrument"),
    ),
    Table(
        "pooled_effects", "finding", "Results of projects as one, each kind of baseline apart: their average, how much they "
        "differ, and what one more project like them might change.",
        (
            column("baseline", "text", "before or asked afterwards: never pooled together."),
            column("family", "text", "Family of instruments.", empty_means="all instruments of that baseline"),
            column("k", "whole", "Results pooled.", "results"),
            column("pooled", "number", "Average effect.", _SD, "cannot tell"),
            LOW, HIGH,
            column("prediction_low", "number", "Lower end of where one more project's true effect lies, with 95%.", _SD,
               "cannot tell"),
            column("prediction_high", "number", "Upper end of it.", _SD, "cannot tell"),
            column("p_next_matters", "number", "Probability that one more project's effect is larger than what matters.",
               "probability", "cannot tell"),
            column("tau", "number", "How much true effects differ between projects.", _SD, "cannot tell"),
            column("tau_low", "number", "Lower end of its central 95%.", _SD, "cannot tell"),
            column("tau_high", "number", "Upper end of its central 95%.", _SD, "cannot tell"),
            column("i2", "number", "Part of the differences that is more than chance (I²).", "per cent", "cannot tell"),
            column("q", "number", "Cochran's Q.", "", "cannot tell"),
            column("q_p", "number", "Its p: small where projects differ by more than chance.", "", "cannot tell"),
            column("reml", "number", "The average by restricted maximum likelihood, as a check.", _SD, "cannot tell"),
            column("reml_low", "number", "Lower end of Knapp and Hartung's 95% interval.", _SD, "cannot tell"),
            column("reml_high", "number", "Upper end of it.", _SD, "cannot tell"),
            column("comparison_adds", "number", "Effects with a comparison group less those without (meta-regression).", _SD,
               "fewer than 2 of each, or fewer than 5 in all"),
            column("comparison_adds_low", "number", "Lower end of its 95% interval.", _SD, "cannot tell"),
            column("comparison_adds_high", "number", "Upper end of it.", _SD, "cannot tell"),
            METHOD, CANNOT,
        ),
        "public", source="measure", cell=("baseline", "family"),
        missing="Results without a standard error, and of fewer people than may be published.",
    ),
    Table(
        "theories", "finding", "How each project is meant to work, for a review where no effect can be estimated: what was "
        "stated, and what was not.",
        (
            SOURCE,
            column("project", "text", "Name of the project, as in its results."),
            ACTIVITY,
            column("no_effect", "yes/no", "Whether no effect could be estimated, so that this review is all there is."),
            column("context", "text", "For whom, where, under which circumstances.", empty_means=_STATED),
            column("mechanism", "text", "What about it is meant to bring the change.", empty_means=_STATED),
            column("outcome", "text", "What was seen to change, and how that is known.", empty_means=_STATED),
            column("unintended", "text", "What else it did, or might do.", empty_means=_STATED),
            column("stated_in", "text", "Document and its edition.", empty_means=_STATED),
        ),
        "public", source="measure", cell=("source", "project"),
    ),
)  # fmt: skip
