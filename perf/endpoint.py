"""Throughput of a run against an HTTP endpoint: 32 requests at a time, 50 ms latency, by ``inference.chunk_size``.

The ideal is what 32 requests at a time of exactly 50 ms would give: 640 items a second. The mock endpoint runs in a
process of its own on the same machine. ``bare sockets`` is what this machine gives: as many requests over 32
connections, without harness or HTTP library; it shows how quiet the machine is. A chunk of an endpoint grows from
``chunk_size`` on, so that 32 is near 2,048.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from wild_aieval import evaluate as harness
from wild_aieval import settings as schema
from wild_aieval.paths import conf_dir
from wild_aieval.records.run_folder import RunFolder

ITEMS, CONCURRENCY, LATENCY = 6_400, 32, 0.05
IDEAL = ITEMS * LATENCY / CONCURRENCY  # seconds
CHUNKS = (32, 2_048) * 3
MANIFEST = """\
name: many
task: classification
version: 1.0.0
title: Many
description: Synthetic rows for a measurement of speed.
languages: [en]
scheme: IPC
edition: "2023.01"
licence: CC0-1.0
creation: Generated.
synthetic: true
contributor: perf
created: 2024-01-01
confidentiality: open
data: {format: jsonl, files: {test: test.jsonl}}
"""


@contextmanager
def endpoint() -> Iterator[str]:
    """The address of a mock endpoint in another process."""
    command = [sys.executable, "-m", "wild_aieval.testing", "endpoint", "--port", "0", "--latency", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[3].rstrip(",")
        process.terminate()


def bare(url: str) -> float:
    """Seconds for as many requests over bare sockets, written and read as bytes."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"text": "a plough number 1 " * 20}).encode()
    head = f"POST /classify HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    left = iter(range(ITEMS))

    async def work() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in left:
            writer.write(head.encode() + b"\r\n\r\n" + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(answer.lower().partition(b"content-length:")[2].split()[0]))
        writer.close()

    async def everything() -> None:
        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))

    begun = time.perf_counter()
    asyncio.run(everything())
    return time.perf_counter() - begun


def benchmark(place: Path) -> None:
    """Documents to classify."""
    folder = place / "benchmarks" / "classification" / "many"
    folder.mkdir(parents=True)
    (folder / "benchmark.yaml").write_text(MANIFEST, encoding="utf-8")
    rows = [json.dumps({"id": f"d{n}", "text": f"a plough number {n} " * 20, "main": "A01B"}) for n in range(ITEMS)]
    (folder / "test.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def settings(place: Path, url: str, chunk_size: int) -> schema.Settings:
    """One run without MLflow."""
    model = {
        "name": "mock", "kind": "http", "task": "classification", "url": f"{url}/classify", "concurrency": CONCURRENCY,
        "request": {"text": "{text}"}, "response": {"symbols": "predictions[].symbol", "scores": "predictions[].score"},
    }  # fmt: skip
    options = {group: yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8"))
               for group, name in (("oversight", "default"), ("tracking", "none"))}  # fmt: skip
    return schema.read({
        "model": model, **options, "inference": {"name": "local", "chunk_size": chunk_size}, "benchmark": "many",
        "benchmark_roots": [str(place / "benchmarks")], "progress": False,
    })  # fmt: skip


def measured(place: Path, url: str, chunk_size: int) -> tuple[float, float, float]:
    """Seconds of asking (requests, answers, journal), of the whole run with scores and tables, and CPU of asking."""
    benchmark(place)
    asking: list[float] = []
    plain = harness.answer

    def timed(*arguments: Any) -> None:
        begun, busy = time.perf_counter(), time.process_time()
        plain(*arguments)
        asking.extend((time.perf_counter() - begun, time.process_time() - busy))

    harness.answer = timed
    try:
        begun = time.perf_counter()
        summary = harness.evaluate(settings(place, url, chunk_size), RunFolder(place / "run"))
        whole = time.perf_counter() - begun
    finally:
        harness.answer = plain
    counts = summary["results"][0]["counts"]
    assert counts["answered"] == ITEMS, counts
    return asking[0], whole, asking[1]


def main() -> None:
    """Every chunk size in turn."""
    print(f"{ITEMS} items, {CONCURRENCY} at a time, {LATENCY * 1000:.0f} ms: ideal {IDEAL:.2f} s")
    with tempfile.TemporaryDirectory() as folder, endpoint() as url:
        place = Path(folder)
        for number, chunk_size in enumerate(CHUNKS):
            plain = bare(url)
            print(f"bare sockets:     asking {plain:6.2f} s ({IDEAL / plain:4.0%} of the ideal throughput)")
            asking, whole, busy = measured(place / f"{number}", url, chunk_size)
            print(
                f"chunk_size {chunk_size:5}: asking {asking:6.2f} s ({IDEAL / asking:4.0%} of the ideal throughput, "
                f"{ITEMS / asking:4.0f} items/s, {1000 * busy / ITEMS:.2f} ms CPU an item), whole run {whole:6.2f} s"
            )
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
