"""Words as received: kept sealed, shown to a named reviewer alone, never before who and why is on the log."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fairhearing import main
from fairhearing.__main__ import run as command
from fairhearing.doors import revealing
from fairhearing.errors import BadInput, LedgerBroken, NotReady, Refused
from fairhearing.gather.as_received import sealed, unsealed
from fairhearing.ledger import Ledger
from fairhearing.settings import Settings

PROGRAMME = """
[programme]
id = "words"
name = "Words"
about = "One consultation."
synthetic = true
reviewers = ["safeguarding lead"]
[rules]
fixed_on = 2026-01-01
[[objectives]]
id = "o"
text = "An objective"
[[activities]]
id = "a"
name = "An activity"
objective = "o"
[[activities.steps]]
id = "s"
name = "A step"
[[sources]]
id = "talk"
file = "talk.csv"
kind = "consultation"
sample = "self-selected"
[sources.columns]
person = "n"
text = "said"
"""
SECRETS = ("rowan.oddname@example.org", "07700 900123", "Quillfeather")
SAID = f"""n,said
1,The officer was late and nobody told us why
2,Write to {SECRETS[0]} or ring {SECRETS[1]} please 🙂
3,Mrs {SECRETS[2]} listened to us
4,
"""
LEAD = Settings(user="safeguarding lead")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reveal") / "words"
    (folder / "evidence").mkdir(parents=True)
    (folder / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    (folder / "evidence" / "talk.csv").write_text(SAID, encoding="utf-8")
    main.run(folder)
    return folder


@pytest.fixture
def folder(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "words"))


def test_the_named_reviewer_reads_it_as_received_and_that_is_on_the_log(folder: Path) -> None:
    found = revealing.reveal(folder, "talk:2", why="a threat to somebody", settings=LEAD)
    assert found.words == f"Write to {SECRETS[0]} or ring {SECRETS[1]} please 🙂"
    assert found.redacted == "Write to [e-mail] or ring [number] please 🙂"
    event = Ledger(folder / "ledger").events()[-1]
    assert (event.number, event.what, event.who, event.why) == (
        found.event, "words revealed", "safeguarding lead", "a threat to somebody",
    )  # fmt: skip
    assert event.facts == {"response": "talk:2", "details": found.details} and found.details == 2
    assert not any(secret in json.dumps(event.facts) for secret in SECRETS)
    assert main.assess(folder).already_there and main.verify(folder).edition == 1  # reading changes nothing


def test_no_detail_is_anywhere_but_in_the_file_as_received(ran: Path) -> None:
    """In no byte of the ledger, the runs and what is published; compressed tables are read first."""
    for path in (each for part in ("ledger", "runs", "published") for each in sorted((ran / part).rglob("*"))):
        held = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else ""
        content = (path.read_bytes() if path.is_file() else b"") + held.encode()
        assert not any(secret.encode() in content for secret in SECRETS), path
    assert not any("sealed" in path.name for part in ("runs", "published") for path in (ran / part).rglob("*"))
    assert stat.S_IMODE((ran / "ledger" / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("response", "why", "user", "error", "what"),
    [
        ("talk:2", "because", "somebody", Refused, "'somebody' is not named as a reviewer"),
        ("talk:2", " ", "safeguarding lead", BadInput, "no reason is given"),
        ("talk:1", "because", "safeguarding lead", BadInput, "no detail was replaced in talk:1"),
        ("talk:99", "because", "safeguarding lead", BadInput, "there is no response 'talk:99'"),
        ("", "because", "safeguarding lead", BadInput, "there is no response ''"),
        ("nobody:1", "because", "safeguarding lead", BadInput, "there is no response 'nobody:1'"),
    ],
)
def test_who_may_not_sees_nothing_and_the_log_is_as_it_was(
    folder: Path, response: str, why: str, user: str, error: type[BadInput | Refused], what: str
) -> None:
    before = Ledger(folder / "ledger").head()
    with pytest.raises(error) as raised:
        revealing.reveal(folder, response, why=why, settings=Settings(user=user))
    assert what in raised.value.what
    assert Ledger(folder / "ledger").head() == before


def test_where_it_cannot_be_logged_it_is_not_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fairhearing.ledger.log._write_line", full)
    with pytest.raises(BadInput, match="nothing was added"):
        revealing.reveal(folder, "talk:3", why="because", settings=LEAD)


def test_another_key_opens_nothing(folder: Path) -> None:
    (folder / "ledger" / "key").write_bytes(bytes(32))
    with pytest.raises(LedgerBroken, match=r"the sealed words of talk:3 do not open"):
        revealing.reveal(folder, "talk:3", why="because", settings=LEAD)


def test_a_reading_from_before_words_were_kept_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revealing, "_TABLE", "votes")
    with pytest.raises(NotReady, match="before words as received were kept"):
        revealing.reveal(folder, "talk:3", why="because", settings=LEAD)


def test_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FAIRHEARING_USER", "safeguarding lead")
    assert command(["reveal", str(folder), "talk:3", "--why", "a complaint names her"]) == 0
    assert capsys.readouterr().out.startswith(f"Mrs {SECRETS[2]} listened to us\n\nLogged as event ")
    monkeypatch.setenv("FAIRHEARING_USER", "x")
    assert command(["reveal", str(folder), "talk:3", "--why", "curious"]) == Refused.exit_code
    assert SECRETS[2] not in "".join(capsys.readouterr())


def test_sealed_words_are_bound_to_their_response_and_the_same_every_time() -> None:
    key, there = bytes(range(32)), Path("key")
    one, two = sealed(key, ["talk:1", "talk:2"], ["ring 🙂 \ud83d", "ring 🙂 \ud83d"])
    assert one != two and [one] == sealed(key, ["talk:1"], ["ring 🙂 \ud83d"])
    assert unsealed(key, "talk:1", one, where=there) == "ring 🙂 \ud83d"
    for words in (two, one[:-4], "not base 64", ""):
        with pytest.raises(LedgerBroken):
            unsealed(key, "talk:1", words, where=there)
