"""START HERE. One function per command; each reads top to bottom.

    programme.toml ─┐
    evidence files ─┴─ gather → ledger → weigh → measure ┐
                                     └→ hear (groups · themes · journeys) ┤→ judge → recommend → follow up
                                                                         a sealed run → protect → publish → verify

The command line (`__main__`, `commands/`) and the library (`fairhearing.open_programme`) are doors to this hall: both
only call what is here or, for one verb on one file, what is in `doors/`. Nothing in this file computes a statistic or
draws a chart; it says what happens, in which order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import follow_up, judge, library, measure, recommend, runs, sign_off, weigh
from . import gather as gathering
from . import publish as publishing
from ._folder import Folder, who
from ._progress import Say, silent
from .engines import DuckDBEngine, Engine, run_stages
from .errors import BadInput, BadProgramme, FairHearingError, NotReady, NotVerified
from .hear import agreement, corrected, experienced, groups, journeys, themes, verbatim
from .ledger import PUBLISHED, REVIEWED, SIGNED, Event, Ledger, keys, proofs
from .programme import Programme, Source, read_programme
from .protect import protect
from .settings import Settings, read_settings
from .tables import View, empty, evidence_tables

__all__ = [
    "STAGES", "Assessed", "Gathered", "Opened", "Published", "Verified", "assess", "compare", "doctor", "gather",
    "key", "new", "open_programme", "publish", "record", "review", "run", "sign", "verify",
]  # fmt: skip

STAGES = (
    weigh.STAGE,
    *measure.STAGES,
    groups.STAGE,
    themes.STAGE,
    agreement.STAGE,
    corrected.STAGE,
    journeys.STAGE,
    experienced.STAGE,
    judge.STAGE,
    recommend.STAGE,
    sign_off.STAGE,
    follow_up.STAGE,
)

_MOST_LISTED = 20
"""Unsettled things named in one message; the table `unsettled` has them all."""

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


def gather(folder: Path, *, settings: Settings | None = None, say: Say = silent) -> Gathered:
    """Read every source that is new or has changed into the ledger. Stopped half-way, it goes on where it was."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    rules = here.log_rules(settings)  # before any evidence is read
    rows = []
    for number, source in enumerate(here.programme.sources, 1):
        say(f"gather {number}/{len(here.programme.sources)}: {source.id} ({source.file})")
        rows.append(_gather_source(here, source, settings, say))
    return Gathered(str(folder), tuple(rows), rules)


@dataclass(frozen=True)
class Assessed:
    """What `assess` made: a sealed run, or the one already there for the same evidence, programme and software."""

    folder: str
    run: str
    already_there: bool
    rows: dict[str, int]
    verdicts: tuple[dict[str, Any], ...]


def assess(folder: Path, *, settings: Settings | None = None, say: Say = silent) -> Assessed:
    """Weigh, measure, hear, judge, recommend, follow up: everything gathered, into one sealed run."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    inputs = here.inputs(settings)
    run = runs.find(folder / "runs", inputs)
    already_there = run is not None
    if run is None:
        inputs = here.inputs(settings) if here.keep_recommendations(settings) else inputs
        sealed_with = {"inputs": inputs, "programme_toml": here.toml, "ledger_head": here.ledger.head()}
        run = runs.seal(folder / "runs", _derive(here, settings, say), sealed_with)
    if not here.logged("run sealed", run=run.name):
        facts = {"run": run.name, "manifest": runs.read_manifest(run)["sha256"]}
        here.ledger.append("run sealed", who=who(settings), why="assess", facts=facts)
    tables = runs.read_tables(run)
    rows = {name: table.num_rows for name, table in sorted(tables.items())}
    return Assessed(str(folder), str(run), already_there, rows, tuple(tables["verdicts"].to_pylist()))


@dataclass(frozen=True)
class Published:
    """What `publish` wrote."""

    folder: str
    report: str
    edition: int
    already_there: bool
    withheld: dict[str, int]


def publish(folder: Path, *, settings: Settings | None = None, say: Say = silent) -> Published:
    """Disclosure control, then the report and the open data, from the latest sealed run."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    run = here.latest_run()
    say("protect: find and hide what could identify somebody")
    safe = protect(runs.read_tables(run), here.programme, here.reviewed())
    say("publish: write the report, its charts and the open data")
    rules = library.language_rules()
    edition = publishing.edition(folder / "published", safe, here.programme, here.facts(run), rules)
    if not here.logged(PUBLISHED, edition=edition.number):
        here.log_edition(run, edition, settings)
    say("publish: sign a checkpoint of the log, and put the proofs beside the edition")
    publishing.write_proof(edition.folder, proofs.edition_proof(here.ledger, edition.number))
    withheld = {name: table.withheld for name, table in sorted(safe.items()) if table.withheld}
    return Published(str(folder), str(edition.report), edition.number, edition.already_there, withheld)


