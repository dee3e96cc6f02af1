"""Agreement between reviewers: raw, Cohen's kappa and Krippendorff's alpha, as functions of summed statistics.

Each item brings how often two categories met in it, so that a bootstrap over items is one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.metrics.aggregates import Floats, Measure
from wild_aieval.metrics.exact import Bounded
from wild_aieval.metrics.statistics import cluster_sums

Scale = Literal["nominal", "ordinal"]
Indices = NDArray[np.int64]
RESAMPLES = 2_000


class Pairs(NamedTuple):
    """How often categories met: ``rows`` (items, kinds of pairs), which two each kind joins, the categories in order.

    Only pairs that occur have a column.
    """

    rows: Floats
    one: Indices
    other: Indices
    categories: tuple[Hashable, ...]


def pairs_of_two(first: Sequence[Hashable], second: Sequence[Hashable], order: Sequence[Hashable] = ()) -> Pairs:
    """What two reviewers said of the same items. ``order``: categories of an ordinal scale, lowest first."""
    units = [[(a, b, 1.0)] for a, b in zip(first, second, strict=True)]
    return _pairs(units, order)


def pairs_of_many(units: Sequence[Sequence[Hashable]], order: Sequence[Hashable] = ()) -> Pairs:
    """What any number of reviewers said of each item: every ordered pair counts 1 / (reviewers - 1).

    Items with fewer than two answers say nothing about agreement and drop out.
    """
    found = []
    for values in units:
        if len(values) >= 2:
            weight = 1 / (len(values) - 1)
            found.append([(a, b, weight) for i, a in enumerate(values) for j, b in enumerate(values) if i != j])
    return _pairs(found, order)


def within(pairs: Pairs, clusters: list[str]) -> Pairs:
    """The same with the rows of each cluster added up, so that intervals resample clusters, not items."""
    return pairs._replace(rows=np.asarray(cluster_sums(pairs.rows, clusters), dtype=np.float64))


def raw(pairs: Pairs, seed: int = 0) -> Bounded | None:
    """The share of pairs in which both said the same."""

    def measure(sums: Floats) -> Floats:
        found: Floats = _same(pairs, sums) / sums.sum(axis=1)
        return found

    return _with_interval(pairs, measure, seed)


def kappa(pairs: Pairs, scale: Scale = "nominal", seed: int = 0) -> Bounded | None:
    """Kappa of J. Cohen (1960); on an ordinal scale with quadratic weights (J. Cohen, 1968).

    None where chance alone would agree always: one category only. The interval is a percentile bootstrap over items.
    """
    size = len(pairs.categories)
    apart = _distances(size) if scale == "ordinal" else 1.0 - np.eye(size)
    seen_apart = apart[pairs.one, pairs.other]

    def measure(sums: Floats) -> Floats:
        total = sums.sum(axis=1)
        rows, columns = _margins(sums, pairs.one, size), _margins(sums, pairs.other, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = 1 - (sums @ seen_apart) * total / np.einsum("mi,ij,mj->m", rows, apart, columns)
        return found

    return _with_interval(pairs, measure, seed)


def alpha(pairs: Pairs, scale: Scale = "nominal", seed: int = 0) -> Bounded | None:
    """Alpha of K. Krippendorff (Content Analysis, 4th ed. 2018, ch. 12); ``pairs`` are those of ``pairs_of_many``.

    None where one category only was used. The interval is a percentile bootstrap over items.
    """
    size = len(pairs.categories)

    def measure(sums: Floats) -> Floats:
        margins = _margins(sums, pairs.one, size)
        total = margins.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            if scale == "nominal":
                seen = total - _same(pairs, sums)
                expected = total**2 - (margins**2).sum(axis=1)
            else:
                seen, expected = _ordinal(pairs, sums, margins)
            found: Floats = 1 - (total - 1) * seen / expected
        return found

    return _with_interval(pairs, measure, seed)


def _ordinal(pairs: Pairs, sums: Floats, margins: Floats) -> tuple[Floats, Floats]:
    """Seen and expected disagreement; two ranks lie as far apart as there are answers between their middles."""
    middle = np.cumsum(margins, axis=1) - margins / 2
    apart = (middle[:, :, None] - middle[:, None, :]) ** 2
    seen: Floats = (sums * apart[:, pairs.one, pairs.other]).sum(axis=1)
    expected: Floats = np.einsum("mi,mij,mj->m", margins, apart, margins)
    return seen, expected


def _pairs(units: Sequence[Sequence[tuple[Hashable, Hashable, float]]], order: Sequence[Hashable]) -> Pairs:
    met = {value for unit in units for a, b, _ in unit for value in (a, b)}
    categories = tuple(order) if order else tuple(sorted(met, key=lambda value: (type(value).__name__, str(value))))
    place = {value: number for number, value in enumerate(categories)}
    kinds = {kind: number for number, kind in enumerate(sorted({(place[a], place[b]) for u in units for a, b, _ in u}))}
    rows = np.zeros((len(units), len(kinds)))
    for item, unit in enumerate(units):
        for a, b, weight in unit:
            rows[item, kinds[place[a], place[b]]] += weight
    one, other = (np.array([kind[side] for kind in kinds], dtype=np.int64) for side in (0, 1))
    return Pairs(rows, one, other, categories)


def _same(pairs: Pairs, sums: Floats) -> Floats:
    found: Floats = sums[:, pairs.one == pairs.other].sum(axis=1)
    return found


def _margins(sums: Floats, side: Indices, size: int) -> Floats:
    member = np.zeros((len(side), size))
    member[np.arange(len(side)), side] = 1
    found: Floats = sums @ member
    return found


def _distances(size: int) -> Floats:
    place = np.arange(size, dtype=np.float64)
    found: Floats = (place[:, None] - place[None, :]) ** 2
    return found


def _with_interval(pairs: Pairs, measure: Measure, seed: int) -> Bounded | None:
    """The value with percentiles of a bootstrap over items; the bounds are the value where there is one item."""
    count = len(pairs.rows)
    if not count:
        return None
    value = float(measure(pairs.rows.sum(axis=0, keepdims=True))[0])
    if math.isnan(value):
        return None
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    samples = measure(draws.astype(np.float64) @ pairs.rows)
    low, high = np.nanquantile(samples, (0.025, 0.975))
    return Bounded(value, min(float(low), value), max(float(high), value))
