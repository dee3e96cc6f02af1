"""Files of every layout give the same rows; what they hold, and nothing else, makes the digest."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wild_aieval.benchmarks.load import load
from wild_aieval.benchmarks.readers import retrieval, tabular

ROWS = [
    {"id": "b", "text": 'a "harrow", large', "main": "A01B 19/00", "date": "2012-02-29"},
    {"id": "c", "text": "an eye test\nin two lines", "main": "A61B 3/02", "date": ""},
]
THEIRS = {"id": "number", "text": "abstract", "main": "code", "date": "day"}


def delimited(rows: list[dict[str, str]], delimiter: str) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def written(folder: Path, rows: list[dict[str, str]], form: str) -> None:
    path = folder / f"test.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text(delimited(rows, "," if form == "csv" else "\t"), encoding="utf-8")


def loaded(make: Any, rows: list[dict[str, str]], form: str, columns: dict[str, str] | None = None) -> Any:
    changes: dict[str, Any] = {"format": form, "files": {"train": None, "test": f"test.{form}"}}
    if columns:
        changes["columns"] = {"test": columns}
    entry = make("classification", data=changes)
    written(entry.path, rows, form)
    benchmark = load(entry)
    for file in entry.path.iterdir():
        file.unlink()
    entry.path.rmdir()
    return benchmark


def test_jsonl_skips_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}')
    rows = list(tabular.read_jsonl(path))
    assert [row.fields for row in rows] == [{"a": 1}, {"a": 2}]
    assert [row.where for row in rows] == [f"{path}, line 1", f"{path}, line 3"]


def test_csv_keeps_line_breaks_in_quotes_and_names_the_first_line_of_a_record(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b'\xef\xbb\xbfid,text\r\n1,"two\r\nlines, ""quoted"""\r\n\r\n2,b\r\n')
    rows = list(tabular.read_csv(path))
    assert [row.fields for row in rows] == [{"id": "1", "text": 'two\r\nlines, "quoted"'}, {"id": "2", "text": "b"}]
    assert [row.where for row in rows] == [f"{path}, line 2", f"{path}, line 5"]


def test_beir_metadata_becomes_fields(make: Any) -> None:
    parts = load(make("search")).parts
    assert parts["corpus"][0] == {
        "id": "d1",
        "title": "Plough",
        "text": "It ploughs.",
        "language": "",
        "office": "",
        "date": "2001-02-03",
        "family": "7",
    }
    assert parts["corpus"][1]["family"] == ""
    assert parts["queries"][0]["date"] == "2010-01-01"
    assert [row["grade"] for row in parts["qrels"]] == [3, 0]


def test_trec_judgments_may_have_a_fifth_column(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text("Q-1 0 XX-0000001-B1 1 EN\n\nQ-1\t0\tXX-0000002-A3\t2\tDE\nQ-2 0 XX-3 0\n", encoding="utf-8")
    rows = [row.fields for row in retrieval.read_trec_qrels(path)]
    assert [tuple(row.values()) for row in rows] == [
        ("Q-1", "XX-0000001-B1", "1"),
        ("Q-1", "XX-0000002-A3", "2"),
        ("Q-2", "XX-3", "0"),
    ]


def test_a_trec_folder_loads(make: Any) -> None:
    entry = make(
        "search", files={"qrels.txt": "q1 0 d1 2 EN\n"}, data={"format": "trec", "files": {"qrels": "qrels.txt"}}
    )
    assert load(entry).parts["qrels"] == [{"query_id": "q1", "document_id": "d1", "grade": 2}]


def test_the_digest_knows_content_and_neither_format_nor_column_names(make: Any) -> None:
    renamed = [{THEIRS[name]: value for name, value in row.items()} for row in ROWS]
    digests = {
        loaded(make, rows, form, columns).identity.digest
        for form in ("jsonl", "csv", "tsv", "parquet")
        for rows, columns in ((ROWS, None), (renamed, THEIRS))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("column", ["id", "text", "main", "date"])
def test_the_digest_changes_with_any_value(make: Any, column: str) -> None:
    other = {"id": "z", "text": "an eye test\nin two  lines", "main": "A61B 3/03", "date": "2012-03-01"}
    changed = [ROWS[0], ROWS[1] | {column: other[column]}]
    assert loaded(make, ROWS, "jsonl").identity.digest != loaded(make, changed, "jsonl").identity.digest


def test_a_list_of_symbols_may_be_text(make: Any) -> None:
    rows = [{"id": "a", "text": "x", "symbols": text} for text in ("A01B 1/00; A61B 3/02", "['A01B1/00', 'a61b3/02']")]
    rows[1]["id"] = "b"
    for row in loaded(make, rows, "csv").parts["test"]:
        assert row["symbols"] == ["A01B 1/00", "A61B 3/02"]
        assert row["main"] == ""


def test_the_main_symbol_comes_first_and_once(make: Any) -> None:
    rows = [{"id": "a", "text": "x", "main": "A61B 3/02", "symbols": "A01B 1/00|A61B3/02"}]
    (row,) = loaded(make, rows, "csv").parts["test"]
    assert (row["main"], row["symbols"]) == ("A61B 3/02", ["A61B 3/02", "A01B 1/00"])


@pytest.mark.parametrize("targets", ['["arado"]', '"arado"'])
def test_terms_may_be_json_text(make: Any, targets: str) -> None:
    terms = f'[{{"source": "plough", "targets": {targets}}}]'
    line = json.dumps({"id": "1", "source": "Ploughs", "target": "Arados", "terms": terms})
    (row,) = load(make("translation", files={"test.jsonl": line})).parts["test"]
    assert row["terms"] == [{"source": "plough", "targets": ["arado"]}]


def test_a_copy_of_a_hub_data_set_is_read_in_its_own_layout(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    pointer = {"id": "copy", "revision": "0123456789abcdef", "split": "test"}
    entry = make("translation", data={"format": "hub", "files": None, "hub": {"test": pointer}})
    copy = entry.path / "copy" / "data"
    copy.mkdir(parents=True)
    pq.write_table(
        pa.Table.from_pylist([{"id": "s1", "source": "Ploughs", "target": "Arados"}]),
        copy / "test-00000-of-00001.parquet",
    )
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", entry.path.parent / "cache")
    benchmark = load(entry)
    assert benchmark.parts["test"][0]["target"] == "Arados"
    (entry.path / "benchmark.yaml").unlink()
    entry.path.rename(entry.path.with_name("hub"))
    assert benchmark.identity.digest == load(make("translation")).identity.digest


@pytest.mark.parametrize("task", ["classification", "translation", "search"])
def test_parts_become_hugging_face_data_sets(make: Any, task: str) -> None:
    pytest.importorskip("datasets")
    benchmark = load(make(task))
    tables = benchmark.datasets()
    assert set(tables) == set(benchmark.parts)
    for part, rows in benchmark.parts.items():
        assert tables[part].to_list() == rows


def test_the_identity_says_what_was_read(make: Any) -> None:
    entry = make("search", confidentiality="aggregate-only")
    identity = load(entry).identity
    assert (identity.task, identity.name, identity.version) == ("search", "small", "1.0.0")
    assert (identity.confidentiality, identity.path) == ("aggregate-only", str(entry.path))
