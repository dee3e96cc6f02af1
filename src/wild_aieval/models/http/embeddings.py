"""Embeddings of an endpoint at work: the heads and the dense search of ``embedding``, on vectors from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Suggestion
from wild_aieval.models.embeddings.dense_search import DenseSearch
from wild_aieval.models.embeddings.embedding import EmbeddingModel
from wild_aieval.models.http.vectors import EndpointEncoder, VectorSettings
from wild_aieval.models.labels import LabelSpace
from wild_aieval.models.local.weights import library_versions
from wild_aieval.models.protocols import Workplace, not_identity


class OpenAIEmbeddings:
    """Classification by neighbours or logistic regression, and exact dense search."""

    many_at_once = True

    class Settings(VectorSettings):
        """Settings of ``kind: openai-embeddings``; ``head`` and what follows are those of ``kind: embedding``."""

        kind: Literal["openai-embeddings"]
        tasks: list[Literal["classification", "search"]] = not_identity(["classification", "search"], min_length=1)
        head: Literal["linear", "neighbours"] = "linear"
        neighbours: int = Field(20, ge=1)
        regularisation: float = Field(10.0, gt=0)
        suggestions: int = Field(10, ge=3)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._encoder = EndpointEncoder(settings, workplace)
        names = ("name", "tasks", "head", "neighbours", "regularisation", "suggestions")
        told = {name: getattr(settings, name) for name in names}
        heads = EmbeddingModel.Settings.model_validate({**told, "kind": "embedding", "path": settings.url})
        self._heads = _Heads(heads, workplace, self._encoder)

    def facts(self) -> Mapping[str, Any]:
        """The version of scikit-learn; which model answers cannot be seen from outside."""
        return library_versions("scikit-learn")

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Embed the training part and fit the head."""
        self._heads.fit(train)

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """Suggestions for each document; a Failure for each without a vector."""
        faults = self._encoder.faults([one.id for one in documents], [one.full_text for one in documents])
        return _around(faults, documents, self._heads.classify)

    def index(self, corpus: Sequence[Document]) -> None:
        """Embed the collection."""
        self._heads.index(corpus)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """At most ``k`` hits for each query; a Failure for each without a vector."""
        faults = self._encoder.faults([one.id for one in queries], [one.text for one in queries], queries=True)
        return _around(faults, queries, lambda asked: self._heads.search(asked, k))


class _Heads(EmbeddingModel):
    """The same heads on another encoder: everything that ``EmbeddingModel`` sets up, but no folder is opened."""

    def __init__(self, settings: EmbeddingModel.Settings, workplace: Workplace, encoder: EndpointEncoder) -> None:
        self._settings = settings
        self._seed = workplace.seed
        self._encoder = encoder
        self._search = DenseSearch(settings, encoder, workplace)
        self._labels = LabelSpace([])
        self._head = None
        self._train = np.zeros((0, 1), dtype=np.float32)
        self._memory = None


def _around(
    faults: Sequence[Failure | None], items: Sequence[Any], answer: Callable[[list[Any]], list[Any]]
) -> list[Any]:
    """Answers of the items without a fault, the fault of the others, in order."""
    good = [item for item, fault in zip(items, faults, strict=True) if fault is None]
    answers = iter(answer(good) if good else [])
    return [next(answers) if fault is None else fault for fault in faults]
