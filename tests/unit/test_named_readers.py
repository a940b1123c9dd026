"""Readers by name or folder: a model made here, so that nothing has to be fetched; and what is said without one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.errors import BadInput
from fairhearing.hear.coding_door import code_table
from fairhearing.hear.readers import open_reader

WORDS = ("[UNK]", "bus", "tram", "train", "nurse", "doctor", "ward", "late", "kind")


def installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of nine words in three dimensions: transport, health, and praise or blame."""
    if not installed("model2vec"):
        pytest.skip("model2vec is not installed (extra `readers`)")
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.zeros((len(WORDS), 3), np.float32)
    table[1:4, 0] = table[4:7, 1] = 1
    table[7:9, 2] = 0.5, -0.5
    StaticModel(vectors=table, tokenizer=pieces).save_pretrained(str(tmp_path / "tiny"))
    return tmp_path / "tiny"


def test_a_model2vec_folder_is_read(folder: Path) -> None:
    reader = open_reader(f"model2vec:{folder}")
    assert reader.name == "model2vec:tiny"
    assert reader.widths == (3,)
    assert len(reader.hash) == 64
    vectors = reader.embed(["bus tram", "nurse", ""])
    assert vectors.shape == (3, 3)
    assert vectors[0] == pytest.approx([1, 0, 0], abs=1e-6)
    assert vectors[1] == pytest.approx([0, 1, 0], abs=1e-6)
    assert not vectors[2].any()


def test_the_hash_is_that_of_the_model(folder: Path, tmp_path: Path) -> None:
    before = open_reader(f"model2vec:{folder}").hash
    other = tmp_path / "other"
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    assert open_reader(f"model2vec:{other}").hash == before
    (other / "README.md").write_text("changed")
    open_reader.cache_clear()
    assert open_reader(f"model2vec:{other}").hash != before


def test_coding_by_it_says_so(folder: Path) -> None:
    texts = ["the bus came late", "the nurse was kind", "a tram and a train", "a doctor on the ward"]
    made = code_table(
        pa.table({"text": texts}), pa.table({"theme": ["bus", "nurse"]}), text="text", labelled=None, labels="labels",
        id=None, reader=f"model2vec:{folder}", rng=np.random.default_rng(1), where="r", where_codebook="c",
        where_labelled="l",
    )  # fmt: skip
    assert made.summary["reader"] == "model2vec:tiny"
    assert {row["theme"] for row in made.rows.to_pylist() if row["response"] == "1"} == {"bus"}
    assert made.rows["assigned_by"][0].as_py().startswith("machine: model2vec:tiny, from descriptions alone")


def test_a_folder_without_a_model_has_a_cure(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="cannot be loaded") as failed:
        open_reader(f"model2vec:{tmp_path / 'empty'}")
    assert "nothing is fetched" in failed.value.cure


@pytest.mark.parametrize("kind", ["model2vec", "sentence-transformers"])
def test_a_package_that_is_missing_is_named(kind: str) -> None:
    if installed(kind.replace("-", "_")):
        pytest.skip(f"{kind} is installed")
    with pytest.raises(BadInput, match=f"the reader {kind} is not installed") as failed:
        open_reader(f"{kind}:some-model")
    assert failed.value.cure == f"pip install {kind}"


@pytest.mark.parametrize("name", ["gpt", "model2vec", "model2vec:", ""])
def test_a_reader_that_is_not_known_has_a_cure(name: str) -> None:
    with pytest.raises(BadInput, match="there is no reader") as failed:
        open_reader(name)
    assert "wordllama" in failed.value.cure
