"""The candidate's LoggedModel: one in an experiment, whole even where a process was killed while it made it."""

from __future__ import annotations

from typing import Any

import pytest

from wild_aieval.tracking.store import log_run


def test_a_model_that_a_kill_left_half_made_is_finished(make: Any, uri: str, monkeypatch: Any) -> None:
    import mlflow

    def killed(*given: Any, **more: Any) -> None:
        raise SystemExit("killed")

    folder = make()
    with monkeypatch.context() as killing:
        killing.setattr(mlflow.MlflowClient, "log_model_artifacts", killed)
        with pytest.raises(SystemExit):
            log_run(folder, uri, "exp", 0)
    summary = log_run(folder, uri, "exp", 0)
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_run(summary["results"][0]["mlflow_run_id"]).info.experiment_id
    (model,) = mlflow.search_logged_models(experiment_ids=[experiment], output_format="list")
    assert model.status == "READY"
    assert [file.path for file in client.list_logged_model_artifacts(model.model_id)] == ["MLmodel"]
