"""`programme.toml` → `Programme`: what is assessed and how it will be judged, validated before anything is read.

Every mistake is reported at once, each with its file, line, key and cure. The models below *are* the format: the
reference page is generated from their field descriptions.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from .errors import BadProgramme

__all__ = [
    "SAMPLES_WITH_MARGIN",
    "Activity",
    "Band",
    "Category",
    "Characteristic",
    "Columns",
    "Commitment",
    "Experience",
    "Item",
    "Measure",
    "Objective",
    "Programme",
    "Recode",
    "Round",
    "Rules",
    "Safeguard",
    "Source",
    "SourceCard",
    "StatementMeans",
    "Step",
    "Subject",
    "read_programme",
]

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]  # becomes a column: no hyphen
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]

SampleType = Literal["probability", "panel", "self-selected", "focus group", "administrative"]
SAMPLES_WITH_MARGIN: frozenset[str] = frozenset({"probability"})
"""Only a random sample has a margin of sampling error (AAPOR); the others get none, and the report says so."""

SafeguardState = Literal["met", "partial", "absent", "unknown", "not legally covered"]
SafeguardClass = Literal["law", "statutory guidance", "good practice"]
Response = Literal["accepted", "in principle", "in part", "rejected", "deferred", "acknowledged", "no response"]


class Part(BaseModel):
    """Base of every part: unknown keys are errors, values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Subject(Part):
    """`[programme]`: what is assessed. Always a programme, never a person."""

    id: Id = Field(description="Short identifier, used in file names.")
    name: Text = Field(description="Name as the public knows it.")
    about: Text = Field(description="One or two plain sentences on what it does.")
    place: str = Field("", description="Where it applies.")
    edition: str = Field("1", description="Edition of this assessment; shown on every page.")
    synthetic: bool = Field(False, description="True if the evidence was generated: every page then says so.")
    contact: str = Field("", description="Where a reader can write: an office, not a person.")


class Objective(Part):
    """`[[objectives]]`: what the programme is for; every activity hangs on one."""

    id: Id
    text: Text = Field(description="The objective in the programme's own words.")


class Safeguard(Part):
    """`[[activities.steps.safeguards]]`: a protection the step should have, and whether it has it."""

    id: Id
    name: Text = Field(description="What should be in place, in plain words.")
    kind: SafeguardClass = Field(description="Where the duty comes from.")
    has: SafeguardState = Field("unknown", description="What was found. Unknown is an answer.")
    source: str = Field("", description="Document that sets the duty; blank is printed as blank.")
    found_in: str = Field("", description="Document or visit that shows what was found.")
    found_on: date | None = Field(None, description="When that was established.")
    checked: bool = Field(False, description="Whether a person has checked `source`.")


class Step(Part):
    """`[[activities.steps]]`: one step of a process, in order."""

    id: Id
    name: Text
    about: str = Field("", description="What happens to a person here.")
    owner: str = Field("", description="Office that runs this step; empty: the activity's owner.")
    safeguards: tuple[Safeguard, ...] = ()


class Activity(Part):
    """`[[activities]]`: a part of the programme that is judged."""

    id: Id
    name: Text
    objective: Id = Field(description="Which objective it serves.")
    owner: str = Field("", description="Office responsible (not a person).")
    cost: float | None = Field(None, ge=0, description="Pounds over the period assessed.")
    steps: tuple[Step, ...] = ()


class Category(Part):
    """`[[characteristics.categories]]`: one community, named as it names itself."""

    id: Name
    name: Text
    people: int | None = Field(None, ge=0, description="How many live in the population assessed.")
    community: bool = Field(
        True,
        description="False for a category such as 'Not answered': weighted to, never reported as a community.",
    )


class Characteristic(Part):
    """`[[characteristics]]`: a coarse characteristic that people declare about themselves."""

    id: Name
    name: Text
    population_source: str = Field("", description="Where `people` comes from, with edition.")
    categories: tuple[Category, ...] = Field(min_length=2)

    @property
    def total(self) -> int | None:
        """People in all categories, or None where any category has no figure."""
        counts = [category.people for category in self.categories]
        return None if None in counts else sum(count for count in counts if count is not None)


