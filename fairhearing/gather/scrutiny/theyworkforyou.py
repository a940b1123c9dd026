"""TheyWorkForYou: its page as text, and the XML (parlparse) its pages are made from.

Both go by the day of the answer. Meeting, category and, in the XML, group and who was asked are lost in it.
"""

from __future__ import annotations

import re
from html.entities import html5
from pathlib import Path

from lxml import etree

from ...errors import BadInput
from .fields import Answer, Fields, answer, filled, iso, long_date, paragraphs, reference_in, squeezed, states
from .html_pages import as_text, soup_of

__all__ = ["is_theyworkforyou", "looks_like_xml", "page", "publicwhip"]

_HEAD = re.compile(
    r"Questions to the (Mayor of London|[A-Z][\w ]{2,40}?)\s*(?:[–—-]|in the London Assembly)?\s*[–—-]?\s*answered on"
    r" (\d{1,2}(?:st|nd|rd|th)? \w+,? \d{4})",
    re.IGNORECASE,
)
_PHOTO = re.compile(r"Photo of (.{2,60}?)\s+\1(?:\s+(.{2,80}))?")
_LONE = re.compile(r"Photo of (.{2,60})")
_PLAIN = re.compile(
    r"(.{2,60}?) (Labour(?: Co-operative| and Co-operative)?|Conservative|Green|Liberal Democrats?|"
    r"UK Independence Party|Brexit Alliance|Reform UK|Independent|Mayor of London)"
)
_FURNITURE = re.compile(
    r"(?:Alert me about|Link to this|Share|\(Citation|Photo of|Login or create|\d+ \w+ marked this|Hansard source|"
    r"Sign up|Tweet|Facebook)\b"
)
_FOOT = re.compile(
    r"(?:Add an annotation|Annotations|No annotations|Do you have something|Does this answer the above question|"
    r"Would you like to ask a question like this)\b"
)
"""Where the words of the record end, until somebody speaks again."""
_ID = re.compile(r"(\d{4}-\d\d-\d\d)[a-z]?\.(\d{1,6}|[0-9a-f]{4,8})(?![0-9a-z])(?:\.[hqr]\d*)?")
_LATE = (
    "the reference joins the year of the answer and the number in the page's id: a question may be of the year before"
)


def is_theyworkforyou(body: str) -> bool:
    return bool(_HEAD.search(body))


def page(notes: str, body: str, address: str | None) -> Fields:
    """One question and its answer. The first who speaks asked; the words after that name are the group."""
    head = _HEAD.search(body)
    above = [line.strip() for line in body[: head.start() if head else 0].split("\n") if line.strip()]
    day = long_date(head[2]) if head else None
    said = _speakers(body[head.end() :] if head else body)
    asker, *others = said if said else [(None, None, None)]
    reference, how = _reference(address or notes, day)
    return filled(
        "TheyWorkForYou",
        title=above[-1] if above else None,
        reference=reference,
        asked_by=asker[0],
        group=asker[1],
        asked_of=head[1] if head else None,
        question=asker[2],
        answers=states([answer(by, text, day) for by, _, text in others if text]),
        notes=how,
    )


def _speakers(body: str) -> list[tuple[str | None, str | None, str | None]]:
    """Who, what is said beside the name, and the words below it."""
    told: list[tuple[str, str | None, list[str]]] = []
    lines = [line.strip() for line in body.split("\n")]
    skip, over = 0, False
    for at, line in enumerate(lines):
        if skip:
            skip -= 1
            continue
        who, beside, skip = _who(lines, at)
        if who is not None:
            told.append((who, beside, []))
        over = who is None and (over or bool(_FOOT.match(line)))
        if who is None and told and not over and not _FURNITURE.match(line):
            told[-1][2].append(line)
    return [(who, beside, paragraphs("\n".join(words))) for who, beside, words in told]


def _who(lines: list[str], at: int) -> tuple[str | None, str | None, int]:
    """Name, group or office, and how many more lines they take."""
    line = squeezed(lines[at])
    if found := _PHOTO.fullmatch(line):
        return found[1], found[2], 0
    if found := _LONE.fullmatch(line):
        below = [(n, squeezed(text)) for n, text in enumerate(lines[at + 1 : at + 8], 1) if text]
        if below and below[0][1] == found[1]:
            beside = below[1] if len(below) > 1 and len(below[1][1]) < 60 and below[1][1][-1] not in ".?!" else None
            return found[1], beside[1] if beside else None, beside[0] if beside else below[0][0]
        if below and below[0][1].startswith(found[1] + " "):
            return found[1], below[0][1][len(found[1]) + 1 :], below[0][0]
    found = _PLAIN.fullmatch(line)
    return (found[1], found[2], 0) if found else (None, None, 0)


