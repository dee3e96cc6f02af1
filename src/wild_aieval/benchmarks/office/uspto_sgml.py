"""USPTO grants of 2001 to 2004, version 2.x: names of elements by INID codes (WIPO ST.32)."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.numbered import without_number
from wild_aieval.benchmarks.office.publication import Citation, Claim, Origin, Publication
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.st8 import older_ipc
from wild_aieval.benchmarks.office.text import LEFT_OUT, Layout, joined, text_of, value
from wild_aieval.benchmarks.office.xml import Element, attribute, child, descendants, name_of

FORMAT = "US SGML v2 (ST.32)"
ROOTS = frozenset({"PATDOC"})
_LAYOUT = Layout(left_out=LEFT_OUT | {"MATH-US", "CHEM-US"})


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The one publication of a record."""
    top = child(root, "SDOBI")
    number = value(top, "B100", "B110")
    if not number:
        raise RecordError(origin, "no number", "has no B110, the number of the document")
    title = value(top, "B500", "B540")
    abstract = _text(child(root, "SDOAB"))
    description = _text(child(root, "SDODE"))
    claims = tuple(_claims(root))
    classes = descendants(child(top, "B500", "B510"), "B511", "B512")
    symbols = ["".join(str(piece) for piece in one.itertext()) for one in classes]  # columns: blanks count
    yield Publication(
        office=value(top, "B100", "B190") or "US",
        number=values.number(number, "US"),
        kind=value(top, "B100", "B130"),
        origin=origin,
        date=values.date(value(top, "B100", "B140")),
        language="en",
        application=value(top, "B200", "B210"),
        filing_date=values.date(value(top, "B200", "B220")),
        priority=_priority(top),
        titles={"en": title} if title else {},
        abstracts={"en": abstract} if abstract else {},
        claims={"en": claims} if claims else {},
        descriptions={"en": description} if description else {},
        symbols=older_ipc(symbols, value(top, "B500", "B510", "B516")),
        citations=tuple(_citations(top)),
        applicants=tuple(filter(None, (value(one, "PARTY-US", "NAM") for one in descendants(top, "B731")))),
    )


def _text(element: Element | None) -> str:
    return text_of(element, _LAYOUT)


def _priority(top: Element | None) -> tuple[str, str]:
    found = sorted((values.date(value(one, "B320")), value(one, "B310")) for one in descendants(top, "B300"))
    return next(((number, date) for date, number in found if date), ("", ""))


def _claims(root: Element) -> Iterator[Claim]:
    for place, claim in enumerate(descendants(child(root, "SDOCL"), "CLM"), 1):
        number = attribute(claim, "ID").rpartition("-")[2].lstrip("0") or str(place)
        text = joined(*(_text(one) for one in claim if name_of(one)))
        if text:
            yield Claim(number, without_number(text, number))


def _citations(top: Element | None) -> Iterator[Citation]:
    for one in descendants(child(top, "B500", "B560"), "B561"):
        cited = child(one, "PCIT")
        office = next((value(country) for country in descendants(cited, "CTRY")), "") or "US"
        number, kind = values.number(value(cited, "DOC", "DNUM"), office), value(cited, "DOC", "KIND")
        if number:
            phases = [name for tag, name in _PHASES.items() if child(one, tag) is not None]
            date = values.date(value(cited, "DOC", "DATE"))
            yield Citation(f"{office}{number}{kind}", date, phase=phases[0] if phases else "")


_PHASES = {"CITED-BY-EXAMINER": "examination", "CITED-BY-OTHER": "other"}
