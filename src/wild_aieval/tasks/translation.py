"""Translation of patent text, against one human reference per segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.metrics import aggregates, preservation, translation
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.oversight.signals import common
from wild_aieval.oversight.signals import translation as reasons
from wild_aieval.oversight.signals.background import Lengths
from wild_aieval.oversight.signals.polarity import negation_lost
from wild_aieval.oversight.signals.translation import Pair
from wild_aieval.packed import Mapped
from wild_aieval.tasks.base import Codes, Columns, Item, Row, Scores

# What must survive: name of the measure, signal of its loss.
_KEPT: dict[str, Callable[[Pair], float | None]] = {
    "numbers_kept": reasons.number_mismatch,
    "units_kept": reasons.unit_mismatch,
    "reference_signs_kept": reasons.reference_sign_mismatch,
    "claim_references_kept": reasons.claim_reference_mismatch,
}
_PAIR: dict[str, Callable[[Pair], float | None]] = {
    "NUMBER_MISMATCH": reasons.number_mismatch,
    "UNIT_MISMATCH": reasons.unit_mismatch,
    "REF_NUMERAL_MISMATCH": reasons.reference_sign_mismatch,
    "CLAIM_REF_MISMATCH": reasons.claim_reference_mismatch,
    "CLAIM_DEPENDENCY": reasons.dependency_broken,
    "FORMULA_MISMATCH": reasons.formula_mismatch,
    "LENGTH_RATIO": reasons.length_ratio,
    "UNTRANSLATED": reasons.untranslated,
    "REPETITION": reasons.repetition,
    "NEGATION_LOST": negation_lost,
}


class TranslationTask:
    """Outputs are ``{"text": ..., "score": ... or null}``."""

    name = "translation"

    def __init__(self) -> None:
        self._lengths: dict[str, Lengths] = {}

    def items(self, benchmark: Benchmark) -> Sequence[Item]:
        """Segments of the test part."""
        source, target = str(benchmark.manifest.source_language), str(benchmark.manifest.target_language)
        return Mapped(benchmark.parts["test"], partial(_item, source_language=source, target_language=target))

    def context(self, benchmark: Benchmark) -> str:
        """A translator sees nothing but the segment."""
        return ""

    def prepare(self, model: Any, benchmark: Benchmark) -> None:
        """Nothing to learn."""

    def ask(self, model: Any, items: Sequence[Item], benchmark: Benchmark) -> list[Any]:
        """Call ``translate``."""
        answers = model.translate([item.given for item in items])
        return [a if isinstance(a, Failure) else _plain(a) for a in answers]

    def scorer(self, benchmark: Benchmark, items: Sequence[Item]) -> _Scorer:
        """Corpus scores and what was kept; an error counts as an empty translation."""
        return _Scorer(str(benchmark.manifest.target_language))

    def signals(
        self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], codes: Codes = None
    ) -> list[dict[str, float]]:
        """Of the source, and of what the output lost against it."""
        if benchmark.identity.digest not in self._lengths:
            self._lengths[benchmark.identity.digest] = Lengths(row["source"] for row in benchmark.parts["test"])
        pairs = [_pair(item, answer) for item, answer in zip(items, answers, strict=True)]
        spoken: list[float | None] = [None] * len(items)
        if common.wanted("LANG_MISMATCH", codes):
            spoken = common.other_languages_of([_texts(pair) for pair in pairs])
        return [
            self._input(benchmark, item) | _of_output(item, answer, pair, others)
            for item, answer, pair, others in zip(items, answers, pairs, spoken, strict=True)
        ]

    def _input(self, benchmark: Benchmark, item: Item) -> dict[str, float]:
        source = item.given.text
        return common.measured(
            {
                "INPUT_EMPTY": common.input_empty(source),
                "LABEL_NOT_H": common.label_not_human(benchmark.manifest.label_origin),
                "LENGTH_OUTLIER": self._lengths[benchmark.identity.digest].outlier(source),
            }
        )

    def symbol(self, answer: Any | Failure) -> str:
        """None."""
        return ""

    def disagreement(self, one: Any, other: Any) -> float:
        """1 - chrF++ of one output against the other."""
        if one["text"] == other["text"]:
            return 0.0
        similarity = translation.chrf([one["text"]], [other["text"]])
        return 1.0 - float(similarity.measure(similarity.rows)[0]) / 100

    def describe(self, item: Item, answer: Any | Failure) -> dict[str, str]:
        """Source, reference, output."""
        predicted = "" if isinstance(answer, Failure) else str(answer["text"])
        return {"input": item.row["source"], "expected": item.row["target"], "predicted": predicted}


def _pair(item: Item, answer: Any | Failure) -> Pair | None:
    """None where there is no output that could be held against the source."""
    if isinstance(answer, Failure) or not str(answer["text"]).strip():
        return None
    return Pair(item.given.text, str(answer["text"]), item.given.source_language, item.given.target_language)


def _texts(pair: Pair | None) -> list[tuple[str, str]]:
    return [(pair.source, pair.source_language), (pair.output, pair.target_language)] if pair else []


def _of_output(item: Item, answer: Any | Failure, pair: Pair | None, others: float | None) -> dict[str, float]:
    if isinstance(answer, Failure):
        return {"MODEL_ERROR": 1.0}
    if pair is None:
        return {"OUTPUT_EMPTY": 1.0}
    return common.measured(
        {code: measure(pair) for code, measure in _PAIR.items()}
        | {
            "LOW_SCORE": answer["score"],
            "TERM_MISS": reasons.terms_missed(pair, [term["targets"] for term in item.row["terms"]]),
            "LANG_MISMATCH": others,
        }
    )


class _Scorer:
    """``language``: that of the references."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._columns = Columns()

    @property
    def columns(self) -> tuple[str, ...]:
        return ("chrf2pp", *_KEPT)

    def add(self, items: Sequence[Item], answers: Sequence[Any | Failure]) -> list[Row]:
        texts = ["" if isinstance(answer, Failure) else str(answer["text"]) for answer in answers]
        references = [item.row["target"] for item in items]
        found = {
            "bleu": translation.bleu(texts, references, self._language),
            "chrf2pp": translation.chrf(texts, references),
            "ter": translation.ter(texts, references),
        }
        rows: list[Row] = [
            {"chrf2pp": float(value), **_kept(item, text)}
            for value, item, text in zip(found["chrf2pp"].measure(found["chrf2pp"].rows), items, texts, strict=True)
        ]
        for name in _KEPT:
            found[name] = aggregates.mean([row[name] for row in rows], f"{name}|segments that have any")
        found["terms_kept"] = _terms(items, texts)
        self._columns.add(found, rows)
        return rows

    def scores(self, clusters: list[str] | None, seed: int) -> Scores:
        return self._columns.scores(clusters, seed, {}, _signature)


