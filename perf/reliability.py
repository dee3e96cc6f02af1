"""Writes ``docs/reliability.md`` from the figures in ``docs/reliability/*.json`` and the limits in ``limits.md`` there.

    python perf/reliability.py

A file of figures holds ``what``, ``command``, ``date``, ``machine``, ``figures`` (label -> number or text) and
``remarks``; that of the tests ``folders`` too. Labels ``group: name`` become a table with a column for each group.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES, PAGE = ROOT / "docs" / "reliability", ROOT / "docs" / "reliability.md"
HEAD = """\
# Reliability

Nothing is lost, nothing leaks, no one gets in: what was tried against these three sentences, how often, and what came
of it. This page is written by `python perf/reliability.py` from stored figures (`docs/reliability/`); each part names
the command that repeats it. What was not tried, and what cannot be promised, stands [at the end](#limits).
"""
FOLDERS = {
    "faults": "nothing is lost: processes killed, signals, full disks, at every step of a run",
    "operations": "nothing is lost: old runs removed, logs, several runs at once",
    "hostile": "no one gets in: archives, names, XML, tables and texts made to harm",
    "fuzz": "no one gets in: damaged files for every reader",
    "servers": "no one gets in: passwords, sessions, headers and limits of what listens",
    "confidentiality": "nothing leaks: texts of guarded benchmarks searched in everything that leaves the run folder",
    "telemetry": "nothing leaks: no connection to anywhere that was not named",
    "identity": "no answer is mixed up: whatever can change an answer changes its key, and nothing else does",
    "determinism": "the same run gives the same figures",
    "upgrades": "records of older versions are read, those of newer ones refused",
}
_TESTS = "-n 2 --dist loadfile " + " ".join(f"tests/{name}" for name in FOLDERS)
PARTS = {
    "soak.json": ("Hours of failures", "python perf/soak.py --minutes 60 --record docs/reliability/soak.json"),
    "tests.json": ("What the tests try", f"python -m pytest {_TESTS} --figures docs/reliability/tests.json"),
    "fuzz.json": ("Damaged and hostile files", "python tests/fuzz/run.py --record docs/reliability/fuzz.json"),
    "million.json": ("Many items", "python perf/million.py --record docs/reliability/million.json"),
}
_BEFORE = ("tests passed", "tests failed", "tests skipped", "seconds of tests")


def page(folder: Path) -> str:
    """The whole page."""
    parts = [_part(folder / name, title, command) for name, (title, command) in PARTS.items()]
    limits = (folder / "limits.md").read_text(encoding="utf-8").strip()
    return "\n".join([HEAD, *parts, limits, ""])


def _part(file: Path, title: str, command: str) -> str:
    if not file.is_file():
        return f"## {title}\n\nNot measured yet: `{command}`\n"
    stored = json.loads(file.read_text(encoding="utf-8"))
    tables = _tests(stored["folders"]) if "folders" in stored else _tables(stored["figures"])
    remarks = "".join(f"- {remark}\n" for remark in stored["remarks"])
    return "\n".join([f"## {title}\n", f"{stored['what']}\n", _origin(stored), tables, *filter(None, [remarks])])


def _origin(stored: Mapping[str, Any]) -> str:
    machine = stored["machine"]
    words = machine if isinstance(machine, str) else _machine(machine)
    return f"`{stored['command']}`  \n{stored['date']}, {words}\n"


def _machine(facts: Mapping[str, Any]) -> str:
    return f"{facts.get('cores')} cores ({facts.get('cpu')}), {facts.get('memory_gib')} GiB of memory"


def _tests(folders: Mapping[str, Mapping[str, float]]) -> str:
    """A row for each folder, in the order above; what was counted beside its tests."""
    rows = []
    known = list(FOLDERS)
    for name in sorted(folders, key=lambda name: (known.index(name) if name in known else len(known), name)):
        figures = folders[name]
        counted = "; ".join(f"{label}: {_shown(value)}" for label, value in figures.items() if label not in _BEFORE)
        outcomes = [_shown(figures[label]) for label in _BEFORE[:3]]
        rows.append([f"`tests/{name}`", FOLDERS.get(name, ""), *outcomes, counted])
    return _table(["tests", "for what", "passed", "failed", "skipped", "counted"], rows)


def _tables(figures: Mapping[str, float | str]) -> str:
    """One table of the plain labels; one with a column for each group of the others."""
    plain = [[label, _shown(value)] for label, value in figures.items() if ": " not in label]
    cells = {tuple(label.split(": ", 1)): _shown(value) for label, value in figures.items() if ": " in label}
    groups = list(dict.fromkeys(group for group, _ in cells))
    names = list(dict.fromkeys(name for _, name in cells))
    grouped = [[name, *[cells.get((group, name), "") for group in groups]] for name in names]
    tables = [_table(["what", "figure"], plain)] if plain else []
    return "\n".join([*tables, *([_table(["what", *groups], grouped)] if grouped else [])])


def _table(head: list[str], rows: list[list[str]]) -> str:
    numbers = [column > 0 and all(_is_number(row[column]) for row in rows) for column in range(len(head))]
    lines = [head, ["---:" if number else "---" for number in numbers], *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _is_number(text: str) -> bool:
    return not text or text.replace(",", "").replace(".", "", 1).lstrip("-").isdecimal()


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) or abs(value) < 100 else f"{value:,.0f}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(FIGURES), encoding="utf-8")
    print(f"{PAGE}: written")


if __name__ == "__main__":
    main()
