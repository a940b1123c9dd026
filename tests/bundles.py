"""Small published bundles on a real ledger, and many ways to tamper with one; for tests and for the benchmark."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhearing._durable import locked, write_folder
from fairhearing.ledger import PUBLISHED, SEALED, Event, Ledger, keys, notes, proofs
from fairhearing.library import language_rules
from fairhearing.programme import Programme
from fairhearing.publish import Facts, RulesChange, edition, write_proof
from tests.helpers import programme as small_programme

ORIGIN = "fairhearing/test"
Contents = dict[str, bytes]


def contents(place: Path) -> Contents:
    """Every file of a bundle by its name."""
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def seal(ledger: Ledger, number: int) -> Event:
    return ledger.append(SEALED, who="clerk", why="assess", facts={"run": f"{number:04d}-ab", "manifest": "9f" * 32})


def log_rules(ledger: Ledger, programme: Programme) -> None:
    facts = {"hash": programme.rules_hash(), "rules": programme.rules.model_dump(mode="json")}
    ledger.append("rules fixed", who="clerk", why="as written", facts=facts)


def gather(ledger: Ledger, source: str) -> None:
    facts = {"source": source, "sha256": "ab" * 32, "rows": 41}
    ledger.append("evidence gathered", who="clerk", why="new", facts=facts)


def facts_of(sealed: Event, programme: Programme, **more: Any) -> Facts:
    history = (RulesChange(date(2026, 1, 1), programme.rules_hash(), "as first fixed"),)
    return Facts(
        sealed.facts["run"], sealed.facts["manifest"], sealed.hash, date(2026, 7, 2), rules_history=history, **more
    )


def log_edition(ledger: Ledger, made: Any, sealed: Event) -> Event:
    """As `main.publish` does."""
    keys.signing_key(ledger, ORIGIN, who="clerk")
    facts = {"edition": made.number, "run": sealed.facts["run"], "report_sha256": made.sha256}
    facts |= {"seal_sha256": made.seal_sha256, "concerns": proofs.concerns(ledger.events(), sealed.hash)}
    return ledger.append(PUBLISHED, who="clerk", why="publish", facts=facts)


def publish(folder: Path, programme: Programme | None = None, *, number: int = 1) -> Path:
    """One more edition: a run sealed, an edition written, logged and proven."""
    programme, ledger = programme or small_programme(), Ledger(folder / "ledger")
    sealed = seal(ledger, number)
    facts = facts_of(sealed, programme, edition=number)
    made = edition(folder / "published", {}, programme, facts, language_rules())
    log_edition(ledger, made, sealed)
    write_proof(made.folder, proofs.edition_proof(ledger, made.number))
    return made.folder


@dataclass(frozen=True)
class Plain:
    """An edition of one page, as far as the log is concerned."""

    number: int
    folder: Path
    sha256: str
    seal_sha256: str


def publish_plain(folder: Path, number: int, programme: Programme) -> None:
    """The same without the pages: what is killed in the middle of it is the writing, not the drawing."""
    ledger, page = Ledger(folder / "ledger"), b"<p>Edition %d</p>" % number
    sealed = seal(ledger, number)
    said = {"edition": number, "programme": "Test", "published_on": "2026-07-02", "run": sealed.facts["run"]}
    said |= {"manifest_sha256": sealed.facts["manifest"], "ledger_head": sealed.hash}
    said |= {"rules_sha256": programme.rules_hash(), "files": {"report.html": hashlib.sha256(page).hexdigest()}}
    manifest, published = json.dumps(said).encode(), folder / "published"
    published.mkdir(exist_ok=True)
    with locked(published / ".lock"):
        write_folder(published / str(number), {"report.html": page, "edition.json": manifest})
    hashes = [hashlib.sha256(content).hexdigest() for content in (page, manifest)]
    log_edition(ledger, Plain(number, published / str(number), *hashes), sealed)
    write_proof(published / str(number), proofs.edition_proof(ledger, number))


def publish_with_rules(folder: Path) -> Path:
    """A first edition."""
    log_rules(Ledger(folder / "ledger"), small_programme())
    return publish(folder)


def two_editions(folder: Path) -> tuple[Path, Path]:
    """Rules before evidence, and two editions on one log, with events between that concern neither."""
    ledger = Ledger(folder / "ledger")
    log_rules(ledger, small_programme())
    for source in ("survey", "votes", "survey"):
        gather(ledger, source)
    decision = {"on": "c-1", "column": "claimed", "value": "delivered"}
    ledger.append("status recorded", who="assessor", why="letter", facts=decision)
    one = publish(folder, number=1)
    gather(ledger, "consultation")
    ledger.append("codebook changed", who="coder", why="split", facts={"changes": []})
    return one, publish(folder, number=2)


# --- tampering ----------------------------------------------------------------------------------------------------


def tamperings(whole: Contents, other: Contents, rng: random.Random) -> Iterator[tuple[str, Contents]]:
    """Endless ways to change a bundle, named: half of them a single bit, half what somebody would do on purpose.
    other: another edition's bundle of the same log, whose files are genuine but not of this edition."""
    while True:
        yield "one bit", _one_bit(whole, rng)
        how = rng.choice(_WAYS)
        changed = how(dict(whole), other, rng)
        if changed != whole:
            yield how.__name__.strip("_").replace("_", " "), changed


