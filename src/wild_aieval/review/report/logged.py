"""Decisions as plain data for whoever shows them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wild_aieval.review.report.material import Looked, Material
from wild_aieval.review.report.reviews import Review


def decisions(materials: Iterable[Material]) -> dict[str, list[dict[str, Any]]]:
    """By benchmark: each item that was decided on, with its decisions. Planted items are left out."""
    return {
        str(material.result.entry["benchmark"]): [_item(row) for row in material.looked if row.said.reviews]
        for material in materials
    }


def _item(row: Looked) -> dict[str, Any]:
    said = row.said
    apart = len({review.differs for review in said.reviews if review.decides}) > 1
    outcome = "open" if said.differs is None else "differs" if said.differs else "agrees"
    ruling = [_decision(said.ruling, "adjudicator")] if said.ruling else []
    return {
        "item_id": row.item.id,
        "apart": apart,
        "outcome": outcome,
        "decisions": [*(_decision(review, "reviewer") for review in said.reviews), *ruling],
    }


def _decision(review: Review, role: str) -> dict[str, Any]:
    return {
        "who": review.reviewer,
        "role": role,
        "decision": review.decision,
        "rationale": review.rationale,
        "mode": review.mode,
        "seq": review.seq,
        "ts": review.ts,
    }
