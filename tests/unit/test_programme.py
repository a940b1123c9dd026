# ruff: noqa: E501  (a table of cases reads best with one case a line)
"""programme.toml: every kind of mistake names its file, line, key and cure, and nothing else is ever raised."""

from __future__ import annotations

import os
import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fairhearing import library
from fairhearing.errors import BadProgramme
from fairhearing.programme import Evaluation, Programme, Step, read_programme
from fairhearing.programme.toml_lines import line_numbers

GOOD = """\
[programme]
id = "test"
name = "Test"
about = "Made for a test."
[[objectives]]
id = "safety"
text = "Safeguard the vulnerable"
[[activities]]
id = "referral"
name = "Referral"
objective = "safety"
[[activities.steps]]
id = "notice"
name = "Notice a concern"
[[activities.steps.safeguards]]
id = "adult"
name = "An appropriate adult is present"
kind = "law"
[[characteristics]]
id = "sex"
name = "Sex"
[[characteristics.categories]]
id = "female"
name = "Women"
people = 51
[[characteristics.categories]]
id = "male"
name = "Men"
[[measures]]
id = "trust"
name = "trust the programme"
report = "share"
favourable = [4, 5]
[[measures.items]]
id = "fair"
wording = "It is fair."
low = 1
high = 5
missing = [-1]
[[rounds]]
id = "r1"
name = "Spring"
[[sources]]
id = "survey"
file = "survey.csv"
kind = "survey"
sample = "probability"
round = "r1"
[[commitments]]
id = "publish"
text = "Publish the outcomes"
[rules]
fixed_on = 2026-01-01
"""


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "programme.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def mistake(folder: Path, text: str | bytes) -> BadProgramme:
    with pytest.raises(BadProgramme) as caught:
        read_programme(written(folder, text))
    return caught.value


def test_the_good_file_is_good(tmp_path: Path) -> None:
    programme = read_programme(written(tmp_path, GOOD).parent)
    assert [step.id for _activity, step in programme.steps()] == ["notice"]


# A second round, and a comparison of the two.
COMPARED = """
[[rounds]]
id = "r2"
name = "Autumn"
[[comparisons]]
id = "c1"
measure = "trust"
source = "survey"
before = "r1"
after = "r2"
declared_on = 2026-01-01
"""