class Item(Part):
    """`[[measures.items]]`: one question exactly as it was put."""

    id: Name = Field(description="Becomes the column `q_<id>`.")
    wording: Text = Field(description="The exact question.")
    low: float = Field(description="Lowest code of the scale.")
    high: float = Field(description="Highest code of the scale.")
    reverse: bool = Field(False, description="True if a high code means less of what is measured.")
    missing: tuple[float, ...] = Field((), description="Codes that mean no answer.")
    codes: dict[str, str] = Field({}, description="Code → label, as shown to the person.")
    source: str = Field("", description="Where the wording comes from.")


class Measure(Part):
    """`[[measures]]`: what is estimated from one or more items."""

    id: Name
    name: Text = Field(description="Ends the sentence 'The share of people who …' or names the score.")
    about: Literal["trust", "alienation", "confidence", "experience", "other"] = "other"
    report: Literal["share", "mean"] = Field(
        description="`share`: people giving a favourable code to the one item. `mean`: average of the items, each "
        "turned so that high means more."
    )
    favourable: tuple[float, ...] = Field((), description="Codes counted by `share`.")
    higher_is: Literal["better", "worse"] = Field("better", description="For the programme, not for the people.")
    activity: Id | None = Field(None, description="Activity this is evidence about.")
    step: Id | None = Field(None, description="Step of that activity.")
    answer_at_least: int = Field(1, ge=1, description="Items a person must have answered for a mean.")
    items: tuple[Item, ...] = Field(min_length=1)

    @property
    def low(self) -> float:
        """Smallest value the measure can take."""
        return 0.0 if self.report == "share" else min(item.low for item in self.items)

    @property
    def high(self) -> float:
        """Largest value the measure can take."""
        return 1.0 if self.report == "share" else max(item.high for item in self.items)


class Experience(Part):
    """`[[experiences]]`: something that can happen to a person at a step; adds to the library's list."""

    id: Id
    name: Text
    valence: Literal["good", "bad"]
    words: tuple[Text, ...] = Field((), description="Phrases that show it in a text.")


class Round(Part):
    """`[[rounds]]`: one round of listening."""

    id: Id
    name: Text
    start: date | None = None
    end: date | None = None


class SourceCard(Part):
    """`[sources.card]`: what a reviewer asks first about any source."""

    title: str = ""
    funder: str = ""
    method: str = ""
    fieldwork: str = Field("", description="Dates of fieldwork, as stated.")
    independence: str = Field("", description="Who did it, and whether they answer to the programme.")
    edition: str = ""
    licence: str = ""


class Band(Part):
    """A range of a number that becomes a category, both ends included."""

    category: Name
    low: float
    high: float


class Recode(Part):
    """How one column becomes one characteristic."""

    column: str
    values: dict[str, str] = Field({}, description="Value in the file → category id.")
    bands: tuple[Band, ...] = ()


