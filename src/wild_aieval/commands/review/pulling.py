"""Take answers that were given in MLflow into the ledger, and tell what was edited or deleted there since."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.oversight.ledger.events import Ledger
    from wild_aieval.records.run_folder import RunFolder
    from wild_aieval.review.batch import Batch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, its ledger, and whether a queue is made."""
    parser.add_argument("run_folder", type=Path, help="a finished run folder")
    parser.add_argument("--ledger", metavar="ADDRESS", help="a file or postgresql://…; default: that of the run folder")
    parser.add_argument("--batch", help="only this batch (default: all of the run)")
    parser.add_argument("--offer", action="store_true", help="first put the batch's items into a queue of MLflow")
    parser.add_argument("--user", action="append", default=[], help="with --offer: who may answer (10 at most)")
    parser.add_argument("--uri", help="MLflow store or server (default: that of the run's settings)")


def run(arguments: argparse.Namespace) -> int:
    """Offer where asked, fetch, append what is new, tell what was changed; 1 where something was changed."""
    from wild_aieval import settings as schema
    from wild_aieval.confidentiality import leaving
    from wild_aieval.errors import UserError
    from wild_aieval.oversight.ledger.address import open_ledger
    from wild_aieval.records.run_folder import SUMMARY, RunFolder
    from wild_aieval.review import store
    from wild_aieval.tracking.opening import TrackingError

    folder = RunFolder(arguments.run_folder)
    summary = folder.read_json(SUMMARY)
    closed = [str(entry["benchmark"]) for entry in summary["results"] if not leaving.rules_of(entry).texts]
    settings = summary["runspec"]["settings"]
    tracking = schema.read_tracking(settings, str(folder.path / SUMMARY), arguments.uri)
    names = [arguments.batch] if arguments.batch else store.batches(folder.path)
    if not names:
        raise UserError(f"{folder.path}: there is no batch. Make one with: python -m wild_aieval review export")
    ledger = open_ledger(arguments.ledger or store.default_ledger(folder.path))
    changed = False
    for batch in (store.read(folder.path, name) for name in names):
        if any(item.benchmark in closed for item in batch.items):
            raise UserError(f"batch {batch.id}: its benchmark is not open, so no text may leave the run folder.")
        try:
            if arguments.offer:
                _offer(folder, batch, tracking, arguments.user)
            changed |= _pull(batch, ledger, tracking)
        except TrackingError as error:
            raise UserError(f"MLflow: {error}") from None
    print(f"ledger: {ledger.head[0]:,} events, the head is {ledger.head[1]}")
    return 1 if changed else 0


def _offer(folder: RunFolder, batch: Batch, tracking: Any, users: list[str]) -> None:
    from wild_aieval.review.content import Contents
    from wild_aieval.review.store import order
    from wild_aieval.tracking.review_queue import Offered, offer

    contents = Contents.open(folder.path, batch)
    items = []
    for item in order(batch, "mlflow"):
        texts = contents.content(item.token).texts
        asked = "\n\n".join(f"{name}: {text}" for name, text in texts.items())
        items.append(Offered(item.token, asked, _suggested(contents.suggestion(item.token))))
    name = offer(tracking.uri, tracking.experiment, batch.id, items, users)
    place = f"experiment {tracking.experiment}/reviews"
    print(f"batch {batch.id}: {len(items)} items in the queue '{name}' of MLflow, {place}")


def _suggested(suggestion: Any) -> str:
    """The suggestion in plain lines."""
    if suggestion.empty:
        return "(no answer)"
    lines = [f"{symbol.symbol} ({symbol.score:.2f})" for symbol in suggestion.symbols]
    lines += [suggestion.translation] if suggestion.translation else []
    lines += [f"{found.id}: {found.title}" for found in suggestion.documents]
    return "\n\n".join(lines)


def _pull(batch: Batch, ledger: Ledger, tracking: Any) -> bool:
    """Whether something was changed behind the ledger's back."""
    from wild_aieval.review.report.pulled import pull
    from wild_aieval.tracking.review_queue import fetch

    answers = fetch(tracking.uri, tracking.experiment, batch.id)
    found = pull(batch.id, [item.token for item in batch.items], answers, list(ledger.events()))
    ledger.append_many(found.entries)
    print(f"batch {batch.id}: {len(answers)} answers in MLflow, {len(found.entries)} new in the ledger")
    told = {"edited in MLflow": found.edited, "gone from MLflow": found.deleted, "not taken": found.refused}
    for what, lines in told.items():
        for line in lines:
            print(f"  {what}: {line}. The ledger keeps what it has.")
    return bool(found.edited or found.deleted)
