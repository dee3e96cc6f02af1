"""The pages as a site: every page is in the navigation, every link leads somewhere, nothing comes from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
NO_PAGES = ("tools", "performance", "reliability")  # as exclude_docs of mkdocs.yml


def pages(docs: Path) -> list[Path]:
    """Every page of the site."""
    found = [file for file in sorted(docs.rglob("*.md")) if file.relative_to(docs).parts[0] not in NO_PAGES]
    assert len(found) > 30
    return found


def plain(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What can stand behind ``#``: headings as GitHub names them, and anchors that are written out."""
    text = plain(page)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    bare = [re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading) for heading in headings]
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in bare}
    return named | set(re.findall(r'<a id="([^"]+)">', text))


def in_nav(entry: Any) -> Iterator[str]:
    """The files named in a navigation."""
    if isinstance(entry, str):
        yield entry
    for inner in entry if isinstance(entry, list) else entry.values() if isinstance(entry, dict) else ():
        yield from in_nav(inner)


def test_every_page_is_in_the_navigation_once(docs: Path) -> None:
    settings = yaml.safe_load((docs.parent / "mkdocs.yml").read_text(encoding="utf-8"))
    named = list(in_nav(settings["nav"]))
    there = [str(page.relative_to(docs)) for page in pages(docs)]
    assert sorted(named) == sorted(there), f"nav of mkdocs.yml: {set(named) ^ set(there)} stand on one side only"


def test_every_link_leads_to_a_file_and_every_anchor_exists(docs: Path) -> None:
    lost, seen = [], 0
    for page in pages(docs):
        for address, anchor in LINK.findall(plain(page)):
            seen += 1
            target = (page.parent / address).resolve() if address else page
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                lost.append(f"{page.name}: {address}#{anchor}")
    assert not lost
    assert seen > 80


def test_no_page_needs_what_the_site_leaves_out(docs: Path) -> None:
    """Diagrams would be drawn by a script from elsewhere, and pictures fetched from there."""
    for page in pages(docs):
        text = page.read_text(encoding="utf-8")
        assert "```mermaid" not in text
        assert not re.search(r"!\[[^\]]*\]\(https?:|<(script|img|link|iframe)\b", text), page


@pytest.mark.slow
def test_the_site_builds_strictly_and_fetches_nothing(docs: Path, tmp_path: Path) -> None:
    if shutil.which("mkdocs", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("needs the extra 'docs'")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=docs.parent, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    html = list((tmp_path / "site").rglob("*.html"))
    assert len(html) > len(pages(docs))  # and one for each linked file elsewhere in the repository
    taken = re.compile(
        r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?(?:https?:)?//|<link\b[^>]*\bhref=\"?(?:https?:)?//"
    )
    for page in html:
        assert not taken.search(page.read_text(encoding="utf-8")), page
    styles = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "site").rglob("*.css"))
    assert not re.search(r"@import|url\([\"']?(?:https?:)?//", styles)
