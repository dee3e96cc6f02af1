"""CTranslate2 as the engine of a translation model, converted once and kept in the workplace's cache."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.models.local import weights
from wild_aieval.runspec import digest_files

FAMILIES = ("bart", "m2m_100", "marian", "mbart", "mt5", "pegasus", "t5")


def needed(owner: str) -> None:
    """Raise Unavailable where the package is missing."""
    if importlib.util.find_spec("ctranslate2") is None:
        raise Unavailable(
            f"{owner}: model.runtime=ctranslate2 needs the package ctranslate2. Install it with: pip install "
            "ctranslate2; or set model.runtime=torch."
        )


class Engine:
    """Translates token ids by the model in ``folder``, converted into ``cache``; UserError where it cannot be."""

    def __init__(self, settings: weights.WeightSettings, folder: Path, cache: Path, tokenizer: Any) -> None:
        import ctranslate2

        self._tokenizer = tokenizer
        with _convertible(folder, settings.name):
            told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self.config = SimpleNamespace(**told)
            if told.get("model_type") not in FAMILIES:
                raise UserError(
                    f"{settings.name}: CTranslate2 takes models of the families {', '.join(FAMILIES)}, and '{folder}' "
                    f"holds one of '{told.get('model_type')}'. Set model.runtime=torch."
                )
            rules = folder / "generation_config.json"
            told |= json.loads(rules.read_text(encoding="utf-8")) if rules.is_file() else {}
            device, _, number = settings.device.partition(":")
            self._model = ctranslate2.Translator(
                str(_converted(folder, cache)), device=device, device_index=int(number or 0),
                compute_type=settings.dtype,
            )  # fmt: skip
        self._rules = {
            "length_penalty": told.get("length_penalty") or 1.0,
            "repetition_penalty": told.get("repetition_penalty") or 1.0,
            "no_repeat_ngram_size": told.get("no_repeat_ngram_size") or 0,
        }

    def generate(
        self, batch: Sequence[Sequence[int]], first: int | None, beams: int, new_tokens: int
    ) -> list[list[int]]:
        """New token ids for each source, the end token too where one ended; ``first``: the token that is forced."""
        spelled = self._tokenizer.convert_ids_to_tokens
        found = self._model.translate_batch(
            [spelled(list(ids)) for ids in batch],
            target_prefix=None if first is None else [[spelled(first)]] * len(batch),
            beam_size=beams,
            max_decoding_length=new_tokens,
            max_input_length=0,
            **self._rules,
        )
        ids = [list(self._tokenizer.convert_tokens_to_ids(answer.hypotheses[0])) for answer in found]
        return [row if len(row) >= new_tokens else [*row, self._tokenizer.eos_token_id] for row in ids]


@contextmanager
def _convertible(folder: Path, owner: str) -> Iterator[None]:
    """Its converter does not know every tokenizer of a family, and says so in many ways."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise UserError(
            f"{owner}: CTranslate2 cannot take the model in '{folder}' ({type(error).__name__}: {reason[:300]}). Set "
            "model.runtime=torch."
        ) from None


def _converted(folder: Path, cache: Path) -> Path:
    """The folder with the converted model; made where it is not there yet, for these files and versions."""
    versions = weights.library_versions("ctranslate2", "transformers").values()
    target = cache / "weights" / "-".join([digest_files(folder)[:32], "ctranslate2", *versions])
    if not (target / "model.bin").is_file():
        from ctranslate2.converters import TransformersConverter

        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            partial.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
            TransformersConverter(str(folder)).convert(str(partial))
            shutil.rmtree(target, ignore_errors=True)
            partial.replace(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target
