"""Texts that are no whole texts: very short, cut off, one too large."""

from __future__ import annotations

import bisect
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, Text, many, shown

SHORTEST = 20  # characters of a document or query that something can be told from
LONG = 150  # characters from which on an end without a stop is looked at
LIMITS = (255, 256, 500, 512, 1000, 1024, 2000, 2048, 4000, 4096, 5000, 8000, 8192, 10_000, 16_384, 32_767, 65_535)
TOGETHER = 3  # unclosed texts of the same, greatest length
CLOSED = 0.95  # share of texts that end with a stop, from which on the others stand out
LARGE = 1_000_000  # characters of one text: a long description has some hundred thousand
_CLOSED = re.compile(r"[.!?:;…。！？:;)\]}\"'”’»>]\s*\Z")
_MIDDLE = re.compile(
    r"[,(\[{–=+]\s*\Z|(?<!\w)(?:the|an|of|and|or|to|with|which|that|for|from|by|is|are|being|said|wherein|comprising"
    r"|der|die|das|des|dem|den|und|oder|mit|von|zu|zum|zur|ein|eine|einer|eines|einem|für|ist|wobei"
    r"|le|les|du|des|et|ou|avec|une|dans|pour|par|est|dont|el|los|las|una|del|con|para|por|que|y"
    r"|os|uma|da|das|do|dos|com|em)\s*\Z"
)
_WORD = re.compile(r"[^\W\d_]+")
_CUT = re.compile(r"(?:\.\.\.|…|\[(?:truncated|\.\.\.|…)\]|\(continued\))\s*\Z", re.IGNORECASE)


def short_texts(subject: Subject) -> Iterator[Finding]:
    """``text-short``: fewer than 20 characters in title and text of a document or query (half in CJK scripts)."""
    hits = Hits()
    for part in ("train", "test", "corpus", "queries"):
        for where, fields in subject.rows(part) if subject.task != "translation" else ():
            text = f"{fields.get('title') or ''} {fields.get('text') or ''}".strip()
            weight = len(text) + sum("\u3040" <= sign <= "\ud7af" for sign in text[:SHORTEST])
            if weight < SHORTEST:
                hits.add(where, f"'{fields['id']}': {shown(text)}" if text else f"'{fields['id']}' has no text")
    message = (
        f"{many(hits.count, 'row has', 'rows have')} fewer than {SHORTEST} characters of text, from which nothing can "
        f"be told: {hits.first}. Give the whole text, or leave the row out."
    )
    yield from hits.finding("text-short", "warning", message)


def truncated_texts(subject: Subject) -> Iterator[Finding]:
    """``text-truncated``: texts that are cut by what can be seen; ``text-unclosed``: those that merely lack a stop.

    Cut is a text without a stop at its end, from 150 characters on, where one of these holds. In a field in which most
    texts end with a stop: it ends with a comma, an open bracket or a word that no sentence ends with ('the', 'und'); or
    its last word stands nowhere else in the field, while two others begin with it (half a word); or its length is a
    common limit (255, 500, 512, 1000 … characters, or one less where a blank went). In any field: three unclosed texts
    or more have such a limit, or the greatest length of the field. Also a text that ends with '...'.

    Unclosed is noted in a field in which 95 % of 40 texts or more have a stop. Titles and claims in lists are not
    looked at. Measured: of 1,506 abstracts cut at 255 characters 1,480 are found; of real texts 1 of 9,469 US abstracts
    and 7 of 658 EP claims are called cut, and are.
    """
    cut, unclosed = Hits(), Hits()
    for texts in _fields(subject).values():
        field = _field(texts)
        for text in texts:
            end = f"ends with {shown(text.text[-40:])}"
            if why := _why_cut(text.text, field):
                cut.add(text.where, f"'{text.id}', {text.field}, {why}: {end}")
            elif field.alone and len(text.text) >= LONG and not _closed(text.text):
                unclosed.add(text.where, f"'{text.id}', {text.field}: {end}")
    yield from cut.finding(
        "text-truncated",
        "warning",
        f"{many(cut.count, 'text looks', 'texts look')} cut off: {cut.first}. Export the whole text, without a limit "
        "on its length.",
    )
    yield from unclosed.finding(
        "text-unclosed",
        "note",
        f"{many(unclosed.count, 'text ends', 'texts end')} without a stop, unlike nearly all others: "
        f"{unclosed.first}. Are they whole?",
    )


