"""Import a file of rows (for search: a folder) as a benchmark folder of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval.benchmarks.card import run_command
from wild_aieval.benchmarks.declared import declared, fingerprints, presumed
from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.load import Placed, read_parts
from wild_aieval.benchmarks.manifest import COLUMNS, PARTS, TASKS, Manifest, parse_manifest
from wild_aieval.benchmarks.office.report import Report
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.readers import lines
from wild_aieval.benchmarks.writer import NewBenchmark, publish
from wild_aieval.errors import UserError, nearest
from wild_aieval.standards import ipc

Fields = dict[str, Any]
FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".tmx": "tmx",
    ".xlf": "xliff",
    ".xliff": "xliff",
}
_LANGUAGES = ("source_language", "target_language")
_QRELS = {
    "beir": ("qrels.tsv", "qrels/test.tsv"),
    "trec": ("qrels.txt", "qrels.trec", "qrels", "qrels.qrels", "qrels.tsv"),
}
_CLEFIP = {
    "corpus": ("corpus", "corpus.*", "documents", "documents.*"),
    "queries": ("*topics*.xml", "*/*topics*.xml"),
    "qrels": ("*qrels*", "*/*qrels*"),
}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import: rows by part, what was left out of which file, remarks, the next command."""

    folder: Path
    version: str
    digest: str
    taken: dict[str, int]
    left_out: dict[str, Tally]
    notes: tuple[str, ...]
    command: str
    reading: Report | None = None  # of an office's files

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        left_out = {
            name: {"rows": dict(tally.skipped), "values": dict(tally.dropped), "examples": tally.examples}
            for name, tally in self.left_out.items()
        }
        return {
            "folder": str(self.folder),
            "version": self.version,
            "digest": self.digest,
            "taken": self.taken,
            "left_out": left_out,
            "notes": list(self.notes),
            "command": self.command,
            "reading": self.reading.as_dict() if self.reading else None,
        }


class _Source(NamedTuple):
    folder: Path
    format: str
    files: dict[str, str]


def import_benchmark(options: ImportOptions) -> ImportReport:
    """Read and check every row, then write ``root/task/name`` with manifest, card and data.

    Raises:
        UserError: for a wrong option, for the first bad row (unless ``skip_bad``), or where the
            folder exists.
    """
    source = _source(options)
    fields = declared(options, fingerprints(source.folder, source.files.values()))
    data = {"format": source.format, "files": source.files, "columns": _columns(options, source)}
    draft = parse_manifest({**fields, "data": data}, "benchmark import")
    tallies = {part: Tally(options.skip_bad) for part in source.files}
    try:
        placed = divided(options, read_parts(draft, source.folder, tallies), tallies)
    except UserError as error:
        raise UserError(f"{error}{_why_nothing(tallies)}") from None
    parts = {part: [row for _, row in rows] for part, rows in placed.items()}
    left_out = {source.files[part]: tally for part, tally in tallies.items()}
    said = remarks(draft, parts)
    new = NewBenchmark(fields, parts, (*left_out_notes(left_out), *said))
    return report(new, options.root, options.replace, left_out, (*said, *presumed(options, fields)))


def report(
    new: NewBenchmark, root: Path, replace: bool, left_out: dict[str, Tally], notes: tuple[str, ...]
) -> ImportReport:
    """Write the folder and say what it holds."""
    made = publish(new, root, replace)
    identity = made.identity
    return ImportReport(
        folder=Path(identity.path),
        version=identity.version,
        digest=identity.digest,
        taken={part: len(rows) for part, rows in made.parts.items()},
        left_out=left_out,
        notes=notes,
        command=run_command(identity.task, identity.name, str(root)),
    )


def _source(options: ImportOptions) -> _Source:
    path = options.source
    if options.task not in TASKS:
        raise UserError(f"--task '{options.task}': there is no such task. {nearest(options.task, TASKS)}")
    if not path.exists():
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UserError(f"{path}: there is no such file or folder. {nearest(path.name, near)}")
    if options.task == "search":
        return _search_source(path, options.format or "beir")
    if path.is_dir():
        raise UserError(f"{path}: this is a folder; for {options.task}, give the file that holds the rows.")
    kind = options.format or FORMATS.get(path.suffix.lower(), "")
    parallel = lines.pattern(path.name, tuple(str(options.about.get(name) or "") for name in _LANGUAGES))
    if parallel and kind in ("", "lines"):
        return _Source(path.parent, "lines", {"test": parallel})
    if kind not in FORMATS.values():
        known = ", ".join(sorted({*FORMATS.values(), "lines"}))
        raise UserError(f"{path}: the format '{kind or path.suffix}' cannot be imported here. Give --format: {known}.")
    return _Source(path.parent, kind, {"test": path.name})


