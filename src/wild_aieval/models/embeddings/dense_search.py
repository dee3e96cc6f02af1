"""Dense search: the documents whose vectors have the highest inner product with that of the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.items import Document, Hit, Query
from wild_aieval.models.embeddings.ann_recall import AnnRecall
from wild_aieval.models.embeddings.encoder import EncoderSettings
from wild_aieval.models.embeddings.products import Vectors
from wild_aieval.models.embeddings.text_encoder import TextEncoder
from wild_aieval.models.embeddings.vector_index import Engine, Hnsw, Index, exact_index, faiss_library
from wild_aieval.models.protocols import not_identity
from wild_aieval.models.search.eligible import Eligibility, Pool


class DenseSettings(EncoderSettings):
    """How the vectors of a corpus are searched."""

    index: Literal["exact", "hnsw"] = "exact"
    engine: Engine = not_identity("auto")
    hnsw_links: int = Field(32, ge=4, le=256, description="neighbours of a document in the graph (M)")
    hnsw_build: int = Field(200, ge=8, description="candidates looked at when the graph is built (efConstruction)")
    hnsw_search: int = Field(128, ge=8, description="candidates looked at for a query (efSearch)")


class DenseSearch:
    """An encoder and the index of one corpus; documents that may not answer are left out before the cut."""

    def __init__(self, settings: DenseSettings, encoder: TextEncoder) -> None:
        self._settings = settings
        self._encoder = encoder
        self._eligible = Eligibility()
        self._exact: Index = exact_index(np.zeros((0, 1), dtype=np.float32), "numpy", settings.name)
        self._fast: Index | None = None
        self.recall: AnnRecall | None = None
        if settings.index == "hnsw" or settings.engine == "faiss":
            faiss_library(settings.name)  # said before any work

    def facts(self) -> dict[str, Any]:
        """The version of FAISS where its graph decides what is found."""
        return {"faiss": faiss_library(self._settings.name).__version__} if self._settings.index == "hnsw" else {}

    def index(self, corpus: Sequence[Document]) -> None:
        """Embed the collection."""
        settings = self._settings
        self._eligible = Eligibility()
        vectors = self._encoder.encode([document.full_text for document in self._eligible.noting(corpus)])
        self._eligible.settle()
        if settings.index == "hnsw":  # a graph depends on the order in which it is built: that of the corpus
            sizes = (settings.hnsw_links, settings.hnsw_build, settings.hnsw_search)
            self._fast = Hnsw(vectors, self._eligible.rows, *sizes, settings.name)
        vectors = by_rows(vectors, self._eligible.order)
        self._exact = exact_index(vectors, settings.engine, settings.name)
        if self._fast is not None:
            if self.recall is not None:
                self.recall.tell()  # of the benchmark before
            self.recall = AnnRecall(settings.name)
            self.recall.told_after(self)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """At most ``k`` hits for each query, best first."""
        vectors = self._encoder.encode([query.text for query in queries], queries=True)
        pools = [self._eligible.pool(query) for query in queries]
        exact = self._ranked(self._exact, vectors, pools, k)
        if self._fast is None or self.recall is None:
            return exact
        found = self._ranked(self._fast, vectors, pools, k)
        for near, best in zip(found, exact, strict=True):
            self.recall.add(near, best, k)
        return found

    def _ranked(self, index: Index, vectors: Vectors, pools: Sequence[Pool], k: int) -> list[list[Hit]]:
        return [self._eligible.ranked(found.rows, found.scores, k) for found in index.near(vectors, pools, k)]


def by_rows(vectors: Vectors, order: NDArray[np.int64]) -> Vectors:
    """Vectors in the order of dates; the same array where they are."""
    return vectors if (np.diff(order) == 1).all() else vectors[order]
