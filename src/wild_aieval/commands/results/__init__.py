"""Exchange results with other offices in signed files without texts, and show the board of the group."""

from __future__ import annotations

import argparse

from wild_aieval.commands import verbs

# The verb, its module here, and the line in the help.
VERBS = {
    "key": ("keying", "make this office's key, whose public half goes to the group"),
    "trust": ("trusting", "list, let in or withdraw the keys of offices"),
    "export": ("exporting", "write finished runs into one signed file without texts"),
    "every-eval-ever": ("every_eval_ever", "write results in the schema of Every Eval Ever, for tools of others"),
    "import": ("importing", "verify a file of another office and take its results"),
    "log": ("recording", "log what was imported into MLflow, where that could not be done at once"),
    "board": ("boarding", "write the board: candidates by benchmarks by offices, on one page"),
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
