"""Rows of a part from the hub: pointer after pointer, from the pinned commit or a local copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wild_aieval import confidentiality
from wild_aieval.benchmarks import lock, places
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.benchmarks.manifest_data import HubPointer
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.benchmarks.shape import shaped
from wild_aieval.confidentiality.places import close as closed
from wild_aieval.errors import UserError


@dataclass(frozen=True, slots=True)
class Revision:
    """What is known of where rows of the hub came from: ``id@commit`` for each data set, and what is not known."""

    commits: str = ""
    unknown: tuple[str, ...] = ()


def read_pointers(manifest: Manifest, folder: Path, part: str) -> Iterator[Row]:
    """The rows of all pointers of a part, each in its shape.

    Raises:
        UserError: where one cannot be loaded, or a local copy is of another commit than the manifest pins.
    """
    from wild_aieval.benchmarks.readers.hub import Place, read_hub

    for pointer in manifest.data.hub[part]:
        copy = places.local_copy(manifest, folder, pointer)
        if copy is not None:
            _same_commit(manifest, folder, pointer, copy)
        commit = "" if copy is not None else lock.commit_of(manifest, folder, pointer)
        place = Place(folder, copy, commit, places.cache_of(commit))
        if copy is None and not confidentiality.of(manifest.confidentiality).texts:
            place.cache.mkdir(parents=True, exist_ok=True)
            closed(place.cache)
        yield from shaped(manifest, part, read_hub(pointer, place), pointer)


def revision(manifest: Manifest, folder: Path) -> Revision:
    """The commits of a benchmark that was read; a local copy is of an unknown one unless something pins it."""
    known: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for pointer in (pointer for pointers in manifest.data.hub.values() for pointer in pointers):
        copy = places.local_copy(manifest, folder, pointer)
        if copy is None:
            known[pointer.id] = pointer.revision or lock.locked(manifest, folder, pointer) or ""
        elif commit := _noted(copy):
            known[pointer.id] = commit
        elif not _pinned_by_digests(manifest, folder, copy):
            unknown[pointer.id] = str(copy)
    commits = ", ".join(f"{name}@{commit}" for name, commit in sorted(known.items()) if commit)
    return Revision(commits, tuple(sorted(unknown)))


def _noted(copy: Path) -> str:
    from wild_aieval.benchmarks.readers.hub import commit_of_copy

    return commit_of_copy(copy)


def _same_commit(manifest: Manifest, folder: Path, pointer: HubPointer, copy: Path) -> None:
    """A copy that knows its commit must be of the pinned one; where none is pinned yet, it says which it is."""
    noted = _noted(copy)
    pinned = pointer.revision or lock.locked(manifest, folder, pointer)
    if noted and pinned and not noted.startswith(pinned):
        raise UserError(
            f"{copy}: this copy of '{pointer.id}' is of commit {noted[:12]}…, and {manifest.task}/{manifest.name} "
            f"{manifest.version} is pinned to {pinned[:12]}…. Take that one: hf download --repo-type dataset "
            f"{pointer.id} --revision {pinned} --local-dir {copy}"
        )


def _pinned_by_digests(manifest: Manifest, folder: Path, copy: Path) -> bool:
    """Whether ``data.sha256`` names every file of rows in a copy that lies beside the manifest."""
    from wild_aieval.benchmarks.readers.hub import is_rows

    if not copy.resolve().is_relative_to(folder.resolve()):
        return False
    files = [file for file in copy.rglob("*") if file.is_file() and is_rows(file)]
    return bool(files) and all(file.relative_to(folder).as_posix() in manifest.data.sha256 for file in files)
