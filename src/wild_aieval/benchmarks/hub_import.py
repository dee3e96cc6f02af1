"""Import splits of a Hugging Face data set as a benchmark folder; its commit is kept in the card."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks import sources
from wild_aieval.benchmarks.declared import declared, presumed
from wild_aieval.benchmarks.faults import Tally
from wild_aieval.benchmarks.importer import ImportReport, divided, left_out_notes, remarks, report
from wild_aieval.benchmarks.load import read_parts
from wild_aieval.benchmarks.manifest import COLUMNS, PARTS, Manifest, parse_manifest
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.writer import NewBenchmark
from wild_aieval.errors import UserError, nearest

PREFIX = "hub:"


@dataclass(frozen=True, slots=True)
class HubChoice:
    """Which rows of a data set: ``splits`` by part of the benchmark, such as {'test': 'validation'}.

    ``revision``: a commit, '' for the newest one, which is then looked up; ``config``: '' for the only one.
    """

    id: str
    splits: Mapping[str, str] = field(default_factory=dict)
    revision: str = ""
    config: str = ""


def import_hub(options: ImportOptions, choice: HubChoice) -> ImportReport:
    """Read the splits, from the hub or from a copy under ``$WILD_AIEVAL_HUB_COPIES``, and write ``root/task/name``.

    Raises:
        UserError: for a wrong option, where the data set cannot be had, for the first bad row (unless ``skip_bad``).
    """
    known = PARTS.get(options.task, ())
    if unknown := next((part for part in choice.splits if part not in known), None):
        raise UserError(f"--split {unknown}=…: a {options.task} benchmark has no such part. {nearest(unknown, known)}")
    tallies = {part: Tally(options.skip_bad) for part in choice.splits}
    with tempfile.TemporaryDirectory(prefix="wild-aieval-") as place:
        folder = Path(place)
        draft = _draft(options, choice, declared(options, [choice.id]))
        placed = divided(options, read_parts(draft, folder, tallies), tallies)
        found = sources.revision(draft, folder)
    which = found.commits or f"{choice.id}, a copy of unknown commit"
    fields = declared(options, [f"{which}, {', '.join(f'{part}: {split}' for part, split in choice.splits.items())}"])
    parts = {part: [row for _, row in rows] for part, rows in placed.items()}
    left_out = {f"{choice.id} ({choice.splits[part]})": tally for part, tally in tallies.items()}
    said = remarks(draft, parts)
    new = NewBenchmark(fields, parts, (*left_out_notes(left_out), *said))
    return report(new, options.root, options.replace, left_out, (*said, *presumed(options, fields)))


def _draft(options: ImportOptions, choice: HubChoice, fields: dict[str, Any]) -> Manifest:
    pointer = {"id": choice.id, "revision": choice.revision or None, "config": choice.config or None}
    columns: dict[str, dict[str, str]] = {part: {} for part in choice.splits}
    for ours, theirs in options.columns.items():
        named, _, bare = ours.rpartition(".")
        for part in [named] if named else [part for part in choice.splits if bare in COLUMNS[options.task][part]]:
            if part not in columns:
                raise UserError(f"--column {ours}={theirs}: no split is given for '{part}'. Give --split {part}=NAME.")
            columns[part][bare] = theirs
    data = {
        "format": "hub",
        "hub": {part: [pointer | {"split": split}] for part, split in choice.splits.items()},
        "columns": {part: mapping for part, mapping in columns.items() if mapping},
    }
    return parse_manifest({**fields, "data": data}, "benchmark import")
