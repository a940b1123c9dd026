"""Settings are rows: (name, default, help). Read once by `main`, passed in, and written to the manifest.

What decides a *judgement* is not here but in the programme's own `[rules]`, fixed before evidence is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import BadInput

__all__ = ["SETTINGS", "Settings", "read_settings"]

SETTINGS: list[tuple[str, int | str, str]] = [
    ("seed", 20190225, "Start of every random draw, so that a run can be repeated bit for bit."),
    ("threads", 2, "Cores the embedded engine may use."),
    ("memory_mb", 1500, "Memory the embedded engine may use before it spills to disk, in megabytes."),
    ("largest_file_mb", 4000, "An evidence file larger than this, also after unpacking, is refused."),
    ("user", "", "Who is recorded as having done it; empty means the login name."),
]


@dataclass(frozen=True)
class Settings:
    """One value per row of `SETTINGS`, in the same order."""

    seed: int = 20190225
    threads: int = 2
    memory_mb: int = 1500
    largest_file_mb: int = 4000
    user: str = ""


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Defaults, overridden by environment variables FAIRHEARING_<NAME>; an unreadable value is an error."""
    values: dict[str, int | str] = {}
    for name, default, _help in SETTINGS:
        variable = f"FAIRHEARING_{name.upper()}"
        text = environ.get(variable)
        if text is None:
            continue
        if isinstance(default, int) and not (text.isascii() and text.isdigit() and int(text) > 0):
            raise BadInput(
                f"the setting {name} must be a whole number above 0, not {text!r}",
                where=f"environment variable {variable}",
                cure=f"unset it, or give a number such as {default}",
            )
        values[name] = int(text) if isinstance(default, int) else text
    return Settings(**values)  # type: ignore[arg-type]