def run(folder: Path, *, settings: Settings | None = None, say: Say = silent) -> tuple[Gathered, Assessed, Published]:
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
    edition: int | None


def verify(folder: Path, *, say: Say = silent) -> Verified:
    """For the reviewer who trusts nobody: check the ledger, the evidence and the seals, then derive every table and
    the report again from the evidence and compare them bit for bit."""
    here = Folder.open(folder)
    run = here.latest_run()
    manifest = runs.read_manifest(run)
    say("verify: the ledger's log and every part it names")
    here.ledger.check(heads=[manifest["ledger_head"]])
    proofs.check_checkpoints(here.ledger)
    say("verify: the evidence files as received")
    files = here.check_evidence()
    settings = Settings(seed=manifest["inputs"]["seed"])
    differs = _what_differs(here.inputs(settings), manifest["inputs"])
    if differs:
        raise NotVerified(
            f"the programme, the evidence or the software is not what this run was made from: {differs}",
            where=run,
            cure="install the versions named in the manifest, or run `fairhearing assess` to seal a new run",
        )
    say("verify: derive every table again")
    differences = runs.compare(run, _derive(here, settings, say))
    if differences:
        raise NotVerified(
            "\n  ".join(["tables do not come out the same:", *map(str, differences)]),
            where=run,
            cure="do not rely on this run; ask the publisher how it was made",
        )
    say("verify: make the report again")
    edition = _check_edition(here, run)
    rows = {name: table.num_rows for name, table in sorted(runs.read_tables(run).items())}
    return Verified(str(folder), run.name, len(here.ledger.events()), files, rows, edition)


def record(folder: Path, on: str, column: str, value: str, *, why: str, settings: Settings | None = None) -> Event:
    """A person records a decision: what became of a commitment or recommendation (its response, what is claimed, what
    an assessor verified), whether a proposed change is adopted and in which words, what is answered without a change,
    and who sees it otherwise. An event with who, when and why; nothing is overwritten."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    run = runs.latest(folder / "runs")
    room = next((room for room in (judge, recommend) if column in room.DECIDES), follow_up)
    tables = runs.read_tables(run) if run else {}
    if room is follow_up:
        follow_up.check_decision(here.programme, tables, on, column, value, here.decisions().to_pylist())
    else:
        room.check_decision(here.programme, tables, on, column, value)
    _reason(why)
    facts = {"on": on, "column": column, "value": value}
    return here.ledger.append("status recorded", who=who(settings), why=why, facts=facts)


def sign(folder: Path, *, why: str, settings: Settings | None = None) -> Event:
    """A person signs the latest run. NotReady lists what is not settled: an adverse finding nobody has answered, a
    recommendation nobody has decided on, strengths or harms missing; or that something changed since the run."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    run = here.latest_run()
    if runs.find(folder / "runs", here.inputs(settings)) != run:
        cure = "run `fairhearing assess`, look at what it says, and sign that"
        raise NotReady("the latest run is not what the folder holds now", where=run, cure=cure)
    unsettled = runs.read_tables(run)["unsettled"].to_pylist()
    if unsettled:
        listed = [f"{row['what']} {row['on']}: {row['says']}" for row in unsettled]
        raise NotReady(
            "\n  ".join([f"{len(listed)} things are not settled:", *listed[:_MOST_LISTED]]),
            where=run,
            cure="record what a person decides on each with `fairhearing record`, assess again, then sign",
        )
    _reason(why)
    facts = {"run": run.name, "manifest": runs.read_manifest(run)["sha256"]}
    return here.ledger.append(SIGNED, who=who(settings), why=why, facts=facts)


def compare(folder: Path, before: int, after: int) -> publishing.Changes:
    """What is different between two editions of a programme folder, from what each published."""
    one, two = (publishing.as_published(folder / "published" / str(number)) for number in (before, after))
    return publishing.compare(one, two)


def review(
    folder: Path, finding: str, *, why: str, words: str | None = None, settings: Settings | None = None
) -> Event:
    """A person withholds a finding, or (words given) amends its words. The next edition says who and why; earlier
    editions and the sealed run stay as they are."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    known = set(runs.read_tables(here.latest_run())["findings"]["finding"].to_pylist())
    if finding not in known:
        cure = f"name a finding of the latest run, as in open-data/findings.csv: {', '.join(sorted(known)[:5])} …"
        raise BadInput(f"there is no finding {finding!r}", where=folder, cure=cure)
    _reason(why)
    facts = {"finding": finding, "kind": "withheld" if words is None else "amended", "words": words or ""}
    facts |= {"by": who(settings), "reason": why.strip()}
    return here.ledger.append(REVIEWED, who=who(settings), why=why.strip(), facts=facts)


def key(folder: Path, *, new: bool = False, why: str = "", settings: Settings | None = None) -> str:
    """The public key that signs this folder's log, made if there is none; new: another one from now on."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    if new and not why.strip():
        raise BadInput("no reason is given for a new key", cure="say why with --why: it stays on the log")
    if new:
        return str(keys.change_key(here.ledger, here.origin, who=who(settings), why=why))
    return str(keys.signing_key(here.ledger, here.origin, who=who(settings)))


