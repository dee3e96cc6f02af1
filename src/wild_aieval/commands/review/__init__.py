"""Have examiners look at what a run flagged, and keep what they say."""

from __future__ import annotations

import argparse

from wild_aieval.commands import verbs

# The verb, its module here, and the line in the help.
VERBS = {
    "desk": ("desk", "open the review desk: a local web application for examiners"),
    "export": ("exporting", "write a file for a reviewer to fill in: workbook, CSV, JSON Lines or Label Studio"),
    "import": ("importing", "read a filled-in file into the ledger"),
    "pull": ("pulling", "take answers given in MLflow into the ledger; tell what was edited or deleted there"),
    "report": ("reporting", "say what flags and reviews are worth, as far as people have decided"),
    "seal": ("sealing", "close the file of a ledger that is in use; put away old ones"),
    "status": ("standing", "show the batches of a run and how far each reviewer is"),
    "verify": ("verifying", "hold a ledger against its chain; exit code 1 names the first broken line"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs.declare(parser, __name__, VERBS)


def run(arguments: argparse.Namespace) -> int:
    """Run one verb; returns the exit code.

    Raises:
        UserError: for wrong input, which the door prints.
    """
    return verbs.run(__name__, VERBS, arguments)
