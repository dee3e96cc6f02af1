"""The files of an encoder, and what is made of them once and kept: its tokenizer as JSON, its converted network."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wild_aieval import __version__
from wild_aieval.models.embeddings import conversion, kept
from wild_aieval.models.embeddings.declared import Recipe
from wild_aieval.models.embeddings.token_ids import FastTokens, NotAlike, SlowTokens, Tokens, Vocabulary, content_of
from wild_aieval.models.local import weight_checks, weights
from wild_aieval.runspec import digest

if TYPE_CHECKING:
    from wild_aieval.models.embeddings.encoder import EncoderSettings

LIBRARIES = ("torch", "transformers", "tokenizers")
_FORMAT = 2  # of what is kept
_TOKENIZER, _VOCABULARY = "tokenizer.json", "vocabulary.json"


@dataclass(frozen=True)
class Source:
    """``folder`` holds the model; ``cache``: where things are kept.

    What is kept is named after the digest of every file of the model, the libraries that made it, and the release of
    this program: the checks that the files had to pass when it was made hold for what is read later.
    """

    settings: EncoderSettings
    folder: Path
    recipe: Recipe
    cache: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Digest of the files and versions of the libraries."""
        return weights.facts(self.folder) | weights.library_versions(*LIBRARIES)

    @property
    def place(self) -> Path:
        """Where everything made of encoders is kept."""
        return self.cache / "encoders"

    def key(self, *more: Any) -> str:
        """Names what is kept."""
        return digest([_FORMAT, __version__, self.facts, *more])[:32]

    def tokens(self) -> Tokens:
        """The tokenizer; UserError where files of the model are damaged or could run code."""
        try:
            place = kept.folder(self.place / f"tokenizer-{self.key()}", self._keep_tokenizer)
        except NotAlike:
            return SlowTokens(weights.tokenizer(self.settings, self.folder), self.recipe.max_tokens)
        except OSError:  # no room
            content, vocabulary = self._fast()
            return FastTokens(content, vocabulary, self.recipe.max_tokens)
        told = json.loads((place / _VOCABULARY).read_text(encoding="utf-8"))
        vocabulary = Vocabulary(**told | {name: tuple(told[name]) for name in ("control", "special_ids")})
        content = (place / _TOKENIZER).read_text(encoding="utf-8")
        return FastTokens(content, vocabulary, self.recipe.max_tokens)

    def converted(self) -> Path:
        """The folder with the network as OpenVINO reads it."""
        name = f"network-{self.key(self.settings.attention, self.recipe.dense, *self._openvino())}"
        return kept.folder(
            self.place / name, lambda target: conversion.convert(self.settings, self.folder, self.recipe, target)
        )

    def _openvino(self) -> list[str]:
        return list(weights.library_versions("openvino").values())

    def _keep_tokenizer(self, target: Path) -> None:
        content, vocabulary = self._fast()
        (target / _TOKENIZER).write_text(content, encoding="utf-8")
        (target / _VOCABULARY).write_text(json.dumps(asdict(vocabulary)), encoding="utf-8")

    def _fast(self) -> tuple[str, Vocabulary]:
        weight_checks.files_are_whole(self.folder, self.settings.name)
        tokenizer = weights.tokenizer(self.settings, self.folder)
        return content_of(tokenizer, self.recipe.max_tokens), Vocabulary.of(tokenizer)
