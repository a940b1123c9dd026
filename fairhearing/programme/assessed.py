"""What is assessed: the programme, its objectives, its activities and their steps, and what it promised."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from .base import Id, Part, Text

__all__ = [
    "Activity",
    "Commitment",
    "Experience",
    "Objective",
    "Response",
    "Safeguard",
    "SafeguardClass",
    "SafeguardState",
    "Step",
    "Subject",
]

SafeguardState = Literal["met", "partial", "absent", "unknown", "not legally covered"]
SafeguardClass = Literal["law", "statutory guidance", "good practice"]
Response = Literal["accepted", "in principle", "in part", "rejected", "deferred", "acknowledged", "no response"]


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


class Experience(Part):
    """`[[experiences]]`: something that can happen to a person at a step; adds to the library's list."""

    id: Id
    name: Text
    valence: Literal["good", "bad"]
    harm_of: Literal["action", "inaction"] = Field(
        "action", description="Bad ones only: harm done by acting, or by not acting. Both are shown, side by side."
    )
    words: tuple[Text, ...] = Field((), description="Phrases that show it in a text.")


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
