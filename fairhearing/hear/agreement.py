"""The agreed themes of a run, and how far the people who coded by them agree.

What people coded stands in `codings` under their own name, beside the machine's codes and never among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..stage import Context, Stage, Tables
from ..stats.agreement import Agreement, alpha
from ..tables import from_rows
from .agreed import Agreed, Codebook, Row, codebook, said_of

__all__ = ["BY_PERSON", "STAGE", "Coded", "codes_of", "in_order"]

BY_PERSON = "coder: "
"""How `assigned_by` begins where a person put a response under a theme."""
ENOUGH, NOT_YET, CANNOT_TELL = "agreed enough", "not yet", "cannot tell"


@dataclass(frozen=True)
class Coded:
    """One response as people coded it. said: coder → agreed theme → seen or not · random: whether it was drawn for
    the blind random sample · drawn_from: responses that draw could have chosen · text_sha256: of what was coded."""

    response: str
    source: str
    said: dict[str, dict[str, bool]] = field(default_factory=dict)
    random: bool = False
    drawn_from: int = 0
    text_sha256: str = ""

    def of(self, theme: str) -> list[bool]:
        """What each coder who was asked said of a theme."""
        return [told[theme] for _coder, told in sorted(self.said.items()) if theme in told]


def in_order(context: Context) -> list[Row]:
    """The events of the codebook, oldest first."""
    return context.query("SELECT * FROM codebook_events ORDER BY event, part").to_pylist()


def codes_of(context: Context, book: Codebook) -> list[Coded]:
    """Every response that people coded, with what they said of the themes now in use. A row that could not be coded
    says nothing of any theme."""
    rows = context.query(
        "SELECT * FROM human_codes WHERE seen IS NOT NULL ORDER BY source, response, coder, kind DESC, sheet, theme"
    ).to_pylist()
    return coded(rows, book)


def coded(rows: Iterable[Row], book: Codebook) -> list[Coded]:
    """rows: of `human_codes`, in order. Where a coder met a response twice, what was said of the random sample
    comes last and counts."""
    asked: dict[tuple[str, str], dict[str, dict[str, bool]]] = {}
    random: dict[tuple[str, str], int] = {}
    words: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["source"], row["response"])
        asked.setdefault(key, {}).setdefault(row["coder"], {})[row["theme"]] = bool(row["seen"])
        words[key] = row["text_sha256"]
        if row["kind"] == "random":
            random[key] = row["drawn_from"]
    every = {theme.id: theme for theme in book.themes}
    return [
        Coded(
            response, source, {coder: _in_use(book, every, codes) for coder, codes in said.items()},
            (source, response) in random, random.get((source, response), 0),
            words[source, response],
        )
        for (source, response), said in asked.items()
    ]  # fmt: skip


def _in_use(book: Codebook, every: Mapping[str, Agreed], codes: Mapping[str, bool]) -> dict[str, bool]:
    known = {id: seen for id, seen in codes.items() if id in every}
    told = {theme.id: said_of(theme.id, every, known) for theme in book.in_use}
    return {id: seen for id, seen in told.items() if seen is not None}


def _run(context: Context) -> Tables:
    book = codebook(in_order(context))
    responses = codes_of(context, book)
    required = context.programme.rules.coder_agreement
    return {
        "agreed_themes": from_rows("agreed_themes", [_theme_row(theme, responses) for theme in book.themes]),
        "coder_agreement": from_rows(
            "coder_agreement", [_agreement_row(theme, responses, required) for theme in book.in_use]
        ),
        "codings": from_rows("codings", [row for each in responses for row in _codings(each)]),
    }


def _theme_row(theme: Agreed, responses: list[Coded]) -> dict[str, Any]:
    return {
        "theme": theme.id, "name": theme.name, "description": theme.description or None, "state": theme.state,
        "proposed": list(theme.proposed), "made_from": list(theme.made_from), "became": list(theme.became),
        "changed_by": theme.who, "changed_at": theme.at, "why": theme.why,
        "coded": sum(bool(each.of(theme.id)) for each in responses),
    }  # fmt: skip


def _codings(response: Coded) -> list[dict[str, Any]]:
    return [
        {"response": response.response, "theme": theme, "score": 1.0, "assigned_by": f"{BY_PERSON}{coder}"}
        for coder, told in sorted(response.said.items())
        for theme, seen in told.items()
        if seen
    ]


# --- agreement --------------------------------------------------------------------------------------------------


def _agreement_row(theme: Agreed, responses: list[Coded], required: float) -> dict[str, Any]:
    said = [each.of(theme.id) for each in responses]
    counts = np.array([[len(each) - sum(each), sum(each)] for each in said if each], np.float64).reshape(-1, 2)
    found = alpha(counts)
    return {
        "theme": theme.id, "name": theme.name, "n": found.n, "alpha": found.alpha, "low": found.low,
        "high": found.high, "percent": _percent(counts), "required": required,
        "verdict": _verdict(found, required), "method": _method(found),
    }  # fmt: skip


def _percent(counts: np.ndarray) -> float | None:
    """Share of pairs of coders who said the same of a response, each response counting once."""
    twice = counts[counts.sum(axis=1) >= 2]
    if not len(twice):
        return None
    m = twice.sum(axis=1)
    return float(((twice * (twice - 1)).sum(axis=1) / (m * (m - 1))).mean())


def _verdict(found: Agreement, required: float) -> str:
    """By alpha itself, as coders are used to. Where no interval is around it because they differed on hardly any
    response, little disagreement still shows agreement; little of everything shows nothing."""
    if found.alpha is None or found.n < _FEWEST:
        return CANNOT_TELL
    if found.alpha >= required:
        return ENOUGH
    return CANNOT_TELL if found.low is None else NOT_YET


_FEWEST = 10
"""Responses coded twice below which nothing is said of agreement."""


def _method(found: Agreement) -> str:
    if found.alpha is None:
        return f"none: {found.cannot_tell}"
    interval = f"no interval: {found.no_interval}" if found.low is None else "95% jackknife interval, by response"
    return f"Krippendorff's alpha, nominal; {interval}; random and targeted responses alike"


STAGE = Stage(
    name="agreement",
    reads=("codebook_events", "human_codes"),
    writes=("agreed_themes", "coder_agreement", "codings"),
    run=_run,
    why="the codebook people agreed on, and how far coders agree",
)
