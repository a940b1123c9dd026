"""What published figures show: findings of one sealed run, made from `figures`.

`as_published`: an office has printed these counts already. Small ones are not repeated here, nor what would give them
away within the table; the others stand as printed, unrounded, so that anybody can look them up.
"""

from __future__ import annotations

from .declaring import CANNOT, METHOD, SOURCE, Table, column

__all__ = ["OFFICIAL"]

_SERIES = column("series", "text", "What is counted or asked, by whom, as the file says.")
_PERIOD = column("period", "text", "2024/25 for a year to March, an ISO date, or as the file says.")
_MEASURE = column("measure", "text", "What is counted: referrals, panel, cases, proportion, or as the file says.")
_DIMENSION = column("dimension", "text", "What the figures divide people by.", empty_means="not divided")
_CATEGORY = column("category", "text", "One part of the dimension, as the file names it.", empty_means="not divided")
_CHANCE_LOW = column("low", "number", "Lower end of what chance alone does to it (95%); not a margin of sampling error.",
                     "as estimate", "cannot tell")  # fmt: skip
_CHANCE_HIGH = column("high", "number", "Upper end of what chance alone does to it (95%).", "as estimate",
                      "cannot tell, or it has no upper end")  # fmt: skip
_UNKNOWN = column("unknown", "whole", "People (or events) whose category nobody recorded.", "people",
                  "not published as a count")  # fmt: skip

