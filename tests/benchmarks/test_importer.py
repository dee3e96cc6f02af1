"""An import checks every row, says what it left out, and leaves a whole folder or none."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks import writer
from wild_aieval.benchmarks.catalogue import Entry, scan
from wild_aieval.benchmarks.importer import ImportReport, import_benchmark
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.errors import UserError

PATENTS = [
    {"no": "a", "abstract": "a plough", "codes": ["A01B 3/00"], "day": "2010-12-31"},
    {"no": "b", "abstract": "a harrow", "codes": ["A01B19/00", "G11B/85"], "day": "20110101"},
    {"no": "c", "abstract": "nothing", "codes": ["G11B/85"], "day": "2011-02-01"},
    {"no": "d", "abstract": "an eye test", "codes": ["A61B 3/02"], "day": "2012-05-06"},
    {"no": "e", "abstract": "late", "codes": ["A61B 3/02"], "day": "2014-01-01"},
    {"no": "f", "abstract": "undated", "codes": ["A61B 3/02"], "day": ""},
]
COLUMNS = {"id": "no", "text": "abstract", "symbols": "codes", "date": "day"}


def patents(folder: Path, rows: list[dict[str, Any]] | None = None, extra: str = "") -> Path:
    path = folder / "patents.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows or PATENTS) + extra, encoding="utf-8")
    return path


def options(source: Path, **changes: Any) -> ImportOptions:
    given: dict[str, Any] = {"task": "classification", "name": "patents", "root": source.parent / "root"}
    return ImportOptions(source=source, **(given | {"columns": COLUMNS} | changes))


def opened(report: ImportReport) -> Benchmark:
    return load(Entry(f"{report.folder.parent.name}/{report.folder.name}", report.folder))


def test_bad_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    source = patents(tmp_path, extra='{"no": "g", \n{"no": "a", "abstract": "again", "codes": ["A01B"]}\n')
    report = import_benchmark(
        options(
            source,
            skip_bad=True,
            train_until=datetime.date(2010, 12, 31),
            test_until=datetime.date(2013, 12, 31),
        )
    )
    assert report.taken == {"train": 1, "test": 2}
    tally = report.left_out["patents.jsonl"]
    assert tally.skipped == {
        "not valid JSON": 1,
        "duplicate id": 1,
        "no valid symbol": 1,
        "no date": 1,
        "after --test-until": 1,
    }
    assert tally.dropped == {"malformed symbol": 2}
    assert tally.examples["not valid JSON"][0].startswith(f"{source}, line 7: ")
    parts = opened(report).parts
    assert [row["id"] for row in parts["test"]] == ["b", "d"]
    assert parts["test"][0]["symbols"] == ["A01B 19/00"]
    assert parts["test"][0]["date"] == "2011-01-01"
    card = (report.folder / "README.md").read_text(encoding="utf-8")
    assert "1 rows left out (no valid symbol)" in card
    assert str(tmp_path) not in card + (report.folder / "benchmark.yaml").read_text(encoding="utf-8")


def test_without_skip_bad_the_first_fault_ends_it_and_nothing_is_written(tmp_path: Path) -> None:
    source = patents(tmp_path)
    with pytest.raises(UserError, match=r"patents.jsonl, line 2: 'G11B/85' in 'symbols'.*--skip-bad"):
        import_benchmark(options(source))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patents.jsonl"]


def test_the_written_folder_holds_what_was_read(tmp_path: Path) -> None:
    source = patents(tmp_path, [PATENTS[0], PATENTS[3]])
    report = import_benchmark(options(source, about={"licence": "CC0-1.0", "language": "de", "label_level": "class"}))
    benchmark = opened(report)
    manifest = benchmark.manifest
    assert benchmark.identity.digest == report.digest
    assert benchmark.identity.path == str(report.folder)
    assert (manifest.licence, manifest.languages, manifest.label_level) == ("CC0-1.0", ["de"], "class")
    assert (manifest.title, manifest.contributor, manifest.version) == ("Patents", "unknown", "1.0.0")
    assert set(manifest.data.sha256) == {"test.jsonl"}
    assert any("contributor" in note for note in report.notes)
    assert report.command == (
        f"python -m wild_aieval model=… benchmark=classification/patents 'benchmark_roots=[{tmp_path / 'root'}]'"
    )
    assert [entry.name for entry in scan([tmp_path / "root"])] == ["classification/patents"]


def test_well_formed_symbols_of_other_editions_are_kept_and_told(tmp_path: Path) -> None:
    source = patents(tmp_path, [PATENTS[0] | {"codes": ["A01B 3/00", "A01B 76/00"]}])
    report = import_benchmark(options(source))
    assert opened(report).parts["test"][0]["symbols"] == ["A01B 3/00", "A01B 76/00"]
    assert any(note.startswith("1 of 2 symbols are not in IPC 2023.01") for note in report.notes)


def test_an_existing_benchmark_gives_way_only_to_a_higher_version(tmp_path: Path) -> None:
    source = patents(tmp_path, PATENTS[:1])
    first = import_benchmark(options(source))
    before = {path.name: path.read_bytes() for path in first.folder.iterdir() if path.is_file()}
    for changes, words in (
        ({}, "never changes"),
        ({"replace": True}, "1.0.0 is not higher"),
        ({"replace": True, "about": {"version": "0.9.0"}}, "0.9.0 is not higher"),
        ({"about": {"version": "2.0.0"}}, "--version together with --replace"),
    ):
        with pytest.raises(UserError, match=words):
            import_benchmark(options(source, **changes))
    assert before == {path.name: path.read_bytes() for path in first.folder.iterdir() if path.is_file()}
    second = import_benchmark(options(source, replace=True, about={"version": "1.10.0"}))
    manifest = opened(second).manifest
    assert (manifest.version, manifest.supersedes) == ("1.10.0", "1.0.0")
    assert sorted(path.name for path in second.folder.parent.iterdir()) == [".patents-1.0.0", "patents"]


def test_a_folder_that_is_no_benchmark_is_not_replaced(tmp_path: Path) -> None:
    source = patents(tmp_path, PATENTS[:1])
    target = tmp_path / "root" / "classification" / "patents"
    target.mkdir(parents=True)
    (target / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="no benchmark folder"):
        import_benchmark(options(source, replace=True))
    assert (target / "letter.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), UserError("bad")])
def test_a_broken_off_import_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(writer, "load", fail)
    with pytest.raises((UserError, KeyboardInterrupt)):
        import_benchmark(options(patents(tmp_path, PATENTS[:1])))
    assert list((tmp_path / "root" / "classification").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": Path("nowhere.jsonl")}, "nowhere.jsonl: there is no such file"),
        ({"task": "clasification"}, "Did you mean 'classification'"),
        ({"task": "translation", "columns": {}}, "--source-language and --target-language"),
        ({"task": "search", "columns": {}}, "give the folder with corpus.jsonl"),
        ({"name": "My Set"}, "benchmark import: name: 'My Set'"),
        ({"format": "xml"}, "Give --format"),
        ({"columns": {"txt": "abstract"}}, "no column 'txt'. Did you mean 'text'"),
        ({"columns": {"id": "no", "text": "abstracts", "symbols": "codes"}}, "no column 'abstracts'.*'abstract'"),
        ({"about": {"scheme": "CPC"}}, "scheme and edition"),
        ({"about": {"version": "1"}}, "benchmark import: version"),
        ({"train_until": datetime.date(2000, 1, 1)}, "no row falls into 'train'"),
        ({"train_until": datetime.date(2012, 1, 1), "test_until": datetime.date(2011, 1, 1)}, "expected a day after"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    given = {"source": patents(tmp_path, PATENTS[:1])} | changes
    with pytest.raises(UserError, match=words):
        import_benchmark(options(given.pop("source"), root=tmp_path / "root", **given))
    assert not (tmp_path / "root").exists()


def test_where_every_row_is_bad_the_first_reason_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column 'titel'.*Skipped before that: 6 rows: no column titel"):
        import_benchmark(options(patents(tmp_path), columns=COLUMNS | {"text": "titel"}, skip_bad=True))


@pytest.mark.parametrize(("form", "name"), [("beir", "qrels.tsv"), ("beir", "qrels/test.tsv"), ("trec", "qrels.txt")])
def test_a_search_folder_is_imported(tmp_path: Path, form: str, name: str) -> None:
    source = tmp_path / "source"
    (source / name).parent.mkdir(parents=True)
    (source / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "t", "text": "x", "metadata": {"published": "2001-01-01", "family_id": 5}}\n'
        '{"_id": "d2", "text": "y", "metadata": {"published": "2001-01-02"}}\n',
        encoding="utf-8",
    )
    (source / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "z", "metadata": {"published": "2002-01-01"}}\n', encoding="utf-8"
    )
    header = "" if form == "trec" else "query-id\tcorpus-id\tscore\n"
    judgments = "q1 0 d1 2\nq1 0 d9 1\n" if form == "trec" else "q1\td1\t2\nq1\td9\t1\n"
    (source / name).write_text(header + judgments, encoding="utf-8")
    report = import_benchmark(
        ImportOptions(source, "search", "found", tmp_path / "root", form, {"date": "published"}, skip_bad=True)
    )
    assert report.taken == {"corpus": 2, "queries": 1, "qrels": 1}
    assert report.left_out[name].skipped == {"unknown document": 1}
    parts = opened(report).parts
    assert parts["corpus"][0]["family"] == "5"
    assert [row["date"] for row in (*parts["corpus"], *parts["queries"])] == ["2001-01-01", "2001-01-02", "2002-01-01"]


def test_ids_with_tabs_and_quotes_come_back(tmp_path: Path) -> None:
    odd = 'd"1\t2'
    parts = {
        "corpus": [{"id": odd, "title": "", "text": "x"}],
        "queries": [{"id": "q", "title": "", "text": "y"}],
        "qrels": [{"query_id": "q", "document_id": odd, "grade": 1}],
    }
    writer._write_qrels(tmp_path / "qrels.tsv", parts["qrels"])
    from wild_aieval.benchmarks.readers.retrieval import read_beir_qrels

    (row,) = read_beir_qrels(tmp_path / "qrels.tsv")
    assert row.fields["document_id"] == odd


@pytest.mark.real_data
def test_us_grants(real_data: Path, tmp_path: Path) -> None:
    report = import_benchmark(
        ImportOptions(
            source=real_data / "classification" / "us_grants_ipc_2006_2012.jsonl",
            task="classification",
            name="us-grants",
            root=tmp_path,
            columns={"text": "abstract", "symbols": "codes", "date": "publication_date"},
            train_until=datetime.date(2010, 12, 31),
            skip_bad=True,
        )
    )
    assert report.taken == {"train": 2814, "test": 1578}
    assert sum(report.left_out["us_grants_ipc_2006_2012.jsonl"].dropped.values()) == 2


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "columns", "languages", "rows"),
    [
        ("ipc_titles_en_es.jsonl", {"id": "symbol", "source": "en", "target": "es"}, ("en", "es"), 2000),
        ("ep_claims_en_de_fr.jsonl", {"source": "en", "target": "de", "cluster": "doc"}, ("en", "de"), 329),
    ],
)
def test_translations(
    real_data: Path, tmp_path: Path, file: str, columns: dict[str, str], languages: tuple[str, str], rows: int
) -> None:
    about = {"source_language": languages[0], "target_language": languages[1]}
    source = real_data / "translation" / file
    report = import_benchmark(ImportOptions(source, "translation", "pairs", tmp_path, columns=columns, about=about))
    assert report.taken == {"test": rows}
    assert all(row["cluster"] for row in opened(report).parts["test"]) == ("cluster" in columns)


@pytest.mark.real_data
def test_us_citations(real_data: Path, tmp_path: Path) -> None:
    report = import_benchmark(ImportOptions(real_data / "search" / "us_citations", "search", "us", tmp_path))
    assert report.taken == {"corpus": 4679, "queries": 398, "qrels": 805}
    assert all(row["date"] and row["family"] for row in opened(report).parts["queries"])


@pytest.mark.real_data
def test_clef_ip_judgments_are_read(real_data: Path) -> None:
    from wild_aieval.benchmarks.readers.retrieval import read_trec_qrels

    grades = [row.fields["grade"] for row in read_trec_qrels(real_data / "search" / "clef_ip_2010_pac_qrels.txt")]
    assert len(grades) == 62_950
    assert set(grades) == {"1", "2"}


def test_remarks_on_families_dates_and_confidentiality(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    rows = [
        {"id": "1", "text": "A valve.", "main": "F16K 1/00", "date": "2010-01-01", "family": "F1"},
        {"id": "2", "text": "A seal.", "main": "F16K 3/00", "date": "2012-01-01", "family": "F1"},
    ]
    source.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    split = ImportOptions(source, "classification", "families", tmp_path, train_until=datetime.date(2011, 1, 1))
    report = import_benchmark(split)
    assert "1 patent families are in train and in test, such as 'F1'" in " ".join(report.notes)
    assert opened(report).manifest.confidentiality == "aggregate-only"
    assert "'aggregate-only'" in " ".join(report.notes)


def test_invented_texts_and_offices_are_declared(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"id": "1", "text": "A valve.", "main": "F16K 1/00"}), encoding="utf-8")
    about = {"synthetic": True, "offices": ["EP"], "confidentiality": "open"}
    manifest = opened(import_benchmark(ImportOptions(source, "classification", "said", tmp_path, about=about))).manifest
    assert (manifest.synthetic, manifest.offices, manifest.confidentiality) == (True, ["EP"], "open")
