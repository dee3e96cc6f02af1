"""List, make, import, check and describe benchmarks."""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

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
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="|".join(VERBS))
    for verb, (module, text) in VERBS.items():
        _module(module).add_arguments(verbs.add_parser(verb, help=text, description=text[0].upper() + text[1:] + "."))


def run(arguments: argparse.Namespace) -> int:
    """Run one verb; returns the exit code.

    Raises:
        UserError: for wrong input, which the door prints.
    """
    code: int = _module(VERBS[arguments.verb][0]).run(arguments)
    return code


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"wild_aieval.commands.benchmark.{name}")
