"""List, make, import, check and describe benchmarks."""

from __future__ import annotations

import argparse

from wild_aieval.commands import verbs

# The verb, its module here, and the line in the help.
VERBS = {
    "list": ("listing", "show which benchmarks there are"),
    "init": ("starting", "write a new benchmark folder with example rows to replace"),
    "import": ("importing", "make a benchmark folder from files of rows or from what offices publish"),
    "check": ("checking", "look for faults before others rely on a benchmark; measure its floors"),
    "card": ("describing", "write the card with statistics, floors and plots, and the Croissant description"),
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
