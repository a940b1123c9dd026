"""A programme folder as `main` works with it: what was gathered, what a run is made from, what is on the log.

programme.toml   evidence/   ledger/   runs/   published/
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import follow_up, library, runs
from . import gather as gathering
from .errors import BadInput, LedgerBroken, NotReady, NotVerified
from .hear.readers import open_reader
from .ledger import PUBLISHED, RECOMMENDED, REVIEWED, SIGNED, Event, Ledger, Part, bundles, keys, proofs
from .programme import Programme, Source, read_programme
from .publish import Edition, Facts, Review, RulesChange, Signature, SourceFacts
from .settings import Settings
from .tables import from_rows

__all__ = ["CODEBOOK_CHANGED", "CODES_RECEIVED", "LABELS_RECEIVED", "SHEETS_DRAWN", "Folder", "who"]

RULES_EVENTS = ("rules fixed", "rules changed")
CODEBOOK_CHANGED, SHEETS_DRAWN, CODES_RECEIVED = "codebook changed", "coding sheets drawn", "codes received"
LABELS_RECEIVED = "labels received"


def who(settings: Settings) -> str:
    """Who is written on the log as having done it."""
    try:
        return settings.user or getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


@dataclass(frozen=True)
class Folder:
    """One programme folder, its programme read and valid."""

    path: Path
    programme: Programme
    ledger: Ledger

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Raises BadProgramme where there is no valid programme."""
        return cls(path, read_programme(path), Ledger(path / "ledger"))

    # --- evidence -------------------------------------------------------------------------------------------------

    def evidence(self, source: Source) -> Path:
        """Where the file of a source lies; BadInput where it is not there or leads out of the folder."""
        inside = self.path / "evidence"
        path = inside / source.file
        if not _is_there(path):
            raise BadInput(
                f"the source {source.id} names a file that is not there",
                where=path,
                cure="put it under evidence/, or correct `file` in programme.toml",
            )
        for file in (path, *sorted(path.rglob("*"))):
            if not file.resolve().is_relative_to(inside.resolve()):
                raise BadInput("a link out of the evidence folder", where=file, cure="copy the file itself")
        return path

    def reading(self, source: Source) -> str:
        """SHA-256 of all in programme.toml that decides how a source is read."""
        programme = self.programme
        parts: list[Any] = [source, *programme.characteristics, *programme.measures, *programme.rounds]
        parts += [activity for activity in programme.activities if source.kind in ("projects", "evaluation")]
        parts += [step for _activity, step in programme.steps() if source.kind == "consultation"]
        text = json.dumps([part.model_dump(mode="json") for part in parts], sort_keys=True)
        return hashlib.sha256((runs.versions()["fairhearing"] + text).encode()).hexdigest()

    def parts(self) -> list[Part]:
        """The parts of the latest reading of every source declared; NotReady where one was not gathered."""
        gathered = {source.id: self.ledger.gathered(source.id) for source in self.programme.sources}
        absent = [source for source, event in gathered.items() if event is None]
        if absent:
            raise NotReady(f"not gathered yet: {', '.join(absent)}", cure="run `fairhearing gather` first")
        return [part for event in (*gathered.values(), *self.codes_received()) if event for part in event.parts]

    def codes_received(self) -> tuple[Event, ...]:
        """What people coded: of every sheet and coder the latest that came back; earlier ones only stay."""
        events = [event for event in self.ledger.events() if event.what == CODES_RECEIVED]
        return tuple({(event.facts["sheet"], event.facts["coder"]): event for event in events}.values())

    def codebook_events(self) -> pa.Table:
        """What people decided about themes, in order, as the table `codebook_events`."""
        rows = [
            change | {"event": event.number, "part": part, "who": event.who, "at": event.at, "why": event.why}
            for event in self.ledger.events()
            if event.what in (CODEBOOK_CHANGED, CODES_RECEIVED)
            for part, change in enumerate(event.facts["changes"])
        ]
        return from_rows("codebook_events", rows)

    def theme_labels(self) -> pa.Table:
        """What a server was asked and answered about themes, in order, as the table `theme_labels`."""
        rows = [
            {key: event.facts[key] for key in ("instruction", "model", "url")} | {"event": event.number} | asked
            for event in self.ledger.events()
            if event.what == LABELS_RECEIVED
            for asked in event.facts["asked"]
        ]
        return from_rows("theme_labels", rows)

    def decisions(self) -> pa.Table:
        """What people recorded, and what each run recommended before there was a next, in order, as `decisions`."""
        named = [
            {"event": event.number, "who": event.who, "at": event.at, "why": event.why} | row
            for event in self.ledger.events()
            if event.what == RECOMMENDED
            for row in event.facts["recommendations"]
        ]
        told = self.ledger.decisions().to_pylist()
        return from_rows("decisions", sorted([*told, *named], key=lambda row: row["event"]))

    def keep_recommendations(self, settings: Settings) -> bool:
        """Before the next run: what the latest one recommended goes on the log, so that nothing recommended vanishes.
        True where something was added."""
        run = runs.latest(self.path / "runs")
        if run is None:
            return False
        recommended = runs.read_tables(run)["recommendations"].to_pylist()
        rows = follow_up.named_now(recommended, self.decisions().to_pylist(), run.name)
        if rows:
            facts = {"run": run.name, "recommendations": rows}
            self.ledger.append(RECOMMENDED, who=who(settings), why=f"recommended by run {run.name}", facts=facts)
        return bool(rows)

    def check_evidence(self) -> int:
        """The files as received are still the files that were read: how many there are, or NotVerified."""
        for source in self.programme.sources:
            event, path = self.ledger.gathered(source.id), self.evidence(source)
            if event is None or gathering.fingerprint(path) != event.facts["sha256"]:
                raise NotVerified(
                    "this file is not the one that was read" if event else "this file was never gathered",
                    where=path,
                    cure="put back the file as received, or gather and assess again",
                )
        return len(self.programme.sources)

    # --- the log --------------------------------------------------------------------------------------------------

    def log_rules(self, settings: Settings) -> str:
        """The decision rules go on the log before the evidence they judge; a later change is an event of its own."""
        digest = self.programme.rules_hash()
        logged = [event for event in self.ledger.events() if event.what in RULES_EVENTS]
        if logged and logged[-1].facts["hash"] == digest:
            return "unchanged"
        what = RULES_EVENTS[1] if logged else RULES_EVENTS[0]
        facts = {"hash": digest, "rules": self.programme.rules.model_dump(mode="json")}
        self.ledger.append(what, who=who(settings), why="as written in programme.toml", facts=facts)
        return what

    def logged(self, what: str, **facts: object) -> Event | None:
        """The latest event of that kind with those facts."""
        for event in reversed(self.ledger.events()):
            if event.what == what and all(event.facts.get(name) == value for name, value in facts.items()):
                return event
        return None

    def rules_history(self) -> tuple[RulesChange, ...]:
        """The decision rules as first fixed, and every change of them in words."""
        history: list[RulesChange] = []
        before: dict[str, Any] = {}
        for event in self.ledger.events():
            if event.what in RULES_EVENTS:
                rules = event.facts["rules"]
                changed = [key for key in rules if key in before and before[key] != rules[key]]
                what = "; ".join(f"{key} from {before[key]} to {rules[key]}" for key in changed) or "as first fixed"
                history.append(RulesChange(_day(event), event.facts["hash"], what))
                before = rules
        return tuple(history)

    def check_editions_logged(self) -> None:
        """Every edition that is out is on the log; one that is not means that the end of the log was cut off."""
        published = self.path / "published"
        for place in sorted(published.iterdir()) if published.is_dir() else []:
            if place.name.isdecimal() and not self.logged(PUBLISHED, edition=int(place.name)):
                raise LedgerBroken(
                    f"edition {place.name} is published but not on the log: the end of the log was cut off",
                    where=place,
                    cure="if publishing was stopped half-way, run `fairhearing publish`; else restore a backup",
                )

    @property
    def origin(self) -> str:
        """Name of the log, as checkpoints carry it."""
        return f"fairhearing/{self.programme.programme.id}"

    def log_edition(self, run: Path, edition: Edition, settings: Settings) -> Event:
        """An edition goes on the log with the hash of its manifest and the numbers of the events it rests on."""
        keys.signing_key(self.ledger, self.origin, who=who(settings))
        rests_on = proofs.concerns(self.ledger.events(), self._sealing(run).hash)
        facts = {"edition": edition.number, "run": run.name, "report_sha256": edition.sha256}
        facts |= {"seal_sha256": edition.seal_sha256, "concerns": rests_on}
        return self.ledger.append(PUBLISHED, who=who(settings), why="publish", facts=facts)

    def check_bundles(self) -> None:
        """Every edition on the log holds as a stranger checks it, and its checkpoint is one of this ledger."""
        events = self.ledger.events()
        for event in events:
            if "concerns" in event.facts and proofs.publication(events, event.facts["edition"]) is event:
                self._check_bundle(self.path / "published" / str(event.facts["edition"]), event.number)

    def _check_bundle(self, place: Path, size: int) -> None:
        checked, kept = bundles.verify_bundle(place), self.ledger.folder / "checkpoints" / str(size)
        if not kept.exists() or kept.read_bytes() != (place / proofs.PROOF / "checkpoint").read_bytes():
            raise LedgerBroken(
                f"the checkpoint of edition {checked.edition} is not one of this ledger",
                where=kept,
                cure="if publishing was stopped half-way, run `fairhearing publish`; else restore a backup",
            )

    def reviewed(self, before: int | None = None) -> dict[str, Review]:
        """What people last decided about a finding, by its id. before: only events before that number."""
        events = [event for event in self.ledger.events() if before is None or event.number < before]
        said = [(event.facts, _day(event)) for event in events if event.what == REVIEWED]
        return {
            facts["finding"]: Review(
                facts["finding"], facts["kind"], facts["by"], day, facts["reason"], facts["words"]
            )
            for facts, day in said
        }

    # --- runs -----------------------------------------------------------------------------------------------------

    @property
    def toml(self) -> str:
        """The text of programme.toml, sealed with every run."""
        return (self.path / "programme.toml").read_text(encoding="utf-8-sig")

    def inputs(self, settings: Settings) -> dict[str, Any]:
        """All that decides what a run contains; the same inputs give the same bytes."""
        return {
            "programme_sha256": hashlib.sha256(self.toml.encode()).hexdigest(),
            "parts": sorted([part.table, part.sha256] for part in self.parts()),
            "decisions": self.decisions().to_pylist(),
            "codebook": self.codebook_events().to_pylist(),
            "seed": settings.seed,
            "versions": runs.versions(),
            "reader": self.reader(),
            "labels": self.theme_labels().to_pylist(),
        }

    def reader(self) -> dict[str, str]:
        """Name and SHA-256 of what turns texts into vectors; empty where the programme has no free text."""
        if not any(source.columns.text for source in self.programme.sources):
            return {}
        found = open_reader(self.programme.words.reader)
        return {"name": found.name, "sha256": found.hash}

    def latest_run(self) -> Path:
        """The run sealed last; NotReady where there is none."""
        run = runs.latest(self.path / "runs")
        if run is None:
            raise NotReady("there is no sealed run yet", where=self.path, cure="run `fairhearing assess` first")
        return run

    def _sealing(self, run: Path) -> Event:
        sealed = self.logged("run sealed", run=run.name)
        if sealed is None:
            raise NotReady("the run was sealed but not logged", where=run, cure="run `fairhearing assess` again")
        return sealed

    def signed(self, run: Path, before: int | None = None) -> Signature | None:
        """Who signed a run last; before: number of an event, what came after it left out."""
        for event in reversed(self.ledger.events()):
            early = before is None or event.number < before
            if early and event.what == SIGNED and event.facts["run"] == run.name:
                return Signature(event.who, _day(event), event.why)
        return None

    def facts(self, run: Path, before: int | None = None) -> Facts:
        """What the report says that no table holds. The date is that of the run's seal on the log, not of a clock.
        before: number of the event that published it; what people decided about findings later is not in it."""
        sealed = self._sealing(run)
        manifest = runs.read_manifest(run)
        gathered = [event for source in self.programme.sources if (event := self.ledger.gathered(source.id))]
        return Facts(
            run=run.name,
            manifest_hash=manifest["sha256"],
            ledger_head=sealed.hash,
            generated_on=_day(sealed),
            sources=tuple(_source_facts(event) for event in gathered),
            rules_history=self.rules_history(),
            experiences={each.id: each.name for each in library.experiences()},
            versions=manifest["inputs"]["versions"],
            settings={"seed": str(manifest["inputs"]["seed"])} | _reader_told(manifest["inputs"]),
            not_proven=bundles.NOT_PROVEN,
            reviews=tuple(self.reviewed(before).values()),
            signed=self.signed(run, before),
        )


def _reader_told(inputs: dict[str, Any]) -> dict[str, str]:
    found = inputs.get("reader")
    return {"reader of texts": f"{found['name']}, SHA-256 {found['sha256']}"} if found else {}


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than the system allows
        return False


def _day(event: Event) -> date:
    return datetime.fromisoformat(event.at).date()


def _source_facts(event: Event) -> SourceFacts:
    said = event.facts
    return SourceFacts(said["source"], said["sha256"], said["rows"], said["fates"], tuple(said["notes"]))
