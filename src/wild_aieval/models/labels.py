"""The symbols a trained classifier can suggest, as columns of a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.items import Failure, LabelledDocument, Suggestion

Floats = NDArray[np.float64]


class LabelSpace:
    """Learns the main symbol of a document, or all of its symbols where the main one is not known."""

    def __init__(self, train: Sequence[LabelledDocument]) -> None:
        self.symbols = sorted({symbol for item in train for symbol in targets(item)})
        self._column = {symbol: number for number, symbol in enumerate(self.symbols)}

    def indicators(self, items: Sequence[LabelledDocument]) -> Any:
        """Sparse 0/1 matrix of shape (items, symbols); unseen symbols are left out."""
        from scipy.sparse import csr_array

        cells = [(row, column) for row, item in enumerate(items) for column in self.columns(item)]
        rows, columns = zip(*cells, strict=True) if cells else ((), ())
        shape = (len(items), len(self.symbols))
        return csr_array((np.ones(len(cells), dtype=np.int8), (rows, columns)), shape)

    def columns(self, item: LabelledDocument) -> list[int]:
        """The columns of an item's symbols."""
        return [self._column[symbol] for symbol in targets(item) if symbol in self._column]

    def top(self, scores: Floats, size: int) -> list[list[Suggestion] | Failure]:
        """The ``size`` best symbols of each row of (items, symbols) scores; ties by symbol."""
        order = np.argsort(-scores, axis=1, kind="stable")[:, :size]
        return [
            [Suggestion(self.symbols[column], float(row[column])) for column in best]
            for row, best in zip(scores, order, strict=True)
        ]


def targets(item: LabelledDocument) -> tuple[str, ...]:
    """What a classifier should learn from an item."""
    return (item.main,) if item.main else item.symbols
