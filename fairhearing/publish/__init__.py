"""Publishing: safe tables in, an edition out (a report, open data and their hashes). Nothing unsafe passes.

`edition` accepts only `Safe` tables, which only disclosure control can make; it reads the report's own words before
anybody else does; and it never changes an edition that is out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from .._durable import explained, locked, write_folder
from ..errors import BadInput, Unsafe
from ..programme import Programme
from ..protect import Safe
from ..tables import TABLES
from .changes import Change, Changes, as_published, changes_page, compare
from .facts import Facts, Review, RulesChange, Signature, SourceFacts
from .landing import landing
from .language import Rule, check
from .open_data import open_data
from .pages import page
from .reading import Evidence
from .rendering import html, plain
from .standards import crate, people, provenance

__all__ = [
    "PROOF", "Change", "Changes", "Edition", "Facts", "Review", "RulesChange", "Signature", "SourceFacts",
    "as_published",
    "changes_html", "changes_json", "compare", "differences", "edition", "write_proof",
]  # fmt: skip

_SEAL = "edition.json"
PROOF = "proof"
"""The folder inside an edition that holds what the log says of it; added once the log has it."""


@dataclass(frozen=True)
class Edition:
    """What was published, and where."""

    number: int
    folder: Path
    report: Path
    open_data: tuple[Path, ...]
    sha256: str
    """Of report.html."""
    seal_sha256: str
    """Of edition.json, which names every other file with its own."""
    already_there: bool


def edition(
    folder: Path, safe: Mapping[str, Safe], programme: Programme, facts: Facts, language_rules: Sequence[Rule]
) -> Edition:
    """Write `<folder>/<n>/`: report.html, open-data/, what describes them, and edition.json; all or nothing.

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
    files = _files(safe, programme, facts, language_rules, folder / str(number))
    write_folder(folder / str(number), {name: text.encode() for name, text in files.items()})
    return _edition(folder / str(number), number, already_there=False)


def write_proof(edition: Path, files: Mapping[str, bytes]) -> None:
    """What the log says of an edition, beside it: all or nothing, and never changed."""
    with explained(edition, "the proof of the edition could not be written"), locked(edition.parent / ".lock"):
        if files and not (edition / PROOF).exists():
            write_folder(edition / PROOF, files)


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
    files = _files(safe, programme, replace(facts, generated_on=published_on), language_rules, edition)
    there = {str(path.relative_to(edition).as_posix()) for path in edition.rglob("*") if path.is_file()}
    there = {name for name in there if not name.startswith(f"{PROOF}/")}
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
    safe: Mapping[str, Safe], programme: Programme, facts: Facts, language_rules: Sequence[Rule], place: Path
) -> dict[str, str]:
    """Every file of an edition by its path in it; the seal names the others with their hashes. place: its folder,
    beside which the edition before lies."""
    number = int(place.name)
    files = {"report.html": html(page(Evidence(safe, programme, facts), number))}
    files |= {f"open-data/{name}": text for name, text in open_data(safe, programme).items()}
    seal = _sealed(programme, facts, number)
    earlier = [each for each in _published(place.parent) if each < number]
    if earlier:
        files |= _changes(place.parent / str(earlier[-1]), files | {_SEAL: json.dumps(seal)}, programme)
    files["provenance.json"] = provenance(programme, facts, number)
    files["people.json"] = people(safe)
    files["index.html"] = plain(
        "index.html.j2", landing(files, programme, facts, number, earlier[-1] if earlier else None)
    )
    for name in ("report.html", "index.html", "changes.html"):
        check(files.get(name, ""), programme, language_rules)
    files["ro-crate-metadata.json"] = crate(files, programme, facts, number)
    seal["files"] = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
    return files | {_SEAL: json.dumps(seal, indent=2, ensure_ascii=False) + "\n"}


def _sealed(programme: Programme, facts: Facts, number: int) -> dict[str, Any]:
    """What the seal says beside the hashes of the files."""
    return {
        "edition": number,
        "programme": programme.programme.name,
        "published_on": facts.generated_on.isoformat(),
        "run": facts.run,
        "manifest_sha256": facts.manifest_hash,
        "ledger_head": facts.ledger_head,
        "rules_sha256": facts.rules_history[-1].sha256 if facts.rules_history else programme.rules_hash(),
        "rules": programme.rules.model_dump(mode="json"),
        "synthetic": programme.programme.synthetic,
    }


def _changes(before: Path, files: Mapping[str, str], programme: Programme) -> dict[str, str]:
    found = compare(as_published(before), files)
    return {"changes.html": changes_html(found, programme), "changes.json": changes_json(found)}


def changes_html(changes: Changes, programme: Programme) -> str:
    """The difference between two editions as a page."""
    return plain("changes.html.j2", changes_page(changes, programme))


def changes_json(changes: Changes) -> str:
    """The same for programs."""
    return json.dumps(asdict(changes), indent=1, ensure_ascii=False) + "\n"


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
        seal_sha256=hashlib.sha256((folder / _SEAL).read_bytes()).hexdigest(),
        already_there=already_there,
    )
