"""START HERE. One function per command; each reads top to bottom.

    programme.toml ─┐
    evidence files ─┴─ gather → ledger → weigh → measure ┐
                                     └→ hear (groups · themes · journeys) ┤→ judge → recommend → follow up
                                                                         a sealed run → protect → publish → verify

The command line (`__main__`) and the library (`fairhearing.open_programme`) are doors to this hall: both only call
what is here. Nothing in this file computes a statistic or draws a chart; it says what happens, in which order.
"""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import follow_up, judge, library, measure, recommend, runs, weigh
from . import gather as gathering
from . import publish as publishing
from .engines import DuckDBEngine, Engine, run_stages
from .errors import BadInput, BadProgramme, FairHearingError, NotReady, NotVerified
from .hear import groups, journeys, themes
from .ledger import Event, Ledger, Part
from .programme import Programme, Source, read_programme
from .protect import protect
from .settings import Settings, read_settings
from .tables import View, empty, evidence_tables

__all__ = [
    "STAGES", "Assessed", "Gathered", "Opened", "Published", "Verified", "assess", "doctor", "estimate", "gather", "new",
    "open_programme", "publish", "question", "record", "run", "verify", "votes",
]  # fmt: skip

STAGES = (
    weigh.STAGE,
    *measure.STAGES,
    groups.STAGE,
    themes.STAGE,
    journeys.STAGE,
    judge.STAGE,
    recommend.STAGE,
    follow_up.STAGE,
)

Say = Callable[[str], None]


def _silent(_text: str) -> None:
    """Progress for nobody: a library call, or a pipe."""


# --- one programme folder, three commands ----------------------------------------------------------------------


def new(folder: Path) -> Path:
    """Start a programme: a commented `programme.toml` that is valid as it is, and an empty evidence folder."""
    file = folder / "programme.toml"
    if file.exists():
        raise BadProgramme("a programme is already here", where=file, cure="choose another folder, or edit that file")
    template = resources.files(library).joinpath("new_programme.toml").read_text(encoding="utf-8")
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    file.write_text(template, encoding="utf-8")
    read_programme(file)
    return file


@dataclass(frozen=True)
class Gathered:
    """What `gather` did. `sources`: one row a source, with the fate of its rows."""

    folder: str
    sources: tuple[dict[str, Any], ...]
    rules: str

    @property
    def new_sources(self) -> int:
        return sum(1 for source in self.sources if source["state"] != "unchanged")


def gather(folder: Path, *, settings: Settings | None = None, say: Say = _silent) -> Gathered:
    """Read every source that is new or has changed into the ledger. Stopped half-way, it goes on where it was."""
    settings = settings or read_settings()
    programme, ledger = _open(folder)
    rules = _log_rules(programme, ledger, settings)  # before any evidence is read
    rows = []
    for number, source in enumerate(programme.sources, 1):
        say(f"gather {number}/{len(programme.sources)}: {source.id} ({source.file})")
        rows.append(_gather_source(folder, programme, source, ledger, settings, say))
    return Gathered(str(folder), tuple(rows), rules)


@dataclass(frozen=True)
class Assessed:
    """What `assess` made: a sealed run, or the one already there for the same evidence, programme and software."""

    folder: str
    run: str
    already_there: bool
    rows: dict[str, int]
    verdicts: tuple[dict[str, Any], ...]


def assess(folder: Path, *, settings: Settings | None = None, say: Say = _silent) -> Assessed:
    """Weigh, measure, hear, judge, recommend, follow up: everything gathered, into one sealed run."""
    settings = settings or read_settings()
    programme, ledger = _open(folder)
    inputs = _inputs(folder, programme, ledger, settings)
    run = runs.find(folder / "runs", inputs)
    already_there = run is not None
    if run is None:
        tables = _derive(programme, ledger, settings, say)
        run = runs.seal(folder / "runs", tables, {"inputs": inputs, "programme_toml": _programme_text(folder)})
    if not _sealed(ledger, run):
        facts = {"run": run.name, "manifest": runs.read_manifest(run)["sha256"]}
        ledger.append("run sealed", who=_who(settings), why="assess", facts=facts)
    tables = runs.read_tables(run)
    rows = {name: table.num_rows for name, table in sorted(tables.items())}
    return Assessed(str(folder), str(run), already_there, rows, tuple(tables["verdicts"].to_pylist()))


@dataclass(frozen=True)
class Published:
    """What `publish` wrote."""

    folder: str
    report: str
    edition: str
    already_there: bool
    withheld: dict[str, int]


