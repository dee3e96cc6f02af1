"""What earlier versions wrote, in a place of its own for each test."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

SAMPLES = Path(__file__).parent / "samples"
OFFICE = "/office"


@pytest.fixture(params=sorted(folder.name for folder in SAMPLES.iterdir()))
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stored set, copied; its paths lead to the copy."""
    place = tmp_path / "office"
    shutil.copytree(SAMPLES / request.param, place)
    for file in (*place.rglob("runspec.json"), *place.rglob("summary.json")):
        file.write_text(file.read_text(encoding="utf-8").replace(OFFICE, str(place)), encoding="utf-8")
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(place / "runs"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return place


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    """The script that makes the sets."""
    spec = importlib.util.spec_from_file_location("make_samples", Path(__file__).with_name("make_samples.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