def large_texts(subject: Subject) -> Iterator[Finding]:
    """``text-large``: one text of more than a million characters, which is a whole file rather than an item."""
    hits = Hits()
    for text in subject.texts():
        if len(text.text) > LARGE:
            hits.add(text.where, f"'{text.id}', {text.field}: {len(text.text):,} characters")
    message = f"{many(hits.count, 'text has', 'texts have')} more than {LARGE:,} characters. Is it one item?"
    yield from hits.finding("text-large", "warning", message)


def _fields(subject: Subject) -> dict[tuple[str, str], list[Text]]:
    found: dict[tuple[str, str], list[Text]] = defaultdict(list)
    for text in subject.texts():
        if text.field not in ("title", "claims"):
            found[(text.part, text.field)].append(text)
    return found


class _Field(NamedTuple):
    """A field as a whole: common limits that apply, and the greatest length if it is shared, else 0.

    ``stops``: most texts end with one; ``alone``: nearly all long ones do, so that the others stand out. ``words``: how
    often each word stands in the field; ``ordered``: these words sorted.
    """

    limits: frozenset[int]
    longest: int
    stops: bool
    alone: bool
    words: Counter[str]
    ordered: list[str]


def _field(texts: list[Text]) -> _Field:
    """Words are counted only where a text lacks a stop."""
    open_ones = any(len(text.text) >= LONG and not _closed(text.text) for text in texts)
    words = Counter(word for text in texts for word in _WORD.findall(text.text.casefold())) if open_ones else Counter()
    return _Field(_limits(texts), _longest(texts), _stops(texts), _stands_out(texts), words, sorted(words))


def _half_a_word(text: str, field: _Field) -> bool:
    """Whether the last word stands nowhere else in the field, but two other words or more begin with it."""
    found = _WORD.findall(text[-60:].casefold())
    if not found or not text.casefold().endswith(found[-1]) or field.words[found[-1]] != 1 or len(found[-1]) < 3:
        return False
    place = bisect.bisect_right(field.ordered, found[-1])
    return len(field.ordered) > place + 1 and field.ordered[place + 1].startswith(found[-1])


def _unclosed(texts: list[Text]) -> Counter[int]:
    return Counter(len(text.text) for text in texts if not _closed(text.text))


def _limits(texts: list[Text]) -> frozenset[int]:
    sizes, stops = _unclosed(texts), _stops(texts)
    return frozenset(limit for limit in LIMITS if stops or sizes[limit] + sizes[limit - 1] >= TOGETHER)


def _stops(texts: list[Text]) -> bool:
    return _unclosed(texts).total() < len(texts) / 2


def _longest(texts: list[Text]) -> int:
    sizes, longest = _unclosed(texts), max(len(text.text) for text in texts)
    return longest if sizes[longest] + sizes[longest - 1] >= TOGETHER else 0


def _stands_out(texts: list[Text]) -> bool:
    long = [text for text in texts if len(text.text) >= LONG]
    return len(long) >= 40 and sum(_closed(text.text) for text in long) >= CLOSED * len(long)


def _why_cut(text: str, field: _Field) -> str:
    size = len(text)
    if _CUT.search(text[-40:]) and size > 40:
        return "with dots at its end"
    if _closed(text) or size < LONG:
        return ""
    if {size, size + 1} & field.limits:
        return f"{size:,} characters, a common limit"
    if field.longest and field.longest - 1 <= size:
        return f"{size:,} characters, as the other longest ones"
    if field.stops and _MIDDLE.search(text[-20:]):
        return "in the middle of a sentence"
    return "in the middle of a word" if field.stops and _half_a_word(text, field) else ""


def _closed(text: str) -> bool:
    return bool(_CLOSED.search(text[-10:]))
