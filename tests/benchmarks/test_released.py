"""Published versions are kept and held against the folder; what a manifest leaves open is told."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.importer import import_benchmark
from wild_aieval.benchmarks.manifest_checks import manifest_findings
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.released import compare_with_released, release
from wild_aieval.errors import UserError


def rewritten(folder: Path, **changes: Any) -> None:
    path = folder / "benchmark.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}))


def codes(folder: Path) -> dict[str, str]:
    return {finding.code: finding.severity for finding in compare_with_released(folder)}


@pytest.fixture
def folder(make: Any) -> Path:
    """A folder whose version 1.0.0 is published, with digests."""
    entry = make("translation", data={"sha256": {"test.jsonl": "0" * 64}})
    digest = hashlib.sha256((entry.path / "test.jsonl").read_bytes()).hexdigest()
    data = yaml.safe_load((entry.path / "benchmark.yaml").read_text())["data"] | {"sha256": {"test.jsonl": digest}}
    rewritten(entry.path, data=data)
    assert codes(entry.path) == {"never-released": "note"}
    assert release(entry.path).name == "1.0.0.yaml"
    return Path(entry.path)


def test_an_unchanged_version_is_fine_and_is_released_once(folder: Path) -> None:
    kept = (folder / "released" / "1.0.0.yaml").read_bytes()
    release(folder)
    assert codes(folder) == {}
    assert (folder / "released" / "1.0.0.yaml").read_bytes() == kept


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"target_language": "pt"}, {"published-version-changed": "error"}),
        ({"licence": "CC-BY-4.0"}, {"published-version-changed": "error"}),
        ({"confidentiality": "shared-scores"}, {"published-version-changed": "error"}),
        ({"title": "Another"}, {"published-words-changed": "warning"}),
        ({"withdrawn": {"day": datetime.date(2026, 1, 2), "reason": "Texts were confidential."}}, {}),
        ({"retention": datetime.date(2030, 1, 1)}, {}),
        ({"clusters_are": "family"}, {}),  # was not said before
        ({"version": "0.9.0"}, {"version-not-raised": "error", "supersedes-missing": "error"}),
        ({"version": "1.0.1"}, {"supersedes-missing": "error"}),
        ({"version": "1.0.2", "supersedes": "1.0.1"}, {"supersedes-wrong": "error"}),
        ({"version": "1.0.1", "supersedes": "1.0.0"}, {}),
    ],
)
def test_changes_of_a_published_version(folder: Path, changes: dict[str, Any], expected: dict[str, str]) -> None:
    rewritten(folder, **changes)
    assert codes(folder) == expected


def test_a_changed_file_is_named_though_its_new_digest_is_declared(folder: Path) -> None:
    file = folder / "test.jsonl"
    file.write_text(file.read_text() + "\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    data = yaml.safe_load((folder / "benchmark.yaml").read_text())["data"]
    rewritten(folder, data=data | {"sha256": {"test.jsonl": digest}})
    found = compare_with_released(folder)
    assert {finding.code for finding in found} == {"published-version-changed", "published-file-changed"}
    assert {finding.where for finding in found} == {"benchmark.yaml", "test.jsonl"}
    with pytest.raises(UserError, match=r"version 1.0.0 is published already"):
        release(folder)


def test_the_newest_of_several_versions_counts(folder: Path) -> None:
    for version, before in (("1.2.0", "1.0.0"), ("1.10.0", "1.2.0")):
        rewritten(folder, version=version, supersedes=before)
        release(folder)
    rewritten(folder, version="1.9.0", supersedes="1.2.0")
    assert codes(folder) == {"version-not-raised": "error", "supersedes-wrong": "error"}


@pytest.mark.parametrize("text", ["name: [", "version: 2.0.0\n"])
def test_a_damaged_record_is_told(folder: Path, text: str) -> None:
    (folder / "released" / "1.0.0.yaml").write_text(text)
    assert codes(folder) == {"released-unreadable": "error"}


def test_a_record_under_a_wrong_name_is_told(folder: Path) -> None:
    (folder / "released" / "1.0.0.yaml").rename(folder / "released" / "2.0.0.yaml")
    assert codes(folder) == {"released-misnamed": "error"}


def test_a_new_version_keeps_the_record_of_the_older_ones(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"id": "1", "text": "a plough", "main": "A01B 3/00"}\n', encoding="utf-8")
    base = {"source": source, "task": "classification", "name": "rows", "root": tmp_path / "root"}
    release(import_benchmark(ImportOptions(**base)).folder)
    made = import_benchmark(ImportOptions(**base, replace=True, about={"version": "1.1.0"})).folder
    assert codes(made) == {}
    release(made)
    assert sorted(path.name for path in (made / "released").iterdir()) == ["1.0.0.yaml", "1.1.0.yaml"]
    rewritten(made, licence="CC0-1.0", contributor="An office")  # was 'unknown'
    assert codes(made) == {}


def test_a_release_writes_the_digests_that_are_missing(make: Any) -> None:
    folder = make("translation").path
    release(folder)
    digests = yaml.safe_load((folder / "benchmark.yaml").read_text(encoding="utf-8"))["data"]["sha256"]
    assert digests == {"test.jsonl": hashlib.sha256((folder / "test.jsonl").read_bytes()).hexdigest()}
    assert codes(folder) == {}


TODAY = datetime.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"sha256-missing": "note"}),
        ({"licence": "LicenseRef-Ours"}, {"terms-missing": "warning", "sha256-missing": "note"}),
        ({"licence": "LicenseRef-Ours", "terms_of_use": "Ask us."}, {"sha256-missing": "note"}),
        ({"licence": "CC-BY-NC-4.0"}, {"restricted-use": "note", "sha256-missing": "note"}),
        ({"retention": "2026-05-31"}, {"past-retention": "error", "sha256-missing": "note"}),
        ({"retention": "2026-06-01"}, {"sha256-missing": "note"}),
        ({"published": "2026-06-02"}, {"day-in-the-future": "warning", "sha256-missing": "note"}),
        ({"withdrawn": {"day": "2026-01-01", "reason": "Wrong."}}, {"withdrawn": "note", "sha256-missing": "note"}),
        ({"data": {"folder_from": "WILD_AIEVAL_DATA_OURS"}}, {}),
        ({"data": {"sha256": {"test.jsonl": "0" * 64}}}, {}),
        (
            {"data": {"format": "hub", "files": None, "hub": {"test": {"id": "x/y", "revision": None, "split": "t"}}}},
            {"revision-missing": "warning"},
        ),
    ],
)
def test_what_a_manifest_leaves_open(make: Any, changes: dict[str, Any], expected: dict[str, str]) -> None:
    entry = make("translation", **changes)
    assert {f.code: f.severity for f in manifest_findings(entry.path, TODAY)} == expected


def test_labels_of_unknown_origin_are_told(make: Any) -> None:
    found = {finding.code for finding in manifest_findings(make("classification").path, TODAY)}
    assert "label-origin-missing" in found


def test_files_without_digests_are_an_error_once_the_version_is_out(make: Any) -> None:
    data = {"format": "lines", "files": {"test": "t.{language}"}, "sha256": {"t.en": "0" * 64}}
    entry = make("translation", {"t.en": "a\n", "t.es": "b\n"}, data=data)
    (entry.path / "released").mkdir()
    (entry.path / "released" / "1.0.0.yaml").write_bytes((entry.path / "benchmark.yaml").read_bytes())
    (found,) = manifest_findings(entry.path, TODAY)
    assert (found.code, found.severity, found.examples) == ("sha256-missing", "error", ("t.es",))
