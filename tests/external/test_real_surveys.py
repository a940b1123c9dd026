"""Real surveys and comments, against counts made with the csv module.

Sources: City of Austin open data; European Social Survey rounds 5 and 9 as republished in R's stevedata;
NHS England's comments (MIT). Not part of this repository.
"""

from __future__ import annotations

import csv
from collections import Counter
from typing import Any

from fairhearing.gather import Gathered, read_source
from fairhearing.gather.text import fold
from tests.helpers import SHARED, needs_shared, programme

pytestmark = needs_shared


def rows_of(path: str) -> list[dict[str, str]]:
    with (SHARED / path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def gathered(path: str, kind: str, columns: dict[str, Any], **parts: Any) -> Gathered:
    source = {"id": "real", "file": path, "kind": kind, "sample": "probability", "columns": columns}
    whole = programme(sources=[source], **parts)
    return read_source(whole.sources[0], whole, SHARED / path, key=b"k", largest_file_mb=10)


def characteristic(id: str, names: dict[str, str]) -> dict[str, Any]:
    return {"id": id, "name": id, "categories": [{"id": key, "name": name} for key, name in names.items()]}


def test_austin_comments_with_rounds_and_districts() -> None:
    path = "austin-survey/comments.csv"
    found = gathered(
        path,
        "consultation",
        {
            "person": "id",
            "round": "year",
            "text": "text",
            "characteristics": {
                "district": {"column": "Council_District", "values": {str(d): f"d{d}" for d in range(1, 11)}}
            },
        },
        characteristics=[characteristic("district", {f"d{d}": f"District {d}" for d in range(1, 11)})],
        rounds=[{"id": "y2016", "name": "2016"}, {"id": "y2017", "name": "2017"}],
    )  # fmt: skip
    rows = rows_of(path)
    assert found.rows == len(rows) == 3187
    assert found.fates == {"used": 3187, "set aside": 0, "duplicate": 0, "refused": 0}
    people = found.tables["people"]
    assert Counter(people["round"].to_pylist()) == Counter(f"y{row['year']}" for row in rows)
    assert Counter(people["c_district"].to_pylist()) == Counter(f"d{row['Council_District']}" for row in rows)
    texts = found.tables["texts"]
    redacted = {row["row"] for row in texts.to_pylist() if row["redactions"]}
    assert [text for text in enumerate(texts["text"].to_pylist(), 1) if text[0] not in redacted] == [
        (number, row["text"]) for number, row in enumerate(rows, 1) if number not in redacted
    ]
    assert len(redacted) == 5, "names at the end of letters or after a title, two addresses, a telephone: read by eye"


def test_nhs_comments_are_left_almost_untouched() -> None:
    """1 of 5,062 clean texts holds a name after a title; the others must come through as they are."""
    path = "nhs-comments/comments.csv"
    found = gathered(path, "consultation", {"text": "text", "question": "question"})
    rows = rows_of(path)
    assert found.rows == len(rows) == 5062
    silent = sum(row["text"].strip(" .").lower() in ("did not answer", "no response", "n/a", "") for row in rows)
    assert found.fates["set aside"] >= silent > 100
    assert sum(found.tables["texts"]["redactions"].to_pylist()) == 1


def trust(id: str, low: int, high: int) -> dict[str, Any]:
    item = {"id": id, "wording": id, "low": low, "high": high}
    return {"id": f"m_{id}", "name": id, "report": "mean", "items": [item]}


INCOME = ("easy", "coping", "hard", "very_hard")


def test_ess5_belgium() -> None:
    path = "trust-survey/ess5_belgium.csv"
    found = gathered(
        path,
        "survey",
        {
            "person": "idno",
            "characteristics": {
                "sex": {"column": "female", "values": {"1": "women", "0": "men"}},
                "income": {"column": "hincfel", "values": dict(zip("1234", INCOME, strict=True))},
                "age": {"column": "agea", "bands": [{"category": "under_40", "low": 0, "high": 39},
                                                    {"category": "from_40", "low": 40, "high": 120}]},
            },
        },
        characteristics=[
            characteristic("sex", {"women": "Women", "men": "Men"}),
            characteristic("income", {"easy": "Easy", "coping": "Coping", "hard": "Hard", "very_hard": "Very hard"}),
            characteristic("age", {"under_40": "Under 40", "from_40": "40 and over"}),
        ],
        measures=[trust("trstplc", 0, 10), trust("plcpvcr", 0, 10)],
    )  # fmt: skip
    rows, people = rows_of(path), found.tables["people"]
    assert found.rows == found.fates["used"] == len(rows) == 1704
    for item in ("trstplc", "plcpvcr"):
        assert people[f"q_{item}"].to_pylist() == [float(row[item]) if row[item] else None for row in rows]
    assert Counter(people["c_sex"].to_pylist()) == Counter("women" if row["female"] == "1" else "men" for row in rows)
    assert people["c_income"].null_count == sum(not row["hincfel"] for row in rows) == 7
    assert people["c_age"].to_pylist() == ["under_40" if float(row["agea"]) < 40 else "from_40" for row in rows]


def test_ess9_great_britain_by_region() -> None:
    """The column `name` holds the name of the data set: a column nobody maps does not make a file suspect."""
    path = "trust-survey/ess9_great_britain.csv"
    rows = rows_of(path)
    names = sorted({row["region"] for row in rows})
    ids = {name: "".join(letter if letter.isalnum() else "_" for letter in fold(name)) for name in names}
    found = gathered(
        path,
        "survey",
        {"characteristics": {"region": "region"}},
        characteristics=[characteristic("region", {id: name for name, id in ids.items()})],
        measures=[trust("imueclt", 0, 10)],
    )
    assert found.rows == found.fates["used"] == 1905
    assert found.tables["people"]["c_region"].to_pylist() == [ids[row["region"]] for row in rows]
    assert found.tables["people"]["q_imueclt"].null_count == 28
