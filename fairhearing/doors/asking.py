"""Doors to the public record: the questions of a page, their parts, and the commitments in the answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from .. import follow_up
from .. import gather as gathering

__all__ = ["commitments", "parts", "question"]


def question(file: Path) -> dict[str, Any]:
    """The fields of one question page; null where the page does not carry the field. Of several, a list of them."""
    return gathering.read_question(file)


def parts(file: Path) -> list[dict[str, Any]]:
    """Every question of a page in its parts, each beside the nearest sentences of the answers (machine pointers); and
    the sentences of the answers that say of themselves that they do not answer."""
    return [
        {key: fields[key] for key in ("title", "reference", "question")}
        | {"parts": follow_up.pointed(fields["question"] or "", [each["text"] for each in fields["answers"]])}
        | {
            "non_answers": [
                {"answer": number} | told
                for number, each in enumerate(fields["answers"], 1)
                for told in follow_up.non_answers(each["text"])
            ]
        }
        for fields in gathering.read_page(file)
    ]


def commitments(file: Path, *, least: float = follow_up.LEAST) -> list[dict[str, Any]]:
    """What the answers of a page may promise, claim or hope, proposed sentence by sentence for a person to decide on.

    least: probability of being any of these from which on a sentence is listed. A day said without its year counts
    from the day of the answer, or where the page has none of the session."""
    return [
        {"reference": fields["reference"], "answer": number, "by": each["by"], **told}
        for fields in gathering.read_page(file)
        for number, each in enumerate(fields["answers"], 1)
        for told in follow_up.found_in(each["text"], _day(each["date"] or fields["session_date"]), least=least)
    ]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
