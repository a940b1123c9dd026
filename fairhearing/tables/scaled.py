"""How far a measure can be trusted as a measure: reliability, invariance, and what the unheard might think."""

from __future__ import annotations

from .declaring import CANNOT, CHARACTERISTIC, COMMUNITY, METHOD, ROUND, SOURCE, N, Table, column

__all__ = ["SCALED"]

_MEASURE = column("measure", "text", "Id of the measure.")
_NO_INTERVAL = "no interval exists; `method` says why"
_THREE = "fewer than three items, or no one factor fits"

SCALED = (
    Table(
        "scales", "finding", "How well the questions of a measure hang together, so that their mean measures one thing.",
        (
            SOURCE, ROUND, _MEASURE,
            column("n", "whole", "People who answered every question of the measure, unweighted.", "people"),
            column("left_out", "whole", "People heard who did not.", "people"),
            column("items", "whole", "Questions asked.", "questions"),
            column("alpha", "number", "Cronbach's alpha: how far the questions agree, 1 being wholly; of no meaning for "
               "one question.", "coefficient", "cannot tell"),
            column("alpha_low", "number", "Lower end of its 95% interval.", "coefficient", _NO_INTERVAL),
            column("alpha_high", "number", "Upper end of its 95% interval.", "coefficient", _NO_INTERVAL),
            column("omega", "number", "McDonald's omega total: the same, of questions that weigh differently.",
               "coefficient", _THREE),
            column("omega_low", "number", "Lower end of its 95% interval.", "coefficient", _NO_INTERVAL),
            column("omega_high", "number", "Upper end of its 95% interval.", "coefficient", _NO_INTERVAL),
            column("weakest", "text", "Question that goes least with the others.", empty_means="cannot tell"),
            column("weakest_rest", "number", "Its correlation with the sum of the others.", "correlation", "cannot tell"),
            column("alpha_without", "number", "Alpha of the measure without it.", "coefficient",
               "one question would be left, or cannot tell"),
            column("against", "texts", "Questions that run against the others, which usually still have to be reversed."),
            column("says", "text", "What this means, in words."),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n", "left_out"),
        hides=("alpha", "alpha_low", "alpha_high", "omega", "omega_low", "omega_high", "weakest", "weakest_rest",
               "alpha_without", "against", "says"),
        beside=(("left_out",),), cell=("source", "round", "measure"),
        missing="Whoever answered some of the questions counts in `estimates` as the programme says, and not here.",
    ),
    Table(
        "invariance", "finding", "Whether a scale means the same to a community as to everyone else heard, or in a round "
        "as in the one before: only then may they be compared.",
        (
            SOURCE, ROUND, _MEASURE, CHARACTERISTIC, COMMUNITY,
            column("round_from", "text", "Id of the earlier round compared with.",
               empty_means="a community is compared with everyone else"),
            column("level", "text", "metric: the questions weigh the same; scalar: people as trusting give the same "
               "answers."),
            column("n", "whole", "People who answered every question, unweighted.", "people"),
            column("n_rest", "whole", "Everyone else, or of the earlier round.", "people"),
            column("chi_square", "number", "Rise in chi-square when this is held equal.", "chi-square", "cannot tell"),
            column("df", "whole", "Its degrees of freedom.", "parameters", "cannot tell"),
            column("p_adjusted", "number", "Probability of such a rise if it were equal, adjusted (Holm) for all "
               "the communities compared on this measure, and both levels.", "probability", "cannot tell"),
            column("cfi_fall", "number", "Fall of the comparative fit index.", "CFI", "cannot tell"),
            column("verdict", "text", "comparable, not comparable, or cannot tell: of both levels together."),
            column("says", "text", "The verdict in words."),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n", "n_rest"),
        hides=("chi_square", "df", "p_adjusted", "cfi_fall", "verdict", "says"),
        cell=("source", "round", "measure", "characteristic", "community", "round_from", "level"),
        within=("source", "round", "measure", "characteristic", "round_from", "level"),
        base=("source", "round", "measure", "characteristic", "community", "round_from"),
    ),
    Table(
        "unheard", "finding", "What those not heard might think: how far a figure from people who were not chosen at "
        "random would move, and where it would say the opposite.",
        (
            SOURCE, ROUND, _MEASURE, CHARACTERISTIC, COMMUNITY, N,
            column("population", "whole", "People in the population.", "people", "no figure declared"),
            column("heard_share", "number", "Part of the population heard, by the rounded count.", "share 0–1",
               "no population figure: taken as none"),
            column("estimate", "number", "Those heard, weighted: the population if those not heard were like them.",
               "share or scale", "cannot tell"),
            column("differ_by", "number", "Difference supposed of those not heard: twice the smallest that matters.",
               "as estimate"),
            column("if_lower", "number", "The population if those not heard were lower by so much.", "share or scale",
               "cannot tell"),
            column("if_higher", "number", "The population if those not heard were higher by so much.", "share or scale",
               "cannot tell"),
            column("bound_low", "number", "The population if everybody not heard were at the lowest end.",
               "share or scale", "cannot tell"),
            column("bound_high", "number", "The population if everybody not heard were at the highest end.",
               "share or scale", "cannot tell"),
            column("conclusion", "text", "What it says of those heard: of everyone, on which side of the middle of the "
               "scale; of a community, on which side of everyone else heard.", empty_means="cannot tell"),
            column("tips_at", "number", "Difference of those not heard at which this would no longer hold.", "as estimate",
               "no difference within the scale does it, or cannot tell"),
            column("says", "text", "The same in words."),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n",),
        hides=("heard_share", "estimate", "if_lower", "if_higher", "bound_low", "bound_high", "conclusion", "tips_at",
               "says"),
        cell=("source", "round", "measure", "characteristic", "community"),
        within=("source", "round", "measure", "characteristic"),
        missing="Random samples, whose interval says how far they may be off, are not in it.",
    ),
)  # fmt: skip
