"""CLEF-IP: documents and topics as ``patent-document`` XML (MAREC); judgments are TREC qrels with ids of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.markup import Element, children, name, units
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.errors import UserError

if TYPE_CHECKING:
    from wild_aieval.benchmarks.office.choice import Shown
    from wild_aieval.benchmarks.office.publication import Publication

_NUMBERS = ("num", "tid")
_FILES = ("file", "tfile")


def read_documents(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """A row for each document of a file, a folder or an archive; the id is the ``ucid``, such as 'EP-1000000-A1'.

    The text is the abstract, else the first claim, else the description.
    """
    from wild_aieval.benchmarks.office.rows_search import document_row

    for publication in _publications(path, faults):
        fields = document_row(publication, _text(publication)) | {"id": _ucid(publication)}
        yield Row(f"{path}, {publication.origin}", fields)


def read_topics(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """A row for each ``topic`` of a list; its text is the document that it names, beside the list or in a folder there.

    The date is the first priority, else the filing, else the publication.
    """
    from wild_aieval.benchmarks.office.rows_search import query_row

    for number, topic in enumerate(units(path, "topics", ("topic",)), 1):
        where = f"{path}, topic {number}"
        try:
            own, document = _said(topic, _NUMBERS, where), _found(path, _said(topic, _FILES, where), where)
        except RowError as fault:
            faults.skip(fault)
            continue
        for publication in islice(_publications(document, faults), 1):
            fields = query_row(publication, _text(publication))
            yield Row(where, fields | {"id": own, "document": _ucid(publication)})


def _text(publication: Publication) -> Shown:
    from wild_aieval.benchmarks.office.choice import Choice, shown

    text = shown(publication, Choice())
    return text if text.text else shown(publication, Choice(text=("description",)))


def _ucid(publication: Publication) -> str:
    return "-".join(filter(None, (publication.office, publication.number, publication.kind)))


def _publications(path: Path, faults: Faults) -> Iterator[Publication]:
    """The documents; what cannot be read is a fault."""
    from wild_aieval.benchmarks.office.read import read
    from wild_aieval.benchmarks.office.report import NoRecords, RecordError, Report

    class Told(Report):
        def skip(self, fault: RecordError) -> None:
            if not isinstance(fault, NoRecords):
                detail = str(fault).removeprefix(f"{fault.origin}: ")
                faults.skip(RowError(f"{path}, {fault.origin}", fault.reason, f"{detail}."))

    yield from read(path, Told())


def _said(topic: Element, names: tuple[str, ...], where: str) -> str:
    texts = [str(child.text or "").strip() for one in names for child in children(topic, one)]
    if found := next(filter(None, texts), ""):
        return found
    held = ", ".join(name(child) for child in topic) or "nothing"
    raise RowError(where, f"no {names[0]}", f"the topic has no <{names[0]}> (found: {held}). Add it.")


def _found(path: Path, file: str, where: str) -> Path:
    """The document of a topic. Names do not lead out of the folder of the list."""
    folder = path.parent
    try:
        for place in (folder / file, *(below / file for below in sorted(folder.iterdir()) if below.is_dir())):
            if place.resolve().is_relative_to(folder.resolve()) and place.is_file():
                return place
    except (OSError, ValueError) as error:
        raise UserError(f"{where}: the document '{file[:80]}' cannot be looked for ({error}). Mend its name.") from None
    raise RowError(
        where, "no document of the topic", f"the document '{file}' is neither beside the list nor in a folder there."
    )
