"""A subcommand with verbs of its own: a package with one module for each, imported when it is wanted."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from types import ModuleType

# By verb: its module in the package, and the line in the help.
Verbs = Mapping[str, tuple[str, str]]


def declare(parser: argparse.ArgumentParser, package: str, verbs: Verbs) -> None:
    """Declare the verbs with their arguments."""
    parsers = parser.add_subparsers(dest="verb", required=True, metavar="|".join(verbs))
    for verb, (module, text) in verbs.items():
        about = text[0].upper() + text[1:] + "."
        _module(package, module).add_arguments(parsers.add_parser(verb, help=text, description=about))


def run(package: str, verbs: Verbs, arguments: argparse.Namespace) -> int:
    """Run the verb that was given; returns its exit code, raises what it raises."""
    code: int = _module(package, verbs[arguments.verb][0]).run(arguments)
    return code


def _module(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.{name}")
