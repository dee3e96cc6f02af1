"""Folders and files of guarded benchmarks: for their owner only, whatever the umask says."""

from __future__ import annotations

import os
from pathlib import Path

from wild_aieval.errors import UserError

_FOLDER, _FILE = 0o700, 0o600


def close(path: Path) -> Path:
    """Take away every right of others; UserError where that cannot be done. Nothing on systems without such rights."""
    if os.name != "posix":
        return path
    wanted = _FOLDER if path.is_dir() else _FILE
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(wanted)
    except OSError as error:
        raise UserError(
            f"{path}: holds what must not be read by others, and cannot be closed to them ({error.strerror}). Have it "
            "on a file system of your own, or remove it and let it be made anew."
        ) from None
    return path
