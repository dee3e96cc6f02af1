"""Say what the flags and the reviews of a run are worth, as far as people have decided."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.oversight.ledger.events import Ledger
    from wild_aieval.records.run_folder import RunFolder
    from wild_aieval.review.report.compute import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, its ledger, the limit of the alarm, where it goes."""
    parser.add_argument("run_folder", type=Path, help="a finished run folder")
    parser.add_argument("--ledger", metavar="ADDRESS", help="a file or postgresql://…; default: that of the run folder")
    parser.add_argument("--limit", type=float, default=0.05, help="share of wrong ones among those not flagged "
                        "at which "
                        "the alarm is aimed (default: 0.05)")  # fmt: skip
    parser.add_argument("--language", choices=("en", "fr", "es"), default="en", help="language of the sentences")
    parser.add_argument(
        "--outcomes", type=Path, metavar="FILE", help="write what people decided, for certify --outcomes"
    )
    parser.add_argument("--log", action="store_true", help="write the figures and decisions into MLflow")
    parser.add_argument("--uri", help="MLflow store or server (default: that of the run's settings)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Compute, raise alarms that are new, write ``review.json`` and ``review.html``, print, log where asked."""
    import json

    from wild_aieval.errors import UserError
    from wild_aieval.oversight.ledger.address import open_ledger
    from wild_aieval.records.run_folder import RunFolder
    from wild_aieval.review.report import compute, page, shown
    from wild_aieval.review.store import default_ledger

    if not 0 < arguments.limit <= 0.5:
        raise UserError(f"--limit {arguments.limit}: give a share above 0, 0.5 at most.")
    folder = RunFolder(arguments.run_folder)
    ledger = open_ledger(arguments.ledger or default_ledger(folder.path))
    question = compute.Question(arguments.limit, arguments.language)
    report = _computed(folder, ledger, question)
    folder.write_json(compute.JSON, report.data)
    written = page.write(folder, report.data)
    if arguments.outcomes:
        _outcomes(arguments.outcomes, report)
    if arguments.log:
        _log(folder, report, arguments.uri)
    if arguments.json:
        print(json.dumps(report.data, ensure_ascii=False, indent=1))
    else:
        shown.print_report(report.data, written)
    return 0


def _computed(folder: RunFolder, ledger: Ledger, question: Any) -> Report:
    """The report, with alarms that are new in the ledger before its head is printed."""
    from wild_aieval.review import store
    from wild_aieval.review.report import alarms, compute

    batches = [store.read(folder.path, name) for name in store.batches(folder.path)]
    events = list(ledger.events())
    report = compute.compute(folder, batches, events, ledger.head, question)
    runs = {batch.run for batch in batches}
    new = alarms.to_raise(report.streams, runs.pop(), events) if len(runs) == 1 else []
    if not new:
        return report
    ledger.append_many(new)
    return compute.compute(folder, batches, list(ledger.events()), ledger.head, question)


def _outcomes(file: Path, report: Report) -> None:
    """JSON Lines, one for each person and item."""
    import json

    from wild_aieval.errors import UserError
    from wild_aieval.review.report.logged import outcomes
    from wild_aieval.review.store import write_private

    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in outcomes(report.materials)]
    try:
        write_private(file, "".join(lines).encode("utf-8"))
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}). Name another file.") from None


def _log(folder: RunFolder, report: Report, uri: str | None) -> None:
    from wild_aieval import settings as schema
    from wild_aieval.errors import UserError
    from wild_aieval.records.run_folder import SUMMARY
    from wild_aieval.review.report.logged import decisions
    from wild_aieval.tracking.reviews import log_reviews
    from wild_aieval.tracking.store import TrackingError

    recorded = folder.read_json(SUMMARY)["runspec"]["settings"]
    tracking = schema.read_tracking(recorded, str(folder.path / SUMMARY), uri)
    try:
        lines = log_reviews(
            folder, tracking.uri, tracking.experiment, tracking.max_traces, report.data, decisions(report.materials)
        )
    except TrackingError as error:
        raise UserError(f"MLflow: {error}") from None
    print("\n".join(lines))
