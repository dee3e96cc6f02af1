"""Say which runs a policy would remove; with --yes remove them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from wild_aieval.commands.runs import choosing

if TYPE_CHECKING:
    from wild_aieval.operations.retention import Verdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy, which runs it is held against, and whether it is done."""
    choosing.add_root(parser)
    choosing.add_filters(parser)
    parser.add_argument("--keep-last", type=int, metavar="N", help="finished runs of each candidate on each benchmark")
    parser.add_argument("--keep-days", metavar="AGE", help="runs younger than that, such as 90d")
    parser.add_argument("--force", metavar="REASON", default="", help="also runs that reviews, certificates or other "
                        "runs refer to; the reason is recorded")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="remove; without it nothing is touched")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what goes and what stays, and why; remove where it is said."""
    import datetime
    import json

    from wild_aieval.errors import UserError
    from wild_aieval.operations import retention
    from wild_aieval.operations.inventory import scan

    if arguments.keep_last is not None and arguments.keep_last < 0:
        raise UserError(f"--keep-last {arguments.keep_last}: expected 0 or more.")
    if arguments.force and len(arguments.force.split()) < 2:
        raise UserError(f"--force '{arguments.force}': write the reason in some words; it is kept in pruned.jsonl.")
    keep = None if arguments.keep_days is None else choosing.days(arguments.keep_days, "--keep-days")
    policy = retention.Policy(arguments.keep_last, keep)
    root = choosing.root_of(arguments)
    runs = scan(root)
    now = datetime.datetime.now(datetime.UTC)
    found = retention.verdicts(runs, choosing.chosen(runs, arguments), policy, arguments.force, now)
    if arguments.yes:
        _remove(found, root, arguments.force)
    if arguments.json:
        print(json.dumps([_plain(one, arguments.yes) for one in found], ensure_ascii=False, indent=1))
    else:
        _print(found, arguments.yes)
    return 0


def _remove(found: list[Verdict], root: Path, force: str) -> None:
    from wild_aieval.operations import retention

    for one in found:
        if one.goes:
            retention.delete(one.run, root, one.why, force)


def _plain(one: Verdict, done: bool) -> dict[str, object]:
    return {"run": one.run.name, "goes": one.goes, "removed": one.goes and done, "why": one.why,
            "protected": one.protected, "bytes": one.run.bytes}  # fmt: skip


def _print(found: list[Verdict], done: bool) -> None:
    verb = "removed" if done else "would go"
    for one in found:
        print(f"{verb if one.goes else 'stays':8}  {one.run.name}  {one.run.model}: {one.why}")
    going = [one.run for one in found if one.goes]
    total = choosing.size(sum(run.bytes for run in going))
    print(f"{len(going)} of {len(found)} runs {verb}, {total}.")
    if going and not done:
        print("Nothing was touched. Do it with --yes; archive first what may be asked for: runs archive RUN_FOLDER")
    if any(one.protected for one in found):
        print("What others refer to stays, unless --force 'REASON' says why it may go.")
