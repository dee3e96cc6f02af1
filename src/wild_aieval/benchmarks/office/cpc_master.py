"""USPTO's CPC master classification file (ST.96): symbols of documents, without their texts."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.publication import Origin, Publication, Symbol
from wild_aieval.benchmarks.office.st8 import edition, printed
from wild_aieval.benchmarks.office.text import value
from wild_aieval.benchmarks.office.xml import Element, children, descendants, name_of

FORMAT = "US CPC master file"
ROOTS = frozenset({"CPCMasterClassificationFile", "CPCMasterClassificationRecord"})
_RECORD = "CPCMasterClassificationRecord"
_GRANT, _APPLICATION = "PatentGrantIdentification", "PatentPublicationIdentification"


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """A publication without texts for each record; joined with texts by its id."""
    records = [root] if name_of(root) == _RECORD else [*children(root, _RECORD)]
    for record in records:
        for identity in children(record, _GRANT, _APPLICATION):
            yield _publication(record, identity, origin)


def _publication(record: Element, identity: Element, origin: Origin) -> Publication:
    number = value(identity, "PatentNumber") or value(identity, "PublicationNumber")
    application = next(children(record, "ApplicationIdentification"), None)
    return Publication(
        office=value(identity, "IPOfficeCode") or "US",
        number=values.number(number),
        kind=value(identity, "PatentDocumentKindCode"),
        origin=origin,
        date=values.date(value(identity, "GrantDate") or value(identity, "PublicationDate")),
        application=value(application, "ApplicationNumber"),
        symbols=tuple(
            symbol for one in descendants(record, "CPCClassification") if (symbol := _symbol(one)) is not None
        ),
    )


def _symbol(one: Element) -> Symbol | None:
    parts = [value(one, name) for name in ("CPCSection", "Class", "Subclass", "MainGroup", "Subgroup")]
    symbol = printed("".join(parts[:4]) + "/" + parts[4])
    kind = value(one, "CPCClassificationValueCode")
    if not symbol:
        return None
    return Symbol(
        scheme="CPC",
        symbol=symbol,
        main=value(one, "SymbolPositionCode") == "F",
        value="N" if kind == "A" else kind,
        origin=value(one, "PatentClassificationDataSourceCode") or value(one, "CPCClassificationDataSourceCode"),
        edition=edition(value(one, "ClassificationVersionDate")),
        office=value(one, "GeneratingOffice") or value(one, "GeneratingOfficeCode"),
    )
