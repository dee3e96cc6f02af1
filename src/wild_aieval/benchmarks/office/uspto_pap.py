"""USPTO applications published 2001 to 2004, ``patent-application-publication`` version 1.x."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.numbered import without_number
from wild_aieval.benchmarks.office.publication import Claim, Origin, Publication
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.st8 import older_ipc
from wild_aieval.benchmarks.office.text import LEFT_OUT, Layout, joined, text_of, value
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants

FORMAT = "US application XML v1"
ROOTS = frozenset({"patent-application-publication"})
_IN_DESCRIPTION = Layout(left_out=LEFT_OUT | {"math-cwu", "chemistry-cwu", "number", "custom-character"})
_LAYOUT = Layout(left_out=_IN_DESCRIPTION.left_out | {"heading"})


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The one publication of a record."""
    top = child(root, "subdoc-bibliographic-information")
    filing, technical = child(top, "domestic-filing-data"), child(top, "technical-information")
    number = value(top, "document-id", "doc-number")
    if not number:
        raise RecordError(origin, "no number", "has no doc-number under document-id")
    title = value(technical, "title-of-invention")
    abstract = text_of(child(root, "subdoc-abstract"), _LAYOUT)
    description = text_of(child(root, "subdoc-description"), _IN_DESCRIPTION)
    claims = tuple(_claims(child(root, "subdoc-claims")))
    classes = child(technical, "classification-ipc")
    yield Publication(
        office="US",
        number=number,
        kind=value(top, "document-id", "kind-code"),
        origin=origin,
        date=values.date(value(top, "document-id", "document-date")),
        language="en",
        application=value(filing, "application-number", "doc-number"),
        filing_date=values.date(value(filing, "filing-date")),
        priority=_priority(top),
        titles={"en": title} if title else {},
        abstracts={"en": abstract} if abstract else {},
        claims={"en": claims} if claims else {},
        descriptions={"en": description} if description else {},
        symbols=older_ipc(
            [value(one) for one in descendants(classes, "ipc")], value(classes, "classification-ipc-edition")
        ),
        applicants=tuple(filter(None, (value(one, "organization-name") for one in descendants(top, "assignee")))),
    )


def _priority(top: Element | None) -> tuple[str, str]:
    """The earliest application abroad whose priority is claimed."""
    claimed = descendants(top, "foreign-priority-data")
    found = sorted(
        (values.date(value(one, "filing-date")), value(one, "priority-application-number")) for one in claimed
    )
    return next(((number, date) for date, number in found if date), ("", ""))


def _claims(top: Element | None) -> Iterator[Claim]:
    for place, claim in enumerate(children(top, "claim"), 1):
        for reference in descendants(claim, "dependent-claim-reference"):
            etree.strip_tags(reference, "claim-text")  # 'claim 1' stands within a line
        number = attribute(claim, "id").rpartition("-")[2].lstrip("0") or str(place)
        text = joined(*(text_of(one, _LAYOUT) for one in children(claim)))
        if text:
            yield Claim(number, without_number(text, number))
