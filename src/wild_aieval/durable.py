"""Renames that a power loss cannot take back: a file is safe when it is synced, its name when the folder is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

# File systems on which a folder cannot be synced keep its names in ways of their own.
_CANNOT = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF})


def put(partial: Path, file: Path) -> None:
    """Give a file that was written and synced its name, in place of what had it; OSError as it comes."""
    partial.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in the folder are on the disk."""
    if hasattr(os, "O_DIRECTORY"):
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Wait until every file and folder below ``folder``, and itself, are on the disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            _sync(Path(place, name), os.O_RDONLY)
        sync_folder(Path(place))


def _sync(path: Path, how: int) -> None:
    try:
        descriptor = os.open(path, how)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
