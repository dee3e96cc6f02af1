"""Texts to token ids, many at once: by the library tokenizers, or by transformers where a model has no fast tokenizer.

What transformers knows of a tokenizer beyond its file stands in a ``Vocabulary``, so that texts can be read without
importing transformers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wild_aieval.models.local import control_tokens

_TEXTS, _CHARACTERS = 1024, 2_000_000  # read at once; what the library knows of a token takes some hundred bytes
_SAMPLES = ("", "A pump (12) turns; 3.5 MPa", "Kolben für Öle,  un procédé\tà l'eau", "犁 ☃ e\u0301 " + "x" * 120)
_PER_TOKEN = 16  # characters; the beginning of a text that holds enough tokens nearly always


@dataclass(frozen=True)
class Vocabulary:
    """What is said of a tokenizer. ``control``: tokens that control the model; ``coded``: as Marian reads codes;
    ``by_words``: a blank ends every token.
    """

    control: tuple[str, ...]
    coded: bool
    special_ids: tuple[int, ...]
    pad_id: int
    pad_left: bool
    cut_left: bool
    by_words: bool

    @classmethod
    def of(cls, tokenizer: Any) -> Vocabulary:
        """That of a tokenizer of transformers; where it pads by nothing, padding is 0 and masked."""
        control, coded = control_tokens.named_by(tokenizer)
        fast = getattr(tokenizer, "is_fast", False)
        return cls(
            tuple(sorted(control)),
            coded,
            tuple(sorted(set(tokenizer.all_special_ids))),
            int(tokenizer.pad_token_id or 0),
            tokenizer.padding_side == "left",
            tokenizer.truncation_side == "left",
            bool(fast) and _by_words(json.loads(tokenizer.backend_tokenizer.to_str())),
        )


class NotAlike(Exception):  # noqa: N818  no fault: another way is taken
    """The library tokenizers cannot read texts as transformers does with this tokenizer."""


class Tokens(Protocol):
    """A tokenizer as encoders ask it."""

    vocabulary: Vocabulary

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, special ones included, cut to the longest that the model reads."""
        ...


class FastTokens:
    """Reads texts by the library tokenizers; ``content``: its JSON."""

    def __init__(self, content: str, vocabulary: Vocabulary, longest: int) -> None:
        from tokenizers import Tokenizer

        self.vocabulary = vocabulary
        self._longest = longest
        self._tokenizer: Any = Tokenizer.from_str(content)
        self._tokenizer.no_padding()
        side = "left" if vocabulary.cut_left else "right"
        self._tokenizer.enable_truncation(longest, stride=0, strategy="longest_first", direction=side)
        self._by_words = vocabulary.by_words and not vocabulary.cut_left

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """As ``Tokens``."""
        given = [self._beginning(text) for text in texts] if self._by_words else list(texts)
        found: list[list[int]] = []
        for block in _blocks(given):
            found.extend(encoding.ids for encoding in self._tokenizer.encode_batch_fast(block))
        for number, (text, beginning) in enumerate(zip(texts, given, strict=True)):
            if len(beginning) < len(text) and len(found[number]) < self._longest:
                found[number] = self._tokenizer.encode_batch_fast([text])[0].ids
        return found

    def _beginning(self, text: str) -> str:
        """The words that are enough: what follows a blank changes no token before it."""
        characters = _PER_TOKEN * self._longest
        end = text.find(" ", characters) if len(text) > characters else -1
        return text if end < 0 else text[:end]


class SlowTokens:
    """Reads texts by a tokenizer of transformers."""

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self.vocabulary = Vocabulary.of(tokenizer)
        self._tokenizer = tokenizer
        self._longest = longest

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """As ``Tokens``."""
        if not texts:
            return []
        found: list[list[int]] = self._tokenizer(list(texts), truncation=True, max_length=self._longest)["input_ids"]
        return found


def content_of(tokenizer: Any, longest: int) -> str:
    """A tokenizer of transformers as JSON; NotAlike where it has none, or reads some texts in another way."""
    if not getattr(tokenizer, "is_fast", False):
        raise NotAlike
    content: str = tokenizer.backend_tokenizer.to_str()
    texts = [*_SAMPLES, " ".join(_SAMPLES * longest)[: 8 * longest]]
    if FastTokens(content, Vocabulary.of(tokenizer), longest).ids(texts) != SlowTokens(tokenizer, longest).ids(texts):
        raise NotAlike
    return content


def _by_words(told: dict[str, Any]) -> bool:
    """Whether a blank ends every token: BERT's way of reading, and no added token with a blank in it."""
    kinds = [(told.get(part) or {}).get("type") for part in ("normalizer", "pre_tokenizer", "model")]
    added = (str(token["content"]) for token in told.get("added_tokens", ()))
    return kinds == ["BertNormalizer", "BertPreTokenizer", "WordPiece"] and not any(
        re.search(r"\s", content) for content in added
    )


def _blocks(texts: Sequence[str]) -> Iterator[list[str]]:
    """Neighbours, at most so many texts and so many characters at once, but one text always."""
    block: list[str] = []
    characters = 0
    for text in texts:
        if block and (len(block) == _TEXTS or characters + len(text) > _CHARACTERS):
            yield block
            block, characters = [], 0
        block.append(text)
        characters += len(text)
    if block:
        yield block
