"""What commands import: nothing heavy for what needs it not."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

HEAVY = (
    *("torch", "transformers", "datasets", "evaluate", "mlflow", "sklearn", "pandas", "matplotlib"),
    *("sentence_transformers", "scipy.stats", "bm25s", "fastapi", "sacrebleu"),
)


def imported(place: Any, code: str, *arguments: str) -> list[str]:
    """The heavy modules that are there after the code."""
    told = f"\nimport sys; print('HEAVY', *[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code + told, *arguments], env=place.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.rpartition("HEAVY")[2].split()


def test_the_package_imports_nothing_heavy(place: Any) -> None:
    assert imported(place, "import wild_aieval, wild_aieval.session, wild_aieval.evaluate") == []


@pytest.mark.parametrize("argument", ["list", "--help"])
def test_lists_import_nothing_heavy(place: Any, argument: str) -> None:
    door = "import sys; from wild_aieval.cli import main; assert main(sys.argv[1:]) == 0"
    assert imported(place, door, "benchmark", argument) == []


def test_a_run_of_a_floor_candidate_imports_nothing_heavy(place: Any) -> None:
    text = "the plough is drawn over a field and turns the soil while the wheel rolls on, number "
    rows = [
        {"id": f"d{n}", "text": f"{text}{n}", "main": ("A01B", "H04L")[n % 2], "language": "en"} for n in range(126)
    ]
    place.classification(rows[:6], rows[6:])
    door = "import sys; from wild_aieval.cli import main; assert main(sys.argv[1:]) == 0"
    roots = f"benchmark_roots=[{place.root / 'benchmarks'}]"
    assert imported(place, door, "model=majority", "tracking=none", roots, "benchmark=tiny") == []
    assert list((place.root / "runs").rglob("report.html"))
