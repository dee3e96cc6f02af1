"""Which documents may answer a query: published before its date and not of its own family."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wild_aieval.items import Document, Hit, Query


class Eligibility:
    """Dates and families of a corpus as arrays, so that a query costs one comparison of arrays."""

    def __init__(self, corpus: Sequence[Document]) -> None:
        self._ids = np.array([document.id for document in corpus], dtype=object)
        self._dates = np.array([document.date or "0000" for document in corpus], dtype="U10")
        self._families = np.array([document.family for document in corpus], dtype=object)

    def best(self, scores: NDArray[np.float64], query: Query, k: int, floor: float = -np.inf) -> list[Hit]:
        """The ``k`` best eligible documents by score (descending), then id; only scores above ``floor``.

        ``scores``: shape (documents,).
        """
        allowed = scores > floor
        if query.date:
            allowed &= self._dates < query.date
        if query.family:
            allowed &= self._families != query.family
        candidates = np.flatnonzero(allowed)
        if len(candidates) > k:
            kth = np.partition(-scores[candidates], k - 1)[k - 1]
            candidates = candidates[-scores[candidates] <= kth]
        ranked = sorted(candidates, key=lambda number: (-scores[number], self._ids[number]))[:k]
        return [Hit(str(self._ids[number]), float(scores[number])) for number in ranked]
