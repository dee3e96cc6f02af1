"""Results in the schema of Every Eval Ever 0.3.0: as its published files ask for, without texts.

The package ``every-eval-ever`` needs Python 3.12 and much else, so that it is no dependency; where it is installed, its
own types are asked too. What stands here is our own description of what the schema requires.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import imported
from wild_aieval.cli import main

from .conftest import NOW, SECRET, Offices

Rows = Callable[[int, int], list[dict[str, Any]]]
LOG = {
    "schema_version": str, "evaluation_id": str, "evaluation_timestamp": str, "retrieved_timestamp": str,
    "source_metadata": {
        "source_name": str, "source_type": str, "source_organization_name": str, "evaluator_relationship": str,
        "additional_details": str,
    },
    "eval_library": {"name": str, "version": str},
    "model_info": {"name": str, "id": str, "developer": str, "additional_details": str},
    "evaluation_results": list,
    "detailed_evaluation_results": {
        "format": str, "file_path": str, "hash_algorithm": str, "checksum": str, "total_rows": int
    },
}  # fmt: skip
RESULT = {
    "evaluation_result_id": str, "evaluation_name": str, "evaluation_timestamp": str,
    "source_data": {"dataset_name": str, "source_type": str, "additional_details": str},
    "metric_config": {
        "evaluation_description": str, "metric_id": str, "metric_name": str, "metric_unit": str,
        "lower_is_better": bool, "score_type": str, "min_score": float, "max_score": (float, str),
        "additional_details": str,
    },
    "score_details": {
        "score": float,
        "uncertainty": {
            "num_samples": int, "num_bootstrap_samples": int,
            "confidence_interval": {"lower": float, "upper": float, "confidence_level": float, "method": str},
        },
    },
}  # fmt: skip
INSTANCE = {
    "schema_version": str, "evaluation_id": str, "model_id": str, "evaluation_name": str, "evaluation_result_id": str,
    "sample_id": str, "sample_hash": str, "interaction_type": str, "input": {"raw": str, "reference": list},
    "output": {"raw": list}, "answer_attribution": list, "evaluation": {"score": float, "is_correct": bool},
    "metadata": str,
}  # fmt: skip
OPTIONAL = {
    "developer", "detailed_evaluation_results", "num_bootstrap_samples", "confidence_interval", "evaluation_timestamp"
}  # fmt: skip
FILE = re.compile(r"data/[^/]+/[^/]+/[^/]+/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def fits(found: Any, wanted: Any) -> None:
    """Names and kinds; details are texts by name."""
    if not isinstance(wanted, dict):
        assert isinstance(found, wanted) and (wanted is bool or not isinstance(found, bool)), (found, wanted)
        return
    assert set(found) <= set(wanted) and set(wanted) - set(found) <= OPTIONAL
    for name, value in found.items():
        if name in ("additional_details", "metadata"):
            assert all(isinstance(one, str) for one in value.values())
        else:
            fits(value, wanted[name])


def written(to: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Logs and rows of items, by path."""
    logs = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(to.rglob("*.json"))]
    rows = [json.loads(line) for file in sorted(to.rglob("*.jsonl")) for line in file.read_text().splitlines()]
    return logs, rows


@pytest.mark.parametrize("confidentiality", ["open", "shared-scores", "aggregate-only"])
def test_what_is_written(offices: Offices, make_rows: Rows, confidentiality: str) -> None:
    folders = offices.runs("EP", make_rows(0, 30), confidentiality=confidentiality)
    to = offices.place.root / "eee"
    assert main(["results", "every-eval-ever", *map(str, folders), "--office", "EP", "--to", str(to)]) == 0
    logs, rows = written(to)
    assert len(logs) == 2 and len(rows) == (0 if confidentiality == "aggregate-only" else 2 * 3 * 30)
    for log in logs:
        fits(log, LOG)
        for result in log["evaluation_results"]:
            fits(result, RESULT)
        assert log["schema_version"] == "0.3.0" and log["source_metadata"]["source_organization_name"] == "EP"
        assert log["source_metadata"]["source_type"] == ("evaluation_run" if rows else "documentation")
        if rows:
            assert FILE.match(log["detailed_evaluation_results"]["file_path"])
            assert (to / log["detailed_evaluation_results"]["file_path"]).is_file()
    for row in rows:
        fits(row, INSTANCE)
        assert row["sample_id"] != row["sample_hash"] and not row["input"]["reference"]
    known = {result["evaluation_result_id"] for log in logs for result in log["evaluation_results"]}
    assert {row["evaluation_result_id"] for row in rows} <= known
    raw = b"".join(file.read_bytes() for file in to.rglob("*.json*"))
    for word in (SECRET.encode(), b"escapement", b"doc17", b"fam8", str(offices.place.root).encode()):
        assert word not in raw


def test_scores_of_items_give_the_figure(offices: Offices, make_rows: Rows) -> None:
    folder = offices.runs("EP", make_rows(0, 30), confidentiality="shared-scores")[0]
    to = offices.place.root / "eee"
    assert main(["results", "every-eval-ever", str(folder), "--office", "EP", "--to", str(to)]) == 0
    (log,), rows = written(to)
    results = {result["evaluation_result_id"]: result for result in log["evaluation_results"]}
    for name, result in results.items():
        scores = [row["evaluation"]["score"] for row in rows if row["evaluation_result_id"] == name]
        if scores:
            assert sum(scores) / len(scores) == pytest.approx(result["score_details"]["score"])
            assert len(scores) == result["score_details"]["uncertainty"]["num_samples"]


def test_imported_results_name_who_measured_and_signed(offices: Offices, make_rows: Rows) -> None:
    folders = offices.runs("US", make_rows(0, 30), confidentiality="shared-scores")[:1]
    taken = imported.take(offices.export("US", folders), offices.group, offices.trusted.of("US")[0], NOW)
    own, theirs = offices.place.root / "own", offices.place.root / "theirs"
    assert main(["results", "every-eval-ever", str(folders[0]), "--office", "US", "--to", str(own)]) == 0
    assert main(["results", "every-eval-ever", str(taken[0]), "--office", "EP", "--to", str(theirs)]) == 0
    (log,), rows = written(theirs)
    assert log["source_metadata"]["source_organization_name"] == "US"
    key = offices.trusted.of("US")[0]
    assert log["source_metadata"]["additional_details"]["signed_by"] == key.fingerprint
    (same,), same_rows = written(own)
    assert [row["sample_id"] for row in rows] == [row["sample_id"] for row in same_rows]
    assert log["evaluation_results"] == same["evaluation_results"]


def test_by_the_types_of_the_package_where_it_is_installed(offices: Offices, make_rows: Rows) -> None:
    types = pytest.importorskip("every_eval_ever.eval_types", reason="every-eval-ever (Python 3.12) is not installed")
    items = pytest.importorskip("every_eval_ever.instance_level_types")
    folders = offices.runs("EP", make_rows(0, 30))
    to = offices.place.root / "eee"
    assert main(["results", "every-eval-ever", *map(str, folders), "--office", "EP", "--to", str(to)]) == 0
    logs, rows = written(to)
    for log in logs:
        types.EvaluationLog.model_validate(log)
    for row in rows:
        items.InstanceLevelEvaluationLog.model_validate(row)
