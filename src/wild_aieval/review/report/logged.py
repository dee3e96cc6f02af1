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


def outcomes(materials: Iterable[Material]) -> list[dict[str, Any]]:
    """What people hold to be wrong, one row per person, as 'certify --outcomes' reads it.

    An adjudicator's word stands for all. Left out: planted items, who could not decide, and answers from MLflow, where
    nothing was hidden.
    """
    found = []
    for material in materials:
        for row in material.looked:
            for review in [row.said.ruling] if row.said.ruling else row.said.reviews:
                if review.decides and not review.via:
                    place = {"benchmark": str(material.result.entry["benchmark"]), "item_id": row.item.id}
                    found.append(place | {"wrong": review.differs, "reviewer": review.reviewer})
    return found


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
