"""Folders that are made once and kept in the cache: whole or not at all, checked when they are opened.

A folder is made beside its place and renamed into it, so that processes that make the same one at the same time do each
other no harm. It holds a list of its files with their digests; one that does not fit its list is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_LIST = "files.json"


def folder(place: Path, make: Callable[[Path], None]) -> Path:
    """The folder ``place`` as it is kept, else as ``make(folder)`` fills it now.

    Whatever ``make`` raises is raised, and OSError where the disk has no room.
    """
    if not is_whole(place):
        for above in (place.parent.parent, place.parent):  # the rights count for the last folder of a path only
            above.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = Path(tempfile.mkdtemp(prefix=f".{place.name[:16]}-", dir=place.parent))  # mode 0700
        try:
            made = own / "made"
            made.mkdir(mode=0o700)
            make(made)
            _list(made)
            _publish(made, place, own)
        finally:
            shutil.rmtree(own, ignore_errors=True)
    return place


def is_whole(place: Path) -> bool:
    """Whether all files that the folder lists are there as they were written."""
    try:
        listed = json.loads((place / _LIST).read_text(encoding="utf-8"))
        return bool(listed) and all(_digest(place / name) == wanted for name, wanted in listed.items())
    except (OSError, ValueError, AttributeError):
        return False


def first(file: Path, text: str) -> str:
    """What stands in a small file, which holds ``text`` from now on if there was none: the first who writes wins."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, partial = tempfile.mkstemp(prefix=f".{file.name[:16]}-", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            try:
                os.link(partial, file)
            except FileExistsError:
                return file.read_text(encoding="utf-8")
            except OSError:  # a file system without links
                Path(partial).replace(file)
        finally:
            Path(partial).unlink(missing_ok=True)
    return text


def _publish(made: Path, place: Path, own: Path) -> None:
    """Put ``made`` into its place, unless another process was quicker; what is damaged there goes."""
    for _ in range(3):
        try:
            made.rename(place)
            return
        except OSError:
            if is_whole(place):
                return
            with suppress(OSError):
                place.rename(own / "damaged")
    raise OSError(f"{place} cannot be written")


def _list(made: Path) -> None:
    names = sorted(file.name for file in made.iterdir())
    for name in names:
        (made / name).chmod(0o600)
    listed = made / _LIST
    listed.write_text(json.dumps({name: _digest(made / name) for name in names}), encoding="utf-8")
    listed.chmod(0o600)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
