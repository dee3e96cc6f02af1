"""See which runs there are; remove old ones by a policy, archive them, put them back; what is cached."""

from __future__ import annotations

import argparse

from wild_aieval.commands import verbs

# The verb, its module here, and the line in the help.
VERBS = {
    "list": ("listing", "show the runs: state, candidate, benchmarks, figure, size"),
    "show": ("showing", "show one run: state, files, what refers to it, what to do next"),
    "prune": ("pruning", "say which runs a policy would remove; with --yes remove them"),
    "archive": ("archiving", "write a run into one verified file, readable by its owner only"),
    "restore": ("restoring", "put a run back from an archive"),
    "cache": ("caching", "show what is kept to save time; with --unused AGE --yes remove what was not used"),
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
