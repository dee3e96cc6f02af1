"""Models in the GGUF format: unpacked once, kept as safetensors in the workplace's cache, loaded from there.

Unpacking takes tens of seconds even for a small model. GGUF holds data only; its chat template is run in a sandbox.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from wild_aieval.errors import Unavailable
from wild_aieval.models.local import weights
from wild_aieval.runspec import digest_files


def needed(owner: str) -> None:
    """Raise Unavailable where the packages that read GGUF are missing."""
    if missing := [name for name in ("gguf", "accelerate") if importlib.util.find_spec(name) is None]:
        raise Unavailable(
            f"{owner}: reading a GGUF file needs the package{'s' * (len(missing) > 1)} {' and '.join(missing)}. "
            f"Install with: pip install {' '.join(missing)}"
        )


def facts(file: Path) -> dict[str, Any]:
    """Digest of the file and versions of the libraries."""
    return {"files": digest_files(file)} | weights.library_versions("torch", "transformers", "tokenizers", "gguf")


def unpacked(settings: weights.WeightSettings, file: Path, cache: Path) -> Path:
    """The folder with the model of a GGUF file as safetensors; made where it is not there yet."""
    recipe = weights.library_versions("transformers", "gguf") | {"dtype": settings.dtype}
    target = cache / "weights" / "-".join([digest_files(file)[:32], *recipe.values()])
    if not (target / "config.json").is_file():
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            _unpack(settings, file, partial)
            shutil.rmtree(target, ignore_errors=True)
            partial.replace(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _unpack(settings: weights.WeightSettings, file: Path, target: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    with redirect_stderr(io.StringIO()):  # a progress bar would run across ours; what goes wrong is raised
        tokenizer, packed = weights.load(settings, file.parent, "AutoModelForCausalLM", file.name)
        # A model that was read from GGUF refuses to be saved, so its weights go into a plain one.
        plain = AutoModelForCausalLM.from_config(packed.config, dtype=getattr(torch, settings.dtype))
        plain.load_state_dict(packed.state_dict())
        plain.generation_config = packed.generation_config
        target.mkdir(parents=True, mode=0o700)
        plain.save_pretrained(target)
        tokenizer.save_pretrained(target)
