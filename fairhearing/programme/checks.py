"""Mistakes in programme.toml, in the words of somebody editing it: those of single fields, and those no single field
can show, the references between its parts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from .from_library import disagreements, known_experiences, known_instruments, known_safeguards, known_steps
from .toml_lines import Location

if TYPE_CHECKING:
    from . import Commitment, Comparison, Idea, Measure, Programme, Source

__all__ = ["Problem", "inconsistencies", "problems_of"]

Problem = tuple[Location, str, str]
"""Where in the document, what is wrong, what to do."""


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
        yield from _bad_source(programme, source, ("sources", number))
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
    kinds: list[tuple[str, Iterable[tuple[Location, str]]]] = [
        (name, ((((name, i, "id")), part.id) for i, part in enumerate(getattr(programme, name))))
        for name in (
            "objectives", "activities", "characteristics", "measures", "experiences", "rounds", "sources",
            "commitments", "comparisons", "disproportions", "ideas", "studies",
        )
    ]  # fmt: skip
    kinds.append(
        (
            "steps",
            (
                (("activities", a, "steps", s, "id"), step.id)
                for a, activity in enumerate(programme.activities)
                for s, step in enumerate(activity.steps)
            ),
        )
    )
    kinds.append(
        (
            "items",
            (
                (("measures", m, "items", i, "id"), item.id)
                for m, measure in enumerate(programme.measures)
                for i, item in enumerate(measure.items)
            ),
        )
    )
    for a, activity in enumerate(programme.activities):
        for s, step in enumerate(activity.steps):
            base: Location = ("activities", a, "steps", s, "safeguards")
            kinds.append(("safeguards", (((*base, i, "id"), part.id) for i, part in enumerate(step.safeguards))))
    for c, each in enumerate(programme.characteristics):
        base = ("characteristics", c, "categories")
        kinds.append(("categories", (((*base, i, "id"), part.id) for i, part in enumerate(each.categories))))
    for kind, parts in kinds:
        seen: set[str] = set()
        for location, id in parts:
            if id in seen:
                yield location, f"the id {id!r} is used twice among the {kind}", "give each its own id"
            seen.add(id)


def _unknown(location: Location, kind: str, given: str, known: Iterable[str]) -> Problem:
    known = sorted(known)
    close = difflib.get_close_matches(given, known, 1)
    cure = f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(known) or 'none is declared yet'}"
    return location, f"there is no {kind} {given!r}", cure


def _dangling_activities(programme: Programme) -> Iterator[Problem]:
    objectives = {each.id for each in programme.objectives}
    for number, activity in enumerate(programme.activities):
        if activity.objective not in objectives:
            yield _unknown(("activities", number, "objective"), "objective", activity.objective, objectives)
    steps = {activity.id: {step.id for step in activity.steps} for activity in programme.activities}
    for number, theory in enumerate(programme.theories):
        if theory.activity is not None and theory.activity not in steps:
            yield _unknown(("theories", number, "activity"), "activity", theory.activity, steps)
    hung: list[tuple[str, tuple[Measure | Commitment | Idea, ...]]] = [
        ("measures", programme.measures),
        ("commitments", programme.commitments),
        ("ideas", programme.ideas),
    ]
    for kind, parts in hung:
        for number, part in enumerate(parts):
            here = (kind, number)
            if part.activity is not None and part.activity not in steps:
                yield _unknown((*here, "activity"), "activity", part.activity, steps)
            elif part.step is not None and part.activity is None:
                yield (*here, "step"), "a step is named without its activity", "add the activity"
            elif part.step is not None and part.step not in steps[part.activity or ""]:
                yield _unknown((*here, "step"), "step", part.step, steps[part.activity or ""])


def _bad_ideas(programme: Programme) -> Iterator[Problem]:
    """The safeguard an idea puts in place is one of its step."""
    safeguards = {step.id: [each.id for each in step.safeguards] for _activity, step in programme.steps()}
    for number, idea in enumerate(programme.ideas):
        known = safeguards.get(idea.step or "", [])
        if idea.safeguard is not None and idea.safeguard not in known:
            yield _unknown(("ideas", number, "safeguard"), "safeguard of that step", idea.safeguard, known)


def _bad_library(programme: Programme) -> Iterator[Problem]:
    """Steps and safeguards of the library are there, and what is left out of a step belongs to it."""
    for a, activity in enumerate(programme.activities):
        for s, step in enumerate(activity.steps):
            here: Location = ("activities", a, "steps", s)
            if step.library and step.library not in known_steps():
                yield _unknown((*here, "library"), "step in the library called", step.library, known_steps())
                continue
            expected = {id: each for id, each in known_safeguards().items() if step.library}
            held = [id for id, each in expected.items() if each.step == known_steps()[step.library].id]
            for id in step.leave_out:
                if id not in held:
                    yield _unknown((*here, "leave_out"), "safeguard of that library step", id, held)
            for g, each in enumerate(step.safeguards):
                if each.library and each.library not in known_safeguards():
                    place = (*here, "safeguards", g, "library")
                    yield _unknown(place, "safeguard in the library called", each.library, known_safeguards())


def _unknown_eases(programme: Programme) -> Iterator[Problem]:
    """What an idea should ease is an experience, of the library or the programme, or a measure."""
    own = [*(one.id for one in programme.experiences), *(one.id for one in programme.measures)]
    known = [*known_experiences(), *own]
    for number, idea in enumerate(programme.ideas):
        for each in idea.eases:
            if each not in known:
                yield _unknown(("ideas", number, "eases"), "experience or measure", each, known)


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
                yield _unknown((*here, "instrument"), "item in the library called", item.instrument, known)
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
            yield _unknown((*here, "source"), "source", each.source, sources)
        elif sources[each.source] != "official":
            if each.measure and each.measure not in measures:
                yield _unknown((*here, "measure"), "measure", each.measure, measures)
            if each.at not in rounds:
                yield _unknown((*here, "at"), "round", each.at, rounds)
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
                yield _unknown((*here, key), kind, getattr(each, key), ids)
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
        yield _unknown((*here, "characteristic"), "characteristic", each.characteristic, communities)
    elif each.characteristic is not None and each.community not in communities[each.characteristic]:
        kind = f"community of {each.characteristic}"
        yield _unknown((*here, "community"), kind, str(each.community), communities[each.characteristic])


def _bad_follows(programme: Programme, each: Comparison, here: Location) -> Iterator[Problem]:
    """A recommendation is known by its step and safeguard, so it can be named before any run makes it."""
    made = [f"R.{step.id}.{safeguard.id}" for _activity, step in programme.steps() for safeguard in step.safeguards]
    made += [f"R-idea.{idea.id}" for idea in programme.ideas]
    known = [*(one.id for one in programme.commitments), *made]
    if each.follows and each.follows not in known:
        yield _unknown((*here, "follows"), "commitment or recommendation", each.follows, known)


def _bad_disproportions(programme: Programme) -> Iterator[Problem]:
    official = [source.id for source in programme.sources if source.kind == "official"]
    known = {each.id: {category.id for category in each.categories} for each in programme.characteristics}
    for number, each in enumerate(programme.disproportions):
        here = ("disproportions", number)
        if each.source not in official:
            yield _unknown((*here, "source"), 'source of kind "official" called', each.source, official)
        if bool(each.against) == (each.population is not None):
            what = "has two denominators" if each.against else "has no denominator"
            yield (
                here,
                what,
                "give `against` (a measure of the same table) or `population` (a characteristic): one of them",
            )
        if each.population is not None and each.population not in known:
            yield _unknown((*here, "population"), "characteristic", each.population, known)
        for word, category in each.residents.items() if each.population in known else ():
            if category not in known[each.population or ""]:
                place = (*here, "residents", word)
                yield _unknown(place, f"category of {each.population}", category, known[each.population or ""])


def _bad_source(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
    path = source.file.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or ":" in path.split("/")[0]:
        yield (
            (*here, "file"),
            "leaves the evidence folder",
            "put the file under evidence/ and name it from there",
        )
    if source.round is not None and source.round not in {each.id for each in programme.rounds}:
        yield _unknown((*here, "round"), "round", source.round, (each.id for each in programme.rounds))
    if source.kind == "consultation" and source.columns.text is None:
        yield (*here, "columns"), "a consultation needs a text column", 'add columns.text = "COLUMN"'
    if source.kind == "official" and source.sample != "administrative":
        cure = (
            'write sample = "administrative": a figure of an office has no margin of error, however people were asked'
        )
        yield (*here, "sample"), "official figures are published totals, not a sample held here", cure
    if source.kind == "population" and (source.columns.people is None or not source.columns.characteristics):
        cure = 'add columns.people = "COLUMN" and columns.characteristics: one row for each combination'
        yield (*here, "columns"), "a population needs a column of people and its characteristics", cure
    if source.kind == "population" and source.sample != "administrative":
        yield (*here, "sample"), "a population is a count, not a sample", 'write sample = "administrative"'
    yield from _bad_evaluation(programme, source, here)
    steps = {step.id for _activity, step in programme.steps()}
    if source.step is not None and source.step not in steps:
        yield _unknown((*here, "step"), "step", source.step, steps)
    for question, step in source.questions.items():
        if step not in steps:
            yield _unknown((*here, "questions", question), "step", step, steps)
    if source.position is not None and source.position not in {each.id for each in programme.characteristics}:
        known_ids = (each.id for each in programme.characteristics)
        yield _unknown((*here, "position"), "characteristic", source.position, known_ids)
    if source.questions and source.columns.question is None:
        yield (*here, "questions"), "needs the column that says which question", 'add columns.question = "COLUMN"'
    known = {each.id: {category.id for category in each.categories} for each in programme.characteristics}
    for id, recode in source.columns.characteristics.items():
        place = (*here, "columns", "characteristics", id)
        if id not in known:
            yield _unknown(place, "characteristic", id, known)
            continue
        for category in [*recode.values.values(), *(band.category for band in recode.bands)]:
            if category not in known[id]:
                yield _unknown(place, f"category of {id}", category, known[id])
    for id in source.columns.items:
        if id not in programme.items:
            yield _unknown((*here, "columns", "items", id), "item", id, programme.items)
    for number, means in enumerate(source.statements):
        place = (*here, "statements", number)
        if means.characteristic not in known:
            yield _unknown((*place, "characteristic"), "characteristic", means.characteristic, known)
        elif means.category not in known[means.characteristic]:
            yield _unknown((*place, "category"), "category", means.category, known[means.characteristic])


def _bad_evaluation(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
    """The part `evaluation` belongs to that kind of source and to no other."""
    declared, there = source.evaluation, (*here, "evaluation")
    if (declared is None) == (source.kind == "evaluation"):
        what = "an evaluation needs [sources.evaluation]"
        what = what if declared is None else "belongs to the kind `evaluation` only"
        yield there, what, 'name at least project and after, and write kind = "evaluation"'
    if declared is None:
        return
    activities = {activity.id for activity in programme.activities}
    if declared.activity is not None and declared.activity not in activities:
        yield _unknown((*there, "activity"), "activity", declared.activity, activities)
    if (declared.arm is None) != (declared.control is None):
        yield (*there, "control"), "`arm` and `control` need each other", "name the column, and who did not take part"
    if declared.arm is None and (declared.randomised or declared.waitlist):
        yield (*there, "arm"), "nobody to compare with is named", "add arm and control, or take the declaration out"
    if declared.retrospective and declared.before is None:
        yield (*there, "before"), "a baseline asked afterwards needs its column", 'add before = "COLUMN"'


# --- what single fields show ----------------------------------------------------------------------------------


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Pydantic's mistakes in words, without the shadow an invalid entry throws on its list (counted as absent)."""
    errors: list[Any] = list(error.errors(include_url=False))
    inside = {each["loc"][:depth] for each in errors for depth in range(len(each["loc"]))}
    told = (each for each in errors if each["type"] != "too_short" or each["loc"] not in inside)
    return [_as_problem(each, model) for each in told]


