"""What is kept so that it need not be computed or fetched again: what there is, how large, and since when not used."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wild_aieval.errors import UserError
from wild_aieval.operations.inventory import Run

KINDS = {
    "commands": "what programs said on standard error",
    "datasets": "tables of data sets, to be had from the hub again",
    "embeddings": "vectors of texts, and indexes of them",
    "encoders": "encoders converted for OpenVINO",
    "search": "indexes of BM25",
    "weights": "models converted for CTranslate2, or unpacked",
}
_STAYS = ("*.lock", "encoders/choice-*.json")  # a run that is continued goes on with the engine that was chosen
_FILES = ("embeddings", "search")  # of each corpus its own; other kinds hold folders that are whole or nothing
FETCHED = "datasets"  # cannot be had again without a network


class Cached(NamedTuple):
    """A file or folder that can go by itself. ``used``: when it was last read or written, as the file system has it."""

    path: Path
    name: str
    bytes: int
    used: datetime.datetime

    @property
    def kind(self) -> str:
        """One of ``KINDS``."""
        return self.name.partition("/")[0]


def entries(cache: Path) -> list[Cached]:
    """All below ``cache`` that may go, what was used last at the end."""
    kinds = [folder for folder in cache.iterdir() if folder.is_dir()] if cache.is_dir() else []
    paths = [path for kind in kinds for path in (_files(kind) if kind.name in _FILES else kind.iterdir())]
    names = {path: path.relative_to(cache).as_posix() for path in paths if not any(map(path.match, _STAYS))}
    found = [one for path, name in names.items() if (one := _looked_at(path, name)) is not None]
    return sorted(found, key=lambda one: (one.used, one.name))


def remove(chosen: list[Cached], runs: list[Run]) -> None:
    """Remove entries, none of which may be in use. OSError where the rights are not there.

    Raises:
        UserError: while a run is at work.
    """
    at_work = [run.name for run in runs if run.state == "running"]
    if at_work:
        raise UserError(f"the run {at_work[0]} is at work and may need what is kept. Do it when it has ended.")
    for one in chosen:
        shutil.rmtree(one.path) if one.path.is_dir() and not one.path.is_symlink() else one.path.unlink(missing_ok=True)


def _looked_at(path: Path, name: str) -> Cached | None:
    """None where it has gone meanwhile."""
    states = [state for file in _files(path) if (state := _state(file)) is not None]
    own = _state(path)
    if own is None:
        return None
    used = max((max(state.st_atime, state.st_mtime) for state in states), default=own.st_mtime)
    room = sum(state.st_blocks * 512 if os.name == "posix" else state.st_size for state in states)
    return Cached(path, name, room, datetime.datetime.fromtimestamp(used, datetime.UTC))


def _state(path: Path) -> os.stat_result | None:
    """None where it has gone."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _files(path: Path) -> Iterator[Path]:
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    for folder, _, names in os.walk(path):
        yield from (Path(folder) / name for name in names)
