"""Translation by a transformers encoder-decoder (Marian, NLLB, M2M100, T5 families)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.models import weights
from wild_aieval.models.pairs import direction
from wild_aieval.models.protocols import Workplace, not_identity


class Seq2SeqTranslator:
    """Beam search with fixed settings. For a multilingual model ``language_codes`` maps languages to its codes."""

    class Settings(weights.WeightSettings):
        """Settings of ``kind: transformers-translator``."""

        kind: Literal["transformers-translator"]
        pairs: list[str] = Field(min_length=1)
        language_codes: dict[str, str] = Field(default_factory=dict)
        prefix: str = ""
        beams: int = Field(4, ge=1)
        max_tokens: int = Field(512, ge=8)
        max_new_tokens: int = Field(512, ge=8)
        batch_size: int = not_identity(8, ge=1)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        self._model: Any = None
        self._tokenizer: Any = None

    def facts(self) -> Mapping[str, Any]:
        """Digest of the weights and versions of the libraries."""
        return weights.facts(self._folder) | weights.library_versions("torch", "transformers")

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """Translate in batches; all segments of a batch share a language pair."""
        self._load()
        answers: dict[int, Translation | Failure] = {}
        by_pair: dict[tuple[str, str], list[int]] = {}
        for number, segment in enumerate(segments):
            direction(segment, self._settings.pairs)
            by_pair.setdefault((segment.source_language, segment.target_language), []).append(number)
        for (source, target), numbers in by_pair.items():
            for start in range(0, len(numbers), self._settings.batch_size):
                batch = numbers[start : start + self._settings.batch_size]
                texts = [segments[number].text for number in batch]
                answers.update(zip(batch, self._batch(texts, source, target), strict=True))
        return [answers[number] for number in range(len(segments))]

    def _batch(self, texts: list[str], source: str, target: str) -> list[Translation | Failure]:
        import torch

        extra = {}
        if self._settings.language_codes:
            self._known(source)
            self._tokenizer.src_lang = self._code(source)
            extra["forced_bos_token_id"] = self._known(target)
        inputs = self._tokenizer(
            [self._settings.prefix + text for text in texts],
            truncation=True,
            max_length=self._settings.max_tokens,
            padding=True,
            return_tensors="pt",
        ).to(self._model.device)
        with torch.inference_mode():
            output = self._model.generate(
                **inputs,
                num_beams=self._settings.beams,
                do_sample=False,
                max_new_tokens=self._settings.max_new_tokens,
                **extra,
            )
        decoded = self._tokenizer.batch_decode(output, skip_special_tokens=True)
        return [Translation(self._clean(text, target)) for text in decoded]

    def _clean(self, text: str, target: str) -> str:
        token = self._token(target) if self._settings.language_codes else ""
        return text.removeprefix(token).strip()

    def _token(self, language: str) -> str:
        code = self._code(language)
        mapping = getattr(self._tokenizer, "lang_code_to_token", None) or {}
        return str(mapping.get(code, code))

    def _known(self, language: str) -> int:
        """The id of a language's token; a code that the model does not know would pass as the unknown word."""
        token = self._token(language)
        number: int = self._tokenizer.convert_tokens_to_ids(token)
        if number is None or number == self._tokenizer.unk_token_id:
            raise UserError(
                f"{self._settings.name}: the model does not know '{self._code(language)}', which language_codes names "
                f"for '{language}'. Its tokenizer lists the codes."
            )
        return number

    def _code(self, language: str) -> str:
        codes = self._settings.language_codes
        code = codes.get(language) or codes.get(language.split("-")[0])
        if code is None:
            raise UserError(f"{self._settings.name}: language_codes has no entry for '{language}'. Add it.")
        return code

    def _load(self) -> None:
        if self._model is None:
            self._tokenizer, self._model = weights.load(self._settings, self._folder, "AutoModelForSeq2SeqLM")
