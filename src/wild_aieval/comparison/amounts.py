"""What is shown of a difference: which system is the better one, and numbers with the digits that a reader needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wild_aieval.metrics.headline import PER_HUNDRED

_SHARES = r".+\.(first_guess|three_guesses)\.(any|main)|recall_\d+|judged_\d+|.+_kept|.+_rate"
_DECIMALS = {"share": 1, "score": 1, "ratio": 3}


def kind(measure: str) -> str:
    """What a difference is told in: percentage points of a share, points of a score out of 100, or a plain ratio."""
    if measure in PER_HUNDRED:
        return "score"
    return "share" if re.fullmatch(_SHARES, measure) else "ratio"


def better_first(group: Mapping[str, Any], pair: Mapping[str, Any]) -> tuple[str, str]:
    """The pair by its scores, the better one first; as it stands where they are equal."""
    if pair["effect"] == 0 or (pair["effect"] > 0) != group["lower_is_better"]:
        return pair["one"], pair["other"]
    return pair["other"], pair["one"]


def difference(group: Mapping[str, Any], pair: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """By how much the better one is better, and the interval of that; more digits where it would be shown as 0."""
    effect, low, high = pair["effect"], pair["low"], pair["high"]
    if effect < 0:
        effect, low, high = -effect, -high, -low
    what = kind(group["measure"])
    factor, decimals = 100 if what == "share" else 1, _DECIMALS[what]
    while effect > 0 and _rounded(factor * effect, decimals) == 0 and decimals < _DECIMALS[what] + 2:
        decimals += 1
    return _rounded(factor * effect, decimals), _rounded(factor * low, decimals), _rounded(factor * high, decimals)


def score(group: Mapping[str, Any], value: float) -> Decimal:
    """The value of one system, as tables show it."""
    return _rounded(value, 1 if kind(group["measure"]) == "score" else 3)


def rounded_up(count: int) -> int:
    """To two significant digits: never fewer than are needed."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step


def _rounded(number: float, decimals: int) -> Decimal:
    """Rounded as Python formats it; no zero with a minus sign."""
    return Decimal(f"{number:.{decimals}f}") + 0
