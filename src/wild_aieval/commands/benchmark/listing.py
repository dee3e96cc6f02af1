"""Show which benchmarks there are."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.benchmarks.catalogue import Entry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Folders to look into."""
    parser.add_argument("--root", nargs="+", action="extend", default=[], metavar="DIR", help="further folders")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the table; 1 where the list holds a broken manifest."""
    import json
    from pathlib import Path

    from wild_aieval.benchmarks.catalogue import scan
    from wild_aieval.paths import starter_benchmarks

    starters = starter_benchmarks()
    roots = [Path(root) for root in arguments.root]
    if starters.is_dir() and starters.resolve() not in [root.resolve() for root in roots]:
        roots.insert(0, starters)
    rows = [_described(entry) for entry in scan(roots)]
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_table(rows)
    return 1 if any(row["error"] for row in rows) else 0


def _described(entry: Entry) -> dict[str, Any]:
    from wild_aieval.benchmarks.places import availability
    from wild_aieval.errors import UserError

    row: dict[str, Any] = {"name": entry.name, "path": str(entry.path), "error": ""}
    try:
        manifest = entry.manifest()
    except UserError as error:
        return row | {"error": str(error)}
    kept = ("version", "title", "languages", "licence", "synthetic", "confidentiality")
    known = availability(manifest, entry.path)
    facts = {"measures": _kind(manifest), "here": known.here, "remedy": "" if known.here else known.remedy}
    return row | {name: getattr(manifest, name) for name in kept} | facts


def _kind(manifest: Any) -> str:
    if manifest.task == "classification":
        return f"{manifest.scheme} {manifest.label_level}"
    if manifest.task == "translation":
        return f"{manifest.source_language} → {manifest.target_language}"
    return f"top {manifest.depth}"


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=220)
    if not rows:
        console.print("There are no benchmarks here. Add a folder with --root, or make one with 'benchmark import'.")
        return
    table = Table()
    for heading in (
        "name",
        "version",
        "data",
        "languages",
        "level/pair",
        "licence",
        "synthetic",
        "confidentiality",
        "title",
    ):
        table.add_column(heading, overflow="fold", no_wrap=heading == "name")  # names are copied from here
    for row in rows:
        if row["error"]:
            table.add_row(Text(row["name"]), Text("broken", style="bold red"))
            continue
        synthetic = "yes" if row["synthetic"] else "no"
        here = "here" if row["here"] else "elsewhere"
        cells = [
            row["name"],
            row["version"],
            here,
            ", ".join(row["languages"]),
            row["measures"],
            row["licence"],
            synthetic,
        ]
        table.add_row(*(Text(cell) for cell in [*cells, row["confidentiality"], row["title"]]))
    console.print(table)
    for row in rows:
        if row["error"]:
            console.print(Text(f"{row['name']}: {row['error']}", style="red"), soft_wrap=True)
