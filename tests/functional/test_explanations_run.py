"""The code on an explanation page is run in order, and prints what the page says it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

EXPLANATION = Path(__file__).resolve().parents[2] / "docs" / "explanation"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.M | re.S)
PAGES = sorted(page for page in EXPLANATION.glob("*.md") if BLOCK.search(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_prints_what_it_says(page: Path) -> None:
    names: dict[str, object] = {}
    for code, said in BLOCK.findall(page.read_text(encoding="utf-8")):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, page.name, "exec"), names)
        assert out.getvalue() == said, code


def test_there_are_pages_to_run() -> None:
    assert "two-published-mistakes" in [page.stem for page in PAGES]
