"""Documents say what is true: reference pages are generated, links lead somewhere, commands are real, records are
numbered, and the tutorial runs."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def _reference() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["tables.md", "programme.md", "commands.md", "settings.md", "errors.md"])
def test_reference_pages_are_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == _reference()[name], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_documents_exist(page: Path) -> None:
    known = set(re.findall(r"^## `fairhearing (\w+)`", _reference()["commands.md"], re.M))
    named = set(re.findall(r"`fairhearing ([a-z]+)", page.read_text(encoding="utf-8")))
    assert named <= known | {"question", "estimate", "votes"}, f"{page.name} names {sorted(named - known)}"


def test_decision_records_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    for path in (ROOT / "docs" / "adr").glob("*.md"):
        assert path.read_text(encoding="utf-8").startswith(f"# {int(path.name[:4])}. ")


def test_glossary_keeps_one_line_a_word() -> None:
    words = re.findall(r"^\| ([a-z][^|]*?) \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.M)[1:]
    assert len(words) == len(set(words))
    assert words == sorted(words)


def _tutorial(name: str) -> list[tuple[str, str]]:
    """(language, text) of every fenced block that is to be run, in order."""
    text = (ROOT / "docs" / "tutorial" / name).read_text(encoding="utf-8")
    return re.findall(r"^```(console|toml file|csv file|python)([^`]*)^```", text, re.M)  # type: ignore[return-value]


def test_the_tutorial_runs_as_written(tmp_path: Path) -> None:
    assert len(_tutorial("first-assessment.md")) >= 6
    _carry_out(_tutorial("first-assessment.md"), tmp_path)


@needs_shared
def test_the_question_becomes_an_assessment(tmp_path: Path) -> None:
    """The page of the question is the one thing the reader brings."""
    page = tmp_path / "prevent" / "evidence" / "questions" / "2019_3806.txt"
    page.parent.mkdir(parents=True)
    shutil.copy(SHARED / "mqt" / "2019_3806_positive_image_cve.txt", page)
    _carry_out(_tutorial("from-a-question.md"), tmp_path)


def _carry_out(blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    """Every block is carried out in order: files are written as shown, commands must succeed."""
    for kind, body in blocks:
        head, _, rest = body.partition("\n")
        if kind == "console":
            for line in rest.splitlines():
                if line.startswith("$ "):
                    _run(line[2:], tmp_path)
        elif kind == "python":
            _run_python(rest, tmp_path)
        else:
            path = tmp_path / head.strip()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rest, encoding="utf-8")


def _run(command: str, where: Path) -> None:
    words = shlex.split(command)
    assert words[0] == "fairhearing", "the tutorial needs no other program"
    done = subprocess.run(
        [sys.executable, "-m", "fairhearing", *words[1:]], cwd=where, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _run_python(text: str, where: Path) -> None:
    done = subprocess.run([sys.executable, "-c", text], cwd=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
