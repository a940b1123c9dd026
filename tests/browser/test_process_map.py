"""The process map by itself in a real browser: axe, a phone, paper, and what it says without colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairhearing.library import language_rules
from fairhearing.protect import protect
from fairhearing.publish.map_page import map_page
from tests import example_tables as example
from tests.browser.test_report_page import browser, opened
from tests.helpers import programme

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

STATES = ("met", "partial", "absent", "unknown", "not legally covered")


def _bare() -> str:
    """Before any evidence: a step of the library, and one with every state."""
    own = [{"id": f"s{n}", "name": f"Safeguard {n}", "kind": "law", "has": state} for n, state in enumerate(STATES)]
    steps = [{"id": "question", "library": "questioning"}, {"id": "own", "name": "A step", "safeguards": own}]
    activity = {"id": "referral", "name": "Referral", "objective": "safety", "steps": steps}
    return map_page(programme(activities=[activity]), language_rules())


def _with_accounts() -> str:
    subject = example.programme()
    return map_page(subject, language_rules(), protect(example.tables(), subject), example.facts())


@pytest.fixture(scope="module", params=[_bare, _with_accounts], ids=["before evidence", "with accounts"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(request.param(), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Any, page: Path, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    shown, asked = opened(browser, page, width, bypass_csp=True)
    found = Axe().run(shown).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [page.as_uri()]
    shown.context.close()


def test_every_state_has_a_word_and_a_shape_of_its_own(browser: Any, page: Path) -> None:
    shown, _asked = opened(browser, page, 1280)
    states = shown.evaluate(
        """Object.fromEntries([...document.querySelectorAll('.states .state')].map(each =>
        [each.querySelector('span').innerText.trim(), each.querySelector('svg').innerHTML.replace(/\\s+/g, ' ')]))"""
    )
    assert tuple(states) == STATES and len(set(states.values())) == len(STATES)
    shown.context.close()


def test_on_paper_it_fits_a4_with_everything_open(browser: Any, page: Path) -> None:
    shown, _asked = opened(browser, page, 1280)
    closed = shown.evaluate(
        "[...document.querySelectorAll('.stepwise > details.paper')].filter(each => !each.open).length"
    )
    assert closed == 0
    shown.emulate_media(media="print")
    shown.set_viewport_size({"width": 665, "height": 960})  # A4 less its margins, at 96 dots an inch
    assert shown.evaluate("document.documentElement.scrollWidth") <= 665
    shown.context.close()
