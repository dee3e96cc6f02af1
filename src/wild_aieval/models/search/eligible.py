"""Which documents may answer a query: published before its date and not of its own family."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wild_aieval.items import Document, Hit, Query

Floats = NDArray[np.float64]


class Eligibility:
    """Dates and families of a corpus as arrays, so that a query costs one comparison of arrays."""

    def __init__(self, corpus: Sequence[Document]) -> None:
        self._ids = np.array([document.id for document in corpus], dtype=object)
        self._dates = np.array([document.date or "0000" for document in corpus], dtype="U10")
        self._families = np.array([document.family for document in corpus], dtype=object)

    def mask(self, query: Query) -> NDArray[np.bool_]:
        """Which documents may answer, of shape (documents,)."""
        allowed = np.ones(len(self._ids), dtype=np.bool_)
        if query.date:
            allowed &= self._dates < query.date
        if query.family:
            allowed &= self._families != query.family
        return allowed

    def best(self, scores: Floats, query: Query, k: int, floor: float = -np.inf) -> list[Hit]:
        """The ``k`` best eligible documents by score (descending), then id; only scores above ``floor``.

        ``scores``: shape (documents,).
        """
        candidates = np.flatnonzero((scores > floor) & self.mask(query))
        if len(candidates) > k:
            kth = np.partition(-scores[candidates], k - 1)[k - 1]
            candidates = candidates[-scores[candidates] <= kth]
        return self.ranked(candidates, scores[candidates], k)

    def ranked(self, rows: NDArray[np.int64], scores: Floats, k: int) -> list[Hit]:
        """The first ``k`` of these documents by score (descending), then id; ``scores`` in the order of ``rows``."""
        pairs = sorted(zip(rows, scores, strict=True), key=lambda pair: (-pair[1], self._ids[pair[0]]))
        return [Hit(str(self._ids[row]), float(score)) for row, score in pairs[:k]]
