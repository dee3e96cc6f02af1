"""Sentence embeddings by a transformers encoder: texts in, unit vectors out.

Texts are sorted by length and batched by a token budget, so that little is padded; vectors are kept
on disk by content, so that candidates with the same encoder share them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.models import weights
from wild_aieval.models.protocols import Workplace, not_identity, silent
from wild_aieval.runspec import digest

Vectors = NDArray[np.float32]
_LONG_WORK = 200  # texts


class EncoderSettings(weights.WeightSettings):
    """Settings of an encoder."""

    pooling: Literal["mean", "cls"] = "mean"
    normalise: bool = True
    max_tokens: int = Field(256, ge=8)
    prompt: str = ""
    token_budget: int = not_identity(4096, ge=64)


class Encoder:
    """Loads its weights on the first text that is not in the store."""

    def __init__(self, settings: EncoderSettings, workplace: Workplace) -> None:
        self._settings = settings
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        self._store = workplace.cache / "embeddings"
        self._watch = workplace.watch
        self._model: Any = None
        self._tokenizer: Any = None
        self._facts: dict[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """Digest of the weights and versions of the libraries."""
        if not self._facts:
            self._facts = weights.facts(self._folder) | weights.library_versions("torch", "transformers")
        return self._facts

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (texts, dimension), from the store where it has them."""
        settings = self._settings
        recipe = [settings.pooling, settings.normalise, settings.max_tokens, settings.prompt, settings.dtype]
        file = self._store / f"{digest([self.facts(), recipe, list(texts)])}.npy"
        vectors = _stored(file, len(texts))
        if vectors is None:
            vectors = self._encode([settings.prompt + text for text in texts])
            _store(file, vectors)
        return vectors

    def _encode(self, texts: list[str]) -> Vectors:
        import torch

        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        self._load()
        encoded = self._tokenizer(texts, truncation=True, max_length=self._settings.max_tokens)["input_ids"]
        vectors: dict[int, Vectors] = {}
        with torch.inference_mode(), self._progress(len(texts)) as advance:
            for batch in _batches([len(ids) for ids in encoded], self._settings.token_budget):
                inputs = self._tokenizer.pad({"input_ids": [encoded[i] for i in batch]}, return_tensors="pt")
                pooled = self._pool(inputs.to(self._model.device)).float().cpu().numpy()
                vectors.update(zip(batch, pooled, strict=True))
                advance(len(batch))
        return np.stack([vectors[i] for i in range(len(texts))])

    def _progress(self, texts: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show long work only; the items of a chunk have a bar already."""
        watch = self._watch if texts > _LONG_WORK else silent
        return watch(f"{self._settings.name} · embedding texts", texts)

    def _pool(self, inputs: Any) -> Any:
        import torch

        states = self._model(**inputs).last_hidden_state
        if self._settings.pooling == "cls":
            pooled = states[:, 0].float()
        else:
            mask = inputs["attention_mask"].unsqueeze(-1)
            pooled = (states.float() * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(pooled, dim=1) if self._settings.normalise else pooled

    def _load(self) -> None:
        if self._model is None:
            self._tokenizer, self._model = weights.load(
                self._settings, self._folder, "AutoModel", add_pooling_layer=False
            )


def _stored(file: Path, texts: int) -> Vectors | None:
    """The vectors of a file; None where it is missing or damaged, for they can be computed again."""
    try:
        vectors: Vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.ndim == 2 and len(vectors) == texts else None


def _store(file: Path, vectors: Vectors) -> None:
    """Keep the vectors, readable by their owner only, for they tell about the texts; no room is no fault."""
    partial = file.with_suffix(f".{os.getpid()}-{id(vectors)}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with partial.open("wb") as stream:
            np.save(stream, vectors, allow_pickle=False)
        partial.replace(file)
    except OSError:
        partial.unlink(missing_ok=True)


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices by falling length, as many to a batch as the padded size allows."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batch: list[int] = []
    for index in order:
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
