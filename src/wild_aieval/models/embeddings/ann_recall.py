"""What an approximate index misses, measured against the exact one on the queries that were asked."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence

from wild_aieval.items import Hit


class AnnRecall:
    """Collects the share of the exact hits that were found, and says it when the candidate is done."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self.shares: list[float] = []
        self._depth = 0
        print(
            f"{owner}: an approximate index (hnsw) is used. What it misses counts against the encoder, so a comparison "
            "with an exactly searched candidate measures both at once. Its recall against the exact index follows.",
            file=sys.stderr,
        )

    def add(self, found: Sequence[Hit], exact: Sequence[Hit], k: int) -> None:
        """One query; one without any exact hit says nothing."""
        self._depth = k
        if exact:
            wanted = {hit.id for hit in exact}
            self.shares.append(sum(hit.id in wanted for hit in found) / len(wanted))

    def told_after(self, candidate: object) -> None:
        """Have the figure said as soon as the candidate is no longer used."""
        weakref.finalize(candidate, self.tell)

    def tell(self) -> None:
        """One line on standard error; nothing where no query was asked."""
        if self.shares:
            mean = sum(self.shares) / len(self.shares)
            print(
                f"{self._owner}: recall@{self._depth} of the hnsw index against exact search: {mean:.4f} on average "
                f"over {len(self.shares)} queries, {min(self.shares):.4f} for the worst of them.",
                file=sys.stderr,
            )
            self.shares.clear()
