"""Which measures stand for a result in tables and figures, and how a figure is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Measures = Mapping[str, Mapping[str, Any]]
NOT_MEASURED = "not measured"
_LEVELS = ("subgroup", "main_group", "subclass", "class", "section")
_PERCENT_FREE = ("bleu", "chrf2pp", "ter")


def headline(task: str, measures: Measures) -> list[str]:
    """Up to four measure names, the first being the one to compare by."""
    if task == "translation":
        return ["chrf2pp", "bleu", "numbers_kept", "terms_kept"]
    if task == "search":
        depth = max((int(name.split("_")[1]) for name in measures if name.startswith("recall_")), default=10)
        return ["recall_10", f"recall_{depth}", "ndcg_10", *[name for name in measures if name.startswith("pres_")]]
    level = next(level for level in _LEVELS if f"{level}.first_guess.any" in measures)
    variant = "main" if _value(measures, f"{level}.first_guess.main") is not None else "any"
    f1 = "main" if variant == "main" else "three"
    return [
        f"{level}.first_guess.{variant}",
        f"{level}.three_guesses.{variant}",
        f"{level}.macro_f1.{f1}",
        "invalid_symbol_rate",
    ]


def written(name: str, measure: Mapping[str, Any] | None) -> str:
    """A value with its interval: 0.512 [0.44, 0.58], or in sacreBLEU's units 41.3 [39.9, 42.8]."""
    if measure is None or measure["value"] is None:
        return NOT_MEASURED
    if name in _PERCENT_FREE:
        return f"{measure['value']:.1f} [{measure['low']:.1f}, {measure['high']:.1f}]"
    return f"{measure['value']:.3f} [{measure['low']:.2f}, {measure['high']:.2f}]"


def _value(measures: Measures, name: str) -> float | None:
    value: float | None = measures.get(name, {}).get("value")
    return value
