"""Close the file of a ledger that is in use; put away sealed files that are old enough."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The ledger, who does it, and what goes."""
    parser.add_argument("ledger", type=Path, help="a ledger file, or a run folder that holds one")
    parser.add_argument("--actor", required=True, metavar="PSEUDONYM", help="who seals it")
    parser.add_argument(
        "--retire", type=int, metavar="MONTHS", help="put away sealed files older than that (24 is usual)"
    )
    put = parser.add_mutually_exclusive_group()
    put.add_argument("--archive", type=Path, metavar="FOLDER", help="move them there")
    put.add_argument("--destroy", action="store_true", help="destroy them; the ledger keeps their heads")


def run(arguments: argparse.Namespace) -> int:
    """Seal, then retire if asked; the head is printed, to be noted elsewhere."""
    from wild_aieval.errors import UserError
    from wild_aieval.oversight.ledger.file import FileLedger
    from wild_aieval.review.store import default_ledger

    if (arguments.retire is None) != (arguments.archive is None and not arguments.destroy):
        raise UserError("review seal: --retire MONTHS goes with --archive FOLDER or --destroy, and these with it.")
    path = default_ledger(arguments.ledger) if arguments.ledger.is_dir() else arguments.ledger
    ledger = FileLedger(path)
    event = ledger.seal(arguments.actor)
    print(f"{path}: sealed with event {event.seq:,}, the head is {event.hash}. Note it elsewhere.")
    if arguments.retire is not None:
        gone = ledger.retire(arguments.retire, arguments.actor, arguments.archive)
        how = "destroyed" if arguments.destroy else f"moved to {arguments.archive}"
        print(f"{len(gone)} sealed files older than {arguments.retire} months {how}.")
    return 0
