"""Facts about a run that do not enter any key: when, where, with which versions, from which commit."""

from __future__ import annotations

import datetime
import platform
import subprocess
import sys
from importlib import metadata
from typing import Any

from wild_aieval import __version__, hardware
from wild_aieval.addresses import redacted
from wild_aieval.paths import CHECKOUT, is_checkout

_LIBRARIES = (
    "bm25s",
    "datasets",
    "hydra-core",
    "mlflow",
    "numpy",
    "pydantic",
    "sacrebleu",
    "scikit-learn",
    "scipy",
    "torch",
    "transformers",
)


def run_context() -> dict[str, Any]:
    """The ``context`` of a RunSpec."""
    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "wild_aieval": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": [redacted(argument) for argument in sys.argv[1:]],
        "libraries": library_versions(),
        "hardware": hardware.describe(),
        **_commit(),
    }


def library_versions() -> dict[str, str]:
    """Of the libraries that compute answers and figures, those that are installed."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _commit() -> dict[str, Any]:
    """Commit of the checkout that runs, and whether files differ from it; empty outside a checkout."""
    if not is_checkout():
        return {}
    try:
        sha = _git("rev-parse", "--verify", "HEAD")
        return {"git_sha": sha, "git_dirty": bool(_git("status", "--porcelain", "--untracked-files=no"))} if sha else {}
    except (OSError, subprocess.SubprocessError):
        return {}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, timeout=10, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
