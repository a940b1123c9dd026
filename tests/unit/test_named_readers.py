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


@pytest.fixture
def transformer(tmp_path: Path) -> Path:
    """A transformer of nine words with random weights: it understands nothing, but the real library reads it."""
    if not installed("sentence_transformers"):
        pytest.skip("sentence-transformers is not installed (extra `readers`)")
    import torch
    from sentence_transformers import SentenceTransformer, models
    from tokenizers import Tokenizer, pre_tokenizers, processors
    from tokenizers.models import WordLevel
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    names = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS[1:])
    pieces = Tokenizer(WordLevel({word: number for number, word in enumerate(names)}, unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    pieces.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(1)
    small = BertConfig(
        vocab_size=len(names), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=32,
    )  # fmt: skip
    BertModel(small).save_pretrained(tmp_path / "base")
    PreTrainedTokenizerFast(
        tokenizer_object=pieces, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=32,
    ).save_pretrained(tmp_path / "base")  # fmt: skip
    parts = [models.Transformer(str(tmp_path / "base"), max_seq_length=32), models.Pooling(8)]
    SentenceTransformer(modules=parts, device="cpu").save(str(tmp_path / "tiny"))
    return tmp_path / "tiny"


def test_a_sentence_transformers_folder_is_read(transformer: Path) -> None:
    """By the real library; the same texts give the same vectors, whatever stands beside them but for rounding."""
    reader = open_reader(f"sentence-transformers:{transformer}")
    assert (reader.name, reader.widths, len(reader.hash)) == ("sentence-transformers:tiny", (8,), 64)
    texts = ["bus tram", "nurse", "", "late train kind doctor ward", "\0 \ud83d " + "bus " * 9000]
    vectors = reader.embed(texts)
    assert vectors.shape == (5, 8) and np.isfinite(vectors).all() and not vectors[2].any()
    assert np.linalg.norm(vectors[[0, 1, 3, 4]], axis=1) == pytest.approx(1, abs=1e-5)
    assert (reader.embed(texts) == vectors).all()
    assert reader.embed(["nurse"])[0] == pytest.approx(vectors[1], abs=1e-5)
    assert reader.embed([]).shape == (0, 8)
    assert open_reader(str(transformer)).name == reader.name  # a folder alone says which library it is for


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_broken_transformer_is_no_traceback(transformer: Path, file: str) -> None:
    (transformer / file).write_text("{")
    with pytest.raises(BadInput, match="cannot be loaded") as failed:
        open_reader(str(transformer))
    assert failed.value.where == str(transformer)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_broken_static_model_is_no_traceback(folder: Path, file: str) -> None:
    (folder / file).write_text("{")
    with pytest.raises(BadInput, match="cannot be loaded"):
        open_reader(f"model2vec:{folder}")


def test_a_folder_alone_is_a_reader(folder: Path) -> None:
    assert open_reader(str(folder)).name == "model2vec:tiny"


@pytest.mark.parametrize("name", ["gpt", "model2vec", "model2vec:", ""])
def test_a_reader_that_is_not_known_has_a_cure(name: str) -> None:
    with pytest.raises(BadInput, match="there is no reader") as failed:
        open_reader(name)
    assert "wordllama" in failed.value.cure
