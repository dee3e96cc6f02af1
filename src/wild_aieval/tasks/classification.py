"""Classification: which symbols of the scheme belong to a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, LabelledDocument
from wild_aieval.metrics import aggregates, labels
from wild_aieval.metrics.aggregates import Aggregate, Floats
from wild_aieval.oversight.signals import classification as reasons
from wild_aieval.oversight.signals import common
from wild_aieval.oversight.signals.background import Background
from wild_aieval.packed import Mapped
from wild_aieval.runspec import digest, digest_rows
from wild_aieval.standards import ipc
from wild_aieval.tasks.base import Codes, Columns, Item, Row, Scores

_GUESSES = {"first_guess": 1, "three_guesses": 3}
_LESS_DEEP = "less deep: "
Symbols = list[list[str]]


class Classification:
    """Suggestions are ``[[symbol, score], ...]``, best first; deeper symbols are cut to the level."""

    name = "classification"

    def __init__(self) -> None:
        self._backgrounds: dict[str, Background] = {}

    def items(self, benchmark: Benchmark) -> Sequence[Item]:
        """Documents of the test part."""
        return Mapped(benchmark.parts["test"], _item)

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

    def scorer(self, benchmark: Benchmark, items: Sequence[Item]) -> _Scorer:
        """Guesses, F1 and hierarchical F1 at every level down to the label level; invalid symbols."""
        return _Scorer(benchmark.manifest, all(item.row["main"] for item in items))

    def signals(
        self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], codes: Codes = None
    ) -> list[dict[str, float]]:
        """Of the input against the training part, and of the suggestions among themselves."""
        inputs = self._inputs(benchmark, items, codes)
        return [found | self._of_answer(benchmark, a) for found, a in zip(inputs, answers, strict=True)]

    def _of_answer(self, benchmark: Benchmark, answer: Any | Failure) -> dict[str, float]:
        if isinstance(answer, Failure) or not answer:
            return {"MODEL_ERROR": 1.0} if isinstance(answer, Failure) else {"OUTPUT_EMPTY": 1.0}
        level, background = benchmark.manifest.label_level, self._background(benchmark)
        found = common.measured(
            {
                "LOW_SCORE": reasons.low_score(answer),
                "SMALL_MARGIN": reasons.small_margin(answer),
                "SET_TOO_LARGE": reasons.set_size(answer),
                "HIERARCHY_CONFLICT": reasons.hierarchy_conflict(answer, level),
                "RARE_CLASS": reasons.seen_in_training(answer, background.symbols, background.typical, level),
            }
        )
        if benchmark.manifest.scheme == "IPC":
            found["SYMBOL_NOT_IN_EDITION"] = reasons.outside_edition(answer, str(benchmark.manifest.edition))
        return found

    def _inputs(self, benchmark: Benchmark, items: Sequence[Item], codes: Codes) -> list[dict[str, float]]:
        texts, background = [item.given.full_text for item in items], self._background(benchmark)
        unmeasured: list[float | None] = [None] * len(items)
        spoken, distances = unmeasured, unmeasured
        if common.wanted("LANG_MISMATCH", codes):
            languages = [item.given.language for item in items]
            spoken = common.other_languages_of([[pair] for pair in zip(texts, languages, strict=True)])
        if common.wanted("OOD_DISTANCE", codes):
            distances = background.novelty.distances(texts)
        return [
            common.measured(
                {
                    "INPUT_EMPTY": common.input_empty(text),
                    "LABEL_NOT_H": common.label_not_human(benchmark.manifest.label_origin),
                    "LANG_MISMATCH": others,
                    "LENGTH_OUTLIER": background.lengths.outlier(text),
                    "OOD_DISTANCE": distance,
                }
            )
            for text, others, distance in zip(texts, spoken, distances, strict=True)
        ]

    def _background(self, benchmark: Benchmark) -> Background:
        """What the training part says, read once."""
        if benchmark.identity.digest not in self._backgrounds:
            level, train = benchmark.manifest.label_level, benchmark.parts.get("train", [])
            self._backgrounds[benchmark.identity.digest] = Background(
                Mapped(benchmark.parts["test"], _full_text),
                Mapped(train, _full_text),
                (_levels(row["symbols"], level) for row in train),
            )
        return self._backgrounds[benchmark.identity.digest]

    def symbol(self, answer: Any | Failure) -> str:
        """The first suggestion."""
        return "" if isinstance(answer, Failure) or not answer else str(answer[0][0])

    def disagreement(self, one: Any, other: Any) -> float:
        """1 where the first suggestions differ."""
        return float((one[:1] and one[0][0]) != (other[:1] and other[0][0]))

    def describe(self, item: Item, answer: Any | Failure) -> dict[str, str]:
        """Title, assigned symbols, the three best suggestions."""
        predicted = "" if isinstance(answer, Failure) else ", ".join(f"{s} ({score:.2f})" for s, score in answer[:3])
        shown = item.row["title"] or item.row["text"]
        return {"input": shown, "expected": ", ".join(item.row["symbols"]), "predicted": predicted}


class _Scorer:
    """``main_known``: whether every item has a main symbol; measures that need one are told as missing without."""

    def __init__(self, manifest: Manifest, main_known: bool) -> None:
        self._manifest, self._main_known = manifest, main_known
        self._columns = Columns()
        self._missing: dict[str, str] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        levels = ipc.LEVELS[: ipc.LEVELS.index(self._manifest.label_level) + 1]
        kinds = [f"{name}.{variant}" for name in _GUESSES for variant in ("main", "any")]
        return tuple(f"{level}.{kind}" for level in levels for kind in kinds)

    def add(self, items: Sequence[Item], answers: Sequence[Any | Failure]) -> list[Row]:
        level = self._manifest.label_level
        found = _Measures(items, answers, self._main_known)
        for upper in ipc.LEVELS[: ipc.LEVELS.index(level) + 1]:
            found.at(upper)
        found.hierarchical(level)
        found.invalid_symbols(str(self._manifest.scheme), str(self._manifest.edition))
        self._missing = found.missing
        self._columns.add(found.aggregates, found.rows)
        return found.rows

    def scores(self, clusters: list[str] | None, seed: int) -> Scores:
        return self._columns.scores(clusters, seed, self._missing, _signature)


def _signature(found: Aggregate) -> str:
    """Macro F1 names how many classes there are in all."""
    return f"{found.signature}|classes:{len(found.columns)}" if found.form == "macro_f1" else found.signature


class _Measures:
    """Collects the aggregates of some items, their rows, and the measures that need a main symbol that is not known."""

    def __init__(self, items: Sequence[Item], answers: Sequence[Any | Failure], main_known: bool) -> None:
        self._items, self._answers = items, answers
        self._main_known = main_known
        self.aggregates: dict[str, Aggregate] = {}
        self.missing: dict[str, str] = {}
        self.rows: list[Row] = [{} for _ in items]

    def at(self, level: str) -> None:
        """Guesses and F1 at one level."""
        guesses = [_truncated(answer, level) for answer in self._answers]
        truths = {
            "main": [_levels([item.row["main"]] if item.row["main"] else [], level) for item in self._items],
            "any": [_levels(item.row["symbols"], level) for item in self._items],
        }
        for name, depth in _GUESSES.items():
            for variant, true in truths.items():
                self._hits(f"{level}.{name}.{variant}", guesses, true, depth, variant)
        for variant, predicted, true in (
            ("main", [ranked[:1] for ranked in guesses], truths["main"]),
            ("three", [ranked[:3] for ranked in guesses], truths["any"]),
        ):
            self._f1(f"{level}.micro_f1.{variant}", labels.set_overlap(predicted, true), variant)
            self._macro_f1(f"{level}.macro_f1.{variant}", predicted, true, variant)

    def hierarchical(self, level: str) -> None:
        """First guess against the main symbol, three guesses against all symbols, on ancestor sets."""
        ranked = [_truncated(answer, level) for answer in self._answers]
        for variant, depth in (("main", 1), ("three", 3)):
            truths = [[item.row["main"]] if variant == "main" else item.row["symbols"] for item in self._items]
            overlap = labels.set_overlap(
                [_closure(guesses[:depth], level) for guesses in ranked], [_closure(truth, level) for truth in truths]
            )
            self._f1(f"hierarchical_f1.{variant}", overlap, variant, f"|ancestors to {level}")

    def invalid_symbols(self, scheme: str, edition: str) -> None:
        """Share of the items with a symbol outside the edition among the three best; an error counts as one."""
        signature = f"invalid_symbol_rate|edition:{scheme} {edition}|depth:3|errors count"
        if scheme != "IPC":
            self.missing["invalid_symbol_rate"] = signature
            return
        wrong = [float(isinstance(a, Failure) or reasons.outside_edition(a, edition) > 0) for a in self._answers]
        self.aggregates["invalid_symbol_rate"] = aggregates.mean(wrong, signature)

    def _hits(self, name: str, guesses: Symbols, truths: Symbols, depth: int, variant: str) -> None:
        known = self._known(name, variant)
        hits: list[float | None] = labels.hits(guesses, truths, depth).tolist() if known else [None] * len(truths)
        for row, hit in zip(self.rows, hits, strict=True):
            row[name] = hit
        if known:
            self.aggregates[name] = aggregates.mean(hits, f"{name}|depth:{depth}")

    def _f1(self, name: str, overlap: Floats, variant: str, how: str = "") -> None:
        if self._known(name, variant):
            self.aggregates[name] = Aggregate("f1", overlap, f"{name}{how}")

    def _macro_f1(self, name: str, predicted: Symbols, truths: Symbols, variant: str) -> None:
        if self._known(name, variant):
            counts, classes = labels.class_counts(predicted, truths)
            self.aggregates[name] = Aggregate("macro_f1", counts, name, classes)

    def _known(self, name: str, variant: str) -> bool:
        """Whether the measure can be had; without main symbols it is told as missing."""
        if variant != "main" or self._main_known:
            return True
        self.missing[name] = f"{name}|main symbol not known"
        return False


def _item(row: Mapping[str, Any]) -> Item:
    identifier, title, text = row["id"], row["title"], row["text"]
    language, date, family = row["language"], row["date"], row["family"]
    given = Document(identifier, title, text, language, date, family)
    content = {
        "id": identifier,
        "title": title,
        "text": text,
        "language": language,
        "date": date,
        "family": family,
    }
    return Item(identifier, given, content, row)


def _full_text(row: Mapping[str, Any]) -> str:
    text: str = _item(row).given.full_text
    return text


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
