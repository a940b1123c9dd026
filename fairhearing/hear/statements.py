"""Statements one by one: agreement overall, by community and by group of opinion, what bridges, who stands out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..programme import Source
from ..stage import Context
from ..stats.bridging import Bridging, bridging, crowd
from ..stats.representative import benjamini_hochberg, representative, score_tests, stands_out, two_sided
from .counting import TOOK_PART
from .heard_votes import Cast, letter
from .kinds import Votes, kind_of, soft_votes, votes_of, worst
from .opinion import Heard

__all__ = ["BRIDGING", "STATEMENT_KEYS", "Told", "in_order", "opinions", "statement_rows", "tell"]

BRIDGING = ("bridging", "bridging_low", "bridging_high", "against", "against_low", "against_high")
STATEMENT_KEYS = ("id", "text", "n", "agree", "low", "high", *BRIDGING, "kind", "flags")
_DIFFERS = {1: "agrees more than the rest", -1: "disagrees more than the rest", 0: None}


@dataclass(frozen=True)
class Told:
    """Rows of the tables `statements`, `statement_shares` and `group_shares` of one source."""

    statements: list[dict[str, Any]]
    shares: list[dict[str, Any]]
    groups: list[dict[str, Any]]


def opinions(context: Context, source: Source) -> list[tuple[str, str]]:
    """Statements of a source that state an opinion and were not moderated out, in the order of their numbers."""
    found = context.query(f"""
        SELECT statement, text FROM propositions
        WHERE source = '{source.id}' AND declares IS NULL AND moderated >= {1 if source.strict_moderation else 0}
        ORDER BY statement
    """)
    pairs = zip(found["statement"].to_pylist(), found["text"].to_pylist(), strict=True)
    return sorted(pairs, key=lambda pair: in_order(pair[0]))


def tell(context: Context, source: Source, texts: Sequence[tuple[str, str]], made: Cast, heard: Heard | None) -> Told:
    """Every statement of one source. `heard`: its groups of opinion, None where nobody voted."""
    at_least = context.programme.rules.publish_at_least
    held = _held(made, heard)
    differs, group_differs = (
        _communities_differ(made, at_least),
        _groups_differ(context, source, made, held, at_least),
    )
    bridged = _bridged(context, source, made, heard)
    told = Told([], [], [])
    place = {id: number for number, id in enumerate(made.statements)}
    for id, text in texts:
        at = place[id]
        everyone, inside, groups = _votes(context, made, held, at)
        method = {"source": source.id, "statement": id}
        row = _row(everyone, list(inside.values()), groups, at_least)
        told.statements.append(
            method | {"text": text} | row | bridged[id] | _numbers(source, everyone)
            | {"flags": _flags(row, everyone, (*inside.values(), *groups), bridged[id], at_least)}
        )  # fmt: skip
        for number, ((of, category), votes) in enumerate(inside.items()):
            named = {"characteristic": of, "community": category, "differs": _DIFFERS[int(differs[at, number])]}
            told.shares.append(method | named | _numbers(source, votes))
        for number, votes in enumerate(groups):
            named = {"opinion_group": letter(number), "differs": _DIFFERS[int(group_differs[at, number])]}
            told.groups.append(method | named | _numbers(source, votes, groups=True))
    return told


def statement_rows(tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """One row a statement, for the direct door `fairhearing votes` and for scripts.

    Keys, always all of them and in this order (`STATEMENT_KEYS`): id, text, n (people who voted, passes included),
    agree (weighted share 0–1), low, high (95% interval; null where nobody voted), bridging and against with their
    intervals (see `stats.bridging`; null where nobody took a side), kind (common ground, majority, divisive, mixed,
    cannot tell), flags: any of "no votes", "too few votes", "many passes" (over a third passed), "too few votes in "
    (a community or group), "bridges: agree" (more than half of everyone agree, and of the half least inclined to
    agree most of those who take a side do, each with 95% confidence), "bridges: disagree".
    """
    same = [key for key in STATEMENT_KEYS if key not in ("id", "agree")]
    rows = [
        {key: row[key] for key in same} | {"id": row["statement"], "agree": row["estimate"]}
        for row in tables["statements"].to_pylist()
    ]
    return [{key: row[key] for key in STATEMENT_KEYS} for row in rows]


def in_order(id: str) -> list[tuple[int, int, str]]:
    """Numbers within an id by size."""
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", id)
    ]


# --- workings ----------------------------------------------------------------------------------------------------


def _held(made: Cast, heard: Heard | None) -> np.ndarray:
    """Probability of each group for each person of `made` (n, k); one column of ones where there are no groups."""
    if heard is None:
        return np.ones((len(made.people), 1))
    place = {id: at for at, id in enumerate(heard.people)}
    return heard.found.probability[[place[id] for id in made.people]]


def _votes(
    context: Context, made: Cast, held: np.ndarray, at: int
) -> tuple[Votes, dict[tuple[str, str], Votes], list[Votes]]:
    """Everybody's votes on one statement, each community's, and each group's (none where everybody is together)."""
    rows = made.rows(at)
    vote, weight, person = made.vote[rows], made.weight[rows], made.person[rows]
    inside = {
        (of, id): votes_of(context.programme.category_name(of, id), vote[member[rows]], weight[member[rows]])
        for (of, id), member in made.inside.items()
    }
    likeliest, k = held[person].argmax(axis=1), held.shape[1]
    groups = [
        soft_votes(f"group {letter(group)}", vote, weight, held[person, group], likeliest == group)
        for group in range(k if k > 1 else 0)
    ]
    return votes_of("everyone", vote, weight), inside, groups


