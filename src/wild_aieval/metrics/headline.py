"""Which measures stand for a result, in tables, figures, slices and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Measures = Mapping[str, Mapping[str, Any]]
LOWER_IS_BETTER = ("ter", "invalid_symbol_rate", "date_violation_rate")
PER_HUNDRED = ("bleu", "chrf2pp", "ter")
_LEVELS = ("subgroup", "main_group", "subclass", "class", "section")


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


def _value(measures: Measures, name: str) -> float | None:
    value: float | None = measures.get(name, {}).get("value")
    return value
