"""BM25 by the library bm25s, exact, with the date rule applied before the ranking is cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models.eligible import Eligibility
from wild_aieval.models.protocols import ModelSettings, Workplace


class Bm25:
    """Okapi BM25 in Lucene's form; words of two letters and more, stop words out, no stemming."""

    class Settings(ModelSettings):
        """Settings of ``kind: bm25``."""

        kind: Literal["bm25"]
        k1: float = Field(1.5, ge=0)
        b: float = Field(0.75, ge=0, le=1)
        stop_words: (
            Literal["da", "de", "en", "es", "fr", "it", "ko", "nl", "no", "pt", "ru", "sv", "tr", "zh"] | None
        ) = "en"

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._engine: Any = None
        self._eligible = Eligibility([])

    def facts(self) -> Mapping[str, Any]:
        """The version of bm25s."""
        import bm25s

        return {"bm25s": bm25s.__version__}

    def index(self, corpus: Sequence[Document]) -> None:
        """Tokenise and index title and text."""
        import bm25s

        self._eligible = Eligibility(corpus)
        self._engine = bm25s.BM25(k1=self._settings.k1, b=self._settings.b, method="lucene")
        self._engine.index(self._tokens([document.full_text for document in corpus]), show_progress=False)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Score every document, keep eligible ones above zero."""
        answers: list[list[Hit] | Failure] = []
        for query, tokens in zip(queries, self._tokens([query.text for query in queries]), strict=True):
            known = [token for token in tokens if token in self._engine.vocab_dict]
            scores = np.asarray(self._engine.get_scores(known), dtype=np.float64) if known else None
            answers.append([] if scores is None else self._eligible.best(scores, query, k, floor=0.0))
        return answers

    def _tokens(self, texts: list[str]) -> list[list[str]]:
        import bm25s

        tokens: list[list[str]] = bm25s.tokenize(
            texts, stopwords=self._settings.stop_words, return_ids=False, show_progress=False
        )
        return tokens
