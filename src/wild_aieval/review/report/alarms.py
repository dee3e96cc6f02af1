"""The alarm of a run: has the share of wrong suggestions among items not flagged risen above its limit?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wild_aieval.metrics import alarm
from wild_aieval.oversight.ledger.events import Entry, Event
from wild_aieval.review.report.flags import decided
from wild_aieval.review.report.material import Material

KIND, ACTOR = "alarm.raised", "wild-aieval"


@dataclass(frozen=True, slots=True)
class Stream:
    """Audited items in the order in which they were decided on, with the evidence after each.

    ``evidence`` reaches ``threshold`` with probability at most ``level`` if no more than ``limit`` are wrong, however
    often it is looked at. ``raised``: after how many items it did, None where it did not.
    """

    benchmark: str
    limit: float
    level: float
    threshold: float
    times: tuple[str, ...]
    wrong: tuple[bool, ...]
    evidence: tuple[float, ...]
    raised: int | None

    @property
    def name(self) -> str:
        """What the alarm is called in the ledger."""
        return f"unflagged_error/{self.benchmark}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``review.json``."""
        return asdict(self)


def stream(material: Material, limit: float, level: float = alarm.LEVEL) -> Stream:
    """The stream of one benchmark."""
    rows = sorted(decided(material, flagged=False), key=lambda row: row[0].said.seq)
    wrong = [differs for _, differs in rows]
    evidence = alarm.evidence(wrong, limit)
    times = tuple(max(review.ts for review in _everyone(row)) for row, _ in rows)
    raised = alarm.first_alarm(evidence, level)
    name = str(material.result.entry["benchmark"])
    shown = tuple(float(value) for value in evidence)
    return Stream(name, limit, level, 1 / level, times, tuple(wrong), shown, raised)


def to_raise(streams: Sequence[Stream], run: str, events: Iterable[Event]) -> list[Entry]:
    """Events for the alarms that are not in the ledger yet; an alarm once raised stays."""
    there = {(event.payload["alarm"], event.payload.get("run")) for event in events if event.kind == KIND}
    return [
        Entry(KIND, ACTOR, "harness", _payload(found, run))
        for found in streams
        if found.raised is not None and (found.name, run) not in there
    ]


def _payload(found: Stream, run: str) -> dict[str, Any]:
    """Numbers as text: a ledger holds whole numbers only."""
    at = (found.raised or 1) - 1
    return {
        "alarm": found.name,
        "run": run,
        "value": f"{found.evidence[at]:.6g}",
        "limit": f"{found.threshold:.6g}",
        "unflagged_error_limit": f"{found.limit:.6g}",
        "items": at + 1,
        "wrong": sum(found.wrong[: at + 1]),
    }


def _everyone(row: Any) -> list[Any]:
    return [*row.said.reviews, *([row.said.ruling] if row.said.ruling else [])]
