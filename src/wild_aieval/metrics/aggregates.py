"""A measure as a function of summed per-item statistics: what intervals, tests and slices are computed from.

Every measure of the harness has this form. Means and shares sum (value, 1); F1 sums overlaps; corpus
BLEU, chrF++ and TER sum the counts of sacreBLEU. The sums of a subset, a resample or a swap of two
systems are one matrix product, and so is every interval and every test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = Any  # Floats, or a scipy sparse array of the same shape where most statistics are 0
Measure = Callable[[Floats], Floats]


class Form(NamedTuple):
    """How sums of shape (m, k) become m values, and the value of a perfect answer in the measure's unit."""

    measure: Measure
    scale: float


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``rows``: shape (items, k), statistics of each item; ``form``: key of ``FORMS``.

    ``signature`` names the measure with every parameter. ``columns`` names the classes of macro F1, so
    that the statistics of two systems can be laid over each other.
    """

    form: str
    rows: Rows
    signature: str
    columns: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure:
        """Sums of shape (m, k) to m values; NaN where undefined."""
        return FORMS[self.form].measure

    @property
    def scale(self) -> float:
        """1, or 100 for the measures of translation."""
        return FORMS[self.form].scale

    @property
    def applies(self) -> NDArray[np.bool_]:
        """Items that have any part in the measure; shape (items,)."""
        if self.form == "ratio":
            return np.asarray(self.rows[:, 1] > 0)
        return np.ones(self.rows.shape[0], dtype=np.bool_)

    def value(self) -> float:
        """The measure over all items."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(self.measure(np.asarray(self.rows.sum(axis=0), dtype=np.float64).reshape(1, -1))[0])

    def of_items(self, chosen: Any) -> Aggregate:
        """The same measure on some of the items (indices or a mask)."""
        return Aggregate(self.form, self.rows[chosen], self.signature, self.columns)


def mean(values: Sequence[float | None] | Floats, signature: str) -> Aggregate:
    """A mean or share of per-item values; None or NaN: the measure does not apply to the item."""
    column = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    known = ~np.isnan(column)
    return Aggregate("ratio", np.column_stack([np.where(known, column, 0.0), known]), signature)


def joined(parts: Sequence[Aggregate]) -> Aggregate:
    """One measure over the items of all parts, in their order, with the signature of the first."""
    first = parts[0]
    if any(part.columns != first.columns for part in parts):
        names = tuple(sorted({name for part in parts for name in part.columns}))
        parts = [_with_columns(part, names) for part in parts]
    from scipy.sparse import csr_array, vstack

    rows = [compact(part.rows) for part in parts]
    whole = np.concatenate(rows) if isinstance(first.rows, np.ndarray) else csr_array(vstack(rows))
    return Aggregate(first.form, whole, first.signature, parts[0].columns)


def compact(rows: Rows) -> Rows:
    """The same statistics; whole numbers as signed integers wide enough for their differences, too."""
    values = rows if isinstance(rows, np.ndarray) else rows.data
    largest = float(np.abs(values).max(initial=0))
    if not largest < 2**30 or (values != np.rint(values)).any():
        return rows
    kind = np.int8 if largest < 2**6 else np.int16 if largest < 2**14 else np.int32
    if isinstance(rows, np.ndarray) or rows.nnz >= 2**31:
        return rows.astype(kind)
    from scipy.sparse import csr_array

    places = (rows.indices.astype(np.int32), rows.indptr.astype(np.int32))
    return csr_array((rows.data.astype(kind), *places), shape=rows.shape)


