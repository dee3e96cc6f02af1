"""The figures of a benchmark's card as they may be published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wild_aieval.confidentiality import Rules, cells

Data = Mapping[str, Any]
_EXTREMES = ("least", "greatest")


def shown(found: Data, rules: Rules) -> dict[str, Any]:
    """A description (see ``benchmarks.checks.describe``): where no rows may leave, without extremes and small cells."""
    if rules.rows:
        return dict(found)
    smallest = rules.smallest
    without: dict[str, Any] = _without_extremes(found)
    return {
        **without,
        "languages": _counted(found["languages"], smallest),
        "offices": _counted(found["offices"], smallest),
        "dates": {part: (first[:4], last[:4], n) for part, (first, last, n) in found["dates"].items()},
        "labels": {part: _labels(one, smallest) for part, one in without["labels"].items()},
        "judgments": _judgments(without["judgments"], smallest),
    }


def _without_extremes(value: Any) -> Any:
    """The longest text and its like belong to single items."""
    if isinstance(value, Mapping):
        return {key: None if key in _EXTREMES else _without_extremes(part) for key, part in value.items()}
    return value


def _counted(parts: Data, smallest: int) -> dict[str, dict[str, int]]:
    return {part: {name: n for name, n in counts.items() if n >= smallest} for part, counts in parts.items()}


def _labels(one: Data, smallest: int) -> dict[str, Any]:
    """Names of rare labels go; how many rare ones there are stays."""
    return {**one, "head": [(name, n) for name, n in one["head"] if n >= smallest]}


def _judgments(one: Data | None, smallest: int) -> dict[str, Any] | None:
    if one is None:
        return None
    return {**one, "grades": {grade: n for grade, n in one["grades"].items() if not cells.small(n, smallest)}}
