"""From texts to index words, by language: stop words, stems, and pairs of characters where no spaces are written.

The plain way (no stemmer, no pairs) is that of bm25s: lower case, words of two characters and more.
"""

from __future__ import annotations

import importlib
import itertools
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

_WORD = re.compile(r"\w\w+")
_TOGETHER = 2**13  # words that are numbered at once, which keeps what is needed for it in the processor's cache
Stemmer = Callable[[list[str]], list[str]]


class Terms(NamedTuple):
    """Texts as numbers of words: ``numbers`` of all texts in a row, ``owners`` the text of each, how many a text has.

    ``vocabulary``: the number of each word that occurs; all are below ``size``.
    """

    numbers: NDArray[np.int32]
    owners: NDArray[np.int32]
    lengths: NDArray[np.int64]
    vocabulary: dict[str, int]
    size: int


class _Rules:
    """How texts of one language become words; ``numbers``: of all words met, stop words too, before they are stems."""

    def __init__(self, stop: str | None, stem: str | None, bigrams: bool, fresh: Callable[[], int]) -> None:
        from bm25s.tokenization import Tokenizer

        self._stop = frozenset(Tokenizer(stopwords=stop if stop in _LISTS else None).stopwords)
        self._stem = snowball(_SNOWBALL[stem]) if stem in _SNOWBALL else None
        self._bigrams = bigrams
        self.numbers: defaultdict[str, int] = defaultdict(fresh)
        self._finished = 0

    def split(self, text: str) -> list[str]:
        """All words in small letters."""
        return _WORD.findall((_RUN.sub(_pairs, text) if self._bigrams else text).lower())

    def numbered(self, words: Sequence[str]) -> NDArray[np.int32]:
        """The number of each word."""
        return np.fromiter(map(self.numbers.__getitem__, words), np.int32, len(words))

    def kept(self, words: Iterable[str]) -> list[str]:
        """Without stop words."""
        return [word for word in words if word not in self._stop]

    def stems(self, words: list[str]) -> list[str]:
        """Of words that are kept."""
        return self._stem(words) if self._stem else words

    def finish(self, folded: NDArray[np.int32], vocabulary: dict[str, int], alone: bool) -> None:
        """Enter the numbers of words met since the last time: that of the first one with their stem; -1 for stop words.

        ``alone``: no other rules have put words into the vocabulary.
        """
        met = list(itertools.islice(self.numbers, self._finished, None))
        self._finished = len(self.numbers)
        folded[[self.numbers[word] for word in self._stop if word in self.numbers]] = -1
        kept = self.kept(met)
        if not self._stem and alone:
            vocabulary.update((word, self.numbers[word]) for word in kept)
            return
        for word, stem in zip(kept, self.stems(kept), strict=True):
            number = self.numbers[word]
            folded[number] = vocabulary.setdefault(stem, number)


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
        """The words of each text; ``languages`` are its BCP 47 tags."""
        known = self._known()
        found = []
        for text, language in zip(texts, languages, strict=True):
            rules = known[language]
            found.append(rules.stems(rules.kept(rules.split(text))))
        return found

    def terms(self, texts: Iterable[tuple[str, str]]) -> Terms:
        """The same words of many texts, each with its language, as numbers; texts are read once, in order."""
        return self.reader().read(texts)

    def reader(self) -> Reader:
        """For texts that come block by block."""
        return Reader(self)

    def _known(self) -> _ByLanguage:
        return _ByLanguage(self)


class Reader:
    """Texts that come block by block; a word keeps its number from one block to the next.

    Words are numbered as they come. Stop words go and stems come at the end of a block, once for each different word.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._known = _ByLanguage(analysis)
        self._folded = np.zeros(0, dtype=np.int32)
        self.vocabulary: dict[str, int] = {}

    @property
    def size(self) -> int:
        """All numbers of words are below."""
        return len(self._folded)

    def read(self, texts: Iterable[tuple[str, str]]) -> Terms:
        """The words of the next texts; the vocabulary is that of all texts so far."""
        known, lengths, parts = self._known, array("q"), []
        words: list[str] = []
        current: _Rules | None = None
        for text, language in texts:
            rules = known[language]
            if current is not None and (rules is not current or len(words) > _TOGETHER):
                parts.append(current.numbered(words))
                words = []
            current = rules
            before = len(words)
            words += rules.split(text)
            lengths.append(len(words) - before)
        if current is not None:
            parts.append(current.numbered(words))
        self._fold()
        return self._terms(np.concatenate([np.zeros(0, dtype=np.int32), *parts]), np.array(lengths))

    def _fold(self) -> None:
        """What is kept of the words that were met for the first time."""
        rules = list(self._known.each())
        size = sum(len(one.numbers) for one in rules)
        self._folded = np.concatenate([self._folded, np.arange(len(self._folded), size, dtype=np.int32)])
        for one in rules:
            one.finish(self._folded, self.vocabulary, alone=len(rules) == 1)

    def _terms(self, met: NDArray[np.int32], lengths: NDArray[np.int64]) -> Terms:
        """Words as they were met, and how many a text has, as numbers of what is kept of them."""
        numbers, owners = self._folded[met], np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        kept = numbers >= 0
        numbers, owners = numbers[kept], owners[kept]
        counts = np.bincount(owners, minlength=len(lengths))
        return Terms(numbers, owners, counts, self.vocabulary, self.size)


class _ByLanguage(dict[str, _Rules]):
    """The rules of each language tag that was met."""

    def __init__(self, analysis: Analysis) -> None:
        super().__init__()
        self._analysis = analysis
        self._groups: dict[str, _Rules] = {}
        self._fresh = itertools.count().__next__

    def each(self) -> Iterable[_Rules]:
        """The rules, once each."""
        return self._groups.values()

    def __missing__(self, tag: str) -> _Rules:
        primary = re.split(r"[-_]", tag.lower())[0]
        language = _ALIASES.get(primary, primary) if self._analysis.by_language else ""
        if language not in self._groups:
            self._groups[language] = self._rules(language)
        self[tag] = self._groups[language]
        return self[tag]

    def _rules(self, language: str) -> _Rules:
        stop = language if self._analysis.stop_words == "auto" else self._analysis.stop_words
        stem = language if self._analysis.stemmer == "auto" else self._analysis.stemmer
        bigrams = self._analysis.bigrams
        if bigrams and stop in _UNSPACED:
            stop = None  # lists of words, which pairs of characters are not
        return _Rules(stop, stem, bigrams, self._fresh)


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