# --- the installation --------------------------------------------------------------------------------------------


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

    def gather(self, *, say: Say = silent) -> Gathered:
        return gather(self.folder, say=say)

    def assess(self, *, say: Say = silent) -> Assessed:
        return assess(self.folder, say=say)

    def publish(self, *, say: Say = silent) -> Published:
        return publish(self.folder, say=say)

    def verify(self, *, say: Say = silent) -> Verified:
        return verify(self.folder, say=say)

    @property
    def tables(self) -> dict[str, View]:
        """Every table of the latest sealed run, for pandas, polars, Arrow and a notebook's display."""
        return {
            name: View(name, table) for name, table in runs.read_tables(Folder.open(self.folder).latest_run()).items()
        }


def open_programme(path: str | Path) -> Opened:
    """Open a programme folder; BadProgramme says what is wrong with it."""
    folder = Path(path)
    return Opened(folder, read_programme(folder))


# --- workings ----------------------------------------------------------------------------------------------------


def _reason(why: str) -> None:
    """No decision goes on the log without a reason."""
    if not why.strip():
        raise BadInput("no reason is given", cure="say why with --why: it is published")


def _gather_source(folder: Folder, source: Source, settings: Settings, say: Say) -> dict[str, Any]:
    """One source into the ledger, unless the same file was already read in the same way."""
    path = folder.evidence(source)
    row: dict[str, Any] = {"source": source.id, "file": source.file, "sha256": gathering.fingerprint(path)}
    reading, before = folder.reading(source), folder.ledger.gathered(source.id)
    if before and (before.facts["sha256"], before.facts["reading"]) == (row["sha256"], reading):
        return row | {key: before.facts[key] for key in ("rows", "fates", "notes")} | {"state": "unchanged"}
    limit = settings.largest_file_mb
    read = gathering.read_source(
        source, folder.programme, path, key=folder.ledger.key(), largest_file_mb=limit, say=say
    )
    if gathering.fingerprint(path) != row["sha256"]:
        raise BadInput("the file changed while it was being read", where=path, cure="gather again once it is at rest")
    row |= {"rows": read.rows, "fates": read.fates, "notes": list(read.notes)}
    state = _state(before, row["sha256"])
    facts = row | {"reading": reading}
    folder.ledger.append("evidence gathered", who=who(settings), why=state, facts=facts, tables=read.tables)
    return row | {"state": state}


def _state(before: Event | None, sha256: str) -> str:
    """A changed file is noticed and said; what was read before stays in the ledger."""
    if before is None:
        return "new"
    if before.facts["sha256"] != sha256:
        return f"file changed since event {before.number}; the earlier reading stays in the ledger"
    return f"same file, read differently since event {before.number}"


def _engine(settings: Settings) -> Engine:
    return DuckDBEngine(threads=settings.threads, memory_mb=settings.memory_mb)


def _derive(folder: Folder, settings: Settings, say: Say) -> dict[str, pa.Table]:
    """Every table of a run, from the evidence: the one place where stages are run, for `assess` and `verify`."""
    with _engine(settings) as engine:
        parts = folder.parts()
        for table in evidence_tables():
            files = [folder.ledger.path(part) for part in parts if part.table == table.name]
            engine.load(table.name, files or empty(table.name))
        engine.load("decisions", folder.decisions())
        engine.load("codebook_events", folder.codebook_events())
        engine.load("theme_labels", folder.theme_labels())
        tables = run_stages(engine, STAGES, programme=folder.programme, seed=settings.seed, say=say)
        verbatim.check_quotes(engine.query)
        return tables | {"fates": engine.query("SELECT * FROM fates ORDER BY source, row")}


def _check_edition(folder: Folder, run: Path) -> int | None:
    """The latest edition of this run is, byte for byte, what the run makes; None where nothing is published."""
    folder.check_editions_logged()
    folder.check_bundles()
    published = folder.logged(PUBLISHED, run=run.name)
    if published is None:
        return None
    number, then = int(published.facts["edition"]), published.number
    place = folder.path / "published" / str(number)
    safe = protect(runs.read_tables(run), folder.programme, folder.reviewed(before=then))
    facts = folder.facts(run, before=then)
    changed = publishing.differences(place, safe, folder.programme, facts, library.language_rules())
    if changed:
        raise NotVerified(
            f"the published edition is not what this run makes: {', '.join(changed)}",
            where=place,
            cure="do not rely on it; ask the publisher what was changed",
        )
    return number


def _what_differs(now: dict[str, Any], then: dict[str, Any]) -> str:
    return ", ".join(sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key)))


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
    return f"{len(ledger.events())} events, whole" + (
        f"; {len(orphans)} unfinished parts, ignored" if orphans else ""
    )
