"""10,000 malformed files: each is gathered with fates that sum to its rows, or is refused with what, where and cure.

Never another exception, never a file written. Valid files are mutated (bytes changed, cut, doubled, spliced), built
from hostile parts, or drawn at random. The draws are fixed, so a failure here is a failure everywhere.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairhearing.errors import FairHearingError
from fairhearing.gather import read_question, read_source
from fairhearing.programme import Source
from tests.helpers import programme

PROGRAMME = programme(
    characteristics=[
        {"id": "sex", "name": "Sex", "categories": [{"id": "female", "name": "Women"}, {"id": "male", "name": "Men"}]}
    ],
    measures=[
        {
            "id": "trust",
            "name": "Trust",
            "report": "mean",
            "items": [{"id": "t1", "wording": "?", "low": 1, "high": 5, "missing": [-1]}],
        }
    ],
    rounds=[{"id": "r1", "name": "2025"}, {"id": "r2", "name": "2026"}],
)
COLUMNS = {"person": "id", "round": "round", "weight": "w", "characteristics": {"sex": "sex"}}
WORDS = {**COLUMNS, "text": "said", "step": "step"}

SURVEY = (
    b"id,round,w,sex,t1,said,step\n"
    b"1,r1,1.5,Women,5,They did not listen,notice\n"
    b'2,2026,0.5,male,-1,"Two\nlines, ""quoted""",question\n'
    + "3,r2,1,Mén,77,Ring 07911 123456 £5,\n".encode()
    + b"4,r9,0,,,n/a,nowhere\n"
    + b"1,r1,1,Men,3,again,notice\n"
    + b"6,r1,x,a@example.org,3,,\n"
)
VOTES = b"timestamp,datetime,comment-id,voter-id,vote\n" + b"".join(
    b"%d,x,%d,%d,%d\n" % (i, i % 3, i % 5, i % 3 - 1) for i in range(12)
)
COMMENTS = b"timestamp,comment-id,author-id,agrees,disagrees,moderated,comment-body\n" + b"".join(
    b'1,%d,%d,0,0,%d,"A ""quoted"" one"\n' % (i, i, i - 1) for i in range(3)
)
PAGE = """# URL: https://www.london.gov.uk/questions/2015/0007
Street lights

MQT on 2015-03-25
Session date:\u00a0
March 25, 2015
Question By:\u00a0
A Member
One Group
Asked Of:\u00a0
The Mayor


When will the lights1 come on?


Answer for Street lights

Answered By:\u00a0
The Mayor

Officers are drafting a response.

Answer provided on 1 July 2010:

Soon.
""".encode()

SPLICES = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b'""', b"\n", b"\r", b",", b";", b"\t", b"\x80\x81", b"=1+1",
    b"\n\n\n", b"\x1e,\x1e", b"nan", b"1e999", b"-" * 50, b"9" * 400, b"x" * 3000, "\u202e٣".encode(), b"PAR1",
    b"PK\x03\x04", b"a,b\n", b"Question By:", b"Session date:\n",
)  # fmt: skip

fixed = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False
)


def examples(n: int) -> Callable[[Any], Any]:
    return settings(fixed, max_examples=n)


seeds = st.integers(min_value=0, max_value=2**32 - 1)


