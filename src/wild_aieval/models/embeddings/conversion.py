"""A transformers network, made into what OpenVINO runs. It happens once for a model; torch is needed for it only."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from wild_aieval.models.embeddings import openvino_runtime, pooling, torch_runtime
from wild_aieval.models.embeddings.declared import Recipe
from wild_aieval.models.local import folder_checks, weights

# How positions are told apart depends on the length of the text: a network that was followed once does not show it.
_BY_LENGTH = ("dynamic", "longrope")


def can_be_followed(folder: Path, owner: str) -> bool:
    """Whether what the network does is the same for short and long texts, as far as its settings say."""
    config = folder_checks.settings_of(folder / "config.json", owner)
    told = json.dumps([config.get("rope_scaling"), config.get("rope_parameters")])
    return not any(f'"{kind}"' in told for kind in _BY_LENGTH)


def convert(settings: weights.TransformerSettings, folder: Path, recipe: Recipe, target: Path) -> None:
    """Write the network (float32) and the linear layers behind it into ``target``."""
    import torch

    told = settings.model_copy(update={"dtype": "float32", "device": "cpu"})
    layers = [pooling.read_layer(folder / name, settings.name, "cpu") for name in recipe.dense]
    arrays: dict[str, Any] = {"activations": np.array([layer.activation for layer in layers], dtype="U16")}
    for number, layer in enumerate(layers):
        arrays[f"matrix_{number}"] = layer.matrix.numpy()
        if layer.bias is not None:
            arrays[f"bias_{number}"] = layer.bias.numpy()
    np.savez(target / openvino_runtime.LAYERS, **arrays)
    library = openvino_runtime.library(settings.name)
    network = torch_runtime.network(told, folder)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what a trace cannot see: the probe looks at that
        graph = _graph(network)
    library.save_model(graph, target / openvino_runtime.NETWORK, compress_to_fp16=False)


def _graph(network: Any) -> Any:
    """Follow the network once. The library's own function for this would tell its makers of it."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    class States(torch.nn.Module):  # type: ignore[misc]
        """Ids and mask in, states of the last layer out."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.network(input_ids=ids, attention_mask=mask).last_hidden_state

    ids, mask = torch.ones((2, 5), dtype=torch.long), torch.ones((2, 5), dtype=torch.long)
    mask[1, 3:] = 0
    traced = torch.jit.trace(States().eval(), (ids, mask), strict=False, check_trace=False)
    reader = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # the library does not hold it, and needs it to the end
    return reader.convert(reader.load(decoder))
