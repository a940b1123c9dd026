"""Who may import whom (see DEVELOPERS.md). Imports inside functions count too: the house has no back door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "fairhearing"

HEARING = ("weigh", "measure", "hear", "judge", "recommend", "follow_up", "sign_off")
LOWER = ("tables", "settings", "stats", "library")
MIDDLE = ("programme", "stage", "engines", "ledger", "runs", "gather", "protect", "publish", "find")

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    **{key: {"errors"} for key in LOWER},
    **{key: {"tables", "library", "errors"} for key in ("programme", "stage")},
    "engines": {"stage", "tables", "errors"},
    "_durable": {"errors"},  # files that are there whole or not at all
    **{key: {"programme", "tables", "errors"} for key in ("gather", "protect")},
    **{key: {"programme", "tables", "errors", "_durable"} for key in ("ledger", "runs")},
    **{key: {"stage", "programme", "stats", "tables", "library", "errors", "_wording"} for key in HEARING},
    "find": {"errors", "_durable"},  # an index of words knows no table and no programme
    "_wording": {"programme"},  # how judge, recommend and publish put a number into words
    "publish": {"protect", "programme", "tables", "errors", "_durable", "_wording"},
    "main": {"errors", *LOWER, *MIDDLE, *HEARING} - {"stage", "stats"},
    "web": {"main", "programme", "publish", "tables", "errors", "settings"},
    "__main__": {"main", "web", "errors", "settings"},
    "__init__": {"main"},
}
SPLIT_FROM = {"_folder": "main", "_progress": "main", "doors": "main", "commands": "__main__"}
"""Files and folders, and the part they were split from."""

TYPES_ONLY: dict[str, set[str]] = {"stage": {"programme"}}
"""Named for type checkers under `if TYPE_CHECKING`, never imported when the program runs."""


def part_of(path: Path) -> str:
    """`fairhearing/hear/themes.py` belongs to the part `hear`; `_folder.py` to the file it was split from."""
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return SPLIT_FROM.get(name, name)


def imports_of(path: Path) -> set[str]:
    """Parts of this package a file imports, anywhere in it."""
    package = ["fairhearing", *path.relative_to(PACKAGE).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{stem}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("fairhearing.") and name.count(".") >= 1}
    return {part_of(PACKAGE / f"{name}.py") for name in found if _is_part(name)}


def _is_part(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_part_imports_only_what_it_may(path: Path) -> None:
    part = part_of(path)
    assert part in MAY_IMPORT, f"{part} is a new room: say in DEVELOPERS.md and here what it may import"
    allowed = MAY_IMPORT[part] | TYPES_ONLY.get(part, set()) | {part}
    assert imports_of(path) <= allowed, f"{part} may import {sorted(allowed)}"


def test_the_test_sees_a_back_door(tmp_path: Path) -> None:
    """An import inside a function, relative or absolute, is found."""
    source = "def f():\n    from ..publish import edition\n    import fairhearing.judge\n"
    file = PACKAGE / "stats" / "nothing.py"
    tree = ast.parse(source)
    assert any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    probe = tmp_path / "probe.py"
    probe.write_text(source)
    assert _imports_of_text(source, file) == {"publish", "judge"}


def _imports_of_text(source: str, pretend: Path) -> set[str]:
    class Pretend(type(pretend)):  # type: ignore[misc]
        def read_text(self, *_args: object, **_kwargs: object) -> str:
            return source

    return imports_of(Pretend(pretend))


def test_stages_never_import_each_other() -> None:
    for part in HEARING:
        assert not MAY_IMPORT[part] & set(HEARING)
