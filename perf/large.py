"""A corpus that does not fit: millions of documents indexed and searched by the ordinary command line in little memory.

    python perf/large.py --documents 5000000 --cases bm25 ivfpq --limit 8 [--place FOLDER] [--record FILE]

Invented documents (some 65 words by Zipf's law, topics, dates, families) are written as a benchmark, 3.7 GB for five
million. ``bm25`` has its index on disk; ``exact``, ``ivfpq`` and ``hnsw`` search vectors of 384 numbers that lie in
float16 in a mapped file. They are averages of MiniLM's own token vectors (a static model), for its network would take
days. ``bm25-again`` and ``ivfpq-again`` find what the first run kept. Each run is a process of its own under
``--limit`` GiB, page cache included, where control groups (version 1, as root) can be made; the disk needs some 12 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from invented import QUERIES, benchmark, static_model
from recording import record
from watching import Group, Seen, watched

NARROW = {f"{name}_NUM_THREADS": "2" for name in ("OMP", "OPENBLAS", "RAYON")}
DENSE = ("model=static", "model.name=static", "model.vectors=mapped")
CASES: dict[str, tuple[str, ...]] = {
    "bm25-memory": ("model=bm25",),
    "bm25": ("model=bm25", "model.store=disk"),
    "exact-memory": ("model=static", "model.name=static"),
    "exact": DENSE,
    "ivfpq": (*DENSE, "model.index=ivfpq"),
    "hnsw": (*DENSE, "model.index=hnsw"),
}


def run(root: Path, case: str, group: Group, options: list[str]) -> dict[str, float | str]:
    """One candidate; SystemExit with the end of what it said where it fails."""
    folder = root / "runs" / case
    shutil.rmtree(folder, ignore_errors=True)
    words = [
        sys.executable, "-m", "wild_aieval", *CASES[case.removesuffix("-again")], "benchmark=search/large",
        f"benchmark_roots=[{root / 'benchmarks'}]", f"hydra.run.dir={folder}", "progress=false", "tracking=none",
        *([f"model.path={root / 'model'}"] if "bm25" not in case else []), *options,
    ]  # fmt: skip
    environment = os.environ | NARROW | {"WILD_AIEVAL_RUNS": str(root / "results")}
    seen = watched(words, environment, group, {"read": folder / "runspec.json", "asked": folder / "journal.jsonl"})
    if seen.status:
        raise SystemExit(f"{case}: exit code {seen.status}\n{seen.said[-3000:]}")
    return _figures(folder, seen) | _kept(root / "results" / "cache")


def _figures(folder: Path, seen: Seen) -> dict[str, float | str]:
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["results"][0]
    with (folder / "journal.jsonl").open(encoding="utf-8") as stream:
        seconds = sorted(json.loads(line)["seconds"] for line in stream)
    begin, read, asked, end = (seen.moments[name] for name in ("begin", "read", "asked", "end"))
    found: dict[str, float | str] = {
        "peak of anonymous memory, MB": seen.anonymous,
        "peak of resident memory with mapped files, MB": seen.resident,
        "limit of the control group, MB": seen.limit,
        "highest use of the group with page cache, MB": seen.highest,
        "seconds until the benchmark was read and checked": read.wall - begin.wall,
        "CPU seconds of that": read.cpu - begin.cpu,
        "seconds from there to the first answers": asked.wall - read.wall,
        "CPU seconds of these": asked.cpu - read.cpu,
        "seconds of the run": end.wall - begin.wall,
        "CPU seconds of the run": end.cpu - begin.cpu,
        "queries": float(len(seconds)),
        "ms a query, median": 1000 * seconds[len(seconds) // 2],
    }
    measures = summary["measures"]
    found |= {name: measures[name]["value"] for name in ("recall_10", "recall_100") if name in measures}
    for number, line in enumerate(line for line in seen.said.splitlines() if "recall@" in line):
        found[f"said {number + 1}"] = line.strip()
    return found


def _kept(cache: Path) -> dict[str, float]:
    """What lies in the cache afterwards, by kind of file."""
    sizes: dict[str, float] = {}
    for file in cache.rglob("*"):
        if file.is_file():
            name = f"kept, {file.suffix.lstrip('.') or file.name}, MB"
            sizes[name] = sizes.get(name, 0.0) + file.stat().st_size / 1e6
    return sizes


def main() -> None:
    """Make the benchmark, run the cases, print and record."""
    given = _parser().parse_args()
    root = Path(given.place or tempfile.gettempdir()) / f"large-{given.documents}-{given.queries}"
    figures: dict[str, Any] = {}
    try:
        if not (root / "model").is_dir():  # else it was left there by --keep
            benchmark(root / "benchmarks" / "search" / "large", given.documents, given.queries)
            static_model(root / "model")
        for case in given.cases:
            with Group(given.limit) as group:
                found = run(root, case, group, given.options or [])
            print(f"{case}, {given.documents:,} documents", flush=True)
            for name, value in found.items():
                print(f"  {name:52} {value if isinstance(value, str) else f'{value:,.3f}'}", flush=True)
                rounded = value if isinstance(value, str) else round(value, 3)
                figures[f"{case}, {given.documents:,} documents: {name}"] = rounded
            if given.record:
                _record(given, figures)
    finally:
        if not given.keep:
            shutil.rmtree(root, ignore_errors=True)


def _record(given: argparse.Namespace, figures: dict[str, Any]) -> None:
    what = "A search corpus that does not fit into memory: what indexing and searching it take."
    cases = " ".join(given.cases)
    record(given.record, what, f"python perf/large.py --documents {given.documents} --cases {cases} --limit 8", figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=QUERIES)
    names = [*CASES, *(f"{name}-again" for name in CASES)]
    parser.add_argument("--cases", nargs="+", choices=names, default=["bm25", "ivfpq"])
    parser.add_argument("--limit", type=float, default=8.0, help="GiB of memory for a run, page cache included")
    parser.add_argument("--place", help="make the scratch folder there (default: that of the system)")
    parser.add_argument("--keep", action="store_true", help="leave the scratch folder, and use it the next time")
    parser.add_argument("--record", type=Path, help="write the figures to this file")
    parser.add_argument("--options", nargs="+", help="more of the command line")
    return parser


if __name__ == "__main__":
    main()
