"""Read all rows of a benchmark and go on after faults; each fault is kept with file, line and field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.benchmarks.checks.cells import is_formula
from wild_aieval.benchmarks.checks.finding import Finding, Severity
from wild_aieval.benchmarks.checks.subject import Hits, Placed, Raw, RawSymbol, Subject, Watch, shown
from wild_aieval.benchmarks.faults import Faults, RowError
from wild_aieval.benchmarks.load import read_part
from wild_aieval.benchmarks.manifest import PARTS, Manifest
from wild_aieval.benchmarks.places import data_folder
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.benchmarks.rows import checked
from wild_aieval.benchmarks.values import as_list
from wild_aieval.errors import UserError
from wild_aieval.standards import ipc

MOST_FAULTS = 50  # examples of one kind of fault in a file
_CODES = {
    "duplicate id": "id-duplicate",
    "judged twice": "judgment-duplicate",
    "no valid symbol": "symbol-missing",
    "no column of symbols": "column-missing",
    "malformed symbol": "symbol-malformed",
    "invalid date": "date-invalid",
    "wrong grade": "grade-unknown",
    "not UTF-8": "not-utf8",
    "not valid JSON": "json-invalid",
    "not a JSON object": "json-invalid",
    "wrong number of fields": "row-width",
    "wrong number of columns": "row-width",
    "broken characters": "characters-broken",
    "terms": "terms-invalid",
}
_BEGINNINGS = {"empty ": "field-empty", "no column ": "column-missing"}
_TABULAR = ("csv", "tsv")


class _Collector(Faults):
    """Keeps every fault by kind; nothing is raised."""

    thorough = True

    def __init__(self, root: Path, tolerated: bool) -> None:
        self.kinds: dict[str, Hits] = {}
        self.root = root
        self.severity: Severity = "warning" if tolerated else "error"

    def skip(self, fault: RowError) -> None:
        for one in (fault, *fault.also):
            where = place(one.where, self.root)
            detail = str(one).removeprefix(f"{one.where}: ")
            self.kinds.setdefault(one.reason, Hits(MOST_FAULTS)).add(where, detail)

    drop = skip

    def findings(self) -> Iterator[Finding]:
        for reason, hits in self.kinds.items():
            if reason == "malformed symbol":
                continue  # told with the likely symbol by the check of symbols
            if hits.count == 1:
                message = hits.examples[0].removeprefix(f"{hits.where}: ")
            else:
                message = f"{hits.count:,} rows with this fault ({reason}). The first: " + hits.examples[
                    0
                ].removeprefix(f"{hits.where}: ")
            yield Finding(code_of(reason), self.severity, message, hits.where, tuple(hits.examples))


def code_of(reason: str) -> str:
    """The code of a kind of fault of a row."""
    begun = (code for beginning, code in _BEGINNINGS.items() if reason.startswith(beginning))
    return _CODES.get(reason) or next(begun, "field-type")


def read(manifest: Manifest, folder: Path, watch: Watch | None = None) -> tuple[Subject, list[Finding]]:
    """All rows without a fault, and the faults of the others, of the files and of their digests.

    Where the manifest says ``skip_bad``, a fault of a row is a warning: the set is known to hold some.

    Raises:
        UserError: where the environment has to name the folder of the data and does not.
    """
    root = data_folder(manifest, folder)
    raw, parts, findings = Raw(), {}, list(_digests(manifest, root))
    for part in PARTS[manifest.task]:
        if part in manifest.data.parts:
            parts[part], faults = _part(manifest, folder, part, raw)
            findings += faults
            if not (parts[part] or faults):
                source = manifest.data.files.get(part, part)
                findings.append(Finding("part-empty", "error", f"'{part}' holds no rows. Add some.", source))
    return Subject(manifest, folder, parts, raw, **({"watch": watch} if watch else {})), findings


def _part(manifest: Manifest, folder: Path, part: str, raw: Raw) -> tuple[list[Placed], list[Finding]]:
    root = data_folder(manifest, folder)
    collector, kept, broken = _Collector(root, manifest.data.skip_bad), [], []
    try:
        rows = _watched(manifest, part, read_part(manifest, folder, part, collector), raw, root)
        for where, fields in checked(manifest, part, rows, collector):
            kept.append((place(where, root), fields))
    except RowError as fault:
        if fault.reason not in collector.kinds:
            collector.skip(fault)
    except UserError as error:
        source = manifest.data.files.get(part, part)
        message = str(error).removeprefix(f"{root}/").removeprefix(f"{source}: ")
        broken.append(Finding("file-unreadable", "error", message, source))
    return kept, [*broken, *collector.findings()]


def _watched(manifest: Manifest, part: str, rows: Iterator[Row], raw: Raw, root: Path) -> Iterator[Row]:
    """The rows as they are; ids, malformed symbols and cells that a spreadsheet would compute are noted."""
    mapping = manifest.data.columns.get(part, {})
    ids = raw.ids.setdefault(part, set())
    name = mapping.get("id", "id")
    for row in rows:
        ids.add(str(row.fields.get(name, "")).strip())
        where = place(row.where, root)
        if manifest.task == "classification":
            names = {ours: mapping.get(ours, ours) for ours in ("main", "symbols")}
            raw.malformed += _malformed(manifest, row, where, names)
        if manifest.data.format in _TABULAR:
            for column, value in row.fields.items():
                if isinstance(value, str) and is_formula(value):
                    raw.formulas.add(where, f"{column} = {shown(value, 40)}")
        yield row


def _malformed(manifest: Manifest, row: Row, where: str, names: dict[str, str]) -> Iterator[RawSymbol]:
    for field, column in names.items():
        try:
            texts = as_list(row.fields.get(column), row.where, field)
        except RowError:
            continue  # told as a fault of the row
        for text in texts if field == "symbols" else [str(row.fields.get(column) or "").strip()]:
            found = ipc.parse_symbol(text) if text else "A"
            foreign = manifest.scheme == "IPC" and (found or "").startswith("Y")
            if found is None or foreign or (text and ipc.truncate(found, manifest.label_level) is None):
                yield RawSymbol(where, field, text)


def place(where: str, folder: Path) -> str:
    """'file, line N', the file below the folder of the data."""
    return where.removeprefix(f"{folder}/")


def _digests(manifest: Manifest, folder: Path) -> Iterator[Finding]:
    """Files that are not what the manifest declares; those without a digest are told by ``manifest_checks``."""
    for name, expected in manifest.data.sha256.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            if manifest.data.format != "hub":
                message = "data.sha256 names this file, but it is not in the folder. Restore it, or drop the entry."
                yield Finding("sha256-file-missing", "error", message, name)
            continue
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != expected:
            message = (
                f"the content is not what version {manifest.version} declares: expected sha256 {expected[:12]}…, found "
                f"{found[:12]}…. Restore the file, or raise the version and write the new sha256 under data.sha256."
            )
            yield Finding("sha256-differs", "error", message, name)
