"""A transformers sequence classifier whose labels are classification symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Suggestion
from wild_aieval.models.labels import symbols_of_model
from wild_aieval.models.local import control_tokens, long_texts, weights
from wild_aieval.models.local.long_texts import Floats, Frame, LongTextSettings
from wild_aieval.models.local.memory import Memory
from wild_aieval.models.protocols import Workplace, not_identity

MULTI_LABEL = "multi_label_classification"


class SequenceClassifier:
    """Reads ``id2label`` of the model's config; softmax where a document has one label, sigmoid for several."""

    class Settings(LongTextSettings):
        """Settings of ``kind: transformers-classifier``."""

        kind: Literal["transformers-classifier"]
        problem_type: Literal["auto", "single_label_classification", "multi_label_classification"] = "auto"
        labels: dict[str, str | None] = Field(default_factory=dict)
        suggestions: int = Field(10, ge=3)
        batch_size: int = not_identity(64, ge=1)
        token_budget: int = not_identity(8192, ge=64)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._meter = workplace.meter
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        self._symbols = symbols_of_model(self._folder / "config.json", settings.labels)
        self._memory = Memory(settings.name)
        self._model: Any = None
        self._tokenizer: Any = None
        self._control: Any = None
        self._frame = Frame([], [])

    def facts(self) -> Mapping[str, Any]:
        """Digest of the weights and versions of the libraries."""
        return weights.facts(self._folder) | weights.library_versions("torch", "transformers", "tokenizers")

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The best symbols by probability; Failure where there is no memory or the scores are no numbers."""
        self._load()
        read = [self._views(document.full_text) for document in documents]
        views = [parts for parts, _ in read]
        for document, (parts, unread) in zip(documents, read, strict=True):
            self._meter.note(document.id, tokens_in=sum(len(part) for part in parts), unread=unread)
        flat = [part for parts in views for part in parts]
        logits = iter(
            self._memory.in_batches(
                [len(part) for part in flat],
                (self._settings.token_budget, self._settings.batch_size),
                lambda batch: self._logits([flat[index] for index in batch]),
            )
        )
        return [self._answer([next(logits) for _ in parts]) for parts in views]

    def _views(self, text: str) -> tuple[list[list[int]], float]:
        """What is read of a text, and the share of it that is not."""
        plain = self._control.apart(text)
        ids = list(self._tokenizer(plain, add_special_tokens=False, verbose=False)["input_ids"])
        room = long_texts.limit(self._tokenizer, self._model.config, self._settings.max_tokens) - self._frame.size
        before, after = self._frame
        parts = long_texts.views(ids, room, self._settings)
        whole = self._settings.long_texts == "windows" or len(ids) <= room
        return [before + part + after for part in parts], 0.0 if whole else 1 - room / len(ids)

    def _logits(self, batch: list[list[int]]) -> list[Floats]:
        """Logits of shape (labels,) for each list of token ids."""
        import torch

        inputs = self._tokenizer.pad({"input_ids": batch}, padding_side="right", return_tensors="pt")
        with torch.inference_mode():
            logits = self._model(**inputs.to(self._model.device)).logits
        return list(logits.float().cpu().numpy().astype(np.float64))

    def _answer(self, logits: Sequence[Floats | Failure]) -> list[Suggestion] | Failure:
        rows = []
        for row in logits:
            if isinstance(row, Failure):
                return row
            rows.append(row)
        scores = long_texts.pool(rows, self._several(), self._settings)
        if not np.isfinite(scores).all():
            return Failure(f"the model's scores are no numbers in {self._settings.dtype}; dtype: float32 may help")
        order = [int(column) for column in np.argsort(-scores, kind="stable")]
        named = [(symbol, float(scores[column])) for column in order if (symbol := self._symbols[column]) is not None]
        return [Suggestion(symbol, score) for symbol, score in named[: self._settings.suggestions]]

    def _several(self) -> bool:
        wanted = self._settings.problem_type
        return (self._model.config.problem_type if wanted == "auto" else wanted) == MULTI_LABEL

    def _load(self) -> None:
        if self._model is not None:
            return
        name = self._settings.name
        tokenizer, model = weights.load(self._settings, self._folder, "AutoModelForSequenceClassification")
        if model.config.num_labels != len(self._symbols):
            raise UserError(
                f"{name}: the model in '{self._folder}' has {model.config.num_labels} outputs, and id2label in its "
                f"config.json names {len(self._symbols)}. Write one label for each output."
            )
        if model.config.problem_type == "regression" and self._settings.problem_type == "auto":
            raise UserError(f"{name}: the model in '{self._folder}' is a regression model. Set model.problem_type.")
        with weights.loading(self._folder, name):
            self._frame = long_texts.frame(tokenizer)
        self._control = control_tokens.of_tokenizer(tokenizer)
        self._tokenizer, self._model = tokenizer, model
