"""Exact search over vectors that do not fit into memory: block after block of documents, for many queries at once.

The result is that of ``Plain`` over the same numbers in memory, to the last bit: from each block whatever is within
twice the bound of the error of the best so far is kept, and what is left at the end is scored in float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wild_aieval.models.embeddings.collection import Halves
from wild_aieval.models.embeddings.products import Vectors, errors_of, longest
from wild_aieval.models.embeddings.vector_index import Found, Rows, rescored
from wild_aieval.models.search.eligible import Pool
from wild_aieval.models.search.selection import best_rows

_DOCUMENTS = 2**15  # in a block
_QUERIES = 2**10  # that are asked in one pass
_NONE = np.float32(-np.inf)
Floats = NDArray[np.float32]


class Blocks:
    """``corpus``: vectors in float16, in the order of the corpus; ``rows``: the row of each."""

    def __init__(self, corpus: Halves, rows: Rows) -> None:
        self._corpus, self._rows = corpus, rows
        self._order = np.argsort(rows)  # the document of each row

    @cached_property
    def _longest(self) -> float:
        """Looked at when the first query comes, since an approximate index may leave none."""
        return max((longest(block) for _, block in self._blocks()), default=0.0)

    def near(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        """One pass over the corpus for each thousand queries."""
        for start in range(0, len(queries), _QUERIES):
            part = slice(start, start + _QUERIES)
            yield from self._pass(queries[part], pools[part], k)

    def _pass(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        slack = 2 * errors_of(queries, self._longest)
        best = [_Best(k, one) for one in slack.tolist()]
        without = [np.sort(self._order[pool.without]) for pool in pools]
        for start, block in self._blocks():
            rows = self._rows[start : start + len(block)]
            earliest, latest = int(rows.min()), int(rows.max())
            for number, scores in enumerate(queries @ block.T):
                size = pools[number].size
                if size <= earliest:
                    continue
                if size <= latest:
                    scores[rows >= size] = _NONE
                own = without[number]
                scores[own[slice(*own.searchsorted((start, start + len(block))))] - start] = _NONE
                best[number].offer(scores, start)
        for query, one in zip(queries, best, strict=True):
            found = rescored(self._corpus, query, one.documents())
            yield Found(self._rows[found.rows], found.scores)

    def _blocks(self) -> Iterator[tuple[int, Vectors]]:
        for start in range(0, len(self._corpus), _DOCUMENTS):
            yield start, self._corpus[start : start + _DOCUMENTS].astype(np.float32)


class _Best:
    """The documents of one query that may be among the ``k`` best, as blocks come."""

    def __init__(self, k: int, slack: float) -> None:
        self._k, self._slack = k, slack
        self._bound = float(np.finfo(np.float32).min)
        self._documents: list[Rows] = []
        self._scores: list[Floats] = []
        self._held = 0

    def offer(self, scores: Floats, start: int) -> None:
        """Scores of a block whose first document has the number ``start``."""
        chosen = np.flatnonzero(scores >= self._bound)
        if not len(chosen):
            return
        self._documents.append(chosen + start)
        self._scores.append(scores[chosen])
        self._held += len(chosen)
        if self._held > 4 * self._k:
            self._prune()

    def documents(self) -> Rows:
        """Those that are left."""
        self._prune()
        return self._documents[0]

    def _prune(self) -> None:
        documents = np.concatenate([np.zeros(0, dtype=np.int64), *self._documents])
        scores = np.concatenate([np.zeros(0, dtype=np.float32), *self._scores])
        kept = best_rows(scores, self._k, self._slack)
        self._documents, self._scores, self._held = [documents[kept]], [scores[kept]], len(kept)
        if len(kept) >= self._k:
            self._bound = float(np.partition(scores[kept], len(kept) - self._k)[len(kept) - self._k]) - self._slack
