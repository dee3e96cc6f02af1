"""``doctor`` tells of every optional part that pyproject.toml declares."""

from __future__ import annotations

import tomllib
from pathlib import Path

from wild_aieval.operations.checks.packages import EXTRAS

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_every_extra_is_told() -> None:
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(declared) - {"dev", "docs", "server"}
