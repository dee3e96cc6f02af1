"""BM25, exact, with the date rule applied before the ranking is cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models.protocols import ModelSettings, Workplace
from wild_aieval.models.search.analysis import Analysis, Stemming, StopWords, snowball_library
from wild_aieval.models.search.eligible import Eligibility
from wild_aieval.models.search.inverted_index import InvertedIndex
from wild_aieval.models.search.query_text import QueryPart, ask_with
from wild_aieval.models.search.selection import best_rows


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
        self._eligible = Eligibility()
        self._index = InvertedIndex(self._analysis.terms([]), self._eligible.rows, settings.k1, settings.b)
        if settings.stemmer:
            snowball_library()  # said before any work

    def facts(self) -> Mapping[str, Any]:
        """The versions of bm25s, and of the stemmer where it is used."""
        import bm25s

        stemmer = {"PyStemmer": snowball_library().version()} if self._settings.stemmer else {}
        return {"bm25s": bm25s.__version__} | stemmer

    def index(self, corpus: Sequence[Document]) -> None:
        """Analyse and index title and text; the corpus is read once."""
        self._eligible, settings, unknown = Eligibility(), self._settings, 0

        def texts() -> Iterator[tuple[str, str]]:
            nonlocal unknown
            for document in self._eligible.noting(corpus):
                language = document.language or settings.language
                unknown += not language
                yield document.full_text, language

        terms = self._analysis.terms(texts())
        self._told(unknown, len(terms.lengths))
        self._eligible.settle()
        self._index = InvertedIndex(terms, self._eligible.rows, settings.k1, settings.b)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Score every document, keep eligible ones above zero."""
        return ask_with(queries, self._settings.query, lambda asked: self._search(asked, k))

    def _search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        languages = [query.language or self._settings.language for query in queries]
        self._told(languages.count(""), len(languages))
        words = self._analysis.words([query.text for query in queries], languages)
        room = np.empty(len(self._eligible), dtype=np.float32)
        return [self._best(query, found, k, room) for query, found in zip(queries, words, strict=True)]

    def _best(self, query: Query, words: Sequence[str], k: int, room: NDArray[np.float32]) -> list[Hit]:
        pool = self._eligible.pool(query)
        scores = room[: pool.size]
        self._index.score(words, scores)
        scores[pool.without] = 0.0
        rows = best_rows(scores, k, floor=0.0)
        return self._eligible.ranked(rows, scores[rows], k)

    def _told(self, unknown: int, texts: int) -> None:
        if self._analysis.by_language and unknown:
            raise UserError(
                f"{self._settings.name}: model.stop_words or model.stemmer is 'auto', which goes by the language of "
                f"each text, and {unknown} of {texts} texts name none (the benchmark names several). Say it with "
                "model.language=en (or another)."
            )
