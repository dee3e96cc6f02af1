"""``pytest --figures FILE``: what a run of the tests did, as figures for the page of reliability.

The file holds the number of tests by outcome and the sums of all numbers that tests gave to ``record_property``, over
all and by folder. Under pytest-xdist the process that hands out the tests writes it.
"""

from __future__ import annotations

import shlex
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

PERF = Path(__file__).resolve().parents[1] / "perf"
WHAT = "Automatic tests, and how often they tried what must not succeed or must be survived."


class Figures:
    """Counts while reports come in; by folder below ``tests`` (a file there is its own folder)."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._outcomes: dict[str, dict[str, str]] = defaultdict(dict)
        self._sums: dict[str, Counter[str]] = defaultdict(Counter)
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of a test; the last of them carries all that was recorded."""
        folder = _folder(report.nodeid)
        outcomes = self._outcomes[folder]
        phases = (outcomes.get(report.nodeid, "passed"), report.outcome)
        outcomes[report.nodeid] = next((worst for worst in ("failed", "skipped") if worst in phases), "passed")
        self._seconds[folder] += report.duration
        if report.when == "teardown":
            for name, value in report.user_properties:
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    self._sums[folder][name] += value

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file."""
        sys.path.insert(0, str(PERF))
        from recording import record

        folders = {name: self._of([name]) for name in sorted(self._outcomes)}
        parts = [part for part in session.config.invocation_params.args if part != "-q"]
        command = "python -m pytest " + shlex.join(map(str, parts))
        record(self._file, WHAT, command, self._of(list(folders)), folders=folders)

    def _of(self, folders: list[str]) -> dict[str, float]:
        outcomes = Counter(outcome for folder in folders for outcome in self._outcomes[folder].values())
        sums: Counter[str] = Counter()
        for folder in folders:
            sums.update(self._sums[folder])
        counted = {f"tests {name}": outcomes[name] for name in ("passed", "failed", "skipped")}
        seconds = round(sum(self._seconds[folder] for folder in folders))
        return {**counted, "seconds of tests": seconds, **dict(sorted(sums.items()))}


def _folder(nodeid: str) -> str:
    parts = nodeid.partition("::")[0].split("/")
    inside = parts[parts.index("tests") + 1 :] if "tests" in parts else parts
    return inside[0]


def add_option(parser: pytest.Parser) -> None:
    """The option."""
    parser.addoption("--figures", metavar="FILE", type=Path, help="write what the tests counted to this file (JSON)")


def register(config: pytest.Config) -> None:
    """Count in the process that sees all reports."""
    file: Any = config.getoption("figures")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(file.resolve()), "figures")
