"""Fixtures for the whole project: the synthetic example, made once a test process, copied where a test changes it."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def example_evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder with freshly generated evidence and nothing gathered yet. Not to be changed."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "examples" / "generate.py")
    assert spec and spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    folder = tmp_path_factory.mktemp("example") / "prevent-london"
    folder.mkdir()
    shutil.copy(ROOT / "examples" / "prevent-london" / "programme.toml", folder)
    generate.write_evidence(folder / "evidence")
    return folder


@pytest.fixture
def example(example_evidence: Path, tmp_path: Path) -> Path:
    """The example, a test's own to change; nothing gathered yet."""
    return Path(shutil.copytree(example_evidence, tmp_path / "prevent-london"))


@pytest.fixture(scope="session")
def example_run(example_evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example gathered, assessed and published. Not to be changed."""
    from fairhearing import main

    folder = Path(shutil.copytree(example_evidence, tmp_path_factory.mktemp("run") / "prevent-london"))
    main.run(folder)
    return folder
