"""Say which of several finished runs is better, on the same items, with one sentence for each pair."""

from __future__ import annotations

import argparse
import datetime
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, what to compare by, and where the comparison goes."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folders, sweep folders or MLflow run ids")
    parser.add_argument("--measure", help="measure to compare by (default: the benchmark's main measure)")
    parser.add_argument("--baseline", metavar="MODEL", help="test each system against this one only, not all pairs")
    parser.add_argument("--common-items", action="store_true", help="compare on the items that all runs were asked")
    parser.add_argument(
        "--pool", action="store_true", help="take runs of a candidate on several offices' parts of a benchmark as one"
    )
    parser.add_argument("--language", choices=("en", "fr", "es"), default="en", help="language of the sentences")
    parser.add_argument("--resamples", type=int, default=10_000, help="resamples of each test (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resamples")
    parser.add_argument("--out", type=Path, help="folder of the comparison (default: runs/comparisons/DATE-TIME)")
    parser.add_argument("--tracking", choices=("mlflow", "none"), default="mlflow", help="log the comparison or not")
    parser.add_argument("--uri", help="MLflow store or server (default: the one beside the run folders)")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Compare, write ``comparison.json`` and ``report.html``, log into MLflow, print."""
    from wild_aieval.comparison import compute
    from wild_aieval.comparison.pairs import Question
    from wild_aieval.errors import UserError

    if arguments.resamples < 1_000:
        raise UserError(f"--resamples {arguments.resamples}: expected at least 1000, or p-values are too coarse.")
    question = Question(
        arguments.measure, arguments.baseline, arguments.seed, arguments.resamples, arguments.common_items
    )
    with tempfile.TemporaryDirectory() as place:
        runs = _located(arguments.runs, arguments.uri, Path(place))
        comparison = compute.compare_runs(runs, question, arguments.language, arguments.pool)
    folder = arguments.out or _own_folder()
    compute.write(folder, comparison)
    if arguments.tracking == "mlflow":
        comparison = _log(folder, comparison, arguments.uri)
    _show(comparison, folder, arguments.json)
    return 0


def _located(runs: list[str], uri: str | None, place: Path) -> list[tuple[str, Path]]:
    """Each run's name with its folder; runs of MLflow are fetched below ``place``."""
    from wild_aieval.comparison.systems import folders_of
    from wild_aieval.tracking import fetching

    found: list[tuple[str, Path]] = []
    for name in runs:
        if fetching.is_run_id(name) and not Path(name).exists():
            found.append((name, fetching.fetch(name, uri, place / name)))
        else:
            found += [(str(folder), folder) for folder in folders_of(Path(name).expanduser())]
    return found


def _own_folder() -> Path:
    from wild_aieval.paths import runs_dir

    return runs_dir() / "comparisons" / datetime.datetime.now().astimezone().strftime("%Y-%m-%d_%H-%M-%S_%f")


def _log(folder: Path, comparison: dict[str, Any], uri: str | None) -> dict[str, Any]:
    """Log; where that fails the comparison is kept and the fault is told."""
    import sys

    from wild_aieval.tracking.comparisons import log_comparison
    from wild_aieval.tracking.opening import TrackingError

    try:
        return log_comparison(folder, comparison, uri)
    except TrackingError as error:
        print(f"MLflow: {error}\nThe comparison is kept in {folder}", file=sys.stderr)
        return comparison


def _show(comparison: dict[str, Any], folder: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(comparison, ensure_ascii=False, indent=1))
        return
    from wild_aieval.reports.console import print_comparison

    print_comparison(comparison, folder)