# One change of the good file · the line it names · the key · a fragment of what is wrong · a fragment of the cure.
# `+` in front of a new text adds it after the old one.
MISTAKES = [
    # old text                       new text                            line  key                                       what                          cure
    ('name = "Test"', 'nam = "Test"', 1, "programme.name", "is missing", "add a line `name = …`"),
    ('name = "Test"', '+\nnam = "Test"', 4, "programme.nam", "is not a known key", "did you mean `name`?"),
    ('name = "Test"', '+\nzzz = "Test"', 4, "programme.zzz", "is not a known key", "about, contact, edition"),
    ('name = "Test"', 'name = ""', 3, "programme.name", "is empty", "write some text"),
    ('name = "Test"', 'name = 5', 3, "programme.name", "valid string, not 5", "correct the value on this line"),
    ('fixed_on = 2026-01-01', '+\ncalibrate_within = [1.5, 2]', 54, "rules.calibrate_within", "between 1.5 and 2 times", "a low end from 0 to below 1"),
    ('id = "test"', 'id = "Test 1"', 2, "programme.id", "'Test 1' cannot be an id", "small letters, digits"),
    ("[[objectives]]", "[[studys]]\n[[objectives]]", 5, "studys", "is not a known key", "did you mean `studies`?"),
    ("[programme]", "[program]", 1, "program", "is not a known key", "did you mean `programme`?"),
    ('text = "Safeguard the vulnerable"\n', "", 5, "objectives[safety].text", "is missing", "text = …"),
    ('objective = "safety"', 'objective = "safty"', 11, "activities[referral].objective", "there is no objective 'safty'", "did you mean 'safety'?"),
    ('kind = "law"', 'kind = "rule"', 18, "activities[referral].steps[notice].safeguards[adult].kind", "'rule' is not one of the choices", "'law', 'statutory guidance', 'good practice' or 'not established'"),
    ('kind = "law"', '+\nhas = "maybe"', 19, "safeguards[adult].has", "'maybe' is not one", "not legally covered"),
    ('name = "Notice a concern"', '+\n[[activities.steps]]\nid = "notice"\nname = "Again"', 16, "activities[referral].steps[notice].id", "used twice among the steps", "give each its own id"),
    ('people = 51', 'people = -1', 25, "characteristics[sex].categories[female].people", "greater than or equal to 0", "correct the value"),
    ('people = 51', 'people = 10000000000000000000000000', 25, "categories[female].people", "less than or equal to", "correct the value"),
    ('[[characteristics.categories]]\nid = "male"\nname = "Men"\n', "", 19, "characteristics[sex].categories", "has 1 entries", "give at least 2"),
    ("favourable = [4, 5]\n", "", 29, "measures[trust]", "a share needs favourable codes", "add e.g. favourable"),
    ("favourable = [4, 5]", "favourable = [9]", 33, "measures[trust].favourable", "9 is not on the item's scale", "correct the codes"),
    ("favourable = [4, 5]", '+\nanswer_at_least = 2', 34, "measures[trust].answer_at_least", "asks for more items than there are", "use 1"),
    ("favourable = [4, 5]", '+\nstep = "notice"', 34, "measures[trust].step", "named without its activity", "add the activity"),
    ("favourable = [4, 5]", '+\nactivity = "referal"', 34, "measures[trust].activity", "no activity 'referal'", "did you mean 'referral'?"),
    ("favourable = [4, 5]", '+\nactivity = "referral"\nstep = "x"', 35, "measures[trust].step", "no step 'x'", "use one of: notice"),
    ("high = 5", "high = 1", 38, "measures[trust].items[fair].high", "must be above low", "correct low and high"),
    ("high = 5", "high = nan", 38, "measures[trust].items[fair].high", "finite number", "correct the value"),
    ("missing = [-1]", "missing = [2]", 39, "measures[trust].items[fair].missing", "2 lies inside the scale 1 to 5", "correct low, high or missing"),
    ('name = "Spring"', '+\nstart = 2026-05-01\nend = 2026-04-01', 44, "rounds[r1].end", "ends before it starts", "correct the dates"),
    ('name = "Spring"', '+\nstart = "soon"', 43, "rounds[r1].start", "valid date", "correct the value"),
    ('file = "survey.csv"', 'file = "../survey.csv"', 45, "sources[survey].file", "leaves the evidence folder", "put the file under evidence/"),
    ('file = "survey.csv"', "file = 'C:\\survey.csv'", 45, "sources[survey].file", "leaves the evidence folder", "put the file under evidence/"),
    ('round = "r1"', 'round = "r2"', 48, "sources[survey].round", "there is no round 'r2'", "use one of: r1"),
    ('round = "r1"', '+\n[[sources]]\nid = "again"\nfile = "survey.csv"\nkind = "survey"\nsample = "panel"\nround = "r1"', 51, "sources[again].file", "already read in this way as 'survey': everybody would count twice", "remove one of the two"),
    ('kind = "survey"', 'kind = "consultation"', 43, "sources[survey].columns", "needs a text column", 'columns.text = "COLUMN"'),
    ('round = "r1"', '+\ncolumns.items.fare = "Q1"', 49, "sources[survey].columns.items.fare", "no item 'fare'", "did you mean 'fair'?"),
    ('round = "r1"', '+\nposition = "sx"', 49, "sources[survey].position", "there is no characteristic 'sx'", "did you mean 'sex'?"),
    ('round = "r1"', '+\ncolumns.characteristics.age = "Q1"', 49, "columns.characteristics.age", "no characteristic 'age'", "use one of: sex"),
    ('round = "r1"', '+\ncolumns.characteristics.sex = { column = "s", values = { F = "fem" } }', 49, "columns.characteristics.sex", "no category of sex 'fem'", "did you mean 'female'?"),
    ('name = "Spring"', '+\n[[breaks]]\nsource = "surwey"\nat = "r1"\nwhy = "x"', 44, "breaks[1].source", "there is no source 'surwey'", "did you mean 'survey'?"),
    ('name = "Spring"', '+\n[[breaks]]\nsource = "survey"\nat = "r9"\nwhy = "x"', 45, "breaks[1].at", "there is no round 'r9'", "use one of: r1"),
    ('name = "Spring"', '+\n[[breaks]]\nsource = "survey"\nat = "r1"\nwhy = "x"', 45, "breaks[1].at", "'r1' is the first round", "first round of the new series"),
    ('name = "Spring"', '+\n[[breaks]]\nsource = "survey"\nmeasure = "trsut"\nat = "r1"\nwhy = "x"\n[[rounds]]\nid = "r0"\nname = "No"', 45, "breaks[1].measure", "there is no measure 'trsut'", "did you mean 'trust'?"),
    ('name = "Spring"', "+" + COMPARED.replace('"trust"', '"trst"'), 48, "comparisons[c1].measure", "there is no measure 'trst'", "did you mean 'trust'?"),
    ('name = "Spring"', "+" + COMPARED.replace('"survey"', '"x"'), 49, "comparisons[c1].source", "there is no source 'x'", "use one of: survey"),
    ('name = "Spring"', "+" + COMPARED.replace('"r2"\nd', '"r3"\nd'), 51, "comparisons[c1].after", "there is no round 'r3'", "use one of: r1, r2"),
    ('name = "Spring"', "+" + COMPARED.replace('before = "r1"', 'before = "r2"'), 51, "comparisons[c1].after", "the round 'r2' is not before 'r2'", "name the earlier round in `before`"),
    ('name = "Spring"', "+" + COMPARED + 'community = "female"\n', 53, "comparisons[c1].community", "is given without `characteristic`", "give both"),
    ('name = "Spring"', "+" + COMPARED + 'characteristic = "sex"\ncommunity = "femal"\n', 54, "comparisons[c1].community", "no community of sex 'femal'", "did you mean 'female'?"),
    ('name = "Spring"', "+" + COMPARED + 'follows = "publsh"\n', 53, "comparisons[c1].follows", "no commitment or recommendation 'publsh'", "did you mean 'publish'?"),
    ('name = "Spring"', "+" + COMPARED + 'follows = "R.notice.adlt"\n', 53, "comparisons[c1].follows", "no commitment or recommendation", "did you mean 'R.notice.adult'?"),
    ("fixed_on = 2026-01-01", "harm_share = 0.2", 52, "rules.fixed_on", "is missing", "fixed_on = …"),
    ("fixed_on = 2026-01-01", "+\nharm_share = 1.5", 54, "rules.harm_share", "less than 1, not 1.5", "correct the value"),
    ("[rules]\nfixed_on = 2026-01-01\n", "", 1, "rules", "is missing", "a table of that name"),
]  # fmt: skip


