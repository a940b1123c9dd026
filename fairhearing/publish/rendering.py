"""From the page's dataclasses to one self-contained HTML file: no script, no request, the same bytes every time."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from .pages import SECTIONS, Page

__all__ = ["environment", "html", "plain"]

REPORT = "report.html.j2"


def html(page: Page) -> str:
    """The report. Everything a table or programme.toml says is escaped."""
    return environment().get_template(REPORT).render(page=page, sections=SECTIONS)


def plain(template: str, page: object) -> str:
    """One of the small pages beside the report."""
    return environment().get_template(template).render(page=page)


def environment() -> Environment:
    """Templates with escaping on and a missing name an error."""
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["css_string"] = _css_string
    return made


def _css_string(text: str) -> str:
    """Text inside a CSS string in a style element: all but letters, digits and spaces as \\hex escapes."""
    return re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found.group()):x} ", text)
