"""What is assessed: the programme, its objectives, its activities and their steps, and what it promised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from .base import Id, Part, Text
from .from_library import filled_safeguard, filled_step

__all__ = [
    "Activity",
    "Commitment",
    "ConflictingSources",
    "DocumentedHarm",
    "Experience",
    "Idea",
    "Objective",
    "Response",
    "Safeguard",
    "SafeguardClass",
    "SafeguardState",
    "Step",
    "Study",
    "Subject",
    "Theory",
]

SafeguardState = Literal["met", "partial", "absent", "unknown", "not legally covered"]
SafeguardClass = Literal["law", "statutory guidance", "good practice", "not established"]
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
    reviewers: tuple[Text, ...] = Field(
        (), description="Who may see words as received with `fairhearing reveal`, as the log names them; roles."
    )


class Objective(Part):
    """`[[objectives]]`: what the programme is for; every activity hangs on one."""

    id: Id
    text: Text = Field(description="The objective in the programme's own words.")


class Safeguard(Part):
    """`[[activities.steps.safeguards]]`: a protection the step should have, and whether it has it."""

    id: Id
    library: str = Field("", description="Safeguard of the library that fills in what is not written here.")
    name: Text = Field(description="What should be in place, in plain words.")
    kind: SafeguardClass = Field(description="Where the duty comes from; `not established` where nobody knows.")
    has: SafeguardState = Field("unknown", description="What was found. Unknown is an answer.")
    source: str = Field("", description="Document that sets the duty; blank is printed as blank.")
    edition: str = Field("", description="Edition of that document; blank is printed as blank.")
    found_in: str = Field("", description="Document or visit that shows what was found.")
    found_on: date | None = Field(None, description="When that was established.")
    checked: bool = Field(False, description="Whether a person of the programme has checked `source`.")
    seen: bool = Field(
        False,
        description="Whether it was seen in a public source, which is not the same as checked; the library says so.",
    )
    question: str = Field("", description="The question of a checklist that it answers.")

    @model_validator(mode="before")
    @classmethod
    def _from_library(cls, value: Any) -> Any:
        return filled_safeguard(value) if isinstance(value, Mapping) else value


class DocumentedHarm(Part):
    """`[[activities.steps.documented_harms]]`: what a document says went wrong at such a step."""

    what: Text
    harm_of: Literal["action", "inaction"] = "action"
    source: str = Field("", description="Document that says so; blank is printed as blank.")
    seen: bool = Field(False, description="Whether it was seen in a public source.")


class ConflictingSources(Part):
    """`[[activities.steps.conflicts]]`: one fact of which sources say different things; undecided."""

    about: Text = Field(description="What the sources differ on.")
    says: tuple[Text, ...] = Field(min_length=2, description="What each says, with the source it is from.")


class Step(Part):
    """`[[activities.steps]]`: one step of a process, in order."""

    id: Id
    library: str = Field(
        "",
        description="Step of the library (`fairhearing safeguards` lists them): its name, its safeguards and the "
        "harms documented there are taken from it; what is written here comes before, and a safeguard with an id of "
        "the library's stands in its place.",
    )
    leave_out: tuple[Id, ...] = Field((), description="Safeguards of that library step that do not belong here.")
    name: Text
    about: str = Field("", description="What happens to a person here.")
    owner: str = Field("", description="Office that runs this step; empty: the activity's owner.")
    law: str = Field("", description="The duty in law, and how far law reaches this step.")
    safeguards: tuple[Safeguard, ...] = ()
    documented_harms: tuple[DocumentedHarm, ...] = ()
    conflicts: tuple[ConflictingSources, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_library(cls, value: Any) -> Any:
        return filled_step(value) if isinstance(value, Mapping) else value


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


class Idea(Part):
    """`[[ideas]]`: an improvement somebody proposed, a candidate beside those that missing safeguards call for. One
    that names a safeguard stands in place of the general one for it."""

    id: Id
    activity: Id = Field(description="Activity it would change.")
    step: Id | None = Field(None, description="Step of that activity; empty: the whole activity.")
    change: Text = Field(description="What exactly is to change, in one sentence.")
    safeguard: Id | None = Field(None, description="Safeguard of that step it would put in place.")
    eases: tuple[Id, ...] = Field(
        (),
        description="Experiences it should make rarer, and measures whose gaps it should narrow, wherever those "
        "hang; empty: whatever is adverse there.",
    )
    proposed_by: str = Field("", description="Who proposed it: an office, or a kind of participant. Not a person.")
    owner: str = Field("", description="Office to act; empty: the step's or the activity's.")
    by_when: str = Field("", description="By when, in words or as a date.")
    effort: float | None = Field(
        None, gt=0, description="What it takes, in one unit for all ideas (days, or thousands of pounds)."
    )
    measured_how: str = Field("", description="What will show that it helped; empty: as measured at its step.")


class Theory(Part):
    """`[[theories]]`: how a project is meant to work, for a review where no effect can be estimated. What is left out
    is printed as not stated."""

    project: Text = Field(description="The project, as in its results.")
    activity: Id | None = None
    context: str = Field("", description="For whom, where, under which circumstances.")
    mechanism: str = Field("", description="What about it is meant to bring the change.")
    outcome: str = Field("", description="What was seen to change, and how that is known.")
    unintended: str = Field("", description="What else it did, or might do, wanted by nobody.")
    stated_in: str = Field("", description="Document and its edition.")


class Study(Part):
    """`[[studies]]`: research commissioned on the programme; declared when commissioned, so that one which never
    appears is seen not to."""

    id: Id
    title: Text
    commissioned_by: str = Field("", description="Office that pays for it; blank is printed as blank.")
    commissioned_on: date | None = Field(None, description="Day it was commissioned.")
    state: Literal["published", "withheld", "not yet published"]
    where: str = Field("", description="Where it can be read.")
    why: str = Field("", description="Why it is withheld, or not out yet; needed unless it is published.")


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
