"""How a figure is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wild_aieval.metrics.headline import PER_HUNDRED

NOT_MEASURED, NO_INTERVAL, WITHHELD = "not measured", "no interval", "withheld"


def written(name: str, measure: Mapping[str, Any] | None) -> str:
    """A value with its interval: 0.512 [0.44, 0.58], or in sacreBLEU's units 41.3 [39.9, 42.8]."""
    if measure is None or measure["value"] is None:
        return WITHHELD if measure and measure.get(WITHHELD) else NOT_MEASURED
    places = 1 if name in PER_HUNDRED else 3
    return f"{measure['value']:.{places}f} [{interval(name, measure) or NO_INTERVAL}]"


def interval(name: str, measure: Mapping[str, Any] | None, between: str = ", ") -> str:
    """The bounds: 0.44, 0.58; empty where there are none."""
    if measure is None or measure["low"] is None or measure["high"] is None:
        return ""
    places = 1 if name in PER_HUNDRED else 2
    return f"{measure['low']:.{places}f}{between}{measure['high']:.{places}f}"