def _one_bit(whole: Contents, rng: random.Random) -> Contents:
    name = rng.choice(sorted(name for name in whole if whole[name]))
    content = bytearray(whole[name])
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return {**whole, name: bytes(content)}


def _drop_a_file(files: Contents, other: Contents, rng: random.Random) -> Contents:
    del files[rng.choice(sorted(files))]
    return files


def _add_a_file(files: Contents, other: Contents, rng: random.Random) -> Contents:
    return files | {rng.choice(["note.txt", "open-data/x.csv", "proof/x", "report.html.bak"]): b"x"}


def _rename_a_file(files: Contents, other: Contents, rng: random.Random) -> Contents:
    name = rng.choice(sorted(files))
    files[f"{name}~"] = files.pop(name)
    return files


def _swap_two_files(files: Contents, other: Contents, rng: random.Random) -> Contents:
    one, two = rng.sample(sorted(files), 2)
    files[one], files[two] = files[two], files[one]
    return files


def _cut_a_file(files: Contents, other: Contents, rng: random.Random) -> Contents:
    name = rng.choice(sorted(files))
    return files | {name: files[name][: rng.randrange(max(1, len(files[name])))]}


def _lengthen_a_file(files: Contents, other: Contents, rng: random.Random) -> Contents:
    name = rng.choice(sorted(files))
    return files | {name: files[name] + rng.choice([b"\n", b" ", b"\0", b"x"])}


def _file_of_the_other_edition(files: Contents, other: Contents, rng: random.Random) -> Contents:
    name = rng.choice(sorted(files.keys() & other.keys()))
    return files | {name: other[name]}


def _proof_of_the_other_edition(files: Contents, other: Contents, rng: random.Random) -> Contents:
    mine = {name: content for name, content in files.items() if not name.startswith("proof/")}
    return mine | {name: content for name, content in other.items() if name.startswith("proof/")}


