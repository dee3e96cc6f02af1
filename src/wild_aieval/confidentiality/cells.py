"""Small cells: which groups may be shown so that none is small, and none can be had by subtraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WITHHELD = "withheld"


def shown(sizes: Sequence[int], total: int, smallest: int) -> list[bool]:
    """Which of several groups that do not overlap may be shown, where their ``total`` is known.

    Groups under ``smallest`` are hidden. If what is left of the total is then small itself, it could be had by
    subtraction, so that the smallest shown groups are hidden too until it is not.
    """
    chosen = [size >= smallest for size in sizes]
    rest = total - sum(size for size, keep in zip(sizes, chosen, strict=True) if keep)
    for place in sorted(range(len(sizes)), key=lambda place: sizes[place]):
        if not 0 < rest < smallest:
            break
        if chosen[place]:
            chosen[place] = False
            rest += sizes[place]
    return chosen


def small(count: int | None, smallest: int) -> bool:
    """Whether a count of items is small without being none."""
    return count is not None and 0 < count < smallest


def measure(found: Mapping[str, Any], smallest: int) -> dict[str, Any]:
    """A measure as it was measured, or without its value where too few items have part in it."""
    if found["value"] is None or found["n"] >= smallest:
        return dict(found)
    return {**found, "value": None, "low": None, "high": None, WITHHELD: smallest}
