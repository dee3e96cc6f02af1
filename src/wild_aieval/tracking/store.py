"""MLflow as an observer of run folders: every result becomes one flat run; the run folder stays the truth."""

from __future__ import annotations

from typing import Any

from wild_aieval.addresses import absolute, redacted, redacted_text
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports.results import Result, read_results
from wild_aieval.tracking.opening import TrackingError, at_work, experiment_id, open_store

__all__ = ["TrackingError", "log_run", "readable"]


def log_run(folder: RunFolder, uri: str | None, experiment: str, max_traces: int) -> dict[str, Any]:
    """Log every result that the store does not have yet; returns the summary with ``mlflow_run_id`` in each result.

    Raises TrackingError with a readable text whatever goes wrong with MLflow, its server or its files; UserError
    where another process is at work in the folder, for two that log the same result would log it twice.
    """
    with folder.locked():
        return _logged(folder, absolute(uri), experiment, max_traces)


def _logged(folder: RunFolder, address: str, experiment: str, max_traces: int) -> dict[str, Any]:
    results = read_results(folder)
    try:
        observer = _Observer(address, experiment, max_traces)
        with at_work():
            run_ids = [observer.log(folder, result) for result in results]
            observer.arrange()
    except (UserError, TrackingError):
        raise
    except Exception as error:  # MLflow raises errors of many libraries; the run must survive them all
        if _interrupted(error):
            raise KeyboardInterrupt from None
        raise TrackingError(readable(address, error)) from error
    summary = folder.read_json(SUMMARY)
    for entry, run_id in zip(summary["results"], run_ids, strict=True):
        entry["mlflow_run_id"] = run_id
    folder.write_json(SUMMARY, summary)
    return summary


def _interrupted(error: BaseException | None) -> bool:
    """Whether it was raised while an interrupt was on its way, which it must not hide."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


class _Observer:
    """An open store with the experiments that were written to."""

    def __init__(self, uri: str, experiment: str, max_traces: int) -> None:
        self._mlflow = open_store(uri)
        self._client = self._mlflow.MlflowClient()
        self._uri, self._name, self._max_traces = uri, experiment, max_traces
        self._logged: dict[str, list[Result]] = {}

    def log(self, folder: RunFolder, result: Result) -> str:
        """The id of the result's run, found or made; what the folder said before is marked as superseded."""
        from wild_aieval.tracking import superseded

        experiment = experiment_id(self._mlflow, self._uri, f"{self._name}/{result.entry['task']}")
        self._logged.setdefault(experiment, []).append(result)
        origin = superseded.origin_of(folder, result)
        run_id = self._known(experiment, result, origin) or self._new(experiment, folder, result, origin)
        superseded.mark(self._client, experiment, origin, run_id)
        return run_id

    def arrange(self) -> None:
        """Descriptions and views of the experiments."""
        from wild_aieval.tracking import views

        for experiment, results in self._logged.items():
            views.prepare(self._mlflow, experiment, results)

    def _known(self, experiment: str, result: Result, origin: str) -> str | None:
        """A finished run of this result; attempts of its folder that failed or were killed go into the store's bin.

        What still says RUNNING is dead: who logs holds the lock of the run folder.
        """
        from wild_aieval.tracking import superseded
        from wild_aieval.tracking.content import RESULT_KEY, result_key

        key = result_key(result)
        same = self._client.search_runs([experiment], filter_string=f"tags.`{RESULT_KEY}` = '{key}'")
        found = {run.info.run_id: run for run in [*same, *superseded.runs_of(self._client, experiment, origin)]}
        for run_id, run in found.items():
            if run.info.status != "FINISHED":
                self._discard(experiment, run_id)
        finished = [run.info.run_id for run in same if run.info.status == "FINISHED"]
        return finished[0] if finished else self._remembered(experiment, result.entry.get("mlflow_run_id"))

    def _discard(self, experiment: str, run_id: str) -> None:
        """Put an unfinished attempt into the bin; its traces, which have no bin, are deleted."""
        from wild_aieval.tracking import traces

        try:
            traces.delete_all(self._mlflow, experiment, run_id)
        except self._mlflow.exceptions.MlflowException as error:
            if not _forbidden(str(error)):
                raise
        discard(self._mlflow, self._client, run_id)

    def _remembered(self, experiment: str, run_id: str | None) -> str | None:
        if run_id is None:
            return None
        try:
            run = self._client.get_run(run_id)
        except self._mlflow.exceptions.MlflowException as error:
            # A server with rights says of a run that it does not have, too, that nobody may see it.
            if error.error_code == "RESOURCE_DOES_NOT_EXIST" or _forbidden(str(error)):
                return None
            raise
        state = (str(run.info.experiment_id), run.info.lifecycle_stage, run.info.status)
        return run_id if state == (experiment, "active", "FINISHED") else None

    def _new(self, experiment: str, folder: RunFolder, result: Result, origin: str) -> str:
        from wild_aieval.tracking import artifacts, board, content, superseded, traces

        mlflow = self._mlflow
        mlflow.set_experiment(experiment_id=experiment)
        model = board.logged_model_id(mlflow, self._uri, experiment, result)
        begun, ended = content.milliseconds(result)
        tags = content.tags(result) | ({superseded.ORIGIN: origin} if origin else {})
        made = self._client.create_run(experiment, start_time=begun, tags=tags, run_name=result.title)
        run_id = str(made.info.run_id)
        with mlflow.start_run(run_id=run_id):
            interrupted = False
            try:
                dataset = board.log_dataset(mlflow, self._uri, result, model)
                artifacts.log_files(mlflow, folder, result)
                sentence = traces.log_traces(mlflow, experiment, run_id, result, self._max_traces)
                note = {"mlflow.note.content": content.description(result, sentence)}
                board.log_words_and_numbers(self._client, run_id, result, model, dataset, note)
            except KeyboardInterrupt:  # its frames hold a transaction, for which leaving the block would wait
                interrupted = True
            if interrupted:
                raise KeyboardInterrupt
        self._client.set_terminated(run_id, end_time=ended)
        return run_id


def discard(mlflow: Any, client: Any, run_id: str) -> None:
    """Put a run into the bin. A server may let a member write and not delete: then it stays in sight, as failed."""
    try:
        client.delete_run(run_id)
    except mlflow.exceptions.MlflowException as error:
        if not _forbidden(str(error)):
            raise
        client.set_terminated(run_id, "FAILED")


def _forbidden(said: str) -> bool:
    """Whether a server answered that this member has no right."""
    return "PERMISSION_DENIED" in said or "error code 403" in said


def readable(uri: str, error: Exception) -> str:
    """One paragraph: which store, what it said, what to look at."""
    plain = str(error).replace(uri, redacted(uri)).partition("[SQL:")[0]  # what follows are the values of a statement
    said = redacted_text(" ".join(plain.split()))
    shown = said if len(said) <= 400 else said[:399] + "…"
    if uri.startswith("http") and _forbidden(plain):
        advice = (
            "You have no right to do this there. Ask whoever keeps the server for EDIT on the experiment, or name one "
            "of your own with tracking.experiment=NAME."
        )
    elif uri.startswith("http") and "error code 401" in plain:
        advice = "Are MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD set, and right?"
    elif uri.startswith("http"):
        advice = "Is the server running, and is tracking.uri right?"
    elif uri.startswith("sqlite"):
        advice = "Is the disk full or the file damaged? Move a damaged file away: run folders can be logged again."
    else:
        advice = "See tracking.uri."
    return f"{redacted(uri)} could not be written to ({type(error).__name__}: {shown}). {advice}"
