"""Measures of ranked classification suggestions against the symbols an office gave.

``guesses``: one list of distinct symbols per item, best first, all at one level of the scheme; an
item in error has an empty list and so counts as wrong everywhere. ``truths``: one set of symbols per
item at the same level. Names follow WIPO's practice (Fall, Toercsvari, Benzineb, Karetka, "Automated
categorization in the International Patent Classification", SIGIR Forum 37(1), 2003): first guess,
three guesses, and the variants in which any assigned symbol counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
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


def class_counts(predicted: Labels, truths: Labels) -> tuple[csr_array, tuple[str, ...]]:
    """Per item and class the (overlap, predicted, true) indicators as a sparse (items, 3K) array, and the K classes."""
    occurring = tuple(sorted({label for side in (predicted, truths) for labels in side for label in labels}))
    classes = {label: number for number, label in enumerate(occurring)}
    rows: list[int] = []
    columns: list[int] = []
    for item, (given, true) in enumerate(zip(predicted, truths, strict=True)):
        for offset, members in enumerate((set(given) & set(true), set(given), set(true))):
            rows.extend([item] * len(members))
            columns.extend(3 * classes[label] + offset for label in members)
    from scipy.sparse import csr_array

    shape = (len(truths), 3 * len(classes))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape), occurring
