"""Section 7, step by step: the process from left to right, its safeguards, and what people report there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..programme import Activity, Safeguard, Step
from ..protect import FEW
from ..tables import cell_name
from .charts import DataTable, Key, Mark, Plot, PlotRow, Scale, interval_marks
from .reading import Evidence, Row, anchor, grouped
from .sections.said import Quote, quotes_about
from .sentences import SAMPLE_WORDS, capital, count, day, listed, people, with_interval

__all__ = ["STATES", "Account", "ActivityMap", "SafeguardMark", "StateKey", "StepCard", "Steps", "steps"]

STATES: tuple[tuple[str, str, str], ...] = (
    ("met", "met", "in place"),
    ("partial", "partial", "in place in part"),
    ("absent", "absent", "not in place"),
    ("unknown", "unknown", "nobody has established it"),
    ("not legally covered", "gap", "the law does not reach this step"),
)
"""State, its shape's name, and what it means. Shape and word carry it; colour only repeats them."""

_SHAPES = {state: shape for state, shape, _meaning in STATES}


@dataclass(frozen=True)
class StateKey:
    """One entry of the key."""

    state: str
    shape: str
    meaning: str


@dataclass(frozen=True)
class SafeguardMark:
    """One safeguard of one step: what should be there, whether it is, on what authority."""

    name: str
    state: str
    shape: str
    kind: str
    authority: str
    found: str


@dataclass(frozen=True)
class Account:
    """How many of the people who described a step report a bad, or a good, experience there."""

    valence: str
    told: str
    """'54% (48 to 60)', or empty where the share is withheld."""
    share: float
    """For the bar; 0 where it is withheld."""
    words: str
    """'of about 95 people report a good experience', or what is known where it is withheld."""


@dataclass(frozen=True)
class StepCard:
    """One step: its place, safeguards, what people report there, one quote."""

    id: str
    number: int
    name: str
    about: str
    owner: str
    safeguards: tuple[SafeguardMark, ...]
    accounts: tuple[Account, ...]
    """Bad first, then good, of the same people; empty where the step has too few accounts, or none."""
    silence: str
    """Why there are no accounts; else empty."""
    hurts: bool
    """The rules found harm here: there is an adverse finding about this step for everyone who described it."""
    harms: tuple[str, ...]
    """Those findings in words."""
    strengths: tuple[str, ...]
    """What is found to go well for everyone who described it, in the same form."""
    harms_among: str
    """Communities among whom a bad experience is shown as well."""
    strengths_among: str
    lacks: int
    plots: tuple[Plot, ...]
    """One a source: accounts from different sources are not added up."""
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class ActivityMap:
    """One activity's process."""

    id: str
    name: str
    objective: str
    owner: str
    headline: str
    steps: tuple[StepCard, ...]


@dataclass(frozen=True)
class Steps:
    """Section 7."""

    activities: tuple[ActivityMap, ...]
    without_steps: tuple[str, ...]
    key: tuple[StateKey, ...]
    harm_share: str


def steps(evidence: Evidence) -> Steps:
    objectives = {each.id: each.text for each in evidence.programme.objectives}
    mapped = [each for each in evidence.programme.activities if each.steps]
    return Steps(
        activities=tuple(_map(evidence, each, objectives[each.objective]) for each in mapped),
        without_steps=tuple(each.name for each in evidence.programme.activities if not each.steps),
        key=tuple(StateKey(*each) for each in STATES),
        harm_share=f"{100 * evidence.programme.rules.harm_share:.0f}%",
    )


def _map(evidence: Evidence, activity: Activity, objective: str) -> ActivityMap:
    cards = tuple(_card(evidence, activity, step, number) for number, step in enumerate(activity.steps, 1))
    owner = activity.owner or "no owner is named"
    return ActivityMap(anchor("activity", activity.id), activity.name, objective, owner, _headline(cards), cards)


