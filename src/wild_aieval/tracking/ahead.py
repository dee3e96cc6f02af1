"""MLflow imported while a candidate works: its import takes two seconds, which a candidate that waits leaves free.

Nothing is opened and nothing written. What goes wrong shows when the run is logged, which imports the rest itself. The
thread is waited for before MLflow is used, and when the process ends.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from contextlib import suppress

from wild_aieval.addresses import SQLITE

_NAME = "import of MLflow"
_NEEDED = (
    "mlflow",
    "mlflow.data.code_dataset_source",
    "mlflow.data.meta_dataset",
    "mlflow.tracing.client",
    "mlflow.tracing.processor.base_mlflow",
    "git",
    "wild_aieval.tracking.store",
)
_OF_A_FILE = (
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_workspace_store",
    "sqlalchemy.dialects.sqlite",
    "alembic.command",
)


def begin(uri: str | None) -> None:
    """For a store at that address (None: the usual file); a second call does nothing."""
    from wild_aieval.tracking.opening import quiet

    if not _under_way():
        quiet()
        needed = (*_NEEDED, *(_OF_A_FILE if uri is None or uri.startswith(SQLITE) else ()))
        threading.Thread(target=_import, args=(needed,), name=_NAME).start()


def wait() -> None:
    """Until it is done; at once where it was not begun."""
    for thread in _under_way():
        thread.join()


def _under_way() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == _NAME]


def _import(names: Sequence[str]) -> None:
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)
