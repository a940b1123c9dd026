"""What is measured: communities, questions put to them, rounds of listening."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from .base import Id, Name, Part, Text
from .from_library import filled

__all__ = ["Break", "Category", "Characteristic", "Comparison", "Disproportion", "Item", "Measure", "Round"]


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
    instrument: str = Field(
        "",
        description="Id of an item of the library (`fairhearing instruments`): wording, codes and source come from "
        "there, and whatever is also written here must agree word for word.",
    )
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
    of: Text = Field(
        "the programme",
        description="Who or what people are asked about, in the singular: begins sentences such as 'The programme is "
        "trusted less by …'. Never a community.",
    )
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

    @model_validator(mode="before")
    @classmethod
    def _from_library(cls, value: Any) -> Any:
        """Items that name an instrument take from it what is not written by hand."""
        if not isinstance(value, Mapping) or not isinstance(value.get("items"), (list, tuple)):
            return value
        higher_is = value.get("higher_is", "better")
        return {**value, "items": [filled(item, higher_is) for item in value["items"]]}

    @property
    def low(self) -> float:
        """Smallest value the measure can take."""
        return 0.0 if self.report == "share" else min(item.low for item in self.items)

    @property
    def high(self) -> float:
        """Largest value the measure can take."""
        return 1.0 if self.report == "share" else max(item.high for item in self.items)


class Round(Part):
    """`[[rounds]]`: one round of listening."""

    id: Id
    name: Text
    start: date | None = None
    end: date | None = None


class Break(Part):
    """`[[breaks]]`: where a series stops being comparable. No change is told, no line drawn across it.

    That an item's wording or scale, its place in the questionnaire, or who is asked differs between rounds cannot be
    seen in the data: it looks like a change of opinion. Whoever knows declares it here."""

    source: Id = Field(description="Source whose series breaks.")
    measure: str = Field(
        "",
        description="Measure that breaks; of official figures a series, or a stage such as panel; empty: all of the "
        "source.",
    )
    at: Text = Field(description="First round, or first period, of the new series.")
    why: Text = Field(description="What changed: the question, the definition, who is counted.")
    found_in: str = Field("", description="Document that says so; blank is printed as blank.")


class Comparison(Part):
    """`[[comparisons]]`: a change looked for, declared before the later evidence is read."""

    id: Id
    measure: Name
    source: Id = Field(description="Survey that asked in both rounds.")
    characteristic: Name | None = Field(None, description="With `community`: of that community alone.")
    community: Name | None = None
    before: Id = Field(description="Round before.")
    after: Id = Field(description="Round after.")
    expected: Literal["higher", "lower", "either"] = Field(
        "either", description="Said beside what is found. It does not shorten the interval: the test is two-sided."
    )
    follows: str = Field(
        "", description="Recommendation (`R.<step>.<safeguard>`) or commitment it is expected to follow."
    )
    declared_on: date = Field(
        description="Day this comparison was declared. Later than the start of the round after, it is marked as "
        "declared after the evidence could be seen."
    )


class Disproportion(Part):
    """`[[disproportions]]`: how often something is done to one group against another, in published figures, by one
    chosen denominator. Another denominator is another entry: the report shows them side by side."""

    id: Id
    source: Id = Field(description='Source of kind "official".')
    series: str = Field("", description="Series in the file; empty: the only one with this measure and dimension.")
    measure: Text = Field(description="What is counted, as in the file: searches, referrals.")
    dimension: Text = Field(description="What the figures divide people by, as in the file.")
    category: Text = Field(description="The group compared, as in the file.")
    compared_with: str = Field("", description="The group it is compared with; empty: everybody else who is known.")
    period: str = Field("", description="One period of the file; empty: every period.")
    against: str = Field(
        "", description="Denominator: another measure of the same table, which the measure is a part of."
    )
    population: Name | None = Field(
        None, description="Or the characteristic whose `people` are the denominator: events per resident."
    )
    residents: dict[str, Name] = Field(
        {}, description="Category in the file → category of that characteristic, where the names differ."
    )
    why: str = Field("", description="Why this denominator, in a sentence the report prints.")
