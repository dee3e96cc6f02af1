"""Long texts in parts that a translation model takes: whole sentences, as many to a part as fit."""

from __future__ import annotations

import re
from collections.abc import Callable

# After a mark that ends a sentence or a feature of a claim; also after 'Fig.', where a break does little harm.
_BREAK = re.compile(r"(?<=[.;:!?])\s+(?=\S)|(?<=[。；！？])\s*|\s*\n+\s*")
_UNSPACED = ("zh", "ja", "th", "lo", "km")


def parts(text: str, fits: Callable[[str], bool]) -> list[str] | None:
    """The text in parts that fit, in order; None where one sentence alone does not."""
    found: list[str] = []
    for sentence in filter(None, _BREAK.split(text)):
        joined = f"{found[-1]} {sentence}" if found else sentence
        if found and fits(joined):
            found[-1] = joined
        elif fits(sentence):
            found.append(sentence)
        else:
            return None
    return found


def joined(translations: list[str], language: str) -> str:
    """The translations of the parts as one text, with a space where the language writes one."""
    return ("" if language.split("-")[0] in _UNSPACED else " ").join(translations)
