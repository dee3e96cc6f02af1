"""Control tokens of a model (``[SEP]``, ``</s>``, ``<pad>``, language tokens) have no power where an item's text names
them: they are taken apart by a blank before the text is read as tokens.

Libraries can be told not to look for special tokens in a text, but not all heed it: a unigram vocabulary finds
``</s>`` among its pieces, and Marian takes ``>>…<<`` off the beginning of a text. So it is done to the text, for all of
them. A text without such tokens is left as it is, and so are its token ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_BRACKETED = re.compile(r"[<\[{|_▁].*[>\]}|_]", re.DOTALL)
_HEAD = 2  # characters; tokens of one head are looked for only in texts with that head


class ControlTokens:
    """The ``tokens`` that control a model, and texts without them; ``coded``: as Marian reads language codes."""

    def __init__(self, tokens: Iterable[str], coded: bool = False) -> None:
        # Blanks that a vocabulary joins into one token control nothing.
        told = sorted({t for t in tokens if len(t) > 1 and t.strip()}, key=lambda t: (-len(t), t))
        self._by_head: dict[str, list[str]] = {}
        for token in told:
            self._by_head.setdefault(token[:_HEAD], []).append(token)
        self._coded = coded

    def apart(self, text: str) -> str:
        """The text with a blank after the first character of each control token in it."""
        found = [token for head, tokens in self._by_head.items() if head in text for token in tokens]
        for token in sorted(found, key=lambda t: (-len(t), t)):  # longest first, and stable
            text = text.replace(token, f"{token[:1]} {token[1:]}")
        if self._coded and text.startswith(">>") and "<<" in text:
            text = f"> {text[1:]}"
        return text


def of_tokenizer(tokenizer: Any, words: bool = False) -> ControlTokens:
    """Those of a tokenizer of transformers; ``words`` as in ``named_by``."""
    return ControlTokens(*named_by(tokenizer, words))


def named_by(tokenizer: Any, words: bool = False) -> tuple[set[str], bool]:
    """The tokens that control a tokenizer of transformers, and whether it reads language codes as Marian does.

    What was added to a vocabulary without being called special controls a model where it is written as control tokens
    are, in brackets; the others are words of a field. ``words``: they count too, for chat models declare few of theirs.
    """
    added = {token for token in tokenizer.get_added_vocab() if words or _BRACKETED.fullmatch(token)}
    return {*tokenizer.all_special_tokens, *added}, hasattr(tokenizer, "remove_language_code")


def of_library(tokenizer: Any) -> ControlTokens:
    """Those of a tokenizer of the library tokenizers."""
    added = tokenizer.get_added_tokens_decoder().values()
    return ControlTokens(token.content for token in added if token.special or _BRACKETED.fullmatch(token.content))
