"""The template of a plug-in as a member would use it: built, installed, run through the door; and its own test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TEMPLATE = Path(__file__).resolve().parents[2] / "docs" / "plugin-template"
pytest.importorskip("hatchling")
pytest.importorskip("pip")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder into which the template is installed; nothing is fetched."""
    copy, target = tmp_path / "office-tool", tmp_path / "site"
    shutil.copytree(TEMPLATE, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options, str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return target


def test_the_template_runs_through_the_door(
    installed: Path, place: Any, documents: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sorted(path.name for path in installed.iterdir() if path.suffix == ".py") == ["office_tool.py"]
    before = place.environment()
    monkeypatch.setattr(
        place, "environment", lambda: before | {"PYTHONPATH": f"{before['PYTHONPATH']}{os.pathsep}{installed}"}
    )
    place.classification(documents[:5], train=[row | {"id": f"t{row['id']}"} for row in documents[5:]])
    own = place.root / "own" / "model"
    own.mkdir(parents=True)
    shutil.copy(TEMPLATE / "office-tool.yaml", own)
    done = place.cli(
        "--config-dir", str(own.parent), "model=office-tool", "benchmark=tiny", "tracking=none",
        f"benchmark_roots=[{place.benchmarks}]",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "office-tool" in done.stdout and "5 / 5 / 0 / 5" in done.stdout
    wrong = place.cli(
        "--config-dir", str(own.parent), "model=office-tool", "model.suggestions=0", "benchmark=tiny",
        f"benchmark_roots=[{place.benchmarks}]",
    )  # fmt: skip
    assert wrong.returncode == 1 and "suggestions" in wrong.stderr


def test_the_template_passes_its_own_test(installed: Path, place: Any) -> None:
    path = f"{place.environment()['PYTHONPATH']}{os.pathsep}{installed}"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(place.root)]
    done = subprocess.run(
        [*command, str(TEMPLATE / "tests")], capture_output=True, text=True, check=False, timeout=120, cwd=place.root,
        env=place.environment() | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