def publish(folder: Path, *, settings: Settings | None = None, say: Say = _silent) -> Published:
    """Disclosure control, then the report and the open data, from the latest sealed run."""
    settings = settings or read_settings()
    programme, ledger = _open(folder)
    run = _latest_run(folder)
    say("protect: find and hide what could identify somebody")
    safe = protect(runs.read_tables(run), programme)
    say("publish: write the report, its charts and the open data")
    facts = _facts(folder, programme, ledger, run)
    edition = publishing.edition(folder / "published", safe, programme, facts, library.language_rules())
    if not edition.already_there:
        facts_logged = {"edition": edition.folder.name, "run": run.name, "report_sha256": edition.sha256}
        ledger.append("edition published", who=_who(settings), why="publish", facts=facts_logged)
    withheld = {name: table.withheld for name, table in sorted(safe.items()) if table.withheld}
    return Published(str(folder), str(edition.report), edition.folder.name, edition.already_there, withheld)


def run(
    folder: Path, *, settings: Settings | None = None, say: Say = _silent
) -> tuple[Gathered, Assessed, Published]:
    """gather, assess and publish in turn. What is already done is not done again."""
    settings = settings or read_settings()
    return (
        gather(folder, settings=settings, say=say),
        assess(folder, settings=settings, say=say),
        publish(folder, settings=settings, say=say),
    )


@dataclass(frozen=True)
class Verified:
    """What `verify` checked; every entry held, or there would have been an error."""

    folder: str
    run: str
    events: int
    files: int
    tables: dict[str, int]
    edition: str | None


def verify(folder: Path, *, say: Say = _silent) -> Verified:
    """For the reviewer who trusts nobody: check the ledger, the evidence and the seals, then derive every table and
    the report again from the evidence and compare them bit for bit."""
    programme, ledger = _open(folder)
    say("verify: the ledger's log and every part it names")
    ledger.check()
    run = _latest_run(folder)
    manifest = runs.read_manifest(run)
    say("verify: the evidence files as received")
    files = _check_evidence(folder, programme, ledger)
    settings = Settings(seed=manifest["inputs"]["seed"])
    if _inputs(folder, programme, ledger, settings) != manifest["inputs"]:
        raise NotVerified(
            "the programme, the evidence or the software is not what this run was made from: "
            + _what_differs(_inputs(folder, programme, ledger, settings), manifest["inputs"]),
            where=run,
            cure="install the versions named in the manifest, or run `fairhearing assess` to seal a new run",
        )
    say("verify: derive every table again")
    differences = runs.compare(run, _derive(programme, ledger, settings, say))
    if differences:
        raise NotVerified(
            "\n  ".join(["tables do not come out the same:", *map(str, differences)]),
            where=run,
            cure="do not rely on this run; ask the publisher how it was made",
        )
    edition = _check_edition(folder, programme, ledger, run, say)
    rows = {name: table.num_rows for name, table in sorted(runs.read_tables(run).items())}
    return Verified(str(folder), run.name, len(ledger.events()), files, rows, edition)


def record(
    folder: Path, on: str, column: str, value: str, *, why: str, settings: Settings | None = None
) -> Event:
    """A person records what became of a commitment or recommendation: its response, what is claimed, or what an
    assessor verified. An event with who, when and why; nothing is overwritten."""
    settings = settings or read_settings()
    programme, ledger = _open(folder)
    recommendations = runs.read_tables(_latest_run(folder))["recommendations"] if _has_run(folder) else None
    follow_up.check_decision(programme, recommendations, on, column, value)
    facts = {"on": on, "column": column, "value": value}
    return ledger.append("status recorded", who=_who(settings), why=why, facts=facts)


# --- the direct doors: one verb on one file ---------------------------------------------------------------------


def question(file: Path) -> dict[str, Any]:
    """The fields of one question page; null where the page does not carry the field."""
    return gathering.read_question(file)


def estimate(
    file: Path, *, item: str, by: str | None = None, margins: Path | None = None, weights: str | None = None,
    strata: str | None = None, cluster: str | None = None, settings: Settings | None = None,
) -> pa.Table:  # fmt: skip
    """Weighted mean or share of one column, for everyone and by another column, with intervals."""
    limit = (settings or read_settings()).largest_file_mb
    return measure.estimate_table(
        gathering.read_table(file, largest_file_mb=limit),
        item=item, by=by, weights=weights, strata=strata, cluster=cluster, where=str(file),
        margins=None if margins is None else gathering.read_table(margins, largest_file_mb=limit),
    )  # fmt: skip


