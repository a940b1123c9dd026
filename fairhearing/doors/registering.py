"""Doors to the register: as it stands on a day, as a calendar, and from a sheet somebody already keeps."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from icalendar import Calendar, Event

from .. import follow_up, runs
from .. import gather as gathering
from .._folder import Folder, who
from ..follow_up import importing
from ..settings import Settings, read_settings
from ..tables import ROW, columns_in

__all__ = ["calendar", "import_sheet", "register"]

RECORDED = "status recorded"


def register(folder: Path, *, as_of: date | None = None) -> dict[str, Any]:
    """The register now: entries with whether they are overdue on a day (today unless given), evidence and history.

    What was recorded since the latest run is in it, so that nobody needs to assess first."""
    here, on = Folder.open(folder), as_of or date.today()
    made, run = _made(here)
    entries = []
    for row in made.entries:
        state, days = follow_up.due_state(row, on)
        entries.append(row | {"state": state, "days_until_due": days})
    states = Counter(row["state"] for row in entries)
    return {
        "programme": here.programme.programme.name, "as_of": on, "run": run, "states": dict(sorted(states.items())),
        "entries": entries, "evidence": made.evidence, "history": made.history,
    }  # fmt: skip


def _made(here: Folder) -> tuple[follow_up.Register, str | None]:
    run = runs.latest(here.path / "runs")
    tables = runs.read_tables(run) if run else {}
    recommendations = tables["recommendations"].to_pylist() if tables else []
    decisions = here.decisions().to_pylist()
    promises = {each["on"]: each["value"] for each in decisions if each["column"] == "promise"}
    proposals = [
        row | {"standing": promises.get(row["proposal"], row["standing"])}
        for row in (tables["proposals"].to_pylist() if tables else [])
    ]
    made = follow_up.register(here.programme, recommendations, proposals, decisions)
    return made, run.name if run else None


def calendar(found: dict[str, Any]) -> str:
    """Every day something is due, as an iCalendar file: one whole-day entry each. found: of `register`."""
    told = Calendar()
    told.add("prodid", "-//fairhearing//register//EN")
    told.add("version", "2.0")
    for row in found["entries"]:
        if row["due"] is None:
            continue
        event = Event()
        event.add("uid", f"{row['commitment']}@fairhearing")
        event.add("dtstamp", _midnight(found["as_of"]))
        event.add("dtstart", row["due"])
        event.add("dtend", row["due"] + timedelta(days=1))
        event.add("summary", f"Due ({row['state']}): {row['text'][:120]}")
        owner, claimed = row["owner"] or "nobody is named", row["claimed"] or "nothing"
        verified = row["verified"] or "nothing"
        said = f"{row['text']}\nOwner: {owner}\nResponse: {row['response']}\nClaimed: {claimed}\nVerified: {verified}"
        event.add("description", said)
        told.add_component(event)
    return str(told.to_ical().decode("utf-8"))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def import_sheet(
    folder: Path, file: Path, *, columns: dict[str, str] | None = None, words: dict[str, str] | None = None,
    list_name: str = "", check: bool = False, settings: Settings | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Put a sheet's recommendations, responses, claims, days and updates on the register, as events with who and why.

    columns: header → field · words: a status in the sheet's words → the register's · check: show, record nothing."""
    settings = settings or read_settings()
    here = Folder.open(folder)
    table = gathering.read_table(file, largest_file_mb=settings.largest_file_mb)
    headers = columns_in(table)
    fields, words = importing.columns_of(headers, columns or {}), words or {}
    name, sha256 = file.name, gathering.fingerprint(file)
    known = {row["commitment"]: row["text"] for row in _made(here)[0].entries}
    found = importing.read_register(
        table.to_pylist(), fields, importing.words_of(words), file={"name": name, "sha256": sha256},
        row_name=ROW, known=known, before=_before(here), own_words=words, list_name=list_name,
    )  # fmt: skip
    for event in found.events if not check else ():
        facts = {key: event[key] for key in ("on", "column", "value", "imported")}
        why = f"imported from {name}, row {event['imported']['row']}: {event['said']}"
        here.ledger.append(RECORDED, who=who(settings), why=why, facts=facts)
    rest = [each for each in headers if each not in fields.values()]
    unread = [{"column": each, "read_as": None, "note": "not read"} for each in rest]
    return {
        "file": str(file), "recorded": 0 if check else len(found.events), "checked_only": check,
        "columns": found.columns + unread, "words": found.words, "rows": found.rows,
    }  # fmt: skip


def _before(here: Folder) -> dict[str, dict[str, str]]:
    """What sheets last said of each entry, by field."""
    told: dict[str, dict[str, str]] = {}
    for event in here.ledger.events():
        if event.what == RECORDED and "imported" in event.facts:
            told.setdefault(event.facts["on"], {}).update(event.facts["imported"]["cells"])
    return told
