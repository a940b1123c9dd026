"""Questions put to an office-holder and the answers given, from the pages of the public record.

Every layout is known by its content, never by a file's name. A field that a layout does not carry is null, never
guessed; a page of no known layout is an error that says what it looks like.
"""

from __future__ import annotations

import re
from datetime import date
from html.entities import html5
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...errors import BadInput
from ...programme import Programme, Source
from ...tables import from_rows
from ..delimited import read_text
from ..text import counted
from . import html_pages, lists, papers, theyworkforyou
from .fields import Fields
from .old_text import apart, is_old_page, old_page
from .pdf import looks_like_pdf, pdf_text

__all__ = ["LAYOUTS_READ", "read_page", "read_question", "read_questions"]

LAYOUTS_READ = (
    "question pages of the old site (text, HTML) and the new (HTML), its lists of results and of nodes, "
    "TheyWorkForYou pages and XML, and papers of questions (answered, priority order, written answers, transcripts, "
    "supplementaries, Members' blogs) as text or PDF"
)
PAGES = (".txt", ".html", ".htm", ".xml", ".pdf")
_URL = re.compile(r"#\s*URL:\s*(\S+)\s*$", re.MULTILINE)
_NAMED = re.compile(
    r"&((?:amp|nbsp|pound|euro|[lr][sd]quo|quot|[nm]dash|hellip|bull|lt|gt|"
    r"[a-zA-Z](?:acute|grave|circ|uml|cedil|tilde));)"
)
"""Characters by their HTML names, left in the words of a page that was saved as text."""
_TRUNCATED = re.compile(r"#.*\bTRUNCATED:\s*yes\b", re.IGNORECASE)


def read_page(page: Path | str, *, largest_file_mb: int = 20) -> list[Fields]:
    """Every question of a page, list, paper or file, in order; what it does not carry is None. Words are kept exactly
    as they stand.

    page: a file, or the text itself. Dates are ISO 8601 text. Keys: title, reference, session_date, asked_by, group,
    asked_of, question, answers (by, date, state, text; one a speech), supplementary_to, footnotes, session_type,
    category, answer_type (oral or written), refers_to (questions whose answers an answer refers to), layout, cut (the
    fields that the page breaks off in), notes. Where the text carries no reference it is taken from a `# URL:` line
    above it. Raises BadInput for a layout that is not known.
    """
    where = page if isinstance(page, Path) else None
    text = _text(page, largest_file_mb) if isinstance(page, Path) else page
    text = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    notes, body = _split_notes(text)
    if not (html_pages.looks_like_html(body) or theyworkforyou.looks_like_xml(body)):
        body = _NAMED.sub(lambda found: html5.get(found[1], found[0]), body)
    told = _read(notes, body, where)
    if not told:
        raise BadInput(
            f"{_looks_like(body)}, but no question could be read in it", where=where, cure="save the whole page again"
        )
    return _said_cut(told) if _TRUNCATED.search(notes) else told


def read_question(page: Path | str, *, largest_file_mb: int = 20) -> Fields:
    """The fields of the one question of a page, as `read_page` gives them; of several a list, under `questions`."""
    told = read_page(page, largest_file_mb=largest_file_mb)
    return told[0] if len(told) == 1 else {"layout": told[0]["layout"], "questions": told}


def _text(path: Path, largest_file_mb: int) -> str:
    if path.is_file() and looks_like_pdf(path):
        return pdf_text(path, largest_file_mb)
    return read_text(path, largest_file_mb)