def _reference(told: str, day: str | None) -> tuple[str | None, list[str]]:
    found = _ID.search(told)
    if not found or not found[2].isdecimal():
        return None, []
    year, month = found[1][:4], int(found[1][5:7])
    if month == 1 or (day and day != found[1]):  # in January most answers are to questions of the year before
        return None, ["the page's id has a number but not the year of the question"]
    return f"{year}/{found[2].zfill(4)}", [_LATE]


# --- the XML --------------------------------------------------------------------------------------------------------


def looks_like_xml(text: str) -> bool:
    start = text.lstrip()[:300].casefold()
    return (start.startswith("<?xml") and "<html" not in start) or "<publicwhip" in text[:5000].casefold()


def publicwhip(text: str, where: Path | None) -> list[Fields]:
    """Every question of a file of one day's answers. A document type is thrown away unread: nothing it names is
    fetched or expanded."""
    root = _parsed(text, where)
    if root is None or etree.QName(root).localname != "publicwhip":
        name = "nothing" if root is None else f"<{etree.QName(root).localname:.40}>"
        raise BadInput(
            f"the file looks like XML, but not of this layout: its outermost element is {name}",
            where=where,
            cure="give the London questions of parlparse, whose outermost element is <publicwhip>",
        )
    told: list[Fields] = []
    title: str | None = None
    asked: etree._Element | None = None
    replies: list[etree._Element] = []
    for each in [*root, None]:
        tag = None if each is None or not isinstance(each.tag, str) else each.tag
        if tag == "reply":
            replies.append(each)
        if asked is not None and (each is None or tag in ("minor-heading", "major-heading", "question")):
            told.append(_question(title, asked, replies))
            asked = None
        if tag == "minor-heading":
            title, replies = squeezed("".join(each.itertext())) or None, []
        elif tag == "question":
            asked, replies = each, []
    return told


def _parsed(text: str, where: Path | None) -> etree._Element | None:
    plain = re.sub(r"<\?xml[^>]*\?>", "", text)
    plain = re.sub(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", "", plain, flags=re.DOTALL | re.IGNORECASE)
    plain = re.sub(r"&(\w{2,30});", _entity, plain)
    plain = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", plain).strip()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        return etree.fromstring(plain.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadInput(
            f"the file looks like XML, but cannot be read: {error!s:.160}", where=where, cure="download it again"
        ) from None


def _entity(found: re.Match[str]) -> str:
    """A character by its HTML name; what else a document defines is left as the words it is."""
    if found[1] in ("amp", "lt", "gt", "quot", "apos"):
        return found[0]
    return html5.get(f"{found[1]};", f"&amp;{found[1]};")


def _question(title: str | None, asked: etree._Element, replies: list[etree._Element]) -> Fields:
    id = asked.get("id") or ""
    found = _ID.search(id)
    day = iso(found[1]) if found else None
    reference = reference_in(asked.get("url"))
    how: list[str] = []
    if reference is None and not ("(Supplementary)" in (title or "") and asked.get("url")):
        reference, how = _reference(id, None)  # a supplementary's number there may be made from its address
    said: list[Answer] = []
    for each in replies:
        attached = [link.get("href") or "" for link in each.iter("a")]
        words = _paragraphs(each)
        if attached and (
            words is None or len(words) <= sum(len(squeezed("".join(a.itertext()))) for a in each.iter("a"))
        ):
            how = [*how, *(f"attached: {address}" for address in attached)]
        elif words:
            said.append(answer(each.get("speakername") or None, words, day))
    return filled(
        "parlparse XML", title=title, reference=reference, asked_by=asked.get("speakername") or None,
        question=_paragraphs(asked), answers=states(said), notes=how,
    )  # fmt: skip


def _paragraphs(node: etree._Element) -> str | None:
    """As read on a page: paragraphs, lists and rows of tables on lines of their own."""
    return as_text(soup_of(etree.tostring(node, encoding="unicode", with_tail=False))) or None
