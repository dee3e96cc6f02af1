"""Cited patent documents with who cited them and the categories of WIPO ST.14."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from wild_aieval.benchmarks.office.publication import Citation
from wild_aieval.benchmarks.office.text import line_of, value
from wild_aieval.benchmarks.office.values import date, number
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants, name_of

_CATEGORY = re.compile(r"[A-Z&]")
_PRINTED = re.compile(r"([A-Z]{2})\s*-\s*([A-Z]\d?)\s*-\s*([A-Z]{0,2}\s?\d[\d\s/.,]*)")
_PHASES = (
    ("examiner", "examination"),
    ("applicant", "applicant"),
    ("third", "other"),
    ("other", "other"),
    ("opposition", "opposition"),
    ("opponent", "opposition"),
    ("search", "search"),
    ("examination", "examination"),
)


def categories(text: str) -> tuple[str, ...]:
    """The letters of 'X', 'X,P', 'XY' or 'D,A', each once; none for words such as 'cited by examiner'."""
    if re.search(r"[a-z]", text):
        return ()
    return tuple(dict.fromkeys(_CATEGORY.findall(text)))


def phase(text: str) -> str:
    """Who cited it, from words such as 'cited by examiner'; '' where they do not say."""
    words = text.lower()
    return next((name for part, name in _PHASES if part in words), "")


def document_id(element: Element | None) -> str:
    """Office, number and kind of a ``document-id``; '' where office or number is missing."""
    office, printed = value(element, "country"), value(element, "doc-number")
    return f"{office}{number(printed, office)}{value(element, 'kind')}" if office and printed else ""


def from_printed(text: str) -> str:
    """'EP3109871A1' from 'EP-A1- 3 109 871'; '' for what is printed in another way."""
    match = _PRINTED.match(text.strip())
    return f"{match[1]}{number(match[3], match[1])}{match[2]}" if match else ""


def cited(element: Element, otherwise: str = "") -> Citation | None:
    """One citation of ST.36: ``patcit`` and what stands beside it; None for literature."""
    patent = child(element, "patcit") if name_of(element) != "patcit" else element
    document = child(patent, "document-id")
    name = document_id(document)
    if not name:
        return None
    said = [line_of(one) for one in children(element, "category")]
    letters = tuple(dict.fromkeys(letter for text in said for letter in categories(text)))
    by = phase(attribute(element, "cited-phase")) or next((found for text in said if (found := phase(text))), otherwise)
    return Citation(name, date(value(document, "date")), letters, by)


def st36_citations(holder: Element | None, otherwise: str = "") -> tuple[Citation, ...]:
    """All cited patent documents below an element, each once."""
    elements = list(descendants(holder, "citation", "us-citation", "patcit"))
    return merged(one for element in elements if _outermost(element) and (one := cited(element, otherwise)))


def _outermost(element: Element) -> bool:
    """Whether a ``patcit`` stands by itself, not within a citation, and is no application number."""
    if name_of(element) != "patcit":
        return True
    parent = element.getparent()
    within = parent is not None and name_of(parent) in ("citation", "us-citation")
    return not within and attribute(element, "dnum-type") != "L"


def st32_citations(biblio: Element | None) -> Iterator[Citation]:
    """The prior art printed under INID 56; who cited it is not said."""
    for block in children(biblio, "B560"):
        for inner in children(block, "B561"):
            name = from_printed(line_of(inner))
            if name:
                yield Citation(name)


def merged(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Each document and phase once, with all its categories."""
    found: dict[tuple[str, str], Citation] = {}
    for one in citations:
        before = found.get((one.id, one.phase))
        if before:
            letters = tuple(dict.fromkeys((*before.categories, *one.categories)))
            one = replace(before, categories=letters, date=before.date or one.date)
        found[one.id, one.phase] = one
    return tuple(found.values())
