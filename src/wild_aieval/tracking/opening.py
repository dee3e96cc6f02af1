"""Open the store: environment, addresses, the lock of the first opening, the experiment."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from wild_aieval.addresses import SQLITE, redacted
from wild_aieval.paths import runs_dir
from wild_aieval.tracking import ahead, template

LOCK_SECONDS = 180.0
_DATABASES = ("sqlite:", "postgresql", "mysql", "mssql")
_QUEUE = "100000"
_TALKATIVE = ("alembic", "mlflow.tracking.fluent", "mlflow.tracing.export.async_export_queue")
_TOLD_HERE = "mlflow.store.db.utils"  # it logs a traceback with the values of a statement, and raises what we tell
# A server that is not there must show at once; work that has begun may wait longer.
_FIRST_CONTACT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "4"}
_AT_WORK = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_QUIET = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ASYNC_TRACE_LOGGING_MAX_QUEUE_SIZE": _QUEUE,
    "MLFLOW_ASYNC_TRACE_LOGGING_MAX_SPAN_BATCH_SIZE": "512",
}


class TrackingError(Exception):
    """MLflow could not be written to; the text says why and the run folder is untouched."""


def quiet() -> None:
    """The variables that MLflow looks at when it is imported."""
    os.environ.update(_QUIET)
    os.environ.pop("MLFLOW_RUN_ID", None)


def open_store(uri: str) -> Any:
    """Import MLflow, point it at the store and touch it once; returns the ``mlflow`` module."""
    quiet()
    ahead.wait()
    if uri.startswith(SQLITE) and _file(uri).is_dir():  # MLflow would try for minutes
        raise TrackingError(f"{uri} is a folder, and a store is a file. Name a file, such as {uri}/mlflow.db.")
    import mlflow

    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(_TOLD_HERE).setLevel(logging.CRITICAL)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    with store_lock(uri), _patience(_FIRST_CONTACT):
        if uri.startswith(SQLITE) and not _file(uri).exists():
            _make(mlflow, uri)
        else:
            mlflow.MlflowClient().search_experiments(max_results=1)
    return mlflow


def _make(mlflow: Any, uri: str) -> None:
    """The first opening of a file: its tables are copied from the template, or made, which takes seconds."""
    if template.lay(_file(uri)):
        try:
            mlflow.MlflowClient().search_experiments(max_results=1)
            return
        except mlflow.exceptions.MlflowException:  # tables that this MLflow does not take
            template.drop(_file(uri))
    print(f"MLflow: making the store {uri} (once, about 10 seconds)", file=sys.stderr)
    mlflow.MlflowClient().search_experiments(max_results=1)
    template.keep(_file(uri))


@contextmanager
def at_work() -> Iterator[None]:
    """Longer patience with a server than at the first contact; what the user set in the environment stays."""
    with _patience(_AT_WORK):
        yield


@contextmanager
def store_lock(uri: str) -> Iterator[None]:
    """One process at a time makes the tables of a sqlite store, or an object that must be there once."""
    with _file_lock(uri) if uri.startswith(SQLITE) else nullcontext():
        yield


def experiment_id(mlflow: Any, uri: str, name: str) -> str:
    """The experiment of that name, made if it is missing; its artifacts have an absolute place."""
    client = mlflow.MlflowClient()
    with store_lock(uri):
        found = client.get_experiment_by_name(name)
        if found is None:
            return _create(mlflow, client, name, _artifacts(uri))
    if found.lifecycle_stage == "deleted":
        raise TrackingError(
            f"the experiment '{name}' was deleted in {redacted(uri)}. Restore it (mlflow experiments restore "
            f"--experiment-id {found.experiment_id}) or choose another name with tracking.experiment=NAME."
        )
    return str(found.experiment_id)


def _create(mlflow: Any, client: Any, name: str, artifacts: str | None) -> str:
    try:
        return str(client.create_experiment(name, artifact_location=artifacts))
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return str(client.get_experiment_by_name(name).experiment_id)


def _artifacts(uri: str) -> str | None:
    """Beside a sqlite file, else with the run folders; a server knows its own place."""
    if uri.startswith(SQLITE):
        return (_file(uri).parent / "mlartifacts").as_uri()
    return (runs_dir() / "mlartifacts").as_uri() if uri.startswith(_DATABASES) else None


def _file(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE))


@contextmanager
def _file_lock(uri: str) -> Iterator[None]:
    from filelock import FileLock, Timeout

    file = _file(uri)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{file}.lock", timeout=LOCK_SECONDS)
        lock.acquire()
    except Timeout:
        raise TrackingError(
            f"{file}: another process has held the store's lock for {LOCK_SECONDS:.0f} s. Wait for it, or remove "
            f"{file}.lock if none is at work."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _patience(wanted: dict[str, str]) -> Iterator[None]:
    """Set what the user has not set, for the time of the block."""
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
