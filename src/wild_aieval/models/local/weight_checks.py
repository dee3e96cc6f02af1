"""Whether the weights of a model are all there: files that are whole, and a value for every part of the network.

transformers fills what a file lacks with random numbers and only logs it; answers of such a model mean nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.models.local import folder_checks

_SHOWN = 4
_POINTER = b"version https://git-lfs"
# Poolers, and heads for another purpose, which many checkpoints bring beyond the network that is asked.
_HEADS = re.compile(r"pooler|position_ids|(^|\.)(cls|classifier|lm_head|qa_outputs|score|predictions|vocab_\w+)\.")


def files_are_whole(folder: Path, owner: str) -> None:
    """UserError that names the first safetensors file that is damaged, or missing from a model in several files."""
    from safetensors import SafetensorError, safe_open

    for file in sorted({*folder.glob("*.safetensors"), *folder_checks.parts_of(folder, owner)}):
        if not file.is_file():
            raise UserError(
                f"{owner}: '{file}' is missing, and {folder_checks.INDEX} names it. Copy or download it again."
            )
        try:
            with safe_open(file, framework="numpy"):
                pass
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{owner}: the file '{file}' is damaged ({error}; {file.stat().st_size:,} bytes). "
                + (
                    "It is a pointer of Git LFS: run 'git lfs pull'."
                    if _is_pointer(file)
                    else "Copy or download it again."
                )
            ) from None


def network_is_whole(model: Any, told: Mapping[str, Any], folder: Path, owner: str, unused: str = "") -> None:
    """UserError where parts of the network have no weights; a notice where weights have no part that uses them.

    ``told`` is the loading information of transformers. ``unused`` (a pattern): parts that are not asked, so that they
    may be missing.
    """
    name = type(model).__name__
    missing = sorted(key for key in told["missing_keys"] if not (unused and re.search(unused, key)))
    if missing:
        raise UserError(
            f"{owner}: the model in '{folder}'{_made_as(model)} lacks {_some(missing)}, which {name} needs; they would "
            f"be random numbers. Set model.path to a model that was trained and saved as {_purpose(name)}; a base "
            "model has to be trained for it first."
        )
    if told["mismatched_keys"]:
        keys = [
            f"{key} ({_shape(found)}, not {_shape(needed)})" for key, found, needed in sorted(told["mismatched_keys"])
        ]
        raise UserError(
            f"{owner}: config.json in '{folder}' describes another model than its weights: {_some(keys)}. Take both "
            "from one model."
        )
    if left := sorted(key for key in told["unexpected_keys"] if not _HEADS.search(key)):
        print(f"{owner}: weights that {name} does not use are left out: {_some(left)}.", file=sys.stderr)


def _is_pointer(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(_POINTER)) == _POINTER


def _made_as(model: Any) -> str:
    made_as = getattr(model.config, "architectures", None) or []
    return f" (saved as {made_as[0]})" if made_as else ""


def _purpose(name: str) -> str:
    """What a class of transformers is for, in words where there are some."""
    words = {
        "ForSequenceClassification": "a sequence classifier",
        "ForConditionalGeneration": "an encoder-decoder that writes text",
        "MTModel": "a translation model",
        "ForCausalLM": "a language model that writes text",
    }
    return next((f"{word} ({name})" for end, word in words.items() if name.endswith(end)), name)


def _some(keys: list[str]) -> str:
    more = len(keys) - _SHOWN
    return ", ".join(keys[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _shape(size: Any) -> str:
    return "x".join(str(length) for length in size) or "a number"
