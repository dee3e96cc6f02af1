"""BM25 by an inverted index: for each word its documents, with the scores that they get for it.

The scores are computed when the index is made, in Lucene's form, by the arithmetic of the library bm25s and equal to
its scores to the last bit. The library builds an index document by document in Python and finds the best of all
documents; here the index is made of whole arrays, and the best are sought among those that may answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.models.search.analysis import Terms

Floats = NDArray[np.float32]
_BLOCK = 2**20  # postings whose scores are computed at once
_CACHED = 2**18  # documents whose scores stay in the processor's cache
_WHOLE = 2**28  # bytes for frequent words


class Postings(NamedTuple):
    """For word ``n`` the places from ``starts[n]`` to ``starts[n + 1]`` in ``rows`` (ascending) and ``scores``.

    ``vocabulary``: the number of each word; ``documents``: how many rows there are.
    """

    vocabulary: Mapping[str, int]
    documents: int
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    scores: Floats


class Weights:
    """Lucene's BM25 of a word in a document. ``lengths``: words of the document of each row."""

    def __init__(self, lengths: NDArray[Any], k1: float, b: float) -> None:
        self._documents = len(lengths)
        self._norms = lengths.astype(np.float64)
        if self._documents:
            self._norms = k1 * ((1 - b) + b * self._norms / max(self._norms.mean(), 1e-300))

    def inverse(self, frequencies: NDArray[np.int64]) -> Floats:
        """How rare words are that stand in so many documents."""
        different, of_word = np.unique(frequencies, return_inverse=True)
        logs = [math.log(1 + (self._documents - n + 0.5) / (n + 0.5)) for n in different.tolist()]
        return np.array(logs, dtype=np.float32)[of_word]

    def scores(self, counts: NDArray[np.int32], rows: NDArray[np.int32], inverse: Floats) -> Floats:
        """Of postings: how often a word stands in a row, and how rare it is."""
        found = np.empty(len(counts), dtype=np.float32)
        for start in range(0, len(counts), _BLOCK):
            block = slice(start, start + _BLOCK)
            share = counts[block] / (self._norms[rows[block]] + counts[block])
            found[block] = inverse[block] * share
        return found


def in_memory(terms: Terms, rows: NDArray[np.int64], k1: float, b: float) -> Postings:
    """``terms`` of the texts of a corpus; ``rows``: the row of each text, by which documents are named here."""
    starts, found, counts = _sorted(terms, rows)
    lengths = np.empty(len(terms.lengths), dtype=np.int64)
    lengths[rows] = terms.lengths
    weights, frequencies = Weights(lengths, k1, b), np.diff(starts)
    scores = weights.scores(counts, found, np.repeat(weights.inverse(frequencies), frequencies))
    return Postings(terms.vocabulary, len(lengths), starts, found, scores)


def _sorted(terms: Terms, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Where each word's postings begin, the rows of all words, and how often the word stands in each."""
    documents = len(terms.lengths)
    places = terms.numbers.astype(np.int64)
    places *= documents
    places += rows[terms.owners]
    places.sort()
    first = np.flatnonzero(np.diff(places, prepend=-1))
    counts = np.diff(first, append=len(places)).astype(np.int32)
    places = places[first]
    begins = np.arange(terms.size + 1, dtype=np.int64) * documents
    starts = np.searchsorted(places, begins)
    places -= np.repeat(begins[:-1], np.diff(starts))
    return starts, places.astype(np.int32), counts


class InvertedIndex:
    """Scores of documents for the words of a query."""

    def __init__(self, postings: Postings) -> None:
        self._postings = postings
        self._whole = self._whole_rows(np.diff(postings.starts))

    def _whole_rows(self, frequencies: NDArray[np.int64]) -> dict[int, Floats]:
        """Scores of all rows for the most frequent words: to add such an array takes less time than its postings."""
        documents, starts = self._postings.documents, self._postings.starts
        share = 10 if documents <= _CACHED else 4  # a word is frequent that stands in a tenth or a fourth of all
        frequent = np.flatnonzero(frequencies * share >= max(1, documents))
        frequent = frequent[np.argsort(-frequencies[frequent], kind="stable")]
        found = {}
        for word in frequent[: _WHOLE // max(1, 4 * documents)].tolist():
            found[word] = np.zeros(documents, dtype=np.float32)
            postings = slice(starts[word], starts[word + 1])
            found[word][self._postings.rows[postings]] = self._postings.scores[postings]
        return found

    def score(self, words: Iterable[str], found: Floats) -> None:
        """Set ``found`` to the scores of the first rows, as many as it has, summed in the order of the words.

        It is the caller's, since an array of this size takes more time to get from the system than to fill.
        """
        vocabulary, documents, all_starts, all_rows, all_scores = self._postings
        found.fill(0.0)
        numbers = [number for word in words if (number := vocabulary.get(word)) is not None]
        starts = all_starts[numbers].tolist()
        ends = all_starts[np.array(numbers, dtype=np.int64) + 1].tolist()
        for number, start, end in zip(numbers, starts, ends, strict=True):
            if (whole := self._whole.get(number)) is not None:
                found += whole[: len(found)]
                continue
            rows = all_rows[start:end]
            if len(found) < documents:
                rows = rows[: rows.searchsorted(np.int32(len(found)))]
            np.add.at(found, rows, all_scores[start : start + len(rows)])
