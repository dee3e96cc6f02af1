"""A folder for texts that are needed for a moment: below ``runs/cache``, for its owner only, never in the common
temporary folder. What a killed process left behind is removed by the next one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wild_aieval.errors import UserError

_PREFIX, _LOCK = "scratch-", ".lock"


@contextmanager
def folder(below: Path) -> Iterator[Path]:
    """A new folder, gone at the end of the block. UserError where ``below`` cannot be written."""
    try:
        below.mkdir(parents=True, exist_ok=True)
        _clear(below)
        place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=below))
    except OSError as error:
        raise UserError(
            f"{below}: cannot be written ({error.strerror}). Texts are kept there while they are read; make it "
            "writable, or set WILD_AIEVAL_RUNS to a folder of your own."
        ) from None
    lock = FileLock(place.with_name(place.name + _LOCK))
    try:
        with lock:
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)


def _clear(below: Path) -> None:
    """Folders whose process has ended; a folder without a lock is only just being made, or nobody's."""
    for file in below.glob(f"{_PREFIX}*{_LOCK}"):
        lock = FileLock(file)
        try:
            with lock.acquire(timeout=0):
                shutil.rmtree(file.with_name(file.name.removesuffix(_LOCK)), ignore_errors=True)
                file.unlink(missing_ok=True)
        except (Timeout, OSError):  # at work, or another user's
            continue
