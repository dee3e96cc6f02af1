"""What every task offers to ``evaluate``: seven verbs over plain data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.items import Failure
from wild_aieval.metrics import statistics
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.metrics.values import MeasureValue, not_measured


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to ask: ``given`` is what the candidate sees, ``content`` the same as plain data for
    the key, ``row`` the whole checked row with the expected answer.
    """

    id: str
    given: Any
    content: Mapping[str, Any]
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scores:
    """``measures`` by name; ``aggregates``: the per-item statistics that they are computed from;
    ``rows``: per item a flat row of measures (None: not measured for it).
    """

    measures: dict[str, MeasureValue]
    aggregates: dict[str, Aggregate]
    rows: list[dict[str, float | None]]

    @property
    def scored(self) -> int:
        """How many items the benchmark could score."""
        return sum(any(value is not None for value in row.values()) for row in self.rows)


class Task(Protocol):
    """A task. ``answers`` hold a decoded output, or a ``Failure``, for each item in order."""

    name: str

    def items(self, benchmark: Benchmark) -> list[Item]:
        """The items of the test part."""
        ...

    def context(self, benchmark: Benchmark) -> str:
        """Digest of what else a candidate sees: training part, corpus, depth."""
        ...

    def prepare(self, model: Any, benchmark: Benchmark) -> None:
        """Fit or index; called only when there is something left to ask."""
        ...

    def ask(self, model: Any, items: Sequence[Item], benchmark: Benchmark) -> list[Any]:
        """Outputs as JSON-ready data, or Failures, in the order of the items."""
        ...

    def score(self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], seed: int) -> Scores:
        """Measures with intervals and per-item rows; a Failure scores the worst value."""
        ...

    def signals(
        self, benchmark: Benchmark, item: Item, answer: Any | Failure, codes: Collection[str] | None = None
    ) -> dict[str, float]:
        """Measured signals by reason code, for the oversight policy to judge; no label is looked at.

        ``codes``: those that a policy has a limit for; what takes long is measured for them only (None: all).
        """
        ...

    def symbol(self, answer: Any | Failure) -> str:
        """The first symbol suggested; '' where the task suggests none."""
        ...

    def disagreement(self, one: Any, other: Any) -> float:
        """How far the outputs of two systems for one item are apart, in [0, 1]."""
        ...

    def describe(self, item: Item, answer: Any | Failure) -> dict[str, str]:
        """Short texts for tables: ``input``, ``expected``, ``predicted``."""
        ...


def scored(
    items: Sequence[Item],
    aggregates: Mapping[str, Aggregate],
    missing: Mapping[str, str],
    rows: list[dict[str, float | None]],
    seed: int,
) -> Scores:
    """Scores with intervals; ``missing``: measures that the benchmark gives no ground for, with their signatures."""
    measures = statistics.summarise(aggregates, clusters_of(items), seed)
    measures |= {name: not_measured(signature) for name, signature in missing.items()}
    known = {name: a for name, a in aggregates.items() if measures[name].value is not None}
    return Scores(measures, known, rows)


def clusters_of(items: Sequence[Item]) -> list[str] | None:
    """Cluster of each item (an item without one is its own), or None where no item names one."""
    if not any(item.row["cluster"] for item in items):
        return None
    return [item.row["cluster"] or f"item:{item.id}" for item in items]
