"""Where runs go: room, speed of synced writes, whether locks are honoured, rights."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.operations.checks import Finding, Place

_FEW_GIB, _NO_GIB, _FEW_INODES = 2.0, 0.1, 10_000
_PROBE, _SLOW_SECONDS = 1 << 20, 0.5
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "lustre", "ceph")


def room(place: Place) -> Iterator[Finding]:
    """Free space and free names of files."""
    there = existing(place.runs)
    gib = shutil.disk_usage(there).free / 2**30
    inodes = os.statvfs(there).f_favail if hasattr(os, "statvfs") else None
    few_names = inodes is not None and 0 < inodes < _FEW_INODES
    text = f"{gib:.1f} GiB free for {place.runs}" + (f", {inodes:,} names of files left" if few_names else "")
    mark = "broken" if gib < _NO_GIB else "look" if gib < _FEW_GIB or few_names else "ok"
    remedy = (
        "" if mark == "ok" else "Make room: python -m wild_aieval runs prune --keep-last 3, or set WILD_AIEVAL_RUNS."
    )
    yield Finding("disk", mark, text, remedy)  # type: ignore[arg-type]


def speed(place: Place) -> Iterator[Finding]:
    """One synced megabyte: every batch of answers waits for such a write."""
    there = existing(place.runs)
    if not os.access(there, os.W_OK):
        return
    with tempfile.TemporaryFile(dir=there) as stream:
        begun = time.monotonic()
        stream.write(b"\0" * _PROBE)
        stream.flush()
        os.fsync(stream.fileno())
        seconds = time.monotonic() - begun
    slow = seconds > _SLOW_SECONDS
    remedy = "Put runs on a local disk (WILD_AIEVAL_RUNS), or raise inference.chunk_size." if slow else ""
    yield Finding("disk", "look" if slow else "ok", f"a synced write of 1 MiB takes {seconds * 1000:.0f} ms", remedy)


def locks(place: Place) -> Iterator[Finding]:
    """Whether a second lock is refused, and whether the disk is another machine's."""
    from filelock import FileLock, Timeout

    there = existing(place.runs)
    kind = file_system(there)
    refused = True
    if os.access(there, os.W_OK):
        with tempfile.TemporaryDirectory(dir=there, prefix=".probe-") as folder, FileLock(Path(folder) / "lock"):
            second = FileLock(Path(folder) / "lock", is_singleton=False)
            try:
                second.acquire(timeout=0)
                second.release()
                refused = False
            except Timeout:
                pass
    if not refused:
        remedy = "Two runs could write one folder. Put runs on a local disk (WILD_AIEVAL_RUNS)."
        yield Finding("locks", "broken", f"{there} ({kind}) does not honour locks", remedy)
    elif kind in _REMOTE:
        remedy = "Locks may not hold between machines: let one machine write there, or put runs on a local disk."
        yield Finding("locks", "look", f"{there} is on a network file system ({kind})", remedy)
    else:
        yield Finding("locks", "ok", f"honoured ({kind})")


def rights(place: Place) -> Iterator[Finding]:
    """Whether runs and caches can be written, and whether others can read what only the owner should."""
    for name, folder in (("runs", place.runs), ("cache", place.runs / "cache")):
        if not os.access(existing(folder), os.W_OK | os.X_OK):
            remedy = "Mend its rights, or set WILD_AIEVAL_RUNS to a folder of yours."
            yield Finding("rights", "broken", f"{name}: {folder} cannot be written", remedy)
            return
    if place.runs.is_dir() and os.name == "posix" and place.runs.stat().st_mode & 0o002:
        yield Finding("rights", "look", f"everybody may write to {place.runs}", f"chmod o-w {place.runs}")
    else:
        yield Finding("rights", "ok", f"{place.runs} and its cache can be written")


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def file_system(folder: Path) -> str:
    """Its kind, as the system names it; '?' where it cannot be told."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "?"
    mounts = [line.split()[1:3] for line in lines if len(line.split()) > 2]
    inside = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point.replace("\\040", " "))]
    return max(inside, key=lambda pair: len(pair[0]), default=("", "?"))[1]
