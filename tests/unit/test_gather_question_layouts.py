"""Every layout of the public record, in synthetic pages that follow its selectors: what each carries, and nothing else.

Each page is small enough to be read beside its expected fields. The real pages are in tests/external/test_mqt.py.
"""

# ruff: noqa: E501 (pages and their fields are easier to read with a line each)

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from fairhearing.errors import BadInput
from fairhearing.gather import read_page, read_question, read_source
from fairhearing.programme import Source
from tests.helpers import SHARED, programme

NBSP = "\u00a0"
ORAL = f"""# URL: https://www.london.gov.uk/questions/2016/0700-2
Lamps (Supplementary) [3]

Session date:{NBSP}
May 25, 2016
Question By:{NBSP}
Ann Lee
One Group
Asked Of:{NBSP}
The Mayor


And the lamps?

Supplementary To:{NBSP}


Answer for Lamps (Supplementary) [3]

Answered By:{NBSP}
The Mayor

We are on it. As I said: soon.

Ann Lee AM:  When is soon?

Bo Roe (Mayor of London):  In March.

I refer you to my response to question 3426.
"""
PLENARY = f"""Budgets

Session date:{NBSP}
May 25, 2016
Question By:{NBSP}
Ann Lee
One Group
Asked Of:{NBSP}
Bo Roe (Chief Officer) & Cy Poe (Chair)


How much?


Answer for Budgets

Answered By:{NBSP}
Bo Roe

Written response from the MayorTen pounds, see the following link;
"""
OLD_HTML = """<!DOCTYPE html><html><head><link rel="canonical" href="https://www.london.gov.uk/questions/2019/0042">
<script>var x = "Question By:";</script></head><body><div role="main"><h1>Street lamps</h1>
<div class="field field--name-field-asked-by"><div class="field__label">Question by</div>
<div class="field__item">Ann Lee OBE</div></div>
<div class="field--name-body"><div class="field__item"><p>When will lamps<sup>1</sup> be lit?</p><p>And by whom?</p></div></div>
<div class="answers">
<article class="node--answer"><div class="field--name-field-post-date"><div class="field__item">1 March 2019</div></div>
<div class="field--name-field-answered-by"><div class="field__item">The Mayor</div></div>
<p class="holding">Officers are drafting a response which will be sent shortly.</p></article>
<article class="node--answer"><div class="field--name-field-post-date"><div class="field__item">20 March 2019</div></div>
<div class="field--name-field-answered-by"><div class="field__item">The Mayor</div></div>
<div class="field--name-body"><p><strong>Bo Roe (Mayor of London):</strong> In May.</p><p>Not before.</p>
<p><strong>Ann Lee AM:</strong> Thank you.</p></div>
<div class="field--name-field-attachments"><a href="https://example.org/a.pdf">Plan</a></div></article>
</div></div></body></html>"""
NEW_HTML = """<html><head><link rel="canonical" href="https://www.london.gov.uk/who-we-are/find-an-answer/street-lamps-3"></head>
<body><div class="section-title">Question</div><h3 class="page-section">Street lamps (2)</h3>
<table class="styled-table"><tr><th>Label</th><th>Content</th></tr>
<tr><td>Meeting</td><td>MQT on 2022-12-15</td></tr><tr><td>Session name</td><td>Plenary &amp; Questions</td></tr>
<tr><td>Question by</td><td>Ann Lee</td></tr><tr><td>Organisation</td><td>One Group</td></tr>
<tr><td>Reference</td><td>2022/0042</td></tr><tr><td>Asked of</td><td>The Mayor</td></tr>
<tr><td>Category</td><td>Policing</td></tr></table>
<div class="rich-text"><p>When will they be lit?</p></div>
<section><div><h2 id="answer">Answer</h2></div>
<div class="u-space-y-7"><div class="u-space-y-5"><p>Date: &nbsp;Tuesday 20 December 2022</p><div class="rich-text"><p>Officers are drafting a response.</p></div></div>
<div class="u-space-y-5"><p>Date: &nbsp;Monday 9 January 2023</p><div class="rich-text"><p>By June.</p></div></div></div></section></body></html>"""
LIST = """Search questions

  • Lamps (1)

    • Reference: 2016/0001
    • Question by: Ann Lee
    • Meeting date: 22 February 2016
    When?

    And who?
  • Lamps (Supplementary) [1]

    • Question by: Cy Poe
    • Meeting date: 22 February 2016
    Really?
"""
NODES = "-\nQuestion by:\nAnn Lee\n-\nMeeting date:\n20 February 2008\nI am told that...\n-\nQuestion by:\nCy Poe\n-\nMeeting date:\n20 February 2008\nWhen?\n"
TWFY = """# URL: https://www.theyworkforyou.com/london/?id=2021-11-29.0042.h
Lamps

Questions to the Mayor of London – answered on 29th November 2021.

Alert me about debates like this

Photo of Ann Lee Ann Lee Labour

When will they be lit?

Photo of Bo Roe Bo Roe Mayor of London

In May.

Not before.
"""
XML = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE publicwhip [<!ENTITY lol "lol"><!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY pound "&#163;">]>
<publicwhip>
 <minor-heading nospeaker="true" id="uk.org.publicwhip/london-mayors-questions/2019-02-28.3806.h">Lamps</minor-heading>
 <question id="uk.org.publicwhip/london-mayors-questions/2019-02-28.3806.q0" url="https://www.london.gov.uk/questions/2019/3806" speakername="Ann Lee" person_id="p/1"><p>How many &pound;?</p><p>When? &x;</p></question>
 <reply id="uk.org.publicwhip/london-mayors-questions/2019-02-28.3806.r0" speakername="The Mayor" person_id="p/2"><p>Ten.</p></reply>
 <reply id="uk.org.publicwhip/london-mayors-questions/2019-02-28.3806.r1" speakername="The Mayor" person_id="p/2"><p><a href="https://example.org/a.pdf">a.pdf</a></p></reply>
 <minor-heading nospeaker="true" id="uk.org.publicwhip/london-mayors-questions/2019-02-28.ab12.h">Lamps (Supplementary)</minor-heading>
 <question id="uk.org.publicwhip/london-mayors-questions/2019-02-28.ab12.q0" speakername="Cy Poe" person_id="p/3"><p>Why?</p></question>
