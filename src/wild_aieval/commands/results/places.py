"""Where keys and imported results are, unless somebody says otherwise."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_group(parser: argparse.ArgumentParser) -> None:
    """The folder of what other offices sent."""
    parser.add_argument(
        "--group", type=Path, metavar="FOLDER", help="results and keys of other offices (default: runs/imported)"
    )


def group_of(arguments: argparse.Namespace) -> Path:
    """That folder."""
    from wild_aieval.paths import runs_dir

    chosen: Path | None = arguments.group
    return chosen.expanduser().resolve() if chosen else runs_dir() / "imported"


def own_keys() -> Path:
    """The folder of this office's private key, beside no runs: run folders are copied and archived."""
    import os

    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".config") / "wild_aieval"
