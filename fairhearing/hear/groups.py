"""How people voted on each statement: what they agree on, what divides them, and what cannot be told.

Passes are votes seen and not taken: they are in n, and never disagreements. Statements that only declare who somebody
is are not opinions and are left out; so are statements moderated out (their votes were set aside when gathered).
Opinion groups are not looked for here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..programme import Programme, Source
from ..stage import Context, Stage, Tables
from ..tables import empty, from_rows
from .counting import TOOK_PART, Share, communities, joined, members, share

__all__ = ["STAGE", "STATEMENT_KEYS", "statement_rows"]

HALF, THIRD = 1 / 2, 1 / 3
STATEMENT_KEYS = ("id", "text", "n", "agree", "low", "high", "kind", "flags")


@dataclass(frozen=True)
class Votes:
    """Votes of one group of people on one statement: agreeing, disagreeing, and passes within n."""

    who: str
    agree: Share
    disagree: Share

    @property
    def side(self) -> int:
        """1 or -1 where the interval of agreeing or of disagreeing lies above one half, otherwise 0."""
        return int(_above(self.agree, HALF)) - int(_above(self.disagree, HALF))

    def told(self, at_least: int) -> str:
        """The numbers in words, without any that rests on fewer people than may be published: `because` is prose,
        which disclosure control cannot round. What stands in brackets is no margin of error of any population."""
        parts = [
            _percent(part, word, at_least) for word, part in (("agree", self.agree), ("disagree", self.disagree))
        ]
        given = any("between" in part for part in parts)
        return f"{self.who}: {', '.join(parts)}" + (", had all who took part voted on it" if given else "")


def kind_of(everyone: Votes, groups: list[Votes], at_least: int) -> tuple[str, str]:
    """(kind, because) of one statement. `groups`: communities; those below `at_least` people decide nothing."""
    if everyone.agree.n < at_least:
        return "cannot tell", f"fewer than {at_least} people voted"
    tested = [each for each in groups if each.agree.n >= at_least]
    told = everyone.told(at_least)
    if everyone.side and all(each.side == everyone.side for each in tested):
        return "common ground", f"{_common(everyone, tested, len(groups))}: {told}"
    opposed = _opposed(everyone, tested)
    if opposed:
        both = "; ".join(each.told(at_least) for each in opposed)
        return "divisive", f"most of some agree and most of others disagree, with 95% confidence: {both}"
    if everyone.side:
        return "majority", f"{_majority(everyone, tested)}: {told}"
    if _above(everyone.agree, THIRD) and _above(everyone.disagree, THIRD):
        return "divisive", f"both agreeing and disagreeing are above one third with 95% confidence: {told}"
    if _too_wide(everyone.agree):
        return "cannot tell", f"too few votes: agreeing could be below one third or above two thirds: {told}"
    return "mixed", f"neither common ground nor divisive: {told}"


def _common(everyone: Votes, tested: list[Votes], groups: int) -> str:
    word = "agree" if everyone.side == 1 else "disagree"
    if not tested:
        why = "none has enough votes" if groups else "none is declared"
        return f"with 95% confidence more than half {word} (everyone; no community could be compared: {why})"
    skipped = f"; {groups - len(tested)} with too few votes not compared" if groups > len(tested) else ""
    return f"with 95% confidence more than half {word}, of everyone and of each of {len(tested)} communities{skipped}"


def _majority(everyone: Votes, tested: list[Votes]) -> str:
    """More than half of everyone, where of some communities that cannot be told."""
    word = "agree" if everyone.side == 1 else "disagree"
    others = ", ".join(each.who for each in tested if each.side != everyone.side)
    return (
        f"with 95% confidence more than half of everyone {word}; whether more than half do cannot be told of {others}"
    )


def _opposed(everyone: Votes, tested: list[Votes]) -> tuple[Votes, Votes] | None:
    """The first most of whom agree, and the first most of whom disagree, if there are both."""
    agree = next((each for each in (*tested, everyone) if each.side == 1), None)
    disagree = next((each for each in (*tested, everyone) if each.side == -1), None)
    return (agree, disagree) if agree and disagree else None


def _above(part: Share, line: float) -> bool:
    return part.low is not None and part.low > line


def _too_wide(part: Share) -> bool:
    return part.low is None or part.high is None or (part.low < THIRD and part.high > 1 - THIRD)


def _percent(part: Share, word: str, at_least: int) -> str:
    if part.count < at_least or part.estimate is None or part.low is None or part.high is None:
        return f"fewer than {at_least} {word}"
    return f"{100 * part.estimate:.0f}% {word} (between {100 * part.low:.0f}% and {100 * part.high:.0f}%)"


# --- the stage ----------------------------------------------------------------------------------------------------


def _run(context: Context) -> Tables:
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in STAGE.writes}
    for source in context.programme.sources:
        if source.kind == "votes":
            made["groups"].append(_groups_row(context, source))
            _one_source(context, source, made["statements"], made["statement_shares"])
    return {name: from_rows(name, rows) if rows else empty(name) for name, rows in made.items()}


def _groups_row(context: Context, source: Source) -> dict[str, Any]:
    """What is said of opinion groups: that they were not looked for, which is not that there are none."""
    counted = context.query(f"SELECT count(DISTINCT person) AS n FROM votes WHERE source = '{source.id}'")
    because = (
        "this version does not look for opinion groups; statements and declared communities are compared instead"
    )
    return {"source": source.id, "verdict": "not looked for", "n": counted["n"][0].as_py(), "because": because}


def _one_source(
    context: Context, source: Source, statements: list[dict[str, Any]], shares: list[dict[str, Any]]
) -> None:
    votes = joined(context, "votes", ("statement", "vote"), source, "t.statement, t.person, t.round")
    place = _places(votes["statement"])
    vote, weight = votes["vote"].to_numpy(), votes["weight"].to_numpy()
    inside = {
        (of, id): members(votes[f"c_{of}"], id) for of, id in communities(context.programme, votes)
    }  # fmt: skip
    for id, text in _opinions(context, source):
        rows = place.get(id, slice(0, 0))
        everyone = _votes("everyone", vote[rows], weight[rows])
        groups = []
        for (of, category), member in inside.items():
            mine = member[rows]
            group = _votes(_name(context.programme, of, category), vote[rows][mine], weight[rows][mine])
            groups.append(group)
            shares.append(_share_row(source, id, of, category, group))
        statements.append(_row(context, source, id, text, everyone, groups))


def _places(statement: pa.ChunkedArray) -> dict[str, slice]:
    """Where each statement's votes lie; the rows are sorted by statement."""
    if len(statement) == 0:
        return {}
    coded = statement.combine_chunks().dictionary_encode()
    codes, names = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = [*starts[1:].tolist(), len(codes)]
    return {names[codes[a]]: slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)}


