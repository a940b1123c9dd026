"""The command line: parse, call `main`, print, exit code. Nothing else happens here.

On a terminal a line of progress is shown; in a pipe there is silence until the result. Results go to standard
output, progress and errors to standard error; with --json an error is JSON on standard output too. Exit codes: 0
well, 1 a check of `doctor` failed, 2 wrong usage, 3 to 10 one per class in `errors.py`, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from rich.console import Console

from . import __version__
from .commands import add_commands
from .commands.printing import as_json, write
from .errors import BadInput, FairHearingError

__all__ = ["parser", "run"]

WRONG_USAGE, INTERRUPTED = 2, 130


class _WrongUsage(Exception):
    """What argparse found wrong, with the usage of the command it was about."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _WrongUsage(message, self.format_usage().strip())


def run(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the `fairhearing` command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without some letter is no reason to stop
    try:
        return _run(given)
    except _WrongUsage as wrong:
        return _explain_usage(given, *wrong.args)
    except KeyboardInterrupt:
        print("Stopped. Nothing is half-written; give the command again and it goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _print_no_more()
        return 0


def _run(given: list[str]) -> int:
    if not given:
        print(parser().format_help(), end="", file=sys.stderr)
        return WRONG_USAGE
    options = parser().parse_args(given)
    progress = Console(stderr=True)
    try:
        with progress.status("") as status:
            result = options.call(options, lambda text: _show(progress, status, text))
        write(options, result)
    except FairHearingError as error:
        return _fail(options, progress, error)
    except BrokenPipeError:
        raise
    except OSError as error:
        _print_no_more()
        return _fail(options, progress, _refused_by_system(error))
    return int(options.code(result))


def _print_no_more() -> None:
    """What could not be printed is not tried again when the process ends, which would change its exit code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused_by_system(error: OSError) -> BadInput:
    return BadInput(
        f"the system refused to read or write: {error.strerror or error}",
        where=error.filename,
        cure="see that it is there, that you may read and write it, and that the disk has room",
    )


def _explain_usage(given: list[str], message: str, usage: str) -> int:
    if "--json" in given:
        cure = " ".join(usage.split())
        error = {"error": "WrongUsage", "what": message, "where": "command line", "cure": cure}
        print(json.dumps(error | {"exit_code": WRONG_USAGE}))
    else:
        print(f"{usage}\nfairhearing: error: {message}", file=sys.stderr)
    return WRONG_USAGE


def _show(progress: Console, status: Any, text: str) -> None:
    """One line a step on a terminal; nothing in a pipe."""
    if progress.is_terminal:
        progress.print(f"[dim]✓ {status.status}[/dim]") if status.status else None
        status.update(text)


def _fail(options: argparse.Namespace, progress: Console, error: FairHearingError) -> int:
    if getattr(options, "json", False):
        sys.stdout.write(as_json(error.as_dict(), indent=None))
    else:
        progress.print(f"fairhearing: {error}", markup=False, highlight=False, soft_wrap=True)
    return error.exit_code


def parser() -> argparse.ArgumentParser:
    """The whole command line, also read by the reference page."""
    command = _Parser(
        prog="fairhearing", description="A full and frank assessment of a programme and its steps, never of people."
    )
    command.add_argument("--version", action="version", version=f"fairhearing {__version__}")
    add_commands(command)
    return command


if __name__ == "__main__":
    sys.exit(run())
