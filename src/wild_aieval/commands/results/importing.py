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
    parser.add_argument(
        "--benchmark-root", type=Path, action="append", default=[], metavar="FOLDER",
        help="own benchmarks besides those of the package; versions that are here must have the same content",
    )  # fmt: skip
    places.add_group(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify everything, say what would change, take it with ``--yes``."""
    import datetime

    from wild_aieval.bundles import checks, file, imported, installed, trust
    from wild_aieval.commands.results import recording

    root, now = places.group_of(arguments), datetime.datetime.now(datetime.UTC)
    known = trust.TrustedKeys(root / trust.FILE)
    bundle = file.read(arguments.bundle.expanduser())
    here = installed.Installed([root.expanduser() for root in arguments.benchmark_root])
    changes = imported.verified(bundle, root, known, now, here)
    key = checks.signed(bundle, known, now)
    print(f"{arguments.bundle}: signed by {key.office} ({key.fingerprint}), whole.")
    for change in changes:
        place = "in place of an earlier one" if change.kind == "earlier" else "new"
        print(f"  {change.model} · {change.benchmark} {change.version}: {place}")
    if not arguments.yes:
        print("Nothing was changed. Take these results with --yes.")
        return 0
    folders = imported.take(bundle, root, key, now)
    print(f"{folders[0].parent}: {len(changes)} results taken. Compare them with: python -m wild_aieval compare …")
    if arguments.tracking == "mlflow":
        recording.log(root, folders, arguments.uri)
    return 0
