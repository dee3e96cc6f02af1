"""How likely a causal language model holds each of some labels, given a prompt: exact, and never unreadable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.errors import UserError
from wild_aieval.models.local.label_tree import LabelTree, forest
from wild_aieval.models.local.label_ways import by_cache, by_rows, by_tree, takes
from wild_aieval.models.local.memory import free_bytes, is_shortage, release

Floats = NDArray[np.float64]
Way = Callable[[Any, LabelTree, Sequence[Sequence[int]], int], Floats]
_LARGEST_TREE = 1024  # nodes; what they see of each other grows with the square
_CPU_TOKENS = 2048  # from there on a token takes up to a third longer (6 layers of 256)
_SHARE = 0.5  # of the free memory, at most, is planned for
# How far two ways may be apart: the last digits of each dtype, in a sum over some tokens.
_NEAR = {"float32": (1e-3, 1e-4), "float16": (0.05, 0.005), "bfloat16": (0.3, 0.03)}


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
    """Sums the log-probabilities of each label's tokens after a prompt; nothing is generated.

    The cheapest of the ways in ``label_ways`` is taken of which samples agree with the way that every model takes.
    ``rows``: how many tokens the ways that read a prompt alone may read at once.
    """

    def __init__(self, model: Any, labels: Sequence[Sequence[int]], padding: int, rows: int = 8192) -> None:
        self._model, self._padding, self._rows = model, padding, rows
        self._labels = [list(tokens) for tokens in labels]
        self._forests: dict[int, list[tuple[list[int], LabelTree]]] = {}
        self._most = _LARGEST_TREE
        self._ways: list[Way] = [by_cache, by_rows]
        if _takes_masks(model, self.nodes > 0):
            self._ways.insert(0, by_tree)
        self._checked = 0

    @property
    def nodes(self) -> int:
        """How many tokens are read besides a prompt, at most at once."""
        return max(len(tree) for _, tree in self._forest(self._most))

    def budget(self, wanted: int) -> int:
        """Tokens of a batch: as many as are ``wanted``, but on a CPU no more than its caches hold."""
        return min(wanted, _CPU_TOKENS) if self._model.device.type == "cpu" else wanted

    def most(self, longest: int) -> int:
        """How many prompts of ``longest`` tokens the free memory has room for at once, one at least."""
        free = free_bytes(self._model.device)
        return 10**6 if free is None else max(int(free * _SHARE / self._bytes(longest + self.nodes)), 1)

    def scores(self, prompts: Sequence[Sequence[int]]) -> list[Floats]:
        """Log-probabilities of shape (labels,) for each prompt."""
        import torch

        with torch.inference_mode():
            while True:
                try:
                    return list(self._checked_scores(prompts))
                except (RuntimeError, MemoryError) as error:
                    if not is_shortage(error) or len(prompts) > 1 or self._most == 1:
                        raise
                release()
                self._most = max(min(self._most, self.nodes) // 2, 1)  # one prompt with a smaller tree of labels

    def _checked_scores(self, prompts: Sequence[Sequence[int]]) -> Floats:
        """Of the first way that agrees. Looked at are the longest prompt, where none was as long (windows of attention
        begin somewhere), and once the shortest, which is padded most.
        """
        lengths = [len(prompt) for prompt in prompts]
        samples = {int(np.argmax(lengths)), *([] if self._checked else [int(np.argmin(lengths))])}
        while max(lengths) > self._checked and len(self._ways) > 1:
            try:
                found = self._all(self._ways[0], prompts)
            except Exception as error:
                if is_shortage(error):
                    raise
            else:  # models refuse what they do not know in many ways, or pass over it
                if all(self._agrees(prompts[number], found[number]) for number in samples):
                    self._checked = max(lengths)
                    return found
            self._ways.pop(0)
        return self._all(self._ways[0], prompts)

    def _agrees(self, prompt: Sequence[int], found: Floats) -> bool:
        """Whether the label that stands last in its tree has the log-probability that one plain pass gives."""
        group, _ = self._forest(self._most)[-1]
        plain = by_rows(self._model, LabelTree([self._labels[group[-1]]]), [prompt], self._padding)[0, 0]
        near, share = _NEAR[str(self._model.dtype).removeprefix("torch.")]
        return bool(np.isclose(found[group[-1]], plain, atol=near, rtol=share, equal_nan=True))

    def _all(self, way: Way, prompts: Sequence[Sequence[int]]) -> Floats:
        if way is by_tree:
            return self._of(way, prompts, self._most)
        room = [min(self._most, max(self._rows // len(prompt), 1)) for prompt in prompts]
        return np.concatenate([self._of(way, [prompt], most) for prompt, most in zip(prompts, room, strict=True)])

    def _of(self, way: Way, prompts: Sequence[Sequence[int]], most: int) -> Floats:
        found = np.zeros((len(prompts), len(self._labels)))
        for group, tree in self._forest(most):
            found[:, group] = way(self._model, tree, prompts, self._padding)
        return found

    def _forest(self, most: int) -> list[tuple[list[int], LabelTree]]:
        size = 2 ** (max(most, 1).bit_length() - 1)  # few sizes, so that few are kept
        if size not in self._forests:
            self._forests[size] = forest(self._labels, size)
        return self._forests[size]

    def _bytes(self, tokens: int) -> int:
        """A generous guess at what one prompt with its tree takes: logits, masks, and what layers hold at once."""
        config = self._model.config.get_text_config()
        kept = self.nodes + 1 if takes(self._model, "logits_to_keep") else tokens
        size = self._model.dtype.itemsize
        inner = max(getattr(config, "intermediate_size", None) or 0, 4 * config.hidden_size)
        heads = config.num_attention_heads if self._model.config._attn_implementation == "eager" else 1
        logits = kept * config.vocab_size * (size + 4)
        masks = tokens * tokens * (1 + 2 * size + 2 * heads * 4)
        return int(logits + masks + tokens * size * (3 * inner + 8 * config.hidden_size))


def _takes_masks(model: Any, needed: bool) -> bool:
    """Whether the model may take positions, and masks of our own where they are ``needed``."""
    kernels = model.config._attn_implementation in ("sdpa", "eager")
    return takes(model, "position_ids") and (kernels or not needed)


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
