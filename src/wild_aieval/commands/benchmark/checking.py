"""Check benchmark folders and print every finding; exit code 1 where there is an error."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.benchmarks.checks.finding import Finding
    from wild_aieval.benchmarks.checks.run import Report

# Warnings with which a version cannot be given out.
_BLOCKING = ("licence-unknown", "contributor-unknown", "example-rows", "card-missing")
_COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Folders, and how far the check goes."""
    parser.add_argument("path", nargs="+", type=Path, metavar="FOLDER", help="a benchmark folder, <root>/<task>/<name>")
    parser.add_argument("--no-floors", action="store_true", help="do not measure the floor candidates")
    parser.add_argument("--strict", action="store_true", help="warnings fail the check, too")
    parser.add_argument(
        "--release",
        action="store_true",
        help="without errors, fix this version: write sha256 and released/VERSION.yaml",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check each folder; 1 where one has an error (with --strict: or a warning)."""
    import json

    found = [_checked(path, arguments) for path in arguments.path]
    if arguments.json:
        print(json.dumps(found if len(found) > 1 else found[0], ensure_ascii=False, indent=2))
    limits = ("error", "warning") if arguments.strict else ("error",)
    failed = any(one["counts"][severity] for one in found for severity in limits)
    return 1 if failed or any(arguments.release and not one["released"] for one in found) else 0


def _checked(path: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    from wild_aieval.benchmarks.checks.run import check
    from wild_aieval.floors import entry_of
    from wild_aieval.progress import Progress

    shown = not arguments.json
    with Progress(shown) as progress:
        report = check(entry_of(path), progress.task)
    found = report.as_dict()
    if shown:
        _print(report)
    if report.ok and not arguments.no_floors:
        found["floors"] = _floors(path, shown)
    if arguments.release:
        found["released"] = _release(path, report)
    if shown:
        print(_verdict(report, arguments))
    return found


def _floors(path: Path, shown: bool) -> dict[str, Any]:
    """What the floor candidates reach and the smallest difference that the set can show."""
    from rich.console import Console

    from wild_aieval import floors
    from wild_aieval.benchmarks.load import load

    entry = floors.entry_of(path)
    made = floors.facts(load(entry, warn=False), entry, shown)
    if shown:
        console = Console(soft_wrap=True)
        for line in floors.lines(made):
            console.print(line, markup=False, highlight=False)
    return made


def _release(path: Path, report: Report) -> str | None:
    """Fix the version, unless something forbids it; returns the file of the version."""
    from wild_aieval.benchmarks.released import release

    forbids = [finding for finding in report.findings if finding.severity == "error" or finding.code in _BLOCKING]
    if forbids:
        codes = ", ".join(dict.fromkeys(finding.code for finding in forbids))
        print(f"Not released: {codes}. Mend that first.", file=sys.stderr)
        return None
    return str(release(path))


def _print(report: Report) -> None:
    """The findings, the worst first, with their examples."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)
    rows = ", ".join(f"{part} {count:,}" for part, count in report.rows.items())
    console.print(f"[bold]{report.name}[/] ({rows or 'no rows'})", highlight=False)
    for finding in report.findings:
        head = f"{finding.severity} {finding.code}: "
        console.print(Text(head, style=_COLOURS[finding.severity]) + Text(str(finding)), highlight=False)
        for example in _more_examples(finding):
            console.print(Text(f"    {example}", style="dim"), highlight=False)


def _more_examples(finding: Finding) -> list[str]:
    """Those that the message does not show already."""
    return [example for example in finding.examples if example not in finding.message]


def _verdict(report: Report, arguments: argparse.Namespace) -> str:
    counts = report.counts
    told = f"{counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes."
    if not report.ok:
        return f"{told} Mend the errors; figures on this benchmark would be wrong, or it cannot be read."
    if counts["warning"]:
        return f"{told} A person should look at the warnings before it is published."
    return told if arguments.release else f"{told} Fix this version with --release before you give it out."
