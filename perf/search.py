"""Search: BM25 and exact dense search beside the quickest libraries and matrix products called by hand.

python perf/search.py                         75,000 texts, three rounds
python perf/search.py --large 1000000 ...     a million texts too, one round; stored rows of it are kept otherwise
"""

from __future__ import annotations

import json
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from measuring import Row, Sheet, Spent, arguments, command, interleaved, peer
from searchers import DENSE, LEXICAL, prepare

GOAL = 1.1
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")}
HERE = Path(__file__).resolve().parent
OURS = {"bm25": LEXICAL, "dense": DENSE}
Figures = dict[str, list[dict[str, Any]]]


def measured(options: Namespace, documents: int, queries: int, rounds: int) -> Figures:
    """Figures of each case that can run here, round by round."""
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare(place, documents, queries)
        python = peer(options, "ranking")

        def case(name: str, interpreter: str) -> Callable[[], Spent]:
            def once() -> Spent:
                spent = command([interpreter, str(HERE / "searchers.py"), name, folder], ONE_THREAD)
                found.setdefault(name, []).append(json.loads((place / f"{name}.json").read_text(encoding="utf-8")))
                return spent

            return once

        cases = {}
        for own, group in OURS.items():
            chosen = [(name, sys.executable if name == own else python) for name in group]
            cases |= {name: case(name, interpreter) for name, interpreter in chosen if interpreter}
        interleaved(cases, rounds)
    return found


def compared(sheet: Sheet, found: Figures, documents: int) -> None:
    """Rows of one size."""
    size = f"{documents:,} texts"
    kinds = {"short": "BM25, queries of 10 words", "long": "BM25, queries of 400 words", "dense": "dense, 384 numbers"}
    for kind, what in kinds.items():
        own = "dense" if kind == "dense" else "bm25"
        others = [name for name in OURS[own] if name != own and name in found]
        ours = [figures[kind] for figures in found[own]]
        sheet.add(f"{size}: {what}", [1 / value for value in ours], "queries per CPU second")
        for name in others:
            sheet.add(f"{size}: {what}: {name}", [1 / one[kind] for one in found[name]], "queries per CPU second")
        if others:
            best = [min(found[name][number][kind] for name in others) for number in range(len(ours))]
            share = [one / other for one, other in zip(ours, best, strict=True)]
            sheet.add(f"{size}: {what}: CPU of a query / quickest of these", share, "ratio", at_most=GOAL)
    share = [figures["dated"] / figures["short"] for figures in found["bm25"]]
    sheet.add(f"{size}: BM25 with a date for each query / without", share, "ratio")
    for name, rounds in found.items():
        note = f"and {rounds[0]['start']:.1f} s to compile" if name == "bm25s-numba" else ""
        sheet.add(f"{size}: {name}: index", [one["index"] for one in rounds], "CPU s", note=note)
    for name, rounds in found.items():
        sheet.add(f"{size}: {name}: peak of memory", [one["peak"] for one in rounds], "MB")


def same_answers(found: Figures) -> None:
    """Ours and the libraries' best ten have the same scores; a searcher that finds less would be quicker."""
    for own, other, tolerance in (("bm25", "bm25s", 1e-4), ("dense", "numpy-float32", 1e-4)):
        if other in found:
            ours, theirs = (_scores(found[name][0]["answers"]) for name in (own, other))
            if not np.allclose(ours, theirs, rtol=tolerance):
                raise SystemExit(f"{own} and {other} find different documents")


def _scores(answers: list[list[Any]]) -> list[list[float]]:
    return [[score for _, score in hits] for hits in answers]


def kept(options: Namespace, sheet: Sheet) -> None:
    """Rows and remarks of a million texts that were stored before."""
    if options.record and options.record.is_file():
        stored: Mapping[str, Any] = json.loads(options.record.read_text(encoding="utf-8"))
        sheet.rows.extend(Row(**row) for row in stored["rows"] if row["what"].startswith("1,000,000"))
        sheet.remarks.extend(remark for remark in stored["remarks"] if remark.startswith("A million"))


def main() -> None:
    """Measure and record."""
    options = arguments((__doc__ or "").splitlines()[0], documents=75_000, large=0)
    sheet = Sheet(
        "search",
        "Index and answer on one thread: texts of 30 words on average whose words follow Zipf's law, 100 hits a query, "
        "each as id and score, 32 queries at a time. Dense search is exact: every document is compared.",
    )
    documents, rounds = (2_000, 1) if options.smoke else (options.documents, 3)
    found = measured(options, documents, 64 if options.smoke else 512, rounds)
    same_answers(found)
    compared(sheet, found, documents)
    sheet.remark(
        "By torch in bfloat16 the product is rounded and so are its rankings; ours is exact: candidates are taken from "
        "such a product within a proven bound of its error and computed again in float64. tantivy knows no stop words."
    )
    if options.large:
        found = measured(options, options.large, 128, 1)
        same_answers(found)
        compared(sheet, found, options.large)
        sheet.remark("A million texts: one round, by python perf/search.py --large 1000000.")
    else:
        kept(options, sheet)
    sheet.write(options)


if __name__ == "__main__":
    main()
