"""List the candidates that can be chosen with model=NAME, and whether they can run here."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only the format of the output."""
    parser.add_argument("--json", action="store_true", help="plain JSON instead of a table")


def run(arguments: argparse.Namespace) -> int:
    """Read every file under ``conf/model`` and try to make its candidate, without loading weights."""
    import json

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from wild_aieval.models import roll

    rows = roll.candidates()
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return 0
    table = Table(title="Candidates", show_lines=False)
    for column in ("model", "kind", "tasks", "here", "what it is"):
        table.add_column(column, overflow="fold", no_wrap=column == "model")  # names are copied from here
    for row in rows:
        table.add_row(*(escape(row[name]) for name in ("model", "kind", "tasks", "here", "summary")))
    Console().print(table)
    return 0