class Columns(Part):
    """`[sources.columns]`: which column holds what. Columns not named here never enter the ledger."""

    person: str | None = Field(None, description="Any stable number; stored only as a keyed hash.")
    round: str | None = Field(None, description="Column whose value is a round's id or name.")
    weight: str | None = Field(None, description="Design weight.")
    stratum: str | None = None
    cluster: str | None = None
    text: str | None = Field(None, description="Free text of a consultation response.")
    question: str | None = Field(None, description="Which question the text answers.")
    step: str | None = Field(None, description="Step id, where the form asked which step.")
    experience: str | None = Field(None, description="Experience id, where the form asked.")
    characteristics: dict[str, Recode] = {}
    items: dict[str, str] = Field({}, description="Item id → column; an item not named is looked up by its id.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """`sex = "column"` is short for `sex = {column = "column"}`."""
        if not isinstance(value, Mapping) or not isinstance(value.get("characteristics"), Mapping):
            return value
        short = {
            key: {"column": recode} if isinstance(recode, str) else recode
            for key, recode in value["characteristics"].items()
        }
        return {**value, "characteristics": short}


class StatementMeans(Part):
    """`[[sources.statements]]`: agreeing with this statement declares a characteristic, not an opinion."""

    statement: str
    characteristic: Name
    category: Name


class Source(Part):
    """`[[sources]]`: one file (or export folder) under `evidence/`."""

    id: Id
    file: str = Field(description="Path under evidence/, with forward slashes.")
    kind: Literal["survey", "consultation", "votes", "questions", "projects"]
    sample: SampleType
    round: Id | None = Field(None, description="Round of every row; or give columns.round.")
    card: SourceCard = SourceCard()
    columns: Columns = Columns()
    statements: tuple[StatementMeans, ...] = ()
    exclude_own_votes: bool = Field(
        True, description="Leave out each author's automatic vote on their own statement (votes only)."
    )

    @property
    def has_margin(self) -> bool:
        """Whether a margin of sampling error exists for this sample at all."""
        return self.sample in SAMPLES_WITH_MARGIN


class Rules(Part):
    """`[rules]`: how evidence will be judged, fixed before it is read. A change is recorded and shown."""

    fixed_on: date = Field(description="Day these rules were fixed.")
    smallest_difference: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Smallest difference that matters: a share, or a part of a scale's range.",
    )
    probability: float = Field(0.90, gt=0.5, lt=1, description="Probability required before a finding is stated.")
    harm_share: float = Field(
        0.20,
        gt=0,
        lt=1,
        description="Share of accounts of a step that report a bad experience, above which the step is held to hurt.",
    )
    publish_at_least: int = Field(10, ge=3, description="Smallest count of people that may be published.")
    round_counts_to: int = Field(5, ge=1, description="Published counts are rounded to a multiple of this.")
    coder_agreement: float = Field(0.67, gt=0, lt=1, description="Krippendorff's alpha two coders must reach.")
    effect_that_matters: float = Field(
        0.15,
        gt=0,
        description="Smallest standardised effect of a project that matters (standard deviations).",
    )
    weight_at_most: float = Field(5.0, gt=1, description="Weights above this many times the mean are trimmed.")
    cell_at_least: int = Field(
        5,
        ge=1,
        description="A weighting category with fewer respondents is collapsed into the next smallest.",
    )


class Commitment(Part):
    """`[[commitments]]`: something promised on the record, to be followed up."""

    id: Id
    text: Text
    made_by: str = ""
    made_on: date | None = None
    source: str = Field("", description="Where it was said: a question's reference, a report and its edition.")
    owner: str = ""
    activity: Id | None = None
    step: Id | None = None
    due_as_said: str = ""
    due: date | None = None
    response: Response = "no response"


class Programme(Part):
    """The whole of `programme.toml`."""

    programme: Subject
    objectives: tuple[Objective, ...] = Field(min_length=1)
    activities: tuple[Activity, ...] = Field(min_length=1)
    characteristics: tuple[Characteristic, ...] = ()
    measures: tuple[Measure, ...] = ()
    experiences: tuple[Experience, ...] = ()
    rounds: tuple[Round, ...] = ()
    sources: tuple[Source, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    rules: Rules

    @property
    def items(self) -> dict[str, Item]:
        """Every item of every measure, by id."""
        return {item.id: item for measure in self.measures for item in measure.items}

    def steps(self) -> Iterator[tuple[Activity, Step]]:
        """Every step with its activity, in order."""
        return ((activity, step) for activity in self.activities for step in activity.steps)

    def characteristic(self, id: str) -> Characteristic:
        """The characteristic of that id; KeyError if there is none."""
        return {each.id: each for each in self.characteristics}[id]

    def category_name(self, characteristic: str, category: str) -> str:
        """A community's own name, from its ids."""
        return {each.id: each.name for each in self.characteristic(characteristic).categories}[category]

    def source(self, id: str) -> Source:
        """The source of that id; KeyError if there is none."""
        return {each.id: each for each in self.sources}[id]

    def round_of(self, text: str) -> str | None:
        """The id of the round whose id or name is `text`, if there is one."""
        wanted = text.strip().casefold()
        for each in self.rounds:
            if wanted in (each.id.casefold(), each.name.casefold()):
                return each.id
        return None

    def rules_hash(self) -> str:
        """SHA-256 of the decision rules, so that a change cannot pass unnoticed."""
        return hashlib.sha256(self.rules.model_dump_json().encode()).hexdigest()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(_inconsistencies(self))
        if problems:
            raise _Inconsistent(problems)
        return self


Location = tuple[str | int, ...]
Problem = tuple[Location, str, str]  # where in the document, what is wrong, what to do


class _Inconsistent(Exception):
    """Carries cross-reference problems past pydantic, which would flatten them into one message."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems


def read_programme(path: Path) -> Programme:
    """Read and validate a programme.

    path: the folder that holds `programme.toml`, or the file itself.
    Raises BadProgramme naming file, line, key and cure for every mistake found.
    """
    file = path / "programme.toml" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadProgramme(
            "there is no programme here", where=file, cure="run `fairhearing new DIR` to start one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadProgramme(
            f"the file cannot be read: {error}", where=file, cure="save it as plain text in UTF-8"
        ) from None
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise BadProgramme(f"this is not valid TOML: {error}", where=file, cure="mend the line it names") from None
    try:
        return Programme.model_validate(document)
    except _Inconsistent as error:
        problems = error.problems
    except ValidationError as error:
        problems = [_as_problem(each) for each in error.errors(include_url=False)]
    raise _report(file, text, document, problems)


def _report(file: Path, text: str, document: dict[str, Any], problems: list[Problem]) -> BadProgramme:
    """One error naming every problem with its line."""
    lines = _line_numbers(text)
    told = [
        (_nearest_line(lines, location), _key(location, document), what, cure) for location, what, cure in problems
    ]
    told.sort(key=lambda row: row[0])
    if len(told) == 1:
        line, key, what, cure = told[0]
        return BadProgramme(f"{key}: {what}", where=f"{file}, line {line}", cure=cure)
    body = "".join(f"\n  line {line}: {key}: {what}\n    {cure}" for line, key, what, cure in told)
    return BadProgramme(f"{len(told)} mistakes{body}", where=file, cure="mend each line named above; each says how")


def _as_problem(error: Any) -> Problem:
    """A pydantic error in the words of somebody editing the file."""
    location = tuple(part for part in error["loc"] if not (isinstance(part, str) and part.startswith("function-")))
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    key = str(location[-1]) if location else "the file"
    if kind == "missing":
        return location, "is missing", f"add a line `{key} = …`, or a table of that name, here"
    if kind == "extra_forbidden":
        known = _known_keys(location)
        close = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"the keys known here are {', '.join(known)}"
        return location, "is not a known key", hint
    if kind == "literal_error":
        return location, f"{given!r} is not one of the choices", f"choose {context['expected']}"
    if kind == "string_pattern_mismatch":
        cure = "use small letters, digits and _ (an id may also have -), starting with a letter"
        return location, f"{given!r} cannot be an id", cure
    if kind in ("too_short", "string_too_short"):
        return location, "is empty", "give at least the smallest number of entries or some text"
    return location, str(error["msg"]).lower() + f", not {given!r:.80}", "correct the value on this line"


def _known_keys(location: Location) -> list[str]:
    """Keys allowed where a location points, by walking the models."""
    model: Any = Programme
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


def _key(location: Location, document: dict[str, Any]) -> str:
    """`activities[2].steps[1].name`, with ids in place of numbers where there are ids."""
    words, here = "", document
    for part in location:
        try:
            here = here[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            here = {}
        if isinstance(part, int):
            name = here.get("id") if isinstance(here, Mapping) else None
            words += f"[{name or part + 1}]"
        else:
            words += f".{part}" if words else str(part)
    return words or "programme.toml"


# --- where a key stands in the text --------------------------------------------------------------------------

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=""")
_STRING = re.compile(r'"""|' + r"'''" + r'|"(?:\\.|[^"\\])*"|' + r"'[^']*'|#")


