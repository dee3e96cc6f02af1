"""Memory, time and disk of a run by its number of items, through the ordinary command line in a process of its own.

    python perf/million.py [--items 10000 50000 100000] [--tasks classification translation search] [--record FILE]

Invented short texts are streamed to a scratch folder; a plug-in candidate answers at once, three of four rightly.
Afterwards the journal and the tables must hold every item once, and the figures must be that share. The goal for a
million items is a peak below 1.5 GB; they take about 1 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recording import record

CORPUS = 2_000  # documents of the search task
SYMBOLS = ("A01B", "A61B", "B60L", "C07D", "D06F", "E04H", "F16H", "G06F", "H04L")
WORDS = ("pump", "valve", "lens", "shaft", "polymer", "rotor", "cache", "signal", "hinge", "filter", "enzyme", "gear")
MANIFEST = {
    "name": "many", "version": "1.0.0", "title": "Many", "description": "Invented texts for a measurement of memory.",
    "languages": ["en"], "licence": "CC0-1.0", "creation": "Generated.", "synthetic": True, "contributor": "perf",
    "created": "2024-01-01", "confidentiality": "open",
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "classification": {
        "scheme": "IPC", "edition": "2023.01", "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
    },
    "translation": {
        "languages": ["en", "es"], "source_language": "en", "target_language": "es",
        "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
    },
    "search": {
        "data": {
            "format": "beir",
            "files": {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"},
        },
    },
}  # fmt: skip
PLUGIN = '''
"""A candidate whose text tells it the answer: right for three items of four. Notes what the process took so far."""

import atexit, json, pathlib, time
from typing import Literal

from wild_aieval.items import Hit, Suggestion, Translation
from wild_aieval.models.protocols import ModelSettings, not_identity
from wild_aieval.models.registry import Kind


class Told:
    class Settings(ModelSettings):
        kind: Literal["told"]
        notes: str = not_identity("")

    def __init__(self, settings, workplace):
        self.marks, self.file = {}, settings.notes
        self.mark("made")
        atexit.register(self.end)

    def mark(self, name):
        memory = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
        self.marks[name] = {"cpu": time.process_time(), "wall": time.time(),
                            "peak": int(memory["VmHWM"].split()[0]) / 1024}

    def end(self):
        self.mark("end")
        pathlib.Path(self.file).write_text(json.dumps(self.marks))

    def facts(self):
        return {}

    def index(self, corpus):
        self.corpus = [document.id for document in corpus]

    def begin(self):
        if "first" not in self.marks:
            self.mark("first")

    def done(self, answers, left):
        self.left = getattr(self, "left", 0) + len(answers)
        if self.left == left:
            self.mark("last")
        return answers

    def classify(self, documents):
        self.begin()
        symbols = [document.text.split()[2:4] for document in documents]
        return self.done([[Suggestion(first, 0.9), Suggestion("G01N", 0.1)] for _, first in symbols], ITEMS)

    def translate(self, segments):
        self.begin()
        texts = [segment.text.split(": ", 1) for segment in segments]
        return self.done([Translation(text if "right" in head else "otra cosa", 0.9) for head, text in texts], ITEMS)

    def search(self, queries, k):
        self.begin()
        answers = []
        for query in queries:
            _, _, right, wanted = query.text.split()[:4]
            ranked = [wanted, "c0"] if right == "right" else ["c0", wanted]
            answers.append([Hit(name, 1.0 - place / 10) for place, name in enumerate(ranked)])
        return self.done(answers, ITEMS)


KIND = Kind(("classification", "translation", "search"), "told_plugin:Told", "knows")
'''


def benchmark(root: Path, task: str, items: int) -> None:
    """Written row by row; every fourth item tells the candidate something wrong."""
    folder = root / "benchmarks" / task / "many"
    folder.mkdir(parents=True)
    manifest = {**MANIFEST, "task": task, **OWN[task]}
    (folder / "benchmark.yaml").write_text(json.dumps(manifest), encoding="utf-8")  # JSON is YAML
    names = {"search": "queries.jsonl"}
    with (folder / names.get(task, "test.jsonl")).open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows(task, items))
    if task == "search":
        corpus = ({"_id": f"c{n}", "title": "", "text": f"document {n} {words(n)}"} for n in range(CORPUS))
        with (folder / "corpus.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in corpus)
        with (folder / "qrels.tsv").open("w", encoding="utf-8") as stream:
            stream.write("query-id\tcorpus-id\tscore\n")
            stream.writelines(f"q{n}\t{_wanted(n)}\t1\n" for n in range(items))


def rows(task: str, items: int) -> Iterator[dict[str, Any]]:
    """Rows of a part, or queries."""
    for number in range(items):
        right = number % 4 != 3
        if task == "classification":
            true = SYMBOLS[number % 9]
            said = true if right else SYMBOLS[(number + 1) % 9]
            yield {"id": f"d{number}", "text": f"document {number} says {said} {words(number)}", "main": true}
        elif task == "translation":
            text = f"{words(number)} {number}"
            yield {
                "id": f"s{number}",
                "source": f"segment {'right' if right else 'wrong'}: {text}",
                "target": text,
            }
        else:
            text = f"query {number} {'right' if right else 'wrong'} {_wanted(number)} {words(number)}"
            yield {"_id": f"q{number}", "text": text}


def words(number: int) -> str:
    """Twelve words that depend on the number only."""
    return " ".join(random.Random(number).choices(WORDS, k=12))


def _wanted(number: int) -> str:
    return f"c{1 + number % (CORPUS - 1)}"


def run(root: Path, task: str, items: int, options: list[str]) -> dict[str, float]:
    """One run as a process; its figures, or SystemExit where something does not hold."""
    benchmark(root, task, items)
    plugin(root / "plugins", items)
    folder, notes = root / "run", root / "notes.json"
    own = root / "own" / "model"
    own.mkdir(parents=True)
    (own / "told.yaml").write_text(f"name: told\nkind: told\nnotes: {notes}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "wild_aieval", "--config-dir", str(own.parent), "model=told", "benchmark=many",
        f"benchmark_roots=[{root / 'benchmarks'}]", f"hydra.run.dir={folder}", "progress=false", *options,
    ]  # fmt: skip
    paths = [str(root / "plugins"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "WILD_AIEVAL_RUNS": str(root / "results")}
    begun = time.time()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{task}, {items} items: exit code {process.returncode}\n{said[-2000:]}")
    marks = json.loads(notes.read_text(encoding="utf-8"))
    check(folder, task, items)
    micro = lambda begin, end: 1e6 * (marks[end]["cpu"] - marks[begin]["cpu"]) / items  # noqa: E731
    return {
        "peak memory, MB": used.ru_maxrss / 1024,
        "peak memory before asking, MB": marks["first"]["peak"],
        "peak memory until the last answer, MB": marks["last"]["peak"],
        "seconds": time.time() - begun,
        "CPU, µs an item": 1e6 * (used.ru_utime + used.ru_stime) / items,
        "CPU of asking and journal, µs an item": micro("first", "last"),
        "CPU of scores, flags, tables, report, µs an item": micro("last", "end"),
    } | sizes(folder, items)


def plugin(folder: Path, items: int) -> None:
    """The candidate as pip would lay it down."""
    info = folder / "told_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "told_plugin.py").write_text(PLUGIN.replace("ITEMS", str(items)), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: told_plugin\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[wild_aieval.models]\ntold = told_plugin:KIND\n", encoding="utf-8")


def sizes(folder: Path, items: int) -> dict[str, float]:
    """Bytes an item of what a run leaves."""
    files = {name: folder / f"{name}.parquet" for name in ("predictions", "items", "flags")}
    files = {"journal": folder / "journal.jsonl", **files, "statistics": folder / "statistics.npz"}
    return {f"{name}, bytes an item": file.stat().st_size / items for name, file in files.items()}


def check(folder: Path, task: str, items: int) -> None:
    """Every item once in journal and tables, and the known figure."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with (folder / "journal.jsonl").open("rb") as stream:
        keys = {hash(json.loads(line)["key"]) for line in stream}
    expect(len(keys), items, "keys in the journal")
    for name in ("predictions", "items", "flags"):
        ids = pq.read_table(folder / f"{name}.parquet", columns=["item_id"])["item_id"]
        expect(len(ids), items, f"rows of {name}")
        expect(pc.count_distinct(ids).as_py(), items, f"ids in {name}")
    result = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["results"][0]
    expect(result["counts"]["answered"], items, "answers")
    right = sum(number % 4 != 3 for number in range(items)) / items
    if task == "translation":
        found = pq.read_table(folder / "items.parquet", columns=["chrf2pp"])["chrf2pp"].to_numpy()
        expect((found > 99.999).sum() / items, right, "share of segments as the reference")
        return
    name = next(name for name in result["measures"] if name in ("subclass.first_guess.main", "mrr_100", "mrr_10"))
    expected = right + (1 - right) / 2 if task == "search" else right
    expect(round(result["measures"][name]["value"], 9), round(expected, 9), name)


