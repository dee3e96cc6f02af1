"""What every task offers to ``evaluate``: seven verbs over plain data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.items import Failure
from wild_aieval.metrics.aggregates import Aggregate, compact, joined
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


Row = dict[str, float | None]
Codes = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Scores:
    """``measures`` by name; ``aggregates``: the per-item statistics that they are computed from; ``scored``: how many
    items the benchmark could score.
    """

    measures: dict[str, MeasureValue]
    aggregates: dict[str, Aggregate]
    scored: int


class Scorer(Protocol):
    """Scores the items of one benchmark, some at a time and in order. A ``Failure`` scores the worst value."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the measures that rows have; known before the first."""
        ...

    def add(self, items: Sequence[Item], answers: Sequence[Any | Failure]) -> list[Row]:
        """Take the next items; returns a flat row of measures for each (None: not measured for it)."""
        ...

    def scores(self, clusters: list[str] | None, seed: int) -> Scores:
        """Measures with intervals over all items that were added."""
        ...


class Task(Protocol):
    """A task. ``answers`` hold a decoded output, or a ``Failure``, for each item in order."""

    name: str

    def items(self, benchmark: Benchmark) -> Sequence[Item]:
        """The items of the test part, made when they are looked at."""
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

    def scorer(self, benchmark: Benchmark, items: Sequence[Item]) -> Scorer:
        """For these items, which are all that will be added."""
        ...

    def signals(
        self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], codes: Codes = None
    ) -> list[dict[str, float]]:
        """Measured signals by reason code of each item, for the oversight policy to judge; no label is looked at.

        What is measured on an item does not depend on the others, but takes less time for many together. ``codes``:
        those that a policy has a limit for; what takes long is measured for them only (None: all).
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


class Columns:
    """Statistics of one measure after another as they come, chunk by chunk, in little memory."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Aggregate]] = {}
        self._scored = 0

    def add(self, found: Mapping[str, Aggregate], rows: Sequence[Row]) -> None:
        """The next items."""
        for name, part in found.items():
            compacted = Aggregate(part.form, compact(part.rows), part.signature, part.columns)
            self._parts.setdefault(name, []).append(compacted)
        self._scored += sum(any(value is not None for value in row.values()) for row in rows)

    def scores(
        self,
        clusters: list[str] | None,
        seed: int,
        missing: Mapping[str, str],
        signature: Callable[[Aggregate], str] = lambda found: found.signature,
    ) -> Scores:
        """``missing``: measures that the benchmark gives no ground for, with their signatures; ``signature``: of the
        whole, where it is not that of a part.
        """
        from wild_aieval.metrics import statistics  # with scipy, which is not needed before

        whole = {}
        for name in list(self._parts):  # one after the other, so that parts go as the whole comes
            found = joined(self._parts.pop(name))
            whole[name] = replace(found, signature=signature(found))
        measures = statistics.summarise(whole, clusters, seed)
        measures |= {name: not_measured(why) for name, why in missing.items()}
        known = {name: found for name, found in whole.items() if measures[name].value is not None}
        return Scores(measures, known, self._scored)


def clusters_of(items: Sequence[Item]) -> list[str] | None:
    """Cluster of each item (an item without one is its own), or None where no item names one."""
    if not any(item.row["cluster"] for item in items):
        return None
    return [item.row["cluster"] or f"item:{item.id}" for item in items]
