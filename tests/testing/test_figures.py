"""``--figures FILE``: what a run of the tests counted, with one process and with two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).resolve().parents[1] / "figures_plugin.py"
CONFTEST = f"""
import runpy
plugin = runpy.run_path({str(PLUGIN)!r})
pytest_addoption, pytest_configure = plugin["add_option"], plugin["register"]
"""
FIRST = """
import pytest

@pytest.mark.parametrize("times", [3, 4])
def test_counts(record_property, times):
    record_property("sigkills", times)
    record_property("kept", 0)
    record_property("word", "not a number")
    record_property("truth", True)

def test_fails_after_counting(record_property):
    record_property("sigkills", 1)
    raise ValueError

@pytest.mark.skip
def test_skipped(): ...
"""
SECOND = """
import pytest

@pytest.fixture
def broken():
    yield
    raise ValueError

def test_broken_at_the_end(broken, record_property):
    record_property("sigkills", 0.5)

def test_skips_itself():
    pytest.skip("not here")
"""


def figures(root: Path, *options: str) -> tuple[dict[str, Any], str]:
    """The file that a run over two folders of invented tests writes, and what was printed."""
    for name, text in {"conftest.py": CONFTEST, "faults/test_a.py": FIRST, "hostile/test_b.py": SECOND}.items():
        file = root / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (root / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "xdist.plugin", "tests", "--figures", "out.json", *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(command, cwd=root, env=kept, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((root / "out.json").read_text(encoding="utf-8"))
    return found, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_what_tests_counted(tmp_path: Path, options: tuple[str, ...]) -> None:
    found, printed = figures(tmp_path, *options)
    assert ("2 workers" in printed) == bool(options)
    without_times = {name: value for name, value in found["figures"].items() if name != "seconds of tests"}
    counted = {"tests passed": 2, "tests failed": 2, "tests skipped": 2, "kept": 0, "sigkills": 8.5}
    assert without_times == counted
    assert set(found["folders"]) == {"faults", "hostile"}
    assert found["folders"]["faults"]["sigkills"] == 8
    assert [found["folders"]["hostile"][f"tests {name}"] for name in ("passed", "failed", "skipped")] == [0, 1, 1]
    words = ["-p", "xdist.plugin", "tests", "--figures", "out.json", *options]
    assert found["command"] == "python -m pytest " + " ".join(words)
    assert found["machine"]["cores"] >= 1
    assert {"python", "wild_aieval", "mlflow"} <= set(found["versions"])
    assert len(found["date"]) == 10
