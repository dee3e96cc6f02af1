"""A batch: which items of a run are to be looked at, in which way, under opaque tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Purpose = Literal["flagged", "audit", "unflagged", "seeded"]
Mode = Literal["hidden_first", "shown"]


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One item under its token, which tells nothing.

    ``purpose`` is never shown to a reviewer before the batch is closed. ``planted``: for a seeded item the wrong
    suggestion that is shown in the place of the candidate's, in the form of the task's output; else None.
    ``audit_probability``: with which the item was drawn, 1 for flagged ones, so that estimates can be weighted.
    """

    token: str
    benchmark: str
    item_id: str
    item_key: str
    purpose: Purpose
    mode: Mode
    planted: Any = None
    audit_probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What is reviewed together: items of one task and one run. ``per_item``: how many reviewers see each item.

    ``digest``: of everything above, so that a file which comes back can be held against it. The order in which a
    reviewer sees the items is drawn from ``seed`` and the reviewer's pseudonym.
    """

    id: str
    run: str
    task: str
    model: str
    created: str
    seed: int
    per_item: int
    items: tuple[BatchItem, ...]
    policy: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
