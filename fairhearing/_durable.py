"""Files that are there whole or not at all: locks, syncs, and what the system refuses put into words."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import BadInput

__all__ = ["create_once", "explained", "locked", "make_folder", "opened", "sync_folder", "write_folder"]


@contextmanager
def opened(path: Path, flags: int, mode: int = 0o644) -> Iterator[int]:
    """A descriptor, closed at the end and not inherited by other programs."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; given up when closed, also by a process that is killed."""
    with opened(path, os.O_RDWR | os.O_CREAT) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sync_folder(folder: Path) -> None:
    """A rename is safe from a power cut only when its folder is synced too."""
    with opened(folder, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Files by their path in `target`, which must not be there: written beside it, synced, then renamed.

    Call it holding the lock of the folder it is in: what a killed process left half-written there is removed."""
    prefix = ".writing-"
    for left in target.parent.glob(f"{prefix}*"):
        shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        for name, content in files.items():
            _write_file(work / name, content)
        for folder in (work, *(path for path in work.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
            sync_folder(folder)
        work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    sync_folder(target.parent)


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def create_once(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Whoever comes first creates the file, whole, for the owner only; everybody else keeps what is there."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode) as file:
            os.write(file, data)
            os.fsync(file)
        path.hardlink_to(temporary)
    except FileExistsError:
        return
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """There, and still there after a power cut."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


@contextmanager
def explained(where: Path, what: str) -> Iterator[None]:
    """What the system refuses (a full disk, a read-only folder), with its cure. what: what did not happen."""
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"{what}: {error.strerror or error}",
            where=error.filename or where,
            cure="make room on the disk and see that this folder may be written to, then do it again",
        ) from error
