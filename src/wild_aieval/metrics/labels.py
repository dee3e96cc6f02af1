"""Measures of ranked classification suggestions against the symbols an office gave.

``guesses``: one list of distinct symbols per item, best first, all at one level of the scheme; an
item in error has an empty list and so counts as wrong everywhere. ``truths``: one set of symbols per
item at the same level. Names follow WIPO's practice (Fall, Toercsvari, Benzineb, Karetka, "Automated
categorization in the International Patent Classification", SIGIR Forum 37(1), 2003): first guess,
three guesses, and the variants in which any assigned symbol counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Labels = Sequence[Collection[str]]


def hits(guesses: Sequence[Sequence[str]], truths: Labels, depth: int) -> Floats:
    """1 where one of the first ``depth`` guesses is among the truths, else 0; shape (items,)."""
    return np.array(
        [float(any(guess in truth for guess in ranked[:depth])) for ranked, truth in zip(guesses, truths, strict=True)]
    )


def set_overlap(predicted: Labels, truths: Labels) -> Floats:
    """Sizes per item of (predicted and true, predicted, true); shape (items, 3)."""
    rows = [
        (len(set(given) & set(true)), len(set(given)), len(set(true)))
        for given, true in zip(predicted, truths, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def f1_of_overlap(sums: Floats) -> Floats:
    """F1 of summed overlaps, shape (m, 3) to (m,): micro F1, or hierarchical F1 on ancestor sets.

    On ancestor sets this is hF of Kiritchenko, Matwin, Nock, Famili (AAAI workshop, 2006). NaN where
    nothing is predicted and nothing is true.
    """
    with np.errstate(invalid="ignore"):
        values: Floats = 2 * sums[:, 0] / (sums[:, 1] + sums[:, 2])
    return values


def class_counts(predicted: Labels, truths: Labels) -> tuple[csr_array, int]:
    """Per item and class the (overlap, predicted, true) indicators as a sparse (items, 3K) array."""
    occurring = sorted({label for side in (predicted, truths) for labels in side for label in labels})
    classes = {label: number for number, label in enumerate(occurring)}
    rows: list[int] = []
    columns: list[int] = []
    for item, (given, true) in enumerate(zip(predicted, truths, strict=True)):
        for offset, members in enumerate((set(given) & set(true), set(given), set(true))):
            rows.extend([item] * len(members))
            columns.extend(3 * classes[label] + offset for label in members)
    shape = (len(truths), 3 * len(classes))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape), len(classes)


def macro_f1(class_total: int) -> Callable[[Floats], Floats]:
    """Mean F1 over the classes that occur as truth or as guess; sums of shape (m, 3K) to (m,).

    Equals scikit-learn's ``f1_score(average="macro", zero_division=0)`` over the occurring classes. It
    describes the classes of this sample: where many classes have but a few items, it lies below its
    value in a large sample, and so does its interval.
    """

    def measure(sums: Floats) -> Floats:
        cube = sums.reshape(len(sums), class_total, 3)
        size = cube[:, :, 1] + cube[:, :, 2]
        with np.errstate(invalid="ignore", divide="ignore"):
            f1 = np.where(size > 0, 2 * cube[:, :, 0] / size, 0.0)
            values: Floats = f1.sum(axis=1) / (size > 0).sum(axis=1)
        return values

    return measure
