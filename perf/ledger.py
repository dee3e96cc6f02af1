"""What keeping a ledger costs: 20,000 decisions appended one by one and in batches, then read and verified."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wild_aieval.oversight.ledger.events import Entry
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify

EVENTS, BATCH = 20_000, 500


def decision(number: int) -> Entry:
    payload = {
        "batch": "b20250301-120000-bcdf",
        "token": f"t{number}",
        "answer": {"symbols": ["A61B 5/0205", "G16H 40/63"]},
        "decision": "differs",
        "rationale": "The claims are about the measuring circuit, not about the display.",
        "active_seconds": 95,
        "mode": "shown",
    }
    return Entry("review.decision", "examiner-07", "reviewer", payload)


def timed(what: str, work: Callable[[], object], count: int = EVENTS) -> None:
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(f"{what:<52} {seconds:7.2f} s   {count / seconds:9,.0f} events/s")


def main(folder: Path) -> None:
    entries = [decision(number) for number in range(EVENTS)]
    single, batched = FileLedger(folder / "single.jsonl"), FileLedger(folder / "batched.jsonl")
    batches = [entries[start : start + BATCH] for start in range(0, EVENTS, BATCH)]
    timed("append, one sync for each", lambda: [single.append_many([entry]) for entry in entries])
    timed(f"append_many, one sync for {BATCH}", lambda: [batched.append_many(batch) for batch in batches])
    timed("open", lambda: FileLedger(batched.path).head)
    timed("read all events", lambda: sum(1 for _ in FileLedger(batched.path).events()))
    timed("verify with an anchor", lambda: verify(batched.path, batched.head[1]))
    print(f"{batched.path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as place:
        main(Path(place))
