"""The report on reviews as it may be shown: without a mark for each audited item, and without small cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wild_aieval import confidentiality
from wild_aieval.confidentiality import cells
from wild_aieval.confidentiality.cells import WITHHELD

Data = Mapping[str, Any]
_LISTS = ("figures", "arms")


def shown(result: Data) -> dict[str, Any]:
    """One of ``results`` in ``review.json``."""
    rules = confidentiality.of(result.get("confidentiality"))
    if rules.rows:
        return dict(result)
    smallest = rules.smallest
    found = {**result, **{name: [_figure(one, smallest) for one in result[name]] for name in _LISTS}}
    by_reason = result["overrides_by_reason"]
    found["overrides_by_reason"] = {
        code: figure for code, figure in by_reason.items() if not cells.small(figure["n"], smallest)
    }
    found["reasons"] = [row for row in result["reasons"] if not cells.small(row["items"], smallest)]
    found["groups"] = _groups(result["groups"], smallest)
    found["confusion"] = None  # what two people said of a few items, by the names of labels
    found["alarm"] = {**result["alarm"], "times": [], "wrong": [], "evidence": []}
    return found | {WITHHELD: smallest}


def _figure(figure: Data, smallest: int) -> dict[str, Any]:
    if figure["value"] is None or not cells.small(figure["n"], smallest):
        return dict(figure)
    gone: dict[str, Any] = {"value": None, "low": None, "high": None, "k": None, "more": {}}
    return {**figure, **gone, "why": f"withheld: fewer than {smallest} items"}


def _groups(groups: list[Any], smallest: int) -> list[dict[str, Any]]:
    kept = []
    for kind in dict.fromkeys(group["by"] for group in groups):
        own = [group for group in groups if group["by"] == kind]
        chosen = cells.shown([group["n"] for group in own], sum(group["n"] for group in own), smallest)
        for group, keep in zip(own, chosen, strict=True):
            if keep:
                kept.append({**group, "figures": [_figure(figure, smallest) for figure in group["figures"]]})
    return kept
