"""Write what the present version writes, as small samples that later versions must read.

    python tests/upgrades/make_samples.py v2      when a schema version was raised; a stored set is never written over

All texts are invented. Everything happens in a fresh folder; its path is stored as ``/office``, the machine as "any".
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import yaml

SAMPLES = Path(__file__).parent / "samples"
OFFICE = "/office"
SUBJECTS = {"A01B": "plough", "A61B": "eye test", "B60L": "battery", "G06F": "memory cache", "H04L": "packet router"}
SYMBOLS = list(SUBJECTS)
ABOUT = {
    "version": "1.0.0", "title": "Invented", "description": "For the tests of upgrades.", "licence": "CC0-1.0",
    "creation": "Written by a script.", "contributor": "the tests", "created": "2026-11-01", "confidentiality": "open",
}  # fmt: skip
GRANT = """<?xml version="1.0" encoding="UTF-8"?>
<us-patent-grant lang="EN" country="US"><us-bibliographic-data-grant>
<publication-reference><document-id><country>US</country><doc-number>7000001</doc-number><kind>B2</kind>
<date>20100105</date></document-id></publication-reference>
<classifications-ipcr><classification-ipcr><classification-level>A</classification-level><section>A</section>
<class>01</class><subclass>B</subclass><main-group>1</main-group><subgroup>00</subgroup>
<symbol-position>F</symbol-position><classification-value>I</classification-value>
<classification-data-source>H</classification-data-source></classification-ipcr></classifications-ipcr>
<invention-title>An invented plough</invention-title></us-bibliographic-data-grant>
<abstract><p>A plough that was invented for a test.</p></abstract></us-patent-grant>
"""


def main(arguments: Sequence[str]) -> int:
    """Make the set named by the only argument."""
    if len(arguments) != 1:
        print("usage: python tests/upgrades/make_samples.py NAME   (such as v1)", file=sys.stderr)
        return 1
    to = SAMPLES / arguments[0]
    if to.exists():
        print(f"{to} is stored. It is what that version wrote, and stays. Give a new name.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="office-") as place:
        root = Path(place).resolve()
        make(root)
        neutral(root)
        shutil.copytree(root, to)
    print(f"{to}: {sum(file.stat().st_size for file in to.rglob('*') if file.is_file()):,} bytes")
    return 0


def make(root: Path) -> None:
    """Benchmarks, runs, a comparison, certificates, a reviewed batch with its forms, a lock, an import."""
    write_benchmarks(root)
    runs = {
        "words": ["model=outputs-file", "model.name=words", f"model.path={root}/words.jsonl"],
        "majority": ["model=majority"],
        "copy": ["model=copy-source"],
        "ranking": ["model=random-ranking"],
    }
    tasks = {"words": "classification", "majority": "classification", "copy": "translation", "ranking": "search"}
    for name, words in runs.items():
        chosen = [f"benchmark={tasks[name]}/invented", f"benchmark_roots=[{root}/benchmarks]", "tracking=none"]
        call(root, *words, *chosen, f"hydra.run.dir={root}/runs/{name}", "progress=false")
    compared = ["compare", f"{root}/runs/words", f"{root}/runs/majority", "--tracking", "none", "--resamples", "1000"]
    call(root, *compared, "--out", f"{root}/comparison")
    call(root, "certify", f"{root}/runs/words", "--alpha", "0.3", "--delta", "0.2", "--assume-human-labels")
    write_reviews(root)
    write_lock(root)
    (root / "grant.xml").write_text(GRANT, encoding="utf-8")
    about = ["--licence", "CC0-1.0", "--edition", "2023.01", "--label-origin", "H"]
    call(root, "benchmark", "import", f"{root}/grant.xml", "--task", "classification", "--name", "imported", "--to",
         f"{root}/imported", *about)  # fmt: skip
    for page in (*root.rglob("*.html"), *root.rglob("review.json")):  # which no program reads
        page.unlink()


def write_benchmarks(root: Path) -> None:
    """One of each task, published, and answers of a tool for the first."""
    from wild_aieval.benchmarks.released import release

    rows = [
        {"id": f"d{n}", "title": SUBJECTS[SYMBOLS[n % 5]], "text": f"An invented {SUBJECTS[SYMBOLS[n % 5]]}, form {n}.",
         "main": SYMBOLS[n % 5], "language": "en", "date": f"2024-01-{n % 28 + 1:02}"}
        for n in range(80)
    ]  # fmt: skip
    scheme = {"languages": ["en"], "scheme": "IPC", "edition": "2023.01"}
    files = {"train.jsonl": rows[:20], "test.jsonl": rows[20:]}
    benchmark(root, "classification", scheme, files)
    pairs = [
        {"id": f"s{n}", "source": f"The shaft has {n} rings.", "target": f"El eje tiene {n} anillos."} for n in range(6)
    ]
    tongues = {"languages": ["en", "es"], "source_language": "en", "target_language": "es"}
    benchmark(root, "translation", tongues, {"test.jsonl": pairs})
    corpus = [{"_id": f"c{n}", "title": "", "text": f"A ring of kind {n}."} for n in range(12)]
    queries = [{"_id": f"q{n}", "text": f"ring {n}"} for n in range(4)]
    folder = benchmark(root, "search", {"languages": ["en"]}, {"corpus.jsonl": corpus, "queries.jsonl": queries})
    qrels = "".join(f"q{n}\tc{n}\t1\n" for n in range(4))
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}", encoding="utf-8")
    for found in (root / "benchmarks").glob("*/invented"):
        release(found)
    answers = []
    for n, row in enumerate(rows[20:]):
        wrong = n % 9 == 0
        order = SYMBOLS[n % 5 + 1 :] + SYMBOLS[: n % 5 + 1] if wrong else [row["main"], *SYMBOLS]
        score = 0.2 + 0.001 * n if wrong else 0.6 + 0.003 * n
        named = list(dict.fromkeys(order))[:3]
        answers.append({"id": row["id"], "symbols": named, "scores": [round(score / (p + 1), 4) for p in range(3)]})
    write_lines(root / "words.jsonl", answers)


def benchmark(root: Path, task: str, fields: Mapping[str, Any], files: Mapping[str, Sequence[Any]]) -> Path:
    """Write the folder of a benchmark."""
    folder = root / "benchmarks" / task / "invented"
    folder.mkdir(parents=True)
    for name, rows in files.items():
        write_lines(folder / name, rows)
    named = {name.partition(".")[0]: name for name in files} | ({"qrels": "qrels.tsv"} if task == "search" else {})
    data = {"format": "beir" if task == "search" else "jsonl", "files": named}
    content = {"schema_version": 1, "name": "invented", "task": task, **ABOUT, **fields, "data": data}
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (folder / "README.md").write_text("# Invented\n\nFor the tests of upgrades.\n", encoding="utf-8")
    return folder


def write_reviews(root: Path) -> None:
    """A batch with a workbook that came back, three files that are filled in but not read yet, a sealed ledger."""
    run, forms = root / "runs" / "words", root / "forms"
    forms.mkdir()
    export = ["review", "export", str(run), "--reviewer"]
    plan = [
        "--flagged",
        "4",
        "--audit",
        "4",
        "--audit-share",
        "0.05",
        "--seeds",
        "0.1",
        "--seed",
        "1",
        "--per-item",
        "4",
    ]
    call(root, *export, "anna", "--to", f"{forms}/anna.xlsx", *plan)
    fill_workbook(forms / "anna.xlsx")
    call(root, "review", "import", f"{forms}/anna.xlsx", "--run", str(run))
    for reviewer, ending, fill in (
        ("ben", "csv", fill_csv),
        ("cleo", "jsonl", fill_lines),
        ("dora", "json", fill_tasks),
    ):
        file = forms / f"{reviewer}.{ending}"
        call(root, *export, reviewer, "--to", str(file))
        fill(file)
    call(root, "review", "seal", str(run), "--actor", "admin")
    call(root, *export, "anna", "--to", f"{forms}/anna-second.xlsx", "--stage", "second")
    call(root, "review", "report", str(run))
    from wild_aieval.review.desk.people import PEOPLE, kept

    kept(root / PEOPLE, {"anna": "reviewer", "admin": "administrator"})


def fill_workbook(file: Path) -> None:
    """Write an answer into every row."""
    book = openpyxl.load_workbook(file)
    page = book.worksheets[0]
    header = [cell.value for cell in page[1]]
    for row in page.iter_rows(min_row=2):
        row[header.index("main_symbol")].value = "A61B"
    book.properties.creator = "any"
    book.save(file)


def fill_csv(file: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(row | {"main_symbol": "B60L"} for row in rows)
    file.write_text(stream.getvalue(), encoding="utf-8-sig", newline="")


def fill_lines(file: Path) -> None:
    write_lines(file, [json.loads(line) | {"main_symbol": "G06F"} for line in file.read_text().splitlines()])


def fill_tasks(file: Path) -> None:
    tasks = json.loads(file.read_text(encoding="utf-8"))
    for task in tasks:
        said = {"from_name": "main_symbol", "to_name": "text", "type": "textarea", "value": {"text": ["H04L"]}}
        task["annotations"] = [{"result": [said], "was_cancelled": False}]
    file.write_text(json.dumps(tasks), encoding="utf-8")


def write_lock(root: Path) -> None:
    """A pointer to the hub whose commit was resolved."""
    from wild_aieval.benchmarks import lock
    from wild_aieval.benchmarks.manifest import read_manifest

    folder = root / "pointers" / "classification" / "pointed"
    folder.mkdir(parents=True)
    data = {"format": "hub", "hub": {"test": {"id": "nobody/invented", "revision": None, "split": "test"}}}
    fields = {"languages": ["en"], "scheme": "IPC", "edition": "2023.01", "data": data}
    content = {"schema_version": 1, "name": "pointed", "task": "classification", **ABOUT, **fields}
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    manifest = read_manifest(folder / "benchmark.yaml")
    lock.latest = lambda data_set, branch: "0123456789abcdef0123456789abcdef01234567"  # no network here
    lock.commit_of(manifest, folder, manifest.data.hub["test"][0])


def call(root: Path, *words: str) -> None:
    """The command line, in the folder."""
    own = {"WILD_AIEVAL_RUNS": f"{root}/runs", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "wild_aieval", *words]
    done = subprocess.run(command, cwd=root, env=os.environ | own, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 2):
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


def neutral(root: Path) -> None:
    """No trace of the machine: its path becomes /office, what it is becomes "any"; locks and caches go."""
    shutil.rmtree(root / "runs" / "cache", ignore_errors=True)
    for file in [found for found in root.rglob("*") if found.is_file()]:
        if file.name.startswith(".") or file.name == "failure.txt":
            file.unlink()
            continue
        content = file.read_bytes()
        if str(root).encode() in content:
            content = content.replace(str(root).encode(), OFFICE.encode())
        if file.name in ("runspec.json", "summary.json", "resources.json"):
            content = anywhere(json.loads(content))
        file.write_bytes(content)


def anywhere(found: dict[str, Any]) -> bytes:
    """JSON without what the machine is."""
    for spec in (found, found.get("runspec", {})):
        if "context" in spec:
            spec["context"] |= {"platform": "any", "command": ["any"], "git_sha": "0" * 40, "hardware": {"cpu": "any"}}
    for part in (*found.get("sessions", ()), *(result["resources"] for result in found.get("results", ()))):
        part["hardware"] = {"cpu": "any", "cores": 1, "memory_gib": 1.0, "accelerators": []}
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def traces(folder: Path) -> list[str]:
    """What in a stored set could tell of the machine that made it; compressed parts are looked into."""
    import getpass
    import socket
    import zipfile

    words = [str(Path.home()), getpass.getuser(), socket.gethostname(), tempfile.gettempdir() + "/", str(Path.cwd())]
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words if len(word) > 4).encode())
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts = [file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                parts = [archive.read(name) for name in archive.namelist()]
        elif file.suffix == ".parquet":
            import pyarrow.parquet as pq

            parts = [repr(pq.read_table(file).to_pylist()).encode()]
        found += [f"{file}: {match[0]!r}" for part in parts if (match := pattern.search(part))]
    return found


def write_lines(file: Path, rows: Sequence[Any]) -> None:
    """JSON Lines."""
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
