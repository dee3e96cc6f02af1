"""The page of reliability says what its stored figures say, and nothing of the place where they were measured."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORED = sorted((ROOT / "docs" / "reliability").glob("*.json"))


@pytest.fixture
def reliability(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "perf"))
    return importlib.import_module("reliability")


def test_the_page_is_what_the_script_writes(reliability: Any) -> None:
    written = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert written == reliability.page(ROOT / "docs" / "reliability"), "write it with: python perf/reliability.py"


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.name)
def test_stored_figures_have_their_shape(file: Path, reliability: Any) -> None:
    text = file.read_text(encoding="utf-8")
    stored = json.loads(text)
    assert file.name in reliability.PARTS
    assert {"what", "command", "date", "machine", "figures", "remarks"} <= set(stored)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", stored["date"])
    assert all(isinstance(value, (int, float, str)) for value in stored["figures"].values())
    assert not re.search(r"(?<![\w.])/(tmp|work|home|root)/", text), "a place of one machine"


def test_tables_of_figures(reliability: Any, tmp_path: Path) -> None:
    (tmp_path / "limits.md").write_text("## Limits\n\nNone | but this.\n", encoding="utf-8")
    origin = {"command": "python x.py", "date": "2030-01-02", "remarks": ["One | two."]}
    machine = {"cores": 2, "cpu": "Some", "memory_gib": 8.0, "accelerators": []}
    figures = {"kills": 1234, "growth": "0 ± 1", "small: seconds": 1.5, "large: seconds": 250.25, "large: MB": 7}
    folder = {"tests passed": 3, "tests failed": 0, "tests skipped": 1, "seconds of tests": 9}
    stored = {"what": "This.", "machine": machine, "figures": figures} | origin
    (tmp_path / "soak.json").write_text(json.dumps(stored), encoding="utf-8")
    stored["folders"] = {"new": folder, "faults": folder | {"sigkills": 1000, "kept": 0}}
    (tmp_path / "tests.json").write_text(json.dumps(stored), encoding="utf-8")
    page = reliability.page(tmp_path)
    assert "| kills | 1,234 |\n| growth | 0 ± 1 |\n" in page
    assert "| what | small | large |\n| --- | ---: | ---: |\n| seconds | 1.5 | 250 |\n| MB |  | 7 |\n" in page
    assert "2030-01-02, 2 cores (Some), 8.0 GiB of memory" in page
    assert page.index("| `tests/faults` |") < page.index("| `tests/new` |  | 3 | 0 | 1 |  |")
    assert "| 3 | 0 | 1 | sigkills: 1,000; kept: 0 |" in page
    assert "Not measured yet: `python tests/fuzz/run.py" in page
    assert page.endswith("## Limits\n\nNone | but this.\n")
