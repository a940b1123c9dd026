"""Fair Hearing: a full and frank assessment of a programme and its steps, never of people."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .main import Opened

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Before numpy is loaded: our matrices are small, so a second thread mostly waits (measured: 44 CPU-s against 3),
# and sums split over threads may differ in the last bit, which a run that is verified bit for bit cannot have.

__all__ = ["__version__", "open_programme"]
__version__ = "0.1.0"


def open_programme(path: str | Path) -> Opened:
    """Open a programme folder: `.gather()`, `.assess()`, `.publish()`, `.verify()` and `.tables`.

    Raises errors.BadProgramme, naming file, line and cure, where `programme.toml` is missing or wrong.
    """
    from .main import open_programme as opened  # here, so that `import fairhearing.stats` stays light

    return opened(path)