</publicwhip>"""
ANSWERED = """Questions to the Mayor

19 October, 2018

ANSWERED QUESTIONS PAPER

Subject: MQT on 19 October, 2018 Report of: Executive Director of Secretariat

Lamps in parks (1) Question No: 2018/0010 Ann Lee What will you do? Answer for Lamps in parks (1) The Mayor Last updated: 24 October, 2018 Officers are drafting a response which will be sent shortly.

Bins Question No: 2018/0011 Ann Lee Visitors to London see no bins. Why? Answer for Bins The Mayor Last updated: 25 October, 2018 They will come in May.

They cost ten pounds.
"""
PRIORITY = """Questions to the Mayor

Lamps Question No: 2018/0010 Ann Lee What will you do?

Bins Question No: 2018/0011 Ann Lee Bins Limited Of Leeds went bust. Why?
"""
WRITTEN = """Written Answers to Questions Not Answered at Mayor's Question Time on 14 September 2016

Lamps Question No: 2016/2897 (Oral) Ann Lee Why did the Mayor of London light them?

The Mayor

Bo Roe (Mayor of London): It was dark.

Ann Lee AM: Was it?

Bins Question No: 2016/2898 (Oral) Cy Poe Where are they?

Oral response
"""
TRANSCRIPT = """2018/5227 - Lamps in the park Ann Lee

Bo Roe (Mayor of London): It was dark.

