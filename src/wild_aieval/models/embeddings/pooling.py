"""From the states of the tokens to one vector for a text, and the linear layers that may follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.errors import UserError
from wild_aieval.models.embeddings.segments import Vectors
from wild_aieval.models.local import weights

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "Identity": lambda x: x,
    "Tanh": lambda x: x.tanh(),
    "ReLU": lambda x: x.relu(),
}
_ON_ARRAYS: dict[str, Callable[[Vectors], Vectors]] = {
    "Identity": lambda x: x,
    "Tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0),
}


def pool(states: Any, mask: Any, how: str, skip: int = 0) -> Any:
    """Tensor of shape (texts, dimension) in float32 from ``states`` (texts, tokens, dimension).

    ``mask`` (texts, tokens): 1 for a token, 0 for padding on either side. ``skip``: so many first tokens of each
    text are left out.
    """
    import torch

    counted = mask * (mask.cumsum(dim=1) > skip)
    rows = torch.arange(len(states), device=states.device)
    if how == "cls":
        return states[rows, counted.argmax(dim=1)].float()
    if how == "last":
        return states[rows, (counted.cumsum(dim=1) * counted).argmax(dim=1)].float()
    chosen = counted.unsqueeze(-1)
    if how == "max":
        return states.float().masked_fill(chosen == 0, -torch.inf).amax(dim=1)
    return (states.float() * chosen).sum(dim=1) / chosen.sum(dim=1).clamp(min=1)


def pool_arrays(states: Vectors, pooled: NDArray[np.int64], how: str) -> Vectors:
    """As ``pool``, for arrays; ``pooled`` (texts, tokens): 1 for a token that counts."""
    rows = np.arange(len(states))
    found: Vectors
    if how in ("cls", "last"):
        place = pooled.argmax(axis=1) if how == "cls" else (pooled.cumsum(axis=1) * pooled).argmax(axis=1)
        found = states[rows, place]
        return found
    if how == "max":
        found = np.where(pooled[:, :, None] == 0, np.float32(-np.inf), states).max(axis=1)
        return found
    chosen = pooled.astype(np.float32)
    total = (chosen[:, None, :] @ states)[:, 0]
    found = total / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
    return found


class Linear(NamedTuple):
    """A linear layer: weights as they are applied (inputs, outputs), float32."""

    matrix: Any
    bias: Any | None
    activation: str

    def __call__(self, x: Any) -> Any:
        """For tensors."""
        return _ACTIVATIONS[self.activation](x @ self.matrix if self.bias is None else x @ self.matrix + self.bias)


def apply_arrays(layer: Linear, x: Vectors) -> Vectors:
    """A layer of arrays."""
    y: Vectors = x @ layer.matrix if layer.bias is None else x @ layer.matrix + layer.bias
    return _ON_ARRAYS[layer.activation](y)


def read_layer(folder: Path, owner: str, device: Any) -> Linear:
    """A ``Dense`` step of the sentence-transformers layout: weights, bias if it has one, a known activation."""
    from safetensors.torch import load_file

    config, file = folder / "config.json", folder / "model.safetensors"
    if not (config.is_file() and file.is_file()):
        raise UserError(
            f"{owner}: the linear layer in '{folder}' needs config.json and model.safetensors. Other weight files can "
            "run code when they are read and are refused; save the model again with sentence-transformers on a machine "
            "you trust."
        )
    declared = json.loads(config.read_text(encoding="utf-8"))
    name = str(declared.get("activation_function", "torch.nn.modules.activation.Tanh")).rpartition(".")[2]
    if name not in _ACTIVATIONS or declared.get("module_input_name", "sentence_embedding") != "sentence_embedding":
        raise UserError(
            f"{owner}: {config} asks for the activation '{name}' on '{declared.get('module_input_name', '')}'; known "
            f"are {', '.join(_ACTIVATIONS)} on the pooled vector. This model cannot be used."
        )
    with weights.loading(folder, owner):
        tensors = {key: value.float().to(device) for key, value in load_file(file).items()}
        matrix = tensors["linear.weight"].T
    return Linear(matrix, tensors.get("linear.bias"), name)