def _headline(cards: Sequence[StepCard]) -> str:
    hurting = [card for card in cards if card.hurts]
    lacking = sum(card.lacks for card in cards)
    gaps = f"{lacking} safeguard{'s are' if lacking != 1 else ' is'} absent or not legally covered"
    if hurting:
        most = max(hurting, key=_bad_share)
        bad = next((each.told for each in most.accounts if each.valence == "bad"), "")
        how = f"hurts most: {bad} of accounts report a bad experience" if bad else "hurts"
        told = f"Step {most.number}, {most.name}, {how}"
        return f"{told}; {gaps}" if lacking else told
    return capital(gaps) if lacking else "No step is shown to hurt, and no safeguard is known to be absent"


def _bad_share(card: StepCard) -> float:
    return next((each.share for each in card.accounts if each.valence == "bad"), 0.0)


def _card(evidence: Evidence, activity: Activity, step: Step, number: int) -> StepCard:
    rows = [row for row in evidence.all("journeys") if row["step"] == step.id and row["characteristic"] is None]
    shown = [row for row in rows if row["withheld"] is None and row["estimate"] is not None]
    told = {source: evidence.latest(part) for (source,), part in grouped(shown, "source").items()}
    marks = tuple(_safeguard(each) for each in step.safeguards)
    latest = {cell_name("journeys", row) for part in told.values() for row in part}
    harms, strengths = (_found(evidence, step, kind, latest) for kind in ("harm", "strength"))
    return StepCard(
        id=anchor("step", step.id),
        number=number,
        name=step.name,
        about=step.about,
        owner=step.owner or activity.owner,
        safeguards=marks,
        accounts=_accounts(evidence, step, rows, shown),
        silence="" if shown else _silence(rows),
        hurts=bool(harms),
        harms=harms,
        strengths=strengths,
        harms_among=_among(evidence, step, "harm", rows),
        strengths_among=_among(evidence, step, "strength", rows),
        lacks=sum(mark.state in ("absent", "not legally covered") for mark in marks),
        plots=tuple(made for part in told.values() if (made := _plot(evidence, step, part)) is not None),
        quotes=quotes_about(evidence, "step", step.id)[:1],
    )


def _silence(rows: Sequence[Row]) -> str:
    if any(row["withheld"] is not None for row in rows):
        return "Too few people described this step to report, not too few to matter."
    return "Nobody described this step."


def _accounts(evidence: Evidence, step: Step, rows: Sequence[Row], shown: Sequence[Row]) -> tuple[Account, ...]:
    """Of the source with most accounts, in its latest round: what may be shown, and what is known of the rest."""
    if not shown:
        return ()
    most = max((row for row in shown if row in evidence.latest(shown)), key=lambda row: row["n"])
    same = [row for row in rows if (row["source"], row["round"]) == (most["source"], most["round"])]
    found = {row["experience"]: row for row in same}
    pairs = (("bad", found.get("any bad")), ("good", found.get("any good")))
    return tuple(_account(evidence, step, valence, row, most["n"]) for valence, row in pairs if row is not None)


def _account(evidence: Evidence, step: Step, valence: str, row: Row, n: int) -> Account:
    what = f"a {valence} experience"
    if row["withheld"] is None and row["estimate"] is not None:
        told = with_interval(row["estimate"], row["low"], row["high"])
        return Account(valence, told, row["estimate"], f"of {people(row['n'])} report {what}")
    return Account(valence, "", 0.0, _not_told(evidence, step, valence, row, n))


def _not_told(evidence: Evidence, step: Step, valence: str, row: Row, n: int) -> str:
    """A share is withheld where few report it, and where all but few do. Only the verdict, which is public, may tell
    which: a step is built upon where bad accounts are shown to be few."""
    few = f"fewer than {evidence.programme.rules.publish_at_least}"
    if row["withheld"] != FEW:
        return f"Of {people(n)}, how many report a {valence} experience is withheld to protect others"
    built_upon = any(
        each["step"] == step.id and each["verdict"] == "build upon" for each in evidence.rows("verdicts")
    )
    if valence == "bad" and built_upon:
        return f"Of {people(n)}, {few} report a bad experience"
    return f"Of {people(n)}, {few} report a {valence} experience, or all but {few} do: withheld"


_POINTS = {"harm": "adverse", "strength": "favourable"}


