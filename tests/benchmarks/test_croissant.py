"""What others read of a benchmark: Croissant as its own library validates it, and the header that the hub parses."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import Entry, scan
from wild_aieval.benchmarks.croissant import croissant
from wild_aieval.benchmarks.hub_header import header_fields, hub_header, with_header
from wild_aieval.errors import UserError

mlcroissant = pytest.importorskip("mlcroissant")

ROOT = Path(__file__).parents[2] / "benchmarks"
ALL = {entry.name: entry for entry in scan([ROOT])}
STARTERS = [name for name in ALL if "/starter" in name]


def described(entry: Entry, place: Path) -> Any:
    """The description, read by the library from a folder with the files of the benchmark."""
    for path in entry.path.iterdir():
        if path.is_file():
            (place / path.name).write_bytes(path.read_bytes())
    document = croissant(entry.manifest(), entry.path)
    (place / "croissant.json").write_text(json.dumps(document), encoding="utf-8")
    data_set = mlcroissant.Dataset(jsonld=str(place / "croissant.json"))
    assert data_set.metadata.ctx.issues.errors == set()
    assert data_set.metadata.ctx.issues.warnings == set()
    return data_set


def records(data_set: Any, part: str) -> list[dict[str, Any]]:
    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(member) for member in value]
        return value.decode("utf-8") if isinstance(value, bytes) else value

    rows = data_set.records(record_set=part)
    return [{name.partition("/")[2]: plain(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("name", ALL)
def test_every_benchmark_is_described_without_errors_or_warnings(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        data_set = described(ALL[name], tmp_path)
    assert [record.message for record in caplog.records if "context" in record.message] == []
    manifest = ALL[name].manifest()
    assert data_set.metadata.version == manifest.version
    assert manifest.licence in str(data_set.metadata.license)
    assert len(data_set.metadata.record_sets) == (len(manifest.data.parts) if name in STARTERS else 0)


def test_rows_of_the_starters_can_be_iterated(tmp_path: Path) -> None:
    for name, part, count in (
        ("classification/starter", "test", 192),
        ("classification/starter", "train", 192),
        ("translation/starter-en-es", "test", 160),
        ("search/starter", "qrels", 209),
        ("search/starter", "queries", 48),
    ):
        place = tmp_path / name / part
        place.mkdir(parents=True)
        rows = records(described(ALL[name], place), part)
        assert len(rows) == count
        assert all(rows[0].values())
    assert rows[0]["id"] == "WAQ-01"
    assert str(rows[0]["date"]).startswith("20")
    assert rows[0]["family"]


FORMATS: dict[str, tuple[str, dict[str, Any], dict[str, str], dict[str, Any]]] = {
    "csv": (
        "translation",
        {
            "format": "csv",
            "files": {"test": "t.csv"},
            "columns": {"test": {"id": "nr", "source": "en", "target": "es"}},
        },
        {"t.csv": 'nr,en,es\nA1,"Ploughs, harrows",Arados\n'},
        {"id": "A1", "source": "Ploughs, harrows", "target": "Arados"},
    ),
    "tsv": (
        "translation",
        {"format": "tsv", "files": {"test": "t.tsv"}},
        {"t.tsv": "id\tsource\ttarget\nA1\tPloughs\tArados\n"},
        {"id": "A1", "source": "Ploughs", "target": "Arados"},
    ),
    "lists": (
        "classification",
        {"files": {"test": "t.jsonl", "train": None}},
        {"t.jsonl": '{"id": "A1", "text": "x", "symbols": ["A01B", "A61B"], "date": "2012-02-29"}\n'},
        {"id": "A1", "symbols": ["A01B", "A61B"]},
    ),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_of_other_formats_can_be_iterated(make: Any, tmp_path: Path, kind: str) -> None:
    task, data, files, expected = FORMATS[kind]
    place = tmp_path / "described"
    place.mkdir()
    (row,) = records(described(make(task, files, data=data), place), "test")
    assert expected.items() <= row.items()


def test_parquet(make: Any, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    entry = make("translation", data={"format": "parquet", "files": {"test": "t.parquet"}})
    pq.write_table(pa.table({"id": ["A1"], "source": ["Ploughs"], "target": ["Arados"]}), entry.path / "t.parquet")
    place = tmp_path / "described"
    place.mkdir()
    (row,) = records(described(entry, place), "test")
    assert row == {"id": "A1", "source": "Ploughs", "target": "Arados"}


def test_files_without_columns_are_named_with_their_digests(make: Any) -> None:
    data = {"format": "lines", "files": {"test": "t.{language}"}}
    entry = make("translation", {"t.en": "Ploughs\n", "t.es": "Arados\n"}, data=data)
    document = croissant(entry.manifest(), entry.path)
    assert [file["@id"] for file in document["distribution"]] == ["t.en", "t.es"]
    assert all(len(file["sha256"]) == 64 for file in document["distribution"])
    assert document["recordSet"] == []


def test_a_missing_file_is_told(make: Any) -> None:
    entry = make("translation", {"test.jsonl": None})
    with pytest.raises(UserError, match=r"test.jsonl: there is no such file, so it cannot be described"):
        croissant(entry.manifest(), entry.path)


# --- the header for the hub ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_the_hub_reads_every_header(name: str) -> None:
    hub = pytest.importorskip("huggingface_hub")
    entry = ALL[name]
    manifest = entry.manifest()
    text = with_header((entry.path / "README.md").read_text(encoding="utf-8"), hub_header(manifest, {"test": 192}))
    card = hub.DatasetCard(text)
    assert isinstance(card.data, hub.DatasetCardData)
    assert card.data.pretty_name == manifest.title
    assert card.data.language == [tag[:2] for tag in manifest.languages]
    assert card.data.size_categories == ["n<1K"]
    assert card.data.task_categories[0] in ("text-classification", "translation", "text-retrieval")
    assert card.text.lstrip().startswith("# ")
    again = hub.DatasetCard(with_header(text, hub_header(manifest, {"test": 192})))
    assert str(again) == str(card)


def test_the_header_leads_the_library_to_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    for name, config, split, count in (
        ("classification/starter", None, "train", 192),
        ("search/starter", "queries", "test", 48),
        ("search/starter", "corpus", "test", 815),
        ("translation/starter-en-pt", None, "test", 160),
    ):
        place = tmp_path / name
        place.mkdir(parents=True, exist_ok=True)
        for path in ALL[name].path.iterdir():
            if path.is_file():
                (place / path.name).write_bytes(path.read_bytes())
        header = hub_header(ALL[name].manifest(), {"test": 1})
        (place / "README.md").write_text(with_header((place / "README.md").read_text(), header), encoding="utf-8")
        rows = datasets.load_dataset(str(place), config, split=split, cache_dir=str(tmp_path / "cache"))
        assert len(rows) == count


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"licence": "CC-BY-NC-SA-4.0"}, {"license": "cc-by-nc-sa-4.0"}),
        ({"licence": "unknown"}, {"license": "unknown"}),
        ({"licence": "GPL-3.0-only"}, {"license": "gpl-3.0"}),
        (
            {"licence": "LicenseRef-Ours", "homepage": "https://example.org"},
            {"license": "other", "license_name": "licenseref-ours", "license_link": "https://example.org"},
        ),
        ({"licence": "MIT OR CC0-1.0"}, {"license": "other", "license_name": "mit-or-cc0-1.0"}),
    ],
)
def test_licences_as_the_hub_names_them(make: Any, fields: dict[str, str], expected: dict[str, str]) -> None:
    assert expected.items() <= header_fields(make("search", **fields).manifest(), {}).items()


@pytest.mark.parametrize(("rows", "size"), [(999, "n<1K"), (1_000, "1K<n<10K"), (68_000_000, "10M<n<100M")])
def test_sizes_as_the_hub_names_them(make: Any, rows: int, size: str) -> None:
    assert header_fields(make("search").manifest(), {"corpus": rows})["size_categories"] == [size]


def test_regions_of_languages_are_kept_apart(make: Any) -> None:
    fields = header_fields(
        make("translation", languages=["en", "pt-BR"], target_language="pt-BR").manifest(), {"test": 1}
    )
    assert (fields["language"], fields["language_bcp47"]) == (["en", "pt"], ["pt-BR"])
    assert fields["multilinguality"] == ["translation"]


def test_judgments_in_another_format_are_left_out_and_tabs_are_said(make: Any) -> None:
    assert [c["config_name"] for c in header_fields(make("search").manifest(), {})["configs"]] == ["corpus", "queries"]


def test_a_file_with_tabs_says_so(make: Any) -> None:
    data = {"format": "tsv", "files": {"test": "t.tsv"}}
    (config,) = header_fields(make("translation", data=data).manifest(), {})["configs"]
    assert config == {"config_name": "default", "data_files": [{"split": "test", "path": "t.tsv"}], "sep": "\t"}
