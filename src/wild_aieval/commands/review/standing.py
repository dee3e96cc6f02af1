"""Show the batches of a run and how far each reviewer is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, and its ledger."""
    parser.add_argument("run_folder", type=Path, help="a run folder")
    parser.add_argument("--ledger", metavar="ADDRESS", help="a file or postgresql://…; default: that of the run folder")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each batch and each of its reviewers."""
    import json

    from wild_aieval.oversight.ledger.address import open_ledger
    from wild_aieval.review.progress import progress
    from wild_aieval.review.store import default_ledger

    ledger = open_ledger(arguments.ledger or default_ledger(arguments.run_folder))
    found = progress(arguments.run_folder, ledger)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(found)))
    return 0


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [] if found["batches"] else ["There is no batch yet. Make one with: python -m wild_aieval review export"]
    for batch in found["batches"]:
        lines.append(
            f"{batch['batch']}  {batch['task']}, {batch['items']} items for {batch['per_item']} reviewers each"
        )
        lines += [
            f"  {one['reviewer']}: {one['first_answers']} first answers, {one['decided']} of {batch['items']} decided"
            for one in batch["reviewers"]
        ]
    return [*lines, f"ledger: {found['events']:,} events, the head is {found['head']}"]
