"""``benchmark.lock``: which commit a pointer without a revision was resolved to when it was first loaded."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import yaml

from wild_aieval import schema_version
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.benchmarks.manifest_data import HubPointer
from wild_aieval.benchmarks.manifest_yaml import read_yaml
from wild_aieval.errors import UserError
from wild_aieval.paths import runs_dir

LOCK_FILE = "benchmark.lock"
SCHEMA_VERSION = 1
MAIN = "main"


def commit_of(manifest: Manifest, folder: Path, pointer: HubPointer) -> str:
    """The commit that is loaded: the manifest's, the lock's, or the one that the hub names now, which is kept.

    Raises:
        UserError: where none is known and the hub cannot be asked.
    """
    known = pointer.revision or locked(manifest, folder, pointer)
    if known is not None:
        return known
    commit = _asked(manifest, pointer)
    _keep(manifest, folder, pointer, commit)
    return commit


def locked(manifest: Manifest, folder: Path, pointer: HubPointer) -> str | None:
    """The commit in the lock of this version, if there is one."""
    entry = _entries(manifest, folder).get(_key(pointer))
    return None if entry is None else str(entry["commit"])


def latest(data_set: str, branch: str) -> str:
    """The commit at the head of a branch, as the hub says (imports its client, needs a connection)."""
    from huggingface_hub import HfApi

    return str(HfApi().dataset_info(data_set, revision=branch).sha)


def places(manifest: Manifest, folder: Path) -> tuple[Path, Path]:
    """Where a lock may lie: beside the manifest, or under runs/ where that folder cannot be written."""
    return folder / LOCK_FILE, runs_dir() / "locks" / manifest.task / manifest.name / LOCK_FILE


def _key(pointer: HubPointer) -> tuple[str, str]:
    return pointer.id, pointer.branch or MAIN


def _entries(manifest: Manifest, folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in reversed(places(manifest, folder)):
        try:
            content = read_yaml(path)
        except FileNotFoundError:
            continue
        schema_version.check(content.get("schema_version", SCHEMA_VERSION), SCHEMA_VERSION, path)
        try:
            if content["version"] == manifest.version:
                found |= {(str(entry["id"]), str(entry["branch"])): entry for entry in content["commits"]}
        except (KeyError, TypeError):
            raise UserError(f"{path}: not a lock as the harness writes it. Delete it; it is written anew.") from None
    return found


def _asked(manifest: Manifest, pointer: HubPointer) -> str:
    name, branch = _key(pointer)
    try:
        commit = latest(name, branch)
    except Exception as error:  # noqa: BLE001 - the client and the connection fail in many ways, all of them with one remedy
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{manifest.task}/{manifest.name}: the hub could not be asked for the commit of '{name}', branch "
            f"'{branch}' ({reason}). Connect once (without HF_HUB_OFFLINE), or put a copy of the data set at "
            f"$WILD_AIEVAL_HUB_COPIES/{name}."
        ) from None
    if len(commit) < 7 or not all(digit in "0123456789abcdef" for digit in commit):
        raise UserError(f"{manifest.task}/{manifest.name}: the hub names '{commit}' for '{name}', which is no commit.")
    return commit


def _keep(manifest: Manifest, folder: Path, pointer: HubPointer, commit: str) -> None:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    new = {"id": pointer.id, "branch": pointer.branch or MAIN, "commit": commit, "resolved": now}
    entries = _entries(manifest, folder) | {_key(pointer): new}
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "benchmark": f"{manifest.task}/{manifest.name}",
        "version": manifest.version,
        "commits": [entry for _, entry in sorted(entries.items(), key=lambda pair: pair[0])],
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    fault: OSError | None = None
    for path in places(manifest, folder):
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
            return
        except OSError as error:
            fault = error
    raise UserError(f"{path}: the lock cannot be written ({fault and fault.strerror}). Make room or mend its rights.")