def _split_notes(text: str) -> tuple[str, str]:
    """Lines starting with # above the page (where it was found), and the page."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def _read(notes: str, body: str, where: Path | None) -> list[Fields]:
    found = _URL.search(notes)
    address = found[1] if found else None
    if theyworkforyou.looks_like_xml(body):
        return theyworkforyou.publicwhip(body, where)
    if not html_pages.looks_like_html(body):
        return _read_text(notes, body, address, where)
    soup = html_pages.soup_of(body)
    page = html_pages.html_page(soup, address)
    if page is not None:
        return [page] if page["question"] or page["answers"] or (page["title"] and page["asked_by"]) else []
    try:
        return _read_text(notes, html_pages.as_text(soup), address, where)
    except BadInput as error:
        raise BadInput(f"the page looks like HTML; {error.what}", where=where, cure=error.cure) from None


def _read_text(notes: str, body: str, address: str | None, where: Path | None) -> list[Fields]:
    if is_old_page(body, where):
        first, *others = apart(body, where)
        return [old_page(notes, first, where), *(old_page(*_split_notes(each), where) for each in others)]
    if theyworkforyou.is_theyworkforyou(body):
        page = theyworkforyou.page(notes, body, address)
        return [page] if page["question"] else []
    if papers.is_paper(body):
        return papers.questions_of_paper(body)
    if lists.is_list(body):
        return lists.listed(body)
    raise BadInput(
        f"this layout is not known ({_looks_like(body)}); layouts read: {LAYOUTS_READ}",
        where=where,
        cure="save the page of the question itself, or type it with the labels of the old site's page",
    )


def _looks_like(body: str) -> str:
    signs = (
        (r"<\s*(?:!doctype|html|body|div|p)\b", "it looks like HTML"),
        (r"<\?xml|<publicwhip", "it looks like XML"),
        (r"Reference:\s*\d{4}/\d+", "it looks like a list of search results"),
        (r"(?m)^Meeting date:", "it looks like a listing of teasers"),
        (r"Questions to the Mayor of London\s+[–-]\s+answered on", "it looks like a TheyWorkForYou page"),
        (r"Question (?:No|Number):", "it looks like a paper of questions, made from a PDF"),
    )
    return next((words for sign, words in signs if re.search(sign, body, re.IGNORECASE)), "its labels are not known")


def _said_cut(told: list[Fields]) -> list[Fields]:
    """Whoever saved the page says it was cut: the last words on it are not to be relied on."""
    last = told[-1]
    names = ["answers" if last["answers"] else "question"]
    return [*told[:-1], last | {"cut": last["cut"] or names}]


# --- a source of a programme ----------------------------------------------------------------------------------------


def read_questions(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `questions`, `answers` and `fates`: one row a question. In a folder every page is read, by name; one
    that cannot be read is a row that is set aside. A single file that cannot be read is an error. No person's hash is
    made here."""
    pages = sorted(each for each in path.iterdir() if each.suffix.lower() in PAGES) if path.is_dir() else [path]
    if not pages:
        raise BadInput("the folder holds no question page", where=path, cure=f"put pages in it: {', '.join(PAGES)}")
    fates: list[dict[str, Any]] = []
    read: dict[str, Fields] = {}
    rows: dict[str, int] = {}
    for page in pages:
        try:
            found = read_page(page, largest_file_mb=largest_file_mb)
        except BadInput as error:
            if not path.is_dir():
                raise
            fates.append(_fate(source, len(fates) + 1, "set aside", f"{page.name}: {error.what}"))
            continue
        for number, fields in enumerate(found, 1):
            name = _name(fields, page.stem if len(found) == 1 else f"{page.stem}/{number}")
            if name in read:
                read[name], told = _joined(read[name], fields)
                reason = f"the same question as row {rows[name]}" + (
                    f"; gave what was missing: {told}" if told else ""
                )
                fates.append(_fate(source, len(fates) + 1, "duplicate", reason))
            else:
                read[name], rows[name] = fields, len(fates) + 1
                fates.append(_fate(source, len(fates) + 1, "used", None))
    tables = {
        "questions": from_rows("questions", [_question_row(source, name, fields) for name, fields in read.items()]),
        "answers": from_rows(
            "answers", [row for name, fields in read.items() for row in _answer_rows(source, name, fields)]
        ),
        "fates": from_rows("fates", fates),
    }
    return tables, [f"{counted(len(read), 'question')} read from {counted(len(pages), 'page')}"]


def _fate(source: Source, row: int, fate: str, reason: str | None) -> dict[str, Any]:
    return {"source": source.id, "row": row, "fate": fate, "reason": reason}


def _name(fields: Fields, otherwise: str) -> str:
    """The reference. A supplementary may carry its main question's: then its number belongs to the name."""
    number = re.search(r"\(Supplementary\)\s*\[(\d+)\]", fields["title"] or "")
    reference = fields["reference"]
    if reference is None:
        return otherwise
    return f"{reference} [{number[1]}]" if number and "-" not in reference else str(reference)


def _joined(first: Fields, later: Fields) -> tuple[Fields, str]:
    """What the first page lacked and the second has; a later answer comes after a holding one. And what that was."""
    told = {name: later[name] for name, value in first.items() if value is None and later[name] is not None}
    known = {" ".join(each["text"].split()) for each in first["answers"]}
    waiting = all(each["state"] == "holding" for each in first["answers"])
    new = [each for each in later["answers"] if " ".join(each["text"].split()) not in known] if waiting else []
    if new:
        told["answers"] = [*first["answers"], *new]
        told["refers_to"] = list(dict.fromkeys([*first["refers_to"], *later["refers_to"]]))
    return first | told, ", ".join(name for name in told if name != "refers_to")


def _question_row(source: Source, name: str, fields: Fields) -> dict[str, Any]:
    same = ["title", "reference", "asked_by", "group", "asked_of", "supplementary_to", "footnotes"]
    same += ["session_type", "category", "answer_type", "refers_to", "cut"]
    return {key: fields[key] for key in same} | {
        "source": source.id,
        "question": name,
        "session_date": _day(fields["session_date"]),
        "text": fields["question"],
    }


def _answer_rows(source: Source, name: str, fields: Fields) -> list[dict[str, Any]]:
    return [
        {"source": source.id, "question": name, "position": place, **answer, "date": _day(answer["date"])}
        for place, answer in enumerate(fields["answers"], 1)
    ]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
