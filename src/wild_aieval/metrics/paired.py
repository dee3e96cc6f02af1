"""Two systems on the same items: paired bootstrap, approximate randomisation, and what follows from many such tests.

Both resample the unit that the benchmark names (items, or clusters such as documents or families) and work
on sums, as ``statistics`` does: a random half of the units swaps its two answers, and the measure of both
sides is taken from the sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special
from scipy.sparse import csr_array, hstack

from wild_aieval.metrics.aggregates import Aggregate, Floats, Measure, Rows, same_columns
from wild_aieval.metrics.statistics import Units, bca_interval, bootstrap, chunk_size, cluster_sums, units_of, wilson

RESAMPLES = 10_000
FEWEST = 10
ALPHA, POWER = 0.05, 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """``effect``: value of the one minus value of the other, in the measure's unit, with a 95 % interval.

    ``p``: two-sided, never 0. ``deviation``: standard deviation of the effect over resamples. Interval,
    p and deviation are None below ``FEWEST`` units. ``items`` and ``units`` (clusters, else items) are
    how many the measure applies to. ``above``, ``equal`` and ``below`` count the items on which the one has a
    higher, the same, a lower value; None for a measure that single items do not have.
    """

    effect: float
    low: float | None
    high: float | None
    p: float | None
    deviation: float | None
    items: int
    units: int
    above: int | None
    equal: int | None
    below: int | None


def difference(
    one: Aggregate, other: Aggregate, clusters: list[str] | None, seed: int, resamples: int = RESAMPLES
) -> Difference:
    """Compare two systems whose rows belong to the same items in the same order.

    Raises ValueError for unlike measures or numbers of items, and where the measure applies to no item.
    """
    if one.form != other.form or one.rows.shape[0] != other.rows.shape[0]:
        raise ValueError("only the same measure on the same items can be compared")
    one, other = same_columns(one, other)
    applies = one.applies | other.applies
    if not applies.any():
        raise ValueError("the measure applies to no item")
    chosen = None if clusters is None else [clusters[item] for item in np.flatnonzero(applies)]
    one, other = one.of_items(applies), other.of_items(applies)
    sums = cluster_sums(one.rows, chosen), cluster_sums(other.rows, chosen)
    effect, items, units = one.value() - other.value(), int(applies.sum()), int(sums[0].shape[0])
    signs = _signs(one, other)
    if units < FEWEST or math.isnan(effect):
        return Difference(effect, None, None, None, None, items, units, *signs)
    low, high, deviation = _interval(*sums, one.measure, effect, seed, resamples)
    p = _randomisation(*sums, one, effect, seed, resamples)
    return Difference(effect, low, high, p, deviation, items, units, *signs)


def item_differences(one: Aggregate, other: Aggregate) -> Floats | None:
    """The one's value minus the other's for each item, NaN where it does not apply; None for macro F1."""
    if one.form == "macro_f1":
        return None
    return one.measure(one.rows) - other.measure(other.rows)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values that keep the chance of any false finding in the family below the level.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979.
    """
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, number in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[number]))
        adjusted[number] = worst
    return adjusted


def tie_groups(systems: Sequence[str], apart: set[frozenset[str]]) -> dict[str, str]:
    """Letters: two systems share one exactly when they cannot be told apart; ``systems`` come best first.

    The compact letter display of H.-P. Piepho, Journal of Computational and Graphical Statistics 13,
    2004 (insert and absorb).
    """
    groups = [frozenset(systems)]
    for pair in sorted(apart, key=lambda pair: sorted(map(list(systems).index, pair))):
        one, other = sorted(pair, key=list(systems).index)
        split = [group - {gone} for group in groups if pair <= group for gone in (one, other)]
        groups = [group for group in groups if not pair <= group] + split
        groups = [group for group in dict.fromkeys(groups) if not any(group < wider for wider in groups)]
    groups.sort(key=lambda group: sorted(map(list(systems).index, group)))
    return {name: "".join(_letter(n) for n, group in enumerate(groups) if name in group) for name in systems}


def smallest_effect(found: Difference, comparisons: int) -> float | None:
    """The true difference that these items would show in ``POWER`` of the cases, two-sided at ``ALPHA``.

    The level is shared out among the comparisons, as the first step of Holm's procedure demands.
    """
    return None if found.deviation is None else _reach(comparisons) * found.deviation


def smallest_deviating(units: int, deviation: float) -> float:
    """The same before anything is measured: ``units`` differences with an expected standard ``deviation``, one pair."""
    return _reach(1) * deviation / math.sqrt(units)


