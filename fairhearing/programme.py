"""`programme.toml` → `Programme`: what is assessed and how it will be judged, validated before anything is read.

Every mistake is reported at once, each with its file, line, key and cure. The models below *are* the format: the
reference page is generated from their field descriptions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ._programme_checks import Problem, inconsistencies, problems_of
from ._toml_lines import key_in_words, line_numbers, nearest_line, parsed, text_of
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

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


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
    people: int | None = Field(None, ge=0, le=10**11, description="How many live in the population assessed.")
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
    harm_of: Literal["action", "inaction"] = Field(
        "action", description="Bad ones only: harm done by acting, or by not acting. Both are shown, side by side."
    )
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

    def round_place(self, id: str | None) -> int:
        """Where a round stands in the programme's order, earliest first; −1 for none, or one not declared."""
        return next((place for place, each in enumerate(self.rounds) if each.id == id), -1)

    def rules_hash(self) -> str:
        """SHA-256 of the decision rules, so that a change cannot pass unnoticed."""
        return hashlib.sha256(self.rules.model_dump_json().encode()).hexdigest()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(inconsistencies(self))
        if problems:
            raise _Inconsistent(problems)
        return self


class _Inconsistent(Exception):
    """Carries cross-reference problems past pydantic, which would flatten them into one message."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems


_MOST_TOLD = 50


def read_programme(path: Path) -> Programme:
    """Read and validate a programme.

    path: the folder that holds `programme.toml`, or the file itself.
    Raises BadProgramme naming file, line, key and cure for every mistake found.
    """
    try:
        file = path / "programme.toml" if path.is_dir() else path
        text = text_of(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadProgramme(
            f"the file cannot be opened: {getattr(error, 'strerror', None) or error}",
            where=repr(str(path)) if "\0" in str(path) else path,
            cure="check the path, and that you may read the file and its folder",
        ) from None
    document = parsed(file, text)
    try:
        return Programme.model_validate(document)
    except _Inconsistent as error:
        problems = error.problems
    except ValidationError as error:
        problems = problems_of(error, Programme)
    raise _report(file, text, document, problems)


def _report(file: Path, text: str, document: dict[str, Any], problems: list[Problem]) -> BadProgramme:
    """One error naming every problem with its line (of very many, the first fifty)."""
    lines = line_numbers(text)
    told = [(nearest_line(lines, where), key_in_words(where, document), what, cure) for where, what, cure in problems]
    told.sort(key=lambda row: row[0])
    if len(told) == 1:
        line, key, what, cure = told[0]
        return BadProgramme(f"{key}: {what}", where=f"{file}, line {line}", cure=cure)
    body = "".join(f"\n  line {line}: {key}: {what}\n    {cure}" for line, key, what, cure in told[:_MOST_TOLD])
    more = f"\n  and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    cure = "mend each line named above; each says how"
    return BadProgramme(f"{len(told)} mistakes{body}{more}", where=file, cure=cure)