def _report_and_manifest_changed_together(files: Contents, other: Contents, rng: random.Random) -> Contents:
    report = files["report.html"].replace(b"Cannot", b"Can")
    said = json.loads(files["edition.json"])
    said["files"]["report.html"] = hashlib.sha256(report).hexdigest()
    manifest = (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()
    return files | {"report.html": report + b" ", "edition.json": manifest}


def _events(files: Contents, change: Callable[[list[Any]], list[Any]]) -> Contents:
    """Events with their proofs, changed together."""
    proof = json.loads(files["proof/proof.json"])
    lines = files["proof/events.jsonl"].splitlines(keepends=True)
    pairs = change(list(zip(lines, proof["inclusion"], strict=True)))
    proof["inclusion"] = [path for _line, path in pairs]
    text = json.dumps(proof, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return files | {"proof/proof.json": text, "proof/events.jsonl": b"".join(line for line, _path in pairs)}


def _drop_an_event(files: Contents, other: Contents, rng: random.Random) -> Contents:
    return _events(files, lambda pairs: (pairs.pop(rng.randrange(len(pairs))), pairs)[1])


def _move_an_event(files: Contents, other: Contents, rng: random.Random) -> Contents:
    def move(pairs: list[Any]) -> list[Any]:
        one, two = rng.sample(range(len(pairs)), 2)
        pairs[one], pairs[two] = pairs[two], pairs[one]
        return pairs

    return _events(files, move)


def _exchange_two_events(files: Contents, other: Contents, rng: random.Random) -> Contents:
    """Their lines and paths, each under the other's number."""

    def exchange(pairs: list[Any]) -> list[Any]:
        one, two = rng.sample(range(len(pairs)), 2)
        (line_1, (n_1, path_1)), (line_2, (n_2, path_2)) = pairs[one], pairs[two]
        pairs[one], pairs[two] = (line_2, [n_1, path_2]), (line_1, [n_2, path_1])
        return pairs

    return _events(files, exchange)


def _repeat_an_event(files: Contents, other: Contents, rng: random.Random) -> Contents:
    return _events(files, lambda pairs: [*pairs, rng.choice(pairs)])


def _invent_an_event(files: Contents, other: Contents, rng: random.Random) -> Contents:
    return _events(files, lambda pairs: [(b'{"event":2,"what":"evidence gathered"}\n', pairs[0][1]), *pairs[1:]])


def _reword_an_event(files: Contents, other: Contents, rng: random.Random) -> Contents:
    place = rng.choice([b'"on":"2026', b'"event":', b'"what":"', b'"source":"'])
    lines = files["proof/events.jsonl"]
    return files | {"proof/events.jsonl": lines.replace(place, place + b"1", 1)}


def _earlier_checkpoint(files: Contents, other: Contents, rng: random.Random) -> Contents:
    return files | {"proof/checkpoint": files["proof/previous-checkpoint"]}


def _forge(
    files: Contents, size: int, root: bytes, *, name: str = "checkpoint", publish_key: bool = True
) -> Contents:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = notes.public_key(ORIGIN, private)
    note = notes.signed_checkpoint(notes.Checkpoint(ORIGIN, size, root), key, private)
    return files | {f"proof/{name}": note} | ({"proof/key.pub": f"{key}\n".encode()} if publish_key else {})


def _forged_checkpoint(files: Contents, other: Contents, rng: random.Random) -> Contents:
    """Signed with another key, which is published in place of the real one half of the time."""
    lines = files["proof/checkpoint"].decode().split("\n")
    root = base64.b64decode(lines[2]) if rng.random() < 0.5 else rng.randbytes(32)
    return _forge(files, int(lines[1]) + rng.choice([0, 1, -1]), root, publish_key=rng.random() < 0.5)


def _forged_earlier_checkpoint(files: Contents, other: Contents, rng: random.Random) -> Contents:
    return _forge(files, rng.randrange(1, 9), rng.randbytes(32), name="previous-checkpoint", publish_key=False)


def _no_earlier_edition(files: Contents, other: Contents, rng: random.Random) -> Contents:
    """As if this were the first: the earlier checkpoint and the proof of growth removed."""
    proof = json.loads(files["proof/proof.json"]) | {"consistency": None}
    del files["proof/previous-checkpoint"]
    return files | {"proof/proof.json": json.dumps(proof, sort_keys=True, separators=(",", ":")).encode() + b"\n"}


_WAYS: tuple[Callable[[Contents, Contents, random.Random], Contents], ...] = (
    _drop_a_file, _add_a_file, _rename_a_file, _swap_two_files, _cut_a_file, _lengthen_a_file,
    _file_of_the_other_edition, _proof_of_the_other_edition, _report_and_manifest_changed_together, _drop_an_event,
    _move_an_event, _exchange_two_events, _repeat_an_event, _invent_an_event, _reword_an_event, _earlier_checkpoint,
    _forged_checkpoint, _forged_earlier_checkpoint, _no_earlier_edition,
)  # fmt: skip
