"""What the mock tools answer: the same for the same text, on every machine."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable

SYMBOLS = ("A01B", "A61B", "B60L", "C07D", "D06F", "E04H", "F16H", "G06F", "H04L")
_WORD = re.compile(r"\w+")
DIMENSION = 32


def number_of(text: str) -> int:
    """A number that depends on the text only."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


def symbols(text: str) -> list[tuple[str, float]]:
    """Three symbols with falling scores."""
    start = number_of(text)
    return [(SYMBOLS[(start + place) % len(SYMBOLS)], round(0.8 / (place + 1), 4)) for place in range(3)]


def translation(text: str, target: str) -> str:
    """The text with the language before it."""
    return f"[{target}] {text}"


def vector(text: str) -> list[float]:
    """A unit vector of hashed words: texts that share words are near each other."""
    counts = [0.0] * DIMENSION
    for word in words(text):
        counts[number_of(word) % DIMENSION] += 1.0
    length = math.sqrt(sum(count * count for count in counts)) or 1.0
    return [count / length for count in counts]


def ranking(query: str, documents: Iterable[tuple[str, str]], k: int) -> list[tuple[str, float]]:
    """Ids of (id, text) pairs by the share of the query's words that they hold, then by id."""
    wanted = set(words(query))
    scored = [(name, len(wanted & set(words(text))) / max(1, len(wanted))) for name, text in documents]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:k]


def words(text: str) -> list[str]:
    """Words in lower case."""
    return _WORD.findall(text.lower())
