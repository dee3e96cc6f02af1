"""The catalogue: which benchmarks there are. It reads manifests and opens no data."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wild_aieval.benchmarks.manifest import MANIFEST_FILE, TASKS, Manifest, read_manifest
from wild_aieval.errors import UserError, nearest


@dataclass(frozen=True, slots=True)
class Entry:
    """A benchmark folder; ``name`` is ``task/folder``."""

    name: str
    path: Path

    @property
    def task(self) -> str:
        """The task that the folder stands under."""
        return self.name.split("/")[0]

    def manifest(self) -> Manifest:
        """Read the manifest and hold it against the folder it lies in."""
        manifest = read_manifest(self.path / MANIFEST_FILE)
        found = f"{manifest.task}/{manifest.name}"
        if found != self.name:
            raise UserError(
                f"{self.path / MANIFEST_FILE}: task and name are '{found}', but the folder is '{self.name}'. "
                "Rename the folder or mend the manifest, so that both agree."
            )
        return manifest


def scan(roots: Sequence[Path]) -> list[Entry]:
    """All benchmark folders ``<root>/<task>/<name>/`` below the roots, sorted by name.

    A folder that holds a YAML file of another name counts too: reading it says what is wrong, where
    leaving it out would hide a benchmark.
    """
    found: dict[str, Entry] = {}
    for root in roots:
        if not root.is_dir():
            raise UserError(f"benchmark_roots: there is no folder '{root}'. Give an existing folder.")
        for path in _folders(root):
            task = path.parent.name
            if task not in TASKS:
                raise UserError(
                    f"{path}: folders of benchmarks stand under {', '.join(TASKS)}, this one under '{task}'. "
                    f"{nearest(task, TASKS)}"
                )
            entry = Entry(f"{task}/{path.name}", path)
            if entry.name in found and found[entry.name].path.resolve() != path.resolve():
                raise UserError(
                    f"'{entry.name}' is in two roots: {found[entry.name].path} and {entry.path}. Rename one of them."
                )
            found.setdefault(entry.name, entry)
    return sorted(found.values(), key=lambda entry: entry.name)


def _folders(root: Path) -> list[Path]:
    manifests = root.glob(f"*/*/{MANIFEST_FILE}")
    misnamed = (path for task in TASKS for ending in ("yaml", "yml") for path in root.glob(f"{task}/*/*.{ending}"))
    found = {path.parent for group in (manifests, misnamed) for path in group}
    return sorted(path for path in found if not path.name.startswith("."))


def select(entries: Sequence[Entry], patterns: Sequence[str]) -> list[Entry]:
    """The entries that match a name, ``task/name``, or a glob such as ``search/*``."""
    names = [entry.name for entry in entries]
    chosen: list[Entry] = []
    for pattern in patterns:
        matches = [e for e in entries if any(fnmatch.fnmatch(n, pattern) for n in (e.name, e.name.split("/")[1]))]
        if not matches:
            known = names + [name.split("/")[1] for name in names]
            raise UserError(f"benchmark={pattern}: there is no such benchmark. {nearest(pattern, known)}")
        chosen.extend(entry for entry in matches if entry not in chosen)
    return chosen
