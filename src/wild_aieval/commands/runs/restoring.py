"""Put a run back from an archive."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.runs import choosing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The archive, and below which folder the run goes."""
    parser.add_argument("file", type=Path, help="an archive that 'runs archive' wrote")
    choosing.add_root(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify and put back; an existing folder is never touched."""
    from wild_aieval.operations import archive

    found = archive.restore(arguments.file.expanduser(), choosing.root_of(arguments))
    print(f"{found}: put back, every file as the archive's manifest names it")
    return 0
