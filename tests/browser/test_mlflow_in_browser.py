"""MLflow's own pages, as a member sees them: two runs side by side, and a comparison with its sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from wild_aieval.cli import main

pytestmark = pytest.mark.slow
SYMBOLS = ["A01B", "A61B", "B60L", "C07D"]
ROWS = [{"id": f"d{n:02d}", "text": f"{SYMBOLS[n % 4].lower()} {n}", "main": SYMBOLS[n % 4]} for n in range(40)]


@pytest.fixture
def store(place: Any, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """A store with two runs and their comparison."""
    place.classification(ROWS, [{**row, "id": f"t{row['id']}"} for row in ROWS])
    uri = f"sqlite:///{place.root}/mlflow.db"
    runs = []
    for model in ("tfidf", "majority"):
        folder = str(place.run(model, folder=model)[1].path)
        assert main(["log", folder, "--uri", uri, "--json"]) == 0
        runs.append(json.loads(capsys.readouterr().out)["results"][0]["mlflow_run_id"])
    assert main(["compare", *runs, "--uri", uri, "--json", "--out", str(place.root / "comparison")]) == 0
    return {"runs": runs, "uri": uri, "comparison": json.loads(capsys.readouterr().out)}


def test_runs_side_by_side_and_the_sentence_of_a_comparison(
    browser: Any, server: str, store: dict[str, Any], tmp_path: Path
) -> None:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=store["uri"])
    first, second = (client.get_run(run) for run in store["runs"])
    assert list(first.data.metrics) == list(second.data.metrics), "the same keys in the same order"
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    experiment = json.dumps([first.info.experiment_id])
    page.goto(f"{server}/#/compare-runs?runs={quote(json.dumps(store['runs']))}&experiments={quote(experiment)}")
    page.get_by_text("Comparing 2 Runs from 1 Experiment").wait_for(timeout=60_000)
    page.get_by_text("tfidf · classification/tiny").first.wait_for(timeout=30_000)
    text = page.inner_text("body")
    # The list of metrics is long and drawn as far as it is seen; the main results stand among the tags, with intervals.
    for shown in (
        "majority · classification/tiny",
        "class.first_guess.main.ci_low",
        "result.subclass.first_guess.main",
    ):
        assert shown in text, shown
    assert "1.000 [0.91, 1.00]" in text

    found = store["comparison"]
    logged = client.get_run(found["mlflow_run_id"])
    page.goto(f"{server}/#/experiments/{logged.info.experiment_id}/runs/{found['mlflow_run_id']}")
    page.get_by_role("heading", name="tfidf vs majority · classification/tiny").wait_for(timeout=60_000)
    page.get_by_text(found["benchmarks"][0]["pairs"][0]["sentence"]).first.wait_for(timeout=30_000)
    page.goto(f"{server}/#/experiments/{logged.info.experiment_id}/runs/{found['mlflow_run_id']}/artifacts")
    page.get_by_text("report.html").first.wait_for(timeout=60_000)
    shown = page.inner_text("body")
    for name in ("comparison.json", "pairs.json", "systems.json", "figures"):
        assert name in shown, name
    page.close()
