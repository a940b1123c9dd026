"""index.html: what an edition consists of, how a stranger checks it, and what that shows and does not show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from ..programme import Programme
from .facts import Facts
from .sentences import day
from .standards import json_ld

__all__ = ["Landing", "landing"]


@dataclass(frozen=True)
class Landing:
    """What index.html receives."""

    name: str
    synthetic: bool
    edition: int
    published_on: str
    before: int | None
    """The edition it is compared with."""
    open_data: tuple[str, ...]
    run: str
    not_proven: tuple[str, ...]
    json_ld: Markup
    """A schema.org description, escaped for a script element."""


def landing(
    files: Mapping[str, str], programme: Programme, facts: Facts, edition: int, before: int | None
) -> Landing:
    """The page of one edition. files: the others that are published with it."""
    subject = programme.programme
    tables = tuple(name for name in sorted(files) if name.endswith(".csv"))
    described = Markup(json_ld(files, programme, facts, edition))  # noqa: S704 (JSON without any <)
    return Landing(
        subject.name, subject.synthetic, edition, day(facts.generated_on), before, tables, facts.run,
        facts.not_proven, described,
    )  # fmt: skip
