"""Questions put to an office-holder and the answers given, from the pages of the public record.

One layout is read: the old site's page as text, `Session date:`, `Question By:`, `Asked Of:`, `Answered By:`, each
label ending its line and its value on the next. Any other page is an error, never a row of wrong fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import BadInput
from ..programme import Programme, Source
from ..tables import from_rows
from .delimited import read_text
from .text import counted

__all__ = ["read_question", "read_questions"]

LAYOUTS_READ = (
    "the old site's question page as text (labels `Session date:`, `Question By:`, `Asked Of:`, `Answered By:`)"
)

_LABELS = ("Session date", "Question By", "Asked Of", "Supplementary To", "Answered By")
_HEAD = _LABELS[:3]
_LABEL = re.compile(rf"({'|'.join(_LABELS)}):\s*(.*)", re.IGNORECASE)
_SENTENCE = re.compile(r".{80}|.*[.?!:]$|Answer for ")
"""What a name is not: long, the end of a sentence, or a heading."""
_SESSION = re.compile(r"MQT on (\d{4}-\d\d-\d\d)")
_URL = re.compile(r"#\s*URL:\s*\S*?/questions/(\d{4}/\d+(?:-\d+)?)/?(?:[?#]\S*)?\s*$", re.MULTILINE)
_LATER = re.compile(
    r"Answer (?:provided|received) on (\d{1,2}(?:st|nd|rd|th)? \w+,? \d{4}|\d\d?/\d\d?/\d{4}):?\s*(.*)", re.IGNORECASE
)
_HOLDING = re.compile(
    r"(?:officers are|i am|my (?:officers|team) (?:are|is)|we are) (?:currently )?"
    r"(?:drafting|preparing|working on) (?:a |my |the )?(?:response|reply|answer)|"
    r"(?:response|reply|answer) (?:which )?will be (?:sent|provided|supplied) (?:shortly|in due course)",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"(?<=[a-z]{3})[.,;:!?]?[\"”’')]?(\d{1,2})(?=[\s.,;:!?)]|$)")


def read_question(page: Path | str, *, largest_file_mb: int = 20) -> dict[str, Any]:
    """Fields of one question page; what the page does not carry is None. Words are kept exactly as they stand.

    page: a file, or the text itself. Dates are ISO 8601 text. Keys: title, reference, session_date, asked_by, group,
    asked_of, question, answers (by, date, state, text), supplementary_to, footnotes. The reference is taken only
    from a `# URL:` line, because the text carries none. Raises BadInput for a layout that is not read.
    """
    where = page if isinstance(page, Path) else None
    text = read_text(page, largest_file_mb) if isinstance(page, Path) else page
    text = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    notes, body = _split_notes(text)
    _check_layout(body, where)
    return _fields(notes, [line.strip() for line in body.split("\n")], where)


def read_questions(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `questions`, `answers` and `fates`. In a folder every .txt or .html file is a row, by name; one that
    cannot be read is set aside. A single file that cannot be read is an error. No person's hash is made here."""
    pages = (
        sorted(each for each in path.iterdir() if each.suffix.lower() in (".txt", ".html", ".htm"))
        if path.is_dir()
        else [path]
    )
    if not pages:
        raise BadInput("the folder holds no question page", where=path, cure="put .txt pages in it")
    fates: list[dict[str, Any]] = []
    read: dict[str, dict[str, Any]] = {}
    rows: dict[str, int] = {}
    for row, page in enumerate(pages, 1):
        try:
            fields = read_question(page, largest_file_mb=largest_file_mb)
        except BadInput as error:
            if not path.is_dir():
                raise
            fates.append(
                {"source": source.id, "row": row, "fate": "set aside", "reason": f"{page.name}: {error.what}"}
            )
            continue
        name = fields["reference"] or page.stem
        fate = {"source": source.id, "row": row, "fate": "used", "reason": None}
        if name in read:
            fate |= {"fate": "duplicate", "reason": f"the same question as row {rows[name]}"}
        else:
            read[name], rows[name] = fields, row
        fates.append(fate)
    tables = {
        "questions": from_rows("questions", [_question_row(source, name, fields) for name, fields in read.items()]),
        "answers": from_rows(
            "answers", [row for name, fields in read.items() for row in _answer_rows(source, name, fields)]
        ),
        "fates": from_rows("fates", fates),
    }
    return tables, [f"{counted(len(read), 'question page')} read"]


