"""Every fault of a manifest is one readable UserError that names file and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.manifest import read_manifest
from wild_aieval.errors import UserError

HASH = "0123456789abcdef"

FAULTS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "missing field": ("classification", {"licence": None}, ["the field 'licence' is missing"]),
    "unknown key": ("classification", {"licenze": "X"}, ["unknown field 'licenze'", "'licence'"]),
    "unknown key in data": ("search", {"data": {"colums": {}}}, ["unknown field 'data.colums'", "'columns'"]),
    "unknown key in a pointer": (
        "translation",
        {"data": {"format": "hub", "files": None, "hub": {"test": {"id": "x/y", "revison": HASH, "split": "test"}}}},
        ["'data.hub.test.revison'", "'revision'"],
    ),
    "unknown task": ("search", {"task": "serch"}, ["task:", "'serch'", "Did you mean 'search'?"]),
    "name with capitals": ("search", {"name": "Small Set"}, ["name:", "lower-case", "'Small Set'"]),
    "version of two numbers": ("search", {"version": "1.0"}, ["version:", "three numbers", "'1.0'"]),
    "version read as a number": ("search", {"version": 1.5}, ["version:", "quotes"]),
    "edition read as a number": ("classification", {"edition": 2023.01}, ["edition:", "quotes"]),
    "edition that is not shipped": ("classification", {"edition": "2020.01"}, ["'2020.01'", "2023.01"]),
    "no scheme": ("classification", {"scheme": None}, ["scheme and edition"]),
    "unknown scheme": ("classification", {"scheme": "IPCR"}, ["scheme:", "Did you mean 'IPC'"]),
    "unknown level": ("classification", {"label_level": "sublcass"}, ["label_level:", "'subclass'"]),
    "unknown origin": ("classification", {"label_origin": "Z"}, ["label_origin:", "'Z'"]),
    "language name": ("search", {"languages": ["English"]}, ["languages.0", "BCP 47", "'English'"]),
    "no language": ("search", {"languages": []}, ["languages:"]),
    "language that YAML takes for no": ("search", {"languages": [False]}, ["languages.0", "quotes"]),
    "unknown office": ("search", {"offices": ["EPO"]}, ["offices.0", "ST.3", "'EP'"]),
    "translation without a target": ("translation", {"target_language": None}, ["target_language"]),
    "depth of nothing": ("search", {"depth": 0}, ["depth:", "found 0"]),
    "grade in words": ("search", {"grades": {"X": "high"}}, ["grades.X", "'high'"]),
    "impossible day": ("search", {"created": "2023-02-30"}, ["created:", "'2023-02-30'"]),
    "empty licence": ("search", {"licence": ""}, ["licence:"]),
    "unknown confidentiality": ("search", {"confidentiality": "secret"}, ["confidentiality:", "'secret'"]),
    "unknown format": ("search", {"data": {"format": "jsnl"}}, ["data.format", "Did you mean 'jsonl'"]),
    "format of another task": ("classification", {"data": {"format": "beir"}}, ["data.format", "for search"]),
    "unknown part": ("classification", {"data": {"files": {"tset": "x"}}}, ["'tset'", "'test'"]),
    "missing part": ("search", {"data": {"files": {"qrels": None}}}, ["data.files", "qrels"]),
    "part named twice": (
        "search",
        {"data": {"hub": {"qrels": {"id": "x/y", "revision": HASH, "split": "test"}}}},
        ["'qrels' stands under files and under hub"],
    ),
    "files in the hub's format": ("translation", {"data": {"format": "hub"}}, ["data.files", "data.hub"]),
    "unknown column": (
        "classification",
        {"data": {"columns": {"test": {"sybmols": "codes"}}}},
        ["data.columns.test", "'sybmols'", "'symbols'"],
    ),
    "branch instead of a commit": (
        "translation",
        {"data": {"format": "hub", "files": None, "hub": {"test": {"id": "x/y", "revision": "main", "split": "t"}}}},
        ["data.hub.test.revision", "'main'", "commit hash"],
    ),
    "short sha256": ("search", {"data": {"sha256": {"qrels.tsv": "abc"}}}, ["data.sha256.qrels.tsv", "64"]),
    "unknown schema version": ("search", {"schema_version": 2}, ["schema_version:", "found 2"]),
}


@pytest.mark.parametrize(("task", "changes", "words"), FAULTS.values(), ids=FAULTS)
def test_a_field_fault_is_named(make: Any, task: str, changes: dict[str, Any], words: list[str]) -> None:
    entry = make(task, **changes)
    with pytest.raises(UserError) as caught:
        read_manifest(entry.path / "benchmark.yaml")
    message = str(caught.value)
    assert message.startswith(f"{entry.path / 'benchmark.yaml'}: ")
    assert "\n" not in message
    for word in words:
        assert word in message


def test_all_faults_are_told_at_once(make: Any) -> None:
    entry = make("search", title=None, version="x", licenze="y")
    with pytest.raises(UserError) as caught:
        entry.manifest()
    assert all(word in str(caught.value) for word in ("title", "version", "licenze"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [a, b\ntask: search\n", ["line 2", "not valid YAML"]),
        ("name: a\ntask: search\nname: b\n", ["line 3", "'name' stands twice"]),
        ("- a\n- b\n", ["found list"]),
        ("", ["an empty file"]),
        ("name: \xff\n".encode("latin-1"), ["byte 7", "UTF-8"]),
        ("name: !!python/object/apply:os.getcwd []\n", ["line 1", "not valid YAML"]),
    ],
    ids=["broken", "key twice", "list", "empty", "latin-1", "code"],
)
def test_a_file_that_is_no_mapping_is_told_with_its_place(tmp_path: Path, text: str | bytes, words: list[str]) -> None:
    path = tmp_path / "benchmark.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)
    assert all(word in str(caught.value) for word in words)


def test_a_byte_order_mark_does_no_harm(make: Any) -> None:
    entry = make("search")
    path = entry.path / "benchmark.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert entry.manifest().name == "small"


def test_the_manifest_agrees_with_its_folder(make: Any) -> None:
    entry = make("search")
    moved = entry.path.rename(entry.path.with_name("other"))
    with pytest.raises(UserError, match=r"'search/small', but the folder is 'search/other'. Rename"):
        Entry("search/other", moved).manifest()


def test_a_manifest_cannot_be_changed(make: Any) -> None:
    manifest = make("search").manifest()
    with pytest.raises(ValueError, match="frozen"):
        manifest.name = "other"


def test_who_says_nothing_shows_no_texts(make: Any) -> None:
    assert make("search", confidentiality=None).manifest().confidentiality == "aggregate-only"
