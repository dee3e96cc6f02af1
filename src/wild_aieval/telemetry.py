"""No library of ours phones home, unless the user says so by setting the variable of that library himself."""

from __future__ import annotations

import os

OFF = {
    "DO_NOT_TRACK": "true",  # MLflow knows this word only, others also know 1
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets and evaluate would tell the hub of each data set that is opened
}


def switch_off() -> None:
    """Libraries read these variables when they are imported, so this comes before; what is set already stays."""
    for name, value in OFF.items():
        os.environ.setdefault(name, value)
