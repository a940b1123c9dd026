"""An edition in the forms others read: RO-Crate for archives, PROV for where it came from, schema.org for search
engines, Popolo for the people and offices of the public record. What is not known is left out, never filled in.

Everything here follows from what is published anyway; nothing of it holds a count that disclosure control hid.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from prov.model import ProvDocument

from ..programme import Programme
from ..protect import Safe
from .facts import Facts

__all__ = ["crate", "json_ld", "people", "provenance"]

_KINDS = {".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".md": "text/markdown"}
_SYNTHETIC = "Synthetic: this evidence was generated. No figure here is real. "


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


# --- RO-Crate 1.1 -------------------------------------------------------------------------------------------------


def crate(files: Mapping[str, str], programme: Programme, facts: Facts, edition: int) -> str:
    """`ro-crate-metadata.json`: every file of the edition with its size and SHA-256, and the run that made it."""
    names = sorted(files)
    tool = {"@id": "#fairhearing", "@type": "SoftwareApplication", "name": "fairhearing"}
    made = {
        "@id": f"#run-{facts.run}", "@type": "CreateAction", "name": f"Sealed run {facts.run}",
        "instrument": {"@id": "#fairhearing"}, "result": [{"@id": name} for name in names],
    }  # fmt: skip
    graph: list[dict[str, Any]] = [
        {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
         "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}},
        {**_described(programme, facts, edition), "@id": "./", "hasPart": [{"@id": name} for name in names],
         "mentions": {"@id": made["@id"]}},
        *(_file(name, files[name]) for name in names),
        made,
        tool | ({"version": facts.versions["fairhearing"]} if "fairhearing" in facts.versions else {}),
    ]  # fmt: skip
    context = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
    return _text({"@context": context, "@graph": graph})


def _described(programme: Programme, facts: Facts, edition: int) -> dict[str, Any]:
    subject = programme.programme
    said = {
        "@type": "Dataset",
        "name": f"Assessment of {subject.name}, edition {edition}",
        "description": (_SYNTHETIC if subject.synthetic else "") + subject.about,
        "datePublished": facts.generated_on.isoformat(),
        "version": str(edition),
    }
    return said | ({"spatialCoverage": subject.place} if subject.place else {})


def _file(name: str, text: str) -> dict[str, Any]:
    content = text.encode()
    return {
        "@id": name, "@type": "File", "name": PurePosixPath(name).name,
        "encodingFormat": _KINDS[PurePosixPath(name).suffix], "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip


# --- schema.org ---------------------------------------------------------------------------------------------------


def json_ld(files: Mapping[str, str], programme: Programme, facts: Facts, edition: int) -> str:
    """A schema.org Dataset for the edition's page, safe inside a script element."""
    tables = [
        {"@type": "DataDownload", "contentUrl": name, "name": PurePosixPath(name).stem, "encodingFormat": "text/csv"}
        for name in sorted(files)
        if name.endswith(".csv")
    ]
    report = {"@type": "Report", "name": f"Report, edition {edition}", "url": "report.html"}
    said = _described(programme, facts, edition) | {"distribution": tables, "hasPart": report}
    return _text({"@context": "https://schema.org", **said}).replace("<", "\\u003c")


# --- W3C PROV -----------------------------------------------------------------------------------------------------


def provenance(programme: Programme, facts: Facts, edition: int) -> str:
    """PROV-JSON: sources and rules, used by the run, whose tables became the report; each with its SHA-256."""
    document = ProvDocument()
    document.set_default_namespace("urn:fairhearing:")
    document.add_namespace("fh", "urn:fairhearing:term:")
    tool = document.agent("fairhearing", _software(facts))
    run = document.activity(f"run/{facts.run}", other_attributes={"prov:label": "gather and assess"})
    document.wasAssociatedWith(run, tool)
    for source in facts.sources:
        used = document.entity(f"evidence/{source.source}", {"fh:sha256": source.sha256})
        document.used(run, used)
    for number, change in enumerate(facts.rules_history, 1):
        about = {"fh:sha256": change.sha256, "fh:seen_on": change.seen_on.isoformat(), "prov:label": change.what}
        rules = document.entity(f"rules/{number}", about)
        if number == len(facts.rules_history):
            document.used(run, rules)
    sealed = document.entity(f"sealed/{facts.run}", {"fh:sha256": facts.manifest_hash})
    document.wasGeneratedBy(sealed, run)
    publishing = document.activity(f"publishing/{edition}", other_attributes={"prov:label": "protect and publish"})
    document.used(publishing, sealed)
    document.wasAssociatedWith(publishing, tool)
    out = document.entity(
        f"edition/{edition}", {"prov:label": programme.programme.name, "fh:day": facts.generated_on.isoformat()}
    )
    document.wasGeneratedBy(out, publishing)
    document.wasDerivedFrom(out, sealed)
    return _text(json.loads(str(document.serialize(format="json"))))


def _software(facts: Facts) -> dict[Any, Any]:
    versions = {f"fh:version_{re.sub(r'[^A-Za-z0-9]', '_', name)}": facts.versions[name] for name in facts.versions}
    return {"prov:type": "prov:SoftwareAgent", **versions}


# --- Popolo -------------------------------------------------------------------------------------------------------


def people(safe: Mapping[str, Safe]) -> str:
    """Popolo: who asked and answered on the public record, with which group, and the offices that owe something."""
    record = safe["record"].rows() if "record" in safe else []
    owed = safe["commitments"].rows() if "commitments" in safe else []
    posts = _named(row["asked_of"] for row in record)
    persons = _named(name for row in record for name in (row["asked_by"], row["answered_by"]) if name not in posts)
    offices = _named(name for row in owed for name in (row["owner"], row["made_by"]))
    groups = _named(row["group"] for row in record)
    member = sorted({(row["asked_by"], row["group"]) for row in record if row["asked_by"] and row["group"]})
    organizations = [{"classification": "political group", **each} for each in _with_ids(groups, "group")]
    organizations += [{"classification": "office", **each} for each in _with_ids(offices, "office")]
    memberships = [
        {"person_id": _id("person", person), "organization_id": _id("group", group)} for person, group in member
    ]
    return _text({
        "persons": list(_with_ids(persons, "person")), "organizations": organizations,
        "posts": [{"id": _id("post", name), "label": name} for name in posts], "memberships": memberships,
    })  # fmt: skip


def _named(names: Iterator[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _with_ids(names: list[str], kind: str) -> Iterator[dict[str, str]]:
    return ({"id": _id(kind, name), "name": name} for name in names)


def _id(kind: str, name: str) -> str:
    """Readable, and different for different names also where letters are left out."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    return f"{kind}/{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
