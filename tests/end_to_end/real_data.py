"""The main job on real patent data: import, run, compare, and hold the figures against references.

    python tests/end_to_end/real_data.py --work FOLDER [--data FOLDER] [--page docs/results.md]

``--data`` is the collection described in docs/results.md (default: $WILD_AIEVAL_REAL_DATA or ../shared/data). The
data are read in place; imported benchmarks and runs go to ``--work``, outside the repository.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import DATA, bring_in, call, without_connections

RUNS = [
    ("majority,tfidf,minilm-knn,minilm", "classification/us-grants"),
    ("tfidf", "classification/us-grants-2012-*"),
    ("copy-source,apertium", "translation/ipc-titles-en-es"),
    ("copy-source", "translation/ep-claims-en-de"),
    ("random-ranking,bm25,minilm,hybrid", "search/us-citations"),
]


# Sweeps in which several candidates meet on one benchmark.
COMPARED = (0, 2, 4)


@dataclass(frozen=True)
class Reference:
    """A figure that was measured independently of this project, and how far from it a result may be."""

    benchmark: str
    model: str
    measure: str
    value: float
    tolerance: float


REFERENCES = [
    Reference("classification/us-grants-2012-section", "tfidf", "section.first_guess.any", 0.67, 0.03),
    Reference("classification/us-grants-2012-section", "tfidf", "section.three_guesses.any", 0.93, 0.03),
    Reference("classification/us-grants-2012-class", "tfidf", "class.first_guess.any", 0.54, 0.03),
    Reference("classification/us-grants-2012-class", "tfidf", "class.three_guesses.any", 0.75, 0.03),
    Reference("classification/us-grants-2012-subclass", "tfidf", "subclass.first_guess.any", 0.42, 0.03),
    Reference("classification/us-grants-2012-subclass", "tfidf", "subclass.three_guesses.any", 0.61, 0.03),
    Reference("search/us-citations", "bm25", "recall_10", 0.35, 0.03),
    Reference("search/us-citations", "bm25", "recall_100", 0.69, 0.06),
    Reference("search/us-citations", "bm25", "map_100", 0.21, 0.03),
]


def main() -> int:
    """Import, run, compare; returns 1 where a figure is off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="write the table as Markdown to this file")
    arguments = parser.parse_args()
    results = perform(arguments.data, arguments.work)
    comparisons = compared(arguments.work)
    faults = off(results)
    if arguments.page:
        from results_page import render

        page = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else ""
        kept = without_connections(page)[1]
        arguments.page.write_text(render(results, comparisons, REFERENCES) + kept, encoding="utf-8")
    print("\n".join(faults) or f"all {len(REFERENCES)} figures agree with their references")
    return 1 if faults else 0


def perform(data: Path, work: Path) -> list[dict[str, Any]]:
    """Import every benchmark, run every candidate; returns the results of all summaries."""
    root = bring_in(data, work)
    results = []
    for number, (models, benchmark) in enumerate(RUNS):
        sweep = work / "runs" / f"real-{number}"
        shutil.rmtree(sweep, ignore_errors=True)
        call(
            work, "--multirun", f"model={models}", f"benchmark={benchmark}", f"benchmark_roots=[{root}]",
            f"hydra.sweep.dir={sweep}", "skip_unavailable=true",
        )  # fmt: skip
        for path in sorted(sweep.glob("*/summary.json")):
            results.extend(json.loads(path.read_text(encoding="utf-8"))["results"])
    return results


def compared(work: Path) -> list[dict[str, Any]]:
    """Compare the candidates of each sweep; returns the benchmarks of all comparisons, with pairs and sentences."""
    groups = []
    for number in COMPARED:
        out = work / "runs" / f"comparison-{number}"
        call(work, "compare", str(work / "runs" / f"real-{number}"), "--out", str(out))
        groups += json.loads((out / "comparison.json").read_text(encoding="utf-8"))["benchmarks"]
    return groups


def off(results: list[dict[str, Any]]) -> list[str]:
    """One line per figure that is missing or too far from its reference."""
    found = {(result["benchmark"], result["model"]): result["measures"] for result in results}
    faults = []
    for reference in REFERENCES:
        measures = found.get((reference.benchmark, reference.model), {})
        value = measures.get(reference.measure, {}).get("value")
        if value is None or abs(value - reference.value) > reference.tolerance:
            faults.append(f"{reference}: found {value}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
