"""Show which runs there are."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from wild_aieval.commands.runs import choosing

if TYPE_CHECKING:
    from wild_aieval.operations.inventory import Run

_COLOURS = {"finished": "green", "unfinished": "yellow", "running": "cyan", "damaged": "bold red", "newer": "magenta"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where, which, and the format."""
    choosing.add_root(parser)
    choosing.add_filters(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the table, the newest first."""
    import json

    from wild_aieval.operations.inventory import scan

    root = choosing.root_of(arguments)
    runs = choosing.chosen(scan(root), arguments)
    if arguments.json:
        print(json.dumps([run.as_dict() for run in runs], ensure_ascii=False, indent=1))
        return 0
    _print(runs)
    total = choosing.size(sum(run.bytes for run in runs))
    print(f"{len(runs)} runs, {total}, in {root}")
    return 0


def _print(runs: list[Run]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    table = Table()
    for heading in ("run", "when (UTC)", "state", "candidate", "benchmarks", "figures", "size", "also"):
        table.add_column(heading, overflow="fold")
    for run in runs:
        cells = [run.name, f"{run.created:%Y-%m-%d %H:%M}", run.state, run.model, "\n".join(run.benchmarks)]
        cells += ["\n".join(figure(*found) for found in run.figures), choosing.size(run.bytes), also(run)]
        table.add_row(*(Text(cell, style=_COLOURS[run.state] if cell == run.state else "") for cell in cells))
    console.print(table)


def figure(benchmark: str, measure: str, value: float | None) -> str:
    """One figure with the name of its measure."""
    return f"{measure} {'not shown' if value is None else f'{value:.3f}'}"


def also(run: Run) -> str:
    """What else there is of it."""
    marks = {"MLflow": run.logged, f"reviewed ({run.events} events)": run.events, "certificates": run.certificates}
    return ", ".join(name for name, there in marks.items() if there)