def _line_numbers(text: str) -> dict[Location, int]:
    """Line of every table header and top-level key. The standard parser keeps none, so headers are read here."""
    lines: dict[Location, int] = {(): 1}
    counts: dict[Location, int] = {}
    table: Location = ()
    depth, fence = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not fence and depth == 0:
            header, assignment = _HEADER.match(line), _ASSIGNMENT.match(line)
            if header:
                table = _resolve(_split(header[2]), counts, repeated=header[1] == "[[")
                lines.setdefault(table, number)
                continue
            if assignment:
                lines.setdefault((*table, *_split(assignment[1])), number)
        depth, fence = _nesting(line, depth, fence)
    return lines


def _split(dotted: str) -> Location:
    return tuple(part.strip().strip("\"'") for part in re.findall(r'"[^"]*"|\'[^\']*\'|[^.]+', dotted))


def _resolve(names: Location, counts: dict[Location, int], *, repeated: bool) -> Location:
    """`activities.steps` → ("activities", 2, "steps", 0), counting the arrays of tables met so far."""
    here: Location = ()
    for position, name in enumerate(names):
        here = (*here, name)
        if position == len(names) - 1 and repeated:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


def _nesting(line: str, depth: int, fence: str) -> tuple[int, str]:
    """Bracket depth and open multi-line string after this line."""
    position = 0
    while position < len(line):
        if fence:
            end = line.find(fence, position)
            if end < 0:
                return depth, fence
            position, fence = end + 3, ""
            continue
        string = _STRING.match(line, position)
        if string and string[0] == "#":
            return depth, fence
        if string and len(string[0]) == 3 and string[0] in ('"""', "'''"):
            fence, position = string[0], position + 3
            continue
        if string:
            position = string.end()
            continue
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(line[position], 0)
        position += 1
    return max(depth, 0), fence


