"""Log results of other offices into MLflow, later or into another store."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wild_aieval.commands.results import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Into which store."""
    parser.add_argument("--uri", help="MLflow store or server (default: the one beside the run folders)")
    places.add_group(parser)


def run(arguments: argparse.Namespace) -> int:
    """Log every imported result that stands and that the store does not have."""
    from wild_aieval.bundles import imported
    from wild_aieval.errors import UserError

    root = places.group_of(arguments)
    folders = [run.folder for run in imported.runs(root) if run.standing]
    if not folders:
        raise UserError(
            f"{root}: no results were imported yet. Take some with: python -m wild_aieval results import FILE"
        )
    return 0 if log(root, folders, arguments.uri) else 1


def log(root: Path, folders: Sequence[Path], uri: str | None) -> bool:
    """Log, one process at a time; where that fails the results are kept, the fault is told, and False comes back."""
    from wild_aieval.bundles import turns
    from wild_aieval.tracking.elsewhere import log_imported
    from wild_aieval.tracking.opening import TrackingError

    try:
        with turns.locked(root):
            names = log_imported(folders, uri)
    except TrackingError as error:
        print(
            f"MLflow: {error}\nThe results were taken. Log them later with: python -m wild_aieval results log",
            file=sys.stderr,
        )
        return False
    for name in names:
        print(f"MLflow: {name}")
    if not names:
        print("MLflow has all of them already.")
    return True
