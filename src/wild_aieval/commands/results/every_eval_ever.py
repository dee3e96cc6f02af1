"""Write results in the schema of Every Eval Ever, for tools of others."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, the office, and where the files go."""
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run or sweep folders, also imported ones of other offices"
    )
    parser.add_argument("--office", required=True, metavar="XX", help="two-letter code of this office (WIPO ST.3)")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the files go into data/ in it")


def run(arguments: argparse.Namespace) -> int:
    """Write a file for each result, and one with scores of items where its class allows it."""
    import datetime

    from wild_aieval.bundles import every_eval_ever, exported, keys
    from wild_aieval.comparison.systems import folders_of
    from wild_aieval.errors import UserError
    from wild_aieval.paths import runs_dir

    office = keys.office_code(arguments.office)
    folders = [folder for run in arguments.runs for folder in folders_of(run.expanduser())]
    to, now = arguments.to.expanduser(), datetime.datetime.now(datetime.UTC)
    exported.leaves(folders, now.isoformat(timespec="seconds"), runs_dir() / exported.FILE)
    try:
        files = every_eval_ever.write(folders, office, to, now)
    except OSError as error:
        raise UserError(f"{to}: cannot be written ({error.strerror}). Name another folder with --to.") from None
    for file in files:
        print(file)
    return 0