def _signature(found: Aggregate) -> str:
    """The measure of terms names how many there are in all."""
    terms = found.signature.startswith("terms_kept|")
    return f"{found.signature}|terms:{int(found.rows[:, 1].sum())}" if terms else found.signature


def _plain(answer: Translation) -> dict[str, Any]:
    if not isinstance(answer.text, str):
        raise TypeError(f"a translation's text is a str, found {type(answer.text).__name__}")
    return {"text": answer.text, "score": None if answer.score is None else float(answer.score)}


def _item(row: Mapping[str, Any], source_language: str, target_language: str) -> Item:
    content = {
        "id": row["id"],
        "text": row["source"],
        "source_language": source_language,
        "target_language": target_language,
    }
    return Item(row["id"], Segment(**content), content, row)


def _kept(item: Item, text: str) -> dict[str, float | None]:
    """Per kind 1 kept, 0 lost, None where the source has none of it and the output adds none."""
    pair = Pair(item.given.text, text, item.given.source_language, item.given.target_language)
    lost = {name: measure(pair) for name, measure in _KEPT.items()}
    return {name: None if value is None else 1.0 - value for name, value in lost.items()}


def _terms(items: Sequence[Item], texts: Sequence[str]) -> Aggregate:
    """Share of all glossary terms rendered as the glossary says."""
    kept = [
        preservation.terms_kept(text, [term["targets"] for term in item.row["terms"]])
        for item, text in zip(items, texts, strict=True)
    ]
    counts = np.array([(sum(values), len(values)) for values in kept], dtype=np.float64)
    return Aggregate("ratio", counts, "terms_kept|segments that have any")
