"""The starter sets have no error; on real patents each check says something plausible, or nothing."""

from __future__ import annotations

import datetime
import json
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import scan
from wild_aieval.benchmarks.checks.alignment import shifted_rows
from wild_aieval.benchmarks.checks.run import check
from wild_aieval.benchmarks.checks.subject import Subject
from wild_aieval.benchmarks.importer import import_benchmark
from wild_aieval.benchmarks.manifest import read_manifest
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.paths import starter_benchmarks

OF_THE_MANIFEST = ("licence-unknown", "label-origin-missing", "never-released", "sha256-missing")
CLAIMS = "translation/ep_claims_en_de_fr.jsonl"
GRANTS = ("classification", "classification/us_grants_ipc_2006_2012.jsonl", {"symbols": "codes", "text": "abstract"})
TITLES = {"id": "symbol", "source": "en", "target": "es"}
SETS: dict[str, tuple[str, str, dict[str, str], dict[str, tuple[int, int]]]] = {
    # name: task, file, columns, code to the least and the greatest number of places
    "grants": (*GRANTS, {
        "label-unknown": (10, 40), "label-conflict": (2, 8), "text-unclosed": (5, 15), "encoding-invisible": (1, 1),
        "near-duplicate-train-test": (1, 5), "near-duplicate-train": (3, 10), "symbol-unknown": (300, 600),
        "class-rare": (200, 280), "class-not-in-train": (40, 80),
    }),
    "claims-de": ("translation", CLAIMS, {"source": "en", "target": "de", "cluster": "doc"}, {
        "numbers-differ": (10, 25), "signs-differ": (1, 3), "text-truncated": (5, 15),
        "text-unclosed": (1, 5), "near-duplicate-test-related": (10, 30),
    }),
    "claims-fr": ("translation", CLAIMS, {"source": "en", "target": "fr", "cluster": "doc"}, {
        "numbers-differ": (10, 25), "text-truncated": (5, 20), "text-unclosed": (1, 9),
        "near-duplicate-test-related": (10, 30),
    }),
    "titles-es": ("translation", "translation/ipc_titles_en_es.jsonl", TITLES, {
        "length-ratio": (2, 8), "numbers-differ": (80, 130), "near-duplicate-test": (30, 60),
        "reference-conflict": (2, 6),
    }),
    "citations": ("search", "search/us_citations", {}, {
        "text-truncated": (1, 2), "text-unclosed": (5, 25), "encoding-invisible": (1, 4),
        "near-duplicate-query-corpus": (5, 15),
        "query-one-judgment": (180, 260), "family-not-cluster": (20, 40), "text-markup": (400, 550),
        "near-duplicate-corpus-related": (100, 160), "near-duplicate-corpus": (40, 80),
        "near-duplicate-query-corpus-related": (350, 420),
    }),
}  # fmt: skip


STARTERS = [entry for entry in scan([starter_benchmarks()]) if entry.path.name.startswith("starter")]


@pytest.mark.parametrize("entry", STARTERS, ids=lambda entry: entry.name)
def test_starters_have_no_error_and_no_warning(entry: Any) -> None:
    report = check(entry)
    assert [str(finding) for finding in report.findings if finding.severity != "note"] == []


def imported(data: Path, root: Path, name: str) -> Path:
    task, file, columns, _ = SETS[name]
    about: dict[str, Any] = {"licence": "unknown", "contributor": "the tests", "confidentiality": "open"}
    if task == "translation":
        about |= {"source_language": columns["source"], "target_language": columns["target"]}
    until = datetime.date(2010, 12, 31) if name == "grants" else None
    columns = columns | ({"date": "publication_date"} if name == "grants" else {})
    options = ImportOptions(
        data / file, task, name, root, columns=columns, train_until=until, skip_bad=True, about=about
    )
    return import_benchmark(options).folder


def counted(message: str) -> int:
    """The count that a message begins with."""
    return int(message.split()[0].replace(",", ""))


@pytest.mark.real_data
@pytest.mark.parametrize("name", SETS)
def test_real_sets_give_plausible_counts(real_data: Path, tmp_path: Path, name: str) -> None:
    folder = imported(real_data, tmp_path, name)
    started = time.monotonic()
    findings = check(folder).findings
    assert time.monotonic() - started < 60
    found = {finding.code: counted(finding.message) for finding in findings if finding.code not in OF_THE_MANIFEST}
    expected: Mapping[str, tuple[int, int]] = SETS[name][3]
    assert set(found) == set(expected)
    assert {code: count for code, count in found.items() if not expected[code][0] <= count <= expected[code][1]} == {}


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "tail"), [("claims-de", 15), ("claims-fr", 15), ("titles-es", 80)])
def test_a_lost_line_is_found_and_aligned_rows_are_left_alone(
    real_data: Path, tmp_path: Path, name: str, tail: int
) -> None:
    folder = imported(real_data, tmp_path, name)
    manifest = read_manifest(folder / "benchmark.yaml")
    rows = [json.loads(line) for line in (folder / "test.jsonl").read_text(encoding="utf-8").splitlines()]

    def shifted(chosen: list[dict[str, Any]]) -> bool:
        placed = [(f"test.jsonl, line {number}", row) for number, row in enumerate(chosen, 1)]
        return any(shifted_rows(Subject(manifest, folder, {"test": placed})))

    hits = 0
    for seed in range(5):
        generator = random.Random(seed)
        assert not shifted(generator.sample(rows, 300))
        start = generator.randrange(60, len(rows) - tail - 2)
        part = rows[start - 60 : start + tail + 1]
        targets = [row["target"] for row in part]
        targets = [*targets[:60], *targets[61:], "."]
        hits += shifted([row | {"target": target} for row, target in zip(part, targets, strict=True)])
    assert hits == 5
