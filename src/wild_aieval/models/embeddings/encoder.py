"""Sentence embeddings by a transformers encoder: texts in, unit vectors out.

Texts are sorted by length and batched by a token budget, so that little is padded; vectors are kept
on disk by content, so that candidates with the same encoder share them.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from wild_aieval.items import Failure
from wild_aieval.models.embeddings import declared, pooling
from wild_aieval.models.embeddings.declared import Pooling, Recipe
from wild_aieval.models.embeddings.vector_store import Vectors, VectorStore
from wild_aieval.models.local import control_tokens, weight_checks, weights
from wild_aieval.models.local.memory import Memory, distinct
from wild_aieval.models.protocols import Workplace, not_identity, silent

_LONG_WORK = 200  # texts
_UNUSED = r"(^|\.)pooler\."  # vectors are pooled from the states of the tokens
_OWN = ("pooling", "normalise", "max_tokens", "prompt", "query_prompt")


class EncoderSettings(weights.TransformerSettings):
    """Settings of an encoder. None: as the model's folder declares (``as_declared``), else as ``Recipe`` has it."""

    as_declared: bool = True
    pooling: Pooling | None = None
    normalise: bool | None = None
    max_tokens: int | None = Field(None, ge=8)
    dimension: int | None = Field(None, ge=1, description="the first components are kept (Matryoshka models)")
    prompt: str | None = None
    query_prompt: str | None = None
    token_budget: int = not_identity(4096, ge=64)


def recipe_for(settings: EncoderSettings, folder: Path) -> Recipe:
    """What the folder declares, with what the settings say in its place."""
    said = {name: value for name in _OWN if (value := getattr(settings, name)) is not None}
    base = declared.recipe_of(folder, settings.name) if settings.as_declared else Recipe()
    return dataclasses.replace(base, **said)


def cut(vectors: Vectors, dimension: int | None, normalise: bool) -> Vectors:
    """The first ``dimension`` components, of unit length again where vectors are."""
    if dimension is None or dimension >= vectors.shape[1]:
        return vectors
    kept = vectors[:, :dimension]
    if normalise:
        kept = kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-12)
    return np.ascontiguousarray(kept)