def _found(evidence: Evidence, step: Step, kind: str, latest: set[str]) -> tuple[str, ...]:
    """Whether a step hurts, or goes well, is judged once, by the rules; here it is only shown. `latest`: the rows of
    the latest round of each source."""
    return tuple(
        str(row["sentence"])
        for row in evidence.rows("findings")
        if (row["kind"], row["direction"], row["step"]) == (kind, _POINTS[kind], step.id)
        and row["community"] is None
        and row["rests_on"][0] in latest
    )


def _among(evidence: Evidence, step: Step, kind: str, everyone: Sequence[Row]) -> str:
    """Communities for which the same is found, in declared order; empty where for none."""
    last = {row["source"]: row["round"] for row in evidence.latest(everyone)}
    own = [
        row
        for row in evidence.rows("findings")
        if (row["kind"], row["direction"], row["step"]) == (kind, _POINTS[kind], step.id)
        and row["community"] is not None
        and any(row["rests_on"][0].startswith(_cell_of(source, round)) for source, round in last.items())
    ]
    names = [evidence.community(row["characteristic"], row["community"]) for row in evidence.declared_order(own)]
    return listed(list(dict.fromkeys(names)))


def _cell_of(source: str, round: str | None) -> str:
    return f"journeys:source={source};" + (f"round={round};" if round else "")


def _safeguard(safeguard: Safeguard) -> SafeguardMark:
    authority = safeguard.source or "no document is named"
    if safeguard.source and not safeguard.checked:
        authority += " (source not yet checked)"
    found = safeguard.found_in or "nobody has established it"
    if safeguard.found_on:
        found += f", {day(safeguard.found_on)}"
    return SafeguardMark(safeguard.name, safeguard.has, _SHAPES[safeguard.has], safeguard.kind, authority, found)


def _plot(evidence: Evidence, step: Step, rows: Sequence[Row]) -> Plot | None:
    """Experiences reported at a step: bad ones first, good ones in the same form."""
    order = {"bad": 0, "good": 1}
    named = sorted(
        (row for row in rows if row["estimate"] is not None),
        key=lambda row: (order.get(row["valence"], 2), not row["experience"].startswith("any")),
    )
    if not named:
        return None
    scale = Scale(0.0, 1.0)
    drawn = tuple(_row(evidence, row, scale) for row in named)
    source = evidence.source(named[0]["source"])
    asked = max(row["n"] for row in named)
    return Plot(
        id=anchor("experiences", step.id, source.id),
        headline=f"What {people(asked)} who described this step report",
        subtitle=f"Share of accounts of “{step.name}”, {evidence.source_name(source.id)}. "
        f"{SAMPLE_WORDS[source.sample]} People who went through the step and told nobody are not here.",
        alternative="; ".join(f"{row.label}: {row.value}" for row in drawn) + ".",
        keys=(Key("bar", "adverse", "bad experience"), Key("bar", "accent", "good experience")),
        ticks=scale.ticks(),
        rows=drawn,
        table=_table(evidence, step, named),
    )


def _row(evidence: Evidence, row: Row, scale: Scale) -> PlotRow:
    tone = "adverse" if row["valence"] == "bad" else "accent"
    marks: tuple[Mark, ...] = (Mark("bar", 0.0, tone, to=scale.place(row["estimate"])),)  # type: ignore[arg-type]
    if row["low"] is not None and row["high"] is not None:
        marks += interval_marks(scale, row["estimate"], row["low"], row["high"], "ink", 0)[:1]
    value = with_interval(row["estimate"], row["low"], row["high"])
    return PlotRow(_experience(evidence, row), value, people(row["reports"]), marks)


def _experience(evidence: Evidence, row: Row) -> str:
    named = {"any bad": "Any bad experience", "any good": "Any good experience"}
    return named.get(row["experience"]) or capital(evidence.experience_name(row["experience"]))


def _table(evidence: Evidence, step: Step, rows: Sequence[Row]) -> DataTable:
    head = ("Experience", "Kind", "Described the step", "Report it", "Share")
    body = tuple(
        (
            _experience(evidence, row),
            row["valence"],
            count(row["n"]),
            count(row["reports"]),
            with_interval(row["estimate"], row["low"], row["high"]),
        )
        for row in rows
    )
    return DataTable(f"Experiences reported at “{step.name}”", head, body)
