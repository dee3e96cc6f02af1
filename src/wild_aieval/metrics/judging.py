"""The rules of prior-art search for many rankings at once; ``prior_art.judge`` says for one what they are.

Documents are numbers here, and their dates and families are arrays by these numbers, so that a ranking of a thousand
documents costs some array operations and one look-up for each id.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.metrics.prior_art import Facts

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]
Mask = NDArray[np.bool_]
Hits = Sequence[tuple[str, float]]


class Judged(NamedTuple):
    """As the measures of ``ranking`` take it; one row for each query.

    ``grades``: of the families at each rank, shape (queries, depth), -1 where not judged. ``ideal``: grades above 0,
    descending, padded with 0. ``returned``: how many families are in the ranking. ``late``: whether the answer had a
    document that was not published before the query's date.
    """

    grades: Floats
    ideal: Floats
    returned: Floats
    late: NDArray[np.bool_]

    def only(self, queries: Mask) -> Judged:
        """Some of the queries; all of them take no second copy."""
        if queries.all():
            return self
        return Judged(self.grades[queries], self.ideal[queries], self.returned[queries], self.late[queries])


class Collection:
    """Dates and families of the documents of a corpus, by their numbers."""

    def __init__(self, documents: Iterable[tuple[str, Facts]]) -> None:
        self._numbers: dict[str, int] = {}
        dates, families = array("i"), array("i")
        known_dates: dict[str, int] = {}
        self._known_families: dict[str, int] = {}
        for number, (document_id, facts) in enumerate(documents):
            self._numbers[document_id] = number
            dates.append(known_dates.setdefault(facts.date, len(known_dates)))
            known = self._known_families
            families.append(known.setdefault(facts.family, len(known)) if facts.family else -1)
        self._days = sorted(date for date in known_dates if date)
        places = {date: place for place, date in enumerate(self._days)} | {"": -1}
        self._dates = np.array([places[date] for date in known_dates], dtype=np.int32)[np.array(dates, dtype=np.int32)]
        self._families = np.array(families, dtype=np.int32)
        lonely = np.flatnonzero(self._families < 0)
        self._families[lonely] = len(self._known_families) + np.arange(len(lonely), dtype=np.int32)
        self.family_count = len(self._known_families) + len(lonely)
        self._namesakes = self._found_namesakes()

    def _found_namesakes(self) -> dict[int, int]:
        """A document without a family counts by its id, which may be the name of a family: from one to the other."""
        shared = self._known_families.keys() & self._numbers.keys()
        pairs = {int(self._families[self._numbers[name]]): self._known_families[name] for name in shared}
        return {lonely: family for lonely, family in pairs.items() if lonely >= len(self._known_families)}

    def __len__(self) -> int:
        return len(self._dates)

    def dates(self) -> list[str]:
        """The dates of all documents that have one, ascending."""
        return [self._days[place] for place in np.sort(self._dates).tolist() if place >= 0]

    def stranger(self, ids: Sequence[str]) -> str | None:
        """The first id that no document has."""
        if self._numbers.keys() >= set(ids):
            return None
        return next(document_id for document_id in ids if document_id not in self._numbers)

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """The number of each document; KeyError where there is none."""
        return np.array(list(map(self._numbers.__getitem__, ids)), dtype=np.int32)

    def known(self, ids: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Those ids that a document has, with its number."""
        return ((document_id, number) for document_id in ids if (number := self._numbers.get(document_id)) is not None)

    def families(self, numbers: Numbers) -> Numbers:
        """What counts once: the family of each document, or the document."""
        found = self._families[numbers]
        if self._namesakes:
            found = np.array([self._namesakes.get(family, family) for family in found.tolist()], dtype=np.int32)
        return found

    def late(self, numbers: Numbers, query: Facts) -> Mask:
        """Which of these documents were published on or after the query's date."""
        if not query.date:
            return np.zeros(len(numbers), dtype=np.bool_)
        return np.asarray(self._dates[numbers] >= bisect_left(self._days, query.date))

    def own(self, numbers: Numbers, query: Facts) -> Mask:
        """Which of these documents are of the query's own family."""
        family = self._known_families.get(query.family, -1) if query.family else -1
        return np.asarray(self._families[numbers] == family)


