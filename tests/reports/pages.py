"""Reading pages in tests: balanced elements, outline, labels."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

VOID = {"meta", "input", "br", "wbr", "img", "link", "hr"}
HOSTILE = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    '"><img src=x onerror="window.pwned=1">',
    "a\u2028b\u2029c]]>d<!--e-->&amp;",
    "$\\frac{$ {{x}} $x^2$ \\$ %s",
)


class Page(HTMLParser):
    """Collects what the tests ask for; fails on elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.outline: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if re.fullmatch(r"h[1-6]", tag):
            self.outline.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if identifier := dict(attrs).get("id"):
            self.ids.append(identifier)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing of its own"

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.tags if name == tag]


def check(text: str) -> Page:
    """Well-formed, one h1, ordered headings, unique ids, drawings named, every reference inside the page."""
    page = Page(text)
    assert page.outline[0] == "h1" and page.outline.count("h1") == 1
    depths = [int(name[1]) for name in page.outline]
    assert all(after - before <= 1 for before, after in pairwise(depths)), page.outline
    assert len(page.ids) == len(set(page.ids))
    assert page.named("html")[0]["lang"] == "en" and 'class="skip"' in text
    for svg in page.named("svg"):
        assert svg["role"] == "img" and svg["aria-label"]
    assert text.count("<table") == text.count("<caption")
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    for _, found in page.tags:
        for name in ("src", "href"):
            address = found.get(name) or ""
            assert not re.match(r"(?i)\s*(javascript|data|https?|//)", address), address
            if address.startswith("#"):
                assert address[1:] in page.ids, address
    drawings(text)
    return page


def drawings(text: str) -> list[ElementTree.Element]:
    """Every SVG of the page, as XML."""
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)]
