"""How far a batch is, read from the ledger and kept up with it event by event."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wild_aieval.oversight.ledger.events import Event

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A decision as it stands, and the hash of the event that says it."""

    hash: str
    answer: Answer
    decision: str
    rationale: str


@dataclass(slots=True)
class Look:
    """One person at one item."""

    opened: datetime.datetime | None = None
    first: Answer | None = None
    first_seconds: int | None = None
    revealed: bool = False
    said: Said | None = None


@dataclass(slots=True)
class Progress:
    """Who has seen and said what, for one batch. ``apply`` takes the events of a ledger in order, others' too."""

    batch: str
    looks: dict[str, dict[str, Look]] = field(default_factory=dict)
    rulings: dict[str, dict[str, Look]] = field(default_factory=dict)
    seeds_told: bool = False
    closed: bool = False

    def look(self, token: str, actor: str) -> Look:
        """A reviewer's look at an item, untouched where there was none."""
        return self.looks.get(token, {}).get(actor) or Look()

    def ruling(self, token: str, actor: str) -> Look:
        """An adjudicator's look at an item."""
        return self.rulings.get(token, {}).get(actor) or Look()

    def said(self, token: str) -> dict[str, Said]:
        """What reviewers decided on an item, by pseudonym."""
        return {actor: look.said for actor, look in self.looks.get(token, {}).items() if look.said}

    def ruled(self, token: str) -> bool:
        """Whether an adjudicator decided on the item."""
        return any(look.said for look in self.rulings.get(token, {}).values())

    def apply(self, event: Event) -> None:
        """Take one event; those of other batches and of other kinds change nothing."""
        payload = event.payload
        if payload.get("batch") != self.batch:
            return
        self.seeds_told |= event.kind == "seed.revealed"
        self.closed |= event.kind == "audit.revealed"
        if "token" in payload:
            table = self.rulings if event.role == "adjudicator" else self.looks
            look = table.setdefault(str(payload["token"]), {}).setdefault(event.actor, Look())
            _take(look, event)


def _take(look: Look, event: Event) -> None:
    payload = event.payload
    if event.kind == "review.opened":
        look.opened = look.opened or datetime.datetime.fromisoformat(event.ts)
    elif event.kind == "review.first_answer":
        look.first, look.first_seconds = payload["answer"], payload.get("active_seconds")
    elif event.kind == "ai.revealed":
        look.revealed = True
    elif event.kind in ("review.decision", "review.superseded", "adjudication.decision"):
        look.said = Said(event.hash, payload["answer"], payload["decision"], payload["rationale"])