def smallest_share(units: int, discordant: float) -> float | None:
    """The same for a share of right answers, when a ``discordant`` share of the units is right in one system only.

    None where even that share, all on one side, would not be found. R. J. Connor, "Sample size for testing differences
    in proportions for the paired-sample design", Biometrics 43, 1987, solved for the difference.
    """
    level, power = float(special.ndtri(1 - ALPHA / 2)), float(special.ndtri(POWER))

    def missing(effect: float) -> float:
        return level * math.sqrt(discordant) + power * math.sqrt(discordant - effect**2) - effect * math.sqrt(units)

    if discordant <= 0 or missing(discordant) > 0:
        return None
    return float(optimize.brentq(missing, 0.0, discordant))


def items_needed(found: Difference, comparisons: int) -> int | None:
    """How many items in all would settle a true difference of this size; None where it is 0 or not known.

    The deviation of the effect falls with the root of the number of items.
    """
    smallest = smallest_effect(found, comparisons)
    if smallest is None or found.effect == 0 or smallest == 0:
        return None
    return math.ceil(found.items * (smallest / abs(found.effect)) ** 2)


def _reach(comparisons: int) -> float:
    """Standard deviations between no effect and one that is found with ``POWER``."""
    return float(special.ndtri(1 - ALPHA / (2 * max(1, comparisons))) + special.ndtri(POWER))


def _letter(number: int) -> str:
    return chr(ord("a") + number) if number < 26 else f"[{number + 1}]"


def _signs(one: Aggregate, other: Aggregate) -> tuple[int, int, int] | tuple[None, None, None]:
    away = item_differences(one, other)
    if away is None:
        return None, None, None
    near = 1e-9 * one.scale
    known = away[~np.isnan(away)]
    above, below = int((known > near).sum()), int((known < -near).sum())
    return above, len(known) - above - below, below


def _interval(
    one: Rows, other: Rows, measure: Measure, effect: float, seed: int, resamples: int
) -> tuple[float, float, float]:
    """Paired bootstrap: both systems meet the same resampled items."""
    width = one.shape[1]

    def both(sums: Floats) -> Floats:
        return measure(sums[:, :width]) - measure(sums[:, width:])

    units = units_of(_beside(one, other), None)
    samples = bootstrap({"difference": (units, both)}, seed, resamples)["difference"]
    deviation = float(np.nanstd(samples))
    if deviation < 1e-12:  # every item differs by the same; Wilson's bound for so many that agree
        bound = effect * wilson(units.total, units.total)[0]
        return min(bound, effect), max(bound, effect), 0.0
    low, high, _ = bca_interval(samples, effect, units, both)
    return min(low, effect), max(high, effect), deviation


def _beside(one: Rows, other: Rows) -> Rows:
    return np.hstack([one, other]) if isinstance(one, np.ndarray) else csr_array(hstack([one, other]))


def _randomisation(one: Rows, other: Rows, of: Aggregate, effect: float, seed: int, resamples: int) -> float:
    """Share of random swaps with at least this effect, the observed one counted among them.

    E. W. Noreen, "Computer-intensive methods for testing hypotheses", 1989; the count that keeps p above 0
    is that of Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010.
    """
    totals = [np.asarray(rows.sum(axis=0), dtype=np.float64).reshape(1, -1) for rows in (one, other)]
    units = units_of(other - one, None)
    reached, limit = 0, abs(effect) - 1e-9 * of.scale
    for swapped in _swaps(units, seed, resamples):
        moved = swapped @ units.rows
        swapped_effect = of.measure(totals[0] + moved) - of.measure(totals[1] - moved)
        reached += int((np.abs(np.nan_to_num(swapped_effect, nan=math.inf)) >= limit).sum())
    return (reached + 1) / (resamples + 1)


def _swaps(units: Units, seed: int, resamples: int) -> Iterator[Floats]:
    """Chunks of shape (m, rows): how many units of each distinct row swap their answers."""
    generator = np.random.default_rng([seed, 1])
    width, step = len(units.times), chunk_size(max(len(units.times), units.rows.shape[1]))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        if width < units.total:
            yield generator.binomial(units.times.astype(np.int64), 0.5, size=(size, width)).astype(np.float64)
        else:
            coins = np.frombuffer(generator.bytes(size * -(-width // 8)), dtype=np.uint8)
            yield np.unpackbits(coins.reshape(size, -1), axis=1, count=width).astype(np.float64)