OFFICIAL = (
    Table(
        "funnels", "finding", "How many of those counted at one stage of a process are counted at the next.",
        (
            SOURCE, _SERIES, _PERIOD, _DIMENSION, _CATEGORY,
            column("stage", "text", "The stage, as the file names its measure."),
            column("place", "whole", "1 for the first stage.", "place"),
            column("count", "whole", "Counted at this stage.", "people", "the office shows no figure"),
            column("previous", "text", "The stage it is a part of.", empty_means="it is the first"),
            column("previous_count", "whole", "Counted at that stage.", "people", "it is the first, or no figure is shown"),
            column("of_first", "number", "Share of the first stage.", "share 0–1", "it is the first, or cannot tell"),
            column("of_first_low", "number", "Lower end of what chance alone does to it (95%).", "share 0–1",
               "it is the first, or cannot tell"),
            column("of_first_high", "number", "Upper end of the same.", "share 0–1", "it is the first, or cannot tell"),
            column("of_previous", "number", "Share of the stage before.", "share 0–1", "it is the first, or cannot tell"),
            column("low", "number", "Lower end of what chance alone does to it (95%).", "share 0–1",
               "it is the first, or cannot tell"),
            column("high", "number", "Upper end of the same.", "share 0–1", "it is the first, or cannot tell"),
            column("marks", "text", "What the file says beside the figure.", empty_means="nothing"),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("previous_count", "count"), as_published=True,
        hides=("of_first", "of_first_low", "of_first_high", "of_previous", "low", "high"), parts=("count",),
        within=("source", "series", "period", "dimension", "stage"),
        base=("source", "series", "period", "dimension", "category", "previous"),
        cell=("source", "series", "period", "dimension", "category", "stage"),
        missing="Nobody is followed: a case may stem from a referral of an earlier period.",
    ),
    Table(
        "known_shares", "finding", "What part of everybody a category is, among the known and whatever the unknown are.",
        (
            SOURCE, _SERIES, _PERIOD, _MEASURE,
            column("dimension", "text", "What the figures divide people by."),
            column("category", "text", "One part of the dimension, as the file names it."),
            column("n", "whole", "Everybody in this table of the file, the unknown included.", "people",
               "only shares were published, or cannot tell"),
            _UNKNOWN,
            column("unknown_share", "number", "Their share of everybody.", "share 0–1", "cannot tell"),
            column("count", "whole", "In this category.", "people", "only a share was published, or no figure is shown"),
            column("of_known", "number", "Its share of those whose category is known.", "share 0–1",
               "nobody's is known, nothing else is recorded, or cannot tell"),
            column("bound_low", "number", "Its share of everybody if none of the unknown belong to it.", "share 0–1", "cannot tell"),
            column("bound_high", "number", "Its share of everybody if all of the unknown do.", "share 0–1", "cannot tell"),
            column("marks", "text", "What the file says beside the figure.", empty_means="nothing"),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n", "count", "unknown"), as_published=True,
        hides=("of_known", "bound_low", "bound_high"), parts=("count",), beside=(("unknown", "unknown_share"),),
        within=("source", "series", "period", "measure", "dimension"),
        base=("source", "series", "period", "measure", "dimension"),
        cell=("source", "series", "period", "measure", "dimension", "category"),
        missing="What the office did not publish; whoever it did not record is `unknown`.",
    ),
    Table(
        "share_changes", "finding", "What became of a category's share from one published period to the next, whatever "
        "the unknown are. Never across a break of the series.",
        (
            SOURCE, _SERIES, _MEASURE,
            column("dimension", "text", "What the figures divide people by."),
            column("category", "text", "One part of the dimension, as the file names it."),
            column("period_from", "text", "The earlier period."),
            column("period_to", "text", "The next one published."),
            column("count_from", "whole", "In this category in the earlier period.", "people", "only shares were published"),
            column("count", "whole", "In this category in the later period.", "people", "only shares were published"),
            column("known_change", "number", "Change among the known, as if the unknown were like them.", "difference of shares", "cannot tell"),
            column("bound_low", "number", "The change at its lowest, whatever the unknown are.", "difference of shares", "cannot tell"),
            column("bound_high", "number", "The change at its highest.", "difference of shares", "cannot tell"),
            column("verdict", "text", "higher, lower, cannot be established, or not comparable."),
            column("flips_at", "number", "Share of the later unknown that would have to belong to the category for there to be "
               "no change, the earlier unknown being like the known.", "share 0–1", "no share does it, or cannot tell"),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("count_from", "count"), as_published=True,
        hides=("known_change", "bound_low", "bound_high", "verdict", "flips_at"),
        cell=("source", "series", "measure", "dimension", "category", "period_from", "period_to"),
        missing="As in `known_shares`.",
    ),
    Table(
        "official_series", "finding", "Published figures over time, in unbroken runs. No line is drawn from one run to the "
        "next.",
        (
            SOURCE, _SERIES, _MEASURE, _DIMENSION, _CATEGORY, _PERIOD,
            column("run", "whole", "Number of the unbroken run, from 1.", "run"),
            column("broken_because", "text", "Why this run is not comparable with the one before; on its first period.",
               empty_means="no break lies before this period"),
            column("count", "whole", "The figure, where it is a count.", "people", "it is a share, or no figure is shown"),
            column("share", "number", "The figure, where it is a share.", "share 0–1", "it is a count, or no figure is shown"),
            column("slope", "number", "Change per period of the straight line through this run (least squares).", "as the figure",
               "`cannot_tell` says why"),
            column("low", "number", "Lower end of its 95% interval: how well a line describes the figures, not sampling.",
               "as the figure", "no slope"),
            column("high", "number", "Upper end of the same.", "as the figure", "no slope"),
            METHOD,
            column("cannot_tell", "text", "Why no slope of this run can be told.", empty_means="it has one"),
        ),
        "shares", source="measure", counts=("count",), hides=("share", "slope", "low", "high"), as_published=True,
        cell=("source", "series", "measure", "dimension", "category", "period"),
        missing="Periods the office did not publish.",
    ),
    Table(
        "disproportions", "finding", "How often something is done to one group against another, by a denominator that the "
        "programme chose and names.",
        (
            SOURCE,
            column("disproportion", "text", "Id in programme.toml."),
            column("series", "text", "Series of the file.", empty_means="cannot tell"),
            _PERIOD, _MEASURE,
            column("dimension", "text", "What the figures divide people by."),
            column("category", "text", "The group compared, as the file names it."),
            column("compared_with", "text", "The group it is compared with.", empty_means="everybody else who is known"),
            column("against", "text", "The denominator chosen."),
            column("counted", "whole", "Counted in the group compared.", "people", "cannot tell"),
            column("denominator", "whole", "Its denominator.", "people", "cannot tell"),
            column("counted_other", "whole", "Counted in the other group.", "people", "cannot tell"),
            column("denominator_other", "whole", "Its denominator.", "people", "cannot tell"),
            column("unknown_counted", "whole", "Counted, of unknown group.", "people", "cannot tell"),
            column("unknown", "whole", "In the denominator, of unknown group, those it is not known of whether they were counted left out.",
               "people", "cannot tell, or the denominator is a population"),
            column("unrecorded", "whole", "In the denominator, of unknown group, and not known whether they were counted.", "people",
               "cannot tell"),
            column("rate", "number", "Counted per denominator, in the group compared.", "per one", "cannot tell"),
            column("rate_other", "number", "The same in the other group.", "per one", "cannot tell"),
            column("ratio", "number", "rate ÷ rate_other, among the known.", "ratio", "cannot tell, or nobody was counted in the other"),
            _CHANCE_LOW, _CHANCE_HIGH,
            column("lowest", "number", "The ratio at its lowest, whatever group the unknown belong to.", "ratio", "cannot tell"),
            column("highest", "number", "The ratio at its highest.", "ratio", "it has no upper end, or cannot tell"),
            column("verdict", "text", "above 1, below 1 or cannot be established: what holds wherever the unknown belong, chance allowed for."),
            column("lowest_all", "number", "The ratio at its lowest with the unrecorded too.", "ratio", "nobody is unrecorded"),
            column("highest_all", "number", "The ratio at its highest with them.", "ratio", "nobody is unrecorded, or no upper end"),
            column("verdict_all", "text", "What holds with them too.", empty_means="nobody is unrecorded"),
            column("flips_at", "number", "Share of the unknown who were counted that would have to belong to the group compared for the "
               "ratio to be 1.", "share 0–1", "no share does it, or cannot tell"),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("denominator", "counted", "denominator_other", "counted_other",
                                            "unknown_counted", "unknown", "unrecorded"),
        hides=("rate", "rate_other", "ratio", "low", "high", "lowest", "highest", "verdict", "lowest_all", "highest_all",
               "verdict_all", "flips_at"),
        beside=tuple((few, "lowest", "highest", "lowest_all", "highest_all", "flips_at")
                     for few in ("unknown_counted", "unknown", "unrecorded")), as_published=True,
        cell=("disproportion", "period"),
        missing="Whoever the office did not count at all.",
    ),
)  # fmt: skip
