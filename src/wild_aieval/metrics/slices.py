"""Results by group of items, each with its interval and n; groups that are too small say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.metrics.statistics import summarise
from wild_aieval.packed import Categories

SMALL, SHOWN = 30, 10
_MOST = 20


def slices(
    aggregates: Mapping[str, Aggregate],
    groups: Mapping[str, Categories],
    clusters: Sequence[str] | None,
    seed: int,
) -> list[dict[str, Any]]:
    """One entry per group with ``by``, ``group``, ``n``, ``small`` and the measures on its items.

    Fewer than ``SMALL`` items are marked; fewer than ``SHOWN`` have no figures. At most 20 groups of a kind,
    the largest ones. The intervals are not adjusted for their number: of twenty, one misses by chance.
    """
    found = []
    for kind, values in groups.items():
        counted = Counter(values.counts)
        for group in sorted(value for value, _ in counted.most_common(_MOST)):
            chosen = np.flatnonzero(values.codes == values.names.index(group))
            entry: dict[str, Any] = {"by": kind, "group": group, "n": len(chosen), "small": len(chosen) < SMALL}
            found.append(entry | {"measures": _measures(aggregates, chosen, clusters, seed)})
    return found


def _measures(
    aggregates: Mapping[str, Aggregate], chosen: Any, clusters: Sequence[str] | None, seed: int
) -> dict[str, Any]:
    if len(chosen) < SHOWN:
        return {}
    own = None if clusters is None else [clusters[item] for item in chosen]
    measured = summarise({name: aggregate.of_items(chosen) for name, aggregate in aggregates.items()}, own, seed)
    return {name: value.as_dict() for name, value in measured.items()}
