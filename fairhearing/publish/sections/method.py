"""Section 12, method and limits: the rules and the day they were fixed, sources, what was withheld, how to verify."""

from __future__ import annotations

from dataclasses import dataclass

from ...programme import Rules, Source, Study
from ...tables import TABLES
from ..facts import Review, RulesChange, SourceFacts, about, public_note
from ..reading import Evidence
from ..sentences import SAMPLE_WORDS, capital, day, listed

__all__ = ["Method", "ReviewRow", "RuleRow", "SourceCardBlock", "StudyRow", "TableNote", "method"]


_NOBODY_ASKED = {
    "questions": "These are documents on the public record: nobody was asked, so no margin of error.",
    "official": "These are totals that an office published: nobody was asked here, so no margin of error.",
}


@dataclass(frozen=True)
class RuleRow:
    """One decision rule."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class SourceCardBlock:
    """One source, as a reviewer wants to know it."""

    id: str
    name: str
    lines: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TableNote:
    """One published table: what it says, who is missing, what was withheld."""

    name: str
    says: str
    missing: str
    withheld: str
    """Empty where nothing was."""
    notes: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True)
class StudyRow:
    """One commissioned study, published or not."""

    title: str
    by: str
    on: str
    state: str
    why: str
    where: str


@dataclass(frozen=True)
class ReviewRow:
    """One finding that a person withheld or amended."""

    finding: str
    kind: str
    by: str
    on: str
    reason: str


@dataclass(frozen=True)
class Method:
    """Section 12."""

    fixed_on: str
    rules: tuple[RuleRow, ...]
    history: tuple[tuple[str, str, str], ...]
    """(day, what changed, SHA-256 of the rules)."""
    sources: tuple[SourceCardBlock, ...]
    tables: tuple[TableNote, ...]
    publish_at_least: int
    round_counts_to: int
    seals: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    studies: tuple[StudyRow, ...]
    reviews: tuple[ReviewRow, ...]


def method(evidence: Evidence) -> Method:
    facts, rules = evidence.facts, evidence.programme.rules
    gathered = {each.source: each for each in facts.sources}
    return Method(
        fixed_on=day(rules.fixed_on),
        rules=_rules(rules),
        history=tuple(_change(each) for each in facts.rules_history),
        sources=tuple(_source(evidence, each, gathered.get(each.id)) for each in evidence.programme.sources),
        tables=tuple(_table(evidence, name) for name in sorted(evidence.safe)),
        publish_at_least=rules.publish_at_least,
        round_counts_to=rules.round_counts_to,
        seals=(
            ("Run", facts.run),
            ("SHA-256 of its manifest", facts.manifest_hash),
            ("Head of the ledger", facts.ledger_head),
        ),
        versions=tuple(sorted(facts.versions.items())),
        settings=tuple(sorted(facts.settings.items())),
        notes=facts.notes,
        studies=tuple(_study(each) for each in evidence.programme.studies),
        reviews=tuple(_review(each) for each in facts.reviews),
    )


def _study(study: Study) -> StudyRow:
    on = day(study.commissioned_on) if study.commissioned_on else "day not stated"
    return StudyRow(study.title, study.commissioned_by or "not stated", on, study.state, study.why, study.where)


def _review(review: Review) -> ReviewRow:
    return ReviewRow(review.finding, review.kind, review.by, day(review.on), review.reason)


def _rules(rules: Rules) -> tuple[RuleRow, ...]:
    fields = type(rules).model_fields
    return tuple(
        RuleRow(capital(name.replace("_", " ")), f"{getattr(rules, name)}", fields[name].description or "")
        for name in fields
        if name != "fixed_on"
    )


def _change(change: RulesChange) -> tuple[str, str, str]:
    return day(change.seen_on), change.what, change.sha256


def _source(evidence: Evidence, source: Source, gathered: SourceFacts | None) -> SourceCardBlock:
    card, rules = source.card, evidence.programme.rules
    told = {
        "Kind": source.kind,
        "How people came to answer": _NOBODY_ASKED.get(source.kind, SAMPLE_WORDS[source.sample]),
        "Method": card.method,
        "Fieldwork": card.fieldwork,
        "Paid for by": card.funder,
        "Independence": card.independence,
        "Edition": card.edition,
        "Licence": card.licence,
    }
    lines = [(name, value) for name, value in told.items() if value]
    blank = [name.lower() for name, value in told.items() if not value]
    if blank:
        lines.append(("Not stated", listed(blank)))
    if gathered is not None:
        lines.append(("Rows", f"{about(gathered.rows, rules)}; what became of them stands under “What was said”"))
        lines.append(("SHA-256 as received", gathered.sha256))
    notes = [public_note(note, rules) for note in gathered.notes] if gathered is not None else []
    return SourceCardBlock(f"source-{source.id}", evidence.source_name(source.id), tuple(lines), tuple(notes))


def _table(evidence: Evidence, name: str) -> TableNote:
    declared, safe = TABLES[name], evidence.safe[name]
    rows = evidence.rows(name)
    methods = dict.fromkeys(str(row["method"]) for row in rows if row.get("method"))
    return TableNote(
        name=name,
        says=declared.says,
        missing=declared.missing.replace("`", ""),
        withheld=f"{safe.withheld} of {safe.table.num_rows} rows withheld" if safe.withheld else "",
        notes=tuple(safe.notes),
        methods=tuple(methods),
    )
