"""Benchmarks that are broken, runs that wait to be continued, what was left behind, caches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.errors import UserError
from wild_aieval.operations.checks import Finding, Place

_SHOWN, _MOST_FOLDERS = 3, 20_000
_LEFT = (".going-", ".restoring-", ".probe-")
_LARGE_GIB = 5.0


def benchmarks(place: Place) -> Iterator[Finding]:
    """How many there are; those whose manifest cannot be read."""
    from wild_aieval.benchmarks.catalogue import scan
    from wild_aieval.paths import starter_benchmarks

    broken = []
    try:
        entries = scan([starter_benchmarks(), *place.roots])
    except UserError as error:
        yield Finding("benchmarks", "broken", str(error))
        return
    for entry in entries:
        try:
            entry.manifest()
        except UserError as error:
            broken.append(str(error))
    yield Finding("benchmarks", "ok", f"{len(entries) - len(broken)} found")
    for text in broken:
        yield Finding("benchmarks", "broken", text, "Mend it, then: python -m wild_aieval benchmark check FOLDER")


def leftovers(place: Place) -> Iterator[Finding]:
    """Runs that did not get to their end, and folders that a killed command left behind."""
    from wild_aieval.operations.inventory import busy

    if not place.runs.is_dir():
        yield Finding("runs", "ok", f"{place.runs}: no runs yet")
        return
    unfinished, running, left, finished = [], 0, [], 0
    for folder, names in _folders(place.runs):
        if folder.name.startswith(_LEFT):
            left.append(folder)
        elif "summary.json" in names:
            finished += 1
        elif busy(folder):
            running += 1
        else:
            unfinished.append(folder)
    yield Finding("runs", "ok", f"{finished} finished, {running} at work, in {place.runs}")
    for folder in sorted(unfinished, reverse=True)[:_SHOWN]:
        text = f"{folder.relative_to(place.runs)} is not finished"
        yield Finding("runs", "look", text, f"python -m wild_aieval resume {folder}")
    if len(unfinished) > _SHOWN:
        text = f"{len(unfinished) - _SHOWN} more are not finished"
        yield Finding("runs", "look", text, "python -m wild_aieval runs list --state unfinished")
    for folder in left:
        yield Finding("leftovers", "look", f"{folder} was left by a command that was killed", f"rm -r {folder}")


def caches(place: Place) -> Iterator[Finding]:
    """Size of the cache of embeddings and weights; it is made anew when it is gone."""
    total = _size(place.runs / "cache") / 2**30
    large = total > _LARGE_GIB
    remedy = "What was not used for a month: python -m wild_aieval runs cache --unused 30d" if large else ""
    yield Finding("cache", "look" if large else "ok", f"{total:.1f} GiB in {place.runs / 'cache'}", remedy)


def _folders(root: Path) -> Iterator[tuple[Path, set[str]]]:
    """Run folders with the names in them, and leftovers; so many folders are looked at, at most."""
    for seen, (place, folders, files) in enumerate(os.walk(root)):
        folder, names = Path(place), set(files)
        if seen > _MOST_FOLDERS:
            return
        if {"runspec.json", "journal.jsonl", "summary.json"} & names or folder.name.startswith(_LEFT):
            folders.clear()
            yield folder, names
        left_out = ("cache", "mlartifacts", "locks", "comparisons")
        folders[:] = [n for n in folders if n not in left_out and (not n.startswith(".") or n.startswith(_LEFT))]


def _size(folder: Path) -> int:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += Path(place, name).lstat().st_size
            except OSError:
                continue
    return total
