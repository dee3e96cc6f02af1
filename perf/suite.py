"""Runs the measurements that ``docs/performance.md`` shows, and writes that page.

python perf/suite.py              all of them, with figures stored in docs/performance/ (make perf)
python perf/suite.py --smoke      smallest sizes, nothing stored: fails only where a script crashes
python perf/suite.py --page       only the page, from stored figures
python perf/suite.py search …     the named ones, and the page
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measuring import Row

HERE = Path(__file__).resolve().parent
FIGURES, PAGE = HERE.parent / "docs" / "performance", HERE.parent / "docs" / "performance.md"
SCRIPTS = {
    "start": "Start",
    "encoding": "Encoding, beside MTEB and hand-written scripts",
    "harness": "What the harness itself costs",
    "choices": "Language models: choices of a prompt",
    "decoding": "Translation",
    "search": "Search",
    "ranking": "Ranking measures",
    "intervals": "Intervals",
    "streaming": "Large collections",
    "growth": "Growth",
    "spread": "Workers of Ray",
    "gpu": "Accelerator",
}
HEAD = """\
# Performance

What the harness costs, as ratios of CPU time on the same work within one run: beside other tools, beside the best
script that one can write by hand, and beside the goals that were set. Times in seconds depend on the machine and are
there to show the size of things. This page is written by `make perf` from stored figures (`docs/performance/`); the
tools compared with are installed by `python perf/peers.py`, and rows that need one that is not there are left out.
"""


def run(names: list[str], smoke: bool) -> list[str]:
    """The scripts that failed."""
    failed = []
    for name in names:
        print(f"== {name}: {SCRIPTS[name]}", flush=True)
        begun = time.perf_counter()
        options = ["--smoke"] if smoke else ["--record", str(FIGURES / f"{name}.json")]
        done = subprocess.run([sys.executable, str(HERE / f"{name}.py"), *options], check=False)
        print(f"== {name}: {time.perf_counter() - begun:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
    return failed


def page(folder: Path) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_part(folder / f"{name}.json", title) for name, title in SCRIPTS.items())])


def _part(file: Path, title: str) -> str:
    if not file.is_file():
        return f"## {title}\n\nNot measured yet: `python perf/{file.stem}.py`\n"
    stored = json.loads(file.read_text(encoding="utf-8"))
    machine, versions = stored["machine"], stored["versions"]
    where = f"{machine.get('cores')} cores ({machine.get('cpu')}), {machine.get('memory_gib')} GiB of memory"
    named = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    rows = [_row(row) for row in stored["rows"]]
    return "\n".join(
        [
            f"## {title}\n\n{stored['what']}\n",
            f"`{stored['command']}`  \n{stored['date']}, {where}\n",
            "| | median | min | max | goal | |\n|---|---:|---:|---:|---:|---|",
            *rows,
            "",
            *(f"- {remark}" for remark in stored["remarks"]),
            *([""] if stored["remarks"] else []),
            f"<small>{named}</small>\n",
        ]
    )


def _row(stored: Mapping[str, Any]) -> str:
    row = Row(**stored)
    goal = (
        f"≤ {_shown(row.at_most)}" if row.at_most is not None else f"≥ {_shown(row.at_least)}" if row.at_least else ""
    )
    verdict = {True: "reached", False: "**not reached**", None: ""}[row.reached]
    figures = " | ".join(_shown(value) for value in (row.median, min(row.values), max(row.values)))
    note = f" ({row.note})" if row.note else ""
    return f"| {row.what}, {row.unit}{note} | {figures} | {goal} | {verdict} |"


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SCRIPTS)}; none: all")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--page", action="store_true")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(SCRIPTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(SCRIPTS)}")
    names = [] if chosen.page else [name for name in chosen.names or SCRIPTS if (HERE / f"{name}.py").exists()]
    failed = run(names, chosen.smoke)
    if not chosen.smoke:
        PAGE.write_text(page(FIGURES), encoding="utf-8")
        print(f"written: {PAGE}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
