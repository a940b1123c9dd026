"""The page in a real browser: axe, a 320 px phone, no script, no request, and what is printed."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairhearing.library import language_rules
from fairhearing.protect import protect
from fairhearing.publish import edition
from tests import example_tables as example

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    programme = example.programme()
    safe = protect(example.tables(), programme)
    return edition(tmp_path_factory.mktemp("published"), safe, programme, example.facts(), language_rules()).report


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and in CI the page must be looked at")
        pytest.skip("Chromium is not installed here")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


def opened(browser: Any, report: Path, width: int, **options: Any) -> tuple[Any, list[str]]:
    """The page at a width, and every address it asked for."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    return page, asked


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("opening", [False, True], ids=["as it opens", "every detail open"])
def test_axe_finds_nothing(browser: Any, report: Path, width: int, opening: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, _asked = opened(browser, report, width, bypass_csp=True)
    if opening:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    page.context.close()


def test_a_phone_never_scrolls_sideways(browser: Any, report: Path) -> None:
    page, _asked = opened(browser, report, 320)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    outside = page.evaluate(
        """[...document.querySelectorAll('main *')].filter(each => !each.closest('.scroll, svg, .away'))
        .filter(each => each.getBoundingClientRect().right > 320.5).map(each => each.outerHTML.slice(0, 90))"""
    )
    assert outside == []
    page.context.close()


def test_nothing_is_asked_of_anybody(browser: Any, report: Path) -> None:
    page, asked = opened(browser, report, 1280)
    assert asked == [report.as_uri()]
    page.context.close()


def test_it_reads_and_opens_without_javascript(browser: Any, report: Path) -> None:
    page, _asked = opened(browser, report, 1280, java_script_enabled=False)
    table = page.locator("#effects details table")
    assert not table.is_visible()
    page.locator("#effects summary").click()
    assert table.is_visible()
    page.context.close()


def test_the_first_tab_skips_to_the_findings(browser: Any, report: Path) -> None:
    page, _asked = opened(browser, report, 1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#in-short"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.context.close()


def test_headings_never_skip_a_level(browser: Any, report: Path) -> None:
    page, _asked = opened(browser, report, 1280)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => +each.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    page.context.close()


def test_print_opens_what_paper_needs_and_leaves_the_rest_out(browser: Any, report: Path) -> None:
    """Sources, safeguards and what would change a verdict are printed; a closed table leaves no trace of itself."""
    page, _asked = opened(browser, report, 794)
    seen = """kind => [...document.querySelectorAll(kind)].filter(each => !each.parentElement.closest('details'))
        .map(each => each.getBoundingClientRect().height > 0)"""
    needed, folded = "details.paper > :not(summary)", "details:not(.paper):not(.counted)"
    shown = f"[...document.querySelectorAll('{needed}')].filter(each => each.checkVisibility()).length"
    assert page.evaluate(shown) == 0
    assert all(page.evaluate(seen, folded)), "on the screen, each can be opened"
    page.emulate_media(media="print")
    assert page.evaluate(shown) == page.locator(needed).count() > 8
    assert not any(page.evaluate(seen, folded))
    assert page.pdf(prefer_css_page_size=True, tagged=True).startswith(b"%PDF")
    page.context.close()


def test_the_example_is_a_report_one_can_carry(browser: Any, example_run: Path) -> None:
    page, _asked = opened(browser, example_run / "published" / "1" / "report.html", 794)
    pdf = page.pdf(prefer_css_page_size=True)
    assert 15 < len(re.findall(rb"/Type\s*/Page[^s]", pdf)) <= 35
    page.context.close()


def test_each_drawing_has_words_and_a_table_beside_it(browser: Any, report: Path) -> None:
    page, _asked = opened(browser, report, 1280)
    charts = page.evaluate(
        """[...document.querySelectorAll('figure.chart')].map(each => [each.id,
        each.querySelector('[role=img]').getAttribute('aria-label').length,
        each.querySelectorAll('details table').length,
        each.querySelector('.headline').textContent.length, each.querySelector('.subtitle').textContent.length])"""
    )
    assert len(charts) >= 12
    for name, alternative, tables, headline, subtitle in charts:
        assert alternative > 40, name
        assert tables == 1, name
        assert headline > 10, name
        assert subtitle > 20, name
    page.context.close()
