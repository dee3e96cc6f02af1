"""The scratch folder of a soak: an invented benchmark, command lines, and the log of what the endpoint was asked."""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

ITEMS = 800
RATE = 12.0  # requests a second of each evaluator
BATCH = 2
PLAIN = "plain.json"
PRESETS = ("openai-chat", "http-classifier")
SYMBOLS = ("A01B", "A61B", "B60L", "C07D", "D06F", "E04H", "F16H", "G06F", "H04L")
WORDS = ("pump", "valve", "lens", "shaft", "polymer", "rotor", "cache", "signal", "hinge", "filter", "enzyme", "gear")
MANIFEST = """\
name: soak
task: classification
version: 1.0.0
title: Soak
description: Invented texts for a test of endurance.
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


@dataclass(frozen=True, slots=True)
class Place:
    """A scratch folder; ``port``: where the endpoint listens, before and after an outage."""

    root: Path
    port: int

    def make(self) -> None:
        """Write the benchmark."""
        folder = self.root / "benchmarks" / "classification" / "soak"
        folder.mkdir(parents=True)
        (folder / "benchmark.yaml").write_text(MANIFEST, encoding="utf-8")
        rows = [
            json.dumps({"id": item, "text": text, "main": SYMBOLS[number % len(SYMBOLS)]}) + "\n"
            for number, (item, text) in enumerate(texts().items())
        ]
        (folder / "test.jsonl").write_text("".join(rows), encoding="utf-8")

    @property
    def log(self) -> Path:
        """What the endpoint was asked, a JSON line each."""
        return self.root / "endpoint.jsonl"

    @property
    def lives(self) -> Path:
        """Every process's (or pass's) end, a JSON line each."""
        return self.root / "lives.jsonl"

    @property
    def store(self) -> str:
        """The address of the one MLflow store that all runs are logged into."""
        return f"sqlite:///{self.root / 'mlflow.db'}"

    def folder(self, run: str) -> Path:
        """The run folder of a run."""
        return self.root / "runs" / run

    def arguments(self, run: str, preset: str, rate: float | None = RATE) -> list[str]:
        """The command line of a new run; the endpoint learns from a header which run asks."""
        url = f"http://127.0.0.1:{self.port}"
        own = {
            "openai-chat": [f"model.url={url}/v1", "model.model=mock"],
            "http-classifier": [f"model.url={url}/classify", f"model.batch_size={BATCH}"],
        }[preset]
        return [
            f"model={preset}", *own, f"+model.headers.X-Run={run}",
            f"model.requests_per_second={'null' if rate is None else rate}", "model.timeout_seconds=3",
            "model.connect_seconds=3", "model.retry_seconds=20", "model.stop_after=20", "benchmark=soak",
            f"benchmark_roots=[{self.root / 'benchmarks'}]", f"hydra.run.dir={self.folder(run)}", "progress=false",
            f"tracking.uri={self.store}", "tracking.max_traces=5",
        ]  # fmt: skip

    def alone(self, run: str, preset: str) -> list[str]:
        """The same without MLflow and as fast as it goes."""
        words = self.arguments(run, preset, rate=None)
        return [*(word for word in words if not word.startswith("tracking.")), "tracking=none"]

    def environment(self) -> dict[str, str]:
        """For processes: caches and results in the scratch folder, nothing from outside."""
        own = {"WILD_AIEVAL_RUNS": str(self.root / "results"), "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
        threads = {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
        return {**os.environ, **own, **threads}

    def note(self, run: str, ended: str, seconds: float, **more: object) -> None:
        """Note that a process (or pass) on this run has ended, what its journal holds and where the log stood."""
        known = sorted(answered(self.folder(run) / "journal.jsonl"))
        position = self.log.stat().st_size if self.log.exists() else 0
        facts = {"run": run, "ended": ended, "seconds": seconds, "position": position, "known": known, **more}
        with self.lives.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(facts) + "\n")


def texts() -> dict[str, str]:
    """The text of each item, by its id."""
    chance = random.Random(0)
    return {f"d{n}": f"item {n} of the soak: " + " ".join(chance.choices(WORDS, k=30)) for n in range(ITEMS)}


def answered(journal: Path) -> set[str]:
    """Ids of the items with an answer; a torn last line is none."""
    if not journal.exists():
        return set()
    lines = journal.read_bytes().split(b"\n")[:-1]
    return {entry["item_id"] for entry in map(json.loads, lines) if entry["status"] == "ok"}


def door(*arguments: str) -> list[str]:
    """The command line as a process."""
    return [sys.executable, "-m", "wild_aieval", *arguments]
