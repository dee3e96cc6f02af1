"""TF-IDF vectors of words, as scikit-learn's ``TfidfVectorizer`` makes them, whose import takes half a second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST = 50_000  # words, the most frequent ones
_WORD = re.compile(r"\w+")


class Words:
    """The words of some texts with their weights (1 + ln(texts + 1 over texts with the word + 1))."""

    def __init__(self, texts: Sequence[str]) -> None:
        documents = [_words(text) for text in texts]
        known = sorted(set(chain.from_iterable(documents)))
        self._numbers = {word: number for number, word in enumerate(known)}
        _, columns, counts = self._counted(documents)
        if len(known) > _MOST:
            total = np.bincount(columns, weights=counts, minlength=len(known)).astype(np.int64)
            kept = np.sort((-total).argsort()[:_MOST])  # of words with equal numbers the sort decides
            self._numbers = {known[place]: number for number, place in enumerate(kept.tolist())}
            _, columns, _ = self._counted(documents)
        frequency = np.bincount(columns, minlength=max(1, len(self._numbers)))
        self._weights = np.log((len(texts) + 1) / (frequency + 1)) + 1.0

    def vectors(self, texts: Sequence[str]) -> Any:
        """Rows of length 1 (0 where no word is known), shape (texts, words), sparse: (1 + ln count) times weight."""
        from scipy.sparse import csr_array

        rows, columns, counts = self._counted([_words(text) for text in texts])
        values = (np.log(counts.astype(np.float64)) + 1.0) * self._weights[columns]
        lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=len(texts)))
        ends = np.searchsorted(rows, np.arange(len(texts) + 1))
        return csr_array((values / lengths[rows], columns, ends), shape=(len(texts), len(self._weights)))

    def _counted(self, documents: Sequence[Sequence[str]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Text, word and how often it stands there, sorted by text and word."""
        numbers, size = self._numbers, max(1, len(self._numbers))
        found = [[number for word in words if (number := numbers.get(word)) is not None] for words in documents]
        owners = np.repeat(np.arange(len(found), dtype=np.int64), [len(one) for one in found])
        places = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=len(owners)) + owners * size
        places.sort()
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        rows, columns = np.divmod(places[starts], size)
        return rows, columns, np.diff(starts, append=len(places))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
