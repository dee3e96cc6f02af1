"""Dense search: the documents whose vectors have the highest inner product with that of the query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Hit, Query
from wild_aieval.models.embeddings.ann_recall import AnnRecall, Asked, SampledRecall
from wild_aieval.models.embeddings.blocks import Blocks
from wild_aieval.models.embeddings.collection import keys_of
from wild_aieval.models.embeddings.encoder import EncoderSettings
from wild_aieval.models.embeddings.ivfpq import FEWEST, Codes, IvfPq
from wild_aieval.models.embeddings.products import Vectors
from wild_aieval.models.embeddings.text_encoder import CorpusEncoder, TextEncoder
from wild_aieval.models.embeddings.vector_index import Corpus, Engine, Hnsw, Index, exact_index, faiss_library
from wild_aieval.models.protocols import Workplace, not_identity
from wild_aieval.models.search.eligible import Eligibility, Pool

_EVERY = 200_000  # documents up to which the recall is measured on every query
_SAMPLE = 200  # queries, beyond
_ONLY_IF: dict[str, tuple[str, ...]] = {  # settings that count only with an index; elsewhere they change no answer
    "ivfpq": ("ivf_lists", "ivf_probe", "ivf_candidates", "pq_bytes", "pq_rotation"),
}


class DenseSettings(EncoderSettings):
    """How the vectors of a corpus are kept and searched."""

    vectors: Literal["memory", "mapped"] = Field("memory", description="mapped: float16, in a file of the cache")
    index: Literal["exact", "hnsw", "ivfpq"] = "exact"
    engine: Engine = not_identity("auto")
    hnsw_links: int = Field(32, ge=4, le=256, description="neighbours of a document in the graph (M)")
    hnsw_build: int = Field(200, ge=8, description="candidates looked at when the graph is built (efConstruction)")
    hnsw_search: int = Field(128, ge=8, description="candidates looked at for a query (efSearch)")
    ivf_lists: int | None = Field(
        None, ge=1, description="lists of documents; None: near twice the root of their number"
    )
    ivf_probe: int = Field(128, ge=1, description="lists that are looked at for a query")
    ivf_candidates: int = Field(1000, ge=1, description="documents scored again from their vectors, at least the depth")
    pq_bytes: int = Field(64, ge=1, description="a document's code; the dimension is a multiple of it")
    pq_rotation: bool = Field(False, description="vectors are turned first, so that codes fit better (OPQ)")
    recall_queries: int | None = not_identity(None, ge=1, description="for which an approximate index is checked")

    def identity(self) -> dict[str, Any]:
        """What is new keeps the keys of candidates that do not use it."""
        found = super().identity()
        if self.vectors == "memory":
            del found["vectors"]
        for index, names in _ONLY_IF.items():
            if self.index != index:
                found = {name: value for name, value in found.items() if name not in names}
        return found


class DenseSearch:
    """An encoder and the index of one corpus; documents that may not answer are left out before the cut."""

    def __init__(self, settings: DenseSettings, encoder: TextEncoder, workplace: Workplace) -> None:
        self._settings = settings
        self._encoder = encoder
        self._seed = workplace.seed
        workplace.after.append(self._told)
        self._eligible = Eligibility()
        self._exact: Index = exact_index(np.zeros((0, 1), dtype=np.float32), "numpy", settings.name)
        self._fast: Index | None = None
        self.recall: AnnRecall | SampledRecall | None = None
        if settings.index != "exact" or settings.engine == "faiss":
            faiss_library(settings.name)  # said before any work

    def facts(self) -> dict[str, Any]:
        """The version of FAISS where it decides what is found."""
        return {} if self._settings.index == "exact" else {"faiss": faiss_library(self._settings.name).__version__}

    def index(self, corpus: Sequence[Document]) -> None:
        """Embed the collection."""
        self._eligible = Eligibility()
        self.recall, self._fast = None, None
        if self._settings.vectors == "mapped":
            self._index_mapped(corpus)
        else:
            vectors = self._encoder.encode([document.full_text for document in self._eligible.noting(corpus)])
            self._eligible.settle()
            self._fast = self._approximate(vectors)
            self._exact = exact_index(
                by_rows(vectors, self._eligible.order), self._settings.engine, self._settings.name
            )
        if self._fast is not None:
            self.recall = self._recall()

    def _told(self) -> None:
        """Every query was asked."""
        if self.recall is not None:
            self.recall.tell()

    def _index_mapped(self, corpus: Sequence[Document]) -> None:
        """The corpus is read twice where its vectors are not there yet, else once."""
        if not isinstance(self._encoder, CorpusEncoder):
            raise UserError(f"{self._settings.name}: this kind keeps no mapped vectors. Set model.vectors=memory.")

        def texts() -> Iterable[str]:
            return (document.full_text for document in corpus)

        keys = keys_of(document.full_text for document in self._eligible.noting(corpus))
        self._eligible.settle()
        held = self._encoder.corpus(keys, texts)
        self._exact = Blocks(held.vectors, self._eligible.rows)
        self._fast = self._approximate(held.vectors, held.file)

    def _approximate(self, vectors: Corpus, file: Path | None = None) -> Index | None:
        """Of vectors in the order of the corpus, on which it depends; None where the exact index answers.

        ``file``: that of mapped vectors; what is learned of them is kept beside it.
        """
        settings, rows = self._settings, self._eligible.rows
        if settings.index == "hnsw":
            sizes = (settings.hnsw_links, settings.hnsw_build, settings.hnsw_search)
            return Hnsw(vectors, rows, *sizes, settings.name)
        if settings.index == "ivfpq" and len(vectors) >= FEWEST:
            return IvfPq(vectors, rows, self._codes(), self._seed, settings.name, file)
        return None

    def _codes(self) -> Codes:
        settings = self._settings
        candidates = settings.ivf_candidates
        return Codes(settings.ivf_lists, settings.ivf_probe, settings.pq_bytes, settings.pq_rotation, candidates)

    def _recall(self) -> AnnRecall | SampledRecall:
        settings, documents = self._settings, len(self._eligible)
        wanted = settings.recall_queries or (None if documents <= _EVERY else _SAMPLE)
        told = AnnRecall(settings.name, settings.index)
        if wanted is None:
            return told
        exact, eligible = self._exact, self._eligible

        def search(asked: Sequence[Asked], k: int) -> list[list[Hit]]:
            vectors = np.stack([one.vector for one in asked])
            return _ranked(exact, eligible, vectors, [one.pool for one in asked], k)

        return SampledRecall(told, wanted, self._seed, search)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """At most ``k`` hits for each query, best first."""
        vectors = self._encoder.encode([query.text for query in queries], queries=True)
        pools = [self._eligible.pool(query) for query in queries]
        if self._fast is None or self.recall is None:
            return _ranked(self._exact, self._eligible, vectors, pools, k)
        found = _ranked(self._fast, self._eligible, vectors, pools, k)
        if isinstance(self.recall, SampledRecall):
            for query, vector, pool, hits in zip(queries, vectors, pools, found, strict=True):
                self.recall.add(Asked(query.id, vector, pool, hits), k)
            return found
        for near, best in zip(found, _ranked(self._exact, self._eligible, vectors, pools, k), strict=True):
            self.recall.add(near, best, k)
        return found


def _ranked(index: Index, eligible: Eligibility, vectors: Vectors, pools: Sequence[Pool], k: int) -> list[list[Hit]]:
    return [eligible.ranked(found.rows, found.scores, k) for found in index.near(vectors, pools, k)]


def by_rows(vectors: Vectors, order: NDArray[np.int64]) -> Vectors:
    """Vectors in the order of dates; the same array where they are."""
    return vectors if (np.diff(order) == 1).all() else vectors[order]
