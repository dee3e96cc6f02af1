"""Translation of patent text, against one human reference per segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.metrics import aggregates, preservation, translation
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.standards.languages import decimal_separator
from wild_aieval.tasks.base import Item, Scores, scored

# What must survive: measure name, reason code of its loss.
_KEPT = {
    "numbers_kept": "NUMBER_MISMATCH",
    "units_kept": "UNIT_MISMATCH",
    "reference_signs_kept": "REF_NUMERAL_MISMATCH",
    "claim_references_kept": "CLAIM_REF_MISMATCH",
}


class TranslationTask:
    """Outputs are ``{"text": ..., "score": ... or null}``."""

    name = "translation"

    def items(self, benchmark: Benchmark) -> list[Item]:
        """Segments of the test part."""
        languages = (str(benchmark.manifest.source_language), str(benchmark.manifest.target_language))
        return [_item(row, *languages) for row in benchmark.parts["test"]]

    def context(self, benchmark: Benchmark) -> str:
        """A translator sees nothing but the segment."""
        return ""

    def prepare(self, model: Any, benchmark: Benchmark) -> None:
        """Nothing to learn."""

    def ask(self, model: Any, items: Sequence[Item], benchmark: Benchmark) -> list[Any]:
        """Call ``translate``."""
        answers = model.translate([item.given for item in items])
        return [a if isinstance(a, Failure) else _plain(a) for a in answers]

    def score(self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], seed: int) -> Scores:
        """Corpus scores and what was kept; an error counts as an empty translation."""
        texts = ["" if isinstance(answer, Failure) else str(answer["text"]) for answer in answers]
        references = [item.row["target"] for item in items]
        language = str(benchmark.manifest.target_language)
        found = {
            "bleu": translation.bleu(texts, references, language),
            "chrf2pp": translation.chrf(texts, references),
            "ter": translation.ter(texts, references),
        }
        rows: list[dict[str, float | None]] = [
            {"chrf2pp": float(value), **_kept(item, text)}
            for value, item, text in zip(found["chrf2pp"].measure(found["chrf2pp"].rows), items, texts, strict=True)
        ]
        for name in _KEPT:
            found[name] = aggregates.mean([row[name] for row in rows], f"{name}|segments that have any")
        found["terms_kept"] = _terms(items, texts)
        return scored(items, found, {}, rows, seed)

    def signals(self, benchmark: Benchmark, item: Item, answer: Any | Failure) -> dict[str, float]:
        """What the output lost against the source, its length ratio, an untranslated copy."""
        if isinstance(answer, Failure):
            return {"MODEL_ERROR": 1.0}
        text = str(answer["text"])
        if not text.strip():
            return {"OUTPUT_EMPTY": 1.0}
        source = item.given.text
        found = {code: float(not kept) for name, code in _KEPT.items() if (kept := _kept(item, text)[name]) is not None}
        ratio = len(text) / len(source)
        found["LENGTH_RATIO"] = max(ratio, 1 / ratio)
        found["UNTRANSLATED"] = float(text.strip() == source.strip() and len(source.split()) > 3)
        missed = preservation.terms_kept(text, [term["targets"] for term in item.row["terms"]]).count(False)
        found["TERM_MISS"] = float(missed)
        if answer["score"] is not None:
            found["LOW_SCORE"] = float(answer["score"])
        return found

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
    segment: Segment = item.given
    source_decimal, target_decimal = map(decimal_separator, (segment.source_language, segment.target_language))
    readers: dict[str, tuple[Callable[[], Counter[Any]], Callable[[], Counter[Any]]]] = {
        "numbers_kept": (
            lambda: preservation.numbers(segment.text, source_decimal),
            lambda: preservation.numbers(text, target_decimal),
        ),
        "units_kept": (lambda: preservation.units(segment.text), lambda: preservation.units(text)),
        "reference_signs_kept": (
            lambda: preservation.reference_signs(segment.text),
            lambda: preservation.reference_signs(text),
        ),
        "claim_references_kept": (
            lambda: preservation.claim_references(segment.text),
            lambda: preservation.claim_references(text),
        ),
    }
    return {name: _same(before(), after()) for name, (before, after) in readers.items()}


def _same(before: Counter[Hashable], after: Counter[Hashable]) -> float | None:
    return None if not before and not after else float(before == after)


def _terms(items: Sequence[Item], texts: Sequence[str]) -> Aggregate:
    """Share of all glossary terms rendered as the glossary says."""
    kept = [
        preservation.terms_kept(text, [term["targets"] for term in item.row["terms"]])
        for item, text in zip(items, texts, strict=True)
    ]
    counts = np.array([(sum(values), len(values)) for values in kept], dtype=np.float64)
    return Aggregate("ratio", counts, f"terms_kept|segments that have any|terms:{int(counts[:, 1].sum())}")
