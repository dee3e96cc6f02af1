"""A transformers sequence classifier whose labels are classification symbols."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Suggestion
from wild_aieval.models import weights
from wild_aieval.models.protocols import Workplace, not_identity
from wild_aieval.standards import ipc


class SequenceClassifier:
    """Reads ``id2label`` of the model's config; softmax for one label, sigmoid for several."""

    class Settings(weights.WeightSettings):
        """Settings of ``kind: transformers-classifier``."""

        kind: Literal["transformers-classifier"]
        max_tokens: int = Field(512, ge=8)
        suggestions: int = Field(10, ge=3)
        batch_size: int = not_identity(16, ge=1)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        self._model: Any = None
        self._tokenizer: Any = None
        self._symbols = _symbols(self._folder / "config.json")

    def facts(self) -> Mapping[str, Any]:
        """Digest of the weights and versions of the libraries."""
        return weights.facts(self._folder) | weights.library_versions("torch", "transformers")

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The best symbols by probability."""
        self._load()
        answers: list[list[Suggestion] | Failure] = []
        size = self._settings.batch_size
        for start in range(0, len(documents), size):
            answers.extend(self._batch([doc.full_text for doc in documents[start : start + size]]))
        return answers

    def _batch(self, texts: list[str]) -> list[list[Suggestion]]:
        import torch

        inputs = self._tokenizer(
            texts, truncation=True, max_length=self._settings.max_tokens, padding=True, return_tensors="pt"
        ).to(self._model.device)
        with torch.inference_mode():
            logits = self._model(**inputs).logits.float()
        several = self._model.config.problem_type == "multi_label_classification"
        scores = (logits.sigmoid() if several else logits.softmax(dim=-1)).cpu()
        best = scores.topk(min(self._settings.suggestions, scores.shape[1]), dim=1)
        return [
            [Suggestion(self._symbols[column], float(score)) for column, score in zip(columns, values, strict=True)]
            for columns, values in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    def _load(self) -> None:
        if self._model is None:
            self._tokenizer, self._model = weights.load(
                self._settings, self._folder, "AutoModelForSequenceClassification"
            )


def _symbols(config: Path) -> list[str]:
    """The symbols of ``id2label`` by column; UserError where a label is none."""
    labels = json.loads(config.read_text(encoding="utf-8")).get("id2label") or {"0": "LABEL_0"}
    found = []
    for _, label in sorted(labels.items(), key=lambda pair: int(pair[0])):
        symbol = ipc.parse_symbol(str(label))
        if symbol is None:
            raise UserError(
                f"{config}: the label '{label}' in id2label is no classification symbol (expected such as 'A61B' or "
                "'A61B 5/00'). Write the symbols into id2label."
            )
        found.append(symbol)
    return found