def _row(everyone: Votes, inside: list[Votes], groups: list[Votes], at_least: int) -> dict[str, Any]:
    kind, because = kind_of(everyone, inside, at_least, groups)
    passed = everyone.agree.n - everyone.agree.count - everyone.disagree.count
    who, low = worst(everyone, [*inside, *groups], at_least) or (None, None)
    return {"passed": passed, "kind": kind, "because": because, "worst": who, "worst_low": low}


def _flags(
    row: Mapping[str, Any], everyone: Votes, others: Sequence[Votes], bridged: Mapping[str, Any], at_least: int
) -> list[str]:
    if everyone.agree.n == 0:
        return ["no votes"]
    flags = ["too few votes"] if row["kind"] == "cannot tell" else []
    flags += ["many passes"] if 3 * row["passed"] > everyone.agree.n else []
    if everyone.agree.n >= at_least:
        flags += [f"too few votes in {each.who}" for each in others if each.agree.n < at_least]
        flags += [
            f"bridges: {word}"
            for word, low, side in (("agree", "bridging_low", 1), ("disagree", "against_low", -1))
            if everyone.side == side and bridged[low] is not None and bridged[low] > 0.5
        ]
    return flags


def _bridged(context: Context, source: Source, made: Cast, heard: Heard | None) -> dict[str, dict[str, Any]]:
    """Bridging by statement."""
    blank: dict[str, Any] = dict.fromkeys(BRIDGING)
    if heard is None:
        return dict.fromkeys(made.statements, blank)
    found, of = heard.found, {id: at for at, id in enumerate(made.people)}
    weight = made.person_weights()[[of[id] for id in heard.people]]
    sides, passes = (_count(made, heard, side) for side in (True, False))
    scored = bridging(
        found.space.statement, found.space.statement_cov, sides, passes,
        crowd(found.space.person[:, 1:], found.space.person_cov[:, 1:, 1:], weight, found.position),
        context.rng(f"bridging {source.id}"),
    )  # fmt: skip
    rows = {id: _bridging_row(scored, at) for at, id in enumerate(heard.statements)}
    return {id: rows.get(id, blank) for id in made.statements}


def _count(made: Cast, heard: Heard, side: bool) -> np.ndarray:
    counted = np.bincount(made.statement[made.latest & ((made.vote != 0) == side)], minlength=len(made.statements))
    of = {id: at for at, id in enumerate(made.statements)}
    return counted[[of[id] for id in heard.statements]]


def _bridging_row(scored: Bridging, at: int) -> dict[str, Any]:
    values = (getattr(scored, name)[at] for name in ("score", "low", "high", *BRIDGING[3:]))
    return {name: float(value) if np.isfinite(value) else None for name, value in zip(BRIDGING, values, strict=True)}


def _communities_differ(made: Cast, at_least: int) -> np.ndarray:
    """(statements, communities): 1, −1 or 0, each against everybody else who voted."""
    m = len(made.statements)
    if not made.inside or not m:
        return np.zeros((m, len(made.inside)), np.int64)
    member = np.column_stack([mask[made.latest] for mask in made.inside.values()]).astype(float)
    z = score_tests(
        made.statement[made.latest], made.vote[made.latest], made.weight[made.latest], member, m, at_least
    )  # fmt: skip
    return stands_out(*benjamini_hochberg(two_sided(z)), *z)


def _groups_differ(context: Context, source: Source, made: Cast, held: np.ndarray, at_least: int) -> np.ndarray:
    """The same for groups of opinion, by votes that did not build them."""
    m = len(made.statements)
    if held.shape[1] < 2 or not m:
        return np.zeros((m, held.shape[1]), np.int64)
    tested = representative(
        made.person[made.latest], made.statement[made.latest], made.vote[made.latest], held, m,
        context.rng(f"representative {source.id}"), weights=made.person_weights(), smallest=at_least,
    )  # fmt: skip
    return tested.kind


def _numbers(source: Source, votes: Votes, *, groups: bool = False) -> dict[str, Any]:
    """Counts, share and interval, and what the interval is and is not."""
    agree = votes.agree
    return {
        "n": agree.n, "agree": agree.count, "disagree": votes.disagree.count,
        "estimate": agree.estimate, "low": agree.low, "high": agree.high,
        "method": _method(source) + ("; each vote by the probability that its voter belongs" if groups else ""),
    }  # fmt: skip


def _method(source: Source) -> str:
    """The same words for every row: a count in a sentence could not be rounded or hidden by disclosure control."""
    return (
        "weighted share agreeing of the votes cast, passes included; 95% Wilson interval on the effective n, "
        f"among people who took part (it is about those of them who never saw the statement); {TOOK_PART}; "
        f"sample: {source.sample}; no interval where nobody voted"
    )
