"""Small tables of a run folder, for tests: names and types of the columns are those of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.records.run_folder import RunFolder


def write_table(folder: RunFolder, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``name.parquet``; a column without any value is one of numbers."""
    kinds = {column: "double" for row in rows for column in row}
    for row in rows:
        kinds |= {column: _kind(column, value) for column, value in row.items() if value is not None}
    with folder.tables({name: kinds}) as tables:
        tables[name].add(rows)


def _kind(column: str, value: Any) -> str:
    if column == "reasons":
        return "reasons"
    return "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "double"