def mutated(data: bytes, seed: int) -> bytes:
    """One to four changes to a valid file: a byte, a cut, a stretch doubled, a splice, or all of it recoded."""
    draw = random.Random(seed)
    for _ in range(draw.randint(1, 4)):
        at, to = sorted((draw.randint(0, len(data)), draw.randint(0, len(data))))
        change = draw.randrange(7)
        if change == 0 and data:
            data = data[: at - 1] + bytes([draw.randrange(256)]) + data[at:] if at else data
        elif change == 1:
            data = data[:at]
        elif change == 2:
            data = data[:at] + data[to:]
        elif change == 3:
            data = data[:to] + data[at:to] + data[to:]
        elif change == 4:
            data = data.decode("utf-8", "replace").encode(
                draw.choice(("utf-16", "cp1252", "utf-32", "cp037")), "replace"
            )
        else:
            data = data[:at] + draw.choice(SPLICES) + data[at:]
    return data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def outcome(kind: str, path: Path, columns: dict[str, Any] | None = None) -> str:
    """What came of it; anything but a complete result or one of our errors is a failure."""
    source = Source.model_validate(
        {"id": "x", "file": "x", "kind": kind, "sample": "panel", "columns": columns or {}}
    )
    before = sorted(path.parent.rglob("*"))
    try:
        found = read_source(source, PROGRAMME, path, key=b"k", largest_file_mb=5)
    except FairHearingError as error:
        assert error.what
        assert error.cure
        assert error.where
        assert "Traceback" not in str(error)
        return type(error).__name__
    finally:
        assert sorted(path.parent.rglob("*")) == before, "gathering writes nothing"
    fates = found.tables["fates"]
    assert sum(found.fates.values()) == found.rows == fates.num_rows > 0
    assert fates["row"].to_pylist() == list(range(1, found.rows + 1)), "every row has one fate"
    assert all(row["reason"] for row in fates.to_pylist() if row["fate"] != "used")
    assert "people" not in found.tables or found.tables["people"].num_rows <= found.rows
    return "gathered"


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@examples(1500)
@given(st.binary(max_size=200))
def test_1500_random_files(folder: Path, data: bytes) -> None:
    outcome("survey", write(folder, "random.csv", data), COLUMNS)


@examples(2500)
@given(seeds)
def test_2500_broken_surveys(folder: Path, seed: int) -> None:
    outcome("survey", write(folder, "survey.csv", mutated(SURVEY, seed)), COLUMNS)


@examples(1500)
@given(seeds)
def test_1500_broken_consultations(folder: Path, seed: int) -> None:
    outcome("consultation", write(folder, "replies.csv", mutated(SURVEY, seed)), WORDS)


CELLS = st.sampled_from(
    ["", "1", "r1", "Women", '"', '"a\nb"', "=cmd|' /C calc'!A0", "a@example.org", "x" * 5000, "٣", "\ud7ff", "-1",
     "1e308", "\x1e", "NULL", " ", "E8 3AB", "'", "\\", "5,5", "\x0b", "\u2028"]
)  # fmt: skip


@examples(1000)
@given(st.lists(st.lists(CELLS, max_size=9), max_size=8), st.sampled_from([",", ";", "\t"]))
def test_1000_ragged_and_strange_cells(folder: Path, rows: list[list[str]], delimiter: str) -> None:
    header = delimiter.join(["id", "round", "w", "sex", "t1", "said", "step"])
    text = "\n".join([header, *(delimiter.join(row) for row in rows)])
    outcome("consultation", write(folder, "cells.csv", text.encode()), WORDS)


@examples(1000)
@given(seeds)
def test_1000_broken_exports_of_votes(folder: Path, seed: int) -> None:
    export = folder / "polis"
    export.mkdir(exist_ok=True)
    write(export, "votes.csv", mutated(VOTES, seed) if seed % 2 else VOTES)
    write(export, "comments.csv", COMMENTS if seed % 2 else mutated(COMMENTS, seed))
    outcome("votes", export)


@examples(500)
@given(seeds)
def test_500_broken_result_files_of_projects(folder: Path, seed: int) -> None:
    valid = b"project,design,higher_is,n,mean_pre,mean_post,sd_pre,r\n"
    valid += b"A,pre-post,better,30,3.1,3.4,0.9,0.5\nB,none,,,,,,\n"
    outcome("projects", write(folder, "projects.csv", mutated(valid, seed)))


@examples(500)
@given(seeds)
def test_500_broken_question_pages(folder: Path, seed: int) -> None:
    path = write(folder, "page.txt", mutated(PAGE, seed))
    outcome("questions", path)
    try:
        read_question(path)
    except FairHearingError as error:
        assert error.cure


