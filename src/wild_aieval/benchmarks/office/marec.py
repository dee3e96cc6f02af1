"""MAREC and CLEF-IP, ``patent-document``: documents of EP, WO, US and JP in one XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wild_aieval.benchmarks.office import st36, values
from wild_aieval.benchmarks.office.docdb import by_language, categories, priority
from wild_aieval.benchmarks.office.numbered import from_paragraphs, without_number
from wild_aieval.benchmarks.office.publication import Citation, Claim, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.st8 import ipc_record, older_ipc
from wild_aieval.benchmarks.office.text import text_of, value
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants

FORMAT = "MAREC (CLEF-IP)"
ROOTS = frozenset({"patent-document"})
_PHASES = {"SEA": "search", "ISR": "search", "EXA": "examination", "APP": "applicant", "OPP": "opposition"}


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The one publication of a document; one without a ``ucid`` is of ST.36."""
    if not attribute(root, "ucid"):
        yield from st36.publications(root, origin)
        return
    office, number, kind = _identity(root, attribute(root, "ucid"))
    if not (office and number):
        raise RecordError(origin, "no number", "has no ucid such as 'EP-1000000-A1'")
    top = child(root, "bibliographic-data")
    technical = child(top, "technical-data")
    language = values.language(attribute(root, "lang"))
    application = child(top, "application-reference", "document-id")
    yield Publication(
        office=office,
        number=number,
        kind=kind,
        origin=origin,
        date=values.date(attribute(root, "date") or value(top, "publication-reference", "document-id", "date")),
        language=language,
        application=value(application, "country") + value(application, "doc-number"),
        filing_date=values.date(value(application, "date")),
        priority=priority(descendants(top, "priority-claim")),
        family=attribute(root, "family-id"),
        titles=by_language(descendants(top, "invention-title"), language),
        abstracts=by_language(children(root, "abstract"), language),
        claims={
            tag: found
            for one in children(root, "claims")
            if (tag := values.language(attribute(one, "lang"), language)) and (found := _claims(one))
        },
        descriptions=by_language(children(root, "description"), language),
        symbols=tuple(_symbols(technical)),
        citations=tuple(_citations(descendants(top, "patcit"))),
        applicants=tuple(dict.fromkeys(filter(None, (_name(one) for one in descendants(top, "applicant"))))),
    )


def _identity(element: Element, ucid: str) -> tuple[str, str, str]:
    """Country, number and kind, from attributes, else from the ucid."""
    parts = [*ucid.split("-"), "", "", ""][:3]
    country, number, kind = (attribute(element, name) for name in ("country", "doc-number", "kind"))
    return country or parts[0], number or parts[1], kind or parts[2]


def _claims(claims: Element) -> tuple[Claim, ...]:
    each = [*children(claims, "claim")]
    if len(each) < 2:
        lines = [*children(each[0] if each else claims, "claim-text")] or each or [claims]
        return from_paragraphs(text_of(one) for one in lines)
    found = []
    for place, one in enumerate(each, 1):
        number = attribute(one, "num").lstrip("0") or str(place)
        found.append(Claim(number, without_number(text_of(one), number)))
    return tuple(claim for claim in found if claim.text)


def _symbols(technical: Element | None) -> Iterator[Symbol]:
    records = [text_of(one) for one in descendants(technical, "classification-ipcr")]
    found = [symbol for text in records if (symbol := ipc_record(text))]
    if found:
        yield from found
        return
    for classes in descendants(technical, "classification-ipc"):
        texts = [value(one) for one in children(classes, "main-classification", "further-classification")]
        yield from older_ipc(texts, value(classes, "edition"))


def _citations(cited: Iterable[Element]) -> Iterator[Citation]:
    for one in cited:
        identity = child(one, "document-id")
        parts = [*attribute(one, "ucid").split("-"), "", "", ""][:3]
        office = value(identity, "country") or parts[0]
        number = values.number(value(identity, "doc-number") or parts[1])
        if office and number:
            sources = [*descendants(one, "source")]
            letters = [attribute(source, "category") for source in sources] + [attribute(one, "category")]
            letters += [value(category) for category in descendants(one, "category")]
            phases = [_PHASES.get(attribute(source, "name").upper()[:3], "other") for source in sources]
            kind = value(identity, "kind") or parts[2]
            date = values.date(value(identity, "date"))
            yield Citation(f"{office}{number}{kind}", date, categories(letters), phases[0] if phases else "")


def _name(applicant: Element) -> str:
    book = child(applicant, "addressbook")
    return value(book, "orgname") or value(book, "last-name") or value(book, "name")
