"""An encoder on an accelerator: tokens a second beside the ceiling of its matrix products, measured in the same run.

A network of the size of a 300 M encoder is made from its settings, with random weights; every text has 512 tokens, so
that nothing is padded. What is counted is what the harness does with a batch: moved, computed, pooled, brought back.
Without an accelerator the page says that it was not measured; a smoke run takes a small network on the CPU.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measuring import Sheet, arguments

from wild_aieval.models.embeddings.batch import padded
from wild_aieval.models.embeddings.declared import Recipe
from wild_aieval.models.embeddings.torch_runtime import TorchRuntime
from wild_aieval.models.local.weights import TransformerSettings

TOKENS, SECONDS = 512, 5.0
LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
SMALL = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}


def made(folder: Path, sizes: dict[str, int]) -> None:
    """A BERT encoder with random weights, in the layout of transformers."""
    import torch
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    config = BertConfig(vocab_size=30_000, max_position_embeddings=TOKENS, **sizes)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)


def products_a_second(device: str, size: int, seconds: float) -> float:
    """Floating-point operations a second of bfloat16 matrix products, the best of what a second of them shows."""
    import torch

    one, other = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    best, until = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        waited(device)
        begun = time.perf_counter()
        for _ in range(10):
            one @ other
        waited(device)
        best = max(best, 10 * 2 * size**3 / (time.perf_counter() - begun))
    return best


def waited(device: str) -> None:
    """Until the accelerator has done what it was asked."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def work_of(sizes: dict[str, int]) -> float:
    """Floating-point operations of a token: products with weights, and attention over ``TOKENS``."""
    width, inner = sizes["hidden_size"], sizes["intermediate_size"]
    return float(sizes["num_hidden_layers"] * (2 * (4 * width**2 + 2 * width * inner) + 4 * TOKENS * width))


def tokens_a_second(runtime: TorchRuntime, budget: int, seconds: float) -> float:
    """Batches as large as the budget, one after another."""
    texts = np.random.default_rng(0).integers(5, 30_000, (max(1, budget // TOKENS), TOKENS)).tolist()
    batch = padded(texts, 0, False)
    runtime.vectors(batch)
    done, begun = 0, time.perf_counter()
    while time.perf_counter() < begun + seconds:
        runtime.vectors(batch)
        done += len(texts) * TOKENS
    return done / (time.perf_counter() - begun)


def measure(sheet: Sheet, device: str, sizes: dict[str, int], seconds: float, rounds: int) -> None:
    """The ceiling and the encoder in turn."""
    with tempfile.TemporaryDirectory() as place:
        made(Path(place), sizes)
        settings: Any = TransformerSettings(
            name="encoder", kind="embedding", path=place, dtype="bfloat16", device=device
        )
        runtime = TorchRuntime(settings, Path(place), Recipe())
        budget = runtime.token_budget
        size = 8192 if device == "cuda" else 256
        found = [
            (products_a_second(device, size, seconds / 5), tokens_a_second(runtime, budget, seconds))
            for _ in range(rounds)
        ]
    sheet.add("matrix products in bfloat16", [ceiling / 1e12 for ceiling, _ in found], "TFLOP/s")
    sheet.add(
        f"texts of {TOKENS} tokens, {budget:,} tokens in a batch", [tokens for _, tokens in found], "tokens a second"
    )
    shares = [tokens * work_of(sizes) / ceiling for ceiling, tokens in found]
    sheet.add("share of the ceiling", shares, "ratio", at_least=0.5)


def main() -> None:
    """Where there is an accelerator."""
    import torch

    chosen = arguments((__doc__ or "").splitlines()[0], rounds=3)
    sheet = Sheet("gpu", "An encoder of 300 M parameters in bfloat16 on an accelerator.")
    if chosen.smoke:
        measure(sheet, "cpu", SMALL, 0.5, 1)
    elif torch.cuda.is_available():
        sheet.remark(f"on one {torch.cuda.get_device_name()}")
        measure(sheet, "cuda", LARGE, SECONDS, chosen.rounds)
    else:
        sheet.remark("not measured: there is no accelerator on this machine")
    sheet.write(chosen)


if __name__ == "__main__":
    main()