def votes(folder: Path, *, settings: Settings | None = None, say: Say = _silent) -> list[dict[str, Any]]:
    """How people voted on each statement of one Polis export, or of a votes.csv of person, statement, vote."""
    settings = settings or read_settings()
    source = Source(id="votes", file=folder.name or "votes", kind="votes", sample="self-selected")
    programme = _bare_programme(source)
    evidence = gathering.read_source(
        source, programme, folder, key=b"one run", largest_file_mb=settings.largest_file_mb, say=say
    )
    with _engine(settings) as engine:
        for table in evidence_tables():
            engine.load(table.name, evidence.tables.get(table.name, empty(table.name)))
        written = run_stages(engine, (weigh.STAGE, groups.STAGE), programme=programme, seed=settings.seed, say=say)
    return groups.statement_rows(written)


def doctor(folder: Path | None = None) -> list[dict[str, Any]]:
    """Check the installation, and a programme folder where one is given: one row a check, with what to do."""
    checks = [_check("versions", lambda: ", ".join(f"{name} {v}" for name, v in sorted(runs.versions().items())))]
    checks.append(_check("engine", _engine_answers))
    checks.append(_check("settings", lambda: str(read_settings())))
    if folder is not None:
        checks.append(_check("programme", lambda: read_programme(folder).programme.name))
        checks.append(_check("ledger", lambda: _ledger_state(Ledger(folder / "ledger"))))
    return checks


# --- the library door -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """A programme folder in a notebook or script: the same functions, and the tables of its latest sealed run."""

    folder: Path
    programme: Programme

    def gather(self, *, say: Say = _silent) -> Gathered:
        return gather(self.folder, say=say)

    def assess(self, *, say: Say = _silent) -> Assessed:
        return assess(self.folder, say=say)

    def publish(self, *, say: Say = _silent) -> Published:
        return publish(self.folder, say=say)

    def verify(self, *, say: Say = _silent) -> Verified:
        return verify(self.folder, say=say)

    @property
    def tables(self) -> dict[str, View]:
        """Every table of the latest sealed run, for pandas, polars, Arrow and a notebook's display."""
        return {name: View(name, table) for name, table in runs.read_tables(_latest_run(self.folder)).items()}


def open_programme(path: str | Path) -> Opened:
    """Open a programme folder; BadProgramme says what is wrong with it."""
    folder = Path(path)
    return Opened(folder, read_programme(folder))


# --- workings ---------------------------------------------------------------------------------------------------


def _open(folder: Path) -> tuple[Programme, Ledger]:
    return read_programme(folder), Ledger(folder / "ledger")


def _who(settings: Settings) -> str:
    return settings.user or getpass.getuser()


def _log_rules(programme: Programme, ledger: Ledger, settings: Settings) -> str:
    """The decision rules go on the log before the evidence they judge; a later change is an event of its own."""
    digest = programme.rules_hash()
    logged = [event for event in ledger.events() if event.what in ("rules fixed", "rules changed")]
    if logged and logged[-1].facts["hash"] == digest:
        return "unchanged"
    what = "rules changed" if logged else "rules fixed"
    facts = {"hash": digest, "rules": programme.rules.model_dump(mode="json")}
    ledger.append(what, who=_who(settings), why="as written in programme.toml", facts=facts)
    return what


def _gather_source(
    folder: Path, programme: Programme, source: Source, ledger: Ledger, settings: Settings, say: Say
) -> dict[str, Any]:
    """One source into the ledger, unless the same file was already read in the same way."""
    path = _evidence_path(folder, source)
    sha256, reading = gathering.fingerprint(path), _reading(programme, source)
    before = ledger.gathered(source.id)
    row = {"source": source.id, "file": source.file, "sha256": sha256}
    if before and (before.facts["sha256"], before.facts["reading"]) == (sha256, reading):
        return row | {key: before.facts[key] for key in ("rows", "fates", "notes")} | {"state": "unchanged"}
    read = gathering.read_source(
        source, programme, path, key=ledger.key(), largest_file_mb=settings.largest_file_mb, say=say
    )
    state = _state(before, sha256)
    facts = row | {"reading": reading, "rows": read.rows, "fates": read.fates, "notes": list(read.notes)}
    ledger.append("evidence gathered", who=_who(settings), why=state, facts=facts, tables=read.tables)
    return row | {"rows": read.rows, "fates": read.fates, "notes": list(read.notes), "state": state}


def _state(before: Event | None, sha256: str) -> str:
    """A changed file is noticed and said; what was read before stays in the ledger."""
    if before is None:
        return "new"
    if before.facts["sha256"] != sha256:
        return f"file changed since event {before.number}; the earlier reading stays in the ledger"
    return f"same file, read differently since event {before.number}"


def _reading(programme: Programme, source: Source) -> str:
    """SHA-256 of all in programme.toml that decides how this source is read."""
    parts: list[Any] = [source, *programme.characteristics, *programme.measures, *programme.rounds]
    parts += [step for _activity, step in programme.steps()]
    text = json.dumps([part.model_dump(mode="json") for part in parts], sort_keys=True)
    return hashlib.sha256((runs.versions()["fairhearing"] + text).encode()).hexdigest()


