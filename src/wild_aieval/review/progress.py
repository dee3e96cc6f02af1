"""How far the reviews of a run are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Event, Ledger
from wild_aieval.oversight.ledger.rules import Standing
from wild_aieval.review import store
from wild_aieval.review.batch import Batch


def standing_of(ledger: Ledger) -> Standing:
    """Who has answered and decided what, from all events."""
    standing = Standing()
    for event in ledger.events():
        standing.take(event)
    return standing


def refuse_closed(batch: Batch, ledger: Ledger) -> None:
    """UserError where the batch is closed: its audit was revealed, and answers after that are worth nothing."""
    for event in ledger.events():
        if event.kind == "audit.revealed" and event.payload["batch"] == batch.id:
            raise UserError(
                f"batch '{batch.id}' was closed on {event.ts[:10]}: what its items were there for is known, so that no "
                "more answers are taken. Export a new batch with --new."
            )


def progress(run_folder: Path, ledger: Ledger) -> dict[str, Any]:
    """Each batch with each reviewer who has done anything in it; nothing tells what an item is there for."""
    standing, (events, head) = standing_of(ledger), ledger.head
    batches = [store.read(run_folder, name) for name in store.batches(run_folder)]
    return {
        "batches": [
            {
                "batch": batch.id,
                "task": batch.task,
                "items": len(batch.items),
                "per_item": batch.per_item,
                "reviewers": _reviewers(standing, batch.id),
            }
            for batch in batches
        ],
        "events": events,
        "head": head,
    }


def _reviewers(standing: Standing, batch: str) -> list[dict[str, Any]]:
    def count(found: dict[tuple[str, str, str], Event], actor: str) -> int:
        return sum(place[0] == batch and place[2] == actor for place in found)

    places = [*standing.first, *standing.revealed, *standing.decided]
    return [
        {
            "reviewer": actor,
            "first_answers": count(standing.first, actor),
            "decided": count(standing.decided, actor),
        }
        for actor in sorted({place[2] for place in places if place[0] == batch})
    ]
