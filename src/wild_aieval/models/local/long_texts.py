"""Texts longer than a model takes: their head, head and tail, or sliding windows whose scores are pooled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from wild_aieval.models.local.weights import TransformerSettings

Floats = NDArray[np.float64]
LARGEST = 10**6  # tokenizers without a limit say something like 10**30


class LongTextSettings(TransformerSettings):
    """How a text of more than ``max_tokens`` is read.

    ``head``: its beginning; ``head+tail``: the beginning and the end, half of the room each; ``windows``: all of it,
    in windows that share ``overlap`` tokens, pooled by ``pooling`` of ``pooled``. A model that takes fewer tokens
    than ``max_tokens`` gets as many as it takes.
    """

    max_tokens: int = Field(512, ge=8)
    long_texts: Literal["head", "head+tail", "windows"] = "head"
    overlap: int = Field(64, ge=0)
    pooling: Literal["mean", "max"] = "mean"
    pooled: Literal["probabilities", "logits"] = "probabilities"

    @model_validator(mode="after")
    def _moves(self) -> LongTextSettings:
        if self.long_texts == "windows" and self.overlap > self.max_tokens // 2:
            raise ValueError(f"overlap must be at most half of max_tokens ({self.max_tokens // 2}), or windows crawl")
        return self


class Frame(NamedTuple):
    """The special tokens that a tokenizer puts before and after a text."""

    before: list[int]
    after: list[int]

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.before) + len(self.after)


def frame(tokenizer: Any) -> Frame:
    """Found by example, because tokenizers tell of it in many ways."""
    framed = list(tokenizer("a")["input_ids"])
    bare = list(tokenizer("a", add_special_tokens=False)["input_ids"])
    for start in range(len(framed) - len(bare) + 1):
        if bare and framed[start : start + len(bare)] == bare:
            return Frame(framed[:start], framed[start + len(bare) :])
    raise ValueError("the tokenizer does not put its special tokens around the text")


def limit(tokenizer: Any, config: Any, wanted: int) -> int:
    """How many tokens, special ones too, a model takes: ``wanted``, or fewer where it was made for fewer."""
    positions = getattr(config, "max_position_embeddings", None) or LARGEST
    # Families after RoBERTa count positions from the padding index on.
    if getattr(config, "model_type", "") in ("roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl"):
        positions -= (getattr(config, "pad_token_id", None) or 0) + 1
    declared = getattr(tokenizer, "model_max_length", None) or LARGEST
    return int(min(wanted, positions, declared))


def views(ids: list[int], room: int, settings: LongTextSettings) -> list[list[int]]:
    """The parts of a text of token ids that are read; each has at most ``room`` tokens."""
    if len(ids) <= room or settings.long_texts == "head":
        return [ids[:room]]
    if settings.long_texts == "head+tail":
        tail = room // 2
        return [ids[: room - tail] + ids[len(ids) - tail :]]
    step = max(room - settings.overlap, 1)
    return [ids[start : start + room] for start in range(0, len(ids) - room + step, step)]


def pool(logits: Sequence[Floats], several: bool, settings: LongTextSettings) -> Floats:
    """Probabilities of shape (labels,) from the logits of a document's views."""
    stacked = np.stack(logits).astype(np.float64)
    merge = np.mean if settings.pooling == "mean" else np.max
    if settings.pooled == "logits":
        return probabilities(merge(stacked, axis=0), several)
    merged: Floats = merge(probabilities(stacked, several), axis=0)
    return merged


def probabilities(logits: Floats, several: bool) -> Floats:
    """Sigmoid of each where ``several`` labels may hold, else softmax over the last axis."""
    if several:
        found: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -500, 500)))
        return found
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares
