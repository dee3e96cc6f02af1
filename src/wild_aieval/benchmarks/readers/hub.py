"""Data sets of the Hugging Face hub, or local folders in the hub's layout; pinned, no remote code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from wild_aieval.benchmarks.manifest import HubPointer
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.errors import UserError


def read_hub(pointer: HubPointer, folder: Path) -> Iterator[Row]:
    """Stream the rows of one split. A relative ``id`` that exists under ``folder`` is read locally."""
    import datasets

    local = folder / pointer.id
    if not local.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"{folder}: data.hub id '{pointer.id}' leads out of the benchmark's folder.")
    source, revision = (str(local), None) if local.is_dir() else (pointer.id, pointer.revision)
    try:
        rows = datasets.load_dataset(source, pointer.config, split=pointer.split, revision=revision)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UserError(
            f"{folder}: the data set '{pointer.id}', split '{pointer.split}', at revision {pointer.revision} cannot be "
            f"loaded ({error}). Without a connection to the hub, put a copy of the data set at '{local}'."
        ) from None
    for number, fields in enumerate(cast("datasets.Dataset", rows), 1):
        yield Row(f"{pointer.id} ({pointer.split}), record {number}", dict(fields))
