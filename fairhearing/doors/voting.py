"""The door to votes: one export, without a programme."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .. import gather as gathering
from .. import weigh
from .._progress import Say, silent
from ..engines import DuckDBEngine, run_stages
from ..errors import BadInput
from ..gather.voters import values_given
from ..gather.votes import all_votes, seen_by, statements_to_start_with, voter_ids
from ..hear import groups, opinion
from ..hear.as_polis import WHY, as_polis
from ..hear.next_shown import learn, next_statement
from ..programme import Programme
from ..settings import Settings, read_settings
from ..tables import empty, evidence_tables

__all__ = ["Next", "Reading", "Voted", "next_shown", "votes", "votes_as_polis"]

_KEY = b"one run"


@dataclass(frozen=True)
class Voted:
    """What `fairhearing votes` prints. `verdict`: groups, no distinct groups or unstable, because of `reason`; `k`
    groups (1: everybody together); `participants`: id, group, probability; `statements`: `STATEMENT_KEYS`;
    `groups`: how each group voted on each statement, and whether votes that did not build it show it to stand out;
    `communities`: the same of those people declare to belong to; `alike`: votes that look mechanical, and what would
    be said without them; `heldout`: auc, log_loss, cells; `notes`: what was read and what was left out;
    `cpu_seconds`: processor time of all of it."""

    verdict: str
    reason: str
    k: int
    participants: list[dict[str, Any]]
    statements: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    communities: list[dict[str, Any]]
    alike: dict[str, Any]
    heldout: dict[str, Any]
    notes: list[str]
    cpu_seconds: float

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What a CSV holds: the statements."""
        return self.statements


@dataclass(frozen=True)
class Reading:
    """How an export is read: columns that say who voters are and how much each counts (of a people.csv, of the
    participants' matrix or of votes.csv), and whether statements nobody accepted are left out too."""

    by: tuple[str, ...] = ()
    weight: str | None = None
    strict_moderation: bool = False


def votes(
    folder: Path,
    *,
    reading: Reading | None = None,
    heldout: int | None = None,
    settings: Settings | None = None,
    say: Say = silent,
) -> Voted:
    """How people voted on each statement of one Polis export, or of a votes.csv of person, statement, vote, and
    whether they fall into groups of opinion. `heldout`: seed of the tenth of the votes that is hidden and
    predicted."""
    began = time.process_time()
    settings = settings or read_settings()
    programme, names = _bare_programme(folder, reading or Reading(), settings)
    source = programme.sources[0]
    evidence = gathering.read_source(
        source, programme, folder, key=_KEY, largest_file_mb=settings.largest_file_mb, say=say
    )
    say("look for groups of opinion")
    heard = opinion.hear_opinion(
        evidence.tables["votes"],
        np.random.default_rng([settings.seed, *b"opinion"]),
        smallest=programme.rules.publish_at_least,
        weights=_weights(evidence.tables["people"]),
        hide=None if heldout is None else np.random.default_rng(heldout),
    )
    with DuckDBEngine(threads=settings.threads, memory_mb=settings.memory_mb) as engine:
        for table in evidence_tables():
            engine.load(table.name, evidence.tables.get(table.name, empty(table.name)))
        evidence.tables.clear()  # the engine has them: at millions of votes a second copy is felt
        stages = (weigh.STAGE, groups.stage({source.id: heard}))
        written = run_stages(engine, stages, programme=programme, seed=settings.seed, say=say)
    ids = voter_ids(folder, source.id, _KEY, settings.largest_file_mb)
    people = [row | {"id": ids[row["id"]]} for row in opinion.participant_rows(heard)]
    found = heard.found
    return Voted(
        found.verdict, found.reason, found.k, people, groups.statement_rows(written), _group_rows(written),
        _community_rows(written, programme, names), _alike(written), opinion.scores(heard), list(evidence.notes),
        round(time.process_time() - began, 3),
    )  # fmt: skip


def votes_as_polis(
    folder: Path, *, reading: Reading | None = None, settings: Settings | None = None, say: Say = silent
) -> Voted:
    """Polis's own grouping of an export, in the same shape, to compare with: it finds groups in any votes, and
    nothing here says whether they are there. `bridging` is its group-aware consensus, which has no interval. Whoever
    cast too few votes for Polis to place has the nearest group, and no probability."""
    began = time.process_time()
    settings = settings or read_settings()
    ours = votes(folder, reading=reading, settings=settings, say=say)
    say("group as Polis does")
    strict = reading is not None and reading.strict_moderation
    made = all_votes(folder, settings.largest_file_mb, strict=strict)
    cells = made.person, made.statement, made.vote
    found = as_polis(made.people, made.statements, cells, made.moderated, ours.statements)
    verdict = "groups" if found.k > 1 else "no distinct groups"
    return Voted(
        verdict, WHY, found.k, found.participants, found.statements, [], ours.communities, ours.alike, ours.heldout,
        ours.notes, round(time.process_time() - began, 3),
    )  # fmt: skip


