"""Hugging Face ``evaluate`` module: numbers, units and reference signs that a translation kept."""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import datasets
import evaluate

from wild_aieval.metrics import preservation
from wild_aieval.standards.languages import decimal_separator

_DESCRIPTION = """\
What a translation of a patent text kept. For numbers, unit symbols, reference signs and claim references: the
share of segments in which they are the same on both sides, as multisets, among the segments where either side
has any. Numbers are read by the habit of each language (10,000 in English is 10.000 in Spanish).
"""
_INPUTS = """\
predictions: translations; empty where the tool failed.
references: the source texts, in the same order (no reference translation is needed).
source_language, target_language: BCP 47 tags, such as en and pt-BR.
"""

Reader = Callable[[str, str], Counter[Any]]  # text and language to what the text holds
_READERS: dict[str, Reader] = {
    "numbers_kept": lambda text, language: preservation.numbers(text, decimal_separator(language)),
    "units_kept": lambda text, _: preservation.units(text),
    "reference_signs_kept": lambda text, _: preservation.reference_signs(text),
    "claim_references_kept": lambda text, _: preservation.claim_references(text),
}


class PatentTranslation(evaluate.Metric):
    """Shares in [0, 1], None where no segment has any; ``items`` is the number of segments."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(
        self, predictions: Sequence[str], references: Sequence[str], source_language: str, target_language: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"items": len(references)}
        for name, read in _READERS.items():
            sources = [read(text, source_language) for text in references]
            targets = [read(text, target_language) for text in predictions]
            found[name] = _share_same(sources, targets)
        return found


def _share_same(sources: Sequence[Counter[Any]], targets: Sequence[Counter[Any]]) -> float | None:
    same = [source == target for source, target in zip(sources, targets, strict=True) if source or target]
    return sum(same) / len(same) if same else None
