"""What a review needs of a run folder: its answers, its flags, and the benchmarks that it measured."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks import catalogue
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.errors import UserError
from wild_aieval.paths import starter_benchmarks
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.runspec import digest

Place = tuple[str, str]  # benchmark (task/name), item id
_ROWS = {"classification": "test", "translation": "test", "search": "queries"}


class ReviewedRun:
    """A finished run, read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder(path)
        self.path = self.folder.path
        self.summary = self.folder.read_json(SUMMARY)
        self.spec: Mapping[str, Any] = self.summary["runspec"]
        self.model: str = self.summary["model"]

    @functools.cached_property
    def predictions(self) -> dict[Place, dict[str, Any]]:
        """Rows of ``predictions.parquet`` by place, in the order of the run."""
        return {(row["benchmark"], row["item_id"]): row for row in self.folder.read_table("predictions")}

    @functools.cached_property
    def flags(self) -> dict[Place, dict[str, Any]]:
        """Rows of ``flags.parquet`` by place."""
        return {(row["benchmark"], row["item_id"]): row for row in self.folder.read_table("flags")}

    @functools.cached_property
    def id(self) -> str:
        """What was answered, in 16 digits: another run, or one that was asked again, has another id."""
        measured = [[entry["task"], entry["name"], entry["version"], entry["digest"]] for entry in self._benchmarks]
        answers = [[row["key"], row["status"], row["output"]] for row in self.predictions.values()]
        return digest(["run", self.spec["model"], measured, answers])[:16]

    @property
    def tasks(self) -> list[str]:
        """The tasks that were measured."""
        return list(dict.fromkeys(entry["task"] for entry in self._benchmarks))

    def output(self, place: Place) -> Any:
        """What the candidate answered, or None where it failed."""
        text = self.predictions[place]["output"]
        return None if text is None else json.loads(text)

    def row(self, place: Place) -> Mapping[str, Any]:
        """The checked row of the benchmark, the expected answer included."""
        return self._rows(place[0])[place[1]]

    def benchmark(self, name: str) -> Benchmark:
        """A benchmark of the run; UserError where its content is not what was measured."""
        return self._opened(name)

    @property
    def _benchmarks(self) -> list[dict[str, Any]]:
        return list(self.spec["benchmarks"])

    @functools.cache  # noqa: B019  one run is open at a time
    def _opened(self, name: str) -> Benchmark:
        entry = next(entry for entry in self._benchmarks if f"{entry['task']}/{entry['name']}" == name)
        path = Path(entry["path"])
        if not path.is_dir():
            path = starter_benchmarks() / name
        if not path.is_dir():
            raise UserError(
                f"{self.path}: the texts of {name} were in {entry['path']}, where nothing is now. Put the benchmark "
                "back there: a review shows its texts."
            )
        benchmark = load(catalogue.Entry(name, path), warn=False)
        if benchmark.identity.digest != entry["digest"]:
            raise UserError(
                f"{path}: the benchmark is not what this run measured (version {entry['version']}). Restore it, or run "
                "the candidate again."
            )
        return benchmark

    @functools.cache  # noqa: B019
    def _rows(self, name: str) -> dict[str, Mapping[str, Any]]:
        benchmark = self._opened(name)
        return {row["id"]: row for row in benchmark.parts[_ROWS[benchmark.identity.task]]}