def _question_row(source: Source, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    same = ("title", "reference", "asked_by", "group", "asked_of", "supplementary_to", "footnotes")
    return {key: fields[key] for key in same} | {
        "source": source.id,
        "question": name,
        "session_date": _day(fields["session_date"]),
        "text": fields["question"],
    }


def _answer_rows(source: Source, name: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"source": source.id, "question": name, "position": place, **answer, "date": _day(answer["date"])}
        for place, answer in enumerate(fields["answers"], 1)
    ]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


# --- the layout -----------------------------------------------------------------------------------------------


def _split_notes(text: str) -> tuple[str, str]:
    """Lines starting with # above the page (where it was found), and the page."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def _check_layout(body: str, where: Path | None) -> None:
    """Two labels of the layout make a page of it; what else is missing comes out as null."""
    found = [label for label in _LABELS if re.search(rf"(?im)^[ \t\u00a0]*{label}:", body)]
    asked = len(re.findall(r"(?im)^[ \t\u00a0]*Question By:", body))
    html = re.search(r"</?(?:html|body|div|p)\b", body, re.IGNORECASE)
    if asked <= 1 and len(found) > 1 and set(found) & set(_HEAD) and not html:
        return
    if asked > 1 and not html:
        raise BadInput(f"the page holds {asked} questions", where=where, cure="put one question in each file")
    raise BadInput(
        f"this layout is not read yet ({_looks_like(body)}); layouts read: {LAYOUTS_READ}",
        where=where,
        cure="save the page of the single question as text, with its labels, or type it in that layout",
    )


def _looks_like(body: str) -> str:
    signs = (
        (r"<\s*(?:!doctype|html|body|div|p)\b", "it looks like HTML"),
        (r"Reference:\s*\d{4}/\d+", "it looks like a list of search results"),
        (r"(?m)^Meeting date:", "it looks like a listing of teasers"),
        (r"Questions to the Mayor of London\s+[–-]\s+answered on", "it looks like a TheyWorkForYou page"),
        (r"Question No:", "it looks like a paper of questions, made from a PDF"),
    )
    return next((words for sign, words in signs if re.search(sign, body, re.IGNORECASE)), "its labels are not known")


def _fields(notes: str, lines: list[str], where: Path | None) -> dict[str, Any]:
    labels = _labels(lines)
    first = labels[0].place
    head = [line for line in lines[:first] if line]
    session = next((found[1] for line in head if (found := _SESSION.fullmatch(line))), None)
    title = next((line for line in head if not _SESSION.fullmatch(line)), None)
    values = {label.name: label.values for label in labels[::-1]}
    asker, asked_of = values.get("Question By", []), values.get("Asked Of", [])
    reference = _URL.search(notes)
    question = _question(lines, labels, title, where)
    answers = _answers(lines, labels, title)
    return {
        "title": title,
        "reference": reference[1] if reference else None,
        "session_date": _long_date(next(iter(values.get("Session date", [])), "")) or _iso(session),
        "asked_by": asker[0] if asker else None,
        "group": asker[1] if len(asker) > 1 else None,
        "asked_of": asked_of[0] if asked_of else None,
        "question": question,
        "answers": answers,
        "supplementary_to": next(iter(values.get("Supplementary To", [])), None),
        "footnotes": _footnotes([question or "", *(answer["text"] for answer in answers)]),
    }


@dataclass(frozen=True)
class _Label:
    """A label, the line it stands on, its values, and the line after the last of them."""

    name: str
    place: int
    values: list[str]
    end: int


def _labels(lines: list[str]) -> list[_Label]:
    """The labels of the page in order. A label of the head counts once, and not below an answer: there it is text."""
    found: list[_Label] = []
    names = {name.casefold(): name for name in _LABELS}
    for place, line in enumerate(lines):
        match = _LABEL.fullmatch(line)
        name = names[match[1].casefold()] if match else ""
        before = {label.name for label in found}
        if match and (name == "Answered By" or not before & {name, "Answered By"}):
            found.append(_Label(name, place, *_values(lines, name, place, match[2])))
    return found


def _values(lines: list[str], name: str, place: int, same_line: str) -> tuple[list[str], int]:
    """Values of a label: on its own line or the next; of a questioner two, name and group. Where a copy has blank
    lines between all lines they stand further down: a name or a date, never a sentence, which is the text itself."""
    values, end = ([same_line] if same_line else []), place + 1
    beside = bool(same_line) or (end < len(lines) and bool(lines[end]))
    while len(values) < (2 if name == "Question By" else 1):
        there = end if beside else next((at for at in range(end, len(lines)) if lines[at]), len(lines))
        text = lines[there] if there < len(lines) else ""
        if (
            not text
            or _LABEL.fullmatch(text)
            or (_SENTENCE.match(text) and (values or not beside or name == "Supplementary To"))
        ):
            break
        if not beside and name == "Supplementary To":
            break
        values.append(text)
        end = there + 1
    return values, end


def _question(lines: list[str], labels: list[_Label], title: str | None, where: Path | None) -> str | None:
    """From below the labels of the head to the headings above the answer."""
    last = [label for label in labels if label.name in _HEAD][-1]
    end = next((label.place for label in labels if label.place > last.place), len(lines))
    if end == len(lines) and not any(lines[last.end :]):
        raise BadInput(
            f"the page ends at {last.name!r}, before any question: it was cut short",
            where=where,
            cure="save the whole page again",
        )
    return _paragraphs(lines[last.end : end], title or _repeated(lines[last.end : end]))


def _repeated(lines: list[str]) -> str | None:
    """The heading that stands twice above the answer, on a page whose own title is lost."""
    told = [line for line in lines if line][-2:]
    return told[0].removeprefix("Answer for ") if len(told) == 2 and told[0] == told[1] else None


def _answers(lines: list[str], labels: list[_Label], title: str | None) -> list[dict[str, Any]]:
    """Every answer, in order; a reply above "Answer provided on …" is a holding one."""
    answers: list[dict[str, Any]] = []
    given = [label for label in labels if label.name == "Answered By"]
    for number, label in enumerate(given):
        end = given[number + 1].place if number + 1 < len(given) else len(lines)
        answers.extend(_parts(lines[label.end : end], next(iter(label.values), None), title))
    return answers


def _parts(lines: list[str], by: str | None, title: str | None) -> list[dict[str, Any]]:
    parts: list[tuple[str | None, list[str]]] = [(None, [])]
    for line in lines:
        later = _LATER.fullmatch(line)
        day = _long_date(later[1]) if later else None
        if later and day:
            parts.append((day, [later[2]]))
        else:
            parts[-1][1].append(line)
    told = [(day, text) for day, body in parts if (text := _paragraphs(body, title))]
    return [
        {"by": by, "date": day, "state": _state(text, last=place == len(told) - 1), "text": text}
        for place, (day, text) in enumerate(told)
    ]


def _state(text: str, *, last: bool) -> str:
    """Holding: another answer follows, or it is short and only promises one."""
    return "holding" if not last or (len(text) < 300 and _HOLDING.search(text)) else "final"


def _paragraphs(lines: list[str], title: str | None) -> str | None:
    """Lines as paragraphs one blank line apart, without the repeated headings at the end."""
    kept = list(lines)
    headings = {title, f"Answer for {title}", ""}
    while kept and kept[-1] in headings:
        kept.pop()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept).strip("\n"))
    return text or None


def _long_date(text: str) -> str | None:
    """`February 25, 2019` or `1 July 2010` → ISO."""
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|,", "", text).strip()
    for form in ("%B %d %Y", "%d %B %Y", "%d %b %Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(plain, form).date().isoformat()
        except ValueError:
            continue
    return None


def _iso(text: str | None) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _footnotes(texts: list[str]) -> list[str]:
    """Marks glued to words, in order: 1, 2, 3 … within a text. "COVID19" and "Section 21" are none."""
    marks: list[str] = []
    for text in texts:
        expected = 1
        for found in _FOOTNOTE.finditer(text):
            if int(found[1]) == expected:
                marks.append(found[1])
                expected += 1
    return list(dict.fromkeys(marks))
