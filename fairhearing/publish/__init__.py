"""Publishing: safe tables in, an edition out (a report, open data and their hashes). Nothing unsafe passes.

`edition` accepts only `Safe` tables, which only disclosure control can make; it reads the report's own words before
anybody else does; and it never changes an edition that is out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from .._durable import explained, locked, write_folder
from ..errors import BadInput, Unsafe
from ..programme import Programme
from ..protect import Safe
from ..tables import TABLES
from .facts import Facts, RulesChange, SourceFacts
from .language import Rule, check
from .open_data import open_data
from .pages import page
from .reading import Evidence
from .rendering import html

__all__ = ["Edition", "Facts", "RulesChange", "SourceFacts", "differences", "edition"]

_SEAL = "edition.json"


@dataclass(frozen=True)
class Edition:
    """What was published, and where."""

    number: int
    folder: Path
    report: Path
    open_data: tuple[Path, ...]
    sha256: str
    """Of report.html."""
    already_there: bool


def edition(
    folder: Path, safe: Mapping[str, Safe], programme: Programme, facts: Facts, language_rules: Sequence[Rule]
) -> Edition:
    """Write `<folder>/<n>/report.html`, `open-data/` and `edition.json`, all or nothing.

    folder: holds one folder an edition. safe: the tables as disclosure control made them. language_rules: wording
    that must not be published as the report's own. The same content again returns the edition already there.
    Raises Unsafe for a table that is not Safe or a sentence that breaks a rule; BadInput for a number already taken.
    """
    _only_safe(safe)
    with explained(folder, "nothing could be published"):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock"):  # of several at once, the second finds what the first has published
            return _next_or_same(folder, safe, programme, facts, language_rules)


def _next_or_same(
    folder: Path, safe: Mapping[str, Safe], programme: Programme, facts: Facts, language_rules: Sequence[Rule]
) -> Edition:
    numbers = _published(folder)
    if facts.edition in numbers or (facts.edition is None and numbers):
        number = facts.edition or numbers[-1]
        if not differences(folder / str(number), safe, programme, facts, language_rules):
            return _edition(folder / str(number), number, already_there=True)
        if facts.edition is not None:
            raise BadInput(
                f"edition {number} is already published with other content",
                where=folder / str(number),
                cure="publish it as the next edition: what is out is never changed",
            )
    number = facts.edition or (numbers[-1] + 1 if numbers else 1)
    files = _files(safe, programme, facts, language_rules, number)
    write_folder(folder / str(number), {name: text.encode() for name, text in files.items()})
    return _edition(folder / str(number), number, already_there=False)


def differences(
    edition: Path, safe: Mapping[str, Safe], programme: Programme, facts: Facts, language_rules: Sequence[Rule]
) -> list[str]:
    """Files of a published edition that are not what these tables give today; empty if all are, byte for byte.

    The edition's own date is used, so that publishing again on another day is not a difference."""
    _only_safe(safe)
    seal = edition / _SEAL
    try:
        published_on = date.fromisoformat(json.loads(seal.read_text(encoding="utf-8"))["published_on"])
    except (OSError, ValueError, KeyError, TypeError):
        return [_SEAL]
    files = _files(safe, programme, replace(facts, generated_on=published_on), language_rules, int(edition.name))
    there = {str(path.relative_to(edition).as_posix()) for path in edition.rglob("*") if path.is_file()}
    changed = {
        name for name, text in files.items() if name in there and (edition / name).read_bytes() != text.encode()
    }
    return sorted((there ^ files.keys()) | changed)


def _only_safe(safe: Mapping[str, Safe]) -> None:
    for name, table in safe.items():
        if not isinstance(table, Safe):
            raise Unsafe(
                f"the table {name} is a {type(table).__name__}, which disclosure control has not passed",
                cure="pass it through `protect` first; there is no other way to publish",
            )
        if name not in TABLES or TABLES[name].disclosure == "never":
            raise Unsafe(
                f"the table {name} may never leave the folder",
                cure="leave it out; what may be published of it is in other tables",
            )


def _files(
    safe: Mapping[str, Safe], programme: Programme, facts: Facts, language_rules: Sequence[Rule], number: int
) -> dict[str, str]:
    """Every file of an edition by its path in it; the seal names the others with their hashes."""
    report = html(page(Evidence(safe, programme, facts), number))
    check(report, programme, language_rules)
    files = {"report.html": report}
    files |= {f"open-data/{name}": text for name, text in open_data(safe, programme).items()}
    seal = {
        "edition": number,
        "published_on": facts.generated_on.isoformat(),
        "run": facts.run,
        "manifest_sha256": facts.manifest_hash,
        "ledger_head": facts.ledger_head,
        "synthetic": programme.programme.synthetic,
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())},
    }
    return files | {_SEAL: json.dumps(seal, indent=2, ensure_ascii=False) + "\n"}


def _published(folder: Path) -> list[int]:
    """Numbers of the editions that are out, in order."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.is_dir() and path.name.isdecimal())


def _edition(folder: Path, number: int, *, already_there: bool) -> Edition:
    report = folder / "report.html"
    return Edition(
        number=number,
        folder=folder,
        report=report,
        open_data=tuple(sorted((folder / "open-data").iterdir())),
        sha256=hashlib.sha256(report.read_bytes()).hexdigest(),
        already_there=already_there,
    )
