"""Data sets of the Hugging Face hub, or local folders in the hub's layout; pinned, no remote code."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

from wild_aieval.benchmarks.manifest import HubPointer
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.errors import UserError
from wild_aieval.paths import runs_dir

_ROWS = re.compile(r"\.(jsonl?|ndjson|csv|tsv|parquet)(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)


def read_hub(pointer: HubPointer, folder: Path) -> Iterator[Row]:
    """Stream the rows of one split. A relative ``id`` that exists under ``folder`` is read locally."""
    local = folder / pointer.id
    if not local.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"{folder}: data.hub id '{pointer.id}' leads out of the benchmark's folder.")
    with _cache(pointer, local) as cache:
        for number, fields in enumerate(_split(pointer, folder, cache), 1):
            yield Row(f"{pointer.id} ({pointer.split}), record {number}", dict(fields))


def _cache(pointer: HubPointer, local: Path) -> AbstractContextManager[str]:
    """Where ``datasets`` keeps the rows as tables: never in the user's home, and no second copy of local texts.

    One folder for each revision, because ``datasets`` without a connection takes whatever revision it finds.
    """
    if local.is_dir():
        return tempfile.TemporaryDirectory(prefix="wild-aieval-", ignore_cleanup_errors=True)
    return nullcontext(str(runs_dir() / "cache" / "datasets" / pointer.revision))


def _split(pointer: HubPointer, folder: Path, cache: str) -> Iterable[dict[str, Any]]:
    import datasets

    local = folder / pointer.id
    source, revision = (str(local), None) if local.is_dir() else (pointer.id, pointer.revision)
    try:
        builder = datasets.load_dataset_builder(source, pointer.config, revision=revision, cache_dir=cache)
        _rows_of_its_own(pointer, folder, builder.config.data_files or {})
        builder.download_and_prepare()
        return cast("Iterable[dict[str, Any]]", builder.as_dataset(split=pointer.split))
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UserError(
            f"{folder}: the data set '{pointer.id}', split '{pointer.split}', at revision {pointer.revision} cannot be "
            f"loaded ({error}). Without a connection to the hub, put a copy of the data set at '{local}'."
        ) from None


def _rows_of_its_own(pointer: HubPointer, folder: Path, files: dict[str, list[str]]) -> None:
    """The card of a data set may list any file of this machine; only rows inside the data set are read."""
    local = folder / pointer.id
    for file in (str(name) for names in files.values() for name in names):
        if local.is_dir():
            inside = Path(file).resolve().is_relative_to(local.resolve())
        else:
            inside = file.startswith(f"hf://datasets/{pointer.id}@")
        if not inside:
            raise UserError(
                f"{folder}: the card of the data set '{pointer.id}' lists the file '{file}', which is not in the data "
                "set. Put the file there and mend 'data_files' in the card."
            )
        if not _ROWS.search(file):
            raise UserError(
                f"{folder}: the data set '{pointer.id}' holds '{file}'; rows are read from json, jsonl, csv, tsv or "
                "parquet only. Convert the file."
            )
