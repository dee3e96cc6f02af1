"""How one translation model is told a direction, and how its tokens become text without language tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wild_aieval.errors import UserError
from wild_aieval.models.languages_of_models import MARIAN, code_of, english_name, family_of, tokens_of
from wild_aieval.models.prompting import fill


class Direction(NamedTuple):
    """``source_code`` for the tokenizer ('' for none), ``prefix`` of the text, ``first_token`` forced on the output."""

    target: str
    source_code: str
    prefix: str
    first_token: int | None


class Directions:
    """The languages of one loaded model; UserError names a language that it lacks, and those it has."""

    def __init__(self, owner: str, tokenizer: Any, model_type: str, declared: Mapping[str, str], prefix: str) -> None:
        self._owner, self._tokenizer, self._declared, self._prefix = owner, tokenizer, declared, prefix
        self._family = family_of(model_type, type(tokenizer).__name__)
        # M2M100 keeps its languages beside its vocabulary.
        tokens = {**tokenizer.get_vocab(), **(getattr(tokenizer, "lang_token_to_id", None) or {})}
        self._languages = tokens_of(self._family, tokens)
        self._silent = {*tokenizer.all_special_ids, *(tokens[name] for name in self._languages)}
        # A Marian model of one pair has no language tokens.
        self._by_prefix = self._family is MARIAN and bool(self._languages)

    def of(self, source: str, target: str) -> Direction:
        """The direction between two language tags."""
        if self._family.by_token:
            self._known(source)
            return Direction(target, self._code(source), self._before(source, target), self._known(target))
        return Direction(target, "", self._before(source, target), None)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of output tokens, without special and language tokens wherever they stand."""
        kept = [token for token in tokens if token not in self._silent]
        return str(self._tokenizer.decode(kept, skip_special_tokens=True)).strip()

    def _before(self, source: str, target: str) -> str:
        if self._prefix == "auto" and self._by_prefix:
            self._known(target)
            return self._token(target) + " "
        template = self._family.prefix if self._prefix == "auto" else self._prefix
        values = {"source_language": english_name(source), "target_language": english_name(target)}
        if "code}" in template:
            values |= {"source_code": self._code(source), "target_code": self._code(target)}
        return fill(template, values)

    def _code(self, language: str) -> str:
        code = code_of(self._family, language, self._declared)
        if code is None:
            raise UserError(
                f"{self._owner}: no {self._family.name} code is known for '{language}'. Add it to "
                f"model.language_codes. {self._has()}"
            )
        return code

    def _token(self, language: str) -> str:
        return self._family.written.replace("{code}", self._code(language))

    def _known(self, language: str) -> int:
        """The id of a language's token; a code that the model lacks would pass as the unknown word."""
        token = self._token(language)
        number = self._tokenizer.convert_tokens_to_ids(token)
        if number is None or number == self._tokenizer.unk_token_id:
            raise UserError(
                f"{self._owner}: the model has no language '{token}', which stands for '{language}'. {self._has()} "
                "Correct model.pairs, or name the model's own code in model.language_codes."
            )
        return int(number)

    def _has(self) -> str:
        named = ", ".join(self._languages[:40]) + (", …" if len(self._languages) > 40 else "")
        return f"The model has {named}." if named else "The model has no language tokens."
