"""The nearest documents to a query by inner product: exact, or approximate by a graph (HNSW).

Whatever finds the candidates, their scores are computed again in float64, one row at a time. So numpy, bfloat16 and
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
from wild_aieval.models.embeddings.products import Float32, Products, Vectors, quickest
from wild_aieval.models.search.eligible import Pool
from wild_aieval.models.search.selection import best_rows

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Corpus = NDArray[np.float32] | NDArray[np.float16]
Engine = Literal["auto", "numpy", "faiss"]
_CELLS = 2**26  # scores held at once: 256 MiB of float32
_AT_ONCE = 2**15  # vectors that are float32 at a time where they are kept in float16
_SPARE = 32  # candidates beyond k that FAISS is asked for


class Found(NamedTuple):
    """Documents by row and their scores, unordered; at least the ``k`` best where the index is exact."""

    rows: Rows
    scores: NDArray[np.float64]


class Index(Protocol):
    """Vectors of a corpus, in rows by date, that can be asked."""

    def near(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        """For each query, the documents worth ranking among those of its pool."""
        ...


def exact_index(corpus: Vectors, engine: Engine, owner: str) -> Index:
    """``auto``: every inner product in the quickest way there is here; ``faiss`` holds no matrix of scores."""
    if engine == "faiss":
        return FaissFlat(corpus, owner)
    return Plain(corpus, quickest(corpus) if engine == "auto" else Float32(corpus))


class Plain:
    """Every inner product with the documents early enough for any query of a block."""

    def __init__(self, corpus: Vectors, products: Products | None = None) -> None:
        self._corpus = corpus
        self._products = products or Float32(corpus)
        self._single = Float32(corpus)

    def near(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        """Blocks of queries of about one date, so that little is computed in vain and the matrix of scores is small."""
        step = max(1, _CELLS // max(1, len(self._corpus)))
        by_size = np.argsort([pool.size for pool in pools], kind="stable")
        found: dict[int, Found] = {}
        for start in range(0, len(queries), step):
            block = by_size[start : start + step]
            rows = pools[block[-1]].size
            if not rows:  # an empty corpus has no width, either
                found |= dict.fromkeys(block.tolist(), Found(np.zeros(0, dtype=np.int64), np.zeros(0)))
                continue
            scores, slack = self._products.scores(queries[block], rows), self._slack(queries[block])
            for number, row, near in zip(block.tolist(), scores, slack, strict=True):
                found[number] = self._found(row, queries[number], pools[number], k, near)
        for number in range(len(queries)):
            yield found.pop(number)

    def _slack(self, queries: Vectors) -> list[tuple[float, float]]:
        """Twice how far a score may be off, by these products and by those of float32."""
        pairs = np.column_stack([self._products.errors(queries), self._single.errors(queries)])
        return [(coarse, fine) for coarse, fine in (2 * pairs).tolist()]

    def _found(self, scores: Vectors, query: Vectors, pool: Pool, k: int, slack: tuple[float, float]) -> Found:
        scores[pool.without] = -np.inf
        rows = best_rows(scores[: pool.size], k, slack[0])
        if slack[0] > slack[1]:  # float32 tells most of the candidates apart
            rows = rows[best_rows(self._corpus.take(rows, axis=0) @ query, k, slack[1])]
        return rescored(self._corpus, query, rows)


class FaissFlat:
    """Every inner product by FAISS."""

    def __init__(self, corpus: Vectors, owner: str) -> None:
        self._faiss = faiss_library(owner)
        self._corpus = corpus
        self._products = Float32(corpus)
        self._index = self._faiss.IndexFlatIP(corpus.shape[1])
        self._index.add(np.ascontiguousarray(corpus))

    def near(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        """One query at a time, since each has its own documents."""
        for query, pool in zip(queries, pools, strict=True):
            yield rescored(self._corpus, query, self._candidates(query, pool.mask(len(self._corpus)), k))

    def _candidates(self, query: Vectors, mask: Mask, k: int) -> Rows:
        if mask.sum() <= k:
            return np.flatnonzero(mask)
        slack, size = 2 * float(self._products.errors(query[None])[0]), k + _SPARE
        with selector(self._faiss, mask) as chosen:
            while True:  # until the last one found is clearly below the k-th, so that no near tie is cut
                parameters = self._faiss.SearchParameters(sel=chosen)
                scores, rows = self._index.search(query[None], min(size, int(mask.sum())), params=parameters)
                if size >= mask.sum() or scores[0, -1] < scores[0, k - 1] - slack:
                    found: Rows = rows[0]
                    return found
                size *= 4


class Hnsw:
    """A graph of near neighbours (Malkov and Yashunin, 2018): fast on large corpora, and it misses documents.

    ``corpus``: vectors in the order of the corpus; ``rows``: the row of each. Those in float16 are copied as they are.
    """

    def __init__(self, corpus: Corpus, rows: Rows, links: int, build: int, search: int, owner: str) -> None:
        faiss = self._faiss = faiss_library(owner)
        self._corpus, self._rows = corpus, rows
        self._search = search
        width, halves = corpus.shape[1], corpus.dtype == np.float16
        if halves:
            kind = faiss.ScalarQuantizer.QT_fp16
            self._index = faiss.IndexHNSWSQ(width, kind, links, faiss.METRIC_INNER_PRODUCT)
            self._index.is_trained = True  # nothing is learned where numbers are kept as they are
        else:
            self._index = faiss.IndexHNSWFlat(width, links, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = build
        with one_thread(faiss):  # with more, the graph would differ from run to run
            step = _AT_ONCE if halves else max(1, len(corpus))
            for start in range(0, len(corpus), step):
                self._index.add(np.ascontiguousarray(corpus[start : start + step], dtype=np.float32))

    def near(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        """What the walk through the graph comes by; documents that may not answer are walked through."""
        for query, pool in zip(queries, pools, strict=True):
            with selector(self._faiss, pool.mask(len(self._corpus))[self._rows]) as chosen:
                parameters = self._faiss.SearchParametersHNSW(sel=chosen, efSearch=max(self._search, k))
                _, places = self._index.search(query[None], min(k, len(self._corpus)), params=parameters)
            found = rescored(self._corpus, query, places[0][places[0] >= 0])
            yield Found(self._rows[found.rows], found.scores)


def rescored(corpus: Corpus, query: Vectors, rows: Rows) -> Found:
    """Inner products in float64, each of its own row only."""
    products = corpus.take(rows, axis=0) * query.astype(np.float64)
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
def one_thread(faiss: Any) -> Iterator[None]:
    """What FAISS does here does not depend on how many there are."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


@contextmanager
def selector(faiss: Any, mask: Mask) -> Iterator[Any]:
    """The allowed documents as FAISS wants them; the bits must live as long as the selector."""
    bits = np.packbits(mask, bitorder="little")
    yield faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
