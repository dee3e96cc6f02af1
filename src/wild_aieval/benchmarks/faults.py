"""A row with a fault: stop there, or skip it and keep count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from wild_aieval.errors import UserError

EXAMPLES = 3


class RowError(UserError):
    """A fault of one row. ``reason`` names its kind in a few words, so that equal ones can be counted.

    ``also``: further faults of the same row.
    """

    def __init__(self, where: str, reason: str, detail: str) -> None:
        super().__init__(f"{where}: {detail}")
        self.where = where
        self.reason = reason
        self.also: tuple[RowError, ...] = ()


class Faults:
    """What loading does: the first fault is raised. ``thorough``: a row is read on after its first fault."""

    thorough = False

    def skip(self, fault: RowError) -> None:
        """Called for a row that cannot be used; returning means that the row is left out."""
        raise fault

    def drop(self, fault: RowError) -> None:
        """Called for one bad value of a row that can do without it; returning means to go on."""
        raise fault


STOP = Faults()


@dataclass(slots=True)
class Tally(Faults):
    """What an import does: raise as well, or with ``tolerant`` count rows and values by reason."""

    tolerant: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, fault: RowError) -> None:
        """Count a row that is left out."""
        self._record(self.skipped, fault)

    def drop(self, fault: RowError) -> None:
        """Count a value that is left out."""
        self._record(self.dropped, fault)

    def _record(self, counts: Counter[str], fault: RowError) -> None:
        if not self.tolerant:
            raise fault
        counts[fault.reason] += 1
        examples = self.examples.setdefault(fault.reason, [])
        if len(examples) < EXAMPLES:
            examples.append(str(fault))
