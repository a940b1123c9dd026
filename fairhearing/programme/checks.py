"""Mistakes in programme.toml that no single field can show: the references between its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .fields import Problem, unknown
from .from_library import disagreements, known_experiences, known_instruments, known_safeguards, known_steps
from .source_checks import bad_source
from .toml_lines import Location

if TYPE_CHECKING:
    from . import Commitment, Comparison, Idea, Measure, Programme

__all__ = ["inconsistencies"]


def inconsistencies(programme: Programme) -> Iterator[Problem]:
    yield from _repeated_ids(programme)
    yield from _dangling_activities(programme)
    yield from _bad_library(programme)
    yield from _bad_ideas(programme)
    yield from _unknown_eases(programme)
    yield from _bad_measures(programme)
    yield from _bad_instruments(programme)
    yield from _bad_rounds(programme)
    yield from _bad_breaks(programme)
    yield from _bad_comparisons(programme)
    yield from _bad_bounds(programme)
    yield from _bad_disproportions(programme)
    for number, source in enumerate(programme.sources):
        yield from bad_source(programme, source, ("sources", number))
    yield from _read_twice(programme)
    for number, study in enumerate(programme.studies):
        if study.state != "published" and not study.why:
            cure = 'add why = "…"; the report prints it beside the study'
            yield ("studies", number, "why"), f"a study that is {study.state} needs the reason", cure


def _read_twice(programme: Programme) -> Iterator[Problem]:
    """One file may hold a survey and a consultation, or two rounds; read in one way twice, everybody counts twice."""
    seen: dict[str, str] = {}
    for number, source in enumerate(programme.sources):
        reading = source.model_dump_json(include={"file", "kind", "round", "columns", "statements", "evaluation"})
        if reading in seen:
            what = f"{source.file!r} is already read in this way as {seen[reading]!r}: everybody would count twice"
            yield ("sources", number, "file"), what, "remove one of the two, or name the other file"
        seen.setdefault(reading, source.id)


def _repeated_ids(programme: Programme) -> Iterator[Problem]:
    """Ids are unique within their kind; step ids across the whole programme, because responses name steps."""
    for kind, parts in _kinds(programme):
        seen: set[str] = set()
        for location, id in parts:
            if id in seen:
                yield (*location, "id"), f"the id {id!r} is used twice among the {kind}", "give each its own id"
            seen.add(id)


_KINDS = (
    "objectives", "activities", "characteristics", "measures", "experiences", "rounds", "sources", "commitments",
    "comparisons", "disproportions", "ideas", "studies",
)  # fmt: skip


def _kinds(programme: Programme) -> Iterator[tuple[str, list[tuple[Location, str]]]]:
    """What may not share an id: where each stands, and its id."""
    for name in _KINDS:
        yield name, _ids((name,), getattr(programme, name))
    steps = [_ids(("activities", a, "steps"), each.steps) for a, each in enumerate(programme.activities)]
    yield "steps", [pair for pairs in steps for pair in pairs]
    items = [_ids(("measures", m, "items"), each.items) for m, each in enumerate(programme.measures)]
    yield "items", [pair for pairs in items for pair in pairs]
    for a, activity in enumerate(programme.activities):
        for s, step in enumerate(activity.steps):
            yield "safeguards", _ids(("activities", a, "steps", s, "safeguards"), step.safeguards)
    for c, each in enumerate(programme.characteristics):
        yield "categories", _ids(("characteristics", c, "categories"), each.categories)


def _ids(place: Location, parts: Iterable[Any]) -> list[tuple[Location, str]]:
    return [((*place, number), part.id) for number, part in enumerate(parts)]


def _dangling_activities(programme: Programme) -> Iterator[Problem]:
    objectives = {each.id for each in programme.objectives}
    for number, activity in enumerate(programme.activities):
        if activity.objective not in objectives:
            yield unknown(("activities", number, "objective"), "objective", activity.objective, objectives)
    steps = {activity.id: {step.id for step in activity.steps} for activity in programme.activities}
    for number, theory in enumerate(programme.theories):
        if theory.activity is not None and theory.activity not in steps:
            yield unknown(("theories", number, "activity"), "activity", theory.activity, steps)
    hung: list[tuple[str, tuple[Measure | Commitment | Idea, ...]]] = [
        ("measures", programme.measures),
        ("commitments", programme.commitments),
        ("ideas", programme.ideas),
    ]
    for kind, parts in hung:
        for number, part in enumerate(parts):
            here = (kind, number)
            if part.activity is not None and part.activity not in steps:
                yield unknown((*here, "activity"), "activity", part.activity, steps)
            elif part.step is not None and part.activity is None:
                yield (*here, "step"), "a step is named without its activity", "add the activity"
            elif part.step is not None and part.step not in steps[part.activity or ""]:
                yield unknown((*here, "step"), "step", part.step, steps[part.activity or ""])


def _bad_ideas(programme: Programme) -> Iterator[Problem]:
    """The safeguard an idea puts in place is one of its step."""
    safeguards = {step.id: [each.id for each in step.safeguards] for _activity, step in programme.steps()}
    for number, idea in enumerate(programme.ideas):
        known = safeguards.get(idea.step or "", [])
        if idea.safeguard is not None and idea.safeguard not in known:
            yield unknown(("ideas", number, "safeguard"), "safeguard of that step", idea.safeguard, known)


def _bad_library(programme: Programme) -> Iterator[Problem]:
    """Steps and safeguards of the library are there, and what is left out of a step belongs to it."""
    for a, activity in enumerate(programme.activities):
        for s, step in enumerate(activity.steps):
            here: Location = ("activities", a, "steps", s)
            if step.library and step.library not in known_steps():
                yield unknown((*here, "library"), "step in the library called", step.library, known_steps())
                continue
            expected = {id: each for id, each in known_safeguards().items() if step.library}
            held = [id for id, each in expected.items() if each.step == known_steps()[step.library].id]
            for id in step.leave_out:
                if id not in held:
                    yield unknown((*here, "leave_out"), "safeguard of that library step", id, held)
            for g, each in enumerate(step.safeguards):
                if each.library and each.library not in known_safeguards():
                    place = (*here, "safeguards", g, "library")
                    yield unknown(place, "safeguard in the library called", each.library, known_safeguards())


def _unknown_eases(programme: Programme) -> Iterator[Problem]:
    """What an idea should ease is an experience, of the library or the programme, or a measure."""
    own = [*(one.id for one in programme.experiences), *(one.id for one in programme.measures)]
    known = [*known_experiences(), *own]
    for number, idea in enumerate(programme.ideas):
        for each in idea.eases:
            if each not in known:
                yield unknown(("ideas", number, "eases"), "experience or measure", each, known)


def _bad_measures(programme: Programme) -> Iterator[Problem]:
    for number, measure in enumerate(programme.measures):
        here = ("measures", number)
        if any(item.instrument and item.instrument not in known_instruments() for item in measure.items):
            continue  # nothing is known of its scale; `_bad_instruments` tells the mistake
        if measure.report == "share" and len(measure.items) != 1:
            yield (
                (*here, "items"),
                "a share has exactly one item",
                'use report = "mean", or split the measure',
            )
        if measure.report == "share" and not measure.favourable:
            yield here, "a share needs favourable codes", "add e.g. favourable = [4, 5]"
        if measure.answer_at_least > len(measure.items):
            yield (
                (*here, "answer_at_least"),
                "asks for more items than there are",
                f"use {len(measure.items)}",
            )
        if measure.report == "mean" and len({(item.low, item.high) for item in measure.items}) > 1:
            yield (*here, "items"), "the items of a mean have different scales", "give them one low and high"
        for place, item in enumerate(measure.items):
            if item.low >= item.high:
                yield (*here, "items", place, "high"), "must be above low", "correct low and high"
            inside = [code for code in item.missing if item.low <= code <= item.high]
            if inside and item.codes and not any(f"{code:g}" in item.codes for code in inside):
                continue
            if inside:
                yield (
                    (*here, "items", place, "missing"),
                    f"{inside[0]:g} lies inside the scale {item.low:g} to {item.high:g}",
                    "a code cannot be both an answer and no answer: correct low, high or missing",
                )
        strays = [code for code in measure.favourable if not measure.items[0].low <= code <= measure.items[0].high]
        if strays:
            yield (*here, "favourable"), f"{strays[0]:g} is not on the item's scale", "correct the codes"


def _bad_instruments(programme: Programme) -> Iterator[Problem]:
    known = known_instruments()
    for m, measure in enumerate(programme.measures):
        for i, item in enumerate(measure.items):
            here = ("measures", m, "items", i)
            if item.instrument and item.instrument not in known:
                yield unknown((*here, "instrument"), "item in the library called", item.instrument, known)
            elif item.instrument:
                yield from (((*here, key), what, cure) for key, what, cure in disagreements(measure, item))


def _bad_bounds(programme: Programme) -> Iterator[Problem]:
    low, high = programme.rules.calibrate_within
    if not 0 <= low < 1 < high:
        what = f"weights cannot be kept between {low:g} and {high:g} times what they were"
        yield ("rules", "calibrate_within"), what, "give a low end from 0 to below 1 and a high end above 1: [0.2, 5]"


def _bad_rounds(programme: Programme) -> Iterator[Problem]:
    for number, each in enumerate(programme.rounds):
        if each.start and each.end and each.end < each.start:
            yield ("rounds", number, "end"), "ends before it starts", "correct the dates"


def _bad_breaks(programme: Programme) -> Iterator[Problem]:
    """A break lies at a round; that of official figures at a period, which only the file knows."""
    sources, measures = {each.id: each.kind for each in programme.sources}, {each.id for each in programme.measures}
    rounds = [each.id for each in programme.rounds]
    for number, each in enumerate(programme.breaks):
        here: Location = ("breaks", number)
        if each.source not in sources:
            yield unknown((*here, "source"), "source", each.source, sources)
        elif sources[each.source] != "official":
            if each.measure and each.measure not in measures:
                yield unknown((*here, "measure"), "measure", each.measure, measures)
            if each.at not in rounds:
                yield unknown((*here, "at"), "round", each.at, rounds)
            elif each.at == rounds[0]:
                cure = "name the first round of the new series, which follows the break"
                yield (*here, "at"), f"{each.at!r} is the first round: no series comes before it", cure


def _bad_comparisons(programme: Programme) -> Iterator[Problem]:
    rounds = {each.id for each in programme.rounds}
    known = {
        "source": ("source", {each.id for each in programme.sources}),
        "measure": ("measure", {each.id for each in programme.measures}),
        "before": ("round", rounds),
        "after": ("round", rounds),
    }
    for number, each in enumerate(programme.comparisons):
        here: Location = ("comparisons", number)
        for key, (kind, ids) in known.items():
            if getattr(each, key) not in ids:
                yield unknown((*here, key), kind, getattr(each, key), ids)
        yield from _bad_order(programme, each, here)
        yield from _bad_community(programme, each, here)
        yield from _bad_follows(programme, each, here)


def _bad_order(programme: Programme, each: Comparison, here: Location) -> Iterator[Problem]:
    places = programme.round_place(each.before), programme.round_place(each.after)
    if min(places) >= 0 and places[0] >= places[1]:
        what = f"the round {each.before!r} is not before {each.after!r} in the order of [[rounds]]"
        yield (*here, "after"), what, "name the earlier round in `before` and a later one in `after`"


def _bad_community(programme: Programme, each: Comparison, here: Location) -> Iterator[Problem]:
    communities = {
        one.id: [category.id for category in one.categories if category.community]
        for one in programme.characteristics
    }
    if (each.characteristic is None) != (each.community is None):
        given, other = ("characteristic", "community") if each.community is None else ("community", "characteristic")
        yield (*here, given), f"is given without `{other}`", "give both for one community, or neither for everyone"
    elif each.characteristic is not None and each.characteristic not in communities:
        yield unknown((*here, "characteristic"), "characteristic", each.characteristic, communities)
    elif each.characteristic is not None and each.community not in communities[each.characteristic]:
        kind = f"community of {each.characteristic}"
        yield unknown((*here, "community"), kind, str(each.community), communities[each.characteristic])


def _bad_follows(programme: Programme, each: Comparison, here: Location) -> Iterator[Problem]:
    """A recommendation is known by its step and safeguard, so it can be named before any run makes it."""
    made = [f"R.{step.id}.{safeguard.id}" for _activity, step in programme.steps() for safeguard in step.safeguards]
    made += [f"R-idea.{idea.id}" for idea in programme.ideas]
    known = [*(one.id for one in programme.commitments), *made]
    if each.follows and each.follows not in known:
        yield unknown((*here, "follows"), "commitment or recommendation", each.follows, known)


def _bad_disproportions(programme: Programme) -> Iterator[Problem]:
    official = [source.id for source in programme.sources if source.kind == "official"]
    known = {each.id: {category.id for category in each.categories} for each in programme.characteristics}
    for number, each in enumerate(programme.disproportions):
        here = ("disproportions", number)
        if each.source not in official:
            yield unknown((*here, "source"), 'source of kind "official" called', each.source, official)
        if bool(each.against) == (each.population is not None):
            what = "has two denominators" if each.against else "has no denominator"
            yield (
                here,
                what,
                "give `against` (a measure of the same table) or `population` (a characteristic): one of them",
            )
        if each.population is not None and each.population not in known:
            yield unknown((*here, "population"), "characteristic", each.population, known)
        for word, category in each.residents.items() if each.population in known else ():
            if category not in known[each.population or ""]:
                place = (*here, "residents", word)
                yield unknown(place, f"category of {each.population}", category, known[each.population or ""])