class Judge:
    """Applies the rules to one query after the other. ``depth``: how many families of a ranking are measured."""

    def __init__(self, collection: Collection, depth: int) -> None:
        self._collection, self._depth = collection, depth
        self._grades = np.full(collection.family_count, -1.0)
        self._places = np.zeros(collection.family_count, dtype=np.int32)

    def judged(
        self, rankings: Sequence[Hits], judgments: Sequence[Mapping[str, int]], queries: Sequence[Facts]
    ) -> Judged:
        """Hits (id, score), grades by document, date and family of each query; a hit outside the corpus: KeyError."""
        grades = np.full((len(queries), self._depth), -1.0)
        returned, late = np.zeros(len(queries)), np.zeros(len(queries), dtype=np.bool_)
        ideals: list[list[float]] = []
        for place, (hits, judgment, query) in enumerate(zip(rankings, judgments, queries, strict=True)):
            best = self._best(judgment, query)
            ideals.append(sorted((grade for grade in best.values() if grade > 0), reverse=True))
            if not hits:
                continue
            numbers = self._ordered(hits)
            too_late = self._collection.late(numbers, query)
            late[place] = too_late.any()
            found = self._once(numbers[~(too_late | self._collection.own(numbers, query))])
            returned[place] = len(found)
            grades[place, : len(found)] = self._graded(found[: self._depth], best)
        ideal = np.zeros((len(queries), max(map(len, ideals), default=0)))
        for row, listed in zip(ideal, ideals, strict=True):
            row[: len(listed)] = listed
        return Judged(grades, ideal, returned, late)

    def _best(self, judgment: Mapping[str, int], query: Facts) -> dict[int, float]:
        """The best grade of each judged family that is prior art."""
        known = [(number, judgment[document_id]) for document_id, number in self._collection.known(judgment)]
        if not known:
            return {}
        numbers, best = np.array([number for number, _ in known], dtype=np.int32), dict[int, float]()
        barred = self._collection.late(numbers, query) | self._collection.own(numbers, query)
        families = self._collection.families(numbers).tolist()
        for family, (_, grade), out in zip(families, known, barred.tolist(), strict=True):
            if not out:
                best[family] = max(float(grade), best.get(family, 0.0))
        return best

    def _ordered(self, hits: Hits) -> Numbers:
        """The documents by score (descending, what is no number last), then id."""
        ids, listed = zip(*hits, strict=True)
        scores = np.array(listed, dtype=np.float64)
        if not (scores[1:] < scores[:-1]).all() and not _in_order(ids, scores):
            keys = [(math.inf if math.isnan(score) else -score, name) for name, score in zip(ids, listed, strict=True)]
            ids = tuple(name for _, name in sorted(keys))
        return self._collection.numbers(ids)

    def _once(self, numbers: Numbers) -> Numbers:
        """The families in the order in which they come first."""
        families = self._collection.families(numbers)
        order = np.arange(len(families), dtype=np.int32)
        self._places[families[::-1]] = order[::-1]  # of several places of one family the first is written last
        first: Mask = self._places[families] == order
        return families[first]

    def _graded(self, families: Numbers, best: Mapping[int, float]) -> Floats:
        judged = list(best)
        self._grades[judged] = list(best.values())
        found: Floats = self._grades[families]
        self._grades[judged] = -1.0
        return found


def _in_order(ids: Sequence[str], scores: Floats) -> bool:
    ties = np.flatnonzero(scores[1:] == scores[:-1]).tolist()
    falls = int((scores[1:] < scores[:-1]).sum())
    return falls + len(ties) == len(ids) - 1 and all(ids[place] <= ids[place + 1] for place in ties)
