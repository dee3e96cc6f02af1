"""Sentence embeddings at work: a nearest-neighbour or linear classifier, and dense search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Suggestion
from wild_aieval.models.embeddings.dense_search import DenseSearch, DenseSettings
from wild_aieval.models.embeddings.text_encoder import TextEncoder, open_encoder
from wild_aieval.models.labels import LabelSpace
from wild_aieval.models.protocols import Workplace, not_identity
from wild_aieval.models.search.query_text import QueryPart, ask_with

Floats = NDArray[np.float64]


class EmbeddingModel:
    """One encoder, used for classification (after ``fit``) and for dense search (after ``index``)."""

    many_at_once = True  # texts of one length are batched, and more of them are alike among many

    class Settings(DenseSettings):
        """Settings of ``kind: embedding``."""

        kind: Literal["embedding"]
        tasks: list[Literal["classification", "search"]] = not_identity(["classification", "search"], min_length=1)
        head: Literal["linear", "neighbours"] = "linear"
        neighbours: int = Field(20, ge=1)
        regularisation: float = Field(10.0, gt=0, description="inverse strength, as C in scikit-learn")
        suggestions: int = Field(10, ge=3)
        query: QueryPart = "all"

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._seed = workplace.seed
        self._encoder: TextEncoder = open_encoder(settings, workplace)
        self._search = DenseSearch(settings, self._encoder, workplace)
        self._labels = LabelSpace([])
        self._head: Any = None
        self._train: NDArray[np.float32] = np.zeros((0, 1), dtype=np.float32)
        self._memory: Any = None

    def facts(self) -> Mapping[str, Any]:
        """The encoder's facts, the version of scikit-learn, and of FAISS where it decides what is found."""
        from wild_aieval.models.local.weights import library_versions

        return self._encoder.facts() | library_versions("scikit-learn") | self._search.facts()

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Embed the training part; for the linear head, fit multinomial logistic regression."""
        self._labels = LabelSpace(train)
        vectors = self._encoder.encode([item.document.full_text for item in train])
        self._head = None
        if self._settings.head == "neighbours" or len(self._labels.symbols) < 2:  # one class leaves nothing to learn
            self._train, self._memory = vectors, self._labels.indicators(train)
            return
        from sklearn.linear_model import LogisticRegression

        pairs = [(row, column) for row, item in enumerate(train) for column in self._labels.columns(item)]
        rows, columns = (np.array(side) for side in zip(*pairs, strict=True))
        self._head = LogisticRegression(C=self._settings.regularisation, max_iter=300, random_state=self._seed % 2**32)
        self._head.fit(vectors[rows], columns)

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """Symbols by probability (linear head) or by their share of the neighbours' similarity."""
        vectors = self._encoder.encode([document.full_text for document in documents])
        scores = self._neighbour_shares(vectors) if self._head is None else self._head.predict_proba(vectors)
        return self._labels.top(np.asarray(scores, dtype=np.float64), self._settings.suggestions)

    def index(self, corpus: Sequence[Document]) -> None:
        """Embed the collection."""
        self._search.index(corpus)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Documents by inner product, each held against the query unless ``index: hnsw`` is set."""
        return ask_with(queries, self._settings.query, lambda asked: self._search.search(asked, k))

    def _neighbour_shares(self, vectors: NDArray[np.float32]) -> Floats:
        similarity = np.maximum(vectors @ self._train.T, 0.0).astype(np.float64)
        size = min(self._settings.neighbours, similarity.shape[1])
        cut = np.partition(-similarity, size - 1, axis=1)[:, size - 1 : size]
        weights = np.where(-similarity <= cut, similarity, 0.0)
        shares: Floats = (weights @ self._memory) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        return shares
