"""Messages of candidates, which may repeat what they were asked: cut, before anybody outside reads them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from wild_aieval.confidentiality import Rules
from wild_aieval.errors import UserError, no_room

CUT = "[…]"
_RUN = 4  # words in a row that tell a quotation from chance
_LONGEST = 60  # characters of a name
# Sixty signs without a blank that are neither a path nor an address: base64, a line of JSON.
_SIGNS = re.compile(r"(?<![^\s])(?!/|~|https?://)[^\s…]{60,}")
# A word; of scripts without blanks each sign by itself.
_WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+"
)
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+([nrt\"/])")


@contextmanager
def quiet(rules: Rules, texts: Callable[[], Iterable[str]]) -> Iterator[None]:
    """While a candidate is at work on a benchmark: what it raises quotes nothing that must not leave.

    A UserError keeps its text without runs of words from ``texts``. Of any other error only the kind and the place in
    the code are left, for nothing is known about its text.
    """
    try:
        yield
    except UserError as error:
        if rules.texts:
            raise
        raise type(error)(unquoted(str(error), texts())) from None
    except Exception as error:
        if rules.texts or no_room(error, alone=True):  # a full disk has its own words and its own remedy
            raise
        raise WithheldError(type(error).__name__).with_traceback(error.__traceback__) from None


class WithheldError(RuntimeError):
    """An error whose text is not shown."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind}; what it says is not shown, because the benchmark is guarded and it may quote a text")


def unquoted(message: str, texts: Iterable[str]) -> str:
    """The message with ``[…]`` for every run of four words that one of the texts holds, and for very long signs.

    Escapes of JSON, HTML and addresses are undone first, so that they hide nothing.
    """
    plain = _SIGNS.sub(CUT, decoded(message))
    words = list(_WORD.finditer(plain))
    if len(words) < _RUN:
        return plain
    runs: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(words) - _RUN + 1):
        run = tuple(word[0].casefold() for word in words[place : place + _RUN])
        runs.setdefault(run, []).append(place)
    firsts = {run[0] for run in runs}
    quoted: set[int] = set()
    for text in texts:
        for run in _runs(text, firsts):
            quoted.update(place for place in runs.get(run, ()))
    return _without(plain, words, {place + step for place in quoted for step in range(_RUN)})


def named(value: Any) -> str:
    """A value as a message about a file may name it: in quotes; by its length where it may be a text."""
    text = value if isinstance(value, str) else repr(value)
    words = sum(1 for _ in zip(_WORD.finditer(text), range(_RUN), strict=False))
    return repr(value) if words < _RUN and len(text) < _LONGEST else f"a text of {len(text):,} characters"


def decoded(message: str) -> str:
    """Without the escapes of JSON, HTML and addresses."""
    signs = {"n": "\n", "r": "\r", "t": "\t"}
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else signs.get(found[2], found[2]), message)
    plain = unquote(html.unescape(plain), errors="replace")
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def strings(value: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from strings(part)


def _runs(text: str, firsts: set[str]) -> Iterator[tuple[str, ...]]:
    words = [found.casefold() for found in _WORD.findall(text)]
    for place in range(len(words) - _RUN + 1):
        if words[place] in firsts:
            yield tuple(words[place : place + _RUN])


def _without(plain: str, words: list[re.Match[str]], gone: set[int]) -> str:
    parts, kept = [], 0
    for place in sorted(gone):
        word = words[place]
        if place - 1 in gone:
            kept = word.end()
            continue
        parts += [plain[kept : word.start()], CUT]
        kept = word.end()
    return "".join([*parts, plain[kept:]])
