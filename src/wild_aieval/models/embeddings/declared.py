"""How a folder in the sentence-transformers layout says that its encoder is meant to be used.

``modules.json`` names the steps (transformer, pooling, linear layers, normalisation), each with a folder of
its own; ``config_sentence_transformers.json`` holds prompts and the similarity. The files are read as data:
no code that they name is imported.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from wild_aieval.errors import UserError

Pooling = Literal["mean", "cls", "last", "max"]
MODULES = "modules.json"
_TOKENS = 256
_LEGACY = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
_WAY_OUT = "Set model.as_declared=false and model.pooling, model.normalise and model.prompt as the model's card says."


@dataclass(frozen=True, slots=True)
class Recipe:
    """From texts to vectors. ``dense``: folders of linear layers, in order; ``pool_prompt``: the prompt's tokens
    count in the pooling; ``query_prompt`` None: as ``prompt``.
    """

    pooling: Pooling = "mean"
    normalise: bool = True
    max_tokens: int = _TOKENS
    prompt: str = ""
    query_prompt: str | None = None
    lower_case: bool = False
    pool_prompt: bool = True
    dense: tuple[str, ...] = ()


def recipe_of(folder: Path, owner: str) -> Recipe:
    """What the folder declares; the defaults where it has no ``modules.json``. UserError where it asks for more."""
    if not (folder / MODULES).is_file():
        return Recipe()
    steps = [(str(step["type"]).rpartition(".")[2], str(step["path"])) for step in _json(folder / MODULES, owner)]
    names = [name for name, _ in steps]
    plain = ["Transformer", "Pooling", *["Dense"] * names.count("Dense"), *["Normalize"] * names.count("Normalize")]
    if names != plain or names.count("Normalize") > 1:
        raise UserError(
            f"{owner}: {folder / MODULES} declares the steps {', '.join(names)}. Expected: Transformer, Pooling, then "
            f"any number of Dense, then Normalize or nothing. {_WAY_OUT}"
        )
    general = _json(folder / "config_sentence_transformers.json", owner)
    pooling, pool_prompt = _pooling(folder / steps[1][1] / "config.json", owner)
    prompts = _prompts(general)
    transformer = _json(folder / "sentence_bert_config.json", owner)
    return Recipe(
        pooling=pooling,
        normalise=_normalise("Normalize" in names, general.get("similarity_fn_name"), folder, owner),
        max_tokens=int(transformer.get("max_seq_length") or _longest(folder, owner)),
        prompt=prompts[0],
        query_prompt=prompts[1],
        lower_case=bool(transformer.get("do_lower_case", False)),
        pool_prompt=pool_prompt,
        dense=tuple(path for name, path in steps if name == "Dense"),
    )


def _pooling(file: Path, owner: str) -> tuple[Pooling, bool]:
    declared = _json(file, owner)
    named = declared.get("pooling_mode") or [name for key, name in _LEGACY.items() if declared.get(key)] or "mean"
    modes = ["last" if mode == "lasttoken" else mode for mode in ([named] if isinstance(named, str) else named)]
    if len(modes) != 1 or modes[0] not in get_args(Pooling):
        raise UserError(
            f"{owner}: {file} declares the pooling {' and '.join(modes)}; known are {', '.join(get_args(Pooling))}, "
            f"one at a time. {_WAY_OUT}"
        )
    return cast(Pooling, modes[0]), bool(declared.get("include_prompt", True))


def _normalise(step: bool, similarity: str | None, folder: Path, owner: str) -> bool:
    """Search is by inner product: the cosine, which is meant where nothing is said, needs unit vectors."""
    if similarity not in (None, "cosine", "dot"):
        raise UserError(
            f"{owner}: '{folder}' declares the similarity '{similarity}'; known are cosine and dot. {_WAY_OUT}"
        )
    return step or similarity != "dot"


def _prompts(general: dict[str, Any]) -> tuple[str, str | None]:
    """The prompts of documents and of queries; the default one stands in where a side has none of its own."""
    prompts = general.get("prompts") or {}
    default = prompts.get(general.get("default_prompt_name"), "")
    document = next((prompts[name] for name in ("document", "passage", "corpus") if name in prompts), default)
    return str(document), str(prompts.get("query", default))


def _longest(folder: Path, owner: str) -> int:
    """The longest input of tokenizer and model, where the layout itself names none."""
    limits = [
        _json(folder / "tokenizer_config.json", owner).get("model_max_length"),
        _json(folder / "config.json", owner).get("max_position_embeddings"),
    ]
    found = [int(limit) for limit in limits if isinstance(limit, int | float) and 0 < limit < 10**6]
    return min(found, default=_TOKENS)


def _json(file: Path, owner: str) -> Any:
    """The content of a file; empty where it is not there."""
    if not file.is_file():
        return {}
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(
            f"{owner}: {file} is no JSON ({error}). Take the file again from where the model came."
        ) from None
