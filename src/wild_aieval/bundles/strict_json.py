"""JSON from elsewhere, read so that every program finds the same in it: each name once, numbers that are finite."""

from __future__ import annotations

import json
import math
from typing import Any

_LONGEST_NUMBER = 40


def loads(raw: bytes) -> Any:
    """The content; ValueError for a name that is there twice, NaN, Infinity and numbers beyond every measure."""
    return json.loads(
        raw, parse_constant=_refused, parse_float=_finite, parse_int=_whole, object_pairs_hook=_each_name_once
    )


def _refused(text: str) -> Any:
    raise ValueError(f"'{text}' is no number that was measured")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:_LONGEST_NUMBER]} is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a whole number has {len(text):,} digits")
    return int(text)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)[:_LONGEST_NUMBER]}' is there twice")
    return found
