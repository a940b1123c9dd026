"""Programme folders over the real data beside the project; the files are copied to a temporary folder, never here."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.helpers import SHARED

RULES = "[rules]\nfixed_on = 2026-01-05\n"
SUBJECT = """
[programme]
id = "{id}"
name = "{name}"
about = "{about}"

[[objectives]]
id = "listen"
text = "Seek and take account of people's views"

[[activities]]
id = "listening"
name = "Listening"
objective = "listen"
"""


def _folder(tmp: Path, name: str, toml: str, files: Iterable[Path]) -> Path:
    folder = tmp / name
    evidence = folder / "evidence"
    evidence.mkdir(parents=True)
    (folder / "programme.toml").write_text(toml, encoding="utf-8")
    for file in files:
        target = evidence / file.name
        if file.is_dir():
            shutil.copytree(file, target)
        else:
            shutil.copy(file, target)
    return folder


def characteristic(id: str, name: str, categories: Iterable[tuple[str, str, int | None]], source: str = "") -> str:
    """A characteristic of programme.toml, from (id, name, people)."""
    text = f'[[characteristics]]\nid = "{id}"\nname = "{name}"\npopulation_source = "{source}"\n'
    for category, label, people in categories:
        figure = "" if people is None else f"people = {people}\n"
        text += f'[[characteristics.categories]]\nid = "{category}"\nname = "{label}"\n{figure}'
    return text


ETHNICITIES = {"9": "white", "11": "asian", "10": "black", "12": "mixed"}
CENSUS_IDS = {
    "White": "white",
    "Asian, Asian British or Asian Welsh": "asian",
    "Black, Black British, Black Welsh, Caribbean or African": "black",
    "Mixed or Multiple ethnic groups": "mixed",
    "Other ethnic group": "other",
}


def london_youth(tmp: Path) -> Path:
    """26 young Londoners on scrutiny of policing, and the question page that started all this."""
    with (SHARED / "census" / "london_2021.csv").open(encoding="utf-8") as file:
        census = [row for row in csv.DictReader(file) if row["characteristic"] == "ethnicity"]
    people = [(CENSUS_IDS[row["category"]], row["category"], int(row["people"])) for row in census]
    declared = [("ethnicity", category, statement) for statement, category in ETHNICITIES.items()]
    declared += [("gender", "female", "6"), ("gender", "male", "5")]
    toml = (
        SUBJECT.format(id="youth", name="Young people's scrutiny of policing", about="An online conversation.")
        + RULES
    )
    toml += "publish_at_least = 3\nround_counts_to = 1\n"  # the votes are already open data
    toml += characteristic("ethnicity", "Ethnicity", people, "Census 2021, London region, to be confirmed")
    toml += characteristic("gender", "Gender", [("female", "Young women", None), ("male", "Young men", None)])
    toml += (
        '[[sources]]\nid = "conversation"\nfile = "london.youth.policing"\nkind = "votes"\nsample = "self-selected"\n'
    )
    for name, category, statement in declared:
        toml += (
            f'[[sources.statements]]\nstatement = "{statement}"\ncharacteristic = "{name}"\ncategory = "{category}"\n'
        )
    toml += '[[sources]]\nid = "question"\nfile = "2019_3806_positive_image_cve.txt"\nkind = "questions"\n'
    toml += 'sample = "administrative"\n'
    files = [SHARED / "polis" / "london.youth.policing", SHARED / "mqt" / "2019_3806_positive_image_cve.txt"]
    return _folder(tmp, "youth", toml, files)


def austin(tmp: Path) -> Path:
    """Comments to a city survey: rounds by year, communities by council district."""
    toml = SUBJECT.format(id="austin", name="City survey", about="An annual survey of residents.") + RULES
    toml += characteristic("district", "Council district", [(f"d{n}", f"District {n}", None) for n in range(1, 11)])
    toml += "".join(f'[[rounds]]\nid = "y{year}"\nname = "{year}"\n' for year in (2016, 2017))
    values = ", ".join(f'"{n}" = "d{n}"' for n in range(1, 11))
    toml += f"""
[[sources]]
id = "comments"
file = "comments.csv"
kind = "consultation"
sample = "self-selected"
[sources.columns]
person = "id"
round = "year"
text = "text"
[sources.columns.characteristics.district]
column = "Council_District"
values = {{ {values} }}
"""
    return _folder(tmp, "austin", toml, [SHARED / "austin-survey" / "comments.csv"])


def belgium(tmp: Path) -> Path:
    """1,704 people's trust in the police, by age, sex and feeling about income; the extract has no weights."""
    toml = SUBJECT.format(id="belgium", name="Police in Belgium", about="Trust in the police.") + RULES
    feelings = ("comfortable", "coping", "difficult", "very_difficult")
    toml += characteristic("sex", "Sex", [("female", "Women", None), ("male", "Men", None)])
    ages = [("young", "Aged 15 to 34", None), ("middle", "Aged 35 to 59", None), ("older", "Aged 60 and over", None)]
    toml += characteristic("age", "Age", ages)
    toml += characteristic(
        "income", "Feeling about income", [(each, each.replace("_", " "), None) for each in feelings]
    )
    toml += """
[[measures]]
id = "trust"
name = "trust in the police"
about = "trust"
report = "mean"
activity = "listening"
[[measures.items]]
id = "trstplc"
wording = "How much do you personally trust the police?"
low = 0
high = 10
source = "European Social Survey, round 5; wording to be confirmed"

[[sources]]
id = "ess5"
file = "ess5_belgium.csv"
kind = "survey"
sample = "probability"
[sources.columns]
person = "idno"
[sources.columns.characteristics]
sex = { column = "female", values = { "0" = "male", "1" = "female" } }
age = { column = "agea", bands = [
    { category = "young", low = 15, high = 34 },
    { category = "middle", low = 35, high = 59 },
    { category = "older", low = 60, high = 120 },
] }
income = { column = "hincfel", values = { 1 = "comfortable", 2 = "coping", 3 = "difficult", 4 = "very_difficult" } }
"""
    return _folder(tmp, "belgium", toml, [SHARED / "trust-survey" / "ess5_belgium.csv"])


REGIONS = (
    "South East (England)", "North West (England)", "East of England", "Yorkshire and the Humber",
    "South West (England)", "Scotland", "East Midlands (England)",
    "West Midlands (England)", "London", "North East (England)", "Wales",
    "Northern Ireland",
)  # fmt: skip


def great_britain(tmp: Path) -> Path:
    """1,905 people in twelve regions: a scale of three items, by region."""
    toml = SUBJECT.format(id="britain", name="Attitudes by region", about="Attitudes to immigration.") + RULES
    ids = [(f"r{number}", region, None) for number, region in enumerate(REGIONS, 1)]
    toml += characteristic("region", "Region", ids)
    toml += '[[measures]]\nid = "welcome"\nname = "attitude to immigration"\nreport = "mean"\nanswer_at_least = 2\n'
    for item in ("imbgeco", "imueclt", "imwbcnt"):
        toml += (
            f'[[measures.items]]\nid = "{item}"\nwording = "{item}; wording to be confirmed"\nlow = 0\nhigh = 10\n'
        )
    toml += """
[[sources]]
id = "ess9"
file = "ess9_great_britain.csv"
kind = "survey"
sample = "probability"
[sources.columns]
person = "idno"
[sources.columns.characteristics]
region = "region"
"""
    return _folder(tmp, "britain", toml, [SHARED / "trust-survey" / "ess9_great_britain.csv"])
