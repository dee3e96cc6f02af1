"""Texts cut into pieces, some of them marked: what differs between source and translation, where query words stand.

Pieces are plain text; the page escapes each. Signs that turn the direction of writing are shown by their name, so that
no text can show itself otherwise than it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from wild_aieval.metrics import preservation
from wild_aieval.standards.languages import decimal_separator

_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_NUMBER = re.compile(r"\d+(?:(?:[.,'’]|[\u00a0\u202f ](?=\d{3}(?!\d)))\d+)*")
_IN_PARENTHESES = re.compile(r"[(（][^()（）]{1,60}[)）]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_BETWEEN = re.compile(r"(?<=[.!?])\s+|(?<=。)")
_MOST_WORDS, _ROOT = 20, 6
# Words that every patent has, in English, French, Spanish and German; they tell nothing apart.
_USUAL_WORDS = """
    according also apparatus appareil aussi avec been betrifft between cada cette chaque claim comprend
    comprende comprises comprising concerns connected consisting dans device disposition durch each eine einer
    embodiment entre erfindung esta este example from further have having includes into invention inventive
    leur method mode more most méthode método nicht oder one para part pero peut plurality pour present
    procedimiento process procédé provided puede relates said same sans según selon sin sind sistema sobre
    sont state such system than that their them thereby therefrom thereof these they this those through thus
    unos using verfahren vorrichtung welche werden when where whereby wherein which wird with without zwischen
    être
