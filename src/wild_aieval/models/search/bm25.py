"""BM25 by the library bm25s, exact, with the date rule applied before the ranking is cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models.protocols import ModelSettings, Workplace
from wild_aieval.models.search.analysis import Analysis, Stemming, StopWords, snowball_library
from wild_aieval.models.search.eligible import Eligibility
from wild_aieval.models.search.query_text import QueryPart, ask_with


class Bm25:
    """Okapi BM25 in Lucene's form over title and text; what counts as a word is said by the settings."""

    class Settings(ModelSettings):
        """Settings of ``kind: bm25``; ``auto`` goes by the language of each text."""

        kind: Literal["bm25"]
        k1: float = Field(1.5, ge=0)
        b: float = Field(0.75, ge=0, le=1)
        stop_words: StopWords | None = "en"
        stemmer: Stemming | None = None
        language: str = Field(
            "", pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]+)*)?$", description="of texts that name none"
        )
        bigrams: bool = Field(False, description="Chinese, Japanese and Korean as overlapping pairs of characters")
        query: QueryPart = "all"

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._analysis = Analysis(settings.stop_words, settings.stemmer, settings.bigrams)
        self._engine: Any = None
        self._eligible = Eligibility([])
        if settings.stemmer:
            snowball_library()  # said before any work

    def facts(self) -> Mapping[str, Any]:
        """The versions of bm25s, and of the stemmer where it is used."""
        import bm25s

        stemmer = {"PyStemmer": snowball_library().version()} if self._settings.stemmer else {}
        return {"bm25s": bm25s.__version__} | stemmer

    def index(self, corpus: Sequence[Document]) -> None:
        """Tokenise and index title and text."""
        import bm25s

        self._eligible = Eligibility(corpus)
        self._engine = bm25s.BM25(k1=self._settings.k1, b=self._settings.b, method="lucene")
        words = self._words([document.full_text for document in corpus], [document.language for document in corpus])
        self._engine.index(words, show_progress=False)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Score every document, keep eligible ones above zero."""
        return ask_with(queries, self._settings.query, lambda asked: self._search(asked, k))

    def _search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        answers: list[list[Hit]] = []
        words = self._words([query.text for query in queries], [query.language for query in queries])
        for query, tokens in zip(queries, words, strict=True):
            known = [token for token in tokens if token in self._engine.vocab_dict]
            scores = np.asarray(self._engine.get_scores(known), dtype=np.float64) if known else None
            answers.append([] if scores is None else self._eligible.best(scores, query, k, floor=0.0))
        return answers

    def _words(self, texts: Sequence[str], languages: Sequence[str]) -> list[list[str]]:
        known = [language or self._settings.language for language in languages]
        if self._analysis.by_language and not all(known):
            raise UserError(
                f"{self._settings.name}: model.stop_words or model.stemmer is 'auto', which goes by the language of "
                f"each text, and {known.count('')} of {len(known)} texts name none (the benchmark names several). Say "
                "it with model.language=en (or another)."
            )
        return self._analysis.words(texts, known)
