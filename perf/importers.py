"""MB and publications per CPU second of each format of offices, read from files; medians of five rounds.

    python perf/importers.py [FOLDER]

FOLDER holds files as offices send them; without it, the small samples of the tests, which show overhead only.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from wild_aieval.benchmarks.office.read import read
from wild_aieval.benchmarks.office.report import Report

SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "office" / "samples"
ENOUGH = 8_000_000
ROUNDS = 5


def by_format(folder: Path) -> dict[str, list[Path]]:
    """Files that give publications, by the format that gives them."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        report = Report()
        for _ in read(path, report):
            pass
        if report.total.taken:
            found[report.total.taken.most_common(1)[0][0]].append(path)
    return found


def weekly(paths: list[Path], place: Path) -> int:
    """A file in which the documents follow each other until there are enough bytes; its size."""
    documents = [path.read_bytes() for path in paths]
    size = 0
    with place.open("wb") as file:
        while size < ENOUGH:
            for document in documents:
                size += file.write(document + b"\n")
    return size


def measure(place: Path) -> tuple[int, float]:
    """Publications and CPU seconds."""
    start = time.process_time()
    count = sum(1 for _ in read(place, Report()))
    return count, time.process_time() - start


def main() -> None:
    """One row per format."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    print(f"{'format':28} {'files':>5} {'MB':>6} {'publications':>12} {'MB/s':>7} {'publications/s':>15}")
    with tempfile.TemporaryDirectory() as work:
        place = Path(work) / "week"
        for name, paths in sorted(by_format(folder).items()):
            size = weekly(paths, place)
            rounds = [measure(place) for _ in range(ROUNDS)]
            seconds = statistics.median(time for _, time in rounds)
            count = rounds[0][0]
            rates = f"{size / seconds / 1e6:7.1f} {count / seconds:15,.0f}"
            print(f"{name:28} {len(paths):5} {size / 1e6:6.1f} {count:12,} {rates}")


if __name__ == "__main__":
    main()
