"""Reading answers of chat models, strictly: symbols and translations. The formats stand in ``prompting``."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple

from wild_aieval.standards import ipc

Scored = list[tuple[str, float]]
NO_SCORE = 0.0

_THINKING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*?)\n?```\Z", re.DOTALL)
_BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
_WRAPPING = "*`\"'"
_START = re.compile(
    r"\A[*`\"']*(?P<symbol>[A-HY](?:\d{2}(?:[A-Z](?:\s*\d{1,4}/\d{2,6})?)?)?)[*`\"']*"
    r"(?:\Z|\s*\n|\s*[:;](?=\s)|\.(?=\s|\Z)|\s+[-–—](?=\s)|\s+\()"
)
_MENTIONED = re.compile(r"\b(?:[A-HY]\d{2}(?:[A-Z](?:\s*\d{1,4}/\d{2,6})?)?|[B-HY]|A(?! [a-z]))(?![\w/-])")
_FORMATS = "expected JSON, one symbol per line, or one symbol at the start"


class Unreadable(NamedTuple):
    """Why an answer cannot be read."""

    fault: str


def symbols(text: str) -> Scored | Unreadable:
    """Distinct symbols with scores, best first."""
    try:
        found = _symbols(_bare(text))
    except ValueError as fault:
        return Unreadable(f"the answer cannot be read: {fault}")
    best: dict[str, float] = {}
    for symbol, score in sorted(found, key=lambda pair: -pair[1]):
        best.setdefault(symbol, score)
    return list(best.items())


def translation(text: str, form: Literal["text", "json"]) -> str | Unreadable:
    """The translated text of an answer."""
    try:
        bare = _bare(text)
        found = bare if form == "text" else _translation_of(_parsed(bare))
    except ValueError as fault:
        return Unreadable(f"the answer cannot be read: {fault}")
    return found.strip() or Unreadable("the answer is empty")


def _bare(text: str) -> str:
    """The answer without what the model thought before it."""
    bare = _THINKING.sub("", text).strip()
    if bare.startswith("<think>"):
        raise ValueError("it stops within <think>, before any answer; give the model more tokens")
    return bare


def _symbols(text: str) -> Scored:
    if not text:
        raise ValueError("it is empty")
    fenced = _FENCE.match(text)
    inside = fenced[1].strip() if fenced else text
    if inside[:1] in ("{", "[", '"'):
        return _of_json(_parsed(inside))
    return _by_line(inside) or [(_at_start(inside), NO_SCORE)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one key nobody knows which one is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _parsed(text: str) -> Any:
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced[1] if fenced else text, parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except ValueError as fault:
        raise ValueError(f"its JSON is broken ({fault})") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _of_json(data: Any) -> Scored:
    if isinstance(data, dict) and set(data) == {"symbols"}:
        data = data["symbols"]
    entries = data if isinstance(data, list) else [data]
    if not entries:
        raise ValueError("it lists no symbol")
    found = [_entry(entry) for entry in entries]
    if len({score is None for _, score in found}) > 1:
        raise ValueError("some symbols have a score and some have none")
    return [(symbol, NO_SCORE if score is None else score) for symbol, score in found]


def _entry(entry: Any) -> tuple[str, float | None]:
    if isinstance(entry, str):
        return _symbol(entry), None
    if not isinstance(entry, dict) or "symbol" not in entry or set(entry) - {"symbol", "score"}:
        raise ValueError("its JSON holds something else than symbols, or objects with 'symbol' and 'score'")
    score = entry.get("score")
    if score is None:
        return _symbol(entry["symbol"]), None
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise ValueError(f"the score {str(score)[:40]!r} is no number from 0 to 1")
    return _symbol(entry["symbol"]), float(score)


def _symbol(text: Any) -> str:
    found = ipc.parse_symbol(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{str(text)[:60]!r} is no classification symbol")
    return found


def _by_line(text: str) -> Scored:
    """One symbol per line; empty where any line is something else."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [ipc.parse_symbol(_BULLET.sub("", line).strip(_WRAPPING)) for line in lines]
    return [(symbol, NO_SCORE) for symbol in found if symbol] if all(found) else []


def _at_start(text: str) -> str:
    match = _START.match(text)
    if match is None:
        raise ValueError(_FORMATS)
    symbol = _symbol(match["symbol"])
    for other in _MENTIONED.findall(text[match.end("symbol") :]):
        if not symbol.startswith(_symbol(other)):
            raise ValueError(f"it begins with '{symbol}' and then names '{other}' too; {_FORMATS}")
    return symbol


def _translation_of(data: Any) -> str:
    if not isinstance(data, dict) or not isinstance(data.get("translation"), str):
        raise ValueError("its JSON is no object with the text 'translation'")
    return str(data["translation"])
