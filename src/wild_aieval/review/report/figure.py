"""One figure of a report: a value with its denominator and interval, or why it was not measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wild_aieval.metrics import aggregates, exact
from wild_aieval.metrics.exact import Bounded
from wild_aieval.metrics.statistics import summarise

EXACT = "Clopper-Pearson"
WEIGHTED = "Clopper-Pearson on Kish's effective number"


@dataclass(frozen=True, slots=True)
class Figure:
    """``k`` of ``n`` where it is a share; ``of``: what ``n`` counts; ``how``: where the interval comes from.

    ``why``: why it was not measured, '' where it was. ``more``: further numbers, such as a one-sided bound.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    k: int | None
    n: int
    of: str
    how: str
    why: str = ""
    more: tuple[tuple[str, float], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``review.json``."""
        return asdict(self) | {"more": dict(self.more)}


def not_measured(name: str, why: str, of: str = "") -> Figure:
    """A figure that there is no ground for."""
    return Figure(name, None, None, None, None, 0, of, "", why)


def bounded(name: str, found: Bounded | None, n: int, of: str, how: str, why: str = "", k: int | None = None) -> Figure:
    """A figure of a value with its bounds; not measured where there is none."""
    if found is None:
        return not_measured(name, why, of)
    return Figure(name, found.value, found.low, found.high, k, n, of, how)


def share_of(name: str, marks: Sequence[bool], of: str, why: str) -> Figure:
    """A share of independent items with its exact interval."""
    if not marks:
        return not_measured(name, why, of)
    return bounded(name, exact.share(sum(marks), len(marks)), len(marks), of, EXACT, k=sum(marks))


def share_of_reviews(name: str, marks: Sequence[tuple[str, bool]], of: str, why: str) -> Figure:
    """A share of reviews, each with its item: reviews of one item are not independent, so items are resampled.

    Exact where each item was reviewed once.
    """
    if not marks or len({item for item, _ in marks}) == len(marks):
        return share_of(name, [mark for _, mark in marks], of, why)
    column = [float(mark) for _, mark in marks]
    found = summarise({name: aggregates.mean(column, name)}, [item for item, _ in marks], 0)[name]
    how = found.signature.partition("|ci:")[2]
    return Figure(name, found.value, found.low, found.high, sum(mark for _, mark in marks), len(marks), of, how)
