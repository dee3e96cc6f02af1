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


def test_two_processes_that_write_a_tag_for_the_first_time(make: Any, uri: str, monkeypatch: Any) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    write, asked = mlflow.MlflowClient.set_experiment_tag, set[str]()

    def late(client: Any, experiment: str, name: str, text: str) -> None:
        first = name not in asked
        asked.add(name)
        write(client, experiment, name, "of another process" if first else text)
        if first:
            raise MlflowException("UNIQUE constraint failed: experiment_tags.key, experiment_tags.experiment_id")

    monkeypatch.setattr(mlflow.MlflowClient, "set_experiment_tag", late)
    summary = log_run(make(), uri, "exp", 0)
    client = mlflow.MlflowClient(tracking_uri=uri)
    run = client.get_run(summary["results"][0]["mlflow_run_id"])
    tags = client.get_experiment(run.info.experiment_id).tags
    assert asked and run.info.status == "FINISHED" and "of another process" not in tags.values()
