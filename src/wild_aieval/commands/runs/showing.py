"""Show one run."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.runs import choosing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run and the format."""
    parser.add_argument("run_folder", type=Path, help="a run folder, from here or below the root")
    choosing.add_root(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what is known of it; 1 where it is damaged."""
    import json

    from wild_aieval.commands.runs.listing import also, figure
    from wild_aieval.operations import retention
    from wild_aieval.operations.inventory import scan

    root = choosing.root_of(arguments)
    found = choosing.one(arguments.run_folder, root)
    runs = scan(root) if root.is_dir() else []
    users = retention.users_of(found, [*runs, *([] if found in runs else [found])])
    reasons = [*retention.references(found), *(f"the run {name} refers to it" for name in users)]
    if arguments.json:
        print(json.dumps(found.as_dict() | {"referred_to": reasons}, ensure_ascii=False, indent=1))
        return 1 if found.state == "damaged" else 0
    lines = {
        "run": str(found.path),
        "when": f"{found.created:%Y-%m-%d %H:%M} UTC",
        "state": f"{found.state}{f': {found.problem}' if found.problem else ''}",
        "candidate": found.model,
        "benchmarks": ", ".join(found.benchmarks) or "?",
        "class": found.confidentiality,
        "figures": "; ".join(f"{one[0]}: {figure(*one)}" for one in found.figures),
        "size": choosing.size(found.bytes),
        "also": also(found),
        "stays": "; ".join(reasons),
        "next": found.next,
    }
    print("\n".join(f"{name:11} {text}" for name, text in lines.items() if text))
    return 1 if found.state == "damaged" else 0
