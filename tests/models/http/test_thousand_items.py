"""A thousand items through an endpoint of which 30 % of the requests fail, each in one of many ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.testing import Faults, MockEndpoint
from wild_aieval.testing.answers import symbols

pytestmark = pytest.mark.slow
ITEMS = 1000
REASONS = {
    "429": "HTTP 429",
    "500": "HTTP 500",
    "503": "HTTP 503",
    "reset": "the connection was lost",
    "hang": "no answer in time",
    "truncated": "the answer broke off",
    "malformed": "the answer is no JSON",
    "html": "a page of HTML came",
    "redirect": "a redirect to http://elsewhere.invalid:80, which is refused",
    "nan": "NaN is no number of JSON",
    "other_fields": "selects nothing",
}


def last_faults(endpoint: MockEndpoint) -> dict[str, str]:
    """What the last request for each item met."""
    return {json.loads(asked.body)["id"]: asked.fault for asked in endpoint.asked}


def test_every_item_ends_with_an_answer_or_a_reason_and_resume_asks_for_the_errors_only(place: Any) -> None:
    rows = [{"id": f"d{n}", "text": f"text number {n}", "main": "A01B"} for n in range(ITEMS)]
    place.classification(rows)
    with MockEndpoint(Faults(share=0.3, seed=5)) as endpoint:
        own = place.model_file("faulty", {
            "name": "faulty", "kind": "http", "task": "classification", "url": f"{endpoint.url}/classify",
            "request": {"id": "{id}", "text": "{text}"},
            "response": {"symbols": "predictions[].symbol", "scores": "predictions[].score"},
            "concurrency": 32, "timeout_seconds": 1.0, "retry_seconds": 20.0,
        })  # fmt: skip
        folder = RunFolder(place.root / "run")
        roots = f"benchmark_roots=[{place.benchmarks}]"
        done = place.cli(
            "--config-dir", own, "model=faulty", "benchmark=tiny", roots, "tracking=none", "inference.chunk_size=256",
            f"hydra.run.dir={folder.path}",
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        faults = last_faults(endpoint)
        tries = len(endpoint.asked)
        met = {asked.fault for asked in endpoint.asked}
        assert met == {*REASONS, ""}
        assert 0.25 < sum(bool(asked.fault) for asked in endpoint.asked) / tries < 0.35

        predictions = {row["item_id"]: row for row in folder.read_table("predictions")}
        assert len(predictions) == len(faults) == ITEMS
        errors = {name for name, row in predictions.items() if row["status"] == "error"}
        assert errors == {name for name, fault in faults.items() if fault}
        assert len(errors) > 100
        for name in errors:
            assert REASONS[faults[name]] in predictions[name]["error"]
        for name in predictions.keys() - errors:
            wanted = [list(pair) for pair in symbols(f"text number {name[1:]}")]
            assert json.loads(predictions[name]["output"]) == wanted
        (result,) = folder.read_json("summary.json")["results"]
        counts = {"asked": ITEMS, "answered": ITEMS - len(errors), "errors": len(errors), "scored": ITEMS}
        assert result["counts"] == counts
        assert result["partial"] is True

        endpoint.faults = Faults()
        endpoint.asked.clear()
        again = place.cli("resume", str(folder.path))
        assert again.returncode == 0, again.stderr
        assert sorted(json.loads(asked.body)["id"] for asked in endpoint.asked) == sorted(errors)
    assert {row["status"] for row in folder.read_table("predictions")} == {"ok"}
    assert folder.read_json("summary.json")["results"][0]["counts"]["errors"] == 0