class Encoder:
    """Loads its weights on the first text that is not in the store."""

    def __init__(self, settings: EncoderSettings, workplace: Workplace) -> None:
        self._settings = settings
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        self._recipe = recipe_for(settings, self._folder)
        self._store = VectorStore(workplace.cache)
        self._watch = workplace.watch
        self._model: Any = None
        self._tokenizer: Any = None
        self._control: Any = None
        self._layers: list[pooling.Layer] = []
        self._memory = Memory(settings.name)
        self._facts: dict[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """Digest of the weights and versions of the libraries."""
        if not self._facts:
            self._facts = weights.facts(self._folder) | weights.library_versions("torch", "transformers", "tokenizers")
        return self._facts

    def encode(self, texts: Sequence[str], queries: bool = False) -> Vectors:
        """Vectors of shape (texts, dimension), from the store where it has them; ``queries`` have their own prompt."""
        recipe = self._recipe
        prompt = recipe.query_prompt if queries and recipe.query_prompt is not None else recipe.prompt
        told = [recipe.pooling, recipe.normalise, recipe.max_tokens, prompt, self._settings.dtype]
        # Only what departs from the plain way is added, so that vectors of earlier runs are found.
        more = [["lower"]] * recipe.lower_case + [["prompt not pooled"]] * (not recipe.pool_prompt)
        more += [["dense", *recipe.dense]] * bool(recipe.dense)
        more += [["attention", self._settings.attention]] * (self._settings.attention != "auto")
        plain = self._plain(texts)
        content = [self.facts(), told + more, plain]
        vectors = self._store.vectors(content, len(texts), lambda: self._encode(plain, prompt))
        return cut(vectors, self._settings.dimension, recipe.normalise)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        import torch

        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        self._load()
        lowered = self._plain([text.lower() for text in texts]) if self._recipe.lower_case else texts
        given = self._tokens([prompt + text for text in lowered])
        firsts, places = distinct([tuple(ids) for ids in given])
        encoded = [given[first] for first in firsts]
        skip = 0 if self._recipe.pool_prompt else self._prompt_tokens(prompt)

        def run(batch: list[int]) -> list[Vectors]:
            inputs = self._tokenizer.pad({"input_ids": [encoded[i] for i in batch]}, return_tensors="pt")
            return list(self._pool(inputs.to(self._model.device), skip).float().cpu().numpy())

        lengths, size = [len(ids) for ids in encoded], (self._settings.token_budget, len(encoded))
        with torch.inference_mode(), self._progress(len(encoded)) as advance:
            vectors = [_vector(found) for found in self._memory.in_batches(lengths, size, run, advance)]
        return np.stack([vectors[place] for place in places])

    def _plain(self, texts: Sequence[str]) -> list[str]:
        """The texts with the model's control tokens taken apart; the prompt is the settings' own and keeps them."""
        if self._tokenizer is None:
            weight_checks.files_are_whole(self._folder, self._settings.name)
            self._tokenizer = weights.tokenizer(self._settings, self._folder)
            self._control = control_tokens.of_tokenizer(self._tokenizer)
        return [self._control.apart(text) for text in texts]

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        given = [text.lower() for text in texts] if self._recipe.lower_case else texts
        found: list[list[int]] = self._tokenizer(given, truncation=True, max_length=self._recipe.max_tokens)[
            "input_ids"
        ]
        return found

    def _prompt_tokens(self, prompt: str) -> int:
        """How many tokens a text begins with because of the prompt: its own without a closing special one."""
        ids = self._tokens([prompt])[0] if prompt else []
        return len(ids) - (ids[-1] in self._tokenizer.all_special_ids) if ids else 0

    def _progress(self, texts: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show long work only; the items of a chunk have a bar already."""
        watch = self._watch if texts > _LONG_WORK else silent
        return watch(f"{self._settings.name} · embedding texts", texts)

    def _pool(self, inputs: Any, skip: int) -> Any:
        import torch

        states = self._model(**inputs).last_hidden_state
        pooled = pooling.pool(states, inputs["attention_mask"], self._recipe.pooling, skip)
        for layer in self._layers:
            pooled = layer(pooled)
        return torch.nn.functional.normalize(pooled, dim=1) if self._recipe.normalise else pooled

    def _load(self) -> None:
        if self._model is None:
            auto_class, extra = _auto_class(self._folder, self._settings.name)
            self._model = weights.network(self._settings, self._folder, auto_class, unused=_UNUSED, **extra)
            self._layers = [
                pooling.read_layer(self._folder / name, self._settings.name, self._model.device)
                for name in self._recipe.dense
            ]


def _vector(found: Vectors | Failure) -> Vectors:
    """A text without a vector must not get another one; the harness then asks item by item."""
    if isinstance(found, Failure):
        raise RuntimeError(found.message)
    if not np.isfinite(found).all():
        raise RuntimeError("the model's vector holds infinities or no numbers; model.dtype=float32 may help")
    return found


def _auto_class(folder: Path, owner: str) -> tuple[str, dict[str, Any]]:
    """The class of transformers, and what it is told: no pooling layer where the architecture knows of one."""
    import transformers

    with weights.loading(folder, owner):
        config = transformers.AutoConfig.for_model(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
        if config.model_type in ("t5", "mt5", "umt5"):  # the encoder half
            return "AutoModelForTextEncoding", {}
        made = transformers.MODEL_MAPPING[type(config)]
    knows = "add_pooling_layer" in inspect.signature(made.__init__).parameters
    return "AutoModel", {"add_pooling_layer": False} if knows else {}
