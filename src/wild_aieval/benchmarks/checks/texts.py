"""Texts that are no whole texts: very short, cut off, one too large."""

from __future__ import annotations

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
        f"{many(hits.count, 'row has', 'rows have')} fewer than {SHORTEST} characters of text, from which nothing "
        "can be "
        f"told: {hits.first}. Give the whole text, or leave the row out."
    )
    yield from hits.finding("text-short", "warning", message)


def truncated_texts(subject: Subject) -> Iterator[Finding]:
    """``text-truncated``: texts without a stop at their end that are cut by what can be seen.

    From 150 characters on one of: the length is a common limit (255, 500, 512, 1000 … characters, or one less where a
    blank went), and three unclosed texts or more have it or most texts of the field end with a stop; three or more
    unclosed texts share the greatest length of the field; the text is among the few without a stop in a field in which
    95 % of 40 or more have one. Also a text that ends with '...'. Titles and claims in lists are not looked at.
    """
    hits = Hits()
    for texts in _fields(subject).values():
        field = _Field(_limits(texts), _longest(texts), _stands_out(texts))
        for text in texts:
            if why := _why_cut(text.text, field):
                hits.add(text.where, f"'{text.id}', {text.field}, {why}: ends with {shown(text.text[-40:])}")
    message = (
        f"{many(hits.count, 'text looks', 'texts look')} cut off: {hits.first}. "
        "Export the whole text, without a limit on its length."
    )
    yield from hits.finding("text-truncated", "warning", message)


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
    """What a field shows as a whole: common limits that apply, the shared greatest length or 0, whether stops are "
    "usual.
    """

    limits: frozenset[int]
    longest: int
    alone: bool


def _unclosed(texts: list[Text]) -> Counter[int]:
    return Counter(len(text.text) for text in texts if not _closed(text.text))


def _limits(texts: list[Text]) -> frozenset[int]:
    sizes = _unclosed(texts)
    mostly = sizes.total() < len(texts) / 2
    return frozenset(limit for limit in LIMITS if mostly or sizes[limit] + sizes[limit - 1] >= TOGETHER)


def _longest(texts: list[Text]) -> int:
    sizes, longest = _unclosed(texts), max(len(text.text) for text in texts)
    return longest if sizes[longest] + sizes[longest - 1] >= TOGETHER else 0


def _stands_out(texts: list[Text]) -> bool:
    long = [text for text in texts if len(text.text) >= LONG]
    return len(long) >= 40 and sum(_closed(text.text) for text in long) >= CLOSED * len(long)


def _why_cut(text: str, field: _Field) -> str:
    size = len(text)
    if _CUT.search(text) and size > 40:
        return "with dots at its end"
    if _closed(text) or size < LONG:
        return ""
    if {size, size + 1} & field.limits:
        return f"{size:,} characters, a common limit"
    if field.longest and field.longest - 1 <= size:
        return f"{size:,} characters, as the other longest ones"
    return "without a stop, unlike nearly all others" if field.alone else ""


def _closed(text: str) -> bool:
    return bool(_CLOSED.search(text[-10:]))
