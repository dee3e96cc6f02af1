"""Classification: which symbols of the scheme belong to a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, LabelledDocument
from wild_aieval.metrics import labels, statistics
from wild_aieval.metrics.values import MeasureValue, not_measured
from wild_aieval.runspec import digest, digest_rows
from wild_aieval.standards import ipc
from wild_aieval.tasks.base import Item, Scores, clusters_of

_GUESSES = {"first_guess": 1, "three_guesses": 3}
_LESS_DEEP = "less deep: "
Symbols = list[list[str]]


class Classification:
    """Suggestions are ``[[symbol, score], ...]``, best first; deeper symbols are cut to the level."""

    name = "classification"

    def items(self, benchmark: Benchmark) -> list[Item]:
        """Documents of the test part."""
        return [_item(row) for row in benchmark.parts["test"]]

    def context(self, benchmark: Benchmark) -> str:
        """Training rows and the label level."""
        return digest([benchmark.manifest.label_level, digest_rows(benchmark.parts.get("train", []))])

    def prepare(self, model: Any, benchmark: Benchmark) -> None:
        """Fit where the candidate learns."""
        if not hasattr(model, "fit"):
            return
        if "train" not in benchmark.parts:
            raise UserError(f"{benchmark.name} has no training part, and this model learns from one.")
        model.fit([_labelled(row, benchmark.manifest.label_level) for row in benchmark.parts["train"]])

    def ask(self, model: Any, items: Sequence[Item], benchmark: Benchmark) -> list[Any]:
        """Call ``classify``; symbols are written in their printed form where they parse."""
        answers = model.classify([item.given for item in items])
        return [a if isinstance(a, Failure) else [[_printed(s), float(score)] for s, score in a] for a in answers]

    def score(self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], seed: int) -> Scores:
        """Guesses, F1 and hierarchical F1 at every level down to the label level; invalid symbols."""
        clusters = clusters_of(items)
        deepest = ipc.LEVELS.index(benchmark.manifest.label_level)
        measures: dict[str, MeasureValue] = {}
        rows: list[dict[str, float | None]] = [{} for _ in items]
        for level in ipc.LEVELS[: deepest + 1]:
            scorer = _LevelScorer(level, items, answers, clusters, seed)
            measures |= scorer.measures()
            for row, values in zip(rows, scorer.rows(), strict=True):
                row.update(values)
        level = benchmark.manifest.label_level
        measures |= _hierarchical(level, items, answers, clusters, seed)
        measures["invalid_symbol_rate"] = _invalid_rate(benchmark, answers, clusters, seed)
        return Scores(measures, rows, len(items))

    def signals(self, benchmark: Benchmark, item: Item, answer: Any | Failure) -> dict[str, float]:
        """Score, margin, symbols outside the edition, no suggestion."""
        if isinstance(answer, Failure) or not answer:
            return {"MODEL_ERROR": 1.0} if isinstance(answer, Failure) else {"OUTPUT_EMPTY": 1.0}
        scores = [score for _, score in answer] + [0.0]
        found = {"LOW_SCORE": scores[0], "SMALL_MARGIN": scores[0] - scores[1]}
        if benchmark.manifest.scheme == "IPC":
            found["SYMBOL_NOT_IN_EDITION"] = float(_invalid(answer, str(benchmark.manifest.edition)))
        return found

    def disagreement(self, one: Any, other: Any) -> float:
        """1 where the first suggestions differ."""
        return float((one[:1] and one[0][0]) != (other[:1] and other[0][0]))

    def describe(self, item: Item, answer: Any | Failure) -> dict[str, str]:
        """Title, assigned symbols, the three best suggestions."""
        predicted = "" if isinstance(answer, Failure) else ", ".join(f"{s} ({score:.2f})" for s, score in answer[:3])
        shown = item.row["title"] or item.row["text"]
        return {"input": shown, "expected": ", ".join(item.row["symbols"]), "predicted": predicted}


class _LevelScorer:
    """All measures of one level."""

    def __init__(
        self, level: str, items: Sequence[Item], answers: Sequence[Any], clusters: list[str] | None, seed: int
    ) -> None:
        self._level, self._clusters, self._seed = level, clusters, seed
        self._guesses = [_truncated(answer, level) for answer in answers]
        self._any = [_levels(item.row["symbols"], level) for item in items]
        self._main = [_levels([item.row["main"]], level) if item.row["main"] else [] for item in items]
        self._main_known = all(self._main)

    def measures(self) -> dict[str, MeasureValue]:
        """By measure name ``level.measure.variant``."""
        found: dict[str, MeasureValue] = {}
        for name, depth in _GUESSES.items():
            for variant, truths in (("main", self._main), ("any", self._any)):
                measure = f"{self._level}.{name}.{variant}"
                found[measure] = self._proportion(measure, truths, depth, variant)
        firsts, threes = [g[:1] for g in self._guesses], [g[:3] for g in self._guesses]
        for variant, predicted, truths in (("main", firsts, self._main), ("three", threes, self._any)):
            found |= self._f1(variant, predicted, truths)
        return found

    def rows(self) -> list[dict[str, float | None]]:
        """Per item the hits of this level."""
        columns: dict[str, list[float | None]] = {}
        for name, depth in _GUESSES.items():
            for variant, truths in (("main", self._main), ("any", self._any)):
                measured = variant == "any" or self._main_known
                hits = labels.hits(self._guesses, truths, depth).tolist() if measured else [None] * len(truths)
                columns[f"{self._level}.{name}.{variant}"] = hits
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def _proportion(self, measure: str, truths: Symbols, depth: int, variant: str) -> MeasureValue:
        if variant == "main" and not self._main_known:
            return not_measured(f"{measure}|main symbol not known")
        hits = labels.hits(self._guesses, truths, depth)
        return statistics.proportion(hits, f"{measure}|depth:{depth}", clusters=self._clusters, seed=self._seed)

    def _f1(self, variant: str, predicted: Symbols, truths: Symbols) -> dict[str, MeasureValue]:
        micro, macro = f"{self._level}.micro_f1.{variant}", f"{self._level}.macro_f1.{variant}"
        if variant == "main" and not self._main_known:
            return {name: not_measured(f"{name}|main symbol not known") for name in (micro, macro)}
        overlap = labels.set_overlap(predicted, truths)
        counts, classes = labels.class_counts(predicted, truths)
        clusters, seed = self._clusters, self._seed
        return {
            micro: statistics.from_sums(overlap, labels.f1_of_overlap, micro, clusters=clusters, seed=seed),
            macro: statistics.from_sums(
                counts, labels.macro_f1(classes), f"{macro}|classes:{classes}", clusters=clusters, seed=seed
            ),
        }


def _hierarchical(
    level: str, items: Sequence[Item], answers: Sequence[Any], clusters: list[str] | None, seed: int
) -> dict[str, MeasureValue]:
    """First guess against the main symbol, three guesses against all symbols, on ancestor sets."""
    ranked = [_truncated(answer, level) for answer in answers]
    main_known = all(item.row["main"] for item in items)
    found = {}
    for variant, depth, column in (("main", 1, "main"), ("three", 3, "symbols")):
        name = f"hierarchical_f1.{variant}"
        if variant == "main" and not main_known:
            found[name] = not_measured(f"{name}|main symbol not known")
            continue
        truths = [[item.row["main"]] if column == "main" else item.row["symbols"] for item in items]
        overlap = labels.set_overlap(
            [_closure(guesses[:depth], level) for guesses in ranked], [_closure(truth, level) for truth in truths]
        )
        signature = f"{name}|ancestors to {level}"
        found[name] = statistics.from_sums(overlap, labels.f1_of_overlap, signature, clusters=clusters, seed=seed)
    return found


def _invalid_rate(
    benchmark: Benchmark, answers: Sequence[Any | Failure], clusters: list[str] | None, seed: int
) -> MeasureValue:
    """Share of the items with a symbol outside the edition among the three best; an error counts as one."""
    manifest = benchmark.manifest
    signature = f"invalid_symbol_rate|edition:{manifest.scheme} {manifest.edition}|depth:3|errors count"
    if manifest.scheme != "IPC":
        return not_measured(signature)
    edition = str(manifest.edition)
    hits = np.array([float(isinstance(a, Failure) or _invalid(a, edition) > 0) for a in answers], dtype=np.float64)
    return statistics.proportion(hits, signature, clusters=clusters, seed=seed)


def _invalid(answer: Any, edition: str) -> int:
    return sum(not ipc.is_valid(symbol, edition) for symbol, _ in answer[:3])


def _item(row: Mapping[str, Any]) -> Item:
    names = ("id", "title", "text", "language", "date", "family")
    content = {name: row[name] for name in names}
    return Item(row["id"], Document(**content), content, row)


def _labelled(row: Mapping[str, Any], level: str) -> LabelledDocument:
    main = ipc.truncate(row["main"], level) if row["main"] else ""
    return LabelledDocument(_item(row).given, main or "", tuple(_levels(row["symbols"], level)))


def _printed(symbol: str) -> str:
    return ipc.parse_symbol(symbol) or symbol


def _levels(symbols: Sequence[str], level: str) -> list[str]:
    """Distinct ancestors at a level, in order; symbols that are less deep drop out."""
    return list(dict.fromkeys(found for symbol in symbols if (found := ipc.truncate(symbol, level))))


def _truncated(answer: Any | Failure, level: str) -> list[str]:
    """The guesses at a level, distinct, in order; what is no symbol, or not that deep, keeps its rank and misses."""
    if isinstance(answer, Failure):
        return []
    return list(dict.fromkeys(_guess(symbol, level) for symbol, _ in answer))


def _guess(symbol: str, level: str) -> str:
    if ipc.parse_symbol(symbol) is None:
        return f"no symbol: {symbol}"
    return ipc.truncate(symbol, level) or f"{_LESS_DEEP}{symbol}"


def _closure(symbols: Sequence[str], level: str) -> set[str]:
    """All symbols with their ancestors; a guess that is less deep than the level counts as far as it goes."""
    parsed = [symbol for name in symbols if (symbol := ipc.parse_symbol(name.removeprefix(_LESS_DEEP)))]
    return {ancestor for symbol in parsed for ancestor in ipc.ancestors(symbol, level)}
