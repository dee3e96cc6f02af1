"""Read a filled-in file into the ledger."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and where it belongs if that cannot be found."""
    parser.add_argument("file", type=Path, help="a file that 'review export' wrote, filled in wholly or in part")
    parser.add_argument("--run", type=Path, metavar="RUN_FOLDER", help="default: looked for by the file's ticket")
    parser.add_argument("--ledger", metavar="ADDRESS", help="a file or postgresql://…; default: that of the run folder")
    parser.add_argument("--supersede", action="store_true", help="correct decisions that stand; both are kept")


def run(arguments: argparse.Namespace) -> int:
    """Take all of it or nothing, and say what it came to."""
    from wild_aieval.oversight.ledger.address import open_ledger
    from wild_aieval.paths import runs_dir
    from wild_aieval.review import store
    from wild_aieval.review.content import Contents
    from wild_aieval.review.forms.importing import find_run, rows_of, take, ticket_of

    rows = rows_of(arguments.file)
    ticket = ticket_of(rows, arguments.file)
    folder = arguments.run or find_run(arguments.file, ticket.batch, [runs_dir()])
    contents = Contents.open(folder, store.read(folder, ticket.batch))
    ledger = open_ledger(arguments.ledger or store.default_ledger(contents.run.path))
    done = take(arguments.file, rows, contents, ledger, arguments.supersede)
    what = "first answers" if done.stage == "first" else "decisions"
    print(
        f"{arguments.file}: {done.new} {what} of {done.reviewer} imported, {done.corrected} corrected, "
        f"{done.same} known already, {done.empty} rows left empty"
    )
    number, head = ledger.head
    print(f"ledger: {number:,} events, the head is {head}")
    return 0
