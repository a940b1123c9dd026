"""How people voted on each statement: what they agree on, what divides them, whether they fall into groups.

Statements that only declare who somebody is are not opinions and are left out; so are statements moderated out (their
votes were set aside when gathered).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..programme import Source
from ..stage import Context, Stage, Tables
from ..stats.alike import alike
from ..stats.intervals import difference_of_shares
from ..stats.opinion_null import WORLDS
from ..tables import empty, from_rows
from .counting import TOOK_PART
from .heard_votes import Cast, cast, listen
from .kinds import Votes, votes_of
from .opinion import Heard
from .opinion_tables import group_rows, map_rows
from .statements import STATEMENT_KEYS, Told, opinions, statement_rows, tell

__all__ = ["STAGE", "STATEMENT_KEYS", "stage", "statement_rows"]

Rows = dict[str, list[dict[str, Any]]]


def stage(heard: Mapping[str, Heard] | None = None) -> Stage:
    """The stage; with `heard`, groups of opinion by source that were looked for already."""
    return Stage(
        name="groups",
        reads=("votes", "propositions", "people", "weights"),
        writes=("groups", "statements", "statement_shares", "opinion_groups", "opinion_map", "group_shares",
                "statement_rounds"),
        run=lambda context: _run(context, heard or {}),
        why="hear votes: what people agree on, what divides them, whether they fall into groups",
    )  # fmt: skip


STAGE = stage()


def _run(context: Context, heard: Mapping[str, Heard]) -> Tables:
    made: Rows = {name: [] for name in STAGE.writes}
    rounds: list[tuple[str, dict[str, Any]]] = []
    for source in context.programme.sources:
        if source.kind == "votes":
            texts = opinions(context, source)
            votes = cast(context, source, [id for id, _text in texts])
            _one_source(context, source, texts, votes, heard.get(source.id) or listen(context, source, votes), made)
            rounds += _by_round(context, source, texts, votes)
    rounds.sort(key=lambda each: context.programme.round_place(each[1]["round"]))
    made["statement_rounds"] = _changes(rounds)
    return {name: from_rows(name, rows) if rows else empty(name) for name, rows in made.items()}


def _one_source(
    context: Context, source: Source, texts: list[tuple[str, str]], votes: Cast, heard: Heard | None, made: Rows
) -> None:
    at_least = context.programme.rules.publish_at_least
    told = tell(context, source, texts, votes, heard)
    row = _verdict(source, votes, heard, at_least)
    row |= _without_alike(context, source, texts, votes, told)
    made["groups"].append(row)
    made["statements"] += told.statements
    made["statement_shares"] += told.shares
    made["group_shares"] += told.groups
    if heard is not None:
        of = {id: at for at, id in enumerate(votes.people)}
        weight = votes.person_weights()[[of[id] for id in heard.people]]
        made["opinion_groups"] += group_rows(source.id, heard, weight)
        made["opinion_map"] += map_rows(source.id, heard, at_least)


def _verdict(source: Source, votes: Cast, heard: Heard | None, at_least: int) -> dict[str, Any]:
    n = len(votes.people)
    row: dict[str, Any] = {"source": source.id, "k": 1, "n": n}
    if heard is None or n < 2 * at_least:
        because = f"fewer than twice {at_least} people voted, so that no two groups could be published"
        return row | {"verdict": "too few votes", "because": because, "tested": "not tested"}
    found = heard.found
    return row | {"verdict": found.verdict, "k": found.k, "because": found.reason, "tested": _tested(heard)}


def _tested(heard: Heard) -> str:
    """How, in words that hold no count of people."""
    found, held = heard.found, heard.found.heldout
    told = ["groups must stand apart in positions that are themselves uncertain, by more than in each of "
            f"{WORLDS} worlds of one crowd, and stay when a fifth of the people is left out"]  # fmt: skip
    if held is not None and held.log_loss is not None and held.baseline_log_loss is not None:
        told.append(
            "a tenth of the votes was hidden: predicted from positions with a log loss of "
            f"{held.log_loss:.2f}, from the rates of statements and people with {held.baseline_log_loss:.2f}"
        )
    if found.gap is not None:
        told.append(f"log-likelihood ratio of two crowds against one: {found.gap:.1f}")
    if found.stability is not None:
        told.append(f"adjusted Rand index over parts of the people: {found.stability:.2f}")
    return "; ".join(told)


# --- votes that look mechanical ----------------------------------------------------------------------------------


def _without_alike(
    context: Context, source: Source, texts: list[tuple[str, str]], votes: Cast, told: Told
) -> dict[str, Any]:
    """What would be said without people whose votes look mechanical; their shares are put beside the others."""
    keep = votes.latest
    marked = alike(
        votes.person[keep], votes.statement[keep], votes.vote[keep], len(votes.people), len(votes.statements)
    ).marked
    if not marked.any() or marked.all():
        return {"alike": int(marked.sum())}
    rest = _of(votes, ~marked[votes.person])
    heard = listen(context, source, votes, marked)
    other = tell(context, source, texts, rest, _whole(heard, rest))
    pairs = list(zip(told.statements, other.statements, strict=True))
    if marked.sum() >= context.programme.rules.publish_at_least:  # else two shares would give away the votes of few
        for row, without in pairs:
            row["without_alike"] = without["estimate"]
    changes = [abs(a["estimate"] - b["estimate"]) for a, b in pairs if None not in (a["estimate"], b["estimate"])]
    return {
        "alike": int(marked.sum()),
        "verdict_without": heard.found.verdict if heard else "too few votes",
        "kinds_without": sum(a["kind"] != b["kind"] for a, b in pairs),
        "change_without": max(changes, default=None),
    }


def _of(votes: Cast, kept: np.ndarray) -> Cast:
    """Some of the votes, people numbered anew."""
    number, person = np.unique(votes.person[kept], return_inverse=True)
    return Cast(
        [votes.people[at] for at in number], votes.statements, person, votes.statement[kept],
        [each for each, yes in zip(votes.round, kept.tolist(), strict=True) if yes], votes.vote[kept],
        votes.weight[kept], {of: mask[kept] for of, mask in votes.inside.items()}, votes.latest[kept],
    )  # fmt: skip


def _whole(heard: Heard | None, votes: Cast) -> Heard | None:
    return heard if heard is not None and set(heard.people) == set(votes.people) else None


# --- rounds ------------------------------------------------------------------------------------------------------


def _by_round(
    context: Context, source: Source, texts: list[tuple[str, str]], votes: Cast
) -> list[tuple[str, dict[str, Any]]]:
    """(the words of a statement, its row in one round), where anybody voted in that round."""
    place = {id: number for number, id in enumerate(votes.statements)}
    at_least = context.programme.rules.publish_at_least
    out = []
    for id, text in texts:
        rows = votes.rows(place[id])
        asked = np.array([each or "" for each in votes.round[rows]])
        for name in sorted(set(asked.tolist()) - {""}, key=context.programme.round_place):
            mine = asked == name
            cast_then = votes_of(name, votes.vote[rows][mine], votes.weight[rows][mine])
            if cast_then.agree.n >= at_least:
                row = {"source": source.id, "statement": id, "text": text, "round": name}
                out.append((" ".join(text.casefold().split()), row | _share(cast_then)))
    return out


def _share(votes: Votes) -> dict[str, Any]:
    agree = votes.agree
    method = (
        "weighted share agreeing of the votes cast, passes included; change with Newcombe's interval on the "
        f"effective n, as if other people had voted each time; {TOOK_PART}"
    )
    told = {"n": agree.n, "agree": agree.count, "estimate": agree.estimate, "low": agree.low, "high": agree.high}
    return told | {"method": method}


def _changes(rounds: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Statements put in more than one round, each round against the first."""
    by_words: dict[str, list[dict[str, Any]]] = {}
    for words, row in rounds:
        by_words.setdefault(words, []).append(row)
    out: list[dict[str, Any]] = []
    for rows in by_words.values():
        if len({row["round"] for row in rows}) > 1:
            first = rows[0]
            out += [first, *(row | _change(first, row) for row in rows[1:])]
    return out


def _change(first: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    names = ("estimate", "low", "high")
    change, low, high = difference_of_shares(*(now[name] for name in names), *(first[name] for name in names))
    return {"change": change, "change_low": low, "change_high": high}
