"""What is weighed and measured: findings of one sealed run."""

from __future__ import annotations

from .declaring import (
    CANNOT,
    CHARACTERISTIC,
    COMMUNITY,
    HIGH,
    LOW,
    METHOD,
    PERSON,
    ROUND,
    SOURCE,
    N,
    Table,
    column,
)
from .scaled import SCALED

__all__ = ["MEASURED"]

COMPARABLE = column("comparable", "text", "Whether the scale means the same to both, from `invariance`: comparable, not "
   "comparable, or cannot tell.", empty_means="one question, of which this cannot be tested")  # fmt: skip

MEASURED = (
    *SCALED,
    Table(
        "weights", "finding", "How much each respondent counts.",
        (
            SOURCE, ROUND, PERSON,
            column("base", "number", "Design weight, scaled to mean 1 in its source and round."),
            column("weight", "number", "After calibration and trimming, scaled to mean 1."),
        ),
        "never", source="weigh",
    ),
    Table(
        "weighting", "finding", "How the weights of each source and round were made, and what they cost.",
        (
            SOURCE, ROUND, N,
            column("n_effective", "number", "n divided by Kish's design effect.", "people"),
            column("design_effect", "number", "Kish: n·Σw²/(Σw)².", "ratio"),
            column("margins", "texts", "Characteristics the weights were raked to."),
            column("collapsed", "texts", "Categories joined because too few answered, as 'a + b'."),
            column("trimmed", "whole", "Respondents whose weight was cut.", "people"),
            column("iterations", "whole", "Passes of raking.", "passes"),
            METHOD,
        ),
        "shares", source="weigh", counts=("n", "trimmed"), hides=("n_effective", "design_effect"),
        beside=(("trimmed",),), cell=("source", "round"),
    ),
    Table(
        "coverage", "finding", "Who was heard, against who lives there.",
        (
            SOURCE, ROUND,
            column("characteristic", "text", "Id of the characteristic."),
            column("community", "text", "Id of the category.", empty_means="did not say"),
            column("population", "whole", "People in the population.", "people", "no figure declared"),
            column("population_share", "number", "Their share of the population.", "share 0–1", "no figure declared"),
            column("heard", "whole", "Respondents.", "people"),
            column("heard_share", "number", "Their share of respondents who said.", "share 0–1", "did not say"),
            column("weighted_share", "number", "Their share after weighting.", "share 0–1", "did not say"),
            column("not_heard_because", "text", "What is known of why they were not heard, or heard less.",
               empty_means="heard at least in proportion"),
        ),
        "counts", source="weigh", counts=("heard",), hides=("heard_share", "weighted_share"),
        cell=("source", "round", "characteristic", "community"), within=("source", "round", "characteristic"),
        missing="People in no category declared.",
    ),
    Table(
        "estimates", "finding", "Each measure, for everyone and for each community.",
        (
            SOURCE, ROUND,
            column("measure", "text", "Id of the measure."),
            CHARACTERISTIC, COMMUNITY, N,
            column("n_effective", "number", "n after what the weights cost.", "people", "fewer than 2 people"),
            column("favourable", "whole", "People giving a favourable code (shares only).", "people", "a mean, not a share"),
            column("estimate", "number", "Weighted share (0–1) or mean (units of the scale).", "share or scale",
               "cannot tell"),
            column("se", "number", "Linearised standard error, calibration taken into account.", "as estimate",
               "no sampling error exists, or cannot tell"),
            LOW, HIGH,
            column("missing", "whole", "People asked who gave no answer.", "people"),
            column("bound_low", "number", "Estimate if all of them had given the lowest answer.", "as estimate", "nobody asked"),
            column("bound_high", "number", "Estimate if all of them had given the highest answer.", "as estimate",
               "nobody asked"),
            METHOD, CANNOT,
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
            SOURCE, ROUND,
            column("measure", "text", "Id of the measure."),
            column("characteristic", "text", "Id of the characteristic."),
            column("community", "text", "Id of the category."),
            N,
            column("n_rest", "whole", "Everyone else, unweighted.", "people"),
            column("estimate", "number", "The community.", "share or scale", "cannot tell"),
            column("rest", "number", "Everyone else.", "share or scale", "cannot tell"),
            column("rest_low", "number", "Lower end of the 95% interval of everyone else.", "share or scale",
               "no sampling error exists, or cannot tell"),
            column("rest_high", "number", "Upper end of the 95% interval of everyone else.", "share or scale",
               "no sampling error exists, or cannot tell"),
            column("gap", "number", "estimate − rest.", "as estimate", "cannot tell"),
            column("se", "number", "Its standard error, with the covariance.", "as estimate", "no sampling error exists"),
            LOW, HIGH,
            column("p_adjusted", "number", "Probability of a gap so large if there were none, adjusted (Holm) for all the "
               "communities compared on this measure.", "probability", "no sampling error exists"),
            column("probability", "number", "Probability that the gap is at least the smallest difference that matters, "
               "in the direction found (normal approximation, flat prior).", "probability", "no sampling error exists"),
            column("verdict", "text", "lower, higher, no difference that matters, or cannot tell."),
            column("missing", "whole", "People of the community asked who gave no answer.", "people"),
            column("missing_rest", "whole", "Likewise of everyone else.", "people"),
            column("bound_low", "number", "The gap if everybody without an answer had answered so as to lower it most.",
               "as estimate", "cannot tell"),
            column("bound_high", "number", "The gap if everybody without an answer had answered so as to raise it most.",
               "as estimate", "cannot tell"),
            column("flips_at", "number", "Share or mean among the community's people without an answer at which there "
               "is no gap, everyone else's being like those who answered.", "share or scale",
               "no answer of theirs undoes it"),
            COMPARABLE,
            METHOD,
            column("cannot_tell", "text", "Why there is no number, or none that may be compared.",
               empty_means="there is one"),
        ),
        "shares", source="measure", counts=("n", "n_rest", "missing", "missing_rest"),
        hides=("estimate", "rest", "rest_low", "rest_high", "gap", "se", "low", "high", "p_adjusted", "probability",
               "verdict", "bound_low", "bound_high", "flips_at", "comparable"),
        beside=(("missing", "bound_low", "bound_high", "flips_at"), ("missing_rest", "bound_low", "bound_high")),
        cell=("source", "round", "measure", "characteristic", "community"),
        within=("source", "round", "measure", "characteristic"),
    ),
    Table(
        "changes", "finding", "What became of each measure from one round of a survey to its next, for everyone and for "
        "each community.",
        (
            SOURCE,
            column("measure", "text", "Id of the measure."),
            CHARACTERISTIC, COMMUNITY,
            column("round_from", "text", "Id of the earlier round."),
            column("round_to", "text", "Id of the next round in which the source asked this."),
            column("n_from", "whole", "People it rests on in the earlier round, unweighted.", "people"),
            column("n", "whole", "People it rests on in the later round, unweighted.", "people"),
            column("estimate_from", "number", "The earlier round.", "share or scale", "cannot tell"),
            column("estimate", "number", "The later round.", "share or scale", "cannot tell"),
            column("change", "number", "estimate − estimate_from.", "as estimate", "cannot tell"),
            column("se", "number", "Its standard error; what is in both rounds taken into account.", "as estimate",
               "cannot tell"),
            LOW, HIGH,
            column("p_adjusted", "number", "Probability of a change so large if there were none, adjusted (Holm) for all the "
               "communities compared on this measure between these rounds; for everyone, not adjusted.", "probability",
               "cannot tell"),
            column("probability", "number", "Probability that the change is at least the smallest difference that matters, "
               "in the direction found (normal approximation, flat prior).", "probability", "cannot tell"),
            column("verdict", "text", "higher, lower, no difference that matters, or cannot tell."),
            column("missing_from", "whole", "People asked in the earlier round who gave no answer.", "people"),
            column("missing", "whole", "Likewise in the later round.", "people"),
            column("bound_low", "number", "The change if everybody without an answer had answered so as to lower it "
               "most.", "as estimate", "nobody asked"),
            column("bound_high", "number", "The change if everybody without an answer had answered so as to raise it "
               "most.", "as estimate", "nobody asked"),
            column("flips_at", "number", "Share or mean among those without an answer in the later round at which "
               "nothing changed, the earlier round's being like those who answered.", "share or scale",
               "no answer of theirs undoes it"),
            COMPARABLE,
            METHOD,
            column("cannot_tell", "text", "Why no change can be told.", empty_means="it has an interval"),
        ),
        "shares", source="measure", counts=("n_from", "n", "missing_from", "missing"),
        hides=("estimate_from", "estimate", "change", "se", "low", "high", "p_adjusted", "probability", "verdict",
               "bound_low", "bound_high", "flips_at", "comparable"),
        beside=(("missing", "bound_low", "bound_high", "flips_at"), ("missing_from", "bound_low", "bound_high")),
        cell=("source", "measure", "characteristic", "community", "round_from", "round_to"),
        within=("source", "measure", "characteristic", "round_from", "round_to"),
        missing="Rounds of different sources are not compared: a change of method is not a change of opinion.",
    ),
)  # fmt: skip
