"""What is wrong with one [[sources]] that no single field can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .fields import Problem, unknown
from .toml_lines import Location

if TYPE_CHECKING:
    from . import Programme, Source

__all__ = ["bad_source"]

COUNTED = 'write sample = "administrative"'


def bad_source(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
    """Every mistake of one source: its file, what its kind needs, and the parts of the programme it names."""
    yield from _file(source, here)
    yield from _kind(source, here)
    yield from _evaluation(programme, source, here)
    yield from _place(programme, source, here)
    yield from _characteristics(programme, source, here)
    yield from _statements(programme, source, here)


def _file(source: Source, here: Location) -> Iterator[Problem]:
    path = source.file.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or ":" in path.split("/")[0]:
        yield (*here, "file"), "leaves the evidence folder", "put the file under evidence/ and name it from there"


def _kind(source: Source, here: Location) -> Iterator[Problem]:
    """What a source of its kind cannot be read without."""
    columns = source.columns
    if source.kind == "consultation" and columns.text is None:
        yield (*here, "columns"), "a consultation needs a text column", 'add columns.text = "COLUMN"'
    if source.kind == "official" and source.sample != "administrative":
        cure = f"{COUNTED}: a figure of an office has no margin of error, however people were asked"
        yield (*here, "sample"), "official figures are published totals, not a sample held here", cure
    if source.kind == "population" and (columns.people is None or not columns.characteristics):
        cure = 'add columns.people = "COLUMN" and columns.characteristics: one row for each combination'
        yield (*here, "columns"), "a population needs a column of people and its characteristics", cure
    if source.kind != "population" and columns.covariates:
        cure = "put them in the file of the population, one number a combination"
        yield (*here, "columns", "covariates"), "only a population has covariates", cure
    if source.kind == "population" and source.sample != "administrative":
        yield (*here, "sample"), "a population is a count, not a sample", COUNTED
    if source.questions and columns.question is None:
        yield (*here, "questions"), "needs the column that says which question", 'add columns.question = "COLUMN"'


def _place(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
    """The round, the step and the characteristic that it is about."""
    rounds, steps = [each.id for each in programme.rounds], {step.id for _activity, step in programme.steps()}
    characteristics = [each.id for each in programme.characteristics]
    if source.round is not None and source.round not in rounds:
        yield unknown((*here, "round"), "round", source.round, rounds)
    if source.step is not None and source.step not in steps:
        yield unknown((*here, "step"), "step", source.step, steps)
    for question, step in source.questions.items():
        if step not in steps:
            yield unknown((*here, "questions", question), "step", step, steps)
    if source.position is not None and source.position not in characteristics:
        yield unknown((*here, "position"), "characteristic", source.position, characteristics)


def _characteristics(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
    """The columns of characteristics and items, and what their words stand for."""
    known = _categories(programme)
    for id, recode in source.columns.characteristics.items():
        place = (*here, "columns", "characteristics", id)
        if id not in known:
            yield unknown(place, "characteristic", id, known)
            continue
        for category in [*recode.values.values(), *(band.category for band in recode.bands)]:
            if category not in known[id]:
                yield unknown(place, f"category of {id}", category, known[id])
    for id in source.columns.items:
        if id not in programme.items:
            yield unknown((*here, "columns", "items", id), "item", id, programme.items)


def _statements(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
    known = _categories(programme)
    for number, means in enumerate(source.statements):
        place = (*here, "statements", number)
        if means.characteristic not in known:
            yield unknown((*place, "characteristic"), "characteristic", means.characteristic, known)
        elif means.category not in known[means.characteristic]:
            yield unknown((*place, "category"), "category", means.category, known[means.characteristic])


def _categories(programme: Programme) -> dict[str, set[str]]:
    return {each.id: {category.id for category in each.categories} for each in programme.characteristics}


def _evaluation(programme: Programme, source: Source, here: Location) -> Iterator[Problem]:
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
        yield unknown((*there, "activity"), "activity", declared.activity, activities)
    if (declared.arm is None) != (declared.control is None):
        yield (*there, "control"), "`arm` and `control` need each other", "name the column, and who did not take part"
    if declared.arm is None and (declared.randomised or declared.waitlist):
        yield (*there, "arm"), "nobody to compare with is named", "add arm and control, or take the declaration out"
    if declared.retrospective and not declared.has_baseline:
        yield (*there, "before"), "a baseline asked afterwards needs its column", 'add before = "COLUMN"'
    if len({declared.person is None, declared.wave is None, len(declared.waves) != 2}) > 1:
        what = "`person`, `wave` and the two `waves` need each other"
        yield (*there, "waves"), what, 'name both columns, and waves = ["FIRST", "LAST"] as the file calls them'
    if declared.waves and declared.before is not None:
        yield (*there, "before"), "with `waves`, `after` is the column of both waves", "leave `before` out"
    if declared.words and len({word.casefold() for word in declared.words}) < max(2, len(declared.words)):
        yield (*there, "words"), "the words of a scale are at least two, each once", "give them from low to high"
