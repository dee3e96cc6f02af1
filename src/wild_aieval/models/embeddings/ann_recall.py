"""What an approximate index misses, measured against the exact one on queries that were asked: all, or a sample."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.items import Hit
from wild_aieval.models.search.eligible import Pool
from wild_aieval.runspec import digest


class AnnRecall:
    """Collects the share of the exact hits that were found, and says it when all were asked."""

    def __init__(self, owner: str, index: str = "hnsw") -> None:
        self._owner, self._index = owner, index
        self.shares: list[float] = []
        self._depth = 0
        print(
            f"{owner}: an approximate index ({index}) is used. What it misses counts against the encoder, so a "
            "comparison with an exactly searched candidate measures both at once. Its recall against the exact index "
            "follows.",
            file=sys.stderr,
        )

    def add(self, found: Sequence[Hit], exact: Sequence[Hit], k: int) -> None:
        """One query; one without any exact hit says nothing."""
        self._depth = k
        if exact:
            wanted = {hit.id for hit in exact}
            self.shares.append(sum(hit.id in wanted for hit in found) / len(wanted))

    def tell(self, sampled_from: int | None = None) -> None:
        """One line on standard error; nothing where no query was asked. ``sampled_from``: how many were asked."""
        if self.shares:
            mean = sum(self.shares) / len(self.shares)
            queries = f"{len(self.shares)} queries"
            if sampled_from is not None and sampled_from > len(self.shares):
                queries = f"a sample of {queries} of {sampled_from:,}{self._interval()}"
            print(
                f"{self._owner}: recall@{self._depth} of the {self._index} index against exact search: {mean:.4f} on "
                f"average over {queries}, {min(self.shares):.4f} for the worst of them.",
                file=sys.stderr,
            )
            self.shares.clear()

    def _interval(self) -> str:
        from wild_aieval.metrics import aggregates, statistics

        aggregate = aggregates.mean(self.shares, "recall of an approximate index")
        value = statistics.summarise({"recall": aggregate}, None, 0)["recall"]
        return "" if value.low is None else f" (95 % interval {value.low:.4f} to {value.high:.4f})"


class Asked(NamedTuple):
    """A query and what the approximate index found for it."""

    id: str
    vector: NDArray[np.float32]
    pool: Pool
    hits: list[Hit]


Exact = Callable[[Sequence[Asked], int], list[list[Hit]]]


class SampledRecall:
    """Keeps a seeded sample of the queries as they are asked, and searches exactly for these when all were.

    Each query has a number by its id and the seed; those with the smallest are the sample, whatever the order in which
    they come. Exact search for all of them is then one pass over the vectors.
    """

    def __init__(self, recall: AnnRecall, wanted: int, seed: int, exact: Exact) -> None:
        self._recall, self._wanted, self._seed, self._exact = recall, wanted, seed, exact
        self._kept: list[tuple[int, int, Asked]] = []  # a heap, the largest number first
        self._asked = self._depth = 0

    def add(self, asked: Asked, k: int) -> None:
        """One query."""
        self._depth = k
        number = int(digest([self._seed, asked.id])[:15], 16)
        self._asked += 1
        heapq.heappush(self._kept, (-number, -self._asked, asked))
        if len(self._kept) > self._wanted:
            heapq.heappop(self._kept)

    def tell(self) -> None:
        """Measure, and say it; nothing where no query was asked."""
        chosen = [asked for _, _, asked in sorted(self._kept, reverse=True)]
        self._kept = []
        if chosen:
            for asked, best in zip(chosen, self._exact(chosen, self._depth), strict=True):
                self._recall.add(asked.hits, best, self._depth)
            self._recall.tell(self._asked)
        self._asked = 0
