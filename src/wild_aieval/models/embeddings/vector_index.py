"""The nearest documents to a query by inner product: exact, or approximate by a graph (HNSW).

Whatever finds the candidates, their scores are computed again in float64, one row at a time. So numpy and
FAISS give the same ranking to the last bit, and so do any two ways to cut the queries into batches.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wild_aieval.errors import Unavailable

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Engine = Literal["auto", "numpy", "faiss"]
_CELLS = 2**26  # scores held at once: 256 MiB of float32
_SPARE = 32  # candidates beyond k that FAISS is asked for
_NOISE = 1e-5  # how far a float32 inner product may be off, relative to the norms


class Found(NamedTuple):
    """Documents by row and their scores, unordered; at least the ``k`` best where the index is exact."""

    rows: Rows
    scores: NDArray[np.float64]


class Index(Protocol):
    """Vectors of a corpus that can be asked."""

    def near(self, queries: Vectors, allowed: Sequence[Mask], k: int) -> Iterator[Found]:
        """For each query, the documents worth ranking among those that are allowed for it."""
        ...


def exact_index(corpus: Vectors, engine: Engine, owner: str) -> Index:
    """``auto``: numpy, which is faster wherever the corpus fits into memory; ``faiss`` holds no matrix of scores."""
    return FaissFlat(corpus, owner) if engine == "faiss" else Plain(corpus)


class Plain:
    """Every inner product by numpy."""

    def __init__(self, corpus: Vectors) -> None:
        self._corpus = corpus
        self._noise = _noise(corpus)

    def near(self, queries: Vectors, allowed: Sequence[Mask], k: int) -> Iterator[Found]:
        """Blocks of queries, so that the matrix of scores stays small."""
        step = max(1, _CELLS // max(1, len(self._corpus)))
        for start in range(0, len(queries), step):
            scores = queries[start : start + step] @ self._corpus.T
            for row, query, mask in zip(scores, queries[start:], allowed[start:], strict=False):
                yield rescored(self._corpus, query, self._candidates(row, query, mask, k))

    def _candidates(self, scores: Vectors, query: Vectors, mask: Mask, k: int) -> Rows:
        rows = np.flatnonzero(mask)
        if len(rows) > k:
            kth = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
            rows = rows[scores[rows] >= kth - self._noise * float(np.linalg.norm(query))]
        return rows


class FaissFlat:
    """Every inner product by FAISS."""

    def __init__(self, corpus: Vectors, owner: str) -> None:
        self._faiss = faiss_library(owner)
        self._corpus = corpus
        self._noise = _noise(corpus)
        self._index = self._faiss.IndexFlatIP(corpus.shape[1])
        self._index.add(np.ascontiguousarray(corpus))

    def near(self, queries: Vectors, allowed: Sequence[Mask], k: int) -> Iterator[Found]:
        """One query at a time, since each has its own documents."""
        for query, mask in zip(queries, allowed, strict=True):
            yield rescored(self._corpus, query, self._candidates(query, mask, k))

    def _candidates(self, query: Vectors, mask: Mask, k: int) -> Rows:
        if mask.sum() <= k:
            return np.flatnonzero(mask)
        noise, size = self._noise * float(np.linalg.norm(query)), k + _SPARE
        with selector(self._faiss, mask) as chosen:
            while True:  # until the last one found is clearly below the k-th, so that no near tie is cut
                parameters = self._faiss.SearchParameters(sel=chosen)
                scores, rows = self._index.search(query[None], min(size, int(mask.sum())), params=parameters)
                if size >= mask.sum() or scores[0, -1] < scores[0, k - 1] - noise:
                    found: Rows = rows[0]
                    return found
                size *= 4


class Hnsw:
    """A graph of near neighbours (Malkov and Yashunin, 2018): fast on large corpora, and it misses documents."""

    def __init__(self, corpus: Vectors, links: int, build: int, search: int, owner: str) -> None:
        self._faiss = faiss_library(owner)
        self._corpus = corpus
        self._search = search
        self._index = self._faiss.IndexHNSWFlat(corpus.shape[1], links, self._faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = build
        threads = self._faiss.omp_get_max_threads()
        self._faiss.omp_set_num_threads(1)  # with more, the graph would differ from run to run
        try:
            self._index.add(np.ascontiguousarray(corpus))
        finally:
            self._faiss.omp_set_num_threads(threads)

    def near(self, queries: Vectors, allowed: Sequence[Mask], k: int) -> Iterator[Found]:
        """What the walk through the graph comes by; documents that may not answer are walked through."""
        for query, mask in zip(queries, allowed, strict=True):
            with selector(self._faiss, mask) as chosen:
                parameters = self._faiss.SearchParametersHNSW(sel=chosen, efSearch=max(self._search, k))
                _, rows = self._index.search(query[None], min(k, len(self._corpus)), params=parameters)
            yield rescored(self._corpus, query, rows[0][rows[0] >= 0])


def rescored(corpus: Vectors, query: Vectors, rows: Rows) -> Found:
    """Inner products in float64, each of its own row only."""
    products = corpus[rows].astype(np.float64) * query.astype(np.float64)
    return Found(rows, products.sum(axis=1))


def faiss_library(owner: str) -> Any:
    """The library; Unavailable with the line that installs it."""
    try:
        return importlib.import_module("faiss")
    except ImportError:
        raise Unavailable(
            f"{owner}: the package 'faiss' is not installed. Install it with: pip install faiss-cpu, or set "
            "model.index=exact and model.engine=numpy."
        ) from None


@contextmanager
def selector(faiss: Any, mask: Mask) -> Iterator[Any]:
    """The allowed documents as FAISS wants them; the bits must live as long as the selector."""
    bits = np.packbits(mask, bitorder="little")
    yield faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))


def _noise(corpus: Vectors) -> float:
    return _NOISE * float(np.linalg.norm(corpus, axis=1).max(initial=0.0))
