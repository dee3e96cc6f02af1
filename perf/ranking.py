"""Ranking measures: PRES, nDCG, recall and mean average precision beside ranx, ir_measures and a loop in Python.

python perf/ranking.py
"""

from __future__ import annotations

import json
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
from measuring import Sheet, arguments, command, function, peer
from rankers import CASES, DEPTH

from wild_aieval.metrics import ranking

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
HERE = Path(__file__).resolve().parent
OWN = ("harness", "plain")


def measured(options: Namespace, queries: int, rounds: int) -> dict[str, dict[str, Any]]:
    """Figures of each case that can run here."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            python = sys.executable if case in OWN else peer(options, "ranking")
            if python:
                file = Path(folder) / f"{case}.json"
                spent = command(
                    [python, str(HERE / "rankers.py"), case, str(file), str(queries), str(rounds)], ONE_THREAD
                )
                print(f"  {case}: {spent.cpu:.1f} s CPU", file=sys.stderr, flush=True)
                found[case] = json.loads(file.read_text(encoding="utf-8"))
    return found


def same_values(found: dict[str, dict[str, Any]]) -> None:
    """All tools say the same to six decimals, and the loop in Python the same to twelve."""
    ours = found["harness"]["means"]["path"]
    for case, figures in found.items():
        for means in figures["means"].values():
            for name, value in means.items():
                if abs(value - ours[name]) > (1e-12 if case in OWN else 5e-7):
                    raise SystemExit(f"{name}: {value} by {case}, {ours[name]} by the harness")


def many_queries(sheet: Sheet, queries: int, rounds: int) -> None:
    """Measures on arrays of many queries."""
    chance = np.random.default_rng(2)
    grades = np.where(chance.random((queries, DEPTH)) < 0.02, chance.integers(1, 4, (queries, DEPTH)), -1.0)
    grades[:, 0] = 1.0
    ideal = -np.sort(-np.maximum(grades, 0.0), axis=1)[:, :100]
    relevant = (ideal > 0).sum(axis=1).astype(np.float64)

    def work() -> None:
        ranking.recall(grades, relevant, 100)
        ranking.ndcg(grades, ideal, 100)
        ranking.average_precision(grades, relevant, DEPTH)
        ranking.pres(grades, relevant, DEPTH)

    spent = [function(work).cpu for _ in range(rounds)]
    sheet.add(f"{queries:,} queries of {DEPTH:,} hits: the four measures on arrays", spent, "CPU s")


def main() -> None:
    """Measure and record."""
    options = arguments((__doc__ or "").splitlines()[0], queries=1_000)
    sheet = Sheet(
        "ranking",
        "Recall and nDCG at 100, mean average precision and PRES at 1,000, for rankings of 1,000 hits: the measures "
        "alone on what a tool keeps in memory, and the whole way from pairs of id and score.",
    )
    queries, rounds = (50, 1) if options.smoke else (options.queries, 5)
    found = measured(options, queries, rounds)
    same_values(found)
    many_queries(sheet, 200 if options.smoke else 10_000, rounds)
    goals: dict[tuple[str, str], dict[str, float]] = {
        ("measures", "ranx"): {"at_least": 1.0},
        ("measures", "plain"): {"at_least": 20.0},
    }
    names = {"plain": "Python, query by query", "ranx": "ranx, compiled before"}
    for kind, what in (("measures", "the measures alone"), ("path", "from answers to measures")):
        for case, figures in found.items():
            if kind in figures:
                each = [spent / queries * 1e6 for spent in figures[kind]]
                sheet.add(f"{what}: {names.get(case, case)}", each, "µs a query")
        for case, figures in found.items():
            if case != "harness" and kind in figures:
                share = [theirs / ours for theirs, ours in zip(figures[kind], found["harness"][kind], strict=True)]
                sheet.add(f"{what}: {names.get(case, case)} / harness", share, "ratio", **goals.get((kind, case), {}))
    if "ranx" in found:
        sheet.add("ranx: to import, to make its arrays and to compile", found["ranx"]["ready"], "CPU s")
        sheet.remark("ranx and ir_measures compute no PRES.")
    sheet.remark(
        "All values are equal to six decimals, those of the loop in Python to twelve. The way from answers to measures "
        "is mostly a look-up of each id among 75,000 documents, for the harness alone knows their dates and families."
    )
    sheet.write(options)


if __name__ == "__main__":
    main()
