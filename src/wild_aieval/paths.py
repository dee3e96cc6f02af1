"""Where things lie: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent.parent


def is_checkout() -> bool:
    """Whether the package runs from a checkout of the repository."""
    return (CHECKOUT / "conf" / "config.yaml").is_file() and (CHECKOUT / "pyproject.toml").is_file()


def conf_dir() -> Path:
    """The folder of the Hydra configuration."""
    return CHECKOUT / "conf" if is_checkout() else PACKAGE / "_data" / "conf"


def starter_benchmarks() -> Path:
    """The folder of the benchmarks that come with the project."""
    return CHECKOUT / "benchmarks" if is_checkout() else PACKAGE / "_data" / "benchmarks"


def runs_dir() -> Path:
    """Where run folders, ``mlflow.db`` and caches go: $WILD_AIEVAL_RUNS, the checkout's, or ./runs."""
    if chosen := os.environ.get("WILD_AIEVAL_RUNS"):
        return Path(chosen).expanduser().resolve()
    return CHECKOUT / "runs" if is_checkout() else Path.cwd() / "runs"
