"""A short fuzzing of each target; ``python tests/fuzz/run.py --minutes N`` is the long one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import run

SECONDS = 7

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not run.available(), reason="atheris has wheels for Linux on x86-64 only; it is not installed"),
]


@pytest.mark.parametrize("name", run.NAMES)
def test_some_seconds_of_fuzzing_find_nothing(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = run.fuzz(name, SECONDS, tmp_path / "faults", tmp_path / "corpus")
    record_property("fuzz executions", outcome.executions)
    record_property("fuzz seconds", round(outcome.seconds))
    told = "\n".join(path.with_suffix(".txt").read_text(encoding="utf-8") for path in outcome.faults if path.suffix)
    assert not outcome.faults, f"{told}\n{outcome.log[-2000:]}"
    assert outcome.executions > 50
    assert outcome.coverage > 20
