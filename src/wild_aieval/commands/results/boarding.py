"""Write the board of the group."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.results import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What else stands on it, and where the page goes."""
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="this office's own run or sweep folders")
    parser.add_argument("--office", default="", metavar="XX", help="this office's code, for its own runs")
    parser.add_argument("--out", type=Path, default=Path("board.html"), help="the page (default: board.html)")
    places.add_group(parser)


def run(arguments: argparse.Namespace) -> int:
    """Collect what was imported and what is named, write the page."""
    import datetime

    from wild_aieval.bundles import board, exported, imported, keys
    from wild_aieval.comparison.systems import folders_of
    from wild_aieval.errors import UserError
    from wild_aieval.paths import runs_dir
    from wild_aieval.reports import board_page

    if arguments.runs and not arguments.office:
        raise UserError("results board: say whose runs these are with --office XX (WIPO ST.3).")
    office = keys.office_code(arguments.office) if arguments.office else ""
    mine = board.own(office, [folder for run in arguments.runs for folder in folders_of(run.expanduser())])
    root = places.group_of(arguments)
    others = imported.runs(root)
    if not mine and not others:
        raise UserError(f"{root}: no results were imported yet, and no runs were named. Name run folders of your own.")
    now = datetime.datetime.now(datetime.UTC)
    exported.leaves([one.folder for one in mine], now.isoformat(timespec="seconds"), runs_dir() / exported.FILE)
    found = board.collect(mine, others, now.date())
    print(board_page.write(arguments.out.expanduser().resolve(), found, now.isoformat(timespec="seconds")))
    return 0