def _opinions(context: Context, source: Source) -> list[tuple[str, str]]:
    """Statements of a source that state an opinion and were not moderated out, in the order of their numbers."""
    found = context.query(f"""
        SELECT statement, text FROM propositions
        WHERE source = '{source.id}' AND declares IS NULL AND moderated <> -1 ORDER BY statement
    """)
    pairs = zip(found["statement"].to_pylist(), found["text"].to_pylist(), strict=True)
    return sorted(pairs, key=lambda pair: _natural(pair[0]))


def _natural(id: str) -> list[tuple[int, int, str]]:
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", id)
    ]


def _votes(who: str, vote: np.ndarray, weight: np.ndarray) -> Votes:
    return Votes(who, share(weight, vote == 1), share(weight, vote == -1))


def _name(programme: Programme, characteristic: str, category: str) -> str:
    return programme.category_name(characteristic, category)


def _row(
    context: Context, source: Source, id: str, text: str, everyone: Votes, groups: list[Votes]
) -> dict[str, Any]:
    kind, because = kind_of(everyone, groups, context.programme.rules.publish_at_least)
    passed = everyone.agree.n - everyone.agree.count - everyone.disagree.count
    row = {"source": source.id, "statement": id, "text": text, "passed": passed, "kind": kind, "because": because}
    return row | _numbers(source, everyone)


def _share_row(source: Source, id: str, characteristic: str, category: str, group: Votes) -> dict[str, Any]:
    row = {"source": source.id, "statement": id, "characteristic": characteristic, "community": category}
    return row | _numbers(source, group)


def _numbers(source: Source, votes: Votes) -> dict[str, Any]:
    """Counts, share and interval, and what the interval is and is not."""
    agree = votes.agree
    return {
        "n": agree.n, "agree": agree.count, "disagree": votes.disagree.count,
        "estimate": agree.estimate, "low": agree.low, "high": agree.high,
        "method": _method(source),
    }  # fmt: skip


def _method(source: Source) -> str:
    """The same words for every row: a count in a sentence could not be rounded or hidden by disclosure control."""
    return (
        "weighted share agreeing of the votes cast, passes included; 95% Wilson interval on Kish's effective n, "
        f"among people who took part (it is about those of them who never saw the statement); {TOOK_PART}; "
        f"sample: {source.sample}; no interval where nobody voted"
    )


def statement_rows(tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """One row a statement, for the direct door `fairhearing votes` and for scripts.

    Keys, always all of them and in this order (`STATEMENT_KEYS`): id, text, n (people who voted, passes included),
    agree (weighted share 0–1), low, high (95% interval; null where nobody voted), kind (common ground, majority,
    divisive, mixed, cannot tell), flags: any of "no votes", "too few votes", "many passes" (over a third passed).
    """
    return [
        {"id": row["statement"], "text": row["text"], "n": row["n"], "agree": row["estimate"]}
        | {key: row[key] for key in ("low", "high", "kind")}
        | {"flags": _flags(row)}
        for row in tables["statements"].to_pylist()
    ]


def _flags(row: Mapping[str, Any]) -> list[str]:
    if row["n"] == 0:
        return ["no votes"]
    few = ["too few votes"] if row["kind"] == "cannot tell" else []
    return few + (["many passes"] if 3 * row["passed"] > row["n"] else [])


STAGE = Stage(
    name="groups",
    reads=("votes", "propositions", "people", "weights"),
    writes=("groups", "statements", "statement_shares"),
    run=_run,
    why="hear votes: what people agree on, what divides them",
)