def _search_source(path: Path, kind: str) -> _Source:
    if kind not in (*_QRELS, "clefip"):
        raise UserError(f"--format {kind}: a search benchmark is imported from 'beir', 'trec' or 'clefip'.")
    if not path.is_dir():
        raise UserError(f"{path}: for search, give the folder with corpus.jsonl, queries.jsonl and the judgments.")
    if kind == "clefip":
        return _Source(path, kind, {part: _named(path, part, names) for part, names in _CLEFIP.items()})
    qrels = next((name for name in _QRELS[kind] if (path / name).is_file()), _QRELS[kind][0])
    return _Source(path, kind, {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": qrels})


def _named(folder: Path, part: str, patterns: tuple[str, ...]) -> str:
    """The first file (for the corpus: or folder) below ``folder`` that is named by a pattern."""
    for pattern in patterns:
        for found in sorted(folder.glob(pattern)):
            if found.is_file() or part == "corpus":
                return found.relative_to(folder).as_posix()
    raise UserError(
        f"{folder}: there is no {part} of CLEF-IP here; it is named {' or '.join(patterns)}. Rename it, or put it here."
    )


def _columns(options: ImportOptions, source: _Source) -> dict[str, dict[str, str]]:
    """Each mapping goes to the part it names, else to every part that has such a column."""
    columns: dict[str, dict[str, str]] = {part: {} for part in source.files}
    for ours, theirs in options.columns.items():
        named, _, bare = ours.rpartition(".")
        parts = [named] if named else [part for part in source.files if bare in COLUMNS[options.task][part]]
        known = {column for part in source.files for column in COLUMNS[options.task][part]}
        if not parts or bare not in known or named not in ("", *columns):
            raise UserError(f"--column {ours}={theirs}: the harness has no column '{ours}'. {nearest(bare, known)}")
        for part in parts:
            columns[part][bare] = theirs
    return {part: mapping for part, mapping in columns.items() if mapping}


def divided(
    options: ImportOptions, placed: Mapping[str, Sequence[Placed]], tallies: Mapping[str, Tally]
) -> Mapping[str, Sequence[Placed]]:
    """Split by date where that was asked for; rows without a date are faults then."""
    first, last = options.train_until, options.test_until
    if not (first or last):
        return placed
    if "train" not in PARTS[options.task] and first:
        raise UserError(f"--train-until: a {options.task} benchmark has no train part. Leave the option out.")
    if options.task == "search":
        raise UserError("--test-until: a search benchmark is not divided by date. Leave the option out.")
    if first and last and last <= first:
        raise UserError(f"--test-until {last}: expected a day after --train-until {first}.")
    parts: dict[str, list[Placed]] = {"train": [], "test": []} if first else {"test": []}
    late = Tally(tolerant=True)
    for where, fields in placed["test"]:
        date = fields.get("date", "")
        if not date:
            tallies["test"].skip(RowError(where, "no date", "the row has no date, which the split by date needs."))
        elif last and date > last.isoformat():
            late.skip(RowError(where, "after --test-until", f"the row is dated {date}, after --test-until {last}."))
        else:
            parts["train" if first and date <= first.isoformat() else "test"].append((where, fields))
    tallies["test"].skipped.update(late.skipped)
    tallies["test"].examples.update(late.examples)
    if empty := [part for part, rows in parts.items() if not rows]:
        raise UserError(f"{options.source}: no row falls into '{empty[0]}'. Mend --train-until or --test-until.")
    return parts


def _why_nothing(tallies: Mapping[str, Tally]) -> str:
    counts = [f"{count} rows: {reason}" for tally in tallies.values() for reason, count in tally.skipped.items()]
    examples = [example for tally in tallies.values() for group in tally.examples.values() for example in group]
    return f" Skipped before that: {'; '.join(counts)}. First: {examples[0]}" if counts else ""


def left_out_notes(left_out: Mapping[str, Tally]) -> list[str]:
    """What a card says about rows and values that are not in the benchmark."""
    notes = []
    for name, tally in left_out.items():
        notes += [f"{name}: {count:,} rows left out ({reason})." for reason, count in tally.skipped.items()]
        notes += [f"{name}: {count:,} values left out ({reason})." for reason, count in tally.dropped.items()]
    return notes


def remarks(draft: Manifest, parts: Mapping[str, list[Fields]]) -> tuple[str, ...]:
    """What whoever imports should know of symbols, families and dates."""
    return (*_unknown_symbols(draft, parts), *_shared_families(parts), *_undated(parts))


def _shared_families(parts: Mapping[str, list[Fields]]) -> list[str]:
    """Families on both sides of the split: the test is easier than it looks."""
    sides = [{row["family"] for row in parts.get(part, ()) if row.get("family")} for part in ("train", "test")]
    if not (shared := sides[0] & sides[1]):
        return []
    return [
        f"{len(shared):,} patent families are in train and in test, such as '{min(shared)}'; keep each on one side."
    ]


def _undated(parts: Mapping[str, list[Fields]]) -> list[str]:
    """Documents and queries without a date escape the rule that only earlier documents are prior art."""
    notes = []
    for part in ("corpus", "queries"):
        rows = parts.get(part, ())
        if missing := sum(not row["date"] for row in rows):
            notes.append(
                f"{missing:,} of {len(rows):,} rows in {part} have no date; the date rule cannot hold for them."
            )
    return notes


def _unknown_symbols(draft: Manifest, parts: Mapping[str, list[Fields]]) -> list[str]:
    """Well-formed symbols that the edition does not hold are kept and counted."""
    if draft.scheme != "IPC" or draft.edition not in ipc.EDITIONS:
        return []
    given = [symbol for rows in parts.values() for row in rows for symbol in row.get("symbols", ())]
    valid = ipc.valid_symbols(draft.edition)
    foreign = [symbol for symbol in given if symbol not in valid]
    if not foreign:
        return []
    labels = sum(ipc.truncate(symbol, draft.label_level) not in valid for symbol in foreign)
    note = (
        f"{len(foreign):,} of {len(given):,} symbols are not in {draft.scheme} {draft.edition} (another edition, or "
        f"mistyped) and are kept; {labels:,} of them do not exist at the level '{draft.label_level}' either."
    )
    return [note]
