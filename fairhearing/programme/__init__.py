"""`programme.toml` → `Programme`: what is assessed and how it will be judged, validated before anything is read.

Every mistake is reported at once, each with its file, line, key and cure. The models here and in `assessed`,
`measured` and `sources` *are* the format: the reference page is generated from their field descriptions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from ..errors import BadProgramme
from .assessed import (
    Activity,
    Commitment,
    ConflictingSources,
    DocumentedHarm,
    Experience,
    Idea,
    Objective,
    Response,
    Safeguard,
    Step,
    Study,
    Subject,
    Theory,
)
from .base import Part
from .checks import inconsistencies
from .fields import Problem, problems_of
from .measured import Break, Category, Characteristic, Comparison, Disproportion, Item, Measure, Round
from .sources import SAMPLES_WITH_MARGIN, Band, Columns, Evaluation, Recode, Source, SourceCard, StatementMeans, Words
from .toml_lines import key_in_words, line_numbers, nearest_line, parsed, text_of

__all__ = [
    "SAMPLES_WITH_MARGIN",
    "TRIED",
    "Activity",
    "Band",
    "Break",
    "Category",
    "Characteristic",
    "Columns",
    "Commitment",
    "Comparison",
    "ConflictingSources",
    "Disproportion",
    "DocumentedHarm",
    "Evaluation",
    "Experience",
    "Idea",
    "Item",
    "Measure",
    "Objective",
    "Programme",
    "Recode",
    "Response",
    "Round",
    "Rules",
    "Safeguard",
    "Source",
    "SourceCard",
    "StatementMeans",
    "Step",
    "Study",
    "Subject",
    "Theory",
    "Words",
    "read_programme",
]


TRIED: Mapping[str, tuple[float, ...]] = {
    "harm_share": (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50),
    "probability": (0.70, 0.80, 0.85, 0.90, 0.95, 0.975, 0.99),
    "smallest_difference": (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15),
    "effect_that_matters": (0.05, 0.10, 0.15, 0.20, 0.30, 0.40),
}
"""Decision rule → values tried beside the one fixed, to show how verdicts move with each."""


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
    calibrate: Literal["rake", "logit"] = Field(
        "rake",
        description="How weights are made to meet the population: multiplied margin by margin, or kept within "
        "`calibrate_within` times the weights people came with. (Linear calibration can make somebody count against "
        "their own community, so it is only in `fairhearing estimate`.)",
    )
    calibrate_within: tuple[float, float] = Field(
        (0.2, 5.0), description="Of `logit`: least and most a weight may be multiplied by."
    )
    weight_at_most: float = Field(5.0, gt=1, description="Weights above this many times the mean are trimmed.")
    cell_at_least: int = Field(
        5,
        ge=1,
        description="A weighting category with fewer respondents is collapsed into the next smallest.",
    )


class Programme(Part):
    """The whole of `programme.toml`."""

    programme: Subject
    objectives: tuple[Objective, ...] = Field(min_length=1)
    activities: tuple[Activity, ...] = Field(min_length=1)
    characteristics: tuple[Characteristic, ...] = ()
    measures: tuple[Measure, ...] = ()
    experiences: tuple[Experience, ...] = ()
    rounds: tuple[Round, ...] = ()
    breaks: tuple[Break, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    disproportions: tuple[Disproportion, ...] = ()
    sources: tuple[Source, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    studies: tuple[Study, ...] = ()
    theories: tuple[Theory, ...] = ()
    ideas: tuple[Idea, ...] = ()
    words: Words = Words()
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
        return _reader_from(file.parent, Programme.model_validate(document))
    except _Inconsistent as error:
        problems = error.problems
    except ValidationError as error:
        problems = problems_of(error, Programme)
    raise _report(file, text, document, problems)


def _reader_from(folder: Path, programme: Programme) -> Programme:
    """A reader that is a folder of the programme's own is meant wherever the command is given."""
    kind, colon, model = programme.words.reader.rpartition(":")
    if not (folder / model / "config.json").is_file():
        return programme
    words = programme.words.model_copy(update={"reader": f"{kind}{colon}{(folder / model).resolve()}"})
    return programme.model_copy(update={"words": words})


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
