"""EPO DOCDB, ``exchange-document``: bibliographic data of many offices, also as OPS answers with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.cited import phase as cited_phase
from wild_aieval.benchmarks.office.publication import Citation, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.report import NoRecords, RecordError
from wild_aieval.benchmarks.office.st8 import edition, ipc_record, older_ipc, printed
from wild_aieval.benchmarks.office.text import text_of, value
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants, name_of

FORMAT = "DOCDB"
ROOTS = frozenset({"exchange-document", "exchange-documents"})
# The same text may come in the letters of the original, in those of DOCDB, or as the office sent it.
_FORMS = ("docdba", "docdb", "", "epodoc", "original")
_PHASES = {
    **dict.fromkeys(("SEA", "ISR", "SUP", "PRS", "NSR"), "search"),
    **dict.fromkeys(("EXA", "CH2"), "examination"),
    **dict.fromkeys(("OPP", "FOP"), "opposition"),
    "APP": "applicant",
}


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The publications of a document, or of a container of them."""
    documents = [root] if name_of(root) == "exchange-document" else [*children(root, "exchange-document")]
    for document in documents:
        if attribute(document, "status") == "D" and child(document, "bibliographic-data") is None:
            raise NoRecords(origin, "a deletion (DOCDB)", "says that a document is deleted; it holds no publication")
        yield publication(document, origin)


def publication(document: Element, origin: Origin) -> Publication:
    """One ``exchange-document``.

    Raises:
        RecordError: where it has no number.
    """
    top = child(document, "bibliographic-data")
    reference = docdb_id(children(top, "publication-reference"))
    office, number = attribute(document, "country"), attribute(document, "doc-number")
    if not (office and number):
        raise RecordError(origin, "no number", "has no country and doc-number")
    language = values.language(value(top, "language-of-publication") or attribute(reference, "lang"))
    application = docdb_id(children(top, "application-reference"))
    return Publication(
        office=office,
        number=number,
        kind=attribute(document, "kind"),
        origin=origin,
        date=values.date(attribute(document, "date-publ") or value(reference, "date")),
        language=language,
        application=_number_of(application),
        filing_date=values.date(value(application, "date")),
        priority=priority(descendants(top, "priority-claim")),
        family=attribute(document, "family-id"),
        titles=by_language(children(top, "invention-title"), language),
        abstracts=by_language(children(document, "abstract"), language),
        symbols=tuple(_symbols(top)),
        citations=tuple(_citations(top)),
        applicants=_applicants(top),
    )


def docdb_id(references: Iterable[Element]) -> Element | None:
    """The ``document-id`` in the form of DOCDB: its type stands on it (OPS) or on what holds it."""
    found = [
        (attribute(one, "document-id-type") or attribute(reference, "data-format"), one)
        for reference in references
        for one in children(reference, "document-id")
    ]
    for form in ("docdb", "docdba", ""):
        if match := [one for kind, one in found if kind == form]:
            return match[0]
    return next((one for _, one in found if child(one, "country") is not None), None)


def priority(claims: Iterable[Element]) -> tuple[str, str]:
    """Number and date of the earliest priority."""
    found = [docdb_id([claim]) for claim in claims]
    dated = sorted((values.date(value(one, "date")), _number_of(one)) for one in found if one is not None)
    return next(((number, date) for date, number in dated if date), ("", ""))


def _number_of(identity: Element | None) -> str:
    return value(identity, "country") + value(identity, "doc-number")


def by_language(elements: Iterable[Element], otherwise: str) -> dict[str, str]:
    """One text for each language, in the best form; 'ol' is DOCDB's word for a language without a code."""
    found: dict[str, tuple[int, str]] = {}
    for element in elements:
        tag, text = attribute(element, "lang").lower(), text_of(element)
        form = attribute(element, "data-format")
        rank = _FORMS.index(form) if form in _FORMS else len(_FORMS)
        language = values.language("" if tag == "ol" else tag, otherwise)
        if text and (language not in found or rank < found[language][0]):
            found[language] = (rank, text)
    return {language: text for language, (_, text) in found.items() if language}


def _symbols(top: Element | None) -> Iterator[Symbol]:
    records = [text_of(child(one, "text")) for one in descendants(top, "classification-ipcr")]
    found = [symbol for text in records if (symbol := ipc_record(text))]
    if not found:
        classes = child(top, "classification-ipc")
        texts = [value(one) for one in children(classes, "main-classification", "further-classification", "text")]
        found = [*older_ipc([_older(text) for text in texts], value(classes, "edition"))]
    yield from found
    for one in children(child(top, "patent-classifications"), "patent-classification"):
        if symbol := _classification(one):
            yield symbol


def _older(text: str) -> str:
    """'7A 61K   9/16   A' as 'A61K 9/16': DOCDB writes the edition before it, and office's marks behind."""
    match = re.search(r"([A-H])\s*(\d\d)\s*([A-Z])\s*(\d{1,4})\s*/\s*(\d{2,6})", text)
    return f"{match[1]}{match[2]}{match[3]}{match[4]}/{match[5]}" if match else ""


def _classification(one: Element) -> Symbol | None:
    scheme = child(one, "classification-scheme")
    name, symbol = attribute(scheme, "scheme")[:3].upper(), _symbol_of(one)
    if name not in ("CPC", "IPC") or not symbol or value(one, "classification-status") == "D":
        return None
    kind = value(one, "classification-value")
    return Symbol(
        scheme=name,
        symbol=symbol,
        main=value(one, "symbol-position") == "F",
        value="N" if kind == "A" else kind,
        origin=value(one, "classification-data-source"),
        edition=edition(value(scheme, "date")),
        office=value(one, "generating-office") or attribute(scheme, "office"),
    )


def _symbol_of(one: Element) -> str:
    """Whole, or (OPS) in its parts."""
    if whole := value(one, "classification-symbol"):
        return printed(whole)
    parts = [value(one, name) for name in ("section", "class", "subclass", "main-group", "subgroup")]
    return printed("".join(parts[:4]) + "/" + parts[4]) if all(parts) else ""


def _citations(top: Element | None) -> Iterator[Citation]:
    for one in children(child(top, "references-cited"), "citation"):
        cited = docdb_id(children(one, "patcit"))
        if cited is None:
            continue
        office, number = value(cited, "country"), values.number(value(cited, "doc-number"))
        if office and number:
            said = attribute(one, "cited-phase")
            by = _PHASES.get(said.upper()) or cited_phase(said) or ("other" if said else "")
            yield Citation(
                f"{office}{number}{value(cited, 'kind')}",
                values.date(value(cited, "date")),
                categories(value(category) for category in descendants(one, "category")),
                by,
            )


def categories(texts: Iterable[str]) -> tuple[str, ...]:
    """Letters of ST.14 from 'X', 'XY', 'Y,D'; each once, as they come."""
    return tuple(dict.fromkeys(letter for text in texts for letter in text.upper() if letter.isalpha()))


def _applicants(top: Element | None) -> tuple[str, ...]:
    names: dict[str, list[str]] = {}
    for one in descendants(child(top, "parties", "applicants"), "applicant"):
        names.setdefault(attribute(one, "data-format"), []).append(value(one, "applicant-name", "name"))
    best = next((names[form] for form in _FORMS if names.get(form)), [])
    return tuple(dict.fromkeys(filter(None, best)))
