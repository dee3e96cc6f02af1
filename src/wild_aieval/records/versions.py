"""Whether all of a run folder is of the schema versions that this program reads; asked before anything is written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from wild_aieval import schema_version
from wild_aieval.records import item_statistics, journal, resources, run_folder
from wild_aieval.records.run_folder import RUNSPEC, SUMMARY, TABLES, RunFolder

_LAST_LINE = 1 << 20  # bytes from the end in which the last line of a journal is looked for
_DAMAGE = (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile)  # is told by whoever reads the file


def refuse_others(folder: RunFolder) -> None:
    """OtherVersion where a file of the folder was written by a newer program (or is of a version that never was)."""
    readers: dict[str, tuple[Callable[[Path], object], int]] = {
        RUNSPEC: (_of_json, run_folder.SCHEMA_VERSION),
        SUMMARY: (_of_json, run_folder.SCHEMA_VERSION),
        resources.FILE: (_of_json, run_folder.SCHEMA_VERSION),
        run_folder.JOURNAL: (_of_last_line, journal.SCHEMA_VERSION),
        item_statistics.FILE: (_of_statistics, item_statistics.SCHEMA_VERSION),
    }
    readers |= {f"{name}.parquet": (_of_table, run_folder.SCHEMA_VERSION) for name in TABLES}
    for name, (stated, reads) in readers.items():
        try:
            found = stated(folder.path / name)
        except _DAMAGE:
            continue
        oldest = item_statistics.OLDEST if name == item_statistics.FILE else reads
        schema_version.check(found, reads, folder.path / name, oldest)


def _of_json(file: Path) -> object:
    return json.loads(file.read_text(encoding="utf-8"))["schema_version"]


def _of_last_line(file: Path) -> object:
    """A newer program appends: its line is the last."""
    with file.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _LAST_LINE))
        lines = stream.read().split(b"\n")[:-1]
    return json.loads(lines[-1] if lines else b"{}")["schema_version"]


def _of_table(file: Path) -> object:
    if not file.is_file():
        raise FileNotFoundError(file)
    import pyarrow.parquet as pq

    return int((pq.read_schema(file).metadata or {})[b"schema_version"])


def _of_statistics(file: Path) -> object:
    if not file.is_file():
        raise FileNotFoundError(file)
    import numpy as np

    with np.load(file, allow_pickle=False) as arrays:
        return json.loads(arrays["content"].tobytes())["schema_version"]
