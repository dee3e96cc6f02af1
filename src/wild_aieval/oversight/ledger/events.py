"""What stands in the ledger: kinds of events, what each must say, and the event itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

# Kind of event: what its payload must name. ``answer`` is what a reviewer says, by task:
#   classification {"symbols": ["A61B 5/00", ...]}, main symbol first; translation {"grade": 1 to 5, "critical": bool,
#   "text": a better translation or ""}; search {"relevant": {document: "X" | "Y" | "A" | "none"}}.
# ``decision``: agrees, differs or cannot_decide, always about the suggestion that was shown. A reviewer is an actor.
# ``supersedes``: hash of the decision that is corrected. ``active_seconds``: whole seconds, null where not measured.
# Numbers are whole, or written as text ("0.125"); what else a payload says is kept as it is.
KINDS: dict[str, tuple[str, ...]] = {
    "run.flagged": ("run", "flagged", "audit", "policy"),
    "certificate.issued": ("certificate",),
    "batch.exported": ("batch", "digest", "items"),
    "review.opened": ("batch", "token"),
    "review.first_answer": ("batch", "token", "answer"),
    "ai.revealed": ("batch", "token"),
    "review.decision": ("batch", "token", "answer", "decision", "rationale", "active_seconds", "mode"),
    "review.superseded": ("batch", "token", "supersedes", "answer", "decision", "rationale"),
    "adjudication.decision": ("batch", "token", "answer", "decision", "rationale"),
    "audit.revealed": ("batch", "tokens"),
    "seed.revealed": ("batch", "tokens"),
    "alarm.raised": ("alarm", "value", "limit"),
    "policy.changed": ("policy", "digest"),
    "model.stopped": ("model", "reason"),
    "segment.sealed": ("first", "last", "head"),
    "segment.retired": ("first", "last", "head", "how"),
}
DECISIONS = ("agrees", "differs", "cannot_decide")
MODES = ("hidden_first", "shown")
ROLES = ("reviewer", "adjudicator", "harness", "administrator")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger. ``seq`` counts from 1; ``prev`` is the hash of the line before, 64 zeros at the start.

    ``ts``: UTC, ISO 8601 with microseconds; never earlier than the line before. ``actor``: a pseudonym.
    """

    seq: int
    prev: str
    ts: str
    actor: str
    role: str
    kind: str
    payload: Mapping[str, Any]
    hash: str


class Entry(NamedTuple):
    """What is to be appended."""

    kind: str
    actor: str
    role: str
    payload: Mapping[str, Any]


class Ledger(Protocol):
    """Where events are kept: a file, or a database for a group. Nothing in it is ever changed."""

    def append(self, kind: str, actor: str, role: str, payload: Mapping[str, Any]) -> Event:
        """Add one event and wait until it is safe; UserError for an unknown kind or a payload that lacks a field."""
        ...

    def append_many(self, entries: Iterable[Entry]) -> list[Event]:
        """Add several events with one wait: all are safe, or UserError."""
        ...

    def events(self) -> Iterator[Event]:
        """All events in order."""
        ...

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last event: (0, 64 zeros) for an empty ledger."""
        ...
