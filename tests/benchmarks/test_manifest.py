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
    "licence in words": (
        "search",
        {"licence": "CC BY 4.0"},
        ["licence:", "'CC BY 4.0' is not an SPDX expression", "'CC-BY-4.0'", "LicenseRef-"],
    ),
    "use of another kind": ("search", {"use": "comercial"}, ["use:", "'non-commercial'"]),
    "withdrawn without a reason": ("search", {"withdrawn": {"day": "2026-01-01"}}, ["'withdrawn.reason' is missing"]),
    "unknown key in limits": ("search", {"limits": {"item": 3}}, ["unknown field 'limits.item'", "'items'"]),
    "limit of nothing": ("search", {"limits": {"items": 0}}, ["limits.items", "found 0"]),
    "retention that is no day": ("search", {"retention": "for ever"}, ["retention:", "'for ever'"]),
    "splits of no part": ("search", {"splits": {"train": "random"}}, ["splits: 'train'"]),
    "supersedes a later version": ("search", {"supersedes": "1.0.0"}, ["supersedes: '1.0.0' is not older"]),
    "grade below nothing": ("search", {"grades": {"X": -1}}, ["grades.X", "found -1"]),
    "derived in two ways": (
        "classification",
        {"data": {"derived": {"test": {"office": {"constant": "US", "of": "country"}}}}},
        ["data.derived.test.office", "exactly one of", "constant", "of"],
    ),
    "derived in no way": (
        "classification",
        {"data": {"derived": {"test": {"office": {}}}}},
        ["data.derived.test.office", "exactly one of"],
    ),
    "names without a column": (
        "classification",
        {"data": {"derived": {"test": {"office": {"constant": "US", "names": {1: "A"}}}}}},
        ["'of: COLUMN'"],
    ),
    "unknown derived column": (
        "classification",
        {"data": {"derived": {"test": {"ofice": {"constant": "US"}}}}},
        ["data.derived.test: unknown column 'ofice'", "'office'"],
    ),
    "column and derived": (
        "classification",
        {"data": {"columns": {"test": {"office": "c"}}, "derived": {"test": {"office": {"constant": "US"}}}}},
        ["data.columns.test: 'office' is declared as derived as well"],
    ),
    "unknown column of a pointer": (
        "translation",
        {
            "data": {
                "format": "hub",
                "files": None,
                "hub": {"test": [{"id": "x/y", "revision": HASH, "split": "t", "columns": {"sorce": "a"}}]},
            }
        },
        ["data.hub.test.columns: unknown column 'sorce'", "'source'"],
    ),
    "folder that leads out": (
        "translation",
        {
            "data": {
                "format": "hub",
                "files": None,
                "hub": {"test": {"id": "x/y", "revision": HASH, "split": "t", "folder": "../z"}},
            }
        },
        ["data.hub.test.folder", "'../z'"],
    ),
    "no pointer at all": (
        "translation",
        {"data": {"format": "hub", "files": None, "hub": {"test": []}}},
        ["data.hub.test"],
    ),
    "distinct in no part": ("search", {"data": {"distinct": ["qrel"]}}, ["'qrel' is no part", "'qrels'"]),
    "variable in words": ("search", {"data": {"folder_from": "my folder"}}, ["data.folder_from", "'my folder'"]),
    "variable that holds other things": ("search", {"data": {"folder_from": "HOME"}}, ["'HOME'", "WILD_AIEVAL_DATA_"]),
    "format of translation": ("search", {"data": {"format": "tmx"}}, ["'tmx' is for translation"]),
    "short sha256": ("search", {"data": {"sha256": {"qrels.tsv": "abc"}}}, ["data.sha256.qrels.tsv", "64"]),
    "unknown schema version": ("search", {"schema_version": 2}, ["schema_version is 2", "a newer one"]),
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


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("Unknown", "unknown"),
        ("LicenseRef-Ours AND MIT", "LicenseRef-Ours AND MIT"),
    ],
)
def test_a_licence_is_read_as_spdx_writes_it(make: Any, written: str, read: str) -> None:
    assert make("search", licence=written).manifest().licence == read


@pytest.mark.parametrize(
    ("fields", "restricted"),
    [
        ({"licence": "CC-BY-NC-SA-4.0"}, "non-commercial"),
        ({"licence": "CC-BY-NC-4.0 AND MIT"}, "non-commercial"),
        ({"licence": "PolyForm-Noncommercial-1.0.0"}, "non-commercial"),
        ({"licence": "LicenseRef-X", "use": "research"}, "research"),
        ({"licence": "CC-BY-NC-4.0", "use": "any"}, ""),
        ({"licence": "NCSA"}, ""),
        ({"licence": "CC0-1.0"}, ""),
    ],
)
def test_restricted_use_is_seen(make: Any, fields: dict[str, Any], restricted: str) -> None:
    assert make("search", **fields).manifest().restricted_to == restricted


def test_one_pointer_or_several(make: Any) -> None:
    pointer = {"id": "x/y", "revision": None, "split": "t"}
    data = {"format": "hub", "files": None, "hub": {"test": [pointer, {**pointer, "config": "b"}]}}
    assert [p.config for p in make("translation", data=data).manifest().data.hub["test"]] == [None, "b"]
