"""Answers of EPO Open Patent Services: bibliographic data, abstracts, claims, descriptions, families."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.office import docdb, values
from wild_aieval.benchmarks.office.numbered import from_paragraphs, without_number
from wild_aieval.benchmarks.office.publication import Claim, Origin, Publication
from wild_aieval.benchmarks.office.report import NoRecords, RecordError
from wild_aieval.benchmarks.office.text import text_of, value
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants, name_of

FORMAT = "OPS"
ROOTS = frozenset({"world-patent-data"})
_WITHOUT = {
    "register-search": "an answer of the register (OPS)",
    "register-documents": "an answer of the register (OPS)",
    "biblio-search": "a list of numbers (OPS search)",
    "document-inquiry": "a list of drawings and pages (OPS images)",
    "standardization": "numbers written in another form (OPS)",
    "classification-scheme": "a part of the CPC scheme (OPS)",
    "meta": "an answer without documents (OPS)",
}


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """Whatever documents the answer holds; a family gives each member, mostly without texts.

    Raises:
        NoRecords: for answers of other services.
    """
    documents = [*descendants(root, "exchange-document")]
    texts = [*descendants(root, "fulltext-document")]
    members = [
        one for one in descendants(root, "family-member") if next(descendants(one, "exchange-document"), None) is None
    ]
    if not (documents or texts or members):
        raise _without(root, origin)
    for document in documents:
        yield docdb.publication(document, origin)
    for text in texts:
        yield _full_text(text, origin)
    for member in members:
        yield from _member(member, origin)


def _without(root: Element, origin: Origin) -> NoRecords:
    names = [name_of(one) for one in children(root)]
    kind = next((_WITHOUT[name] for name in names if name in _WITHOUT), "an answer without documents (OPS)")
    return NoRecords(origin, kind, f"<{', '.join(names[:3]) or 'nothing'}>: {kind}; it holds no publications")


def _full_text(document: Element, origin: Origin) -> Publication:
    top = child(document, "bibliographic-data")
    reference = docdb.docdb_id(children(top, "publication-reference"))
    office, number = value(reference, "country"), value(reference, "doc-number")
    if not (office and number):
        raise RecordError(origin, "no number", "has no country and doc-number in publication-reference")
    claims = {values.language(attribute(one, "lang")): _claims(one) for one in children(document, "claims")}
    descriptions = {values.language(attribute(one, "lang")): text_of(one) for one in children(document, "description")}
    return Publication(
        office=office,
        number=number,
        kind=value(reference, "kind"),
        origin=origin,
        date=values.date(value(reference, "date")),
        titles=docdb.by_language(children(top, "invention-title"), ""),
        claims={language: found for language, found in claims.items() if language and found},
        descriptions={language: text for language, text in descriptions.items() if language and text},
    )


def _claims(claims: Element) -> tuple[Claim, ...]:
    """Mostly one ``claim`` that holds a ``claim-text`` for each claim; else one ``claim`` for each."""
    each = [*children(claims, "claim")]
    if len(each) == 1:
        return from_paragraphs(text_of(one) for one in children(each[0], "claim-text"))
    found = []
    for place, one in enumerate(each, 1):
        number = attribute(one, "num").lstrip("0") or str(place)
        found.append(Claim(number, without_number(text_of(one), number)))
    return tuple(claim for claim in found if claim.text)


def _member(member: Element, origin: Origin) -> Iterator[Publication]:
    application = docdb.docdb_id(children(member, "application-reference"))
    for reference in children(member, "publication-reference"):
        found = docdb.docdb_id([reference])
        office, number = value(found, "country"), value(found, "doc-number")
        if office and number:
            yield Publication(
                office=office,
                number=number,
                kind=value(found, "kind"),
                origin=origin,
                date=values.date(value(found, "date")),
                application=value(application, "country") + value(application, "doc-number"),
                filing_date=values.date(value(application, "date")),
                priority=docdb.priority(children(member, "priority-claim")),
                family=attribute(member, "family-id"),
            )
