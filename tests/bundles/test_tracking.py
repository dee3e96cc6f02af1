"""Results of other offices in MLflow: once, with where they came from, and later where the store is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import imported
from wild_aieval.cli import main
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.tracking import elsewhere
from wild_aieval.tracking.opening import TrackingError

from .conftest import NOW, Offices

Rows = Callable[[int, int], list[dict[str, Any]]]
VALUE = "subclass.first_guess.main"


def runs_in(uri: str) -> list[Any]:
    """All runs of the store that were not deleted."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    found = client.search_experiments(filter_string="name LIKE 'wild-aieval/%'")
    return list(client.search_runs([one.experiment_id for one in found])) if found else []


@pytest.mark.slow
def test_what_was_imported_is_logged_once(
    offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = offices.runs("EP", make_rows(0, 30), confidentiality="shared-scores")
    bundle = offices.export("EP", folders)
    group = ["--group", str(offices.group)]
    uri = f"sqlite:///{offices.place.root}/mlflow.db"
    closed = offices.place.root / "closed"
    closed.write_text("no folder")

    monkeypatch.setattr(imported.checks, "SKEW", imported.checks.SKEW * 10**6)  # the bundle is of another day
    taking = ["results", "import", str(bundle.path), *group, "--yes"]
    assert main([*taking, "--uri", f"sqlite:///{closed}/mlflow.db"]) == 0
    said = capsys.readouterr()
    assert "2 results taken" in said.out
    assert "The results were taken. Log them later with: python -m wild_aieval results log" in said.err
    assert main(taking) == 1
    assert "imported already" in capsys.readouterr().err

    assert main(["results", "log", *group, "--uri", uri]) == 0
    first = runs_in(uri)
    assert len(first) == 2
    for run in first:
        (entry,) = next(
            one["results"]
            for one in (RunFolder(folder).read_json("summary.json") for folder in folders)
            if one["model"] == run.data.tags["wae.model"]
        )
        assert run.info.run_name == f"{entry['model']} · classification/tiny · EP"
        assert run.data.metrics[VALUE] == entry["measures"][VALUE]["value"]
        assert run.data.tags["wae.measured_by"] == "EP" and run.data.tags["wae.bundle"] == bundle.id
        assert run.data.tags["wae.signed_by"] == offices.trusted.of("EP")[0].fingerprint
        assert run.data.tags["wae.exported"] == NOW.isoformat(timespec="seconds")
        assert run.data.params["model"] == entry["model"]
        assert entry["digest"] not in str(run.data.tags)
    capsys.readouterr()
    assert main(["results", "log", *group, "--uri", uri]) == 0
    assert "MLflow has all of them already" in capsys.readouterr().out
    assert [run.info.run_id for run in runs_in(uri)] == [run.info.run_id for run in first]


@pytest.mark.slow
@pytest.mark.parametrize("may_delete", [True, False])
def test_a_run_that_was_half_logged_is_logged_anew(
    offices: Offices, make_rows: Rows, monkeypatch: pytest.MonkeyPatch, may_delete: bool
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    bundle = offices.export("EP", offices.runs("EP", make_rows(0, 30))[:1])
    folders = imported.take(bundle, offices.group, offices.trusted.of("EP")[0], NOW)
    uri = f"sqlite:///{offices.place.root}/mlflow.db"

    def gone(*_: object) -> None:
        raise OSError("the store went away")

    with monkeypatch.context() as broken:
        broken.setattr(elsewhere.board, "log_words_and_numbers", gone)
        with pytest.raises(TrackingError):
            elsewhere.log_imported(folders, uri)
    (half,) = runs_in(uri)
    assert VALUE not in half.data.metrics

    def refuses(*_: object) -> None:
        raise MlflowException("Permission denied (error code 403)")

    if not may_delete:
        monkeypatch.setattr(MlflowClient, "delete_run", refuses)
    assert len(elsewhere.log_imported(folders, uri)) == 1
    left = {run.info.run_id: run for run in runs_in(uri)}
    if not may_delete:
        assert left.pop(half.info.run_id).info.status == "FAILED"
    (whole,) = left.values()
    assert whole.info.run_id != half.info.run_id and VALUE in whole.data.metrics
    assert Path(folders[0]).is_dir()
