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

from wild_aieval.benchmarks import values
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.importer import import_benchmark
from wild_aieval.benchmarks.load import load
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.readers import retrieval, tabular
from wild_aieval.errors import UserError

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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, []),
        ("  ", []),
        ("A plough without a number", ["A plough without a number"]),
        ("1. A plough.\n2. The plough of claim 1.\n", ["A plough.", "The plough of claim 1."]),
        ("What is claimed is: 1. A plough of 1.5 mm. 2. The plough of claim 1. 3. A harrow.",
         ["A plough of 1.5 mm.", "The plough of claim 1.", "A harrow."]),
        ("1. A method:\n1) ploughing;\n2) sowing.\n2. The method of claim 1.",
         ["A method:\n1) ploughing;\n2) sowing.", "The method of claim 1."]),
        ("1．一种犁。2．一种耙。", ["一种犁。", "一种耙。"]),
        (["1. A plough. ", "", "The plough of claim 1", "3) A harrow"],
         ["A plough.", "The plough of claim 1", "A harrow"]),
        (["2 ploughs"], ["2 ploughs"]),
    ],
)  # fmt: skip
def test_claims_are_a_list_or_one_numbered_text(given: Any, expected: list[str]) -> None:
    assert values.claims(given, "here") == expected


@pytest.mark.parametrize("given", [7, {"1": "A plough"}, ["A plough", None]])
def test_claims_that_are_no_texts_are_a_fault(given: Any) -> None:
    with pytest.raises(UserError, match="'claims' is expected to be a list of texts"):
        values.claims(given, "here")


def test_parts_of_a_query_are_kept_by_an_import_and_missing_ones_change_no_digest(make: Any, tmp_path: Path) -> None:
    plain = make("search")
    digest = load(plain).identity.digest
    path = plain.path / "queries.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(row | {"abstract": " ", "claims": []}) + "\n" for row in rows), encoding="utf-8")
    assert load(plain).identity.digest == digest
    rows[-1] |= {"abstract": "About it.", "metadata": {"claims": "1. A plough.\n2. A harrow."}}
    rows.append({"_id": "last", "text": "No parts."})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report = import_benchmark(ImportOptions(plain.path, "search", "copy", tmp_path / "root"))
    benchmark = load(Entry("search/copy", report.folder))
    assert benchmark.parts["queries"][-2]["abstract"] == "About it."
    assert benchmark.parts["queries"][-2]["claims"] == ["A plough.", "A harrow."]
    assert "claims" not in benchmark.parts["queries"][-1]
    assert benchmark.datasets()["queries"]["claims"][-2:] == [["A plough.", "A harrow."], None]


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


POINTER = {"id": "copy", "revision": "0123456789abcdef", "split": "test"}
SEGMENT = {"id": "s1", "source": "Ploughs", "target": "Arados"}


def hub_copy(make: Any, card: str = "", **files: Any) -> Any:
    """A translation benchmark whose rows are a local copy of a hub data set; ``files`` maps names to rows."""
    pytest.importorskip("datasets")
    entry = make("translation", data={"format": "hub", "files": None, "hub": {"test": POINTER}})
    copy = entry.path / "copy"
    for name, rows in files.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(rows), copy / name)
        else:
            (copy / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if card:
        (copy / "README.md").write_text(f"---\n{card}\n---\n", encoding="utf-8")
    return entry


def test_a_copy_of_a_hub_data_set_is_read_in_its_own_layout(make: Any) -> None:
    entry = hub_copy(make, **{"data/test-00000-of-00001.parquet": [SEGMENT]})
    benchmark = load(entry)
    assert benchmark.parts["test"][0]["target"] == "Arados"
    (entry.path / "benchmark.yaml").unlink()
    entry.path.rename(entry.path.with_name("hub"))
    assert benchmark.identity.digest == load(make("translation")).identity.digest


def test_the_card_of_a_hub_data_set_may_name_its_files(make: Any) -> None:
    card = "configs:\n- config_name: default\n  data_files:\n  - {split: test, path: odd/rows.jsonl}"
    entry = hub_copy(make, card, **{"odd/rows.jsonl": [SEGMENT], "test.jsonl": [SEGMENT | {"target": "wrong"}]})
    assert load(entry).parts["test"][0]["target"] == "Arados"


@pytest.mark.parametrize("path", ["{outside}", "../../../../secret.jsonl", "link.jsonl"])
def test_the_card_of_a_hub_data_set_reaches_nothing_else(make: Any, tmp_path: Path, path: str) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_text(json.dumps(SEGMENT), encoding="utf-8")
    named = path.format(outside=secret)
    card = f"configs:\n- config_name: default\n  data_files:\n  - {{split: test, path: {named}}}"
    entry = hub_copy(make, card, **{"test.jsonl": [SEGMENT]})
    (entry.path / "copy" / "link.jsonl").symlink_to(secret)
    with pytest.raises(UserError, match=r"lists the file .*, which is not in the data set"):
        load(entry)


def test_a_hub_data_set_is_rows_and_nothing_else(make: Any) -> None:
    entry = hub_copy(make, **{"test.txt": [SEGMENT]})
    with pytest.raises(UserError, match=r"test\.txt'; rows are read from json"):
        load(entry)


def test_texts_of_a_local_copy_are_not_left_elsewhere(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", home)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
    load(hub_copy(make, **{"test.jsonl": [SEGMENT]}))
    assert not home.exists()
    left = [file for file in (tmp_path / "runs").rglob("*") if file.is_file()]
    assert not any(SEGMENT["source"].encode() in file.read_bytes() for file in left)
    assert not list(scratch.glob("wild-aieval-*"))


def test_rows_of_the_hub_are_kept_under_runs_by_revision(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    asked = []

    def refuse(source: str, config: str | None, **options: Any) -> None:
        asked.append((source, options))
        raise ConnectionError("no hub here")

    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(datasets, "load_dataset_builder", refuse)
    entry = make("translation", data={"format": "hub", "files": None, "hub": {"test": POINTER | {"id": "office/set"}}})
    with pytest.raises(UserError, match="no hub here"):
        load(entry)
    cache = tmp_path / "runs" / "cache" / "datasets" / POINTER["revision"]
    assert asked == [("office/set", {"revision": POINTER["revision"], "cache_dir": str(cache)})]


def test_labels_outside_the_edition_are_told_once(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    symbols = ["A01B 1/00", *["H98Z"] * 4, "A01B 999/00"]  # the last one's label, the subclass, exists
    rows = [{"id": f"t{number}", "text": "x", "main": symbol} for number, symbol in enumerate(symbols)]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    entry = make("classification", files={"test.jsonl": content})
    load(entry)
    load(entry)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "classification/small: the labels of 4 symbols are not in IPC 2023.01" in said[0]
    assert [number for number in range(1, 7) if f"test.jsonl, line {number}: H98Z" in said[0]] == [2, 3, 4]


def test_labels_of_the_edition_and_an_import_give_no_warning(
    make: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(make("classification"))
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"id": "1", "text": "A valve.", "main": "H98Z"}), encoding="utf-8")
    report = import_benchmark(ImportOptions(source, "classification", "odd", tmp_path / "root"))
    assert any("are not in IPC 2023.01" in note for note in report.notes)
    assert capsys.readouterr().err == ""


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