@pytest.mark.parametrize("old, new, line, key, what, cure", MISTAKES, ids=lambda value: str(value)[:30])
def test_one_mistake_is_named_with_its_line_key_and_cure(
    tmp_path: Path, old: str, new: str, line: int, key: str, what: str, cure: str
) -> None:
    assert GOOD.count(old) >= 1
    error = mistake(tmp_path, GOOD.replace(old, old + new[1:] if new.startswith("+") else new, 1))
    told = f"{error.where}\n{error.what}\n{error.cure}"
    assert re.search(rf"\bline {line}\b", told), told
    for part in ("programme.toml", key, what, cure):
        assert part in told, told


BAD_TOML = [
    # text                          line  what
    ("[programme\n", 1, "not valid TOML"),
    ('a = 1\nb = "open\n', 2, "not valid TOML"),
    ("a = 1\n\na = 2\n", 3, "not valid TOML"),
    ("a = 1\nb =", 2, "not valid TOML"),
    ("a = [1,\n2,\n", 3, "not valid TOML"),
    (b"a = 1\nb = '\xff'\n", 2, "UTF-8"),
    ("a = 1\n".encode("utf-16"), 1, "UTF-8"),
]


@pytest.mark.parametrize("text, line, what", BAD_TOML)
def test_text_that_is_no_toml_names_its_line(tmp_path: Path, text: str | bytes, line: int, what: str) -> None:
    error = mistake(tmp_path, text)
    assert str(error.where).endswith(f"programme.toml, line {line}")
    assert what in error.what and error.cure


