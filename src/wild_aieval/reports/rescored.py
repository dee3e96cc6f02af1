"""What a new scoring changed, on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wild_aieval.reports.headline import NOT_MEASURED, written


def print_changes(changes: Sequence[Mapping[str, Any]]) -> None:
    """A table of the figures that differ from those of before, each with the reason."""
    console = Console()
    console = console if console.is_terminal else Console(width=max(console.width, 160))
    if not changes:
        console.print("\nNo figure differs from those of before.")
        return
    title = f"{len(changes)} figures differ from those of before; the old ones are kept in rescored.jsonl"
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in ("benchmark", "measure", "before", "now", "why"):
        table.add_column(column, overflow="fold")
    for change in changes:
        before, after = (written(change["measure"], change[side]) for side in ("before", "after"))
        cells = (change["benchmark"], change["measure"], before or NOT_MEASURED, after, change["why"])
        table.add_row(*map(escape, cells))
    console.print()
    console.print(table)
