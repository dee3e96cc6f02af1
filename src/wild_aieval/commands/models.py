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

    rows = _rows()
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return 0
    table = Table(title="Candidates", show_lines=False)
    for column in ("model", "kind", "tasks", "here", "what it is"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(row[name]) for name in ("model", "kind", "tasks", "here", "summary")))
    Console().print(table)
    return 0


def _rows() -> list[dict[str, str]]:
    import yaml

    from wild_aieval.errors import UserError
    from wild_aieval.help import options
    from wild_aieval.models import registry
    from wild_aieval.models.protocols import Workplace
    from wild_aieval.paths import conf_dir, runs_dir

    rows = []
    for name in options("model"):
        raw = yaml.safe_load((conf_dir() / "model" / f"{name}.yaml").read_text(encoding="utf-8"))
        kind = registry.kind_of(raw, name)
        try:
            registry.build(registry.read_settings(raw, name), Workplace(0, runs_dir() / "cache"))
            here = "yes"
        except UserError as error:
            here = str(error)
        row = {
            "model": name,
            "kind": raw["kind"],
            "tasks": ", ".join(kind.tasks),
            "here": here,
            "summary": kind.summary,
        }
        rows.append(row)
    return rows
