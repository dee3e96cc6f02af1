"""Token ids to vectors by torch, on the CPU or an accelerator."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np

from wild_aieval.models.embeddings import pooling
from wild_aieval.models.embeddings.batch import Batch
from wild_aieval.models.embeddings.declared import Recipe
from wild_aieval.models.embeddings.segments import Vectors
from wild_aieval.models.local import weights

_UNUSED = r"(^|\.)pooler\."  # vectors are pooled from the states of the tokens
_BUDGET, _LARGEST_BUDGET = 4096, 131_072  # padded tokens; larger batches leave the caches of a CPU
_WIDTHS = (
    64  # values of the width of a state that are held for each token while a layer is computed, with room to spare
)


class TorchRuntime:
    """A transformers network; reads its weights when it is made."""

    def __init__(self, settings: weights.TransformerSettings, folder: Path, recipe: Recipe) -> None:
        self._recipe = recipe
        self._model = network(settings, folder)
        device = self._model.device
        self._layers = [pooling.read_layer(folder / name, settings.name, device) for name in recipe.dense]

    @property
    def token_budget(self) -> int:
        """Padded tokens of a batch where the settings say nothing: on a GPU, half of what its free memory holds."""
        import torch

        if self._model.device.type != "cuda":
            return _BUDGET
        free, _ = torch.cuda.mem_get_info(self._model.device)
        width = int(getattr(self._model.config, "hidden_size", 0) or 1024)
        return budget_of(free, width * self._model.dtype.itemsize)

    def vectors(self, batch: Batch) -> Vectors:
        """Shape (texts, dimension)."""
        import torch

        with torch.inference_mode():
            ids, mask = self._moved(batch)
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
            pooled = pooling.pool(states, mask, self._recipe.pooling, batch.skip)
            for layer in self._layers:
                pooled = layer(pooled)
            if self._recipe.normalise:
                pooled = torch.nn.functional.normalize(pooled, dim=1)
            found: Vectors = pooled.float().cpu().numpy()
        return found

    def _moved(self, batch: Batch) -> tuple[Any, Any]:
        import torch

        parts = [torch.from_numpy(np.ascontiguousarray(part)) for part in (batch.ids, batch.mask)]
        if self._model.device.type == "cuda":
            parts = [part.pin_memory() for part in parts]
        ids, mask = (part.to(self._model.device, non_blocking=True) for part in parts)
        return ids, mask


def budget_of(free: int, width: int) -> int:
    """Padded tokens that go into half of ``free`` bytes, where a state takes ``width`` bytes."""
    return max(_BUDGET, min(free // 2 // (_WIDTHS * width), _LARGEST_BUDGET))


def network(settings: weights.TransformerSettings, folder: Path) -> Any:
    """The network of a folder, without what only generation needs."""
    weights.quiet()
    auto_class, extra = _auto_class(folder, settings.name)
    model = weights.network(settings, folder, auto_class, unused=_UNUSED, **extra)
    if getattr(model.config, "use_cache", False):
        model.config.use_cache = False
    return model


def _auto_class(folder: Path, owner: str) -> tuple[str, dict[str, Any]]:
    """The class of transformers, and what it is told: no pooling layer where the architecture knows of one."""
    import transformers

    with weights.loading(folder, owner):
        config = transformers.AutoConfig.for_model(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
        if config.model_type in ("t5", "mt5", "umt5"):  # the encoder half
            return "AutoModelForTextEncoding", {}
        made = transformers.MODEL_MAPPING[type(config)]
    knows = "add_pooling_layer" in inspect.signature(made.__init__).parameters
    return "AutoModel", {"add_pooling_layer": False} if knows else {}
