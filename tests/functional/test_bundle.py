"""A published bundle checked by a stranger: what holds is said, and whatever is touched is noticed and named."""

from __future__ import annotations

import json
import random
import shutil
import stat
import zipfile
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from fairhearing import main
from fairhearing.__main__ import run as command
from fairhearing.errors import BadInput, LedgerBroken, NotVerified
from fairhearing.ledger import Ledger, keys, proofs
from fairhearing.ledger.bundles import NOT_PROVEN, check_files, verify_bundle
from fairhearing.ledger.files import InMemory
from tests import bundles
from tests.helpers import programme as small_programme


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Not to be changed."""
    return bundles.two_editions(tmp_path_factory.mktemp("bundle"))


def key_of(bundle: Path) -> str:
    return (bundle / "proof" / "key.pub").read_text()


# --- what holds ---------------------------------------------------------------------------------------------------


def test_what_was_proven_and_what_cannot_be_is_said(editions: tuple[Path, Path]) -> None:
    found = verify_bundle(editions[1], key=key_of(editions[1]))
    assert (found.edition, found.run, found.key_given) == (2, "0002-ab", True)
    assert found.log_size == 12
    told = " / ".join(found.proven)
    assert "published as edition 2" in told
    assert "a log of 12 events, in this order" in told
    assert "the decision rules (event 1) were logged before all evidence that they judge" in told
    assert "since edition 1 (8 events) the log was only added to" in told
    assert "signed with the key given" in told
    assert found.not_proven == NOT_PROVEN


def test_the_first_edition_has_none_before_it(editions: tuple[Path, Path]) -> None:
    found = verify_bundle(editions[0])
    assert "only added to" not in " ".join(found.proven)
    assert "which came with the bundle: compare it" in found.proven[-1]


def test_a_zip_is_as_good_as_a_folder(editions: tuple[Path, Path], tmp_path: Path) -> None:
    for top in ("", "edition-2/"):
        with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in bundles.contents(editions[1]).items():
                archive.writestr(top + name, content)
        assert verify_bundle(tmp_path / "bundle.zip").edition == 2


def test_rules_that_came_after_evidence_are_said_to_have(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    bundles.gather(ledger, "survey")
    bundles.log_rules(ledger, small_programme())
    bundles.gather(ledger, "votes")
    told = " ".join(verify_bundle(bundles.publish(tmp_path)).proven)
    assert "changed (event 2) after 1 of 2 sources had been read" in told


def test_events_show_what_may_be_shown_and_no_private_key_is_near(editions: tuple[Path, Path]) -> None:
    whole = b"".join(bundles.contents(editions[1]).values())
    assert b"clerk" not in whole, "who typed it stays in the folder"
    assert b'"rows"' not in (editions[1] / "proof" / "events.jsonl").read_bytes()
    places = list((editions[1].parents[1] / "ledger" / "signing").iterdir())
    assert [stat.S_IMODE(place.stat().st_mode) for place in places] == [0o600]
    assert stat.S_IMODE(places[0].parent.stat().st_mode) == 0o700
    assert all(place.read_bytes() not in whole for place in places)


# --- keys ---------------------------------------------------------------------------------------------------------


def test_who_trusted_the_old_key_can_follow_to_the_new(tmp_path: Path) -> None:
    bundles.log_rules(Ledger(tmp_path / "ledger"), small_programme())
    one = bundles.publish(tmp_path, number=1)
    keys.change_key(Ledger(tmp_path / "ledger"), bundles.ORIGIN, who="clerk", why="yearly")
    two = bundles.publish(tmp_path, number=2)
    assert key_of(one) != key_of(two)
    assert "handed over on the log" in verify_bundle(two, key=key_of(one)).proven[-1]
    assert verify_bundle(two, key=key_of(two)).key_given
    with pytest.raises(NotVerified, match="not signed with the key given"):
        verify_bundle(one, key=key_of(two))


def test_a_lost_key_hands_over_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    bundles.log_rules(ledger, small_programme())
    one = bundles.publish(tmp_path, number=1)
    for place in (ledger.folder / "signing").iterdir():
        place.unlink()
    with pytest.raises(LedgerBroken, match="private signing key cannot be read"):
        bundles.publish(tmp_path, number=2)
    keys.change_key(ledger, bundles.ORIGIN, who="clerk", why="lost")
    two = bundles.publish(tmp_path, number=3)
    assert verify_bundle(two).edition == 3
    with pytest.raises(NotVerified, match="not signed with the key given"):
        verify_bundle(two, key=key_of(one))


def test_two_keys_made_at_once_are_one(tmp_path: Path) -> None:
    """The second event names no key that it replaces, so it changes nothing."""
    ledger = Ledger(tmp_path / "ledger")
    key = keys.signing_key(ledger, bundles.ORIGIN, who="a")
    facts = {"key": str(keys._made(ledger, bundles.ORIGIN)), "replaces": None, "signature": None}
    ledger.append("signing key", who="b", why="first use", facts=facts)
    assert keys.key_at(ledger.events(), where=ledger.folder) == key
    bundles.log_rules(ledger, small_programme())
    assert verify_bundle(bundles.publish(tmp_path), key=str(key)).key_given


# --- what is touched ----------------------------------------------------------------------------------------------


def test_500_random_tamperings_are_all_noticed(editions: tuple[Path, Path]) -> None:
    """Half single bits, half what somebody would do on purpose; the benchmark does 10,000."""
    one, two = (bundles.contents(place) for place in editions)
    check_files(InMemory(two), where="x", key=key_of(editions[1]))
    kinds: Counter[str] = Counter()
    for kind, changed in islice(bundles.tamperings(two, one, random.Random(7)), 500):
        kinds[kind] += 1
        with pytest.raises(NotVerified):
            check_files(InMemory(changed), where="x", key=key_of(editions[1]))
    assert len(kinds) >= 19


def test_every_file_is_covered(editions: tuple[Path, Path]) -> None:
    """The first, middle and last bit of each, and each file gone."""
    whole = bundles.contents(editions[1])
    for name, content in whole.items():
        for bit in {0, 4 * len(content), 8 * len(content) - 1}:
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(NotVerified):
                check_files(InMemory({**whole, name: bytes(changed)}), where="x")
        with pytest.raises(NotVerified, match=name.split("/")[-1].split(".")[0]):
            check_files(InMemory({each: whole[each] for each in whole if each != name}), where="x")


def test_a_log_written_anew_with_another_key_needs_the_key_to_be_noticed(
    editions: tuple[Path, Path], tmp_path: Path
) -> None:
    """What a bundle alone cannot show: whoever makes everything anew makes a whole bundle."""
    _one, forged = bundles.two_editions(tmp_path)
    assert verify_bundle(forged).edition == 2
    with pytest.raises(NotVerified, match="not signed with the key given"):
        verify_bundle(forged, key=key_of(editions[1]))


@pytest.mark.parametrize("key", ["", "x", "a+b+c", "fairhearing/test+00000000+AAAA", "é+12345678+AAAA"])
def test_what_is_no_key_is_said_to_be_none(editions: tuple[Path, Path], key: str) -> None:
    with pytest.raises(NotVerified, match="not a public key"):
        verify_bundle(editions[1], key=key)


def test_a_signed_log_that_is_not_in_the_form_is_refused_without_a_traceback(tmp_path: Path) -> None:
    """Signed by a publisher who writes what they like: every field may be missing."""
    ledger = Ledger(tmp_path / "ledger")
    bundles.log_rules(ledger, small_programme())
    place = bundles.publish(tmp_path)
    whole = bundles.contents(place)
    (place / "proof" / "proof.json").write_bytes(b'{"consistency":null,"edition":1,"inclusion":[[1,null]]}\n')
    with pytest.raises(NotVerified):
        verify_bundle(place)
    for said in (b"[]", b"{}", b"null", b"[" * 100_000):
        with pytest.raises(NotVerified):
            check_files(InMemory({**whole, "proof/proof.json": said}), where="x")


# --- hostile archives ---------------------------------------------------------------------------------------------


def archive(place: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w") as made:
        for name, content in entries:
            made.writestr(name, content)
    return place


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_lead_out_or_name_a_file_twice_are_refused(tmp_path: Path) -> None:
    for name in ("../x", "/etc/x", "a/../../x", "a\\..\\x"):
        with pytest.raises(NotVerified, match="leads out"):
            verify_bundle(archive(tmp_path / "bad.zip", (name, b"x"), ("edition.json", b"{}")))
    with pytest.raises(NotVerified, match="a name twice"):
        verify_bundle(archive(tmp_path / "bad.zip", ("x", b"1"), ("x", b"2")))


def test_a_damaged_archive_is_said_to_be_one(editions: tuple[Path, Path], tmp_path: Path) -> None:
    whole = archive(tmp_path / "b.zip", *bundles.contents(editions[1]).items()).read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NotVerified, match="damaged"):
        verify_bundle(tmp_path / "b.zip")
    (tmp_path / "b.zip").write_bytes(b"not an archive")
    with pytest.raises(NotVerified, match="damaged"):
        verify_bundle(tmp_path / "b.zip")
    with pytest.raises(BadInput, match="there is no bundle"):
        verify_bundle(tmp_path / "nowhere.zip")


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_recognises_a_bundle_and_has_its_own_exit_code(
    editions: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text(key_of(editions[1]))
    assert command(["verify", str(editions[1]), "--key", str(tmp_path / "key")]) == 0
    told = capsys.readouterr().out
    assert "Proven:" in told
    assert "What this cannot show:" in told
    assert command(["verify", str(editions[1]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["edition"] == 2
    touched = archive(tmp_path / "t.zip", *(bundles.contents(editions[1]) | {"report.html": b"x"}).items())
    assert command(["verify", str(touched)]) == 9
    said = capsys.readouterr().err
    assert "report.html: this file of the bundle is not the file that was published" in said
    assert "What to do:" in said


# --- the example --------------------------------------------------------------------------------------------------


def test_a_review_and_a_new_key_are_the_next_edition_and_the_folder_still_verifies(
    example_run: Path, tmp_path: Path
) -> None:
    """What is decided after an edition is not held against it; what is touched in any edition is."""
    folder = Path(shutil.copytree(example_run, tmp_path / "programme"))
    first = key_of(folder / "published" / "1")
    finding = main.open_programme(folder).tables["findings"].arrow["finding"][0].as_py()
    main.review(folder, finding, why="a court order")
    main.key(folder, new=True, why="yearly")
    assert main.verify(folder).edition == 1
    assert main.publish(folder).edition == 2
    assert "handed over on the log" in verify_bundle(folder / "published" / "2", key=first).proven[-1]
    changed = {(row.table, row.what, row.about) for row in main.compare(folder, 1, 2).rows}
    assert ("findings", "withheld", finding) in changed
    before = bundles.contents(folder)
    assert main.publish(folder).already_there
    assert bundles.contents(folder) == before, "publishing again writes nothing"
    private = [path.read_bytes() for path in (folder / "ledger" / "signing").iterdir()]
    assert len(private) == 2
    assert not any(key in content for name, content in before.items() if "published" in name for key in private)
    page = folder / "published" / "1" / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    with pytest.raises(NotVerified, match=r"published/1/index\.html: this file of the bundle is not the file"):
        main.verify(folder)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["review", "DIR", "no-such", "--withhold", "--why", "x"], "there is no finding 'no-such'"),
        (["review", "DIR", "FINDING", "--withhold", "--why", " "], "no reason is given"),
        (["record", "DIR", "ACTIVITY", "--dissent", "It should stand.", "--why", " "], "no reason is given"),
        (["key", "DIR", "--new"], "no reason is given for a new key"),
        (["compare", "DIR", "1", "7"], "there is no edition here"),
    ],
)
def test_mistakes_get_a_cure(
    example_run: Path, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = main.open_programme(example_run).tables["findings"].arrow["finding"][0].as_py()
    activity = main.open_programme(example_run).programme.activities[0].id
    given = {"DIR": str(example_run), "FINDING": finding, "ACTIVITY": activity}
    assert command([given.get(word, word) for word in words]) == 4
    said = capsys.readouterr().err
    assert says in said
    assert "What to do:" in said


# --- interrupted --------------------------------------------------------------------------------------------------


def test_publishing_stopped_at_any_point_is_finished_to_the_same_bytes(tmp_path: Path) -> None:
    """After the edition, after the log, after the checkpoint: what is missing follows from what is there."""
    place = bundles.publish_with_rules(tmp_path)
    whole, ledger = bundles.contents(place), Ledger(tmp_path / "ledger")
    for gone in ("proof", "checkpoint", "tree"):
        for path in sorted((place / "proof").iterdir()):
            path.unlink()
        (place / "proof").rmdir()
        if gone in ("checkpoint", "tree"):
            next((ledger.folder / "checkpoints").iterdir()).unlink()
        if gone == "tree":
            ledger.tree.path.unlink()
        bundles.write_proof(place, proofs.edition_proof(ledger, 1))
        assert bundles.contents(place) == whole
    proofs.check_checkpoints(ledger)


def test_a_checkpoint_that_is_not_of_this_log_is_noticed(tmp_path: Path) -> None:
    bundles.publish_with_rules(tmp_path)
    ledger = Ledger(tmp_path / "ledger")
    assert proofs.check_checkpoints(ledger) == 1
    (path,) = (ledger.folder / "checkpoints").iterdir()
    moved = path.rename(path.with_name("99"))
    with pytest.raises(LedgerBroken, match="cut short or written anew"):
        proofs.check_checkpoints(ledger)
    moved.rename(path.with_name("3"))
    with pytest.raises(LedgerBroken, match="not of the log as it stands"):
        proofs.check_checkpoints(ledger)