def parquet() -> bytes:
    columns = {
        "id": [1, 2, 3],
        "round": ["r1", "r2", None],
        "w": [1.0, 0.0, 2.5],
        "sex": pa.array(["Men", "Women", "x"]).dictionary_encode(),
        "t1": [1, 7, None],
    }
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@examples(700)
@given(seeds)
def test_700_broken_parquet_files(folder: Path, seed: int) -> None:
    data = mutated(PARQUET, seed)
    outcome("survey", write(folder, "survey.parquet", data if seed % 3 else b"PAR1" + data[4:-4] + b"PAR1"), COLUMNS)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (
        ["id", "round", "w", "sex", "t1"],
        [1, "r1", 1.5, "Men", 5],
        [2, "r1", "=1+1", "Women", 3],
        [3],
        [4] * 8,
    ):
        sheet.append(line)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


PARQUET, WORKBOOK = parquet(), workbook()


@examples(400)
@given(seeds)
def test_400_broken_workbooks(folder: Path, seed: int) -> None:
    data = mutated(WORKBOOK, seed)
    outcome("survey", write(folder, "survey.xlsx", data if seed % 3 else b"PK\x03\x04" + data[4:]), COLUMNS)


@examples(400)
@given(seeds)
def test_400_workbooks_broken_inside(folder: Path, seed: int) -> None:
    """The archive is sound, one of its parts is not."""
    draw = random.Random(seed)
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as new:
        names = old.namelist()
        victim = draw.choice(
            [name for name in names if "sheet1" in name or "workbook" in name or draw.random() < 0.2]
        )
        for name in names:
            new.writestr(name, mutated(old.read(name), seed) if name == victim else old.read(name))
    outcome("survey", write(folder, "inside.xlsx", sink.getvalue()), COLUMNS)


def test_the_tests_above_make_ten_thousand() -> None:
    named = [
        int(name.split("_")[1]) for name in globals() if name.startswith("test_") and name.split("_")[1].isdigit()
    ]
    assert sum(named) == 10_000


def test_mutations_reach_both_outcomes(folder: Path) -> None:
    """If every mutated file were refused, or none, the tests above would test little."""
    survey = Counter(
        outcome("survey", write(folder, "survey.csv", mutated(SURVEY, seed)), COLUMNS) for seed in range(200)
    )
    assert survey["gathered"] > 50
    assert survey["BadInput"] > 50


def bomb(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/workbook.xml", b"<workbook>" + b" " * size)
    return path


def test_bombs(folder: Path) -> None:
    """A zip bomb, one whose directory lies about its size, and a Parquet file of a billion repeated values."""
    assert outcome("survey", bomb(folder, "bomb.xlsx", 50_000_000), COLUMNS) == "BadInput"
    lying = bytearray(bomb(folder, "lying.xlsx", 50_000_000).read_bytes())
    directory = lying.rfind(b"PK\x01\x02")
    lying[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    assert outcome("survey", write(folder, "lying.xlsx", bytes(lying)), COLUMNS) == "BadInput"
    table = pa.table({"t1": pa.array([1.0] * 5_000_000)})
    pq.write_table(table, folder / "wide.parquet", compression="zstd", use_dictionary=False)
    assert (folder / "wide.parquet").stat().st_size < 100_000
    assert outcome("survey", folder / "wide.parquet", {}) == "BadInput"


@pytest.mark.parametrize("size", [1, 100, 70_000, 1_100_000, 4_900_000])
def test_a_huge_field_is_read_or_refused(folder: Path, size: int) -> None:
    data = b"id,round,w,sex,t1,said,step\n1,r1,1,Men,5," + b"x" * size + b",notice\n"
    assert outcome("consultation", write(folder, "huge.csv", data), WORDS) == "gathered"
    header = b"x" * size + b",id\n1,2\n"
    assert outcome("survey", write(folder, "header.csv", header), COLUMNS) == "BadInput"


def test_gzip_is_not_unpacked(folder: Path) -> None:
    packed = zlib.compressobj(wbits=31)
    path = write(folder, "a.csv", packed.compress(b"a" * 10_000_000) + packed.flush())
    assert outcome("survey", path, COLUMNS) == "BadInput"
