"""The run folder: atomic, locked, versioned."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.testing.tables import write_table


def test_json_and_tables_come_back(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    folder.write_json("summary.json", {"schema_version": 1, "text": "é"})
    reason = {"code": "X", "kind": "hard", "value": 1.0, "limit": 0.5}
    rows = [{"a": 1, "b": None}, {"a": None, "reasons": [reason]}]
    write_table(folder, "items", rows)
    assert folder.read_json("summary.json")["text"] == "é"
    found = list(folder.read_table("items"))
    assert found == [{"a": 1, "b": None, "reasons": None}, {"a": None, "b": None, "reasons": [reason]}]
    assert pq.read_schema(folder.path / "items.parquet").metadata[b"schema_version"] == b"1"
    assert sorted(file.name for file in folder.path.iterdir()) == ["items.parquet", "summary.json"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path)
    folder.write_json("summary.json", {"schema_version": 1})
    before = (tmp_path / "summary.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wild_aieval.records.run_folder.os.fsync", full)
    with pytest.raises(UserError, match=r"No space left on device.*rescore"):
        folder.write_json("summary.json", {"schema_version": 1, "new": True})
    assert (tmp_path / "summary.json").read_bytes() == before
    with pytest.raises(ValueError, match="JSON"):
        folder.write_json("summary.json", {"value": float("nan")})


def test_what_is_no_run_folder_is_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with pytest.raises(UserError, match=r"no summary\.json here"):
        folder.read_json("summary.json")
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(UserError, match="not valid JSON"):
        folder.read_json("summary.json")
    (tmp_path / "summary.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(UserError, match="schema_version is 99"):
        folder.read_json("summary.json")
    with pytest.raises(UserError, match="the run is not finished"):
        folder.read_table("items")


def test_a_damaged_or_newer_table_is_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_table(folder, "items", [{"a": 1}])
    table = pq.read_table(tmp_path / "items.parquet")
    pq.write_table(table.replace_schema_metadata({"schema_version": "2"}), tmp_path / "items.parquet")
    with pytest.raises(UserError, match="schema_version is 2, this program reads 1"):
        folder.read_table("items")
    (tmp_path / "items.parquet").write_bytes(b"PAR1 damaged")
    with pytest.raises(UserError, match=r"items\.parquet: cannot be read as Parquet.*rescore"):
        folder.read_table("items")


def test_a_folder_that_cannot_be_written_is_found_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"hydra\.run\.dir"):
        RunFolder(tmp_path / "file" / "run").create()

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(UserError, match="Permission denied"):
        RunFolder(tmp_path / "run").create()


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    again = pytest.raises(UserError, match="another run is at work")
    with RunFolder(tmp_path).locked(), again, RunFolder(tmp_path).locked():
        pass
    with RunFolder(tmp_path).locked():
        pass
