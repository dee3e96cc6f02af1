"""Make this office's key."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose key it is, and where it goes."""
    parser.add_argument("office", metavar="XX", help="two-letter code of the office (WIPO ST.3), such as EP")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="folder of the key (default: ~/.config/wild_aieval)")


def run(arguments: argparse.Namespace) -> int:
    """Write both halves, print the fingerprint."""
    import datetime

    from wild_aieval.bundles import keys
    from wild_aieval.commands.results import places

    folder = arguments.to.expanduser() if arguments.to else places.own_keys()
    office = keys.office_code(arguments.office)
    private, public = keys.make(office, folder, datetime.datetime.now(datetime.UTC).date())
    print(
        f"{private}: the private key of {office}. It never leaves this machine; whoever has it can sign for the office."
    )
    print(f"{keys.public_file(private)}: the public key, good until {public.valid_until}. Send it to the group.")
    print(f"fingerprint {public.fingerprint}\nThe others compare it with you by phone before they let the key in.")
    return 0
