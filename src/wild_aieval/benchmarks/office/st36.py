"""WIPO ST.36 XML and its family: USPTO grants and applications (v4), JPO gazettes, CNIPA until 2015, and others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.office.body import claims, texts
from wild_aieval.benchmarks.office.cited import st36_citations
from wild_aieval.benchmarks.office.publication import Citation, Origin, Publication
from wild_aieval.benchmarks.office.report import NoRecords, RecordError
from wild_aieval.benchmarks.office.symbols import first_is_main, st36_symbols
from wild_aieval.benchmarks.office.text import PLAIN, PRINTED_LINES, line_of, value
from wild_aieval.benchmarks.office.values import date, language, number, priority_number
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants, name_of

FORMAT = "ST.36"
ROOTS = frozenset(
    {
        "us-patent-grant",
        "us-patent-application",
        "jp-official-gazette",
        "cn-patent-document",
        "wo-patent-document",
    }
)
_KIND = re.compile(r"\(([A-Z]\d?)\)\s*$")
_DEFAULT_LANGUAGE = {"US": "en", "JP": "ja", "CN": "zh", "KR": "ko", "DE": "de", "FR": "fr"}


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The publication that the document is.

    Raises:
        RecordError: where it names no document of its own.
    """
    biblio = _bibliographic(root)
    if biblio is None:
        raise NoRecords(origin, "no bibliographic data", f"<{name_of(root)}> has no bibliographic data, so no number")
    document = _reference(biblio, "publication-reference")
    office = value(document, "country") or attribute(root, "country")
    printed = value(document, "doc-number") or attribute(root, "doc-number")
    if not office or not printed:
        where = "publication-reference/document-id/doc-number"
        raise RecordError(origin, "no publication number", f"<{name_of(root)}> has no office or number at {where}")
    spoken = language(attribute(root, "lang") or attribute(biblio, "lang"), _DEFAULT_LANGUAGE.get(office, ""))
    chinese = name_of(root) == "cn-patent-document"
    layout = PRINTED_LINES if chinese else PLAIN
    bodies = [root, *children(root, "application-body"), biblio]
    application = _reference(biblio, "application-reference")
    yield Publication(
        office=office,
        number=number(printed, office),
        kind=_kind(root, document),
        origin=origin,
        date=date(value(document, "date") or attribute(root, "date-publ")),
        language=spoken,
        application=value(application, "doc-number"),
        filing_date=date(value(application, "date")),
        priority=_priority(biblio),
        titles=texts(children(biblio, "invention-title"), spoken),
        abstracts=texts(_parts(bodies, "abstract"), spoken, layout),
        claims=claims(_parts(bodies, "claims"), spoken, layout),
        descriptions=texts(_parts(bodies, "description"), spoken, layout),
        symbols=first_is_main(st36_symbols(biblio)) if chinese else st36_symbols(biblio),
        citations=_citations(root, biblio),
        applicants=_applicants(biblio),
    )


def _bibliographic(root: Element) -> Element | None:
    return next((one for one in children(root) if "bibliographic-data" in name_of(one)), None)


def _reference(biblio: Element, name: str) -> Element | None:
    """The ``document-id`` of a reference; national vocabularies put a prefix before its name."""
    found = next((one for one in children(biblio) if name_of(one).endswith(name)), None)
    return child(found, "document-id")


def _kind(root: Element, document: Element | None) -> str:
    """Kind code of ST.16; the JPO prints it in brackets after words."""
    printed = value(document, "kind") or attribute(root, "kind")
    brackets = _KIND.search(printed)
    return brackets[1] if brackets else printed if printed.isascii() else attribute(root, "kind-of-st16")


def _parts(bodies: list[Element], name: str) -> Iterator[Element]:
    """Parts of the publication itself, not of amendments or originals attached to it."""
    for body in bodies:
        yield from children(body, name)


def _priority(biblio: Element) -> tuple[str, str]:
    """The earliest priority: foreign ones, and provisional applications of the USPTO."""
    claimed = [_numbered(one) for one in descendants(child(biblio, "priority-claims"), "priority-claim")]
    for related in children(biblio, "us-related-documents", "related-documents"):
        provisional = children(related, "us-provisional-application", "provisional-application")
        claimed += [_numbered(child(one, "document-id")) for one in provisional]
    return min((one for one in claimed if one[0]), key=lambda one: one[1] or "9999", default=("", ""))


def _numbered(element: Element | None) -> tuple[str, str]:
    printed = value(element, "doc-number")
    return priority_number(value(element, "country"), printed), date(value(element, "date"))


def _citations(root: Element, biblio: Element) -> tuple[Citation, ...]:
    found: list[Citation] = []
    for holder in children(biblio, "references-cited", "us-references-cited"):
        found += st36_citations(holder)
    for report in children(root, "search-report-data"):
        found += st36_citations(report, "search")
    return tuple(found)


def _applicants(biblio: Element) -> tuple[str, ...]:
    """Applicants; assignees where a document names none."""
    for names in (("applicant", "us-applicant", "cn-applicant"), ("assignee", "cn-assignee")):
        found = [_name(one) for one in descendants(biblio, *names)]
        if any(found):
            return tuple(dict.fromkeys(name for name in found if name))
    return ()


def _name(party: Element) -> str:
    """The name of a person or organisation in its first address book."""
    book = child(party, "addressbook")
    book = party if book is None else book
    for path in ("orgname", "name"):
        if found := value(book, path):
            return found
    last, first = value(book, "last-name"), line_of(child(book, "first-name"))
    return f"{last}, {first}" if last and first else last
