"""What an item is unusual against: lengths and words of the training part, or lengths of the benchmark's own texts.

Both values are ranks among known texts, as in conformal anomaly detection (R. Laxhammar and G. Falkman, 2011): where an
item is drawn like the known texts, a share of about 1 - limit is called. They know no labels but the training part's.
"""

from __future__ import annotations

import bisect
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wild_aieval.oversight.signals.words import Words
from wild_aieval.packed import chunks

FEWEST = 100  # known texts from which on a rank of 0.99 means something
_READ, _COMPARED = 5_000, 1_000  # training texts that are compared with, and of them those that give the scale
_TOGETHER = 100  # texts at a time: their similarities to all known texts are in memory


class Lengths:
    """The lengths of known texts in characters."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sorted = array("l", sorted(map(len, texts)))

    def outlier(self, text: str) -> float | None:
        """``LENGTH_OUTLIER``: 0 at the median length, 1 beyond all; above 0.99 lies half a per cent each way."""
        known = len(self._sorted)
        if known < FEWEST:
            return None
        shorter = bisect.bisect_left(self._sorted, len(text))
        longer = known - bisect.bisect_right(self._sorted, len(text))
        return max(0.0, 2 * max(shorter, longer) / known - 1)


class Novelty:
    """Distance to the nearest text of the training part (1 - cosine of TF-IDF vectors), as a rank.

    Evenly spaced 5,000 texts are compared with; the scale is how far 1,000 of them are from the nearest other one.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._known = [texts[place] for place in _spread(len(texts), _READ)]
        self._fitted: tuple[Words, Any, list[float]] | None = None

    def distance(self, text: str) -> float | None:
        """``OOD_DISTANCE``: the share of the training texts that are nearer to another one than this text is to any."""
        return self.distances([text])[0]

    def distances(self, texts: Sequence[str]) -> list[float | None]:
        """Of each text."""
        if len(self._known) < FEWEST:
            return [None] * len(texts)
        if self._fitted is None:
            self._fitted = self._fit()
        words, vectors, scale = self._fitted
        found: list[float | None] = []
        for places in chunks(len(texts), _TOGETHER):
            given = words.vectors([texts[place] for place in places])
            nearest = (given @ vectors).max(axis=1).toarray().ravel()
            found.extend(bisect.bisect_left(scale, round(1 - near, 6)) / len(scale) for near in nearest.tolist())
        return found

    def _fit(self) -> tuple[Words, Any, list[float]]:
        words = Words(self._known)
        vectors = words.vectors(self._known)
        turned = vectors.T.tocsr()
        chosen = _spread(len(self._known), _COMPARED)
        nearest: list[float] = []
        for start in range(0, len(chosen), _TOGETHER):
            rows = chosen[start : start + _TOGETHER]
            similarity = (vectors[rows] @ turned).toarray()
            similarity[np.arange(len(rows)), rows] = 0.0
            nearest.extend(similarity.max(axis=1).tolist())
        return words, turned, sorted(round(1 - found, 6) for found in nearest)


class Background:
    """What the items of one benchmark are held against."""

    def __init__(self, own: Iterable[str], train: Sequence[str] = (), symbols: Iterable[Sequence[str]] = ()) -> None:
        self.lengths = Lengths(train or own)
        self.novelty = Novelty(train)
        self.symbols = Counter(symbol for row in symbols for symbol in row)
        squares, total = (sum(count**power for count in self.symbols.values()) for power in (2, 1))
        self.typical = squares / total if total else 0.0  # documents with the symbol that a document has, on average


def _spread(count: int, most: int) -> list[int]:
    return [place * count // most for place in range(most)] if count > most else list(range(count))
