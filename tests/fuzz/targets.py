"""What is fuzzed: for each kind of file a function that reads any bytes as that file, as a command would.

The property is the same for all: rows come out, or one ``UserError`` that names the file. Whatever else is raised, and
each ``Wrong``, is a fault of the program. Time and memory are limited by whoever calls.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.faults import STOP, Faults, Tally
from wild_aieval.benchmarks.manifest import Manifest, parse_manifest, read_manifest
from wild_aieval.benchmarks.office.choice import Choice
from wild_aieval.benchmarks.office.read import read as read_office
from wild_aieval.benchmarks.office.report import Report
from wild_aieval.benchmarks.office.rows import rows as office_rows
from wild_aieval.benchmarks.readers import clefip, retrieval, tabular
from wild_aieval.benchmarks.readers.markup import Pair
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.benchmarks.readers.tmx import read_tmx
from wild_aieval.benchmarks.readers.workbook import read_xlsx
from wild_aieval.benchmarks.readers.xliff import read_xliff
from wild_aieval.benchmarks.rows import Once, checked
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.records.journal import Entry, Journal
from wild_aieval.records.journal import read as read_journal

LONGEST_MESSAGE = 20_000
_PAIR = Pair("en", "fr")
_COMMON = {
    "version": "1.0.0",
    "title": "t",
    "description": "d",
    "languages": ["en"],
    "licence": "CC0-1.0",
    "creation": "c",
    "contributor": "c",
    "created": "2024-05-01",
}
_TASKS: dict[str, dict[str, Any]] = {
    "classification": {
        "scheme": "IPC",
        "edition": "2023.01",
        "data": {"format": "csv", "files": {"train": "a", "test": "b"}},
    },
    "translation": {
        "languages": ["en", "fr"],
        "source_language": "en",
        "target_language": "fr",
        "data": {"format": "tmx", "files": {"test": "a"}},
    },
    "search": {"data": {"format": "beir", "files": {"corpus": "a", "queries": "b", "qrels": "c"}}},
}


class Wrong(AssertionError):  # noqa: N818  named for what it says
    """Something that was read, or said, breaks a promise."""


@dataclass(frozen=True)
class Target:
    """``file``: the name of the file that holds the bytes; ``read``: reads it, and gives how many rows came."""

    file: str
    read: Callable[[Path], int]
    kind: str  # which mutations fit: xml, csv, lines, ledger, yaml
    packed: Callable[[bytes], bytes] = bytes  # from what is fuzzed to the bytes of the file

    def run(self, data: bytes, folder: Path) -> int:
        """Rows that came of the bytes; 0 where they were refused as they should be."""
        path = folder / self.file
        path.write_bytes(self.packed(data))
        try:
            return self.read(path)
        except UserError as refused:
            _said_well(str(refused), path)
            return 0


def _said_well(message: str, path: Path) -> None:
    if path.stem not in message:
        raise Wrong(f"the message does not name the file: {message[:300]!r}")
    if len(message) > LONGEST_MESSAGE:
        raise Wrong(f"a message of {len(message):,} characters: {message[:300]!r}")


def _manifest(task: str) -> Manifest:
    return parse_manifest({"name": "fuzzed", "task": task, **_COMMON, **_TASKS[task]}, "benchmark.yaml")


_MANIFESTS = {task: _manifest(task) for task in _TASKS}


def _rows(path: Path, reader: Callable[[Path, Faults], Iterable[Row]], task: str, part: str) -> int:
    """Rows as a load takes them, first leaving out and counting bad ones, then stopping at the first."""
    tolerant = list(_kept(checked(_MANIFESTS[task], part, reader(path, Tally(tolerant=True)), Tally(tolerant=True))))
    once = Once(part)
    strict = list(_kept(once.noted(checked(_MANIFESTS[task], part, reader(path, STOP)))))
    once.hold(strict)
    if strict != tolerant:
        raise Wrong(f"{len(strict)} rows without a fault, {len(tolerant)} of them where faults may be skipped")
    return len(strict)


def _kept(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that can be written down again, as a digest and every record do."""
    for where, fields in rows:
        json.dumps(fields, allow_nan=False, ensure_ascii=False).encode("utf-8")
        yield where, fields


def _office(path: Path) -> int:
    report = Report()
    publications = list(read_office(path, report))
    if report.total.taken.total() != len(publications):
        raise Wrong(f"{len(publications)} publications came, {report.total.taken.total()} were counted")
    json.dumps([report.as_dict(), report.lines(), report.in_short()], ensure_ascii=False).encode("utf-8")
    choices = (("classification", Choice()), ("search", Choice()), ("translation", Choice(source="en", target="de")))
    for task, choice in choices:
        made = office_rows(task, publications, choice)
        for part, rows in made.parts.items():
            faults = Tally(tolerant=True)
            list(_kept(checked(_MANIFESTS[task], part, rows, faults)))
    return len(publications)