def ratio_of_sums(sums: Floats) -> Floats:
    """Numerator over denominator; (m, 2) to (m,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values: Floats = sums[:, 0] / sums[:, 1]
    return values


def f1_of_overlap(sums: Floats) -> Floats:
    """F1 of summed overlaps, shape (m, 3) to (m,): micro F1, or hierarchical F1 on ancestor sets.

    On ancestor sets this is hF of Kiritchenko, Matwin, Nock, Famili (AAAI workshop, 2006). NaN where
    nothing is predicted and nothing is true.
    """
    with np.errstate(invalid="ignore"):
        values: Floats = 2 * sums[:, 0] / (sums[:, 1] + sums[:, 2])
    return values


def macro_f1_of_counts(sums: Floats) -> Floats:
    """Mean F1 over the classes that occur as truth or as guess; sums of shape (m, 3K) to (m,).

    Equals scikit-learn's ``f1_score(average="macro", zero_division=0)`` over the occurring classes. It
    describes the classes of this sample: where many classes have but a few items, it lies below its
    value in a large sample.
    """
    cube = sums.reshape(len(sums), -1, 3)
    size = cube[:, :, 1] + cube[:, :, 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(size > 0, 2 * cube[:, :, 0] / size, 0.0)
        values: Floats = f1.sum(axis=1) / (size > 0).sum(axis=1)
    return values


def bleu_of_sums(sums: Floats) -> Floats:
    """BLEU of summed (hypothesis length, reference length, 4 matches, 4 totals); (m, 10) to (m,)."""
    length, reference, matches, totals = sums[:, 0], sums[:, 1], sums[:, 2:6], sums[:, 6:10]
    with np.errstate(divide="ignore", invalid="ignore"):
        missed = np.cumsum(matches == 0, axis=1)
        precision = np.where(matches == 0, 1.0 / (2.0**missed * totals), matches / totals)
        brevity = np.where(length < reference, np.exp(1.0 - reference / length), 1.0)
        score = 100.0 * brevity * np.exp(np.log(precision).mean(axis=1))  # 100 exactly where all match
    values: Floats = np.where((matches.any(axis=1)) & (totals.all(axis=1)), score, 0.0)
    return values


def chrf_of_sums(sums: Floats) -> Floats:
    """chrF++ of summed (hypothesis, reference, match) counts for each n-gram order; (m, 3 * orders) to (m,)."""
    cube = sums.reshape(len(sums), -1, 3)
    given, wanted, matched = cube[:, :, 0], cube[:, :, 1], cube[:, :, 2]
    counted = (given > 0) & (wanted > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        orders = counted.sum(axis=1)
        precision = np.where(counted, matched / given, 0.0).sum(axis=1) / orders
        recall = np.where(counted, matched / wanted, 0.0).sum(axis=1) / orders
        score = 100.0 * 5.0 * precision * recall / (4.0 * precision + recall)
    values: Floats = np.nan_to_num(score, nan=0.0)
    return values


def ter_of_sums(sums: Floats) -> Floats:
    """TER of summed (edits, reference words); (m, 2) to (m,). Without reference words any edit is 100."""
    edits, words = sums[:, 0], sums[:, 1]
    values: Floats = 100.0 * np.where(words > 0, edits / np.where(words > 0, words, 1.0), edits > 0)
    return values


FORMS: dict[str, Form] = {
    "ratio": Form(ratio_of_sums, 1.0),
    "f1": Form(f1_of_overlap, 1.0),
    "macro_f1": Form(macro_f1_of_counts, 1.0),
    "bleu": Form(bleu_of_sums, 100.0),
    "chrf": Form(chrf_of_sums, 100.0),
    "ter": Form(ter_of_sums, 100.0),
}


def same_columns(one: Aggregate, other: Aggregate) -> tuple[Aggregate, Aggregate]:
    """Both with the classes of either, in one order, so that their rows can be added and swapped."""
    if one.columns == other.columns:
        return one, other
    names = tuple(sorted({*one.columns, *other.columns}))
    return _with_columns(one, names), _with_columns(other, names)


def _with_columns(aggregate: Aggregate, names: tuple[str, ...]) -> Aggregate:
    from scipy.sparse import csr_array

    places = {name: place for place, name in enumerate(names)}
    rows = csr_array(aggregate.rows).tocoo()
    classes, part = np.divmod(rows.coords[1], 3)
    moved = np.array([places[name] for name in aggregate.columns], dtype=np.int64)
    columns = 3 * moved[classes] + part if len(aggregate.columns) else classes
    wide = csr_array((rows.data, (rows.coords[0], columns)), shape=(rows.shape[0], 3 * len(names)))
    return Aggregate(aggregate.form, wide, aggregate.signature, names)
