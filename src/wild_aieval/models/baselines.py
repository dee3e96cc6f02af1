"""Floors: what a candidate must beat to be worth anything."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Segment, Suggestion, Translation
from wild_aieval.models.protocols import ModelSettings, Workplace


class Majority:
    """Suggests the most frequent symbols of the training part, whatever the document says."""

    class Settings(ModelSettings):
        """Settings of ``kind: majority``."""

        kind: Literal["majority"]
        suggestions: int = 10

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._size = settings.suggestions
        self._ranking: list[Suggestion] = []

    def facts(self) -> Mapping[str, Any]:
        """Nothing besides the settings."""
        return {}

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Count the main symbols (all symbols where the main one is not known)."""
        counts = Counter(symbol for item in train for symbol in ([item.main] if item.main else item.symbols))
        total = max(1, len(train))
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        self._ranking = [Suggestion(symbol, count / total) for symbol, count in ranked[: self._size]]

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The same ranking for every document."""
        return [list(self._ranking) for _ in documents]


class CopySource:
    """Gives the source text back."""

    class Settings(ModelSettings):
        """Settings of ``kind: copy-source``."""

        kind: Literal["copy-source"]

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        pass

    def facts(self) -> Mapping[str, Any]:
        """Nothing besides the settings."""
        return {}

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """The segments as they came."""
        return [Translation(segment.text) for segment in segments]


class RandomRanking:
    """Ranks eligible documents at random, seeded by the run and the query."""

    class Settings(ModelSettings):
        """Settings of ``kind: random-ranking``."""

        kind: Literal["random-ranking"]

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._seed = workplace.seed
        self.index([])

    def facts(self) -> Mapping[str, Any]:
        """Nothing besides the settings and the seed of the run."""
        return {}

    def index(self, corpus: Sequence[Document]) -> None:
        """Keep ids, dates and families; an undated document comes before every date."""
        self._ids: list[str] = []
        dates, families = list[str](), list[str]()
        for document in corpus:
            self._ids.append(document.id)
            dates.append(document.date)
            families.append(document.family)
        self._days = sorted({date for date in dates if date})
        self._families = {family: number for number, family in enumerate(dict.fromkeys(families))}
        places = {day: place for place, day in enumerate(self._days)} | {"": -1}
        self._day_of = np.array([places[date] for date in dates], dtype=np.int32)
        self._family_of = np.array([self._families[family] for family in families], dtype=np.int32)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Draw ``k`` of the documents published before the query's date, without its own family."""
        return [self._draw(query, k) for query in queries]

    def _draw(self, query: Query, k: int) -> list[Hit]:
        allowed = np.ones(len(self._ids), dtype=np.bool_)
        if query.date:
            allowed &= self._day_of < bisect_left(self._days, query.date)
        if query.family:
            allowed &= self._family_of != self._families.get(query.family, -1)
        eligible = np.flatnonzero(allowed)
        drawn = random.Random(f"{self._seed}/{query.id}").sample(range(len(eligible)), min(k, len(eligible)))
        return [Hit(self._ids[row], 1.0 / rank) for rank, row in enumerate(eligible[drawn].tolist(), 1)]
