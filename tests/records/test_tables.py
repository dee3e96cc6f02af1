"""Tables of more than one row group: every way to read gives the same rows; a failed write leaves what was there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from wild_aieval.errors import UserError
from wild_aieval.records import tables
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.records.tables import Table

COLUMNS = {"benchmark": "string", "item_id": "string", "value": "double", "fits": "bool", "reasons": "reasons"}
NAMES = ["c/one"] * 5 + ["c/two"] * 11 + ["t/three"] * 4
REASON = {"code": "X", "kind": "hard", "value": 1.0, "limit": 0.5}
ROWS: list[dict[str, Any]] = [
    {"benchmark": name, "item_id": f"i{n}", "value": n / 2 if n % 3 else None, "fits": n % 2 == 0,
     "reasons": [REASON] * (n % 3)}
    for n, name in enumerate(NAMES)
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """Twenty rows in groups of four, which end in the middle of benchmarks."""
    monkeypatch.setattr(tables, "ROWS", 4)
    made = RunFolder(tmp_path)
    with made.tables({"items": COLUMNS}) as writers:
        for start in range(0, len(ROWS), 3):
            writers["items"].add(ROWS[start : start + 3])
    return made


def test_rows_come_back_by_every_way(folder: RunFolder) -> None:
    table = folder.read_table("items")
    assert pq.ParquetFile(folder.path / "items.parquet").metadata.num_row_groups == 5
    assert len(table) == 20 and list(table) == ROWS and list(table) == ROWS
    assert [table[n] for n in (19, 0, 7, 8, -1)] == [ROWS[n] for n in (19, 0, 7, 8, -1)]
    assert table[3:9] == ROWS[3:9] and table[:] == ROWS
    assert table.column("value") == [row["value"] for row in ROWS]
    assert table.column("nothing") == [None] * 20
    with pytest.raises(IndexError):
        table[20]


@pytest.mark.parametrize("name", ["c/one", "c/two", "t/three", "none"])
def test_one_benchmark_is_a_table_of_its_own(folder: RunFolder, tmp_path: Path, name: str) -> None:
    wanted = [row for row in ROWS if row["benchmark"] == name]
    part = folder.read_table("items").only(name)
    assert list(part) == wanted and [part[n] for n in range(len(part))] == wanted
    part.copy(tmp_path / "copy.parquet", without=("value",))
    without = [{key: value for key, value in row.items() if key != "value"} for row in wanted]
    assert list(Table(tmp_path / "copy.parquet")) == without


def test_a_write_that_fails_leaves_all_tables_as_they_were(folder: RunFolder) -> None:
    before = (folder.path / "items.parquet").read_bytes()
    with pytest.raises(RuntimeError), folder.tables({"items": COLUMNS, "flags": COLUMNS}) as writers:
        writers["items"].add(ROWS[:9])
        raise RuntimeError
    assert (folder.path / "items.parquet").read_bytes() == before
    assert [file.name for file in folder.path.iterdir()] == ["items.parquet"]


def test_a_full_disk_is_told_with_the_remedy(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables.os, "fsync", full)
    with (
        pytest.raises(UserError, match=r"No space left on device.*rescore"),
        folder.tables({"items": COLUMNS}) as writers,
    ):
        writers["items"].add(ROWS[:2])
    assert len(folder.read_table("items")) == 20


def test_a_group_that_is_damaged_is_told(folder: RunFolder) -> None:
    file = folder.path / "items.parquet"
    content = bytearray(file.read_bytes())
    content[40:400] = bytes(360)
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"items\.parquet: cannot be read as Parquet.*rescore"):
        list(folder.read_table("items"))
