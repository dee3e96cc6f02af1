"""A candidate that costs nothing and a benchmark for it, and the command that runs them: shared by scripts here.

Its plug-in and its invented texts are those of ``million.py``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import million
from measuring import HARNESS


class Told:
    """A place with one benchmark of ``items`` texts; ``delay``: seconds for which each question waits."""

    def __init__(self, place: Path, items: int, delay: float = 0.0) -> None:
        self.place, self.items = place, items
        self.notes, self.run = place / "notes.json", place / "run"
        million.benchmark(place, "classification", items)
        million.plugin(place / "plugins", items)
        self._slow_down(delay)
        own = place / "own" / "model"
        own.mkdir(parents=True)
        (own / "told.yaml").write_text(f"name: told\nkind: told\nnotes: {self.notes}\n", encoding="utf-8")

    def _slow_down(self, delay: float) -> None:
        file = self.place / "plugins" / "told_plugin.py"
        code = file.read_text(encoding="utf-8")
        asked = "        symbols = [document.text"
        if asked not in code:
            raise SystemExit("the candidate of million.py has changed")
        file.write_text(code.replace(asked, f"        time.sleep({delay})\n{asked}"), encoding="utf-8")

    def command(self, *options: str) -> list[str]:
        """A run into a folder that is not there yet."""
        folder = self.run.with_name(f"run{sum(1 for _ in self.place.glob('run*'))}")
        self.run = folder
        return [
            *HARNESS, "--config-dir", str(self.place / "own"), "model=told", "benchmark=many",
            f"benchmark_roots=[{self.place / 'benchmarks'}]", f"hydra.run.dir={folder}", "progress=false", *options,
        ]  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """For the command."""
        paths = [str(self.place / "plugins"), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(paths), "WILD_AIEVAL_RUNS": str(self.place / "results")}

    def marks(self) -> Mapping[str, Any]:
        """CPU seconds and clock of the process when ``made``, asked ``first`` and ``last``, and at its ``end``."""
        found: dict[str, Any] = json.loads(self.notes.read_text(encoding="utf-8"))
        return found
