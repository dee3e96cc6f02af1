"""How likely a causal language model holds each of some labels, given a prompt: exact, and never unreadable."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.errors import UserError

Floats = NDArray[np.float64]


def label_tokens(owner: str, tokenizer: Any, prompt: str, labels: Sequence[str]) -> list[list[int]]:
    """The tokens of each label as they stand after ``prompt``.

    UserError where one label's tokens begin another's, for then the shorter could only win.
    """
    before = _ids(tokenizer, prompt)
    found = []
    for label in labels:
        whole = _ids(tokenizer, prompt + label)
        clean = whole[: len(before)] == before and len(whole) > len(before)
        found.append(whole[len(before) :] if clean else _ids(tokenizer, label))
    order = sorted(range(len(found)), key=lambda number: found[number])
    for short, long in pairwise(order):  # what begins another stands right before it
        if found[long][: len(found[short])] == found[short]:
            raise UserError(
                f"{owner}: in the tokens of this model the label '{labels[short]}' begins '{labels[long]}', so their "
                "probabilities cannot be compared. Use labels of one level, or set model.mode=parsed."
            )
    return found


class LabelScorer:
    """Sums the log-probabilities of each label's tokens after a prompt; nothing is generated."""

    def __init__(self, model: Any, labels: Sequence[Sequence[int]], padding: int) -> None:
        self._model, self._padding = model, padding
        self._labels = [list(tokens) for tokens in labels]
        self._keep = {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}

    @property
    def short(self) -> bool:
        """Whether every label is one token, so that prompts can be asked in batches."""
        return all(len(tokens) == 1 for tokens in self._labels)

    def scores(self, prompts: Sequence[Sequence[int]]) -> list[Floats]:
        """Log-probabilities of shape (labels,) for each prompt; one prompt at a time unless ``short``."""
        import torch

        with torch.inference_mode():
            if self.short:
                first, _ = self._first(prompts, cached=False)
                return [self._heads(row) for row in first]
            return [self._whole(prompt) for prompt in prompts]

    def _heads(self, row: Any) -> Floats:
        heads = [tokens[0] for tokens in self._labels]
        found: Floats = row[heads].double().cpu().numpy()
        return found

    def _first(self, prompts: Sequence[Sequence[int]], cached: bool) -> tuple[Any, Any]:
        """Log-probabilities of shape (prompts, vocabulary) of the next token, and the cache of keys and values."""
        inputs = left_padded(prompts, self._padding, self._model.device)
        output = self._model(**inputs, use_cache=cached, **self._keep)
        return output.logits[:, -1].float().log_softmax(dim=-1), output.past_key_values if cached else None

    def _whole(self, prompt: Sequence[int]) -> Floats:
        """Read the prompt once, then every label from its cache."""
        first, cache = self._first([prompt], cached=True)
        total = self._heads(first[0])
        size = max(4096 // max(len(prompt), 1), 8)
        longer = [number for number, tokens in enumerate(self._labels) if len(tokens) > 1]
        for start in range(0, len(longer), size):
            chosen = longer[start : start + size]
            total[chosen] += self._tails([self._labels[number] for number in chosen], len(prompt), cache)
        return total

    def _tails(self, labels: list[list[int]], prompt: int, cache: Any) -> Floats:
        """Log-probabilities of what stands after each label's first token, of shape (labels,)."""
        import torch

        width = max(len(tokens) for tokens in labels) - 1
        device = self._model.device
        inputs = torch.full((len(labels), width), self._padding, device=device)
        mask = torch.zeros((len(labels), prompt + width), dtype=torch.long, device=device)
        mask[:, :prompt] = 1
        for row, tokens in enumerate(labels):
            inputs[row, : len(tokens) - 1] = torch.tensor(tokens[:-1], device=device)
            mask[row, prompt : prompt + len(tokens) - 1] = 1
        repeated = copy.deepcopy(cache)
        repeated.batch_repeat_interleave(len(labels))
        positions = torch.arange(prompt, prompt + width, device=device).expand(len(labels), -1)
        logits = self._model(
            input_ids=inputs, attention_mask=mask, position_ids=positions, past_key_values=repeated
        ).logits
        chances = logits.float().log_softmax(dim=-1).cpu()
        sums = [
            sum(float(chances[row, step, token]) for step, token in enumerate(tokens[1:]))
            for row, tokens in enumerate(labels)
        ]
        return np.array(sums)


def left_padded(prompts: Sequence[Sequence[int]], padding: int, device: Any) -> dict[str, Any]:
    """Inputs of shape (prompts, longest), padded on the left, so that all prompts end together."""
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[padding] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    named = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
    return {name: tensor.to(device) for name, tensor in named.items()}


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
