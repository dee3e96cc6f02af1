"""Whose bundles are taken."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.results import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The key to let in or to withdraw; none: the list."""
    parser.add_argument("public_key", type=Path, nargs="?", metavar="XX.public.json", help="a key that an office sent")
    parser.add_argument("--fingerprint", default="", help="as the office read it to you; only then is the key let in")
    parser.add_argument("--withdraw", default="", metavar="FINGERPRINT", help="take nothing more that this key signs")
    places.add_group(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, let in or withdraw."""
    import datetime

    from wild_aieval.bundles import keys, trust
    from wild_aieval.errors import UserError

    known = trust.TrustedKeys(places.group_of(arguments) / trust.FILE)
    if arguments.withdraw:
        changed = known.withdraw(arguments.withdraw, datetime.datetime.now(datetime.UTC).date())
        print(
            f"{changed.office}: the key {changed.fingerprint} is good no longer. Nothing more that it signed is taken; "
            "what was taken before stays."
        )
    elif arguments.public_key:
        key = keys.read_public(arguments.public_key)
        # It is not shown before it is given: who can copy it from here does not ask the office.
        if not arguments.fingerprint:
            raise UserError(
                f"{arguments.public_key}: says that it is the key of {key.office}. Let the office read its fingerprint "
                "to you by phone (ten groups of four signs), and give it: python -m wild_aieval results trust "
                f"{arguments.public_key} --fingerprint '…'"
            )
        if arguments.fingerprint.replace(" ", "").lower() != key.fingerprint.replace(" ", ""):
            raise UserError(
                f"{arguments.public_key}: the key in this file has the fingerprint\n  {key.fingerprint}\nand not the "
                f"one that was given. If you typed what {key.office} read to you, the file was changed: do not use it."
            )
        added = known.add(key)
        print(
            f"{key.office}: {'let in' if added else 'known already'}, good from {key.valid_from} to {key.valid_until}."
        )
    else:
        for key in known.keys:
            state = f"  withdrawn on {key.withdrawn}" if key.withdrawn else ""
            print(f"{key.office}  {key.valid_from} to {key.valid_until}  {key.fingerprint}{state}")
        if not known.keys:
            print(f"{known.file}: no key was let in yet. Ask an office for its XX.public.json.")
    return 0
