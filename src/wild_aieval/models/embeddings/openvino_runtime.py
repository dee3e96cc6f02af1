"""Token ids to vectors by OpenVINO, on the CPU, from a network that was converted once; torch is not imported."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from wild_aieval.errors import Unavailable
from wild_aieval.hardware import describe
from wild_aieval.models.embeddings import pooling
from wild_aieval.models.embeddings.batch import Batch
from wild_aieval.models.embeddings.declared import Recipe
from wild_aieval.models.embeddings.segments import Vectors

NETWORK, LAYERS = "network.xml", "layers.npz"
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
_BUDGET = 2048  # padded tokens; larger batches are slower, as their states leave the caches


def installed() -> bool:
    """Whether the library is there, without importing it."""
    return importlib.util.find_spec("openvino") is not None


def required(owner: str) -> None:
    """Unavailable where the library is not there."""
    if not installed():
        raise Unavailable(
            f"{owner}: model.runtime=openvino needs the package 'openvino', which is not installed. Install it with: "
            "pip install 'wild-aieval[fast]', or set model.runtime=torch."
        )


def library(owner: str) -> Any:
    """The module. It would tell its makers of each import and conversion: the part that does so is kept out."""
    required(owner)
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@functools.cache
def core() -> Any:
    """The one engine of this process, kept to its end.

    Each engine brings a stack for signal handlers and takes it away when it goes. Of two, the one that goes last can
    put back the stack of the one that went before it: the next signal, such as Ctrl-C, would crash the process.
    """
    import openvino

    return openvino.Core()


def threads() -> int:
    """As many as torch would take: ``OMP_NUM_THREADS``, else one for each core that this process may use."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(told) if told.isdigit() and int(told) else describe()["cores"] or 1


class OpenVinoRuntime:
    """A converted network in ``folder``; ``precision`` names what it computes in, which may be more than was asked."""

    token_budget = _BUDGET

    def __init__(self, folder: Path, recipe: Recipe, dtype: str, owner: str) -> None:
        self._recipe = recipe
        self._layers = _layers(folder / LAYERS)
        told = {
            "INFERENCE_PRECISION_HINT": PRECISIONS[dtype],
            "INFERENCE_NUM_THREADS": threads(),
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,  # other processes share the cores
        }
        library(owner)
        compiled = core().compile_model(folder / NETWORK, "CPU", told)
        hint = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        self.precision = next((name for name, short in PRECISIONS.items() if short == hint), hint)
        self._request = compiled.create_infer_request()

    def vectors(self, batch: Batch) -> Vectors:
        """Shape (texts, dimension)."""
        (states,) = self._request.infer([batch.ids, batch.mask], share_inputs=True, share_outputs=True).values()
        pooled = pooling.pool_arrays(states, batch.pooled, self._recipe.pooling)
        for layer in self._layers:
            pooled = pooling.apply_arrays(layer, pooled)
        if self._recipe.normalise:
            pooled = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return np.ascontiguousarray(pooled, dtype=np.float32)


def _layers(file: Path) -> list[pooling.Linear]:
    with np.load(file, allow_pickle=False) as stored:
        names = [str(name) for name in stored["activations"]]
        return [pooling.Linear(stored[f"matrix_{n}"], stored.get(f"bias_{n}"), name) for n, name in enumerate(names)]
