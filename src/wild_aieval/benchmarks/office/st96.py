"""WIPO ST.96 ``PatentPublication`` (V6_0 and near it)."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.office.body import numbered, texts
from wild_aieval.benchmarks.office.cited import categories, merged, phase
from wild_aieval.benchmarks.office.publication import Citation, Claim, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.symbols import edition, from_text, invention, printed
from wild_aieval.benchmarks.office.text import line_of, text_of, value
from wild_aieval.benchmarks.office.values import date, language, number, priority_number
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants, namespace_of

FORMAT = "ST.96"
ROOTS = frozenset({"PatentPublication"})
NAMESPACE = "http://www.wipo.int/standards/XMLSchema/ST96/Patent"


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The publication that the document is.

    Raises:
        RecordError: for another namespace than that of ST.96, or a document without a number.
    """
    found = namespace_of(root)
    if found != NAMESPACE:
        detail = f"<PatentPublication> is in the namespace '{found}'; ST.96 puts it in '{NAMESPACE}'"
        raise RecordError(origin, "namespace is not that of ST.96", detail)
    data = child(root, "BibliographicData")
    identity = child(data, "PatentPublicationIdentification")
    office = value(identity, "IPOfficeCode") or value(root, "IPOfficeCode")
    said = value(identity, "PublicationNumber")
    if not office or not said:
        where = "BibliographicData/PatentPublicationIdentification"
        raise RecordError(origin, "no publication number", f"has no IPOfficeCode or PublicationNumber at {where}")
    spoken = language(attribute(root, "languageCode"))
    application = child(data, "ApplicationIdentification")
    parts = [root, *children(root, "ApplicationBody", "PatentPublicationBody")]
    yield Publication(
        office=office,
        number=number(said, office),
        kind=value(identity, "PatentDocumentKindCode"),
        origin=origin,
        date=date(value(identity, "PublicationDate") or attribute(root, "documentPublicationDate")),
        language=spoken,
        application=value(application, "ApplicationNumber"),
        filing_date=date(value(application, "FilingDate")),
        priority=_priority(data),
        titles=_texts(list(_bags(data, "InventionTitle")), spoken),
        abstracts=_texts([one for part in parts for one in _bags(part, "Abstract")], spoken),
        claims=_claims([one for part in parts for one in _bags(part, "Claims")], spoken),
        descriptions=_texts([one for part in parts for one in _bags(part, "Description")], spoken),
        symbols=tuple(dict.fromkeys(_symbols(child(data, "PatentClassificationBag")))),
        citations=merged(_citations(data)),
        applicants=_applicants(data),
    )


def _bags(element: Element | None, name: str) -> Iterator[Element]:
    """Elements of this name, also within their bag."""
    yield from children(element, name)
    for bag in children(element, f"{name}Bag"):
        yield from children(bag, name)


def _language(element: Element, default: str) -> str:
    return language(attribute(element, "languageCode"), default)


def _texts(elements: list[Element], default: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in elements:
        found |= {
            spoken: text
            for spoken, text in texts([element], _language(element, default)).items()
            if spoken not in found
        }
    return found


def _claims(elements: list[Element], default: str) -> dict[str, tuple[Claim, ...]]:
    found: dict[str, tuple[Claim, ...]] = {}
    for element in elements:
        made = []
        for index, claim in enumerate(children(element, "Claim"), 1):
            text = "\n".join(filter(None, (text_of(part) for part in children(claim, "ClaimText"))))
            made.append(numbered(value(claim, "ClaimNumber"), text, index))
        if made:
            found.setdefault(_language(element, default), tuple(one for one in made if one.text))
    return found


def _priority(data: Element | None) -> tuple[str, str]:
    claimed = []
    for one in descendants(child(data, "PriorityClaimBag"), "PriorityClaim"):
        said = value(one, "ApplicationNumber")
        if said:
            claimed.append((priority_number(value(one, "IPOfficeCode"), said), date(value(one, "FilingDate"))))
    return min(claimed, key=lambda one: one[1] or "9999", default=("", ""))


def _symbols(bag: Element | None) -> Iterator[Symbol]:
    for element in descendants(bag, "IPCRClassification", "IPCClassification", "CPCClassification"):
        scheme = "CPC" if "CPC" in str(element.tag) else "IPC"
        names = (f"{scheme}Section", "Class", "Subclass", "MainGroup", "Subgroup")
        parts = [value(element, name) for name in names]
        parts[0] = parts[0] or value(element, "Section")
        if all(parts[:3]):
            version = value(element, "ClassificationVersionDate")
            kind = value(element, f"{scheme}ClassificationValueCode")
            yield Symbol(
                scheme,
                printed(*parts),
                value(element, "SymbolPositionCode") == "F",
                invention(kind),
                value(element, "PatentClassificationDataSourceCode"),
                edition(version),
                value(element, "GeneratingOfficeCode"),
            )
        elif symbol := from_text(line_of(child(element, "PatentClassificationText")), scheme):
            yield symbol


def _citations(data: Element | None) -> Iterator[Citation]:
    for bag in children(data, "ReferenceCitationBag"):
        for reference in children(bag, "ReferenceCitation"):
            by = phase(attribute(reference, "citingPartyCategory") or value(reference, "CitedPhaseCategory"))
            said = [line_of(one) for one in descendants(reference, "CitationCategoryCode", "CitationCategory")]
            letters = tuple(dict.fromkeys(letter for text in said for letter in categories(text)))
            for document in descendants(reference, "CitedPatentDocumentIdentification"):
                office, printed_number = value(document, "IPOfficeCode"), value(document, "DocumentNumber")
                if office and printed_number:
                    name = f"{office}{number(printed_number, office)}{value(document, 'PatentDocumentKindCode')}"
                    yield Citation(name, date(value(document, "PatentDocumentDate")), letters, by)


def _applicants(data: Element | None) -> tuple[str, ...]:
    """Applicants; assignees where a document names none."""
    for kind in ("Applicant", "Assignee"):
        names = [_name(one) for bag in descendants(data, f"{kind}Bag") for one in children(bag, kind)]
        if any(names):
            return tuple(dict.fromkeys(name for name in names if name))
    return ()


def _name(party: Element) -> str:
    for name in ("OrganizationStandardName", "OrganizationName", "PersonFullName", "EntityName"):
        if found := next((line_of(one) for one in descendants(party, name)), ""):
            return found
    last = next((line_of(one) for one in descendants(party, "LastName")), "")
    first = next((line_of(one) for one in descendants(party, "FirstName")), "")
    return f"{last}, {first}" if last and first else last
