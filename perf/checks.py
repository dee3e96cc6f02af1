"""What ``benchmark check`` costs, and how often the check of languages is wrong, on real texts.

    python perf/checks.py DATA [ROWS]

DATA is the folder of real patent data; so many ROWS (20,000) of abstracts, each with a number of its own, are checked
for the time.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from wild_aieval.benchmarks.checks.run import check
from wild_aieval.standards.identification import LETTERS, other_language

SOURCES = {
    "classification/us_grants_ipc_2006_2012.jsonl": {"abstract": "en"},
    "translation/ep_claims_en_de_fr.jsonl": {"en": "en", "de": "de", "fr": "fr"},
    "translation/ipc_titles_en_es.jsonl": {"en": "en", "es": "es"},
    "translation/ipc_titles_en_fr.jsonl": {"en": "en", "fr": "fr"},
}
WRONG = {"de": "fr", "es": "pt"}  # what a text is stated to be for the counter-test; else German


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def languages(data: Path) -> None:
    """By source and language: texts that are long enough, false alarms, wrong statements that are found."""
    print(f"{'texts':52} {'judged':>7} {'false':>6} {'found':>7}")
    for name, columns in SOURCES.items():
        for column, language in columns.items():
            texts = [row[column] for row in rows(data / name)]
            judged = [text for text in texts if sum(map(str.isalpha, text)) >= LETTERS]
            false = sum(other_language(text, [language]) is not None for text in judged)
            found = sum(other_language(text, [WRONG.get(language, "de")]) is not None for text in judged)
            print(f"{name} ({language})".ljust(52), f"{len(judged):7,} {false:6,} {found / max(1, len(judged)):7.1%}")


def speed(data: Path, count: int) -> None:
    """The whole check of so many rows."""
    texts = [row["abstract"] for row in rows(data / next(iter(SOURCES)))]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "classification" / "many"
        folder.mkdir(parents=True)
        with (folder / "test.jsonl").open("w", encoding="utf-8") as file:
            for n in range(count):
                row = {"id": f"d{n}", "text": f"{n}. {' '.join(reversed(texts[n % len(texts)].split()))} {n}"}
                file.write(json.dumps(row | {"main": "A01B 1/00"}) + "\n")
        about = {"name": "many", "task": "classification", "version": "1.0.0", "title": "Many", "scheme": "IPC"}
        about |= {"description": "For a measurement.", "languages": ["en"], "edition": "2023.01", "licence": "unknown"}
        about |= {"creation": "Made from real abstracts.", "contributor": "perf", "created": "2024-01-01"}
        manifest = about | {"data": {"format": "jsonl", "files": {"test": "test.jsonl"}}}
        (folder / "benchmark.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
        begun = time.process_time()
        check(folder)
        seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} rows: {seconds:.1f} s of CPU, {count / seconds:,.0f} rows a second, peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    speed(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
    languages(Path(sys.argv[1]))
