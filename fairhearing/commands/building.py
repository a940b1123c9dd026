"""What every command of the command line has: a name, one sentence of help, `--json`; and most of them `--out`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._progress import Say

__all__ = ["Call", "command", "names", "out"]

Call = Callable[[argparse.Namespace, "Say"], Any]


def command(
    commands: Any, name: str, help: str, call: Call, say: Callable[[Any], str] | None = None
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(call=call, say=say, code=lambda _result: 0)
    return parser


def out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="write here instead (.json or .csv by its ending)")


def names(text: str) -> list[str]:
    """A,B,C as a list."""
    return [name for name in text.split(",") if name]
