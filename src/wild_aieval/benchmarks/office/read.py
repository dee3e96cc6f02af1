"""From what an office sent to publications: sources, formats and the report, joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wild_aieval.benchmarks.office import detect, xml
from wild_aieval.benchmarks.office.limits import LIMITS, Limits
from wild_aieval.benchmarks.office.publication import Publication
from wild_aieval.benchmarks.office.report import NoRecords, RecordError, Report
from wild_aieval.benchmarks.office.sources import Record, records

_UNEXPECTED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def read(source: Path, report: Report, limits: Limits = LIMITS) -> Iterator[Publication]:
    """Every publication of a file, a folder or an archive; what cannot be used is told to ``report``.

    Raises:
        UserError: where there is no such source; for the first fault, where the report is strict.
    """
    for record in records(source, report, limits):
        yield from _read(record, report)


def _read(record: Record, report: Report) -> Iterator[Publication]:
    try:
        found = False
        for publication in _publications(record):
            found = True
            report.take(publication.origin)
            yield publication
        if not found:
            report.leave(NoRecords(record.origin, "no publication in it", "holds no publication"))
    except RecordError as fault:
        report.skip(fault)


def _publications(record: Record) -> Iterator[Publication]:
    """The publications of one record.

    Raises:
        RecordError: where it cannot be used.
    """
    content: object = record.content
    if record.text:
        module = detect.for_text(record.text, record.origin)
    else:
        root = xml.parse(record.content, record.origin)
        module, content = detect.for_root(xml.name_of(root), record.origin), root
    try:
        yield from module.publications(content, replace(record.origin, format=module.FORMAT))
    except _UNEXPECTED as error:
        detail = f"cannot be read as {module.FORMAT}: {type(error).__name__}: {error}"
        raise RecordError(record.origin, "unexpected content", detail) from error
