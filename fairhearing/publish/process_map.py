"""Section 7, step by step: the process from left to right, its safeguards, and what people report there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..programme import Activity, DocumentedHarm, Safeguard, Step
from ..protect import FEW
from ..tables import cell_name
from .charts import DataTable, Plot
from .experience_charts import beside, by_community, plot
from .reading import Evidence, Row, anchor, grouped
from .sections.said import Quote, quotes_about
from .sentences import capital, day, listed, people, with_interval

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
    question: str
    """Of a checklist; else empty."""


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
    drawn: tuple[tuple[str, str, str], ...]
    """(state, shape, words) as they stand on the map: the questions of a checklist with one state together."""
    law: str
    """The duty in law and how far law reaches; empty where the programme does not say."""
    documented: tuple[str, ...]
    """What documents say went wrong at such a step, each with its standing: no account given here."""
    conflicts: tuple[tuple[str, tuple[str, ...]], ...]
    """(what sources differ on, what each says)."""
    conflicting: str
    """That accounts of this step conflict; else empty."""
    beside: str
    """The harm of acting that most report beside the harm of not acting that most report; else empty."""
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
    communities: DataTable | None
    """The same for each community that may be shown; None where for none."""
    quotes: tuple[Quote, ...]
    """One of a bad and one of a good account, where there are."""


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
    whole: bool = False
    """Everything open, on paper too: the map by itself, not a section of the report."""


UNREAD = "No account has been read yet."


def steps(evidence: Evidence) -> Steps:
    """The process as far as it is known: without a run, its steps and safeguards alone."""
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
    headline = _headline(cards) if "journeys" in evidence.safe else _unread(cards)
    return ActivityMap(anchor("activity", activity.id), activity.name, objective, owner, headline, cards)


def _unread(cards: Sequence[StepCard]) -> str:
    """What there is to say of a process before any evidence is read."""
    marks = [mark.state for card in cards for mark in card.safeguards]
    told = [f"{marks.count(state)} {state}" for state, _shape, _meaning in STATES if state in marks]
    number = f"{len(cards)} step{'s' if len(cards) != 1 else ''}, {len(marks)} safeguards"
    return f"{number}: {', '.join(told)}. {UNREAD}" if marks else f"{number}. {UNREAD}"


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
    current = [row for part in told.values() for row in part]
    harms, strengths = (_found(evidence, step, kind, latest) for kind in ("harm", "strength"))
    return StepCard(
        id=anchor("step", step.id),
        number=number,
        name=step.name,
        about=step.about,
        owner=step.owner or activity.owner,
        safeguards=marks,
        drawn=_drawn(marks),
        accounts=_accounts(evidence, step, rows, shown),
        law=step.law,
        documented=tuple(_documented(each) for each in step.documented_harms),
        conflicts=tuple((each.about, each.says) for each in step.conflicts),
        conflicting=_conflicting(current),
        beside=beside(evidence, current),
        communities=by_community(evidence, step),
        silence="" if shown else _silence(rows) if "journeys" in evidence.safe else UNREAD,
        hurts=bool(harms),
        harms=harms,
        strengths=strengths,
        harms_among=_among(evidence, step, "harm", rows),
        strengths_among=_among(evidence, step, "strength", rows),
        lacks=sum(mark.state in ("absent", "not legally covered") for mark in marks),
        plots=tuple(made for part in told.values() if (made := plot(evidence, step, part)) is not None),
        quotes=_bad_and_good(evidence, step),
    )


def _drawn(marks: Sequence[SafeguardMark]) -> tuple[tuple[str, str, str], ...]:
    alone = [(mark.state, mark.shape, mark.name) for mark in marks if not mark.question]
    asked = [mark for mark in marks if mark.question]
    together = [
        (state, shape, _together([mark for mark in asked if mark.state == state]))
        for state, shape, _meaning in STATES
        if any(mark.state == state for mark in asked)
    ]
    return (*alone, *together)


def _together(marks: Sequence[SafeguardMark]) -> str:
    """Unknown ones as the questions to ask; of others the safeguard, since no question says what its answer means."""
    if marks[0].state == "unknown":
        return f"To be asked of this step: {' '.join(mark.question for mark in marks)}"
    return "; ".join(mark.name for mark in marks)


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


_CLASSES = {"not established": "class not established"}


def _documented(harm: DocumentedHarm) -> str:
    what = f"{capital(harm.what)} ({harm.source})" if harm.source else capital(harm.what)
    seen = "seen in a public source, not yet checked" if harm.seen else "source not yet checked"
    return f"{what}: {seen}" + ("; a harm of not acting" if harm.harm_of == "inaction" else "")


def _conflicting(rows: Sequence[Row]) -> str:
    """Both may be true of different days, officers and people: neither is set against the other."""
    both = {row["experience"] for row in rows} >= {"any bad", "any good"}
    return "Accounts of this step conflict: some are bad and some good. Both count in full." if both else ""


def _bad_and_good(evidence: Evidence, step: Step) -> tuple[Quote, ...]:
    """The first quote of a bad and the first of a good account, side by side."""
    valence = {row["experience"]: row["valence"] for row in evidence.all("journeys")}
    rows = [row for row in evidence.rows("quotes") if (row["about"], row["key"]) == ("step", step.id)]
    words = quotes_about(evidence, "step", step.id)
    kinds = [valence.get(row["experience"]) for row in rows]
    first = [next((quote for quote, kind in zip(words, kinds, strict=True) if kind == one), None) for one in _SIDES]
    return tuple(quote for quote in first if quote is not None) or words[:1]


_SIDES = ("bad", "good")


def _safeguard(safeguard: Safeguard) -> SafeguardMark:
    authority = safeguard.source or "no document is named"
    if safeguard.source and safeguard.edition:
        authority += f", {safeguard.edition}"
    if safeguard.seen and not safeguard.checked:
        authority += " (seen in a public source; source not yet checked)"
    elif safeguard.source and not safeguard.checked:
        authority += " (source not yet checked)"
    found = safeguard.found_in or "nobody has established it"
    if safeguard.found_on:
        found += f", {day(safeguard.found_on)}"
    kind = _CLASSES.get(safeguard.kind, safeguard.kind)
    shape = _SHAPES[safeguard.has]
    return SafeguardMark(safeguard.name, safeguard.has, shape, kind, authority, found, safeguard.question)
