"""Titles, abstracts, claims and descriptions of ST.36 documents, by language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wild_aieval.benchmarks.office.publication import Claim
from wild_aieval.benchmarks.office.text import PLAIN, Layout, text_of
from wild_aieval.benchmarks.office.values import language
from wild_aieval.benchmarks.office.xml import Element, attribute, children

_NUMBER = re.compile(r"(?:(\d{1,4})(?:\s*(?:-|to)\s*(\d{1,4}))?\s*(?:[.．、]+\)?(?!\d)|\))|【請求項\s*(\d{1,4})】)\s*")


def texts(elements: Iterable[Element], default: str, layout: Layout = PLAIN) -> dict[str, str]:
    """The text of the first element of each language; empty ones are left out."""
    found: dict[str, str] = {}
    for element in elements:
        text = text_of(element, layout)
        if text:
            found.setdefault(language_of(element, default), text)
    return found


def language_of(element: Element, default: str) -> str:
    """The language that the element says itself, else ``default``."""
    return language(attribute(element, "lang"), default)


def claims(elements: Iterable[Element], default: str, layout: Layout = PLAIN) -> dict[str, tuple[Claim, ...]]:
    """The claims of the first set of each language (further sets of a language hold for some states only)."""
    found: dict[str, tuple[Claim, ...]] = {}
    for element in elements:
        one = tuple(_claims(element, layout))
        if one:
            found.setdefault(language_of(element, default), one)
    return found


def _claims(element: Element, layout: Layout) -> Iterator[Claim]:
    for index, claim in enumerate(children(element, "claim", "Claim"), 1):
        made = numbered(attribute(claim, "num"), text_of(claim, layout), index)
        if made.text:
            yield made


def numbered(number: str, text: str, index: int) -> Claim:
    """A claim by its number: as said, else as printed before its text, else its place. The number leaves the text."""
    said = "-".join(part.lstrip("0") for part in number.split("-") if part.strip("0"))
    match = _NUMBER.match(text)
    if match:
        shown = match[1] or match[3]
        span = f"{shown}-{match[2]}" if match[2] else shown
        if said in ("", span, shown):
            return Claim(said or span, text[match.end() :])
    return Claim(said or str(index), text)
