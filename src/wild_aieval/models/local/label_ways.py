"""Three ways to the same log-probabilities of labels after a prompt, from the cheapest to the one that any model takes.

``by_tree``: many prompts at once, each read once together with all tokens of the tree, which see only what stands on
their way; the model must take positions and a mask of our own. ``by_cache``: a prompt is read once, then the ways of
the tree as a batch from its cache of keys and values. ``by_rows``: the prompt is read again for every way.
All give log-probabilities of shape (prompts, labels).
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.models.local.label_tree import LabelTree

Floats = NDArray[np.float64]
Prompts = Sequence[Sequence[int]]


def takes(model: Any, name: str) -> bool:
    """Whether ``forward`` has an argument of this name."""
    return name in inspect.signature(model.forward).parameters


def by_tree(model: Any, tree: LabelTree, prompts: Prompts, padding: int) -> Floats:
    """Prompts are padded on the left, so that all end together and the tree stands behind."""
    import torch

    device, width, nodes = model.device, max(map(len, prompts)), len(tree)
    if not nodes:
        inputs = left_padded(prompts, padding, device)
        return _sums(_logits(model, 1, use_cache=False, **inputs), tree)
    before = np.array([width - len(prompt) for prompt in prompts])
    ids = [[padding] * (width - len(prompt)) + list(prompt) + tree.tokens for prompt in prompts]
    places = np.maximum(np.arange(width) - before[:, None], 0)
    below = np.array([len(prompt) for prompt in prompts])[:, None] + tree.depths - 1
    positions = torch.from_numpy(np.concatenate([places, below], axis=1)).to(device)
    seen = torch.from_numpy(_seen(before, width, tree)).to(device)
    masks = _masks(model, seen, positions)
    return _sums(
        _logits(
            model, nodes + 1, input_ids=torch.tensor(ids, device=device), attention_mask=masks,
            position_ids=positions, use_cache=False,
        ),
        tree,
    )  # fmt: skip


def by_cache(model: Any, tree: LabelTree, prompts: Prompts, padding: int) -> Floats:
    """The cache is used up by the ways, so that it is never held twice."""
    return np.concatenate([_from_cache(model, tree, prompt, padding) for prompt in prompts])


def by_rows(model: Any, tree: LabelTree, prompts: Prompts, padding: int) -> Floats:
    """Padded on the right, so that nothing stands before a prompt."""
    return np.concatenate([_in_rows(model, tree, prompt, padding) for prompt in prompts])


def left_padded(prompts: Prompts, padding: int, device: Any) -> dict[str, Any]:
    """Inputs of shape (prompts, longest), padded on the left, so that all prompts end together."""
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[padding] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    named = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
    return {name: tensor.to(device) for name, tensor in named.items()}


def _from_cache(model: Any, tree: LabelTree, prompt: Sequence[int], padding: int) -> Floats:
    import torch

    ids = torch.tensor([list(prompt)], device=model.device)
    output = model(input_ids=ids, use_cache=True, **_keep(model, 1))
    first = output.logits[:, -1:]
    if not len(tree):
        return _sums(first, tree)
    cache, ways = output.past_key_values, tree.ways
    cache.batch_repeat_interleave(len(ways))
    inputs, mask = _right_padded(ways, padding, model.device)
    seen = torch.ones((len(ways), len(prompt)), dtype=torch.long, device=model.device)
    logits = model(
        input_ids=inputs, attention_mask=torch.cat([seen, mask], dim=1), past_key_values=cache, use_cache=True
    ).logits
    rows, depths = tree.places
    below = logits[torch.from_numpy(rows[1:]), torch.from_numpy(depths[1:] - 1)]
    return _sums(torch.cat([first[0], below])[None], tree)


def _in_rows(model: Any, tree: LabelTree, prompt: Sequence[int], padding: int) -> Floats:
    import torch

    inputs, mask = _right_padded([[*prompt, *way] for way in tree.ways], padding, model.device)
    kept = inputs.shape[1] - len(prompt) + 1
    logits = _logits(model, kept, input_ids=inputs, attention_mask=mask)
    rows, depths = tree.places
    return _sums(logits[torch.from_numpy(rows), torch.from_numpy(depths)][None], tree)


def _right_padded(rows: Prompts, padding: int, device: Any) -> tuple[Any, Any]:
    import torch

    width = max(map(len, rows))
    ids = torch.tensor([list(row) + [padding] * (width - len(row)) for row in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    return ids, mask


def _seen(before: NDArray[np.int64], width: int, tree: LabelTree) -> NDArray[np.bool_]:
    """Of shape (prompts, tokens, tokens): what each token sees; padding sees itself, or its softmax had no sum."""
    size = width + len(tree)
    found = np.zeros((len(before), size, size), dtype=bool)
    found[:, :width, :width] = np.tri(width, dtype=bool)
    found[:, width:, :width] = True
    found &= np.arange(size) >= before[:, None, None]
    found[:, width:, width:] = tree.sees
    found[:, np.arange(size), np.arange(size)] = True
    return found


def _masks(model: Any, seen: Any, positions: Any) -> Any:
    """What is added to scores of attention; one mask for each kind of layer where some see only a window."""
    import torch

    config = model.config.get_text_config()
    lowest = torch.finfo(model.dtype).min
    zeros = torch.zeros(seen.shape, dtype=model.dtype, device=seen.device)[:, None]
    whole = zeros.masked_fill(~seen[:, None], lowest)
    window = getattr(config, "sliding_window", None)
    if not window or int(positions.max()) < window:
        return whole
    near = positions[:, :, None] - positions[:, None, :] < window
    windowed = zeros.masked_fill(~(seen & near)[:, None], lowest)
    kinds = set(getattr(config, "layer_types", None) or ["sliding_attention"])
    masks = {"full_attention": whole, "sliding_attention": windowed}
    return masks[kinds.pop()] if len(kinds) == 1 else masks


def _keep(model: Any, last: int) -> dict[str, int]:
    return {"logits_to_keep": last} if takes(model, "logits_to_keep") else {}


def _logits(model: Any, last: int, **inputs: Any) -> Any:
    """Logits of shape (rows, last, vocabulary) of the last tokens; more are not computed where the model can."""
    return model(**inputs, **_keep(model, last)).logits[:, -last:]


def _sums(logits: Any, tree: LabelTree) -> Floats:
    """Log-probabilities of the labels from ``logits`` of shape (prompts, 1 + nodes, vocabulary)."""
    import torch

    heads, following = torch.from_numpy(tree.heads), torch.from_numpy(tree.next)
    edges = torch.zeros((len(logits), len(heads) + 1), dtype=torch.float64)
    for number, row in enumerate(logits):  # one by one, so that float copies of a whole batch are never held
        scores = row.float()
        edges[number, :-1] = (scores[heads, following] - scores.logsumexp(dim=-1)[heads]).double()
    found: Floats = edges[:, torch.from_numpy(tree.paths)].sum(dim=-1).numpy()
    return found
