"""Every error a user can meet: what went wrong, where, and what to do about it.

The command line turns each class into its exit code and prints the message without a traceback. A message
has three parts; `cure` is never empty, because an error without a cure is a complaint.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "BadInput",
    "BadProgramme",
    "CannotEstimate",
    "FairHearingError",
    "LedgerBroken",
    "NotReady",
    "NotVerified",
    "Refused",
    "Unsafe",
]


class FairHearingError(Exception):
    """Base of the tree. `where` names a file (and row or line), `cure` says what to do next."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | Path | None = None, cure: str) -> None:
        self.what, self.where, self.cure = what, None if where is None else str(where), cure
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}\n  What to do: {self.cure}"

    def as_dict(self) -> dict[str, str | int | None]:
        """The same three parts for `--json`."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "cure": self.cure,
            "exit_code": self.exit_code,
        }

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.cure))


def _rebuild(kind: type[FairHearingError], what: str, where: str | None, cure: str) -> FairHearingError:
    return kind(what, where=where, cure=cure)


class BadProgramme(FairHearingError):
    """`programme.toml` is missing, unreadable or inconsistent."""

    exit_code = 3


class BadInput(FairHearingError):
    """An evidence file cannot be read as what it is said to be."""

    exit_code = 4


class Refused(FairHearingError):
    """The file holds what this software must not take in: rows about identifiable people."""

    exit_code = 5


class NotReady(FairHearingError):
    """A command was given before the one it depends on."""

    exit_code = 6


class CannotEstimate(FairHearingError):
    """The numbers asked for do not exist: contradictory margins, no respondents, no convergence."""

    exit_code = 7


class LedgerBroken(FairHearingError):
    """The ledger does not match its own log: somebody changed or removed something."""

    exit_code = 8


class NotVerified(FairHearingError):
    """A sealed run could not be re-derived to the same bytes."""

    exit_code = 9


class Unsafe(FairHearingError):
    """Something was about to be published that disclosure control has not passed."""

    exit_code = 10
