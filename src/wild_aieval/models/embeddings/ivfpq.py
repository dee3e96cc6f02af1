"""Approximate search in little memory: lists of near documents, whose vectors are product-quantised (FAISS IVF-PQ).

A document takes ``code_bytes`` and 8 bytes in memory (Jégou, Douze and Schmid, 2011). What its lists give is scored
again from the vectors themselves, wherever these lie. Everything that is learned is learned from a seeded sample.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wild_aieval.errors import UserError
from wild_aieval.models.embeddings.products import Vectors
from wild_aieval.models.embeddings.vector_index import Corpus, Found, Rows, faiss_library, one_thread, rescored
from wild_aieval.models.search import array_file
from wild_aieval.models.search.eligible import Pool
from wild_aieval.runspec import digest

_FORMAT = 1  # of what is kept
FEWEST = 256  # documents from which on codes can be learned
_CODES = 256  # of 8 bits
_LEARNED = 64  # documents for each list, and at least so many for each code
_ROUNDS = 10  # of k-means
_AT_ONCE = 2**15  # vectors that are float32 at a time


class Codes(NamedTuple):
    """``lists`` None: a power of two near twice the root of the number of documents. See ``DenseSettings``."""

    lists: int | None
    probe: int
    code_bytes: int
    rotation: bool
    candidates: int


class IvfPq:
    """``corpus``: vectors; ``rows``: the row of each. ``file``: that of the vectors; the index is kept beside it."""

    def __init__(
        self, corpus: Corpus, rows: Rows, settings: Codes, seed: int, owner: str, file: Path | None = None
    ) -> None:
        self._faiss = faiss_library(owner)
        self._corpus, self._settings = corpus, settings
        self._order = np.argsort(rows)  # the document of each row
        if corpus.shape[1] % settings.code_bytes:
            raise UserError(
                f"{owner}: model.pq_bytes is {settings.code_bytes}, and the vectors have {corpus.shape[1]} "
                "numbers, which is no multiple of it. Set one of "
                f"{', '.join(str(n) for n in range(8, corpus.shape[1] + 1) if corpus.shape[1] % n == 0)}."
            )
        kept = self._beside(file, rows, seed) if file is not None else None
        if kept is None:
            self._index = self._made(rows, seed, owner)
        else:
            with array_file.alone(kept):
                self._index = self._kept(kept, rows, seed, owner)
        self._lists = self._faiss.extract_index_ivf(self._index)
        self._turn = self._faiss.downcast_VectorTransform(self._index.chain.at(0)) if settings.rotation else None

    def near(self, queries: Vectors, pools: Sequence[Pool], k: int) -> Iterator[Found]:
        """The best by their codes among the documents of the nearest lists, with their true scores."""
        faiss, settings = self._faiss, self._settings
        turned = self._turn.apply(queries) if self._turn is not None else queries
        for query, asked, pool in zip(queries, turned, pools, strict=True):
            early = faiss.IDSelectorRange(0, pool.size)
            parameters = faiss.SearchParametersIVF(sel=early, nprobe=settings.probe)
            size = max(settings.candidates, k) + len(pool.without)
            _, found = self._lists.search(asked[None], size, params=parameters)
            rows = found[0][found[0] >= 0]
            rows = rows[~np.isin(rows, pool.without)]
            scored = rescored(self._corpus, query, self._order[rows])
            yield Found(rows, scored.scores)

    def _beside(self, file: Path, rows: Rows, seed: int) -> Path:
        """A name for what the index depends on, besides the vectors."""
        learned = [self._count(), self._settings.code_bytes, self._settings.rotation, seed]
        order = hashlib.blake2b(np.ascontiguousarray(rows, dtype="<i8").data, digest_size=16).hexdigest()
        return file.with_suffix(f".{digest([_FORMAT, self._faiss.__version__, learned, order])[:16]}.faiss")

    def _made(self, rows: Rows, seed: int, owner: str) -> Any:
        faiss, corpus = self._faiss, self._corpus
        index = self._empty(seed)
        print(f"{owner}: learning {self._count()} lists and codes of {len(corpus):,} vectors", file=sys.stderr)
        with one_thread(faiss):  # the same on every machine with this FAISS, however many cores
            index.train(self._sample(seed))
            for start in range(0, len(corpus), _AT_ONCE):
                block = np.ascontiguousarray(corpus[start : start + _AT_ONCE], dtype=np.float32)
                index.add_with_ids(block, np.ascontiguousarray(rows[start : start + _AT_ONCE]))
        return index

    def _kept(self, kept: Path, rows: Rows, seed: int, owner: str) -> Any:
        """From its file, or made. No room on the disk is no fault: it is made again the next time."""
        arrays = array_file.opened(kept)
        if arrays is not None:
            return self._faiss.deserialize_index(np.array(arrays["index"]))
        index = self._made(rows, seed, owner)
        written = self._faiss.serialize_index(index)
        with suppress(OSError), array_file.Writer(kept, {"index": ("|u1", len(written))}) as writer:
            writer.add("index", written)
        return index

    def _empty(self, seed: int) -> Any:
        faiss, width, parts = self._faiss, self._corpus.shape[1], self._settings.code_bytes
        coarse = faiss.IndexFlatIP(width)
        lists = faiss.IndexIVFPQ(coarse, width, self._count(), parts, 8, faiss.METRIC_INNER_PRODUCT)
        coarse.this.disown()  # it goes with the lists
        lists.own_fields = True
        for learning in (lists.cp, lists.pq.cp):
            learning.seed = seed % 2**31
            learning.min_points_per_centroid = 1
            learning.niter = _ROUNDS
        if not self._settings.rotation:
            return lists
        turn = faiss.OPQMatrix(width, parts)
        turn.niter = _ROUNDS
        turn.this.disown()
        lists.this.disown()
        whole = faiss.IndexPreTransform(turn, lists)
        whole.own_fields = True
        return whole

    def _count(self) -> int:
        documents = len(self._corpus)
        near = self._settings.lists or 2 ** round(math.log2(2 * math.sqrt(documents)))
        return max(1, min(near, documents // 8))

    def _sample(self, seed: int) -> Vectors:
        size = min(len(self._corpus), max(_LEARNED * self._count(), _LEARNED * _CODES))
        chosen = np.sort(np.random.default_rng(seed).choice(len(self._corpus), size, replace=False))
        return self._corpus.take(chosen, axis=0).astype(np.float32)
