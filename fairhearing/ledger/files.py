"""The files of a bundle, in a folder or in a .zip, read one at a time; a hostile archive is refused."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import BadInput, NotVerified

__all__ = ["Files", "InMemory", "bundle_files"]

_MOST_BYTES = 4_000_000_000
"""Of an archive unpacked, and of a single file read whole."""


class Files(ABC):
    """Names (with / between folders) and contents."""

    names: frozenset[str]

    @abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """A file of the bundle."""

    def read(self, name: str) -> bytes:
        """All of a small one."""
        with self.open(name) as file:
            return file.read()

    def sha256(self, name: str) -> str:
        """Of a file of any size."""
        with self.open(name) as file:
            return _digest(file)


class InMemory(Files):
    """A bundle held as bytes by name."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self.names = frozenset(contents)

    def open(self, name: str) -> IO[bytes]:
        return io.BytesIO(self._contents[name])


class _InFolder(Files):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        here = (Path(top) / name for top, _folders, names in os.walk(folder) for name in names)
        self.names = frozenset(path.relative_to(folder).as_posix() for path in here)

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")


class _InZip(Files):
    """Everything in one top folder, or none."""

    def __init__(self, archive: zipfile.ZipFile, where: Path) -> None:
        self._archive = archive
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        listed = [entry.filename for entry in entries]
        if len(set(listed)) != len(listed) or any(_leads_out(name) for name in listed):
            raise _refused("holds a name twice, or one that leads out of it", where)
        if sum(entry.file_size for entry in entries) > _MOST_BYTES:
            raise _refused(f"unpacks to more than {_MOST_BYTES / 1e9:.0f} GB", where)
        tops = {name.split("/")[0] for name in listed}
        top = f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in listed) else ""
        self._prefix, self.names = top, frozenset(name.removeprefix(top) for name in listed)

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._prefix + name)


@contextmanager
def bundle_files(place: Path) -> Iterator[Files]:
    """Open a bundle; BadInput where there is none, NotVerified where an archive is damaged while it is read."""
    if place.is_dir():
        yield _InFolder(place)
        return
    if not place.exists():
        raise BadInput("there is no bundle here", where=place, cure="name the folder of an edition, or a .zip of it")
    try:
        with zipfile.ZipFile(place) as archive:
            yield _InZip(archive, place)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise NotVerified(
            f"the archive is damaged or of a kind that cannot be read: {error}",
            where=place,
            cure="get it again from the publisher, as a .zip or unpacked",
        ) from None


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name


def _digest(file: IO[bytes]) -> str:
    made = hashlib.sha256()
    while block := file.read(1 << 20):
        made.update(block)
    return made.hexdigest()


def _refused(what: str, where: Path) -> NotVerified:
    return NotVerified(f"the archive {what}", where=where, cure="do not unpack it; ask the publisher for another")
