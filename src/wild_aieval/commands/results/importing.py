"""Verify a file of another office and take its results."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.results import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and whether its results are taken or only looked at."""
    parser.add_argument("bundle", type=Path, metavar="FILE", help="the file that an office sent")
    parser.add_argument("--yes", action="store_true", help="take the results; else only say what would change")
    parser.add_argument("--tracking", choices=("mlflow", "none"), default="mlflow", help="log them into MLflow or not")
    parser.add_argument("--uri", help="MLflow store or server (default: the one beside the run folders)")
    places.add_group(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify everything, say what would change, take it with ``--yes``."""
    import datetime

    from wild_aieval.bundles import checks, file, imported, trust

    root, now = places.group_of(arguments), datetime.datetime.now(datetime.UTC)
    known = trust.TrustedKeys(root / trust.FILE)
    bundle = file.read(arguments.bundle.expanduser())
    changes = imported.verified(bundle, root, known, now)
    key = checks.signed(bundle, known, now)
    print(f"{arguments.bundle}: signed by {key.office} ({key.fingerprint}), whole.")
    for change in changes:
        print(f"  {change.kind:8} {change.model} · {change.benchmark} {change.version}")
    if not arguments.yes:
        print("Nothing was changed. Take these results with --yes.")
        return 0
    folders = imported.take(bundle, root, key, now)
    print(f"{folders[0].parent}: {len(changes)} results taken. Compare them with: python -m wild_aieval compare …")
    if arguments.tracking == "mlflow":
        _log(folders, arguments.uri)
    return 0


def _log(folders: list[Path], uri: str | None) -> None:
    """Log; where that fails the results are kept and the fault is told."""
    import sys

    from wild_aieval.tracking.elsewhere import log_imported
    from wild_aieval.tracking.opening import TrackingError

    try:
        for name in log_imported(folders, uri):
            print(f"MLflow: {name}")
    except TrackingError as error:
        print(f"MLflow: {error}\nThe results are kept in {folders[0].parent}", file=sys.stderr)
