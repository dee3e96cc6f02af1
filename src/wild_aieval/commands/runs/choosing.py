"""Which runs are meant: the options that several verbs share."""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wild_aieval.errors import UserError

if TYPE_CHECKING:
    from wild_aieval.operations.inventory import Run

_STATES = ("finished", "unfinished", "running", "damaged", "newer")
_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
_OLDEST = 36_500.0  # days; a date before the year 1 cannot be written


def add_root(parser: argparse.ArgumentParser) -> None:
    """Where run folders lie."""
    parser.add_argument("--root", type=Path, help="the folder that holds run folders (default: runs)")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """By candidate, benchmark, state and age."""
    parser.add_argument("--model", metavar="GLOB", help="runs of these candidates")
    parser.add_argument("--benchmark", metavar="GLOB", help="runs on these benchmarks, such as 'search/*'")
    parser.add_argument("--state", choices=_STATES, help="runs in this state")
    parser.add_argument("--older-than", metavar="AGE", help="runs older than 30d, 12h or 8w")


def root_of(arguments: argparse.Namespace) -> Path:
    """The folder, without links in it."""
    from wild_aieval.paths import runs_dir

    return Path(arguments.root or runs_dir()).expanduser().resolve()


def chosen(runs: Sequence[Run], arguments: argparse.Namespace) -> list[Run]:
    """Those that all filters let through."""
    oldest = None if arguments.older_than is None else days(arguments.older_than, "--older-than")
    now = datetime.datetime.now(datetime.UTC)
    return [
        run
        for run in runs
        if (arguments.model is None or fnmatch.fnmatch(run.model, arguments.model))
        and (arguments.benchmark is None or _measured(run, arguments.benchmark))
        and (arguments.state is None or run.state == arguments.state)
        and (oldest is None or (now - run.created).total_seconds() > oldest * 86_400)
    ]


def days(text: str, flag: str) -> float:
    """An age such as 30d, 12h or 8w in days; a number alone is days."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([hdw]?)", text)
    age = float(found[1]) * _UNITS[found[2] or "d"] if found else math.inf
    if age > _OLDEST:
        raise UserError(f"{flag} {text}: expected an age such as 30d, 12h or 8w, of at most {_OLDEST:.0f} days.")
    return age


def one(path: Path, root: Path) -> Run:
    """The run that a path means, from here or below the root; UserError where there is none."""
    from wild_aieval.operations.inventory import FAILURE, look
    from wild_aieval.records.run_folder import JOURNAL, RUNSPEC, SUMMARY

    for place in (path.expanduser(), root / path):
        if any((place / name).is_file() for name in (RUNSPEC, JOURNAL, SUMMARY, FAILURE)):
            return look(place.resolve(), root)
    raise UserError(f"{path}: this is no run folder. See: python -m wild_aieval runs list")


def size(count: int) -> str:
    """Bytes for people."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _measured(run: Run, pattern: str) -> bool:
    return any(
        fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name.partition("/")[2], pattern) for name in run.benchmarks
    )
