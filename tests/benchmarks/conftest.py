"""Small good benchmarks, one per task, that a test bends where it wants a fault."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.catalogue import Entry

COMMON: dict[str, Any] = {
    "version": "1.0.0",
    "title": "A small one",
    "description": "For tests.",
    "languages": ["en"],
    "licence": "CC0-1.0",
    "creation": "Written by hand.",
    "contributor": "the tests",
    "created": "2024-05-01",
    "confidentiality": "open",
}
TASKS: dict[str, dict[str, Any]] = {
    "classification": {
        "scheme": "IPC",
        "edition": "2023.01",
        "data": {"format": "jsonl", "files": {"train": "train.jsonl", "test": "test.jsonl"}},
    },
    "translation": {
        "languages": ["en", "es"],
        "source_language": "en",
        "target_language": "es",
        "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
    },
    "search": {
        "data": {
            "format": "beir",
            "files": {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"},
        },
    },
}
FILES: dict[str, dict[str, str]] = {
    "classification": {
        "train.jsonl": '{"id": "a", "text": "a plough", "main": "A01B 3/00"}\n',
        "test.jsonl": (
            '{"id": "b", "text": "a harrow", "main": "A01B 19/00", "date": "2012-02-29"}\n'
            '{"id": "c", "text": "an eye test", "symbols": ["A61B 3/02", "G02B 5/00"]}\n'
        ),
    },
    "translation": {"test.jsonl": '{"id": "s1", "source": "Ploughs", "target": "Arados"}\n'},
    "search": {
        "corpus.jsonl": (
            '{"_id": "d1", "title": "Plough", "text": "It ploughs.",'
            ' "metadata": {"date": "20010203", "family_id": 7}}\n'
            '{"_id": "d2", "title": "", "text": "It harrows."}\n'
        ),
        "queries.jsonl": '{"_id": "q1", "text": "ploughing", "metadata": {"date": "2010-01-01"}}\n',
        "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\tX\nq1\td2\t0\n",
    },
}

Make = Callable[..., Entry]


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A deep copy with changes; None takes a key away."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make(task, files={name: text or bytes or None}, **changes of the manifest)`` writes a benchmark folder."""

    def write(task: str, /, files: dict[str, str | bytes | None] | None = None, **changes: Any) -> Entry:
        folder = tmp_path / "benchmarks" / task / "small"
        folder.mkdir(parents=True)
        manifest = merged({"name": "small", "task": task} | COMMON | TASKS[task], changes)
        (folder / "benchmark.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True), encoding="utf-8")
        for name, content in {**FILES[task], **(files or {})}.items():
            if content is not None:
                raw = content if isinstance(content, bytes) else content.encode("utf-8")
                (folder / name).write_bytes(raw)
        return Entry(f"{task}/small", folder)

    return write


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real patent data, which is not part of the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get("WILD_AIEVAL_REAL_DATA") or beside)
    if not path.is_dir():
        pytest.skip(f"no real data at {path}; WILD_AIEVAL_REAL_DATA may name its folder")
    return path


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, also where these tests run alone."""
    config.addinivalue_line("markers", "real_data: reads real patent data, skipped where it is absent")
