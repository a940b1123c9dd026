"""Doors to the spreadsheets people code in: hand them out, and take them back whole or not at all."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .. import gather as gathering
from .._folder import CODES_RECEIVED, SHEETS_DRAWN, Folder, who
from ..errors import BadInput, NotReady
from ..gather.coding_sheets import CodedRow, Returned, ThemeRow, as_shown, read_coding_sheet, write_coding_sheet
from ..hear.agreed import Agreed, new_ids, plain
from ..hear.drawing import Draw, dealt, draw
from ..hear.experienced import codes_in
from ..hear.journeys import Reader as ExperienceReader
from ..hear.standing import UNCLEAR
from ..ledger import Event
from ..programme import Source
from ..settings import Settings, read_settings
from ..tables import from_rows
from .agreeing import Row, append, book_of, latest, rows_of

__all__ = ["Drawn", "Received", "hand_out", "take_back"]

RANDOM, TARGETED = 200, 50
"""Responses drawn where the caller does not say."""


@dataclass(frozen=True)
class Drawn:
    """What was handed out. sheets: id, file and number of responses of each."""

    event: int
    source: str
    drawn_from: int
    random: int
    targeted: int
    both: int
    sheets: tuple[Row, ...]


@dataclass(frozen=True)
class Received:
    """What came back. event: None where the same codes were there already · not_read: rows left empty or missing."""

    event: int | None
    sheet: str
    coder: str
    coded: int
    other: int
    cannot_code: int
    not_read: int
    changes: tuple[Row, ...]


# --- hand out ---------------------------------------------------------------------------------------------------


def hand_out(
    folder: Path, out: Path, *, source: str | None = None, coders: int = 1, random: int = RANDOM,
    targeted: int = TARGETED, settings: Settings | None = None,
) -> Drawn:  # fmt: skip
    """Draw responses and write a workbook for each coder: `out`, or `out` with -1, -2 … where there are several."""
    settings = settings or read_settings()
    if coders < 1 or random < 0 or targeted < 0 or random + targeted == 0:
        raise BadInput("nothing would be handed out", cure="give at least 1 coder and 1 response")
    here = Folder.open(folder)
    themes = book_of(here).in_use
    if not themes:
        raise NotReady("no theme is agreed yet", cure="adopt or add some first: `fairhearing codebook`")
    files = _free_files(out, coders)
    chosen = _source(here, source)
    texts = _texts(here, chosen, readable=True)
    ids, words = texts["response"].to_pylist(), [each or "" for each in texts["text"].to_pylist()]
    draws = [event for event in here.ledger.events() if event.what == SHEETS_DRAWN]
    purpose = f"coding sheets {len(draws) + 1}"
    rng = np.random.default_rng([settings.seed, *purpose.encode()])
    known = _among(ids, _drawn_earlier(here, draws, chosen))
    unclear = _among(ids, _unclear(here, chosen, themes))
    reader = here.programme.words.reader
    drawn = draw(words, known, themes, rng, random=random, targeted=targeted, unclear=unclear, reader=reader)
    name = f"S{hashlib.sha256(f'{here.ledger.head()}{purpose}'.encode()).hexdigest()[:8]}"
    hands = {f"{name}-{number}": hand for number, hand in enumerate(dealt(drawn, coders, rng), 1)}
    told = [
        {"id": each.id, "name": each.name, "description": each.description, "examples": list(each.examples)}
        for each in themes
    ]
    facts = {
        "draw": name, "source": chosen.id, "seed": settings.seed, "purpose": purpose, "drawn_from": len(ids),
        "random": len(drawn.random), "probability": drawn.probability, "targeted": len(drawn.targeted),
        "targeted_by": drawn.method, "sheets": list(hands), "themes": told,
    }  # fmt: skip
    books = [write_coding_sheet(id, [(ids[at], words[at]) for at in hand], told) for id, hand in hands.items()]
    rows = _draw_rows(hands, drawn, chosen, ids, words)
    event = _written_with(files, books, lambda: here.ledger.append(
        SHEETS_DRAWN, who=who(settings), why="to be coded by people", facts=facts,
        tables={"coding_draws": from_rows("coding_draws", rows)},
    ))  # fmt: skip
    listed = tuple(
        {"sheet": id, "file": str(file), "responses": len(hand)}
        for (id, hand), file in zip(hands.items(), files, strict=True)
    )
    both = len(set.intersection(*(set(hand.tolist()) for hand in hands.values()))) if coders > 1 else 0
    return Drawn(event.number, chosen.id, len(ids), len(drawn.random), len(drawn.targeted), both, listed)


def _among(ids: Sequence[str], some: set[str]) -> np.ndarray:
    return np.array([id in some for id in ids], bool)


def _draw_rows(
    hands: Mapping[str, np.ndarray], drawn: Draw, source: Source, ids: Sequence[str], words: Sequence[str]
) -> list[Row]:
    """Who was handed what, drawn how, and the words as they were."""
    random = set(drawn.random.tolist())
    return [
        {
            "sheet": sheet, "source": source.id, "response": ids[at], "drawn_from": len(ids),
            "kind": "random" if at in random else "targeted",
            "probability": drawn.probability if at in random else None, "text_sha256": _sha256(words[at]),
        }
        for sheet, hand in hands.items() for at in hand.tolist()
    ]  # fmt: skip


def _free_files(out: Path, coders: int) -> list[Path]:
    """Nothing that somebody may have coded in is written over."""
    if out.suffix.lower() != ".xlsx" or not out.parent.is_dir():
        raise BadInput(
            "this is not a place for a workbook", where=out, cure="name a .xlsx file in a folder that is there"
        )
    files = [out] if coders == 1 else [out.with_stem(f"{out.stem}-{n}") for n in range(1, coders + 1)]
    for file in files:
        if file.exists():
            raise BadInput("a file is already here", where=file, cure="name another, or move it away")
    return files


def _written_with(files: Sequence[Path], books: Sequence[bytes], log: Any) -> Event:
    """The files and the event, or neither: files lie ready under another name, then the event, then renaming."""
    ready = [file.with_name(f".fairhearing-{secrets.token_hex(8)}") for file in files]
    try:
        for temporary, book in zip(ready, books, strict=True):
            temporary.write_bytes(book)
        event: Event = log()
        for temporary, file in zip(ready, files, strict=True):
            temporary.rename(file)
        return event
    finally:
        for temporary in ready:
            temporary.unlink(missing_ok=True)


def _source(here: Folder, id: str | None) -> Source:
    """The one named, or the only one with texts."""
    having = {part for source in here.programme.sources for part in [source.id] if _has_texts(here, source)}
    listed = ", ".join(sorted(having)) or "none"
    if id is not None and id not in having:
        raise BadInput(f"the source {id!r} holds no responses in words", cure=f"name one with --source: {listed}")
    if id is None and len(having) != 1:
        raise BadInput(f"{len(having)} sources hold responses in words", cure=f"name one with --source: {listed}")
    return here.programme.source(id or having.pop())


def _has_texts(here: Folder, source: Source) -> bool:
    event = here.ledger.gathered(source.id)
    return event is not None and any(part.table == "texts" and part.rows for part in event.parts)


def _texts(here: Folder, source: Source, *, readable: bool) -> pa.Table:
    """response and text, as gathered, in the order of the file. readable: those that say something, by the run."""
    event = here.ledger.gathered(source.id)
    if event is None:
        raise NotReady(f"not gathered yet: {source.id}", cure="run `fairhearing gather` first")
    parts = [pq.read_table(here.ledger.path(part)) for part in event.parts if part.table == "texts"]
    texts = pa.concat_tables(parts).sort_by([("row", "ascending"), ("response", "ascending")])
    texts = texts.filter(pc.equal(texts["source"], source.id)).select(["response", "text"])
    if not readable:
        return texts
    _run, tables = latest(here)
    read = {row["response"]: row["reading"] for row in rows_of(tables, "readings") if row["source"] == source.id}
    if set(read) != set(texts["response"].to_pylist()):
        raise NotReady(
            "the latest run is not of these responses", where=here.path, cure="run `fairhearing assess` first"
        )
    says = [read[id] != "uninformative" for id in texts["response"].to_pylist()]
    return texts.filter(pa.array(says, pa.bool_()))


def _unclear(here: Folder, source: Source, themes: Sequence[Agreed]) -> set[str]:
    """Responses with an account that only a person can tell, where coders are asked of experiences."""
    if not codes_in(ExperienceReader(here.programme), themes):
        return set()
    rows = rows_of(latest(here)[1], "accounts")
    return {row["response"] for row in rows if row["source"] == source.id and row["state"] == UNCLEAR}


def _drawn_earlier(here: Folder, draws: Sequence[Event], source: Source) -> set[str]:
    """Responses in a random sample already. Those only targeted may be drawn again: else it would not be random."""
    return {
        row["response"]
        for event in draws
        if event.facts["source"] == source.id
        for row in _drawn_rows(here, event)
        if row["kind"] == "random"
    }


def _drawn_rows(here: Folder, event: Event) -> list[Row]:
    return [row for part in event.parts for row in pq.read_table(here.ledger.path(part)).to_pylist()]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- take back --------------------------------------------------------------------------------------------------


def take_back(folder: Path, file: Path, *, coder: str, settings: Settings | None = None) -> Received:
    """What a coder wrote, into the ledger as one event: codes, and changes of themes made on the sheet. The same
    sheet again changes nothing; a corrected one replaces what came before."""
    coder = " ".join(coder.split())
    if not coder or len(coder) > 60:
        raise BadInput("it is not said who coded", cure="give a role or initials with --coder, not a full name")
    here = Folder.open(folder)
    limit = (settings or read_settings()).largest_file_mb
    returned = read_coding_sheet(file, largest_file_mb=limit)
    event = _draw_of(here, returned, file)
    _refuse_both(here, event, returned, coder, file)
    handed = {row["response"]: row for row in _drawn_rows(here, event) if row["sheet"] == returned.sheet}
    _check_rows(here, event, returned, handed, file)
    changes, columns = _theme_changes(here, event, returned, file)
    rows = [row for each in returned.rows if each.read for row in _codes(each, coder, handed, columns)]
    told = [each for each in returned.rows if each.read]
    if not told and not changes:
        raise BadInput(
            "nothing was coded on this sheet", where=file, cure="put an x under themes, other or cannot code"
        )
    table = from_rows("human_codes", rows).sort_by([("response", "ascending"), ("theme", "ascending")])
    number = None
    if changes or not _same(here, returned.sheet, coder, table):
        facts = {"sheet": returned.sheet, "coder": coder, "file": file.name, "sha256": gathering.fingerprint(file)}
        why = f"coding sheet {returned.sheet} came back"
        number = append(here, CODES_RECEIVED, coder, why, facts, changes, {"human_codes": table}).number
    cannot = sum(each.cannot for each in told)
    other = sum(each.other and not each.ticks for each in told)
    coded, not_read = len(told) - cannot - other, len(handed) - len(told)
    return Received(number, returned.sheet, coder, coded, other, cannot, not_read, tuple(changes))


def _draw_of(here: Folder, returned: Returned, file: Path) -> Event:
    for event in here.ledger.events():
        if event.what == SHEETS_DRAWN and returned.sheet in event.facts["sheets"]:
            return event
    raise BadInput(
        f"no sheet {returned.sheet!r} was handed out here", where=file, cure="see that it is of this programme"
    )


def _refuse_both(here: Folder, draw: Event, returned: Returned, coder: str, file: Path) -> None:
    """A response coded twice by one person shows nothing of agreement."""
    for event in here.codes_received():
        same = plain(event.facts["coder"]) == plain(coder)
        if same and event.facts["sheet"] in draw.facts["sheets"] and event.facts["sheet"] != returned.sheet:
            raise BadInput(f"{coder} already brought back {event.facts['sheet']} of the same draw", where=file,
                           cure="each sheet is for another person; give that person's role or initials")  # fmt: skip
        if same and event.facts["sheet"] == returned.sheet and event.facts["coder"] != coder:
            raise BadInput(f"this sheet came back from {event.facts['coder']!r} before", where=file,
                           cure=f"give --coder {event.facts['coder']!r}, in the same letters")  # fmt: skip


def _check_rows(here: Folder, event: Event, returned: Returned, handed: Mapping[str, Row], file: Path) -> None:
    now = _texts(here, here.programme.source(event.facts["source"]), readable=False)
    words = dict(zip(now["response"].to_pylist(), now["text"].to_pylist(), strict=True))
    for row in returned.rows:
        where = f"{file}, sheet Responses, row {row.row}"
        if row.response not in handed:
            raise BadInput(f"the response {row.response!r} is not on the sheet that was handed out", where=where,
                           cure="copy the id from the file sent, or delete the row")  # fmt: skip
        text = words.get(row.response) or ""
        if _sha256(text) != handed[row.response]["text_sha256"]:
            raise BadInput("the evidence holds other words for it than when the sheet was drawn", where=where,
                           cure="hand out new sheets: what was coded is not what is there")  # fmt: skip
        if row.text.split() != as_shown(text).split():
            raise BadInput("the words of the response were changed", where=where, cure="copy them from the file sent")


def _theme_changes(here: Folder, event: Event, returned: Returned, file: Path) -> tuple[list[Row], dict[str, str]]:
    """What was changed on the sheet Themes and in headings, as decisions; and the id of every column."""
    asked: dict[str, Row] = {each["id"]: each for each in event.facts["themes"]}
    columns = {plain(each.name): each.id for each in book_of(here).in_use}
    columns |= {plain(row.name): row.id for row in returned.themes if row.id}
    columns |= {plain(each["name"]): id for id, each in asked.items()}  # whatever may be called so by now
    _check_themes(returned, asked, columns, file)
    changes = [made for row in returned.themes if row.id for made in _edited(here, row, asked[row.id])]
    new = {plain(row.name): row for row in returned.themes if not row.id}
    fresh = {plain(name): name for name in (*returned.columns, *(row.name for row in new.values()))}
    fresh = {key: name for key, name in fresh.items() if key not in columns}
    for (key, name), id in zip(fresh.items(), new_ids(here.ledger.head(), list(fresh.values())), strict=True):
        about = new.get(key)
        said = {"description": about.description or None, "examples": list(about.examples)} if about else {}
        changes.append({"action": "add", "makes": [id], "names": [name]} | said)
        columns[key] = id
    return changes, {name: columns[plain(name)] for name in returned.columns}


def _check_themes(returned: Returned, asked: Mapping[str, Row], columns: Mapping[str, str], file: Path) -> None:
    """Every theme that was asked about has its row and its one column still."""
    for row in returned.themes:
        if row.id and row.id not in asked:
            raise BadInput(f"the id {row.id!r} is not on the sheet that was handed out",
                           where=f"{file}, sheet Themes, row {row.row}",
                           cure="leave the id of a new theme empty")  # fmt: skip
    rows = [row.id for row in returned.themes if row.id]
    headed = [columns[plain(name)] for name in returned.columns if plain(name) in columns]
    for id, theme in asked.items():
        if rows.count(id) != 1:
            raise BadInput(f"the theme {theme['name']!r} must have one row", where=f"{file}, sheet Themes",
                           cure="put it back; to retire it use `fairhearing codebook DIR retire`")  # fmt: skip
        if headed.count(id) != 1:
            where = f"{file}, sheet Responses, row 1"
            raise BadInput(f"the theme {theme['name']!r} must have one column", where=where,
                           cure="put its heading back; to rename it, write on the sheet Themes")  # fmt: skip


def _edited(here: Folder, row: ThemeRow, asked: Row) -> list[Row]:
    """What the coder wrote over; what others changed meanwhile stays, and so does what is the same by now."""
    now = next((theme for theme in book_of(here).themes if theme.id == row.id), None)
    made: list[Row] = []
    if plain(row.name) != plain(asked["name"]) and (now is None or plain(row.name) != plain(now.name)):
        made.append({"action": "rename", "themes": [row.id], "names": [row.name]})
    about = {"description": row.description, "examples": list(row.examples)}
    if about != {key: asked[key] for key in about} and (
        now is None or about != {"description": now.description, "examples": list(now.examples)}
    ):
        made.append({"action": "describe", "themes": [row.id]} | about)
    return made


def _codes(row: CodedRow, coder: str, handed: Mapping[str, Row], columns: Mapping[str, str]) -> list[Row]:
    """A row for each theme asked about; one without a theme where the coder could not tell."""
    drawn = handed[row.response]
    kept = {
        key: drawn[key] for key in ("sheet", "source", "response", "kind", "probability", "drawn_from", "text_sha256")
    }
    reading = "cannot code" if row.cannot else "coded" if row.ticks else "other"
    base = kept | {"coder": coder, "reading": reading, "note": row.note or None}
    if row.cannot:
        return [base]
    return [base | {"theme": id, "seen": name in row.ticks} for name, id in columns.items()]


def _same(here: Folder, sheet: str, coder: str, table: pa.Table) -> bool:
    """Whether these codes are those that count already."""
    for event in here.codes_received():
        if (event.facts["sheet"], event.facts["coder"]) == (sheet, coder):
            return from_rows("human_codes", _drawn_rows(here, event)).equals(table.combine_chunks())
    return False
