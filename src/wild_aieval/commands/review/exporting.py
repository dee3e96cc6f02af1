"""Write a file for a reviewer to fill in; the first export of a run chooses the items."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wild_aieval.oversight.ledger.events import Ledger
    from wild_aieval.review.batch import Batch
    from wild_aieval.review.run import ReviewedRun

_PLAN = ("task", "flagged", "audit_least", "audit_share", "seeds", "shown", "per_item", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, the reviewer, the file, and how a new batch is made."""
    parser.add_argument("run_folder", type=Path, help="a run folder")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help=".xlsx, .csv, .jsonl, or .json (Label Studio)"
    )
    parser.add_argument("--reviewer", required=True, metavar="PSEUDONYM", help="who fills it in, never a name")
    parser.add_argument(
        "--stage", choices=("first", "second"), help="the part of hidden-first reviews; default: the next"
    )
    parser.add_argument("--batch", metavar="ID", help="default: the newest of the run")
    parser.add_argument("--new", action="store_true", help="make another batch, also where there is one")
    parser.add_argument("--ledger", metavar="ADDRESS", help="a file or postgresql://…; default: that of the run folder")
    parser.add_argument("--titles", type=Path, metavar="FILE", help="titles of symbols: columns 'symbol' and 'title'")
    made = parser.add_argument_group("how a new batch is made")
    made.add_argument("--task", help="where a run measured several")
    made.add_argument("--flagged", type=int, metavar="N", help="at most so many flagged items; default: all")
    made.add_argument("--audit", type=int, dest="audit_least", metavar="N", help="unflagged items, at least (60)")
    made.add_argument("--audit-share", type=float, metavar="R", help="or this share of them, if that is more (0.02)")
    made.add_argument("--seeds", type=float, metavar="R", help="planted errors, as a share of the others (0.03)")
    made.add_argument("--shown", type=float, metavar="R", help="share of items shown at once, for comparison (0)")
    made.add_argument("--per-item", type=int, metavar="N", help="how many reviewers look at each item (2)")
    made.add_argument("--seed", type=int, metavar="N", help="for drawing the same items again; default: by chance")


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say what to do with it."""
    from wild_aieval.oversight.ledger.address import open_ledger
    from wild_aieval.review.content import Contents
    from wild_aieval.review.forms.exporting import beside, export
    from wild_aieval.review.run import ReviewedRun
    from wild_aieval.review.store import default_ledger
    from wild_aieval.review.titles import SchemeTitles

    reviewed = ReviewedRun(arguments.run_folder)
    ledger = open_ledger(arguments.ledger or default_ledger(reviewed.path))
    batch = _batch(arguments, reviewed, ledger)
    titles = SchemeTitles.of(arguments.titles) if arguments.titles else None
    written = export(Contents(reviewed, batch, titles), ledger, arguments.reviewer, arguments.to, arguments.stage)
    print(
        f"{arguments.to}: {len(written.rows)} items of batch {batch.id} for {arguments.reviewer}, {written.stage} part"
    )
    if beside(arguments.to).is_file() and arguments.to.suffix == ".json":
        print(f"{beside(arguments.to)}: the labelling interface of Label Studio for these tasks")
    print("When it is filled in, wholly or in part: python -m wild_aieval review import FILE")
    return 0


def _batch(arguments: argparse.Namespace, reviewed: ReviewedRun, ledger: Ledger) -> Batch:
    from wild_aieval.errors import UserError
    from wild_aieval.review.queue import Plan, make_batch, newest

    given = {name: getattr(arguments, name) for name in _PLAN if getattr(arguments, name) is not None}
    known = None if arguments.new else newest(reviewed.path, arguments.batch)
    if known is None:
        return make_batch(reviewed, ledger, Plan(**given))
    if given:
        options = ", ".join("--" + name.replace("_least", "").replace("_", "-") for name in given)
        raise UserError(
            f"{reviewed.path}: batch '{known.id}' is there and stays as it is. Leave out {options}, or make another "
            "batch with --new."
        )
    return known
