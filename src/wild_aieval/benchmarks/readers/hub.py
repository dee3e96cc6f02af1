"""Data sets of the Hugging Face hub, or local folders in the hub's layout; pinned, no remote code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, cast

from wild_aieval.benchmarks.manifest_data import HubPointer
from wild_aieval.benchmarks.readers import scratch
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.errors import UserError

_ROWS = re.compile(r"\.(jsonl?|ndjson|csv|tsv|parquet)(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)
_DOWNLOADED = ".cache/huggingface/download"


class Place(NamedTuple):
    """Where a data set is read from: a local ``copy``, or the hub at ``commit``, with ``cache`` for its tables.

    ``folder``: the benchmark's, for messages.
    """

    folder: Path
    copy: Path | None
    commit: str
    cache: Path


def read_hub(pointer: HubPointer, place: Place) -> Iterator[Row]:
    """Stream the rows of one split."""
    name = "/".join(part for part in (pointer.id, pointer.config or pointer.folder) if part)
    with _cache(place) as cache:
        for number, fields in enumerate(_split(pointer, place, str(cache)), 1):
            yield Row(f"{name} ({pointer.split}), record {number}", dict(fields))


def is_rows(path: Path) -> bool:
    """Whether a file of a data set is one that rows are read from."""
    return bool(_ROWS.search(path.name)) and _DOWNLOADED not in path.as_posix()


def commit_of_copy(copy: Path) -> str:
    """The commit that ``hf download --local-dir`` noted for every file of a copy; '' where that is not known."""
    notes = [*(copy / _DOWNLOADED).rglob("*.metadata")]
    noted = {note.relative_to(copy / _DOWNLOADED).as_posix().removesuffix(".metadata") for note in notes}
    files = {file.relative_to(copy).as_posix() for file in copy.rglob("*") if file.is_file() and is_rows(file)}
    try:
        commits = {(note.read_text(encoding="utf-8").splitlines() or [""])[0].strip() for note in notes}
    except (OSError, UnicodeDecodeError):
        return ""
    known = len(commits) == 1 and files and files <= noted
    commit = commits.pop() if known else ""
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else ""


def _cache(place: Place) -> AbstractContextManager[Path]:
    """Where ``datasets`` keeps the rows as tables: never in the user's home, and no second copy of local texts."""
    if place.copy is not None:
        return scratch.folder(place.cache)
    return nullcontext(place.cache)


def _split(pointer: HubPointer, place: Place, cache: str) -> Iterable[dict[str, Any]]:
    import datasets

    source, revision = (pointer.id, place.commit) if place.copy is None else (str(place.copy), None)
    try:
        inner = {"data_dir": pointer.folder} if pointer.folder else {}
        builder = datasets.load_dataset_builder(source, pointer.config, revision=revision, cache_dir=cache, **inner)
        _rows_of_its_own(pointer, place, builder.config.data_files or {})
        builder.download_and_prepare()
        return cast("Iterable[dict[str, Any]]", builder.as_dataset(split=pointer.split))
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        at = f"at revision {place.commit}" if place.copy is None else f"of the copy at {place.copy}"
        remedy = (
            f"Without a connection to the hub, put a copy of the data set at '{place.folder / pointer.id}' or at "
            f"$WILD_AIEVAL_HUB_COPIES/{pointer.id}."
            if place.copy is None
            else f"See {place.folder / 'README.md'} for the layout that is expected."
        )
        raise UserError(
            f"{place.folder}: the data set '{pointer.id}', split '{pointer.split}', {at} cannot be loaded ({error}). "
            f"{remedy}"
        ) from None


def _rows_of_its_own(pointer: HubPointer, place: Place, files: dict[str, list[str]]) -> None:
    """The card of a data set may list any file of this machine; only rows inside the data set are read."""
    for file in (str(name) for names in files.values() for name in names):
        if place.copy is not None:
            inside = Path(file).resolve().is_relative_to(place.copy.resolve())
        else:
            inside = file.startswith(f"hf://datasets/{pointer.id}@")
        if not inside:
            raise UserError(
                f"{place.folder}: the card of the data set '{pointer.id}' lists the file '{file}', which is not in the "
                "data set. Put the file there and mend 'data_files' in the card."
            )
        if not _ROWS.search(file):
            raise UserError(
                f"{place.folder}: the data set '{pointer.id}' holds '{file}'; rows are read from json, jsonl, csv, tsv "
                "or parquet only. Convert the file."
            )
