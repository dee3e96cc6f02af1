"""The main job on real patent data: import, run, compare, and hold the figures against references.

    python tests/end_to_end/real_data.py --work FOLDER [--data FOLDER] [--page docs/results.md]

``--data`` is the collection described in docs/results.md (default: $WILD_AIEVAL_REAL_DATA or ../shared/data). The
data are read in place; imported benchmarks and runs go to ``--work``, outside the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
US_COLUMNS = ["--column", "text=abstract", "--column", "symbols=codes", "--column", "date=publication_date"]
US_GRANTS = [
    "classification/us_grants_ipc_2006_2012.jsonl", "--task", "classification", *US_COLUMNS, "--skip-bad",
]  # fmt: skip
CLAIM_COLUMNS = ["--column", "source=en", "--column", "target=de", "--column", "cluster=doc"]
TITLE_COLUMNS = ["--column", "id=symbol", "--column", "source=en", "--column", "target=es"]

IMPORTS = {
    "us-grants": [*US_GRANTS, "--train-until", "2010-12-31"],
    **{
        f"us-grants-2012-{level}": [*US_GRANTS, "--train-until", "2011-12-31", "--level", level]
        for level in ("section", "class", "subclass")
    },
    "ipc-titles-en-es": [
        "translation/ipc_titles_en_es.jsonl", "--task", "translation", *TITLE_COLUMNS,
        "--source-language", "en", "--target-language", "es",
    ],
    "ep-claims-en-de": [
        "translation/ep_claims_en_de_fr.jsonl", "--task", "translation", *CLAIM_COLUMNS,
        "--source-language", "en", "--target-language", "de",
    ],
    "us-citations": ["search/us_citations", "--task", "search", "--format", "beir"],
}  # fmt: skip

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
    default = os.environ.get("WILD_AIEVAL_REAL_DATA", str(REPOSITORY.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="write the table as Markdown to this file")
    arguments = parser.parse_args()
    results = perform(arguments.data, arguments.work)
    comparisons = compared(arguments.work)
    faults = off(results)
    if arguments.page:
        from results_page import render

        arguments.page.write_text(render(results, comparisons, REFERENCES), encoding="utf-8")
    print("\n".join(faults) or f"all {len(REFERENCES)} figures agree with their references")
    return 1 if faults else 0


def perform(data: Path, work: Path) -> list[dict[str, Any]]:
    """Import every benchmark, run every candidate; returns the results of all summaries."""
    root = work / "benchmarks"
    for name, (source, *options) in IMPORTS.items():
        target = root / options[1] / name
        shutil.rmtree(target, ignore_errors=True)
        _harness(
            work,
            "benchmark",
            "import",
            str(data / source),
            "--confidentiality",
            "open",
            "--name",
            name,
            "--to",
            str(root),
            *options,
        )
    results = []
    for number, (models, benchmark) in enumerate(RUNS):
        sweep = work / "runs" / f"real-{number}"
        shutil.rmtree(sweep, ignore_errors=True)
        _harness(
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
        _harness(work, "compare", str(work / "runs" / f"real-{number}"), "--out", str(out))
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


def _harness(work: Path, *arguments: str) -> None:
    paths = os.pathsep.join([str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"WILD_AIEVAL_RUNS": str(work / "runs"), "PYTHONPATH": paths}
    environment.pop("OMP_NUM_THREADS", None)  # the candidates may use every core
    command = [sys.executable, "-m", "wild_aieval", *arguments]
    print("$ python -m wild_aieval", *arguments, flush=True)
    subprocess.run(command, check=True, env=environment, cwd=work)


if __name__ == "__main__":
    sys.exit(main())
