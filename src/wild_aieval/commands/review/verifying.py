"""Hold a ledger against its chain."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The ledger, and a head that was noted elsewhere."""
    parser.add_argument("ledger", help="a ledger file, a run folder that holds one, or postgresql://…")
    parser.add_argument(
        "--anchor", metavar="HASH", help="the head as it was noted elsewhere: a report, a tag in MLflow"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where a line is broken."""
    import json
    from dataclasses import asdict

    from wild_aieval.oversight.ledger.verify import verify

    verdict = verify(_address(arguments.ledger), arguments.anchor)
    if arguments.json:
        print(json.dumps(asdict(verdict), ensure_ascii=False, indent=1))
    else:
        print("\n".join(verdict.lines(arguments.anchor)))
    return 0 if verdict.fault is None else 1


def _address(given: str) -> str:
    from pathlib import Path

    from wild_aieval.review.store import default_ledger

    return str(default_ledger(Path(given))) if "://" not in given and Path(given).is_dir() else given
