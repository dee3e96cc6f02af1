"""Translation by a transformers encoder-decoder (Marian, NLLB, M2M100, mBART-50, T5 families)."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.models.local import control_tokens, ctranslate, long_texts, weights
from wild_aieval.models.local.beam_search import beam_search
from wild_aieval.models.local.decoding import greedy
from wild_aieval.models.local.direction import Direction, Directions
from wild_aieval.models.local.memory import Memory
from wild_aieval.models.local.parts import joined, parts
from wild_aieval.models.pairs import direction
from wild_aieval.models.protocols import Workplace, not_identity

_WAYS = ("greedy_search", "beam_search", "assisted_generation")  # the last one gives the tokens of the first


class Seq2SeqTranslator:
    """Beam search with fixed settings. What the model cannot take whole, or does not end, is a Failure, never cut."""

    class Settings(weights.TransformerSettings):
        """Settings of ``kind: transformers-translator``."""

        kind: Literal["transformers-translator"]
        pairs: list[str] = Field(min_length=1)
        language_codes: dict[str, str] = Field(default_factory=dict)
        prefix: str = "auto"
        beams: int = Field(4, ge=1)
        max_tokens: int = Field(512, ge=8)
        max_new_tokens: int = Field(512, ge=1)
        long_sources: Literal["fail", "split"] = "fail"
        runtime: Literal["torch", "ctranslate2"] = "torch"
        batch_size: int = not_identity(32, ge=1)
        token_budget: int = not_identity(4096, ge=64)

        def identity(self) -> dict[str, Any]:
            """Answers of runs from before there was a choice of ``runtime`` are those of torch."""
            found = super().identity()
            return {name: value for name, value in found.items() if (name, value) != ("runtime", "torch")}

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._meter, self._cache = workplace.meter, workplace.cache
        if settings.runtime == "ctranslate2":
            ctranslate.needed(settings.name)
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        self._memory = Memory(settings.name)
        self._model: Any = None
        self._engine: ctranslate.Engine | None = None
        self._config: Any = None
        self._tokenizer: Any = None
        self._control: Any = None
        self._directions: Any = None
        self._served = _served(settings, self._folder / "tokenizer_config.json")

    def facts(self) -> Mapping[str, Any]:
        """Digest of the weights and versions of the libraries."""
        engine = ("ctranslate2",) if self._settings.runtime == "ctranslate2" else ("torch",)
        libraries = (*engine, "transformers", "tokenizers", "sentencepiece")
        return weights.facts(self._folder) | weights.library_versions(*libraries)

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """Translate in batches; all segments of a batch share a language pair."""
        self._load()
        answers: dict[int, Translation | Failure] = {}
        by_pair: dict[tuple[str, str], list[int]] = {}
        for number, segment in enumerate(segments):
            try:
                direction(segment, self._served)
            except ValueError as fault:
                answers[number] = Failure(str(fault))
            else:
                by_pair.setdefault((segment.source_language, segment.target_language), []).append(number)
        for (source, target), numbers in by_pair.items():
            way = self._directions.of(source, target)
            found = self._one_way([segments[number] for number in numbers], way)
            answers.update(zip(numbers, found, strict=True))
        return [answers[number] for number in range(len(segments))]

    def _one_way(self, segments: list[Segment], way: Direction) -> list[Translation | Failure]:
        asked = [self._sources(segment.text, way) for segment in segments]
        flat = [ids for sources in asked if not isinstance(sources, Failure) for ids in sources]
        outputs = iter(
            self._memory.in_batches(
                [len(ids) for ids in flat],
                (max(self._settings.token_budget // self._settings.beams, 1), self._settings.batch_size),
                lambda batch: self._generate([flat[index] for index in batch], way),
            )
        )
        answers: list[Translation | Failure] = []
        for segment, sources in zip(segments, asked, strict=True):
            if isinstance(sources, Failure):
                answers.append(sources)
                continue
            given = [next(outputs) for _ in sources]
            self._note(segment, sources, given)
            answers.append(self._answer(given, way))
        return answers

    def _sources(self, text: str, way: Direction) -> list[list[int]] | Failure:
        """Token ids of the text, or of its parts; Failure where it is too long."""
        limit = long_texts.limit(self._tokenizer, self._config, self._settings.max_tokens)
        whole = self._ids(text, way)
        if len(whole) <= limit:
            return [whole]
        if self._settings.long_sources == "split":
            pieces = parts(text, lambda part: len(self._ids(part, way)) <= limit)
            if pieces is not None:
                return [self._ids(piece, way) for piece in pieces]
        return Failure(
            f"the source has {len(whole)} tokens and at most {limit} are read; it was not cut. Raise max_tokens as far "
            "as the model takes it, or set long_sources: split, which translates sentence by sentence."
        )

    def _ids(self, text: str, way: Direction) -> list[int]:
        if way.source_code:
            self._tokenizer.src_lang = way.source_code
        return list(self._tokenizer(way.prefix + self._control.apart(text), verbose=False)["input_ids"])

    def _generate(self, batch: list[list[int]], way: Direction) -> list[list[int]]:
        """New token ids for each source, without padding; the start token is left out."""
        if self._engine is not None:
            return self._engine.generate(batch, way.first_token, self._settings.beams, self._settings.max_new_tokens)
        import torch

        inputs = self._tokenizer.pad({"input_ids": batch}, padding_side="right", return_tensors="pt")
        extra: dict[str, Any] = {} if way.first_token is None else {"forced_bos_token_id": way.first_token}
        extra["custom_generate"] = greedy if self._settings.beams == 1 else beam_search
        with torch.inference_mode():
            output = self._model.generate(
                **inputs.to(self._model.device),
                num_beams=self._settings.beams,
                do_sample=False,
                max_new_tokens=self._settings.max_new_tokens,
                **extra,
            )
        padding = self._tokenizer.pad_token_id
        return [[token for token in row[1:] if token != padding] for row in output.tolist()]

    def _answer(self, given: Sequence[list[int] | Failure], way: Direction) -> Translation | Failure:
        texts = []
        for tokens in given:
            if isinstance(tokens, Failure):
                return tokens
            texts.append(self._directions.text(tokens))
        text = joined(texts, way.target)
        if any(len(tokens) >= self._settings.max_new_tokens for tokens in given):
            return Failure(f"the translation did not end within max_new_tokens ({self._settings.max_new_tokens})", text)
        return Translation(text)

    def _note(self, segment: Segment, sources: list[list[int]], given: Sequence[list[int] | Failure]) -> None:
        out = sum(len(tokens) for tokens in given if not isinstance(tokens, Failure))
        self._meter.note(segment.id, tokens_in=sum(len(ids) for ids in sources), tokens_out=out)

    def _load(self) -> None:
        if self._tokenizer is not None:
            return
        settings = self._settings
        tokenizer = weights.tokenizer(settings, self._folder)
        if settings.runtime == "ctranslate2":
            self._engine = ctranslate.Engine(settings, self._folder, self._cache, tokenizer)
            self._config = self._engine.config
        else:
            self._model = weights.network(settings, self._folder, "AutoModelForSeq2SeqLM")
            self._config = self._model.config
            _plain(settings, self._model.generation_config)
        self._directions = Directions(
            settings.name, tokenizer, self._config.model_type, settings.language_codes, settings.prefix
        )
        for name in self._served:
            self._directions.of(*name.split("-", 1))
        self._control = control_tokens.of_tokenizer(tokenizer)
        self._tokenizer = tokenizer


def _plain(settings: Seq2SeqTranslator.Settings, rules: Any) -> None:
    """UserError where the model's own settings ask for a way of decoding whose code lies on the hub."""
    asked = copy.copy(rules)
    asked.update(num_beams=settings.beams, do_sample=False)
    way = asked.get_generation_mode().value
    if way not in _WAYS:
        raise UserError(
            f"{settings.name}: the model's generation_config.json asks for {way.replace('_', ' ')}, which transformers "
            "takes from code on the hub; no such code is run here. Take what asks for it out of that file "
            "(num_beam_groups, penalty_alpha, force_words_ids, constraints, dola_layers): it is another candidate then."
        )


def _served(settings: Seq2SeqTranslator.Settings, config: Any) -> list[str]:
    """The declared pairs; UserError where the model's own files name other languages."""
    told = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    sides = [told.get(name) for name in ("source_lang", "target_lang")]
    for name in settings.pairs:
        languages = name.split("-")
        if len(languages) != 2:
            raise UserError(f"{settings.name}: the pair '{name}' is not written as 'en-es'. Correct model.pairs.")
        for language, side in zip(languages, sides, strict=True):
            if isinstance(side, str) and len(side) == len(language) == 2 and side != language:
                raise UserError(
                    f"{settings.name}: the model in '{config.parent}' translates {sides[0]}-{sides[1]}, and "
                    f"model.pairs names {name}. Set model.pairs=[{sides[0]}-{sides[1]}]."
                )
    return list(settings.pairs)
