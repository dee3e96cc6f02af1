"""European patent documents, DTD 1.0 to 1.5.1: bibliographic data by INID codes (``SDOBI``), the rest as in ST.36."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.office import st36
from wild_aieval.benchmarks.office.body import claims, texts
from wild_aieval.benchmarks.office.cited import merged, st32_citations, st36_citations
from wild_aieval.benchmarks.office.publication import Citation, Origin, Publication
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.symbols import st32_symbols
from wild_aieval.benchmarks.office.text import line_of, value
from wild_aieval.benchmarks.office.values import date, language, number, priority_number
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, name_of

FORMAT = "EP full text"
ROOTS = frozenset({"ep-patent-document"})


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The publication that the document is.

    Raises:
        RecordError: where it has no number.
    """
    data = child(root, "SDOBI")
    if data is None:
        yield from st36.publications(root, origin)
        return
    numbers, filing, technical = child(data, "B100"), child(data, "B200"), child(data, "B500")
    printed = value(numbers, "B110") or attribute(root, "doc-number")
    if not printed:
        raise RecordError(origin, "no publication number", "<ep-patent-document> has no number in B110 or doc-number")
    spoken = language(value(filing, "B260") or attribute(root, "lang"), "")
    yield Publication(
        office=value(numbers, "B190") or attribute(root, "country") or "EP",
        number=number(printed),
        kind=value(numbers, "B130") or attribute(root, "kind"),
        origin=origin,
        date=date(value(numbers, "B140") or attribute(root, "date-publ")),
        language=spoken,
        application=value(filing, "B210"),
        filing_date=date(value(filing, "B220")),
        priority=_priority(child(data, "B300")),
        titles=_titles(child(technical, "B540")),
        abstracts=texts(children(root, "abstract"), spoken),
        claims=claims(children(root, "claims"), spoken),
        descriptions=texts(children(root, "description"), spoken),
        symbols=st32_symbols(technical),
        citations=_citations(root, technical),
        applicants=_applicants(child(data, "B700")),
    )


def _titles(block: Element | None) -> dict[str, str]:
    """Pairs of B541 (language) and B542 (title)."""
    found: dict[str, str] = {}
    spoken = ""
    for element in children(block, "B541", "B542"):
        if name_of(element) == "B541":
            spoken = language(line_of(element))
        elif title := line_of(element):
            found.setdefault(spoken, title)
    return found


def _priority(block: Element | None) -> tuple[str, str]:
    """The earliest of B310 (number), B320 (date), B330 (office), which follow each other."""
    rows: list[list[str]] = []
    for element in children(block, "B310", "B320", "B330"):
        if name_of(element) == "B310":
            rows.append([line_of(element), "", ""])
        elif rows:
            rows[-1][1 if name_of(element) == "B320" else 2] = line_of(element)
    claimed = [(priority_number(office, printed), date(day)) for printed, day, office in rows]
    return min(claimed, key=lambda one: one[1] or "9999", default=("", ""))


def _citations(root: Element, technical: Element | None) -> tuple[Citation, ...]:
    """Of the search report, then of the specification's own list, then the applicant's references."""
    found: list[Citation] = []
    for report in children(root, "search-report-data"):
        found += st36_citations(report, "search")
    found += st32_citations(technical)
    for references in children(root, "ep-reference-list"):
        found += st36_citations(references, "applicant")
    return merged(found)


def _applicants(block: Element | None) -> tuple[str, ...]:
    """Applicants (B710), or the proprietors of a granted patent (B730)."""
    for group, one in (("B730", "B731"), ("B710", "B711")):
        names = [value(party, "snm") for party in children(child(block, group), one)]
        if any(names):
            return tuple(dict.fromkeys(name for name in names if name))
    return ()
