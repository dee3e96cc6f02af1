"""A causal chat model in process: classification and translation through a declared prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Segment, Suggestion, Translation
from wild_aieval.models.local import gguf_weights, weights
from wild_aieval.models.local.chat_model import LoadedChat, Reply
from wild_aieval.models.local.label_scores import LabelScorer
from wild_aieval.models.local.long_texts import Floats, probabilities
from wild_aieval.models.local.memory import Memory
from wild_aieval.models.prompting import PromptSettings, messages, read_symbols, read_translation
from wild_aieval.models.protocols import Workplace, not_identity

R = TypeVar("R")


class TransformersChat:
    """``constrained``: each label's log-probability after the prompt, as a softmax over the labels. ``parsed``: greedy
    generation, read strictly. Translations are always generated.
    """

    class Settings(PromptSettings, weights.TransformerSettings):
        """Settings of ``kind: transformers-chat``."""

        kind: Literal["transformers-chat"]
        gguf_file: str = Field("", pattern=r"^$|^[^/\\]+\.gguf$")
        mode: Literal["constrained", "parsed"] = "constrained"
        template_options: dict[str, bool | int | str] = Field(default_factory=dict)
        max_tokens: int = Field(2048, ge=8)
        max_new_tokens: int = Field(512, ge=1)
        batch_size: int = not_identity(16, ge=1)
        token_budget: int = not_identity(8192, ge=64)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings, self._workplace = settings, workplace
        if settings.gguf_file:
            gguf_weights.needed(settings.name)
        if settings.classification and settings.mode == "constrained" and not settings.labels:
            raise UserError(
                f"{settings.name}: mode 'constrained' scores the symbols of 'labels', and there are none. List them in "
                "model.labels, or set model.mode=parsed."
            )
        self._folder = weights.locate(settings.path, settings.revision, settings.name, settings.gguf_file)
        self._memory = Memory(settings.name)
        self._loaded: LoadedChat | None = None
        self._scorer: tuple[LabelScorer, int] | None = None

    def facts(self) -> Mapping[str, Any]:
        """Digest of the weights and versions of the libraries."""
        if self._settings.gguf_file:
            return gguf_weights.facts(self._folder / self._settings.gguf_file)
        return weights.facts(self._folder) | weights.library_versions("torch", "transformers", "tokenizers")

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """Symbols by probability (``constrained``), or as the model lists them (``parsed``)."""
        if self._settings.mode == "parsed":
            replies = self._replies(documents)
            return [r if isinstance(r, Failure) else read_symbols(r.text, self._settings) for r in replies]
        if not documents:
            return []
        scorer, longest = self._label_scorer(documents[0])
        prompts = self._prompts(documents, longest)
        lengths = [len(prompt) for prompt in prompts if not isinstance(prompt, Failure)]
        fitting = min(self._settings.batch_size, scorer.most(max(lengths, default=1)))
        budget = scorer.budget(self._settings.token_budget)
        rows = self._ask(prompts, scorer.scores, scorer.nodes, (budget, fitting))
        return [row if isinstance(row, Failure) else self._ranked(row) for row in rows]

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """Greedy translations; one that does not end is a Failure that keeps the text."""
        return [self._translation(reply) for reply in self._replies(segments)]

    def _replies(self, items: Sequence[Document | Segment]) -> list[Reply | Failure]:
        new = self._settings.max_new_tokens
        size = (self._settings.token_budget, self._settings.batch_size)
        replies = self._ask(self._prompts(items, new), self._chat().generate, new, size)
        for item, reply in zip(items, replies, strict=True):
            if not isinstance(reply, Failure):
                self._workplace.meter.note(item.id, tokens_out=reply.tokens)
        return replies

    def _ask(
        self,
        prompts: Sequence[list[int] | Failure],
        ask: Callable[[list[list[int]]], list[R]],
        more: int,
        size: tuple[int, int],
    ) -> list[R | Failure]:
        """``ask`` for the prompts that can be asked, in batches of ``size``; each will need ``more`` tokens."""
        ready = [prompt for prompt in prompts if not isinstance(prompt, Failure)]
        lengths = [len(prompt) + more for prompt in ready]
        found = iter(self._memory.in_batches(lengths, size, lambda batch: ask([ready[number] for number in batch])))
        return [prompt if isinstance(prompt, Failure) else next(found) for prompt in prompts]

    def _prompts(self, items: Sequence[Document | Segment], more: int) -> list[list[int] | Failure]:
        """Token ids of each item's prompt; a prompt that leaves no room for ``more`` tokens is a Failure."""
        limit = min(self._settings.max_tokens, self._chat().positions - more)
        found = [self._prompt(item, limit) for item in items]
        for item, ids in zip(items, found, strict=True):
            if not isinstance(ids, Failure):
                self._workplace.meter.note(item.id, tokens_in=len(ids))
        return found

    def _prompt(self, item: Document | Segment, limit: int) -> list[int] | Failure:
        chat = messages(self._settings, item)
        if isinstance(chat, Failure):
            return chat
        ids = self._chat().prompt(chat)
        if len(ids) <= limit:
            return ids
        return Failure(
            f"the prompt has {len(ids)} tokens, and there is room for {limit} (max_tokens, or what the model takes "
            "less the answer). Lower max_characters, or raise max_tokens as far as the model takes it."
        )

    def _label_scorer(self, document: Document) -> tuple[LabelScorer, int]:
        if self._scorer is None:
            chat = messages(self._settings, document)
            if isinstance(chat, Failure):
                raise UserError(f"{self._settings.name}: {chat.message}")
            self._scorer = self._chat().scorer(chat, list(self._settings.labels))
        return self._scorer

    def _ranked(self, row: Floats) -> list[Suggestion] | Failure:
        if not np.isfinite(row).all():
            return Failure(f"the model's scores are no numbers in {self._settings.dtype}; dtype: float32 may help")
        shares = probabilities(row, several=False)
        symbols = list(self._settings.labels)
        best = np.argsort(-shares, kind="stable")[: self._settings.suggestions]
        return [Suggestion(symbols[column], float(shares[column])) for column in best]

    def _translation(self, reply: Reply | Failure) -> Translation | Failure:
        if isinstance(reply, Failure):
            return reply
        if not reply.ended:
            limit = self._settings.max_new_tokens
            return Failure(f"the translation did not end within max_new_tokens ({limit})", reply.text)
        return read_translation(reply.text, self._settings)

    def _chat(self) -> LoadedChat:
        if self._loaded is None:
            settings, folder = self._settings, self._folder
            if settings.gguf_file:
                folder = gguf_weights.unpacked(settings, folder / settings.gguf_file, self._workplace.cache)
            tokenizer, model = weights.load(settings, folder, "AutoModelForCausalLM")
            self._loaded = LoadedChat(
                settings.name, tokenizer, model, settings.template_options, settings.max_new_tokens
            )
        return self._loaded
