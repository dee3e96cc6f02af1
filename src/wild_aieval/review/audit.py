"""How many are drawn from each stratum, and with which probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def drawn(strata: Sequence[Sequence[T]], wanted: int) -> list[tuple[Sequence[T], float]]:
    """The first so many of each stratum, whose order must be of chance, and the probability of each to be drawn.

    Shares are proportional, by largest remainder; each stratum gives one at least while there are enough for all.
    """
    counts = allocated([len(stratum) for stratum in strata], min(wanted, sum(map(len, strata))))
    return [
        (stratum[:count], count / len(stratum)) for stratum, count in zip(strata, counts, strict=True) if len(stratum)
    ]


def allocated(sizes: Sequence[int], wanted: int) -> list[int]:
    """``wanted`` over strata of these sizes; never more than a stratum holds."""
    total = sum(sizes)
    if not total:
        return [0 for _ in sizes]
    least = [int(wanted >= sum(map(bool, sizes)) and size > 0) for size in sizes]
    exact = [wanted * size / total for size in sizes]
    counts = [max(low, int(share)) for low, share in zip(least, exact, strict=True)]
    by_remainder = sorted(range(len(sizes)), key=lambda place: (counts[place] - exact[place], place))
    while (missing := wanted - sum(counts)) != 0:
        for place in by_remainder if missing > 0 else reversed(by_remainder):
            step = 1 if missing > 0 else -1
            if least[place] <= counts[place] + step <= sizes[place]:
                counts[place] += step
                break
        by_remainder = sorted(range(len(sizes)), key=lambda place: (counts[place] - exact[place], place))
    return counts
