"""A large collection of documents read, checked and streamed: CPU per document and memory, beside bare loops."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import Sheet, arguments

DOCUMENTS = 1_000_000
WORDS = [f"{stem}{number}" for stem in ("pump", "valve", "lens", "shaft", "rotor", "hinge") for number in range(500)]
MANIFEST = {
    "name": "many", "task": "search", "version": "1.0.0", "title": "Many", "description": "Invented texts.",
    "languages": ["en"], "licence": "CC0-1.0", "creation": "Generated.", "synthetic": True, "contributor": "perf",
    "created": "2024-01-01", "confidentiality": "open",
    "data": {
        "format": "beir", "files": {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"},
    },
}  # fmt: skip
# Each way runs in a process of its own and prints its CPU seconds and its peak of memory over what it had before.
START = """
import resource, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def told(begun, before): print(time.process_time() - begun, peak() - before)
"""
WAYS = {
    "read and checked": """
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import load
from wild_aieval.tasks import task_named
begun, before = time.process_time(), peak()
benchmark = load(Entry("search/many", folder))
told(begun, before)
""",
    "streamed to the candidate": """
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import load
from wild_aieval.tasks.search import documents
benchmark = load(Entry("search/many", folder))
begun, before = time.process_time(), peak()
for document in documents(benchmark): document.text
told(begun, before)
""",
    "msgspec, no check": """
import msgspec
class Row(msgspec.Struct):
    _id: str
    title: str
    text: str
    metadata: dict
begun, before = time.process_time(), peak()
decode = msgspec.json.Decoder(Row).decode
with open(folder / "corpus.jsonl", "rb") as stream:
    for line in stream: decode(line)
told(begun, before)
""",
    "json of Python, no check": """
import json
begun, before = time.process_time(), peak()
with open(folder / "corpus.jsonl", "rb") as stream:
    for line in stream: json.loads(line)
told(begun, before)
""",
    "datasets, row by row": """
import datasets
datasets.disable_progress_bars()
begun, before = time.process_time(), peak()
for row in datasets.load_dataset("json", data_files=str(folder / "corpus.jsonl"), split="train", cache_dir=str(folder)):
    row["text"]
told(begun, before)
""",
}


def write(folder: Path, documents: int) -> None:
    """About 0.94 kB a document; the texts are some thousands, in another order each time."""
    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=112)) for _ in range(2_000)]
    (folder / "benchmark.yaml").write_text(json.dumps(MANIFEST), encoding="utf-8")
    with (folder / "corpus.jsonl").open("w", encoding="utf-8") as stream:
        for number in range(documents):
            row = {"_id": f"d{number}", "title": f"{chance.choice(WORDS)} {number}", "text": chance.choice(texts)}
            stream.write(json.dumps(row | {"metadata": {"date": "2012-03-04", "family_id": f"F{number // 2}"}}) + "\n")
    (folder / "queries.jsonl").write_text('{"_id": "q0", "text": "pump and valve"}\n', encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\n", encoding="utf-8")


def measured(code: str, folder: Path) -> tuple[float, float]:
    """CPU seconds and MB."""
    words: list[Any] = [sys.executable, "-c", START + code, folder]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    cpu, memory = done.stdout.split()[-2:]
    return float(cpu), float(memory)


def main() -> None:
    """All ways in turn."""
    chosen = arguments(__doc__ or "", documents=DOCUMENTS, rounds=1)
    documents = 2_000 if chosen.smoke else chosen.documents
    sheet = Sheet("streaming", f"{documents:,} invented documents of about 0.94 kB as JSON lines.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "search" / "many"
        folder.mkdir(parents=True)
        write(folder, documents)
        found = {name: [measured(code, folder) for _ in range(chosen.rounds)] for name, code in WAYS.items()}
    for name, values in found.items():
        own = name in list(WAYS)[:2]
        sheet.add(name, [cpu / documents * 1e6 for cpu, _ in values], "µs CPU per document", at_most=3 if own else None)
        sheet.add(name, [memory for _, memory in values], "MB of memory", at_most=100 if own else None)
    sheet.remark(
        "read and checked: every field of every row is held against the manifest, ids against each other, and the rows "
        "are digested; the other ways only parse. A collection above 32 MB is kept in a file without a name in the "
        "folder of runs."
    )
    sheet.write(chosen)


if __name__ == "__main__":
    main()
