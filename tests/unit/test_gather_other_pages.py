"""Pages nobody tuned on, in every known layout, as in `other_pages.txt`; and papers over several PDF pages."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from fairhearing.errors import BadInput
from fairhearing.gather import read_page
from fairhearing.gather.scrutiny.fields import referred
from tests.unit.test_gather_question_layouts import ONE

_, *BLOCKS = (Path(__file__).parent / "other_pages.txt").read_bytes().decode().split("\n=== ")
OTHER = {name: rest for name, _, rest in (block.partition("\n") for block in BLOCKS)}
LISTS = ("footnotes", "refers_to", "cut")


@pytest.mark.parametrize("name", OTHER)
def test_another_page_is_read_as_a_person_reads_it(name: str) -> None:
    page, _, expected = OTHER[name].partition("\n--- as read\n")
    if expected.strip() == "refused":
        with pytest.raises(BadInput):
            read_page(page)
        return
    wanted = [json.loads(line) for line in expected.strip().split("\n")]
    told = read_page(page)
    assert [[fields[each] for each in (*ONE, "supplementary_to")] for fields in told] == [
        [each.get(name) for name in (*ONE, "supplementary_to")] for each in wanted
    ]
    assert [[fields[each] for each in LISTS] for fields in told] == [
        [each.get(name, []) for name in LISTS] for each in wanted
    ]
    assert [[list(answer.values()) for answer in fields["answers"]] for fields in told] == [
        each.get("answers", []) for each in wanted
    ]


REFERRING = [line.split("\t") for line in (Path(__file__).parent / "referring.txt").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("answer", "numbers"), [each for each in REFERRING if not each[0].startswith("#")])
def test_the_questions_an_answer_refers_to(answer: str, numbers: str) -> None:
    assert referred([answer]) == numbers.split()


def test_a_list_of_fifty() -> None:
    entry = (
        "  • Topic {0}: part – {0}\n\n    • Reference: 2021/{0:04d}\n    • Question by: Léonie Cooper\n    Q {0}?\n"
    )
    told = read_page("Search questions\n\n" + "".join(entry.format(n) for n in range(1, 51)))
    assert [(each["reference"], each["title"], each["question"]) for each in told] == [
        (f"2021/{n:04d}", f"Topic {n}: part – {n}", f"Q {n}?") for n in range(1, 51)
    ]


# --- papers over several pages of a PDF ----------------------------------------------------------------------------


def pdf(pages: list[list[str]]) -> bytes:
    """A PDF of these pages of lines, made by hand (PDF 1.4, Helvetica)."""
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"",
             b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]  # fmt: skip
    kids = []
    for lines in pages:
        shown = "".join(f"({line.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj T*\n" for line in lines)
        stream = f"BT /F1 11 Tf 14 TL 40 800 Td\n{shown}ET".encode("cp1252")
        parts.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        parts.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
                     b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(parts))  # fmt: skip
        kids.append(b"%d 0 R" % len(parts))
    parts[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + table + end


TITLE = "Lifts at stations in outer boroughs and the wait for step-free access to platforms of the line (2)"
ASKED = (
    "Residents of Ealing-on-the-Hill tell me that lifts have been out of order for weeks. What will you do, and when?"
)
SAID = (
    "Transport for London has looked at every one of the forty stations in the borough and found that eleven of them "
    "have no step-free way to the platform, which is why the plan that was published in March puts these first."
)
LATER = "The second part will be done in the year after, when the money has come; until then the café stays open."
HEAD = {
    "answered": "MQT on 19 October, 2018",
    "written": "Written Answers to Questions Not Answered at Mayor's Question Time on 22 March 2017",
}
QUESTIONS: list[tuple[str, str, str, str, list[str]]] = [
    (TITLE, "2018/3001", "Siân Berry", ASKED, [SAID, LATER]),
    ("Bus lanes", "2018/3002", "Dr Onkar Sahota", "Why?", ["Officers are drafting a response."]),
    (
        "Café culture",
        "2018/3003",
        "Tony Devenish",
        "How many cafés?",
        ["Year Number", "2016", "10", "2017", "12", SAID],
    ),
]


def paper(kind: str) -> list[str]:
    told = [HEAD[kind]]
    for title, number, asked_by, question, said in QUESTIONS:
        above = [f"Answer for {title}", "The Mayor", "Last updated: 24 October, 2018"]
        parts = [title, f"Question No: {number}", asked_by, question]
        parts += (above if kind == "answered" else ["The Mayor"]) + said
        told += [line for part in parts for line in textwrap.wrap(part, 90)]
    return told


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("kind", HEAD)
@pytest.mark.parametrize("lines_a_page", [100, 13, 9, 7, 5])
@pytest.mark.parametrize("foot", ["Page {} of {}", "{}", ""])
def test_a_paper_over_pages(kind: str, lines_a_page: int, foot: str, tmp_path: Path) -> None:
    lines = paper(kind)
    pages = [lines[at : at + lines_a_page] for at in range(0, len(lines), lines_a_page)]
    framed = [([HEAD[kind]] if number > 1 else []) + page + ([foot.format(number, len(pages))] if foot else [])
              for number, page in enumerate(pages, 1)]  # fmt: skip
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf(framed))
    told: list[Any] = [
        (each["title"], each["reference"], each["asked_by"], each["question"],
         [squeezed(answer["text"]) for answer in each["answers"]], [answer["date"] for answer in each["answers"]])
        for each in read_page(path)
    ]  # fmt: skip
    day = "2018-10-24" if kind == "answered" else None
    assert told == [(*question[:4], [squeezed(" ".join(question[4]))], [day]) for question in QUESTIONS]