"""
_USUAL = frozenset(word[:_ROOT] for word in _USUAL_WORDS.split())


class Piece(NamedTuple):
    """A part of a text; ``kind`` is '' (plain), lost, added, kept, term, hit or unseen."""

    text: str
    kind: str = ""


class Difference(NamedTuple):
    """What one side has and the other has not.

    ``what``: numbers, signs, claims, units or terms; ``side``: lost or added.
    """

    what: str
    side: str
    values: tuple[str, ...]


class Sides(NamedTuple):
    """Source and translation with what differs."""

    source: list[Piece]
    target: list[Piece]
    differences: list[Difference]


Span = tuple[int, int, str]


def plain(text: str) -> list[Piece]:
    """A text without marks."""
    return pieces(text, ())


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """The text cut at the spans; where two overlap, the one that begins first counts."""
    found: list[Piece] = []
    at = 0
    for start, end, kind in sorted(spans):
        if start >= at and end > start:
            found += [*_seen(text[at:start], ""), *_seen(text[start:end], kind)]
            at = end
    return [*found, *_seen(text[at:], "")]


def sides(source: str, target: str, languages: tuple[str, str], terms: Sequence[Mapping[str, Any]] = ()) -> Sides:
    """Numbers, reference signs and terms marked on both sides; references to claims and units are only told."""
    read: dict[str, tuple[Counter[Any], Counter[Any]]] = {
        "numbers": (_numbers(source, languages[0]), _numbers(target, languages[1])),
        "signs": (preservation.reference_signs(source), preservation.reference_signs(target)),
        "claims": (preservation.claim_references(source), preservation.claim_references(target)),
        "units": (preservation.units(source), preservation.units(target)),
    }
    lost = {what: set(before - after) for what, (before, after) in read.items()}
    added = {what: set(after - before) for what, (before, after) in read.items()}
    differences = _told(lost, "lost", source, languages[0]) + _told(added, "added", target, languages[1])
    kept = preservation.terms_kept(target, [term["targets"] for term in terms])
    missed = tuple(str(term["source"]) for term, is_kept in zip(terms, kept, strict=True) if not is_kept)
    differences += [Difference("terms", "lost", missed)] if missed else []
    in_source = _spans(source, languages[0], lost, "lost")
    in_target = _spans(target, languages[1], added, "added")
    for term, is_kept in zip(terms, kept, strict=True):
        in_source += _places(source, str(term["source"]), "term" if is_kept else "lost")
        in_target += [span for rendering in term["targets"] for span in _places(target, str(rendering), "term")]
    return Sides(pieces(source, in_source), pieces(target, in_target), differences)


def _told(found: Mapping[str, set[Any]], side: str, text: str, language: str) -> list[Difference]:
    """Each kind with its values; a number as the text writes it, unless it is told as a reference sign or a claim."""
    values = {what: sorted(map(str, more)) for what, more in found.items()}
    elsewhere = {*values["signs"], *values["claims"]}
    numbers = {number for number in found["numbers"] if str(number) not in elsewhere}
    written = (
        match.group() for match in _NUMBER.finditer(text) if numbers.intersection(_numbers(match.group(), language))
    )
    values["numbers"] = list(dict.fromkeys(written)) or sorted(map(str, numbers))
    return [Difference(what, side, tuple(more)) for what, more in values.items() if more]


def query_words(query: str, texts: Sequence[str]) -> list[str]:
    """The words of a query that tell documents apart: those in half of the texts or fewer, the most frequent first.

    Words are compared by their beginnings, so that plurals count.
    """
    asked = Counter(_root(word) for word in _WORD.findall(query))
    found = Counter(root for text in texts for root in {_root(word) for word in _WORD.findall(text)})
    limit = max(1, len(texts) // 2)
    told = [root for root in asked if 0 < found[root] <= limit and root not in _USUAL]
    return sorted(told, key=lambda root: (-asked[root], found[root], root))[:_MOST_WORDS]


def with_words(text: str, roots: Iterable[str]) -> list[Piece]:
    """The text with the words of a query marked."""
    known = frozenset(roots)
    return pieces(
        text, [(found.start(), found.end(), "hit") for found in _WORD.finditer(text) if _root(found.group()) in known]
    )


def best_passage(text: str, roots: Iterable[str]) -> str:
    """The two sentences in a row with most different query words; the first two where none has any."""
    known = frozenset(roots)
    parts = _BETWEEN.split(text.strip())
    windows = [" ".join(parts[at : at + 2]) for at in range(max(1, len(parts) - 1))]
    return max(windows, key=lambda window: len({_root(word) for word in _WORD.findall(window)} & known))


def _root(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()[:_ROOT]


def _numbers(text: str, language: str) -> Counter[Any]:
    """Without signs: a minus is often a dash."""
    found: Counter[Any] = Counter()
    for value, count in preservation.numbers(text, decimal_separator(language)).items():
        found[abs(value)] += count
    return found


def _spans(text: str, language: str, other: Mapping[str, set[Any]], kind: str) -> list[Span]:
    """Numbers and reference signs of a side, with ``kind`` for those that the other side lacks."""

    def found_by(pattern: re.Pattern[str], read: Callable[[str], Counter[Any]], what: str) -> list[Span]:
        found = ((match, read(match.group())) for match in pattern.finditer(text))
        return [
            (match.start(), match.end(), kind if other[what].intersection(values) else "kept")
            for match, values in found
            if values
        ]

    signs = found_by(_IN_PARENTHESES, preservation.reference_signs, "signs")
    return signs + found_by(_NUMBER, lambda part: _numbers(part, language), "numbers")


def _places(text: str, phrase: str, kind: str) -> list[Span]:
    if not phrase.strip():
        return []
    return [(match.start(), match.end(), kind) for match in re.finditer(re.escape(phrase), text, re.IGNORECASE)]


def _seen(text: str, kind: str) -> list[Piece]:
    """The text with signs that cannot be seen as pieces of their own, named."""
    found: list[Piece] = []
    at = 0
    for match in _UNSEEN.finditer(text):
        found += [Piece(text[at : match.start()], kind), Piece(f"U+{ord(match.group()):04X}", "unseen")]
        at = match.end()
    return [piece for piece in (*found, Piece(text[at:], kind)) if piece.text]
