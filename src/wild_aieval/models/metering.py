"""What an answer took, told by the adapter that knows it: time at the tool apart from waiting, attempts, tokens."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """``seconds``: the tool's own time for the answer; ``queued``: seconds that the request waited before;
    ``attempts``: how often it was asked; tokens read and written; ``unread``: the share of the input that a limit of
    the tool cut off. None: not measured, which is never 0.
    """

    seconds: float | None = None
    queued: float | None = None
    attempts: int | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    unread: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the journal: what was measured."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Meter:
    """Collects usage by item id until the harness takes it; may be called from several threads."""

    def __init__(self) -> None:
        self._noted: dict[str, Usage] = {}
        self._lock = Lock()

    def note(self, item_id: str, **measured: Any) -> None:
        """Record or complete the usage of an item's latest answer; unknown names are a TypeError."""
        with self._lock:
            self._noted[item_id] = replace(self._noted.get(item_id, Usage()), **measured)

    def take(self, item_id: str) -> Usage | None:
        """The usage of an item, which is then forgotten; None where nothing was told."""
        with self._lock:
            return self._noted.pop(item_id, None)
