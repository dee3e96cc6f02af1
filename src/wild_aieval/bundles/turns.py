"""One process at a time changes what was imported, or whose keys are trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wild_aieval.errors import UserError

_PATIENCE = 60  # seconds that one waits for another


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the folder of the group; UserError where another process does not let go of it, OSError as it comes."""
    from filelock import FileLock, Timeout

    root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(root / ".lock", timeout=_PATIENCE):
            yield
    except Timeout:
        raise UserError(f"{root}: another process has been at work here for {_PATIENCE} s. Try again later.") from None
