"""Which documents may answer a query: published before its date and not of its own family.

Documents are kept in rows by date, undated ones first, so that those which may answer a query are the first so many
rows without its own family: no array of the size of the corpus is made for a query.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.items import Document, Hit, Query

Rows = NDArray[np.int64]
Scores = NDArray[Any]
_UNDATED = "0000"


class Pool(NamedTuple):
    """The first ``size`` rows may answer, but for those in ``without``."""

    size: int
    without: Rows

    def mask(self, documents: int) -> NDArray[np.bool_]:
        """Which of all rows may answer, of shape (documents,)."""
        allowed = np.zeros(documents, dtype=np.bool_)
        allowed[: self.size] = True
        allowed[self.without] = False
        return allowed


class Eligibility:
    """Dates, families and ids of a corpus. ``row`` numbers below are places in the order of dates."""

    def __init__(self, corpus: Iterable[Document] = ()) -> None:
        self._ids: list[str] = []
        self._dates, self._families = array("q"), array("q")
        self._known_dates: dict[str, int] = {}
        self._known_families: dict[str, int] = {"": 0}
        for _ in self.noting(corpus):
            pass

    def noting(self, corpus: Iterable[Document]) -> Iterator[Document]:
        """The documents, noted as they pass: a corpus that is read from disk is read once."""
        dates, families = self._known_dates, self._known_families
        for document in corpus:
            self._ids.append(document.id)
            self._dates.append(dates.setdefault(document.date or _UNDATED, len(dates)))
            self._families.append(families.setdefault(document.family, len(families)))
            yield document

    def settle(self) -> None:
        """Compute now what the first query would wait for: for a million documents, half a second."""
        _ = self.order, self.rows, self._before, self._members, self._names, self._alphabet

    def __len__(self) -> int:
        return len(self._ids)

    @cached_property
    def order(self) -> Rows:
        """The document of each row, as its place in the corpus."""
        place_of = np.empty(len(self._days), dtype=np.int64)
        place_of[[self._known_dates[day] for day in self._days]] = np.arange(len(self._days))
        return np.argsort(place_of[np.array(self._dates)], kind="stable")

    @cached_property
    def rows(self) -> Rows:
        """The row of each document, in the order of the corpus."""
        found = np.empty_like(self.order)
        found[self.order] = np.arange(len(self.order))
        return found

    @cached_property
    def _days(self) -> list[str]:
        return sorted(self._known_dates)

    @cached_property
    def _before(self) -> Rows:
        """How many rows lie before each day, and how many there are."""
        counts = np.bincount(np.array(self._dates), minlength=len(self._days))
        by_day = counts[[self._known_dates[day] for day in self._days]] if self._days else counts
        return np.concatenate([[0], np.cumsum(by_day)]).astype(np.int64)

    @cached_property
    def _members(self) -> tuple[Rows, Rows]:
        """Rows by family, ascending, and where the rows of each family begin."""
        families = np.array(self._families)[self.order]
        counts = np.bincount(families, minlength=len(self._known_families))
        return np.argsort(families, kind="stable"), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def _names(self) -> NDArray[np.object_]:
        names = np.empty(len(self._ids), dtype=object)
        names[:] = self._ids
        return names[self.order]

    @cached_property
    def _alphabet(self) -> Rows:
        """The place of each row's id among all ids."""
        places = np.empty(len(self._ids), dtype=np.int64)
        places[sorted(range(len(self._ids)), key=self._ids.__getitem__)] = np.arange(len(self._ids))
        return places[self.order]

    def pool(self, query: Query) -> Pool:
        """What may answer the query."""
        size = int(self._before[bisect_left(self._days, query.date)]) if query.date else len(self._ids)
        family = self._known_families.get(query.family, 0) if query.family else 0
        if not family:
            return Pool(size, np.zeros(0, dtype=np.int64))
        rows, begins = self._members
        own = rows[begins[family] : begins[family + 1]]
        return Pool(size, own[own < size])

    def ranked(self, rows: Rows, scores: Scores, k: int) -> list[Hit]:
        """The first ``k`` of these documents by score (descending), then id; ``scores`` in the order of ``rows``."""
        if len(rows) > k:
            kept = ~(scores < np.partition(scores, len(scores) - k)[len(scores) - k])
            rows, scores = rows[kept], scores[kept]
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        if (ranked[1:] == ranked[:-1]).any():
            order = np.lexsort((self._alphabet[rows], -scores))
        order = order[:k]
        return hits(self._names[rows[order]].tolist(), scores[order].tolist())


def hits(ids: Sequence[str], scores: Sequence[float]) -> list[Hit]:
    """Hits of ids and scores; made by the tuple's own constructor, which takes a third of the time."""
    return list(map(partial(tuple.__new__, Hit), zip(ids, scores, strict=True)))