def _evidence_path(folder: Path, source: Source) -> Path:
    path = folder / "evidence" / source.file
    if not path.exists():
        raise BadInput(
            f"the source {source.id} names a file that is not there",
            where=path,
            cure="put it under evidence/, or correct `file` in programme.toml",
        )
    if not path.resolve().is_relative_to((folder / "evidence").resolve()):
        raise BadInput("the file is a link out of the evidence folder", where=path, cure="copy the file itself")
    return path


def _engine(settings: Settings) -> Engine:
    return DuckDBEngine(threads=settings.threads, memory_mb=settings.memory_mb)


def _derive(programme: Programme, ledger: Ledger, settings: Settings, say: Say) -> dict[str, pa.Table]:
    """Every table of a run, from the evidence: the one place where stages are run, for `assess` and `verify`."""
    with _engine(settings) as engine:
        parts = _parts(programme, ledger)
        for table in evidence_tables():
            files = [ledger.path(part) for part in parts if part.table == table.name]
            engine.load(table.name, files or empty(table.name))
        engine.load("decisions", ledger.decisions())
        tables = run_stages(engine, STAGES, programme=programme, seed=settings.seed, say=say)
        return tables | {"fates": engine.query("SELECT * FROM fates ORDER BY source, row")}


def _parts(programme: Programme, ledger: Ledger) -> list[Part]:
    """The parts of the latest reading of every source declared; NotReady where one was not gathered."""
    gathered = {source.id: ledger.gathered(source.id) for source in programme.sources}
    absent = [source for source, event in gathered.items() if event is None]
    if absent:
        raise NotReady(f"not gathered yet: {', '.join(absent)}", cure="run `fairhearing gather` first")
    return [part for event in gathered.values() if event for part in event.parts]


def _inputs(folder: Path, programme: Programme, ledger: Ledger, settings: Settings) -> dict[str, Any]:
    """All that decides what a run contains; the same inputs give the same bytes."""
    return {
        "programme_sha256": hashlib.sha256(_programme_text(folder).encode()).hexdigest(),
        "parts": sorted([part.table, part.sha256] for part in _parts(programme, ledger)),
        "decisions": ledger.decisions().to_pylist(),
        "seed": settings.seed,
        "versions": runs.versions(),
    }


def _programme_text(folder: Path) -> str:
    return (folder / "programme.toml").read_text(encoding="utf-8-sig")


def _has_run(folder: Path) -> bool:
    return runs.latest(folder / "runs") is not None


def _latest_run(folder: Path) -> Path:
    run = runs.latest(folder / "runs")
    if run is None:
        raise NotReady("there is no sealed run yet", where=folder, cure="run `fairhearing assess` first")
    return run


def _sealed(ledger: Ledger, run: Path) -> Event | None:
    """The event that logged this run."""
    return next((e for e in ledger.events() if e.what == "run sealed" and e.facts["run"] == run.name), None)


def _check_evidence(folder: Path, programme: Programme, ledger: Ledger) -> int:
    """The files as received are still the files that were read."""
    for source in programme.sources:
        event = ledger.gathered(source.id)
        path = _evidence_path(folder, source)
        if event is None or gathering.fingerprint(path) != event.facts["sha256"]:
            raise NotVerified(
                "this file is not the one that was read" if event else "this file was never gathered",
                where=path,
                cure="put back the file as received, or gather and assess again",
            )
    return len(programme.sources)


def _what_differs(now: dict[str, Any], then: dict[str, Any]) -> str:
    return ", ".join(sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key)))


def _bare_programme(source: Source) -> Programme:
    """What a direct door needs of a programme: one source, no communities, the default rules."""
    return Programme.model_validate(
        {
            "programme": {"id": "door", "name": source.file, "about": "One file, read directly."},
            "objectives": [{"id": "none", "text": "Not part of a programme"}],
            "activities": [{"id": "none", "name": "None", "objective": "none"}],
            "sources": [source.model_dump()],
            "rules": {"fixed_on": date(2019, 2, 25)},
        }
    )


def _check(name: str, look: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"check": name, "well": True, "says": look()}
    except FairHearingError as error:
        return {"check": name, "well": False, "says": str(error)}


def _engine_answers() -> str:
    with _engine(read_settings()) as engine:
        engine.load("one", pa.table({"n": [1]}))
        return f"answers {engine.query('SELECT n FROM one').num_rows} row, offline"


def _ledger_state(ledger: Ledger) -> str:
    ledger.check()
    orphans = ledger.orphans()
    return f"{len(ledger.events())} events, whole" + (f"; {len(orphans)} unfinished parts, ignored" if orphans else "")