def _tmx(path: Path) -> int:
    return _rows(path, lambda file, faults: read_tmx(file, _PAIR, faults), "translation", "test")


def _xliff(path: Path) -> int:
    return _rows(path, lambda file, faults: read_xliff(file, _PAIR, faults), "translation", "test")


def _csv(path: Path) -> int:
    return _rows(path, tabular.read_csv, "classification", "test")


def _tsv(path: Path) -> int:
    """As a table of symbols, and as judgments."""
    count = 0
    for reader, task, part in (
        (tabular.read_tsv, "classification", "test"),
        (retrieval.read_beir_qrels, "search", "qrels"),
        (retrieval.read_trec_qrels, "search", "qrels"),
    ):
        try:
            count += _rows(path, reader, task, part)
        except UserError as refused:
            _said_well(str(refused), path)
    return count


def _jsonl(path: Path) -> int:
    """As items of each task."""
    count = 0
    for reader, task, part in (
        (tabular.read_jsonl, "classification", "test"),
        (tabular.read_jsonl, "translation", "test"),
        (retrieval.read_beir_texts, "search", "queries"),
    ):
        try:
            count += _rows(path, reader, task, part)
        except UserError as refused:
            _said_well(str(refused), path)
    return count


def _clefip(path: Path) -> int:
    return _rows(path, clefip.read_documents, "search", "corpus")


def _workbook(path: Path) -> int:
    return _rows(path, read_xlsx, "classification", "test")


def _journal(path: Path) -> int:
    """What was read stays, and more can be appended, whatever the end of the file looked like."""
    before = list(read_journal(path))
    added = Entry("added", "b", "i", "ok", [["A01B", 0.5]], None, 0.25)
    with Journal(path) as journal:
        journal.append([added])
    after = list(read_journal(path))
    if after != [*before, added]:
        raise Wrong(f"{len(before)} entries and one more became {len(after)}")
    return len(before)


def _ledger(path: Path) -> int:
    try:
        return _checked_ledger(path)
    finally:
        for beside in path.parent.iterdir():  # locks, torn ends, the file after a sealed one
            if beside != path:
                beside.unlink()


def _checked_ledger(path: Path) -> int:
    """The check and the ledger agree: what holds can be appended to, what does not hold cannot."""
    verdict = verify(path)
    try:
        ledger = FileLedger(path)
        events = list(ledger.events())
        ledger.append("alarm.raised", "fuzz", "harness", {"alarm": "a", "value": 1, "limit": 2})
    except UserError as refused:
        if verdict.fault is None:
            raise Wrong(f"verify finds nothing, and the ledger is refused: {refused}") from None
        raise
    if verdict.fault is not None or verdict.events != len(events):
        raise Wrong(f"{len(events)} events are read, but the check says {verdict}")
    if verify(path, anchor=ledger.head[1]).events != len(events) + 1:
        raise Wrong("what was appended is not found")
    return len(events)


def _yaml(path: Path) -> int:
    manifest = read_manifest(path)
    again = parse_manifest(json.loads(manifest.model_dump_json()), path)
    if again != manifest:
        raise Wrong("a manifest that was written and read again is another one")
    return 1


def packed_workbook(data: bytes) -> bytes:
    """A workbook whose sheet, shared texts and styles are the bytes between the marks, else as they should be."""
    parts = dict(zip(("sheet", "texts", "styles"), data.split(b"\n--part--\n"), strict=False))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in _WORKBOOK.items():
            archive.writestr(name, content)
        archive.writestr("xl/worksheets/sheet1.xml", parts["sheet"])
        archive.writestr("xl/sharedStrings.xml", parts.get("texts") or _TEXTS)
        archive.writestr("xl/styles.xml", parts.get("styles") or _STYLES)
    return stream.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TEXTS = f'<sst xmlns="{_MAIN}" count="2" uniqueCount="2"><si><t>id</t></si><si><t>text</t></si></sst>'
_STYLES = f'<styleSheet xmlns="{_MAIN}"><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>'
_WORKBOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    f'<Relationship Id="r3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
}

TARGETS = {
    "office": Target("fuzzed.xml", _office, "xml"),
    "clefip": Target("fuzzed.xml", _clefip, "xml"),
    "tmx": Target("fuzzed.tmx", _tmx, "xml"),
    "xliff": Target("fuzzed.xlf", _xliff, "xml"),
    "workbook": Target("fuzzed.xlsx", _workbook, "xml", packed_workbook),
    "csv": Target("fuzzed.csv", _csv, "csv"),
    "tsv": Target("fuzzed.tsv", _tsv, "csv"),
    "jsonl": Target("fuzzed.jsonl", _jsonl, "lines"),
    "journal": Target("journal.jsonl", _journal, "lines"),
    "ledger": Target("ledger.jsonl", _ledger, "ledger"),
    "manifest": Target("benchmark.yaml", _yaml, "yaml"),
}
