"""From texts to index words, by language: stop words, stems, and pairs of characters where no spaces are written.

The plain way (no stemmer, no pairs) is that of bm25s: lower case, words of two characters and more.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wild_aieval.errors import Unavailable

StopWords = Literal["auto", "da", "de", "en", "es", "fr", "it", "ko", "nl", "no", "pt", "ru", "sv", "tr", "zh"]
Stemming = Literal[
    "auto", "ar", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "hi", "hu", "hy",
    "id", "it", "lt", "ne", "nl", "no", "pl", "pt", "ro", "ru", "sr", "sv", "ta", "tr", "yi",
]  # fmt: skip
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
_ALIASES = {"nb": "no", "nn": "no"}
_LISTS = ("da", "de", "en", "es", "fr", "it", "ko", "nl", "no", "pt", "ru", "sv", "tr", "zh")
_UNSPACED = ("ja", "ko", "zh")
_RUN = re.compile(
    "["
    "\u3041-\u309f"  # hiragana
    "\u30a0-\u30ff\u31f0-\u31ff"  # katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f々〆"  # ideographs
    "\u1100-\u11ff\uac00-\ud7af"  # hangul
    "]+"
)

Stemmer = Callable[[list[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Analysis:
    """``auto`` follows the language of each text; a language stands for all texts; None leaves the step out."""

    stop_words: str | None = "en"
    stemmer: str | None = None
    bigrams: bool = False

    @property
    def by_language(self) -> bool:
        """Whether the language of a text decides how it is analysed."""
        return "auto" in (self.stop_words, self.stemmer)

    def words(self, texts: Sequence[str], languages: Sequence[str]) -> list[list[str]]:
        """The words of each text; ``languages`` are its BCP 47 tags. Texts of one language are analysed together."""
        groups: dict[str, list[int]] = {}
        for number, language in enumerate(languages):
            groups.setdefault(self._group(language), []).append(number)
        found: dict[int, list[str]] = {}
        for language, numbers in groups.items():
            found.update(zip(numbers, self._of_one([texts[n] for n in numbers], language), strict=True))
        return [found[number] for number in range(len(texts))]

    def _group(self, language: str) -> str:
        primary = re.split(r"[-_]", language.lower())[0]
        return _ALIASES.get(primary, primary) if self.by_language else ""

    def _of_one(self, texts: list[str], language: str) -> list[list[str]]:
        import bm25s

        stop = language if self.stop_words == "auto" else self.stop_words
        stem = language if self.stemmer == "auto" else self.stemmer
        if self.bigrams:
            texts = [_RUN.sub(_pairs, text) for text in texts]
            stop = None if stop in _UNSPACED else stop  # lists of words, which pairs of characters are not
        words: list[list[str]] = bm25s.tokenize(
            texts,
            stopwords=stop if stop in _LISTS else None,
            stemmer=snowball(_SNOWBALL[stem]) if stem in _SNOWBALL else None,
            return_ids=False,
            show_progress=False,
        )
        return words


def snowball(language: str) -> Stemmer:
    """The Snowball stemmer of a language; Unavailable with the line that installs it."""
    stem: Stemmer = snowball_library().Stemmer(language).stemWords
    return stem


def snowball_library() -> Any:
    """PyStemmer, the Snowball project's own package."""
    try:
        return importlib.import_module("Stemmer")
    except ImportError:
        raise Unavailable(
            "bm25: the package 'PyStemmer' is not installed, and model.stemmer asks for stems. Install it with: "
            "pip install PyStemmer, or set model.stemmer=null."
        ) from None


def _pairs(run: re.Match[str]) -> str:
    """A run of characters as its overlapping pairs between spaces; a lone character as it is."""
    text = run[0]
    pairs = [text[start : start + 2] for start in range(len(text) - 1)] or [text]
    return f" {' '.join(pairs)} "
