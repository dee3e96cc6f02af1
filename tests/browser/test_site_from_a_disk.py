"""The pages as a site, opened as files with the network off: the search works, and nothing is asked for elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    pytest.importorskip("mkdocs", reason="needs the extra 'docs'")
    folder = tmp_path_factory.mktemp("pages") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(params=sorted(WIDTHS))
def window(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page of this width without a network; ``asked`` and ``faults`` are noted on it."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    page.asked, page.faults = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    yield page
    context.close()


@pytest.mark.slow
def test_search_finds_words_of_three_languages(site: Path, window: Any) -> None:
    window.goto((site / "index.html").as_uri())
    if window.viewport_size["width"] < 800:
        window.click("label[for=__search]")
    for word, page in (("exhaustivité", "glossary.fr"), ("certificado", "glossary.es"), ("thirty", "tutorial")):
        window.fill("input[name=query]", "")
        window.click("input[name=query]")
        window.keyboard.type(word)  # the search listens to keys
        window.wait_for_selector(f".md-search-result__link[href*='{page}.html']", timeout=20_000)
    assert all(address.startswith(("file:", "data:", "blob:", "about:")) for address in window.asked)
    assert window.faults == []


@pytest.mark.slow
def test_no_page_is_wider_than_the_window(site: Path, window: Any) -> None:
    for page in ("index", "tutorial", "trainers", "glossary.fr", "results"):
        window.goto((site / f"{page}.html").as_uri())
        assert window.evaluate("document.documentElement.scrollWidth") <= window.viewport_size["width"], page
    assert window.faults == []
