"""Open a benchmark: read, check and digest its rows, before any model is loaded."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wild_aieval.benchmarks import places, sources
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.faults import EXAMPLES, STOP, Faults, Tally
from wild_aieval.benchmarks.manifest import PARTS, Manifest
from wild_aieval.benchmarks.readers import clefip, json_files, lines, retrieval, tabular, tmx, workbook, xliff
from wild_aieval.benchmarks.readers.markup import Pair
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.benchmarks.rows import Once, checked, judgments_resolve, splits_apart
from wild_aieval.benchmarks.shape import distinct, shaped, within_limits
from wild_aieval.errors import UserError
from wild_aieval.packed import Mapped, Packed
from wild_aieval.paths import runs_dir
from wild_aieval.runspec import BenchmarkIdentity, digest_rows
from wild_aieval.standards import ipc

if TYPE_CHECKING:
    import datasets

Fields = dict[str, Any]
Placed = tuple[str, Fields]
Reader = Callable[[Path, Faults], Iterator[Row]]

_READERS: dict[str, Reader] = {
    "jsonl": tabular.read_jsonl,
    "csv": tabular.read_csv,
    "tsv": tabular.read_tsv,
    "parquet": tabular.read_parquet,
    "xlsx": workbook.read_xlsx,
    "json-files": json_files.read_json_files,
}
_PAIRS: dict[str, Callable[[Path, Pair, Faults], Iterator[Row]]] = {
    "tmx": tmx.read_tmx,
    "xliff": xliff.read_xliff,
    "lines": lines.read_lines,
}
_TEXTS: dict[str, Reader] = {"corpus": retrieval.read_beir_texts, "queries": retrieval.read_beir_texts}
_RETRIEVAL: dict[str, dict[str, Reader]] = {
    "beir": {**_TEXTS, "qrels": retrieval.read_beir_qrels},
    "trec": {**_TEXTS, "qrels": retrieval.read_trec_qrels},
    "clefip": {
        "corpus": clefip.read_documents,
        "queries": clefip.read_topics,
        "qrels": retrieval.read_trec_qrels,
    },
}


@dataclass(frozen=True)
class Benchmark:
    """A benchmark in memory: ``parts`` maps train/test or corpus/queries/qrels to checked rows, packed."""

    manifest: Manifest
    identity: BenchmarkIdentity
    parts: dict[str, Sequence[Fields]] = field(repr=False)

    @property
    def name(self) -> str:
        """``task/name``."""
        return f"{self.identity.task}/{self.identity.name}"

    @functools.cached_property
    def corpus(self) -> dict[str, Fields]:
        """The documents of a search benchmark by id."""
        return {row["id"]: row for row in self.parts["corpus"]}

    def datasets(self) -> datasets.DatasetDict:
        """The parts as Hugging Face ``datasets`` (imports the library)."""
        import datasets

        return datasets.DatasetDict(
            {part: datasets.Dataset.from_list(_even(rows)) for part, rows in self.parts.items()}
        )


def _even(rows: Sequence[Fields]) -> list[Fields]:
    """Rows with the same columns: ``datasets`` keeps those of the first row only."""
    columns = dict.fromkeys(name for row in rows for name in row)
    return [columns | row for row in rows]


def load(entry: Entry, warn: bool = True) -> Benchmark:
    """Read all parts of a benchmark, check every row and the links between parts.

    Labels that the edition does not hold are kept; ``warn`` says so on standard error.

    Raises:
        UserError: at the first fault, naming file, line and field.
    """
    manifest = entry.manifest()
    _files_unchanged(manifest, places.data_folder(manifest, entry.path))
    tallies = {part: Tally(tolerant=True) for part in manifest.data.parts if manifest.data.skip_bad}
    placed = read_parts(manifest, entry.path, tallies)
    if warn and (left_out := _left_out(manifest, tallies)):
        _say_once(left_out)
    if "train" in placed:
        splits_apart(placed)
    if warn and (foreign := foreign_labels(manifest, placed)):
        _say_once(foreign)
    parts: dict[str, Sequence[Fields]] = {part: Mapped(rows, _fields) for part, rows in placed.items()}
    total = digest_rows({"part": part, **row} for part, rows in parts.items() for row in rows)
    revision = sources.revision(manifest, entry.path)
    identity = BenchmarkIdentity(
        manifest.task,
        manifest.name,
        manifest.version,
        total,
        manifest.confidentiality,
        str(entry.path),
        revision.commits,
        revision.unknown,
    )
    return Benchmark(manifest, identity, parts)


def _fields(placed: Placed) -> Fields:
    return placed[1]


def read_parts(
    manifest: Manifest, folder: Path, faults: Mapping[str, Faults] | None = None
) -> dict[str, Sequence[Placed]]:
    """All parts as (place, checked fields); ``faults`` says by part what is done about bad rows."""
    policy = faults or {}
    placed: dict[str, Sequence[Placed]] = {}
    spool = runs_dir() / "cache"
    for part in PARTS[manifest.task]:
        if part in manifest.data.parts:
            rows = read_part(manifest, folder, part, policy.get(part, STOP))
            fields = checked(manifest, part, rows, policy.get(part, STOP))
            once = Once(part)
            placed[part] = Packed(once.noted(within_limits(manifest, part, fields)), spool)
            once.hold(placed[part])
    if manifest.task == "search":
        placed["qrels"] = Packed(judgments_resolve(placed, policy.get("qrels", STOP)), spool)
    for part, kept in placed.items():
        if not kept:
            source = manifest.data.files.get(part, part)
            raise UserError(f"{folder / source}: '{part}' of '{manifest.name}' holds no rows. A benchmark needs some.")
    return placed


def read_part(manifest: Manifest, folder: Path, part: str, faults: Faults = STOP) -> Iterator[Row]:
    """The rows of one part as they stand in its source, with the columns that the manifest derives from them."""
    if part in manifest.data.hub:
        return distinct(manifest, part, sources.read_pointers(manifest, folder, part))
    return distinct(manifest, part, shaped(manifest, part, _read_file(manifest, folder, part, faults)))


def _read_file(manifest: Manifest, folder: Path, part: str, faults: Faults) -> Iterator[Row]:
    data = manifest.data
    path = _inside(places.data_folder(manifest, folder), data.files[part], f"data.files.{part}")
    if data.format in _RETRIEVAL:
        return _RETRIEVAL[data.format][part](path, faults)
    if data.format in _PAIRS:
        pair = Pair(str(manifest.source_language), str(manifest.target_language))
        return _PAIRS[data.format](path, pair, faults)
    return _READERS[data.format](path, faults)


def _left_out(manifest: Manifest, tallies: Mapping[str, Tally]) -> str:
    """A note on the rows and values that ``data.skip_bad`` left out, or ''."""
    counts = [
        f"{part}: {count:,} {what} ({reason})"
        for part, tally in sorted(tallies.items())
        for what, counted in (("rows", tally.skipped), ("values", tally.dropped))
        for reason, count in counted.most_common()
    ]
    if not counts:
        return ""
    return f"note: {manifest.task}/{manifest.name}: left out, as data.skip_bad says: {'; '.join(counts)}."


def foreign_labels(manifest: Manifest, placed: Mapping[str, Sequence[Placed]]) -> str:
    """A warning about labels that the declared edition does not hold at the level of the labels, or ''."""
    if manifest.scheme != "IPC":
        return ""
    valid = ipc.valid_symbols(str(manifest.edition))
    foreign = [
        f"{where}: {symbol}"
        for rows in placed.values()
        for where, fields in rows
        for symbol in fields.get("symbols", ())
        if ipc.truncate(symbol, manifest.label_level) not in valid
    ]
    if not foreign:
        return ""
    shown = "; ".join(foreign[:EXAMPLES])
    return (
        f"warning: {manifest.task}/{manifest.name}: the labels of {len(foreign):,} symbols are not in IPC "
        f"{manifest.edition} at the level '{manifest.label_level}' (another edition, or mistyped): {shown}"
        f"{'; …' if len(foreign) > EXAMPLES else ''}. They are kept, but no candidate that keeps to the edition can "
        "find them. Mend the symbols or the field 'edition'."
    )


@functools.cache
def _say_once(text: str) -> None:
    """The candidates of a sweep open the same benchmarks again."""
    print(text, file=sys.stderr)


def _inside(folder: Path, name: str, field: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"{folder}: {field} '{name}' leads out of the benchmark's folder. Put the file into the folder."
        )
    return path


def _files_unchanged(manifest: Manifest, folder: Path) -> None:
    for name, expected in manifest.data.sha256.items():
        path = _inside(folder, name, "data.sha256")
        if not path.is_file():
            if manifest.data.format == "hub":
                continue  # no local copy of the data set: the revision pins it
            raise UserError(f"{path}: data.sha256 names this file, but it is missing. Restore it, or drop the entry.")
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != expected:
            raise UserError(
                f"{path}: the content is not what version {manifest.version} declares (sha256 {found[:12]}…, "
                f"manifest {expected[:12]}…). A published version never changes: restore the file, or raise the "
                "version and write the new sha256 under data.sha256."
            )
