"""Quotes are exact, or nothing is built: what stands in a run as somebody's words must be those words."""

from __future__ import annotations

from ..errors import FairHearingError
from ..stage import Query

__all__ = ["QuoteNotFound", "check_quotes"]

_QUOTES = """
    SELECT q.response, q.start, q."end", q.exact, t.text
    FROM quotes q LEFT JOIN texts t ON t.response = q.response AND t.source = q.source
    ORDER BY q.response, q.start, q."end", q.exact
"""


class QuoteNotFound(FairHearingError):
    """A quote is not found verbatim: a fault in this software, not in the evidence."""

    exit_code = 70


def check_quotes(query: Query) -> None:
    """Raises QuoteNotFound for the first row of `quotes` whose words are not those of its response from `start` to
    `end`, characters of the redacted text."""
    for row in query(_QUOTES).to_pylist():
        if row["text"] is None or not row["exact"] or row["text"][row["start"] : row["end"]] != row["exact"]:
            raise QuoteNotFound(
                f"a quote is not found verbatim: “{row['exact'] or ''}”",
                where=f"{row['response']}, characters {row['start']} to {row['end']}",
                cure="nothing was built; report this as a fault of the software",
            )
