"""What people agree on about what was said: their codebook, their coding, and what both make of the machine's."""

from __future__ import annotations

from .declaring import CANNOT, CHARACTERISTIC, COMMUNITY, HIGH, LOW, METHOD, ROUND, SOURCE, N, Table, column

__all__ = ["AGREED"]

_SHEET = column("sheet", "text", "Id of the sheet that was handed out.")
_RESPONSE = column("response", "text", "Id of the response.")
_THEME = column("theme", "text", "Id of the agreed theme.")
_KIND = column("kind", "text", "random, or targeted (chosen because the machine is unsure: not for prevalence).")
_PROBABILITY = column("probability", "number", "Probability with which the response was drawn.", "0–1",
                      "targeted: not for prevalence")  # fmt: skip
_DRAWN_FROM = column("drawn_from", "whole", "Responses of the source that the draw could have chosen.", "responses")
_WORDS = column("text_sha256", "text", "Of the text as handed out.")

AGREED = (
    Table(
        "codebook_events", "evidence", "What people decided about themes, in order; the codebook is what these come to.",
        (
            column("event", "whole", "Number of the event in the log.", "event"),
            column("part", "whole", "Place within the event; a spreadsheet brings several at once."),
            column("action", "text", "add, adopt, merge, split, rename, describe, retire or undo."),
            column("themes", "texts", "Ids of the agreed themes it is about."),
            column("makes", "texts", "Ids of the themes it makes; they never change."),
            column("names", "texts", "Names of those, or the new name."),
            column("description", "text", "What the theme means.", empty_means="not said"),
            column("examples", "texts", "Texts given as examples of it."),
            column("proposed", "text", "Id of the proposed theme adopted.", empty_means="none"),
            column("words", "texts", "Phrases of the proposed theme on that day."),
            column("undoes", "whole", "Number of the event undone.", "event", "nothing"),
            column("who", "text", "Who did it, as typed."),
            column("at", "text", "When, ISO 8601 with time zone."),
            column("why", "text", "Why."),
        ),
        "never", source="codebook",
    ),
    Table(
        "theme_labels", "evidence", "Labels a server gave to proposed themes when a programme had it asked; what was sent to it.",
        (
            column("event", "whole", "Number of the event in the log.", "event"),
            column("theme", "text", "Id of the proposed theme."),
            column("words", "texts", "Its telling phrases, as sent: the label holds for a theme of just these."),
            column("label", "text", "The label.", empty_means="what came back was of no use: the theme keeps its own"),
            column("answer", "text", "What came back, cut at 400 characters."),
            column("prompt", "text", "What was sent."),
            column("instruction", "text", "What was asked for."),
            column("model", "text", "The model named."),
            column("url", "text", "Where it was sent."),
        ),
        "never", source="label",
    ),
    Table(
        "coding_draws", "evidence", "Which responses were given to which coder, and with what probability.",
        (
            _SHEET, SOURCE, _RESPONSE, _KIND, _PROBABILITY, _DRAWN_FROM, _WORDS,
        ),
        "never", source="sheet",
    ),
    Table(
        "human_codes", "evidence", "What people said of the responses given to them: a row a response and theme asked.",
        (
            _SHEET, SOURCE, _RESPONSE,
            column("coder", "text", "Role or initials, as typed."),
            _KIND, _PROBABILITY, _DRAWN_FROM, _WORDS,
            column("reading", "text", "coded, other (something no theme names) or cannot code."),
            column("theme", "text", "Id of the agreed theme.", empty_means="cannot code"),
            column("seen", "yes/no", "Whether the coder saw the theme.", empty_means="cannot code"),
            column("note", "text", "What the coder noted.", empty_means="nothing"),
        ),
        "never", source="sheet", missing="Responses not drawn, and rows that came back empty: nobody has read those.",
    ),
    Table(
        "agreed_themes", "finding", "The themes people agreed on, apart from those the machine proposes.",
        (
            _THEME,
            column("name", "text", "Its name."),
            column("description", "text", "What it means.", empty_means="not described"),
            column("state", "text", "in use, merged, split or retired."),
            column("proposed", "texts", "Ids of the proposed themes it was adopted from."),
            column("made_from", "texts", "Ids of the agreed themes it was made from."),
            column("became", "texts", "Ids of the themes it was merged or split into."),
            column("changed_by", "text", "Who changed it last, as typed."),
            column("changed_at", "text", "When, ISO 8601 with time zone."),
            column("why", "text", "Why."),
            column("coded", "whole", "Responses of which people said whether the theme is there.", "responses"),
        ),
        "public", source="hear",
    ),
    Table(
        "coder_agreement", "finding", "How far people who coded the same responses agree on each theme, beyond chance.",
        (
            _THEME,
            column("name", "text", "Its name."),
            column("n", "whole", "Responses coded by two people or more.", "responses"),
            column("alpha", "number", "Krippendorff's alpha: 1 is agreement, 0 chance.", "", "cannot tell"),
            LOW, HIGH,
            column("percent", "number", "Share of pairs of coders who said the same, chance included.", "share 0–1",
               "no response was coded by two people"),
            column("required", "number", "Alpha required by the rules, fixed beforehand."),
            column("verdict", "text", "agreed enough, not yet, or cannot tell."),
            METHOD,
        ),
        "public", source="hear", missing="How other people would read a theme than these coders.",
    ),
    Table(
        "prevalence_corrected", "finding",
        "How common each agreed theme is: the machine's count put right by what people said of a blind sample.",
        (
            SOURCE, ROUND, _THEME,
            column("name", "text", "Its name."),
            CHARACTERISTIC, COMMUNITY, N,
            column("n_human", "whole", "Responses of the blind random sample that people coded.", "responses"),
            column("seen", "whole", "Of these, responses in which anybody saw the theme.", "responses"),
            column("machine_share", "number", "What the machine counts, uncorrected.", "share 0–1",
               "the machine does not look for it: nothing was adopted, and too little coded to learn from"),
            column("human_share", "number", "The blind sample alone.", "share 0–1", "nothing coded"),
            column("human_low", "number", "Lower end of its 95% interval.", "", "cannot tell"),
            column("human_high", "number", "Upper end of its 95% interval.", "", "cannot tell"),
            column("estimate", "number", "Corrected share of responses.", "share 0–1", "cannot tell"),
            LOW, HIGH,
            column("narrower_by", "number", "How much shorter the interval is than that of the sample alone.",
               "share of its width", "cannot tell"),
            column("people_estimate", "number", "The same of people: each counts once, with the part of what they wrote.",
               "share 0–1", "cannot tell"),
            column("people_low", "number", "Lower end of its 95% interval.", "", "cannot tell"),
            column("people_high", "number", "Upper end of its 95% interval.", "", "cannot tell"),
            METHOD, CANNOT,
        ),
        "shares", source="hear", counts=("n", "n_human", "seen"), parts=("seen",), beside=(("n_human",),),
        hides=("machine_share", "human_share", "human_low", "human_high", "estimate", "low", "high", "narrower_by",
               "people_estimate", "people_low", "people_high", "method", "cannot_tell"),
        cell=("source", "round", "theme", "characteristic", "community"),
        within=("source", "round", "theme", "characteristic"),
        base=("source", "round", "characteristic", "community"),
        missing="Responses that say nothing; of those in other languages what no coder could read.",
    ),
)  # fmt: skip
