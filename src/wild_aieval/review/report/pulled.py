"""Answers given in MLflow, on their way into the ledger: what is new, what was changed or deleted since the last time.

The ledger is never changed by what happens there. An answer is taken once. Where it is edited in place or deleted
later, that is told, and the ledger keeps what was said first. An answer given anew in MLflow's page is a correction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from wild_aieval.oversight.ledger.events import DECISIONS, Entry, Event

VIA, UNVERIFIED = "mlflow", "unverified-"
NO_REASON = "(no reason was given in MLflow)"
_KINDS = ("review.decision", "review.superseded")


class Answer(Protocol):
    """What the store gives for each answer."""

    @property
    def token(self) -> str: ...  # noqa: D102
    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def who(self) -> str: ...  # noqa: D102
    @property
    def bound(self) -> bool: ...  # noqa: D102
    @property
    def decision(self) -> str: ...  # noqa: D102
    @property
    def rationale(self) -> str: ...  # noqa: D102


@dataclass(slots=True)
class Pull:
    """``entries`` are to be appended; ``edited``, ``deleted`` and ``refused`` are told."""

    entries: list[Entry] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def pull(batch: str, tokens: Sequence[str], answers: Sequence[Answer], events: Iterable[Event]) -> Pull:
    """Hold the answers of a batch against what the ledger has of them."""
    own = [event for event in events if event.payload.get("batch") == batch and event.kind in _KINDS]
    taken = {str(event.payload["assessment"]): event for event in own if event.payload.get("via") == VIA}
    last = {(str(event.payload["token"]), event.actor): event for event in own}
    found, fresh = Pull(), set[tuple[str, str]]()
    for answer in answers:
        actor = actor_of(answer)
        if known := taken.pop(answer.id, None):
            if known.payload["said"] != said(answer):
                found.edited.append(f"{answer.token}: answer {answer.id} (event {known.seq}) was edited after the pull")
        elif answer.token not in tokens or answer.decision not in DECISIONS:
            found.refused.append(f"{answer.token}: '{answer.decision}' is no answer to an item of this batch")
        elif (answer.token, actor) in fresh:
            found.refused.append(f"{answer.token}: {actor} answered twice; pull again to take the second answer")
        else:
            fresh.add((answer.token, actor))
            found.entries.append(_entry(batch, answer, actor, last.get((answer.token, actor))))
    replaced = {str(entry.payload.get("supersedes")) for entry in found.entries}
    replaced |= {str(event.payload.get("supersedes")) for event in own}
    for known in taken.values():
        if known.hash not in replaced:
            found.deleted.append(f"{known.payload['token']}: answer {known.payload['assessment']} (event {known.seq})")
    return found


def actor_of(answer: Answer) -> str:
    """The login where the server vouches for it, else the name given, marked as unverified; fit for a pseudonym."""
    name = re.sub(r"[^\w.-]", "-", answer.who).strip("-.") or "nobody"
    return (name if answer.bound else UNVERIFIED + name)[:64]


def said(answer: Answer) -> str:
    """A digest of what was answered, so that a change shows."""
    return hashlib.sha256(f"{answer.decision}\n{answer.rationale}\n{answer.who}".encode()).hexdigest()


def _entry(batch: str, answer: Answer, actor: str, before: Event | None) -> Entry:
    """A decision, or a correction of this person's last one."""
    payload: dict[str, Any] = {
        "batch": batch,
        "token": answer.token,
        "answer": {},
        "decision": answer.decision,
        "rationale": answer.rationale or NO_REASON,
        "via": VIA,
        "assessment": answer.id,
        "said": said(answer),
    }
    if before is not None:
        return Entry("review.superseded", actor, "reviewer", payload | {"supersedes": before.hash})
    return Entry("review.decision", actor, "reviewer", payload | {"active_seconds": None, "mode": "shown"})
