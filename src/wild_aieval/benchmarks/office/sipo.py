"""Documents of CNIPA since 2015 (``business:PatentDocumentAndRelated``): near ST.96, in SIPO namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.office.body import language_of, numbered, texts
from wild_aieval.benchmarks.office.cited import categories, merged, phase
from wild_aieval.benchmarks.office.publication import Citation, Claim, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.symbols import edition, first_is_main, from_text, invention, printed
from wild_aieval.benchmarks.office.text import line_of, text_of, value
from wild_aieval.benchmarks.office.values import date, language, number, priority_number
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants

FORMAT = "CNIPA (ST.96-like)"
ROOTS = frozenset({"PatentDocumentAndRelated"})


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The publication that the document is.

    Raises:
        RecordError: where it has no number.
    """
    data = child(root, "BibliographicData")
    document = _reference(data, "PublicationReference", "standard")
    office = value(document, "WIPOST3Code") or attribute(root, "country")
    said = value(document, "DocNumber") or attribute(root, "docNumber")
    if not office or not said:
        where = "PublicationReference/DocumentID/DocNumber"
        raise RecordError(origin, "no publication number", f"<PatentDocumentAndRelated> has no number at {where}")
    spoken = language(attribute(root, "lang"), "zh")
    application = _reference(data, "ApplicationReference", "original")
    yield Publication(
        office=office,
        number=number(said),
        kind=value(document, "Kind") or attribute(root, "kind"),
        origin=origin,
        date=date(value(document, "Date") or attribute(root, "datePublication")),
        language=spoken,
        application=value(application, "DocNumber"),
        filing_date=date(value(application, "Date")),
        priority=_priority(data),
        titles=texts(children(data, "InventionTitle"), spoken),
        abstracts=texts(children(root, "Abstract"), spoken),
        claims=_claims(root, spoken),
        descriptions=texts(children(root, "Description"), spoken),
        symbols=_symbols(data),
        citations=merged(_citations(root)),
        applicants=_applicants(data),
    )


def _reference(data: Element | None, name: str, form: str) -> Element | None:
    """The document id of a reference in this form, or in any."""
    found = list(children(data, name))
    chosen = next((one for one in found if attribute(one, "dataFormat") == form), found[0] if found else None)
    return child(chosen, "DocumentID")


def _claims(root: Element, default: str) -> dict[str, tuple[Claim, ...]]:
    found: dict[str, tuple[Claim, ...]] = {}
    for element in children(root, "Claims"):
        made = [
            numbered(attribute(claim, "num"), text_of(claim), index)
            for index, claim in enumerate(children(element, "Claim"), 1)
        ]
        found.setdefault(language_of(element, default), tuple(one for one in made if one.text))
    return {spoken: one for spoken, one in found.items() if one}


def _priority(data: Element | None) -> tuple[str, str]:
    claimed = []
    for one in descendants(child(data, "PriorityDetails"), "Priority"):
        if attribute(one, "dataFormat") != "standard" and (said := value(one, "DocNumber")):
            claimed.append((priority_number(value(one, "WIPOST3Code"), said), date(value(one, "Date"))))
    return min(claimed, key=lambda one: one[1] or "9999", default=("", ""))


def _symbols(data: Element | None) -> tuple[Symbol, ...]:
    """Symbols in order; positions are not written here."""
    ipc = [_symbol(element, "IPC") for element in descendants(data, "ClassificationIPCR", "ClassificationIPC")]
    return first_is_main([*ipc, *(_symbol(element, "CPC") for element in descendants(data, "ClassificationCPC"))])


def _symbol(element: Element, scheme: str) -> Symbol | None:
    parts = [value(element, name) for name in ("Section", "MainClass", "Subclass", "MainGroup", "Subgroup")]
    if not all(parts[:3]):
        return from_text(value(element, "Text"), scheme)
    version = value(element, f"{scheme}VersionDate")
    kind = value(element, "ClassificationValue")
    return Symbol(
        scheme,
        printed(*parts),
        value(element, "SymbolPosition") == "F",
        invention(kind),
        value(element, "ClassificationDataSource"),
        edition(version),
        value(element, "GeneratingOffice"),
    )


def _citations(root: Element) -> Iterator[Citation]:
    for element in descendants(root, "Citation"):
        for document in descendants(element, "DocumentID"):
            office, said = value(document, "WIPOST3Code"), value(document, "DocNumber")
            if office and said:
                words = [line_of(one) for one in descendants(element, "Category")]
                letters = tuple(dict.fromkeys(letter for text in words for letter in categories(text)))
                name = f"{office}{number(said, office)}{value(document, 'Kind')}"
                yield Citation(name, date(value(document, "Date")), letters, phase(attribute(element, "citedPhase")))


def _applicants(data: Element | None) -> tuple[str, ...]:
    """Applicants; assignees (of a granted patent) where a document names none."""
    for kind in ("Applicant", "Assignee"):
        books = [child(one, "AddressBook") for one in descendants(child(data, "Parties"), kind)]
        names = [value(book, "OrganizationName") or value(book, "Name") for book in books]
        if any(names):
            return tuple(dict.fromkeys(name for name in names if name))
    return ()
