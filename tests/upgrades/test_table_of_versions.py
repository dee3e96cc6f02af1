"""The table of versions in docs/operations.md names what the readers read."""

from __future__ import annotations

import re
from pathlib import Path

from wild_aieval import runspec
from wild_aieval.benchmarks import lock, manifest
from wild_aieval.operations import archive
from wild_aieval.oversight.ledger import chain
from wild_aieval.oversight.risk import certificate
from wild_aieval.records import item_statistics, journal, run_folder
from wild_aieval.review import store
from wild_aieval.review.desk import people
from wild_aieval.review.report import compute

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
VERSIONS = {
    "runspec.json": runspec.SCHEMA_VERSION,
    "journal.jsonl": journal.SCHEMA_VERSION,
    "predictions.parquet": run_folder.SCHEMA_VERSION,
    "statistics.npz": item_statistics.SCHEMA_VERSION,
    "comparison.json": run_folder.SCHEMA_VERSION,
    "review.json": compute.SCHEMA_VERSION,
    "certificates.json": certificate.SCHEMA_VERSION,
    "review/ledger*.jsonl": chain.SCHEMA_VERSION,
    "batch.json": store.SCHEMA_VERSION,
    "people.json": people.SCHEMA_VERSION,
    "benchmark.yaml": manifest.SCHEMA_VERSION,
    "benchmark.lock": lock.SCHEMA_VERSION,
    "MANIFEST.json": archive.SCHEMA_VERSION,
}


def test_the_table_says_what_is_read() -> None:
    rows = re.findall(r"^\| (`.*?) \| (\d+) \| ", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    for name, version in VERSIONS.items():
        (stated,) = {int(number) for files, number in rows if name in files}
        assert stated == version, name
