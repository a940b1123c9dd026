"""Small communities with what the others tell: findings of one sealed run."""

from __future__ import annotations

from .declaring import CANNOT, CHARACTERISTIC, COMMUNITY, METHOD, ROUND, SOURCE, N, Table, column

__all__ = ["POOLED"]

_MEASURE = column("measure", "text", "Id of the measure.")

POOLED = (
    Table(
        "pooled", "finding", "Each measure of the latest round for everyone and for each community, small ones with what "
        "the others tell (multilevel regression and poststratification), beside what each says alone.",
        (
            SOURCE, ROUND, _MEASURE, CHARACTERISTIC, COMMUNITY, N,
            column("estimate", "number", "Pooled share (0–1) or mean (units of the scale).", "share or scale", "cannot tell"),
            column("low", "number", "Lower end of the central 95% of the posterior, moved outwards to what the community's own answers "
               "allow at 85% (15 people or more); `method` says where it was.", "as estimate",
               "no interval exists; `method` says why"),
            column("high", "number", "Upper end of it, likewise.", "as estimate",
               "no interval exists; `method` says why"),
            column("direct", "number", "What the community says alone, weighted: as in `estimates`.", "as estimate",
               "cannot tell alone"),
            column("direct_low", "number", "Lower end of its 95% interval.", "as estimate", "no interval exists"),
            column("direct_high", "number", "Upper end of its 95% interval.", "as estimate", "no interval exists"),
            column("small", "yes/no", "Whether the community is too small to tell alone: no interval, or one wider than "
               "four times the smallest difference that matters; of a sample without margin, fewer than 50 people."),
            column("borrowed", "number", "How much of what is known of the community comes from the others: 1 − (pooled ÷ "
               "direct standard error)², at least 0.", "share 0–1", "no direct standard error"),
            column("apart", "number", "Probability that the community stands apart from the others of its characteristic: "
               "where what others tell and what it says conflict.", "probability", "everyone, or cannot tell"),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n",),
        hides=("estimate", "low", "high", "direct", "direct_low", "direct_high", "small", "borrowed", "apart"),
        cell=("source", "round", "measure", "characteristic", "community"),
        within=("source", "round", "measure", "characteristic"),
        missing="Earlier rounds; measures of which every community is large enough to tell alone.",
    ),
    Table(
        "pooling_checks", "finding", "How far to trust each pooled measure: what was sampled, how much communities differ, "
        "and whether the model would have given what was heard.",
        (
            SOURCE, ROUND, _MEASURE,
            column("check", "text", "What was looked at."),
            column("of", "text", "Characteristic, pair of them, or covariate.", empty_means="the whole model"),
            column("value", "number", "What was found.", "see `says`"),
            column("low", "number", "Lower end of its 95% interval.", "as value", "it has none"),
            column("high", "number", "Upper end of its 95% interval.", "as value", "it has none"),
            column("says", "text", "How to read it."),
        ),
        "public", source="measure",
    ),
)  # fmt: skip
