"""Run folders as earlier runs left them, without running anything."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "upgrades" / "samples" / "v1"
Make = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty root of run folders."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(folder))
    return folder


@pytest.fixture
def make(root: Path) -> Make:
    """``make(name, sample, days=…)``: a copy of a stored run, so many days old, with settings of its policy changed."""

    def made(
        name: str, sample: str = "majority", days: float = 0, confidentiality: str = "open", **policy: str
    ) -> Path:
        folder = root / name
        shutil.copytree(SAMPLES / "runs" / sample, folder)
        created = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days, minutes=1)
        spec = json.loads((folder / "runspec.json").read_text(encoding="utf-8"))
        spec["context"]["created"] = created.isoformat(timespec="microseconds")
        spec["settings"]["oversight"] |= policy
        for benchmark in spec["benchmarks"]:
            benchmark["confidentiality"] = confidentiality
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8")) | {"runspec": spec}
        (folder / "runspec.json").write_text(json.dumps(spec), encoding="utf-8")
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        return folder

    return made
