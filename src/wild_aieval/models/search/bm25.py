"""BM25, exact, with the date rule applied before the ranking is cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models.protocols import ModelSettings, Workplace, not_identity
from wild_aieval.models.search import array_file, disk_index
from wild_aieval.models.search.analysis import Analysis, Stemming, StopWords, snowball_library
from wild_aieval.models.search.eligible import Eligibility
from wild_aieval.models.search.inverted_index import InvertedIndex, Postings, in_memory
from wild_aieval.models.search.query_text import QueryPart, ask_with
from wild_aieval.models.search.selection import best_rows
from wild_aieval.runspec import digest


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
        store: Literal["memory", "disk"] = not_identity("memory", description="where the index lies; same scores")

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._workplace = workplace
        self._analysis = Analysis(settings.stop_words, settings.stemmer, settings.bigrams)
        self._eligible = Eligibility()
        self._index = InvertedIndex(self._in_memory([]))
        if settings.stemmer:
            snowball_library()  # said before any work

    def facts(self) -> Mapping[str, Any]:
        """The versions of bm25s, and of the stemmer where it is used."""
        import bm25s

        stemmer = {"PyStemmer": snowball_library().version()} if self._settings.stemmer else {}
        return {"bm25s": bm25s.__version__} | stemmer

    def index(self, corpus: Sequence[Document]) -> None:
        """Analyse and index title and text; the corpus is read once, for ``store: disk`` twice if it is new."""
        self._eligible = Eligibility()
        self._index = InvertedIndex(self._in_memory(corpus) if self._settings.store == "memory" else self._kept(corpus))

    def _in_memory(self, corpus: Sequence[Document]) -> Postings:
        settings = self._settings
        terms = self._analysis.terms(self._texts(self._eligible.noting(corpus)))
        self._eligible.settle()
        return in_memory(terms, self._eligible.rows, settings.k1, settings.b)

    def _kept(self, corpus: Sequence[Document]) -> Postings:
        """From the cache; what is not there yet, or not whole, is made."""
        settings = self._settings
        read = disk_index.fingerprint(self._texts(self._eligible.noting(corpus)))
        self._eligible.settle()
        rows = self._eligible.rows
        analysed = [settings.stop_words, settings.stemmer, settings.bigrams, settings.k1, settings.b]
        key = digest([disk_index.FORMAT, analysed, dict(self.facts()), read, disk_index.fingerprint_of(rows)])
        file = self._workplace.cache / "search" / f"{key[:32]}.bm25"
        try:
            with array_file.alone(file):
                if (found := disk_index.opened(file)) is None:
                    self._build(file, corpus)
                    found = disk_index.opened(file)
        except OSError as error:
            raise UserError(
                f"{settings.name}: the index could not be written below {file.parent}, or the texts could not be "
                f"read ({error}). Make room there, if that is it (twice 8 bytes for each different word of each "
                "document), set WILD_AIEVAL_RUNS to a folder on another disk, or model.store=memory."
            ) from None
        if found is None:
            raise UserError(
                f"{settings.name}: {file} was written and could not be read again as it was written. Look at the disk, "
                "set WILD_AIEVAL_RUNS to a folder on another one, or model.store=memory."
            )
        return found

    def _build(self, file: Path, corpus: Sequence[Document]) -> None:
        settings, rows = self._settings, self._eligible.rows
        with self._workplace.watch(f"{settings.name} · indexing documents", len(rows)) as advance:
            weights = (settings.k1, settings.b)
            disk_index.build(file, self._analysis, self._texts(corpus), rows, weights, advance)

    def _texts(self, corpus: Iterable[Document]) -> Iterator[tuple[str, str]]:
        """Each text with its language; UserError at the end where languages are needed and some texts name none."""
        unknown = texts = 0
        for document in corpus:
            language = document.language or self._settings.language
            unknown, texts = unknown + (not language), texts + 1
            yield document.full_text, language
        self._told(unknown, texts)

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
