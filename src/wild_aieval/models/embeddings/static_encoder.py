"""Static embeddings: one vector for each token of a vocabulary, averaged over a text. No network is run.

Read are the layout of model2vec (``config.json``, ``tokenizer.json``, ``model.safetensors`` with ``embeddings`` and,
where the vocabulary was quantised, ``mapping`` and ``weights``) and that of sentence-transformers'
``StaticEmbedding`` (``embedding.weight``). They answer as those libraries do, but for control tokens in a text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wild_aieval.errors import UserError
from wild_aieval.models.embeddings.collection import Held, Work
from wild_aieval.models.embeddings.encoder import EncoderSettings, cut
from wild_aieval.models.embeddings.segments import Keys
from wild_aieval.models.embeddings.vector_store import Vectors, VectorStore
from wild_aieval.models.local import control_tokens, weights
from wild_aieval.models.protocols import Workplace

_WEIGHTS, _TOKENIZER = "model.safetensors", "tokenizer.json"
_MATRIX, _PLAIN = "embeddings", "embedding.weight"
_TOKENS = 512  # model2vec's own limit where the folder names none
_BLOCK = 1024  # texts


def static_files(folder: Path) -> Path | None:
    """The folder with the matrix of a static model; None where ``folder`` holds another kind of model."""
    for place in (folder, folder / "0_StaticEmbedding"):
        if (place / _WEIGHTS).is_file() and (place / _TOKENIZER).is_file() and _names(place) & {_MATRIX, _PLAIN}:
            return place
    return None


class StaticEncoder:
    """Reads its matrix on the first text that is not in the store."""

    def __init__(self, settings: EncoderSettings, folder: Path, workplace: Workplace) -> None:
        if settings.pooling not in (None, "mean") or settings.dtype != "float32":
            raise UserError(
                f"{settings.name}: '{folder}' holds a static model, which averages float32 vectors. Expected "
                f"model.pooling=null (or mean) and model.dtype=float32, found {settings.pooling} and {settings.dtype}."
            )
        self._settings = settings
        self._folder = folder
        self._files = static_files(folder) or folder
        self._store = VectorStore(workplace.cache)
        self._watch = workplace.watch
        self._normalise = settings.normalise if settings.normalise is not None else self._declared_normalise()
        self._prompt = settings.prompt or ""
        self._query_prompt = self._prompt if settings.query_prompt is None else settings.query_prompt
        self._matrix: Vectors | None = None
        self._tokenizer: Any = None
        self._control: Any = None
        self._unknown: int | None = None
        self._facts: dict[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """Digest of the files and the version of the tokenizers."""
        if not self._facts:
            self._facts = weights.facts(self._folder) | weights.library_versions("tokenizers")
        return self._facts

    def encode(self, texts: Sequence[str], queries: bool = False) -> Vectors:
        """Vectors of shape (texts, dimension); a text without a known token is the zero vector."""
        return self._vectors(texts, self._query_prompt if queries else self._prompt)

    def corpus(self, keys: Keys, texts: Callable[[], Iterable[str]]) -> Held:
        """Vectors of documents in float16, mapped from the disk; ``texts()`` gives those of ``keys``, in order."""
        content = [self._content(self._prompt), self._settings.dimension]
        with self._watch(f"{self._settings.name} · embedding texts", len(keys)) as advance:
            work = Work(self._settings.name, lambda block: self._vectors(block, self._prompt, keep=False), advance)
            return self._store.corpus(content, keys, texts, work)

    def _vectors(self, texts: Sequence[str], prompt: str, keep: bool = True) -> Vectors:
        plain = self._plain(texts)
        vectors = self._store.vectors(
            self._content(prompt),
            plain,
            lambda chosen: [(chosen, self._encode([prompt + plain[number] for number in chosen]))],
            keep,
        )
        return cut(vectors, self._settings.dimension, self._normalise)

    def _content(self, prompt: str) -> list[Any]:
        """What decides about a vector, besides the text."""
        return [self.facts(), ["static", self._normalise, self._limit(), prompt]]

    def _encode(self, texts: list[str]) -> Vectors:
        matrix = self._load()
        vectors = np.zeros((len(texts), matrix.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), _BLOCK):
            encoded = self._tokenizer.encode_batch_fast(texts[start : start + _BLOCK], add_special_tokens=False)
            for row, encoding in enumerate(encoded, start):
                ids = [token for token in encoding.ids if token != self._unknown]
                if ids:
                    vectors[row] = matrix[ids].mean(axis=0)
        if self._normalise:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    def _plain(self, texts: Sequence[str]) -> list[str]:
        """The texts with control tokens taken apart."""
        if self._tokenizer is None:
            from tokenizers import Tokenizer

            with weights.loading(self._folder, self._settings.name):
                self._tokenizer = Tokenizer.from_file(str(self._files / _TOKENIZER))
                self._control = control_tokens.of_library(self._tokenizer)
        return [self._control.apart(text) for text in texts]

    def _load(self) -> Vectors:
        if self._matrix is None:
            with weights.loading(self._folder, self._settings.name):
                self._tokenizer.no_padding()
                limit = self._limit()
                if limit is None:
                    self._tokenizer.no_truncation()
                else:
                    self._tokenizer.enable_truncation(limit)
                self._unknown = self._unknown_token()
                self._matrix = _matrix(self._files / _WEIGHTS, self._tokenizer.get_vocab_size())
        return self._matrix

    def _limit(self) -> int | None:
        """Longest text in tokens: the settings, what the folder says, else the habit of the library."""
        if self._settings.max_tokens is not None:
            return self._settings.max_tokens
        if _MATRIX not in _names(self._files):
            return None
        declared = _config(self._folder).get("max_length", _TOKENS)
        return None if declared is None else int(declared)

    def _declared_normalise(self) -> bool:
        """Unit vectors, unless the similarity is declared to be the inner product."""
        general = self._folder / "config_sentence_transformers.json"
        similarity = json.loads(general.read_text(encoding="utf-8")) if general.is_file() else {}
        return not (self._settings.as_declared and similarity.get("similarity_fn_name") == "dot")

    def _unknown_token(self) -> int | None:
        """The token that is left out of the mean, as model2vec does and StaticEmbedding does not."""
        if _MATRIX not in _names(self._files):
            return None
        model = json.loads((self._files / _TOKENIZER).read_text(encoding="utf-8"))["model"]
        found: int | None = self._tokenizer.token_to_id(model["unk_token"]) if model.get("unk_token") else None
        return model.get("unk_id") if found is None else found


def _matrix(file: Path, tokens: int) -> Vectors:
    """One row per token, float32: ``embeddings[mapping[token]] * weights[token]``."""
    from safetensors.numpy import load_file

    tensors = load_file(file)
    rows = tensors.get(_MATRIX, tensors.get(_PLAIN))
    if rows is None or rows.ndim != 2:
        raise ValueError(f"{file.name} holds no matrix '{_MATRIX}' or '{_PLAIN}'")
    if "mapping" in tensors:
        rows = rows[tensors["mapping"]]
    matrix: Vectors = rows.astype(np.float32)
    if "weights" in tensors:
        matrix *= tensors["weights"].astype(np.float32)[:, None]
    if len(matrix) < tokens:
        raise ValueError(f"{len(matrix)} vectors for the {tokens} tokens of {_TOKENIZER}")
    return matrix


def _names(folder: Path) -> set[str]:
    """The tensors of the weights file; none where it cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / _WEIGHTS, framework="numpy") as opened:
            return set(opened.keys())
    except (OSError, SafetensorError):
        return set()


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return content
