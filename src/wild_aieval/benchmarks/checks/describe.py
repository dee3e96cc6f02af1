"""What a benchmark holds, in figures, for its card."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.benchmarks.checks.labels import FEWEST
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.metrics import paired
from wild_aieval.standards import ipc

Fields = dict[str, Any]
HEAD = 10  # classes that are named
_TEXTS = ("title", "text", "source", "target", "abstract", "claims")
# What two candidates of this project differ by on real data (docs/results.md): the share of grants that one of them
# alone classifies rightly is 0.16 to 0.20; a query's Recall@10 differs with a deviation of 0.33 to 0.41, a segment's
# chrF++ with one of 11.
DISCORDANT = 0.2
DEVIATIONS = {"recall_10": 0.35, "chrf2pp": 11.0}


@dataclass(frozen=True, slots=True)
class Spread:
    """How ``n`` numbers are spread: least, quantiles, greatest, mean."""

    n: int
    least: float
    low: float  # 5 % are below
    quarter: float
    median: float
    three_quarters: float
    high: float  # 5 % are above
    greatest: float
    mean: float


@dataclass(frozen=True, slots=True)
class Classes:
    """Labels at the level of the benchmark in one part: the most frequent, and how many have hardly an item."""

    classes: int
    per_item: Spread | None
    head: tuple[tuple[str, int], ...]
    rare: int  # classes with fewer than 5 items
    single: int  # classes with one item


@dataclass(frozen=True, slots=True)
class Judgments:
    """Judgments of the queries; ``grades`` counts each grade."""

    per_query: Spread | None
    relevant_per_query: Spread | None
    grades: dict[str, int]
    unjudged_queries: int


@dataclass(frozen=True, slots=True)
class SmallestDifference:
    """The smallest true difference between two systems that the set shows with 80 % power at 5 %, two-sided, paired.

    ``value`` is in the unit of the measure (a share of 1, points of chrF++), None where the set cannot show any.
    ``units``: clusters where there are some, else items; that is cautious, as if the items of a cluster all agreed.
    ``assumed``: what two systems are taken to differ by.
    """

    measure: str
    value: float | None
    units: int
    items: int
    unit: str
    assumed: str
    method: str


@dataclass(frozen=True, slots=True)
class Description:
    """By part: rows, lengths of texts in characters, languages, offices, dates; and what belongs to one task."""

    rows: dict[str, int]
    lengths: dict[str, dict[str, Spread]]
    languages: dict[str, dict[str, int]]
    offices: dict[str, dict[str, int]]
    dates: dict[str, tuple[str, str, int]]  # first, last, rows with a date
    families: dict[str, int]
    clusters: dict[str, int]
    labels: dict[str, Classes]
    judgments: Judgments | None
    length_ratio: Spread | None
    smallest_difference: SmallestDifference

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dataclasses.asdict(self)


def describe(benchmark: Benchmark) -> Description:
    """The figures of a benchmark that has been loaded."""
    parts = {part: rows for part, rows in benchmark.parts.items() if part != "qrels"}
    classified = benchmark.manifest.task == "classification"
    return Description(
        rows={part: len(rows) for part, rows in benchmark.parts.items()},
        lengths={part: _lengths(rows) for part, rows in parts.items()},
        languages=_counted(parts, "language"),
        offices=_counted(parts, "office"),
        dates={part: found for part, rows in parts.items() if (found := _dates(rows))},
        families=_distinct(parts, "family"),
        clusters=_distinct(parts, "cluster"),
        labels={part: _classes(benchmark, rows) for part, rows in parts.items()} if classified else {},
        judgments=_judgments(benchmark) if "qrels" in benchmark.parts else None,
        length_ratio=_ratios(benchmark.parts["test"]) if benchmark.manifest.task == "translation" else None,
        smallest_difference=smallest_difference(benchmark),
    )


def smallest_difference(
    benchmark: Benchmark, discordant: float = DISCORDANT, deviation: float | None = None
) -> SmallestDifference:
    """The smallest effect that the set can show for its headline measure, from the number of its items or clusters.

    A share of right answers by Connor (Biometrics 43, 1987) with a ``discordant`` share of items; a mean by
    (z0.975 + z0.80) · deviation / √n with the ``deviation`` of the difference on one item.
    """
    measure, rows = _headline(benchmark)
    clusters = len({row.get("cluster") or f"\0{row['id']}" for row in rows})
    unit = "clusters" if any(row.get("cluster") for row in rows) else "items"
    if measure in DEVIATIONS:
        spread = DEVIATIONS[measure] if deviation is None else deviation
        value = paired.smallest_deviating(clusters, spread) if clusters else None
        assumed = f"differences on one item have a standard deviation of {spread:g}"
        method = "(z0.975 + z0.80) · deviation / √n"
    else:
        value = paired.smallest_share(clusters, discordant) if clusters else None
        assumed = f"on {discordant:.0%} of the items one system alone is right"
        method = "Connor, Biometrics 43, 1987"
    return SmallestDifference(measure, value, clusters, len(rows), unit, assumed, method)


def _headline(benchmark: Benchmark) -> tuple[str, Sequence[Fields]]:
    """The first measure of the task, and the rows that it is measured on."""
    parts, manifest = benchmark.parts, benchmark.manifest
    if manifest.task == "search":
        relevant = {row["query_id"] for row in parts["qrels"] if row["grade"] > 0}
        return "recall_10", [row for row in parts["queries"] if row["id"] in relevant]
    if manifest.task == "translation":
        return "chrf2pp", parts["test"]
    rule = "main" if all(row["main"] for row in parts["test"]) else "any"
    return f"{manifest.label_level}.first_guess.{rule}", parts["test"]


def _spread(numbers: Iterable[float]) -> Spread | None:
    values = sorted(numbers)
    if not values:
        return None
    low, quarter, median, three_quarters, high = (_quantile(values, share) for share in (0.05, 0.25, 0.5, 0.75, 0.95))
    mean = statistics.fmean(values)
    return Spread(len(values), values[0], low, quarter, median, three_quarters, high, values[-1], mean)


def _quantile(values: Sequence[float], share: float) -> float:
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def _lengths(rows: Sequence[Fields]) -> dict[str, Spread]:
    found = {}
    for name in _TEXTS:
        sizes = [
            sum(map(len, value)) if isinstance(value, list) else len(value) for r in rows if (value := r.get(name))
        ]
        if spread := _spread(sizes):
            found[name] = spread
    return found


def _counted(parts: dict[str, Sequence[Fields]], name: str) -> dict[str, dict[str, int]]:
    found = {part: Counter(row[name] for row in rows if row.get(name)) for part, rows in parts.items()}
    return {part: dict(counts.most_common()) for part, counts in found.items() if counts}


def _dates(rows: Sequence[Fields]) -> tuple[str, str, int] | None:
    dates = [row["date"] for row in rows if row.get("date")]
    return (min(dates), max(dates), len(dates)) if dates else None


def _distinct(parts: dict[str, Sequence[Fields]], name: str) -> dict[str, int]:
    found = {part: len({row[name] for row in rows if row.get(name)}) for part, rows in parts.items()}
    return {part: count for part, count in found.items() if count}


def _classes(benchmark: Benchmark, rows: Sequence[Fields]) -> Classes:
    level = benchmark.manifest.label_level
    labels = [{found for symbol in row["symbols"] if (found := ipc.truncate(symbol, level))} for row in rows]
    counts = Counter(label for group in labels for label in group)
    return Classes(
        classes=len(counts),
        per_item=_spread(map(len, labels)),
        head=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:HEAD]),
        rare=sum(count < FEWEST for count in counts.values()),
        single=sum(count == 1 for count in counts.values()),
    )


def _judgments(benchmark: Benchmark) -> Judgments:
    queries = [row["id"] for row in benchmark.parts["queries"]]
    judged = Counter(row["query_id"] for row in benchmark.parts["qrels"])
    relevant = Counter(row["query_id"] for row in benchmark.parts["qrels"] if row["grade"] > 0)
    grades = Counter(row["grade"] for row in benchmark.parts["qrels"])
    return Judgments(
        per_query=_spread(judged[name] for name in queries),
        relevant_per_query=_spread(relevant[name] for name in queries),
        grades={str(grade): count for grade, count in sorted(grades.items(), reverse=True)},
        unjudged_queries=sum(not judged[name] for name in queries),
    )


def _ratios(rows: Sequence[Fields]) -> Spread | None:
    return _spread(len(row["target"]) / len(row["source"]) for row in rows)