Ann Lee AM: Was it?
"""
SUPPLEMENTARIES = """Lamps (Supplementary) [2]
Question Number: 2021/0393
21 January 2021
Ann Lee AM
What about the bins?
"""
BLOG = "Lamps\nQuestion No: 2015/3506\nAnn Lee\nWhen will they be lit?\nWritten response from the Mayor\nIn May.\n"

PAGES = {
    "oral": ORAL, "plenary": PLENARY, "old html": OLD_HTML, "new html": NEW_HTML, "list": LIST, "nodes": NODES,
    "twfy": TWFY, "xml": XML, "answered": ANSWERED, "priority": PRIORITY, "written": WRITTEN,
    "transcript": TRANSCRIPT, "supplementaries": SUPPLEMENTARIES, "blog": BLOG,
}  # fmt: skip

ONE = ("title", "reference", "session_date", "session_type", "asked_by", "group", "asked_of", "category", "answer_type",
       "question")  # fmt: skip
N = None
EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    "oral": [("Lamps (Supplementary) [3]", "2016/0700-2", "2016-05-25", N, "Ann Lee", "One Group", "The Mayor", N, N, "And the lamps?")],
    "plenary": [("Budgets", N, "2016-05-25", N, "Ann Lee", "One Group", "Bo Roe (Chief Officer) & Cy Poe (Chair)", N, "written", "How much?")],
    "old html": [("Street lamps", "2019/0042", N, N, "Ann Lee OBE", N, N, N, N, "When will lamps1 be lit?\n\nAnd by whom?")],
    "new html": [("Street lamps (2)", "2022/0042", "2022-12-15", "Plenary", "Ann Lee", "One Group", "The Mayor", "Policing", N, "When will they be lit?")],
    "list": [("Lamps (1)", "2016/0001", "2016-02-22", N, "Ann Lee", N, N, N, N, "When?\n\nAnd who?"),
             ("Lamps (Supplementary) [1]", N, "2016-02-22", N, "Cy Poe", N, N, N, N, "Really?")],
    "nodes": [(N, N, "2008-02-20", N, "Ann Lee", N, N, N, N, "I am told that..."),
              (N, N, "2008-02-20", N, "Cy Poe", N, N, N, N, "When?")],
    "twfy": [("Lamps", "2021/0042", N, N, "Ann Lee", "Labour", "Mayor of London", N, N, "When will they be lit?")],
    "xml": [("Lamps", "2019/3806", N, N, "Ann Lee", N, N, N, N, "How many £?\n\nWhen? &x;"),
            ("Lamps (Supplementary)", N, N, N, "Cy Poe", N, N, N, N, "Why?")],
    "answered": [("Lamps in parks (1)", "2018/0010", "2018-10-19", "MQT", "Ann Lee", N, "The Mayor", N, N, "What will you do?"),
                 ("Bins", "2018/0011", "2018-10-19", "MQT", "Ann Lee", N, "The Mayor", N, N, "Visitors to London see no bins. Why?")],
    "priority": [("Lamps", "2018/0010", N, N, "Ann Lee", N, "The Mayor", N, N, "What will you do?"),
                 ("Bins", "2018/0011", N, N, "Ann Lee", N, "The Mayor", N, N, "Bins Limited Of Leeds went bust. Why?")],
    "written": [("Lamps", "2016/2897", "2016-09-14", "MQT", "Ann Lee", N, N, N, "oral", "Why did the Mayor of London light them?"),
                ("Bins", "2016/2898", "2016-09-14", "MQT", "Cy Poe", N, N, N, "oral", "Where are they?")],
    "transcript": [("Lamps in the park", "2018/5227", N, N, "Ann Lee", N, N, N, "oral", N)],
    "supplementaries": [("Lamps (Supplementary) [2]", "2021/0393", "2021-01-21", N, "Ann Lee AM", N, N, N, N, "What about the bins?")],
    "blog": [("Lamps", "2015/3506", N, N, "Ann Lee", N, N, N, "written", "When will they be lit?")],
}  # fmt: skip
ANSWERS: dict[str, list[list[tuple[Any, ...]]]] = {
    "oral": [[("The Mayor", N, "final", "We are on it. As I said: soon."), ("Ann Lee AM", N, "final", "When is soon?"),
              ("Bo Roe (Mayor of London)", N, "final", "In March.\n\nI refer you to my response to question 3426.")]],
    "plenary": [[("Bo Roe", N, "final", "Ten pounds, see the following link;")]],
    "old html": [[("The Mayor", "2019-03-01", "holding", "Officers are drafting a response which will be sent shortly."),
                  ("Bo Roe (Mayor of London)", "2019-03-20", "final", "In May.\n\nNot before."),
                  ("Ann Lee AM", "2019-03-20", "final", "Thank you.")]],
    "new html": [[(N, "2022-12-20", "holding", "Officers are drafting a response."), (N, "2023-01-09", "final", "By June.")]],
    "twfy": [[("Bo Roe", "2021-11-29", "final", "In May.\n\nNot before.")]],
    "xml": [[("The Mayor", "2019-02-28", "final", "Ten.")], []],
    "answered": [[("The Mayor", "2018-10-24", "holding", "Officers are drafting a response which will be sent shortly.")],
                 [("The Mayor", "2018-10-25", "final", "They will come in May.\n\nThey cost ten pounds.")]],
    "written": [[("Bo Roe (Mayor of London)", N, "final", "It was dark."), ("Ann Lee AM", N, "final", "Was it?")], []],
    "transcript": [[("Bo Roe (Mayor of London)", N, "final", "It was dark."), ("Ann Lee AM", N, "final", "Was it?")]],
    "blog": [[("The Mayor", N, "final", "In May.")]],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_field_of_every_layout(name: str) -> None:
    told = read_page(PAGES[name])
    assert [tuple(fields[each] for each in ONE) for fields in told] == EXPECTED[name]


@pytest.mark.parametrize("name", PAGES)
def test_every_answer_of_every_layout(name: str) -> None:
    told = [[tuple(answer.values()) for answer in fields["answers"]] for fields in read_page(PAGES[name])]
    assert told == ANSWERS.get(name, [[] for _ in told])


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("oral", "refers_to", ["3426"]),
        ("oral", "footnotes", []),
        ("old html", "footnotes", ["1"]),
        ("plenary", "notes", ["1 link named in an answer came without address"]),
        ("old html", "notes", ["attached: https://example.org/a.pdf"]),
        ("blog", "layout", "member blog"),
        ("transcript", "layout", "transcript"),
        ("supplementaries", "layout", "supplementaries appendix"),
    ],
)
def test_what_else_is_told(name: str, field: str, expected: Any) -> None:
    assert read_question(PAGES[name])[field] == expected


def test_several_questions_are_a_list() -> None:
    told = read_question(LIST)
    assert (told["layout"], len(told["questions"])) == ("new list", 2)


def test_a_teaser_is_said_to_be_cut() -> None:
    assert [fields["cut"] for fields in read_page(NODES)] == [["question"], []]


def test_nothing_an_xml_document_defines_is_fetched_or_expanded() -> None:
    bomb = '<!DOCTYPE publicwhip [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    page = XML.replace(XML[XML.index("<!DOCTYPE") : XML.index("<publicwhip>")], f"{bomb}]>").replace("&x;", "&j;")
    assert read_page(page)[0]["question"] == "How many £?\n\nWhen? &j;"
    assert "passwd" not in str(read_page(XML)) and "root:" not in str(read_page(XML))


@pytest.mark.parametrize(
    ("words", "asked_by"),
    [
        ("Ann Lee Metropolitan Police officers wait. Why?", None),
        ("Ann Lee Visitors wait. Why?", "Ann Lee"),
        ("Dr Ann Lee Will you wait?", "Dr Ann Lee"),
        ("will you wait for me?", None),
    ],
)
def test_a_name_whose_end_nothing_tells_is_null(words: str, asked_by: str | None) -> None:
    (fields,) = read_page(f"Lamps Question No: 2018/0010 {words}")
    assert fields["asked_by"] == asked_by
    assert fields["question"] == (words.removeprefix(f"{asked_by} ") if asked_by else words)


def test_the_year_of_a_number_is_not_guessed_in_january() -> None:
    (fields,) = read_page(TWFY.replace("2021-11-29", "2022-01-10").replace("29th November 2021", "10th January 2022"))
    assert fields["reference"] is None
    assert fields["notes"] == ["the page's id has a number but not the year of the question"]


# --- real PDFs ---------------------------------------------------------------------------------------------------


def pdf(lines: list[str]) -> bytes:
    """A PDF of one page with these lines, made by hand (PDF 1.4, Helvetica)."""
    shown = "".join(f"({line.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj T*\n" for line in lines)
    stream = f"BT /F1 11 Tf 14 TL 40 800 Td\n{shown}ET".encode("latin-1")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + end


PAPER = [
    "Written Answers to Questions Not Answered at Mayor's Question Time on 14 September 2016",
    "Lamps in every park of the city",
    "Question No: 2016/2897",
    "Ann Lee",
    "Why did the Mayor of London light the lamps in every park of the city and",
    "who paid for it?",
    "The Mayor",
    "It was dark.",
    "Page 1 of 9",
]


def test_a_real_pdf(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf(PAPER))
    (fields,) = read_page(path)
    assert [fields[name] for name in ("title", "reference", "asked_by", "session_date")] == [
        "Lamps in every park of the city", "2016/2897", "Ann Lee", "2016-09-14",
    ]  # fmt: skip
    assert fields["question"] == (
        "Why did the Mayor of London light the lamps in every park of the city and who paid for it?"
    )
    assert fields["answers"] == [{"by": "The Mayor", "date": None, "state": "final", "text": "It was dark."}]


@pytest.mark.parametrize(("content", "says"), [(pdf([]), "no text"), (b"%PDF-1.4\nrubbish", "cannot be read")])
def test_a_pdf_without_words_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_page(path)


# --- a folder ------------------------------------------------------------------------------------------------------


def test_a_later_page_gives_what_an_earlier_one_lacked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ANSWERED, encoding="utf-8")
    later = ANSWERED.replace("Officers are drafting a response which will be sent shortly.", "In May.")
    (tmp_path / "b.txt").write_text(later.replace("24 October", "30 October"), encoding="utf-8")
    source = Source(id="mqt", file="mqt", kind="questions", sample="administrative")
    found = read_source(source, programme(), tmp_path, key=b"k", largest_file_mb=1)
    fates = [(row["fate"], row["reason"]) for row in found.tables["fates"].to_pylist()]
    assert fates == [("used", None), ("used", None), ("duplicate", "the same question as row 1; gave what was missing: "
                     "answers"), ("duplicate", "the same question as row 2")]  # fmt: skip
    told = [(row["question"], row["state"], str(row["date"])) for row in found.tables["answers"].to_pylist()]
    assert told == [("2018/0010", "holding", "2018-10-24"), ("2018/0010", "final", "2018-10-30"),
                    ("2018/0011", "final", "2018-10-25")]  # fmt: skip


# --- 10,000 spoilt pages ---------------------------------------------------------------------------------------------

SPLICES = ["", "<", "&x;", "\x00", "\n", "Question By:", "Question No: 2018/1", "</p>", "<!--", "]]>", "Answer for ",
           "\ud7ff", "Photo of ", "• ", "(" * 200, "A " * 300, "Reference:", "The Mayor", "9" * 50, "<div>" * 500]  # fmt: skip


def spoilt(page: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(page) + 1), rng.choice((0, 1, 5, 40, 400))
        kind = rng.randrange(4)
        if kind == 0:
            page = page[:at]
        elif kind == 1:
            page = page[:at] + rng.choice(SPLICES) + page[at + length :]
        elif kind == 2:
            page = page[at:] + page[:at]
        else:
            page = page[:at] + page[at : at + length] * rng.randint(2, 5) + page[at + length :]
    return page


@pytest.mark.parametrize("seed", range(10))
def test_1000_spoilt_pages_are_refused_clearly_or_read_without_another_fields_words(seed: int) -> None:
    rng = random.Random(seed)
    real = [path.read_text("utf-8") for path in sorted((SHARED / "mqt").glob("*.txt"))] if SHARED.is_dir() else []
    pages = [*PAGES.values(), *real]
    for _ in range(1000):
        page = spoilt(rng.choice(pages), rng)
        try:
            told = read_page(page)
        except BadInput as error:
            assert error.what and error.cure
            continue
        for fields in told:
            assert fields["title"] or fields["question"] or fields["answers"]
            assert fields["session_date"] is None or len(fields["session_date"]) == 10
            for name in ("asked_by", "group"):
                assert fields[name] is None or len(fields[name]) <= 150, (name, fields[name])


@pytest.mark.parametrize("seed", range(100))
def test_spoilt_pdfs(seed: int, tmp_path: Path) -> None:
    rng, path = random.Random(seed), tmp_path / "x.pdf"
    raw = bytearray(pdf(PAPER))
    for _ in range(rng.randint(1, 12)):
        raw[rng.randrange(8, len(raw))] = rng.randrange(256)
    path.write_bytes(raw[: rng.choice((len(raw), rng.randrange(20, len(raw))))])
    try:
        read_page(path)
    except BadInput as error:
        assert error.what and error.cure


def test_the_number_of_another_question_that_is_mentioned_starts_none() -> None:
    paper = """Questions to the Mayor

19 October, 2018

ANSWERED QUESTIONS PAPER

Subject: MQT on 19 October, 2018

Lamps Question No: 2018/2511 A Member Why are they dark? Further to Question No: 2018/2000, who pays? Answer for Lamps
The Mayor Last updated: 31 October, 2018 Yes. See Question No: 2018/2510. I am glad.
"""
    (told,) = read_page(paper)
    assert (told["reference"], told["question"]) == (
        "2018/2511", "Why are they dark? Further to Question No: 2018/2000, who pays?",
    )  # fmt: skip
    assert [each["text"] for each in told["answers"]] == ["Yes. See Question No: 2018/2510. I am glad."]
