"""Where the data of a benchmark lies: in its folder, where the user's environment says, or on the hub."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wild_aieval.benchmarks import lock
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.benchmarks.manifest_data import HubPointer
from wild_aieval.benchmarks.readers.lines import LANGUAGE
from wild_aieval.errors import UserError
from wild_aieval.paths import runs_dir

HUB_COPIES = "WILD_AIEVAL_HUB_COPIES"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the data is on this machine, from where it comes, and what to do where it is not here."""

    here: bool
    source: Literal["folder", "environment", "hub"]
    remedy: str = ""


def availability(manifest: Manifest, folder: Path) -> Availability:
    """Look without loading anything and without a connection."""
    variable = manifest.data.folder_from
    if variable and manifest.data.files:
        said = os.environ.get(variable, "")
        if not (said and Path(said).expanduser().is_dir()):
            return Availability(False, "environment", f"set {variable} to the folder of your copy")
        for name in manifest.data.files.values():
            wanted = Path(said).expanduser() / name
            if not (wanted.parent.is_dir() if LANGUAGE in name else wanted.exists()):
                return Availability(False, "environment", f"put '{name}' into the folder of {variable}, {said}")
        return Availability(True, "environment")
    if missing := _not_here(manifest, folder):
        remedy = f"it is fetched from the hub when it is named; without a connection, put a copy at ${HUB_COPIES}/"
        return Availability(False, "hub", remedy + missing)
    return Availability(True, "hub" if manifest.data.hub else "folder")


def data_folder(manifest: Manifest, folder: Path) -> Path:
    """The folder that ``data.files`` and ``data.sha256`` are relative to.

    Raises:
        UserError: where the environment has to name it and does not.
    """
    variable = manifest.data.folder_from
    if not (variable and manifest.data.files):
        return folder
    said = os.environ.get(variable, "")
    card = folder / "README.md"
    if not said:
        raise UserError(
            f"{manifest.task}/{manifest.name}: its data cannot be given on with the harness. Get your own copy, as "
            f"{card} says, and set the environment variable {variable} to its folder."
        )
    path = Path(said).expanduser()
    if not path.is_dir():
        raise UserError(
            f"{variable}={said}: there is no such folder. {manifest.task}/{manifest.name} is read from there; set the "
            f"variable to the folder of your copy, as {card} says."
        )
    return path


def local_copy(manifest: Manifest, folder: Path, pointer: HubPointer) -> Path | None:
    """The folder of a copy in the hub's layout: beside the manifest, or under the user's folder of copies."""
    roots = [folder]
    if said := os.environ.get(manifest.data.folder_from or HUB_COPIES):
        roots.append(Path(said).expanduser())
    for root in roots:
        copy = root / pointer.id
        if not copy.resolve().is_relative_to(root.resolve()):
            raise UserError(f"{folder}: data.hub id '{pointer.id}' leads out of the benchmark's folder.")
        if copy.is_dir():
            return copy
    return None


def cache_of(commit: str) -> Path:
    """Where the tables of a revision are kept: one folder each, since ``datasets`` offline takes any it finds."""
    return runs_dir() / "cache" / "datasets" / commit


def _not_here(manifest: Manifest, folder: Path) -> str:
    """The id of a data set that is neither copied nor wholly in the cache, or ''."""
    wanted: dict[str, set[tuple[str | None, ...]]] = {}
    ids: dict[str, str] = {}
    for pointer in (pointer for pointers in manifest.data.hub.values() for pointer in pointers):
        if local_copy(manifest, folder, pointer) is None:
            commit = pointer.revision or lock.locked(manifest, folder, pointer)
            if commit is None:
                return pointer.id
            wanted.setdefault(commit, set()).add((pointer.config, pointer.folder))
            ids[commit] = pointer.id
    return next((ids[commit] for commit, tables in wanted.items() if _cached(commit) < len(tables)), "")


def _cached(commit: str) -> int:
    """How many configurations of a revision are in the cache; ``datasets`` writes this file when one is complete."""
    found = cache_of(commit).rglob("dataset_info.json")
    return sum(not file.parent.name.endswith(".incomplete") for file in found)