def _as_problem(error: Any, model: type[BaseModel]) -> Problem:
    """A pydantic error in the words of somebody editing the file."""
    location, kind, given, context = error["loc"], error["type"], error["input"], error.get("ctx", {})
    key = str(location[-1]) if location else "the file"
    if kind == "missing":
        return location, "is missing", f"add a line `{key} = …`, or a table of that name, here"
    if kind == "extra_forbidden":
        known = _known_keys(location, model)
        close = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"the keys known here are {', '.join(known)}"
        return location, "is not a known key", hint
    if kind == "literal_error":
        return location, f"{_shown(given)} is not one of the choices", f"choose {context['expected']}"
    if kind == "string_pattern_mismatch":
        cure = "use small letters, digits and _ (an id may also have -), at most 60, starting with a letter"
        return location, f"{_shown(given)} cannot be an id", cure
    if kind == "too_short":
        least, has = context["min_length"], context["actual_length"]
        return location, f"has {has} entries" if has else "is empty", f"give at least {least}"
    if kind == "string_too_short":
        return location, "is empty", "write some text between the quotes"
    message = str(error["msg"])
    return location, f"{message[:1].lower()}{message[1:]}, not {_shown(given)}", "correct the value on this line"


def _shown(value: Any) -> str:
    """A value as Python would write it, cut to what fits a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _known_keys(location: Location, whole: type[BaseModel]) -> list[str]:
    """Keys allowed where a location points, by walking the models."""
    model: Any = whole
    for part in location[:-1]:
        if isinstance(part, int) or not isinstance(model, type) or not issubclass(model, BaseModel):
            continue
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field else None
    return sorted(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """The model inside an annotation such as tuple[Step, ...] or dict[str, Recode]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
