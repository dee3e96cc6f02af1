"""BM25 by an inverted index: for each word its documents, with the scores that they get for it.

The scores are computed when the index is made, in Lucene's form, by the arithmetic of the library bm25s and equal to
its scores to the last bit. The library builds an index document by document in Python and finds the best of all
documents; here the index is made of whole arrays, and the best are sought among those that may answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from wild_aieval.models.search.analysis import Terms

Floats = NDArray[np.float32]
_BLOCK = 2**20  # postings whose scores are computed at once
_CACHED = 2**18  # documents whose scores stay in the processor's cache
_WHOLE = 2**28  # bytes for frequent words


class InvertedIndex:
    """``terms`` of the texts of a corpus; ``rows``: the row of each text, by which documents are named here."""

    def __init__(self, terms: Terms, rows: NDArray[np.int64], k1: float, b: float) -> None:
        self._vocabulary = terms.vocabulary
        self._documents = len(terms.lengths)
        counts = self._postings(terms, rows)
        frequencies = np.diff(self._starts)
        inverse = np.repeat(self._inverse_frequencies(frequencies), frequencies)
        lengths = np.empty(self._documents)
        lengths[rows] = terms.lengths
        norms = k1 * ((1 - b) + b * lengths / max(lengths.mean(), 1e-300)) if self._documents else lengths
        self._scores = np.empty(len(counts), dtype=np.float32)
        for start in range(0, len(counts), _BLOCK):
            block = slice(start, start + _BLOCK)
            share = counts[block] / (norms[self._rows[block]] + counts[block])
            self._scores[block] = inverse[block] * share
        self._whole = self._whole_rows(frequencies)

    def _postings(self, terms: Terms, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Sets the rows of all words and where each word's begin; returns how often the word stands in each."""
        places = terms.numbers.astype(np.int64)
        places *= self._documents
        places += rows[terms.owners]
        places.sort()
        first = np.flatnonzero(np.diff(places, prepend=-1))
        counts = np.diff(first, append=len(places)).astype(np.int32)
        places = places[first]
        begins = np.arange(terms.size + 1, dtype=np.int64) * self._documents
        self._starts = np.searchsorted(places, begins)
        places -= np.repeat(begins[:-1], np.diff(self._starts))
        self._rows = places.astype(np.int32)
        return counts

    def _inverse_frequencies(self, frequencies: NDArray[np.int64]) -> Floats:
        different, of_word = np.unique(frequencies, return_inverse=True)
        logs = [math.log(1 + (self._documents - n + 0.5) / (n + 0.5)) for n in different.tolist()]
        return np.array(logs, dtype=np.float32)[of_word]

    def _whole_rows(self, frequencies: NDArray[np.int64]) -> dict[int, Floats]:
        """Scores of all rows for the most frequent words: to add such an array takes less time than its postings."""
        share = 10 if self._documents <= _CACHED else 4  # a word is frequent that stands in a tenth or a fourth of all
        frequent = np.flatnonzero(frequencies * share >= max(1, self._documents))
        frequent = frequent[np.argsort(-frequencies[frequent], kind="stable")]
        found = {}
        for word in frequent[: _WHOLE // max(1, 4 * self._documents)].tolist():
            found[word] = np.zeros(self._documents, dtype=np.float32)
            postings = slice(self._starts[word], self._starts[word + 1])
            found[word][self._rows[postings]] = self._scores[postings]
        return found

    def score(self, words: Iterable[str], found: Floats) -> None:
        """Set ``found`` to the scores of the first rows, as many as it has, summed in the order of the words.

        It is the caller's, since an array of this size takes more time to get from the system than to fill.
        """
        found.fill(0.0)
        numbers = [number for word in words if (number := self._vocabulary.get(word)) is not None]
        starts, ends = self._starts[numbers].tolist(), self._starts[np.array(numbers, dtype=np.int64) + 1].tolist()
        for number, start, end in zip(numbers, starts, ends, strict=True):
            if (whole := self._whole.get(number)) is not None:
                found += whole[: len(found)]
                continue
            rows = self._rows[start:end]
            if len(found) < self._documents:
                rows = rows[: rows.searchsorted(np.int32(len(found)))]
            np.add.at(found, rows, self._scores[start : start + len(rows)])
