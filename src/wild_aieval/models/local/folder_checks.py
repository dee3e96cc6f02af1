"""A model's folder may come from anybody: it is data, it leads nowhere else, and its numbers fit its weights.

What transformers would do otherwise: take pickled parts that an index names, fetch the base of an adapter or a kernel
from the hub, and make room for whatever sizes a configuration states.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wild_aieval.errors import UserError

INDEX = "model.safetensors.index.json"
LARGEST = 64 << 20  # bytes of a file of settings; the index of the largest models has some
_ROOM = 16  # values that a network may have for each one in its weights; shared weights are written once
_KERNELS = ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
_SIZES = re.compile(r"(_size|_dim|_layers?|_heads|_embeddings|_experts|num_labels|n_embd|d_model|d_ff|d_kv)$")
_LAYERS = re.compile(r"(^|_)layers?$")
_WIDTHS = ("hidden_size", "d_model", "n_embd", "dim")


def data_only(folder: Path, owner: str) -> None:
    """UserError where the folder leads elsewhere or states what its weights cannot be; no weights are read."""
    if (folder / "adapter_config.json").exists():
        raise UserError(
            f"{owner}: '{folder}' holds an adapter (adapter_config.json), whose base model would be fetched from "
            "where it says. Merge both on a machine you trust (merge_and_unload), and set model.path to the result."
        )
    config = settings_of(folder / "config.json", owner)
    for field in _KERNELS:
        named = config.get(field)
        if any("/" in str(name) for name in (named.values() if isinstance(named, Mapping) else [named])):
            raise UserError(
                f"{owner}: '{folder}/config.json' names a kernel of the hub in '{field}', which would be fetched and "
                "run. Take the field out, and choose with model.attention."
            )
    values, tensors = _in_weights(folder)
    for field, size in _sizes(config):
        if size > (tensors if _LAYERS.search(field) else values):
            raise _too_large(folder, owner, field, size, values, tensors)
    width: int = next((config[name] for name in _WIDTHS if isinstance(config.get(name), int)), 1)
    for field in ("vocab_size", "intermediate_size", "max_position_embeddings"):
        stated = config.get(field)
        learned = field != "max_position_embeddings" or "rope_theta" not in json.dumps(config)
        if isinstance(stated, int) and learned and stated * width > _ROOM * values:
            raise _too_large(folder, owner, field, stated, values, tensors)


def settings_of(path: Path, owner: str) -> dict[str, Any]:
    """The JSON object in a file of a model's folder; nothing of what it holds stands in an error."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 20} MiB")
        found = json.loads(path.read_bytes().decode("utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, RecursionError, OSError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise UserError(f"{owner}: '{path}' cannot be read ({why}). Copy or download the model again.") from None
    return found


def parts_of(folder: Path, owner: str) -> list[Path]:
    """The files that the index of a model in several files names: safetensors in the folder itself, nothing else."""
    path = folder / INDEX
    if not path.is_file():
        return []
    names = settings_of(path, owner).get("weight_map")
    if not isinstance(names, dict):
        raise UserError(f"{owner}: '{path}' has no mapping 'weight_map' of names. Copy or download the model again.")
    for name in names.values():
        if not (isinstance(name, str) and re.fullmatch(r"[^/\\]+\.safetensors", name)):
            raise UserError(
                f"{owner}: '{path}' names {str(name)[:80]!r}. Expected names of *.safetensors in the same folder: "
                "other files can run code when they are read, and other folders are not the model's."
            )
    return [folder / name for name in sorted(set(names.values()))]


def _in_weights(folder: Path) -> tuple[int, int]:
    """How many values and tensors the files hold at most; a value takes half a byte or more."""
    size, tensors = 0, 0
    for file in folder.glob("*.safetensors"):
        size += file.stat().st_size
        with file.open("rb") as stream:
            start = stream.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            tensors += stream.read(min(length, LARGEST)).count(b'"data_offsets"')
    return 2 * size, tensors


def _sizes(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _sizes(value)
        elif isinstance(value, int) and not isinstance(value, bool) and _SIZES.search(name):
            yield name, value


def _too_large(folder: Path, owner: str, field: str, size: int, values: int, tensors: int) -> UserError:
    shown = f"{size:,}" if size < 10**30 else "a number beyond all bounds"
    return UserError(
        f"{owner}: '{folder}/config.json' states {field}: {shown}, and the weights beside it have room for at most "
        f"{values:,} values in {tensors:,} tensors. It describes another model; take both from one."
    )