def test_every_mistake_is_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("[programme]\n", '[programme]\nnam = "x"\n')
    text = text.replace('kind = "law"', 'kind = "rule"').replace("high = 5", 'high = "top"')
    error = mistake(tmp_path, text)
    assert error.what.startswith("3 mistakes")
    assert [int(line) for line in re.findall(r"\n  line (\d+):", error.what)] == [2, 19, 39]


def test_an_invalid_entry_does_not_also_report_its_list_as_empty(tmp_path: Path) -> None:
    error = mistake(tmp_path, GOOD.replace('text = "Safeguard the vulnerable"', "text = 5"))
    assert "empty" not in error.what and "mistakes" not in error.what
    assert error.what.startswith("objectives[safety].text")


def test_an_empty_list_is_still_reported(tmp_path: Path) -> None:
    objectives = '[[objectives]]\nid = "safety"\ntext = "Safeguard the vulnerable"\n'
    error = mistake(tmp_path, "objectives = []\n" + GOOD.replace(objectives, ""))
    assert error.what.startswith("objectives: is empty")


def test_of_very_many_mistakes_fifty_are_told(tmp_path: Path) -> None:
    error = mistake(tmp_path, GOOD + "".join(f"x{i} = 1\n" for i in range(200)))
    assert error.what.count("\n  line ") == 50 and "and 150 more" in error.what


# --- files that are no files --------------------------------------------------------------------------------------


def odd_files(folder: Path) -> list[tuple[Path, str, str]]:
    """A path · what is wrong · the cure."""
    (folder / "programme.toml").mkdir()
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "programme.toml")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "huge").mkdir()
    (folder / "huge" / "programme.toml").write_bytes(b"#" * 1_000_001)
    return [
        (folder / "nowhere", "there is no programme here", "fairhearing new DIR"),
        (folder / "huge", "1,000,001 bytes", "put the evidence in files under evidence/"),
        (folder / "pipe", "not a file", "name the folder that holds programme.toml"),
        (folder, "not a file", "name the folder that holds programme.toml"),
        (folder / "loop", "cannot be opened", "check the path"),
        (folder / ("x" * 300), "cannot be opened", "check the path"),
        (Path("a\0b"), "cannot be opened", "check the path"),
    ]


def test_what_is_no_readable_file_says_what_to_do(tmp_path: Path) -> None:
    for path, what, cure in odd_files(tmp_path):
        with pytest.raises(BadProgramme) as caught:
            read_programme(path)
        assert what in caught.value.what, path
        assert cure in caught.value.cure and "\0" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_one_may_not_read_says_what_to_do(tmp_path: Path) -> None:
    written(tmp_path, GOOD).chmod(0)
    with pytest.raises(BadProgramme, match="you may read the file"):
        read_programme(tmp_path)


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000 + "]" * 5_000, "a = " + "9" * 5_000, "a." * 5_000 + "b = 1"])
def test_deep_nesting_and_long_numbers_are_mistakes_not_crashes(tmp_path: Path, text: str) -> None:
    assert mistake(tmp_path, text).cure


# --- nothing but BadProgramme, whatever the bytes -----------------------------------------------------------------

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LINES = GOOD.splitlines()
VALUES = st.sampled_from(
    ["nan", "-inf", "1e400", '""', "[]", "[[]]", "{}", "true", "2026-01-01", "00:00:00", "'\\u0000'", "-0", "[{id=1}]",
     "9223372036854775808", '"\\u202e"', "[1, 'a', {b = []}]", '"""\n[x]\n"""', "{ id = 'a', 'b]c'.d = 1 }"]
)  # fmt: skip


@FUZZ
@given(st.binary(max_size=400))
def test_arbitrary_bytes(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadProgramme):
        read_programme(written(tmp_path, data))