def expect(found: object, wanted: object, what: str) -> None:
    """SystemExit where they differ."""
    if found != wanted:
        raise SystemExit(f"{what}: {found}, and {wanted} are right")


def slope(results: Mapping[int, Mapping[str, float]]) -> str:
    """How the peak grows, from the smallest and the largest run."""
    small, large = min(results), max(results)
    if small == large:
        return ""
    name = "peak memory, MB"
    growth = (results[large][name] - results[small][name]) / (large - small)
    told = results[large][name] + growth * (1_000_000 - large)
    return f"{1000 * growth:.2f} MB for each 1,000 items, which would be {told:,.0f} MB at 1,000,000"


def main() -> None:
    """Every task in every size."""
    arguments = _parser().parse_args()
    figures: dict[str, float | str] = {}
    for task in arguments.tasks:
        results = {}
        for items in arguments.items:
            with tempfile.TemporaryDirectory(prefix="million-", dir=arguments.place) as root:
                results[items] = run(Path(root), task, items, arguments.options or ["tracking=none"])
            print(f"{task}, {items:,} items")
            for name, value in results[items].items():
                print(f"  {name:50} {value:12,.1f}")
                figures[f"{task}, {items:,} items: {name}"] = round(value, 1)
        if told := slope(results):
            print(f"{task}: the peak grows by {told}")
            figures[f"growth of the peak, {task}"] = told
    if arguments.record:
        what = (
            "A run over invented texts by a candidate that answers at once: what it takes, and that nothing is missing."
        )
        sizes = " ".join(map(str, arguments.items))
        command = f"python perf/million.py --items {sizes} --tasks {' '.join(arguments.tasks)}"
        record(arguments.record, what, command, figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--tasks", nargs="+", choices=list(OWN), default=["classification"])
    parser.add_argument("--record", type=Path, help="write the figures to this file (docs/reliability/million.json)")
    parser.add_argument("--place", help="make the scratch folder there (default: that of the system)")
    parser.add_argument("--options", nargs="+", help="of the command line, instead of tracking=none")
    return parser


if __name__ == "__main__":
    main()
