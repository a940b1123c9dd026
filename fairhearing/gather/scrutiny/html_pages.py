"""Question pages as HTML: the old site by its fields, the new site by its table of labels, any other as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString

from .fields import Answer, Fields, answers_said, filled, long_date, paragraphs, reference_in, session, squeezed

__all__ = ["as_text", "html_page", "looks_like_html", "soup_of"]

_TAG = re.compile(r"<\s*(?:!doctype\s+html|html|head|body|div|p|article|table|main|section|ul|h1)\b", re.IGNORECASE)
_BLOCKS = {
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul",
}  # fmt: skip
_HIDDEN = {"script", "style", "noscript", "template", "head", "svg", "select", "button"}
_LABELS = {
    "session date": "session_date", "meeting date": "session_date", "question by": "asked_by", "asked by": "asked_by",
    "organisation": "group", "group": "group", "asked of": "asked_of", "reference": "reference",
    "category": "category",
    "categories": "category", "meeting": "meeting", "session name": "session_name",
    "supplementary to": "supplementary_to",
}  # fmt: skip
_DATE = re.compile(
    r"\s*Date:\s*((?:\w+day,?\s+)?(?:\d{1,2}(?:st|nd|rd|th)?\s+\w+,?\s+\d{4}|\w+\s+\d{1,2},?\s+\d{4}|"
    r"\d\d?/\d\d?/\d{4}|\d{4}-\d\d-\d\d))\s*"
)
_REFERENCE = re.compile(r"\d{4}/\d{1,6}(?:-\d+)?")


def looks_like_html(text: str) -> bool:
    return bool(_TAG.search(text))


def soup_of(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "lxml")


def html_page(soup: BeautifulSoup, address: str | None) -> Fields | None:
    """The fields of a page of one question on the old or the new site; None where it is neither.

    address: where the page was found, if that is known otherwise than from the page."""
    if soup.select_one("[class*=field--name-field-asked-by], article.node--answer, div.answers"):
        return _old_site(soup, address)
    if soup.select_one("table.styled-table"):
        return _new_site(soup, address)
    return None


def as_text(node: Tag) -> str:
    """What is read on the page: blocks on lines of their own, list items as bullets, and of pictures only who is on a
    photograph."""
    parts: list[str] = []
    for each in node.descendants:
        if isinstance(each, Comment) or (
            isinstance(each, NavigableString) and any(parent.name in _HIDDEN for parent in each.parents)
        ):
            continue
        if isinstance(each, NavigableString):
            parts.append(re.sub(r"[\s\u00a0]+", " ", each))
        elif isinstance(each, Tag):
            parts.append(_mark(each))
    return paragraphs(re.sub(r" *\n *", "\n", "".join(parts))) or ""


def _mark(tag: Tag) -> str:
    if tag.name == "img" and str(tag.get("alt", "")).startswith("Photo of "):
        return f"\n\n{squeezed(str(tag['alt']))} "
    if tag.name == "li":
        return "\n• "
    if tag.name == "br":
        return "\n"
    return "\n\n" if tag.name in _BLOCKS else " " if tag.name in ("td", "th") else ""


# --- the old site -------------------------------------------------------------------------------------------------


def _old_site(soup: BeautifulSoup, address: str | None) -> Fields:
    main = soup.select_one("div[role=main]") or soup
    labels = _labelled(main)
    question = _field(main, "body", outside="article.node--answer")
    asker = _field(main, "asked-by", outside="article.node--answer") or labels.get("asked_by")
    answers: list[Answer] = []
    kind = None
    notes: list[str] = []
    for article in main.select("article.node--answer, p.holding"):
        if article.name == "p" and article.find_parent("article", class_="node--answer"):
            continue
        told, written, links = _old_answer(article)
        answers, kind, notes = [*answers, *told], kind or written, [*notes, *links]
    return filled(
        "old page (HTML)",
        title=_words(main.select_one("h1") or soup.select_one("h1")),
        reference=reference_in(_canonical(soup)) or reference_in(address),
        session_date=long_date(
            _field(main, "session-date") or _field(main, "meeting-date") or labels.get("session_date")
        ),
        asked_by=asker,
        group=_field(main, "group") or _field(main, "party") or labels.get("group"),
        asked_of=_field(main, "asked-of") or labels.get("asked_of"),
        question=question,
        answers=answers,
        supplementary_to=labels.get("supplementary_to"),
        session_type=session(_field(main, "session") or labels.get("meeting")),
        category=_field(main, "category") or labels.get("category"),
        answer_type=kind,
        notes=notes,
    )


def _old_answer(article: Tag) -> tuple[list[Answer], str | None, list[str]]:
    """The speeches of one answer, its day, and the addresses of what is attached."""
    held = article if article.name == "p" else article.select_one("p.holding")
    by, day = _field(article, "answered-by"), long_date(_field(article, "post-date"))
    body = article.select_one(".field--name-body")
    text = (as_text(body) if body else None) or (as_text(held) if held else None)
    told, written = answers_said(text, by, day, _speakers(article))
    if held is not None:
        told = [each | {"state": "holding"} for each in told]
    links = [f"attached: {link['href']}" for link in article.select(".field--name-field-attachments a[href]")]
    return told, written, links


def _speakers(body: Tag) -> list[str]:
    """Names in bold at the beginning of a paragraph, with their colon: who speaks, whatever their office."""
    bold = (each for each in body.select("p > strong:first-child, p > b:first-child") if not _before(each))
    words = (squeezed(each.get_text()) for each in bold)
    return [each[:-1].rstrip() for each in words if re.fullmatch(r"[A-Z][^:]{2,100}:", each)]


def _before(tag: Tag) -> bool:
    return any(str(each).strip() for each in tag.previous_siblings)


def _field(node: Tag, name: str, outside: str | None = None) -> str | None:
    """Text of the first field of that name; outside: not one inside such an element."""
    for prefix in ("field-", ""):
        for found in node.select(f".field--name-{prefix}{name}"):
            if outside is None or found.find_parent(_is(outside)) is None:
                item = found.select_one(".field__item") or found
                return as_text(item) or None
    return None


def _is(selector: str) -> Callable[[Tag], bool]:
    name, _, css = selector.partition(".")
    return lambda tag: tag.name == name and css in (tag.get("class") or [])


def _labelled(main: Tag) -> dict[str, str]:
    """Fields by the label they stand under, whatever their class is called."""
    told: dict[str, str] = {}
    for label in main.select(".field__label"):
        name = _LABELS.get(squeezed(label.get_text(" ")).rstrip(": ").casefold())
        item = label.find_next_sibling(class_="field__item") or (
            label.parent.select_one(".field__item") if label.parent else None
        )
        if name and item is not None and (words := _words(item)):
            told.setdefault(name, words)
    return told


# --- the new site ---------------------------------------------------------------------------------------------------


def _new_site(soup: BeautifulSoup, address: str | None) -> Fields:
    values = _table(soup)
    reference = _REFERENCE.fullmatch(values.get("reference", ""))
    answers: list[Answer] = []
    kind = None
    for block in _answer_blocks(soup):
        told, written = _new_answer(block)
        answers, kind = [*answers, *told], kind or written
    if all(each["date"] for each in answers):
        answers.sort(key=lambda each: str(each["date"]))
    if len(answers) > 1 and answers[0]["date"] != answers[-1]["date"]:  # several answers: holding, then final
        final = answers[-1]["date"]
        answers = [each if each["date"] == final else each | {"state": "holding"} for each in answers]
    meeting = values.get("meeting", "")
    found = re.search(r"\d{4}-\d\d-\d\d|\d{1,2} \w+ \d{4}|\w+ \d{1,2}, \d{4}", values.get("session_date", meeting))
    return filled(
        "new page (HTML)",
        title=_new_title(soup),
        reference=reference[0] if reference else reference_in(_canonical(soup)) or reference_in(address),
        session_date=long_date(found[0]) if found else None,
        asked_by=values.get("asked_by"),
        group=values.get("group"),
        asked_of=values.get("asked_of"),
        question=_new_question(soup),
        answers=answers,
        supplementary_to=values.get("supplementary_to"),
        session_type=session(values.get("session_name")) or session(meeting),
        category=values.get("category"),
        answer_type=kind,
    )


def _table(soup: BeautifulSoup) -> dict[str, str]:
    told: dict[str, str] = {}
    for row in soup.select("table.styled-table tr"):
        cells = row.find_all(["td", "th"])
        name = _LABELS.get(squeezed(cells[0].get_text(" ")).rstrip(": ").casefold()) if len(cells) == 2 else None
        if name and (words := _words(cells[1])):
            told.setdefault(name, words)
    return told


def _new_title(soup: BeautifulSoup) -> str | None:
    section = soup.select_one("div.section-title")
    page = section.find_next(class_="page-section") if section else None
    if isinstance(page, Tag) and page.name != "h3":
        page = page.select_one("h3") or page
    return _words(page if isinstance(page, Tag) else None) or _words(soup.select_one("h3.page-section, h1"))


def _new_question(soup: BeautifulSoup) -> str | None:
    """The first rich text that is not inside an answer."""
    answers = _answer_blocks(soup)
    for rich in soup.select("div.rich-text"):
        if not any(block is rich or block in rich.parents for block in answers):
            return as_text(rich) or None
    return None


def _answer_blocks(soup: BeautifulSoup) -> list[Tag]:
    heading = soup.select_one("h2#answer")
    parent = heading.parent if heading else None
    siblings: Iterable[Tag] = parent.find_next_siblings("div") if parent else []
    holders = [each for each in siblings if "u-space-y-7" in (each.get("class") or [])]
    return [block for holder in holders for block in holder.find_all("div", class_="u-space-y-5", recursive=False)]


def _new_answer(block: Tag) -> tuple[list[Answer], str | None]:
    """`Date:  Tuesday 20 December 2022` on its first line; who answers is whoever is named, else nobody is."""
    text = as_text(block)
    dated = _DATE.match(text)
    day = long_date(dated[1]) if dated else None
    rest = text[dated.end() :] if dated else text
    named = re.match(r"\s*(?:Answered )?[Bb]y:\s*([^\n]{2,80})\n", rest)
    body, by = (rest[named.end() :], squeezed(named[1])) if named else (rest, None)
    return answers_said(body, by, day, _speakers(block))


def _canonical(soup: BeautifulSoup) -> str | None:
    link = soup.select_one("link[rel=canonical][href], meta[property='og:url'][content]")
    return None if link is None else str(link.get("href") or link.get("content"))


def _words(node: Tag | None) -> str | None:
    return None if node is None else squeezed(node.get_text(" ")) or None
