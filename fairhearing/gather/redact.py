"""Identifying details in free text, replaced by what they were: "[e-mail]", "E8 [postcode]".

Precise rather than greedy: the words are evidence, and a redaction that eats a sentence is a loss too. Most texts
hold no digit, no @ and no cue word; one pass in Arrow finds those that do, and only they are looked at closely.
Names without a cue ("my name is", "Mrs") are not found here: a person checks what is published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .details import CONTACT, EMAIL, RULES, WORTH_A_LOOK, Match, Replace

__all__ = ["CONTACT", "EMAIL", "Redacted", "redact", "redact_text"]


@dataclass(frozen=True)
class Redacted:
    """`texts` after redaction, `counts` details replaced in each, `kinds` details replaced in all by kind."""

    texts: pa.Array
    counts: np.ndarray
    kinds: dict[str, int]


def redact(texts: pa.Array) -> Redacted:
    """Redact a column of strings. Null stays null."""
    suspect = pc.fill_null(pc.match_substring_regex(texts, WORTH_A_LOOK), False)
    places = np.flatnonzero(suspect.to_numpy(zero_copy_only=False))
    counts = np.zeros(len(texts), np.int64)
    kinds: dict[str, int] = {}
    changed: list[str] = []
    for place, text in zip(places, texts.take(pa.array(places)).to_pylist(), strict=True):
        clean, found = redact_text(text)
        counts[place] = sum(found.values())
        for kind, n in found.items():
            kinds[kind] = kinds.get(kind, 0) + n
        changed.append(clean)
    replaced = pc.replace_with_mask(texts, suspect, pa.array(changed, pa.string()))
    return Redacted(replaced, counts, dict(sorted(kinds.items())))


def redact_text(text: str) -> tuple[str, dict[str, int]]:
    """One text redacted, and how many details of each kind were replaced."""
    found: dict[str, int] = {}
    for kind, needs, pattern, replace in RULES:
        if not needs.search(text):
            continue

        def one(match: Match, kind: str = kind, replace: Replace = replace) -> str:
            new = replace(match)
            if new is None:
                return match[0]
            found[kind] = found.get(kind, 0) + 1
            return new

        text = pattern.sub(one, text)
    return text, found