def _nearest_line(lines: dict[Location, int], location: Location) -> int:
    """The line of the key, or of the closest enclosing table that has one."""
    while location not in lines and location:
        location = location[:-1]
    return lines[location]


# --- what no single field can check ---------------------------------------------------------------------------


def _inconsistencies(programme: Programme) -> Iterator[Problem]:
    yield from _repeated_ids(programme)
    yield from _dangling_activities(programme)
    yield from _bad_measures(programme)
    yield from _bad_rounds(programme)
    for number, source in enumerate(programme.sources):
        yield from _bad_source(programme, source, ("sources", number))


def _repeated_ids(programme: Programme) -> Iterator[Problem]:
    """Ids are unique within their kind; step ids across the whole programme, because responses name steps."""
    kinds: list[tuple[str, Iterable[tuple[Location, str]]]] = [
        (name, ((((name, i, "id")), part.id) for i, part in enumerate(getattr(programme, name))))
        for name in (
            "objectives", "activities", "characteristics", "measures", "experiences", "rounds", "sources",
            "commitments",
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
    hung: list[tuple[str, tuple[Measure | Commitment, ...]]] = [
        ("measures", programme.measures),
        ("commitments", programme.commitments),
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


def _bad_measures(programme: Programme) -> Iterator[Problem]:
    for number, measure in enumerate(programme.measures):
        here = ("measures", number)
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
            if inside and item.codes and not any(str(int(code)) in item.codes for code in inside):
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


def _bad_rounds(programme: Programme) -> Iterator[Problem]:
    for number, each in enumerate(programme.rounds):
        if each.start and each.end and each.end < each.start:
            yield ("rounds", number, "end"), "ends before it starts", "correct the dates"


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
