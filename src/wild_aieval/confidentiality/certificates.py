"""Certificates as they may be shown: without what stands for single calibration items.

The file ``certificates.json`` itself keeps the scores of the calibration items, against which later batches are held,
and stays in the office.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wild_aieval import confidentiality
from wild_aieval.confidentiality import cells
from wild_aieval.confidentiality.cells import WITHHELD

Data = Mapping[str, Any]


def shown(content: Data) -> dict[str, Any]:
    """The content of ``certificates.json`` for pages and the screen; evidence names the class of its benchmark."""
    classes = {one["benchmark"]: confidentiality.of(one.get("confidentiality")) for one in content["evidence"]}

    def cut(what: Callable[[Data, int], dict[str, Any]], one: Data, benchmark: str) -> dict[str, Any]:
        rules = classes.get(benchmark, confidentiality.of())
        return dict(one) if rules.rows else what(one, rules.smallest)

    certificates = [cut(_certificate, one, one["population"]["benchmark"]) for one in content["certificates"]]
    evidence = [cut(_evidence, one, one["benchmark"]) for one in content["evidence"]]
    return {**content, "certificates": certificates, "evidence": evidence}


def _certificate(entry: Data, smallest: int) -> dict[str, Any]:
    """Scores go; so do steps on few items, and steps that lie few items apart."""
    steps = entry.get("ladder") or []
    found = {**entry, "ladder": _apart(steps, smallest) if entry["kind"] == "threshold" else list(steps)}
    found |= {"scores": []} if "scores" in entry else {}
    dates = entry["population"].get("dates")
    years = [str(day)[:4] for day in dates] if dates else None  # the days belong to the first and the last item
    found["population"] = {**entry["population"], "dates": years}
    for day in dates or ():
        found["statement"] = found["statement"].replace(f"{day}", str(day)[:4])
    return found | {WITHHELD: smallest}


def _evidence(one: Data, smallest: int) -> dict[str, Any]:
    found = dict(one)
    if curve := one.get("curve"):
        found["curve"] = _apart([{**point, "n": round(point["coverage"] * one["n"])} for point in curve], smallest)
    if matrix := one.get("transfer"):
        rows = [{**row, "cells": [_cell(cell, smallest) for cell in row["cells"]]} for row in matrix["rows"]]
        found["transfer"] = {**matrix, "rows": rows}
    return found


def _cell(cell: Data, smallest: int) -> dict[str, Any]:
    """A cell on few items says nothing."""
    if not cells.small(cell["n"], smallest):
        return dict(cell)
    gone = {"n": 0, "k": 0, "cp_lo": 0.0, "cp_hi": 1.0, "lower": 0.0, "coverage": None, "shift_p": None}
    return {**cell, **gone, "verdict": WITHHELD, "red": False}


def _apart(steps: list[Any], smallest: int) -> list[Any]:
    """Steps of which each rests on so many items, and on so many more than the one before."""
    kept: list[Any] = []
    last = 0
    for step in sorted(steps, key=lambda step: step["n"] or 0):
        n = step["n"] or 0
        if n - last >= smallest:
            kept.append(step)
            last = n
    order = {id(step): place for place, step in enumerate(steps)}
    return sorted(kept, key=lambda step: order[id(step)])
