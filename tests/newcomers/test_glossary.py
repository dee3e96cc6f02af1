"""The three glossaries have the same terms, under the same anchors, in the same order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = {"en": "glossary.md", "fr": "glossary.fr.md", "es": "glossary.es.md"}
ENTRY = re.compile(r'^- <a id="([a-z0-9-]+)"></a>\*\*(.+?)\*\*(?: \(`[^)]+\))?\. (.+)$')


def entries(docs: Path, language: str) -> list[tuple[str, str, str]]:
    """(anchor, term, definition) of each line of a list."""
    lines = (docs / PAGES[language]).read_text(encoding="utf-8").splitlines()
    found = [ENTRY.match(line) for line in lines if line.startswith("- ")]
    assert all(found), "an entry is written in another way"
    return [(match[1], match[2], match[3]) for match in found if match]


def test_the_same_terms_in_the_same_order(docs: Path) -> None:
    english = [anchor for anchor, _, _ in entries(docs, "en")]
    assert len(english) == len(set(english)) >= 60
    for language in ("fr", "es"):
        assert [anchor for anchor, _, _ in entries(docs, language)] == english


@pytest.mark.parametrize("language", sorted(PAGES))
def test_a_term_has_one_entry_and_a_short_definition(language: str, docs: Path) -> None:
    found = entries(docs, language)
    terms = [term.lower() for _, term, _ in found]
    assert len(terms) == len(set(terms))
    assert all(20 < len(text) < 320 and text.endswith((".", "`")) for _, _, text in found)


def test_signs_as_each_language_sets_them(docs: Path) -> None:
    french = (docs / PAGES["fr"]).read_text(encoding="utf-8")
    spanish = (docs / PAGES["es"]).read_text(encoding="utf-8")
    assert not re.search(r"'| [:;!?»%]|« |[a-zé][;!?]", french), "a plain apostrophe, or a breaking blank before a sign"
    assert not re.search(r"\d ?%(?<!\u00a0%)| [:;]", spanish), "a breaking blank before a sign"