@FUZZ
@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from("cutswapvalue"), VALUES), max_size=4))
def test_mutated_programmes(tmp_path: Path, changes: list[tuple[int, str, str]]) -> None:
    lines = list(LINES)
    for place, how, value in changes:
        key = lines[place].split("=")[0].strip(" []")
        lines[place] = {"c": "", "u": lines[-place], "t": f"[{key}]", "s": f"[[{key}]]"}.get(how, f"{key} = {value}")
    try:
        assert isinstance(read_programme(written(tmp_path, "\n".join(lines))), Programme)
    except BadProgramme as error:
        assert error.what and error.cure and "programme.toml" in str(error.where)


@FUZZ
@given(st.data())
def test_flipped_bytes(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(GOOD.encode())
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=6)):
        raw[place] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(read_programme(written(tmp_path, bytes(raw))), Programme)
    except BadProgramme as error:
        assert error.what and error.cure


# --- where keys stand ---------------------------------------------------------------------------------------------


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = (
        'note = "one\u2028two"\r\n'  # 1: a line separator inside a text is no new line
        'long = """\n[not.a.table]\nends with a quote"""" # "\n'  # 2 to 4
        "quote = '''\n[nor.this]\n'''\n"  # 5 to 7
        "list = [\n  1, # ]\n]\n"  # 8 to 10
        "[[a]]\nx = 1\n[[a]]\n[[a.b]]\n'y' = 2\nc.d = 3\n"  # 11 to 16
    )
    tomllib.loads(text)
    assert line_numbers(text) == {
        (): 1, ("note",): 1, ("long",): 2, ("quote",): 5, ("list",): 8, ("a",): 11, ("a", 0): 11, ("a", 0, "x"): 12, ("a", 1): 13,
        ("a", 1, "b", 0): 14, ("a", 1, "b", 0, "y"): 15, ("a", 1, "b", 0, "c", "d"): 16,
    }  # fmt: skip


# --- the template of `fairhearing new` ----------------------------------------------------------------------------

TEMPLATE = resources.files(library).joinpath("new_programme.toml").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^# (?=\[\[?[a-z]|[a-z][a-z0-9_.]* = )", re.MULTILINE)


def test_the_template_is_valid_as_it_is(tmp_path: Path) -> None:
    programme = read_programme(written(tmp_path, TEMPLATE))
    assert programme.sources == () and programme.rules.publish_at_least == 10


def test_the_template_is_valid_with_its_examples_uncommented(tmp_path: Path) -> None:
    programme = read_programme(written(tmp_path, EXAMPLE.sub("", TEMPLATE)))
    assert [step.id for _activity, step in programme.steps()] == [
        "notice", "check", "question", "share", "gateway", "panel", "support", "review", "retention", "complaint",
        "appeal",
    ]  # fmt: skip
    assert programme.sources and programme.commitments and programme.experiences and programme.rounds
    assert all(isinstance(step, Step) and step.safeguards for _activity, step in programme.steps())


def test_the_template_shows_every_key(tmp_path: Path) -> None:
    """`bands` is left to the reference: an age column is the only use of it."""
    shown = set(re.findall(r"[a-z_]+(?=\s*=|\.)", EXAMPLE.sub("", TEMPLATE)))
    for part in (Programme, *_parts(Programme)):
        names = set(part.model_fields)
        tables = {name for name in names if f"{name}]" in TEMPLATE}
        assert names - shown - tables <= {"bands"}, part


def _parts(model: type) -> set[type]:
    """Every model reachable from one, by its annotations."""
    found: set[type] = set()
    for field in model.model_fields.values():  # type: ignore[attr-defined]
        stack = [field.annotation]
        while stack:
            each = stack.pop()
            stack += getattr(each, "__args__", ())
            if isinstance(each, type) and hasattr(each, "model_fields") and each not in found:
                found |= {each} | _parts(each)
    return found


@pytest.mark.parametrize("key", ["randomised", "waitlist", "retrospective"])
def test_a_design_is_claimed_with_true_and_not_with_a_word(key: str) -> None:
    """A word read as true would raise the strength of the evidence without anybody having said so."""
    with pytest.raises(ValidationError):
        Evaluation(project="P", after="after", **{key: "yes"})  # type: ignore[arg-type]
    assert getattr(Evaluation(project="P", after="after", **{key: True}), key)  # type: ignore[arg-type]
