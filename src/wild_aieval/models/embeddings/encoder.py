"""Sentence embeddings by a transformers encoder: texts in, unit vectors out.

Texts are sorted by length and batched by a token budget, so that little is padded; vectors are kept on disk by text, so
that tasks and candidates with the same encoder share them. Torch or OpenVINO computes them (``runtime_choice``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from wild_aieval.items import Failure
from wild_aieval.models.embeddings import declared, runtime_choice
from wild_aieval.models.embeddings.batch import padded
from wild_aieval.models.embeddings.collection import Held, Work
from wild_aieval.models.embeddings.declared import Pooling, Recipe
from wild_aieval.models.embeddings.runtime_choice import Choice, Runtime
from wild_aieval.models.embeddings.segments import Keys
from wild_aieval.models.embeddings.source import Source
from wild_aieval.models.embeddings.token_ids import Tokens
from wild_aieval.models.embeddings.vector_store import Block, Vectors, VectorStore
from wild_aieval.models.local import weights
from wild_aieval.models.local.control_tokens import ControlTokens
from wild_aieval.models.local.memory import Memory, distinct
from wild_aieval.models.protocols import Workplace, not_identity, silent

_LONG_WORK = 200  # texts
_KEPT_AT_ONCE = 16_384  # texts, sorted by length; a process that is killed loses so many vectors at most
_PADDING = 0.05  # share of a batch
_OWN = ("pooling", "normalise", "max_tokens", "prompt", "query_prompt")


class EncoderSettings(weights.TransformerSettings):
    """Settings of an encoder. None: as the model's folder declares (``as_declared``), else as ``Recipe`` has it.

    ``runtime``: what computes; which it was stands in the facts. ``token_budget`` None: as suits the device.
    """

    as_declared: bool = True
    pooling: Pooling | None = None
    normalise: bool | None = None
    max_tokens: int | None = Field(None, ge=8)
    dimension: int | None = Field(None, ge=1, description="the first components are kept (Matryoshka models)")
    prompt: str | None = None
    query_prompt: str | None = None
    runtime: Literal["auto", "torch", "openvino"] = not_identity("auto")
    token_budget: int | None = not_identity(None, ge=64)


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
        folder = weights.locate(settings.path, settings.revision, settings.name)
        self._recipe = recipe_for(settings, folder)
        self._source = Source(settings, folder, self._recipe, workplace.cache)
        self._store = VectorStore(workplace.cache)
        self._watch = workplace.watch
        self._memory = Memory(settings.name)
        self._choice: Choice | None = None
        self._runtime: Runtime | None = None
        self._tokens: Tokens | None = None
        self._control = ControlTokens(())

    def facts(self) -> dict[str, Any]:
        """Digest of the weights, versions of the libraries, and what computes where that is not torch."""
        return self._chosen().facts(self._source)

    def encode(self, texts: Sequence[str], queries: bool = False) -> Vectors:
        """Vectors of shape (texts, dimension), from the store where it has them; ``queries`` have their own prompt."""
        recipe = self._recipe
        prompt = recipe.query_prompt if queries and recipe.query_prompt is not None else recipe.prompt
        return self._vectors(texts, prompt)

    def corpus(self, keys: Keys, texts: Callable[[], Iterable[str]]) -> Held:
        """Vectors of documents in float16, mapped from the disk; ``texts()`` gives those of ``keys``, in order."""
        prompt = self._recipe.prompt
        content = [self._content(prompt), self._settings.dimension]
        with self._progress(len(keys)) as advance:
            work = Work(self._settings.name, lambda block: self._vectors(block, prompt, alone=False), advance)
            return self._store.corpus(content, keys, texts, work)

    def _vectors(self, texts: Sequence[str], prompt: str, alone: bool = True) -> Vectors:
        """``alone``: they are kept by text and their progress is shown, which a corpus sees to for itself."""
        plain = self._plain(texts)
        vectors = self._store.vectors(
            self._content(prompt),
            plain,
            lambda chosen: self._encoded(chosen, [plain[number] for number in chosen], prompt, alone),
            keep=alone,
        )
        return cut(vectors, self._settings.dimension, self._recipe.normalise)

    def _content(self, prompt: str) -> list[Any]:
        """What decides about a vector, besides the text."""
        recipe = self._recipe
        told = [recipe.pooling, recipe.normalise, recipe.max_tokens, prompt, self._settings.dtype]
        more = [recipe.lower_case, recipe.pool_prompt, recipe.dense, self._settings.attention]
        return [self.facts(), told, more]

    def _encoded(self, numbers: Sequence[int], texts: Sequence[str], prompt: str, alone: bool) -> Iterator[Block]:
        """Vectors of ``texts``, under their ``numbers``."""
        with self._progress(len(texts) if alone else 0) as advance:
            for start in range(0, len(texts), _KEPT_AT_ONCE):
                block = slice(start, start + _KEPT_AT_ONCE)
                yield numbers[block], self._encode(texts[block], prompt, advance)

    def _encode(self, texts: Sequence[str], prompt: str, advance: Callable[[int], None]) -> Vectors:
        tokens, runtime = self._reader(), self._network()
        vocabulary = tokens.vocabulary
        lowered = self._plain([text.lower() for text in texts]) if self._recipe.lower_case else texts
        given = self._ids([prompt + text for text in lowered])
        firsts, places = distinct([tuple(ids) for ids in given])
        encoded = [given[first] for first in firsts]
        skip = 0 if self._recipe.pool_prompt else self._prompt_tokens(prompt)
        vectors: list[Vectors] = []

        def run(batch: list[int]) -> list[int]:
            found = runtime.vectors(padded([encoded[i] for i in batch], vocabulary.pad_id, vocabulary.pad_left, skip))
            if not np.isfinite(found).all():
                raise RuntimeError("the model's vector holds infinities or no numbers; model.dtype=float32 may help")
            if not vectors:
                vectors.append(np.empty((len(encoded), found.shape[1]), dtype=np.float32))
            vectors[0][batch] = found
            return batch

        lengths, size = [len(ids) for ids in encoded], (self._budget(runtime), len(encoded))
        for done in self._memory.in_batches(lengths, size, run, advance, _PADDING):
            if isinstance(done, Failure):  # a text without a vector must not get another one
                raise RuntimeError(done.message)  # the harness then asks item by item
        advance(len(given) - len(encoded))
        return vectors[0] if len(firsts) == len(given) else vectors[0][places]

    def _plain(self, texts: Sequence[str]) -> list[str]:
        """The texts with the model's control tokens taken apart; the prompt is the settings' own and keeps them."""
        self._reader()
        return [self._control.apart(text) for text in texts]

    def _ids(self, texts: list[str]) -> list[list[int]]:
        given = [text.lower() for text in texts] if self._recipe.lower_case else texts
        return self._reader().ids(given)

    def _prompt_tokens(self, prompt: str) -> int:
        """How many tokens a text begins with because of the prompt: its own without a closing special one."""
        ids = self._ids([prompt])[0] if prompt else []
        return len(ids) - (ids[-1] in self._reader().vocabulary.special_ids) if ids else 0

    def _progress(self, texts: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show long work only; the items of a chunk have a bar already."""
        watch = self._watch if texts > _LONG_WORK else silent
        return watch(f"{self._settings.name} · embedding texts", texts)

    def _budget(self, runtime: Runtime) -> int:
        return self._settings.token_budget or runtime.token_budget

    def _chosen(self) -> Choice:
        if self._choice is None:
            self._choice = runtime_choice.choose(self._source)
        return self._choice

    def _network(self) -> Runtime:
        if self._runtime is None:
            self._runtime = self._chosen().open(self._source)
        return self._runtime

    def _reader(self) -> Tokens:
        if self._tokens is None:
            self._tokens = self._source.tokens()
            self._control = ControlTokens(self._tokens.vocabulary.control, self._tokens.vocabulary.coded)
        return self._tokens
