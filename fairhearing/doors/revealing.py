"""The door to words as received: one response at a time, for a reviewer the programme names, on the log first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from .._folder import Folder, who
from ..errors import BadInput, NotReady, Refused
from ..gather.as_received import unsealed
from ..settings import Settings, read_settings

__all__ = ["REVEALED", "Revealed", "reveal"]

REVEALED, _TABLE = "words revealed", "sealed_texts"


@dataclass(frozen=True)
class Revealed:
    """One response as received. details: how many were replaced in what everybody else sees · event: its number."""

    response: str
    words: str
    redacted: str
    details: int
    event: int


def reveal(folder: Path, response: str, *, why: str, settings: Settings | None = None) -> Revealed:
    """The words of a response before details in them were replaced. Refused to whoever the programme does not name;
    who asked and why is on the log before anything is shown."""
    settings = settings or read_settings()
    here, reviewer = Folder.open(folder), who(settings or read_settings())
    if not why.strip():
        raise BadInput("no reason is given", cure="say why with --why: it stays on the log")
    if reviewer not in here.programme.programme.reviewers:
        raise Refused(
            f"{reviewer!r} is not named as a reviewer of this programme",
            where=here.path / "programme.toml",
            cure='who may see words as received is named under [programme]: reviewers = ["…"]',
        )
    before, redactions = _as_shown(here, response)
    words = unsealed(here.ledger.key(), response, _sealed(here, response), where=here.ledger.folder / "key")
    facts = {"response": response, "details": redactions}
    event = here.ledger.append(REVEALED, who=reviewer, why=why.strip(), facts=facts)
    return Revealed(response, words, before, redactions, event.number)


def _as_shown(here: Folder, response: str) -> tuple[str, int]:
    """The text as everybody sees it, and how many details in it were replaced."""
    found = _rows(here, "texts", response)
    if not found:
        cure = "give the id as `quotes` and coding sheets do: SOURCE:ROW, such as consultation:17"
        raise BadInput(f"there is no response {response!r} in the latest reading", where=here.path, cure=cure)
    text, redactions = str(found[0]["text"]), int(found[0]["redactions"])
    if not redactions:
        cure = "what is shown of it is what was written"
        raise BadInput(f"no detail was replaced in {response}", where=here.path, cure=cure)
    return text, redactions


def _sealed(here: Folder, response: str) -> str:
    found = _rows(here, _TABLE, response)
    if not found:
        cure = "read it in the file as received; what is gathered from now on is kept sealed"
        raise NotReady(f"{response} was gathered before words as received were kept", where=here.path, cure=cure)
    return str(found[0]["sealed"])


def _rows(here: Folder, table: str, response: str) -> list[dict[str, Any]]:
    """Rows of one response in the latest reading of its source."""
    event = here.ledger.gathered(response.rpartition(":")[0])
    parts = [here.ledger.path(part) for part in event.parts if part.table == table] if event else []
    return [row for part in parts for row in pq.read_table(part, filters=[("response", "=", response)]).to_pylist()]
