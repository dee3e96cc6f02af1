"""Write finished runs into one signed file."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.results import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, the office, its key, and where the file goes."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders or sweep folders")
    parser.add_argument("--office", required=True, metavar="XX", help="two-letter code of this office (WIPO ST.3)")
    parser.add_argument("--certificate", type=Path, action="append", default=[], help="certificates.json of 'certify'")
    parser.add_argument("--key", type=Path, help="private key (default: ~/.config/wild_aieval/XX.key.pem)")
    parser.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="folder of the file (default: here)")


def run(arguments: argparse.Namespace) -> int:
    """Collect, sign, write, and say what is in it."""
    import datetime

    from wild_aieval.bundles import content, exported, file, keys
    from wild_aieval.comparison.systems import folders_of
    from wild_aieval.paths import runs_dir

    office = keys.office_code(arguments.office)
    key = arguments.key or places.own_keys() / f"{office}.key.pem"
    private = keys.read_private(key)
    folders = [folder for run in arguments.runs for folder in folders_of(run.expanduser())]
    now = datetime.datetime.now(datetime.UTC)
    keys.still_good(key, now.date())
    parts = content.of_runs(folders, office, arguments.certificate, now)
    grown = exported.leaves(folders, parts.bundle["created"], runs_dir() / exported.FILE)
    parts = content.without_groups(parts, grown)
    place = arguments.to.expanduser() / f"{office}-{now:%Y%m%dT%H%M%SZ}{file.SUFFIX}"
    file.write(place, parts, private)
    for line in content.told(parts):
        print(line)
    print(f"{place}: {place.stat().st_size / 1000:,.0f} kB, signed. Send it to the group by any way; it holds no text.")
    return 0
