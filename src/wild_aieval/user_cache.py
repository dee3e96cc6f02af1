"""Files that save work the next time, in the cache folder of the user who runs the program.

Nothing depends on them: where the folder cannot be had, or a file is damaged, the work is done again. They hold no data
of a benchmark or a run, and only their owner can read them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_OURS = "wild_aieval"


def folder() -> Path | None:
    """``$XDG_CACHE_HOME/wild_aieval`` or ``~/.cache/wild_aieval``; None where it cannot be ours alone."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        place = (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / _OURS
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = place.lstat()
        if place.is_symlink() or (hasattr(os, "getuid") and state.st_uid != os.getuid()):
            return None
        if state.st_mode & 0o077:
            place.chmod(0o700)
    except (OSError, RuntimeError):  # no home, a disk that takes nothing
        return None
    return place


def keep(name: str, write: Callable[[Path], None]) -> Path | None:
    """Make a file by ``write``, whole or not at all; None where that is not possible."""
    place = folder()
    if place is None:
        return None
    partial: Path | None = None
    try:
        handle, made = tempfile.mkstemp(prefix=f".{name}.", dir=place)  # readable by its owner only
        os.close(handle)
        partial = Path(made)
        write(partial)
        partial.chmod(0o600)
        partial.replace(place / name)
    except OSError:
        return None
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
    return place / name


def drop_others(beginning: str, name: str) -> None:
    """Remove what other versions kept under names with the same beginning."""
    place = folder()
    for file in place.glob(f"{beginning}*") if place else ():
        if file.name != name:
            with suppress(OSError):
                file.unlink()