@dataclass(frozen=True)
class Next:
    """What `fairhearing next` prints: the statement to show a person next (null when they have seen all)."""

    person: str
    voted: int
    left: int
    statement: str | None
    text: str | None


def next_shown(
    folder: Path, person: str, *, reading: Reading | None = None, settings: Settings | None = None, say: Say = silent
) -> Next:
    """The statement worth most to be shown to one person, from the votes so far. The same votes give the same one. A
    person who has not voted yet is new to the conversation; a conversation nobody has voted in yet needs its
    statements alone. An author has seen their own statement."""
    settings, reading = settings or read_settings(), reading or Reading()
    limit, strict = settings.largest_file_mb, reading.strict_moderation
    texts = statements_to_start_with(folder, limit, strict=strict)
    votes, mine, key = empty("votes"), set[str](), person
    if texts is None:
        programme, _names = _bare_programme(folder, reading, settings)
        source = programme.sources[0]
        read = gathering.read_source(source, programme, folder, key=_KEY, largest_file_mb=limit, say=say).tables
        names = voter_ids(folder, source.id, _KEY, limit)
        key = next((key for key, name in names.items() if name == person), person)
        votes = read["votes"].sort_by([("person", "ascending"), ("statement", "ascending")])
        rows, least = read["propositions"].to_pylist(), 1 if strict else 0
        texts = {row["statement"]: row["text"] for row in rows if row["moderated"] >= least}
        mine = seen_by(folder, person, limit) & texts.keys()
    left = [id for id in texts if id not in mine]
    heard = learn(votes, np.random.default_rng([settings.seed, *b"opinion"])) if votes.num_rows else None
    rng = np.random.default_rng([settings.seed, len(mine), *person.encode()])
    chosen = next_statement(votes, heard, key, left, rng)
    return Next(person, len(mine), len(left), chosen, texts[chosen] if chosen else None)


def _group_rows(written: dict[str, pa.Table]) -> list[dict[str, Any]]:
    names = {"statement": "id", "opinion_group": "group", "n": "n", "estimate": "agree", "low": "low", "high": "high",
             "differs": "differs"}  # fmt: skip
    rows = [{new: row[old] for old, new in names.items()} for row in written["group_shares"].to_pylist()]
    return [row | {"group": ord(row["group"]) - ord("A")} for row in rows]


def _alike(written: dict[str, pa.Table]) -> dict[str, Any]:
    row = written["groups"].to_pylist()[0]
    names = ("alike", "verdict_without", "kinds_without", "change_without")
    return {"people": row["alike"]} | {name: row[name] for name in names[1:]}


def _community_rows(
    written: dict[str, pa.Table], programme: Programme, names: dict[str, str]
) -> list[dict[str, Any]]:
    same = ("n", "low", "high", "differs")
    return [
        {
            "id": row["statement"], "characteristic": names[row["characteristic"]],
            "community": programme.category_name(row["characteristic"], row["community"]),
            "agree": row["estimate"],
        } | {name: row[name] for name in same}
        for row in written["statement_shares"].to_pylist()
    ]  # fmt: skip


def _weights(people: pa.Table) -> dict[str, float]:
    return dict(zip(people["person"].to_pylist(), people["weight"].to_pylist(), strict=True))


_MOST_COMMUNITIES = 50


def _bare_programme(folder: Path, reading: Reading, settings: Settings) -> tuple[Programme, dict[str, str]]:
    """What a direct door needs of a programme: one source, the default rules, and communities as the columns name
    them; with the column of each characteristic."""
    characteristics = [
        _characteristic(f"by_{number}", column, folder, settings) for number, column in enumerate(reading.by, 1)
    ]
    names = {each["id"]: each["name"] for each in characteristics}
    source = {
        "id": "votes", "file": folder.name or "votes", "kind": "votes", "sample": "self-selected",
        "strict_moderation": reading.strict_moderation,
        "columns": {"weight": reading.weight, "characteristics": names},
    }  # fmt: skip
    made = {
        "programme": {"id": "door", "name": folder.name or "votes", "about": "One file, read directly."},
        "objectives": [{"id": "none", "text": "Not part of a programme"}],
        "activities": [{"id": "none", "name": "None", "objective": "none"}],
        "characteristics": characteristics,
        "sources": [source],
        "rules": {"fixed_on": date(2019, 2, 25)},
    }
    return Programme.model_validate(made), names


def _characteristic(id: str, column: str, folder: Path, settings: Settings) -> dict[str, Any]:
    values = values_given(folder, column, settings.largest_file_mb)
    if not 2 <= len(values) <= _MOST_COMMUNITIES:
        raise BadInput(
            f"the column {column!r} holds {len(values):,} different values, not 2 to {_MOST_COMMUNITIES} communities",
            where=folder,
            cure="name a column of coarse categories with --by",
        )
    return {
        "id": id, "name": column,
        "categories": [{"id": f"c_{number}", "name": value} for number, value in enumerate(values, 1)],
    }  # fmt: skip
