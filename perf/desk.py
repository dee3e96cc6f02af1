"""A review desk over 5,000 items and 30,000 events: what starting it and what a page costs, medians of 21 requests."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from starlette.testclient import TestClient

ITEMS = 5_000
MANIFEST = {
    "name": "many", "task": "classification", "version": "1.0.0", "title": "Many short texts",
    "description": "Generated to measure speed.", "languages": ["en"], "offices": ["WO"], "scheme": "IPC",
    "edition": "2023.01", "label_level": "subclass", "licence": "CC0-1.0", "synthetic": True, "creation": "Generated.",
    "contributor": "perf", "created": "2026-01-01", "confidentiality": "open", "label_origin": "G",
    "data": {"format": "jsonl", "files": {"train": "train.jsonl", "test": "test.jsonl"}},
}  # fmt: skip
SYMBOLS = ("A01B", "A61B", "B60L", "G06F", "H04L")


def measured_run(root: Path) -> Path:
    """A finished run over so many documents."""
    folder = root / "benchmarks" / "classification" / "many"
    folder.mkdir(parents=True)
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(MANIFEST), encoding="utf-8")
    for part, count in (("train", 50), ("test", ITEMS)):
        rows = [
            {
                "id": f"{part}{n}",
                "title": f"text {n}",
                "text": f"a short text, number {n}. " * 40,
                "main": SYMBOLS[n % 5],
            }
            for n in range(count)
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{part}.jsonl").write_text(lines, encoding="utf-8")
    run = root / "run"
    command = [sys.executable, "-m", "wild_aieval", "model=majority", "benchmark=classification/many", "tracking=none"]
    command += [f"benchmark_roots=[{root / 'benchmarks'}]", f"hydra.run.dir={run}", "progress=false"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "WILD_AIEVAL_RUNS": str(root)})
    return run


def main() -> None:
    """Print the figures."""
    from wild_aieval.oversight.ledger.events import Entry
    from wild_aieval.oversight.ledger.file import FileLedger
    from wild_aieval.review import queue, store
    from wild_aieval.review.desk import serving
    from wild_aieval.review.run import ReviewedRun

    with tempfile.TemporaryDirectory() as name:
        run = measured_run(Path(name))
        ledger = FileLedger(store.default_ledger(run))
        batch = queue.make_batch(ReviewedRun(run), ledger, queue.Plan(audit_least=ITEMS, seeds=0, seed=1, per_item=3))
        ledger.append_many(history(Entry, batch))
        tokens = Path(name) / "tokens"
        tokens.write_text("ada reviewer token-of-ada-0123456789\n", encoding="utf-8")
        tokens.chmod(0o600)
        start = time.perf_counter()
        application = serving.made(serving.Options(run, tokens=tokens), 8765)
        started = time.perf_counter() - start
        client = TestClient(application, base_url="http://127.0.0.1:8765")
        csrf = word(client.get("/").text)
        client.post("/sign-in", data={"csrf": csrf, "token": "token-of-ada-0123456789"})
        print(f"{len(batch.items):,} items, {ledger.head[0]:,} events in the ledger")
        print(f"{'start of the desk':24} {started:7.2f} s")
        times: dict[str, list[float]] = {"list of items": [], "an item": [], "own answer": [], "decision": []}
        for position in range(1, 22):
            place = f"/item/{position}"
            page = timed(times["list of items"], lambda: client.get("/"))
            page = timed(times["an item"], lambda place=place: client.get(place))
            form = {"csrf": word(page.text), "symbol": "G06F"}
            page = timed(times["own answer"], lambda place=place, form=form: client.post(f"{place}/first", data=form))
            form |= {"decision": "cannot_decide"}
            timed(times["decision"], lambda place=place, form=form: client.post(f"{place}/decision", data=form))
        for what, seconds in times.items():
            print(f"{what:24} {1000 * statistics.median(seconds):7.0f} ms (most {1000 * max(seconds):.0f})")


def history(entry, batch):
    """What two reviewers did before, on three quarters of the items each."""
    for item in batch.items[: len(batch.items) * 3 // 4]:
        for actor in ("bob", "eve"):
            place = {"batch": batch.id, "token": item.token}
            answer = {"answer": {"symbols": ["G06F"]}}
            decision = {"decision": "cannot_decide", "rationale": "", "active_seconds": 9, "mode": item.mode}
            for kind, payload in (
                ("review.opened", place), ("review.first_answer", place | answer), ("ai.revealed", place),
                ("review.decision", place | answer | decision),
            ):  # fmt: skip
                yield entry(kind, actor, "reviewer", payload)


def timed(into, request):
    """The answer, with its time noted; redirects are followed."""
    start = time.perf_counter()
    answer = request()
    into.append(time.perf_counter() - start)
    assert answer.status_code == 200, answer.text
    return answer


def word(text: str) -> str:
    """The hidden word of a form."""
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found
    return found.group(1)


if __name__ == "__main__":
    main()
