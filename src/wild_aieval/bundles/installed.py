"""Benchmarks that are installed on this machine: what a result of another office is held against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wild_aieval.benchmarks import catalogue
from wild_aieval.benchmarks.load import load
from wild_aieval.errors import UserError
from wild_aieval.paths import starter_benchmarks


class Installed:
    """``installed(name, version)``: the digest of its content, None where this version's rows are not here."""

    def __init__(self, roots: Sequence[Path] = ()) -> None:
        self._entries = {entry.name: entry for entry in catalogue.scan([starter_benchmarks(), *roots])}
        self._known: dict[str, tuple[str, str] | None] = {}

    def __call__(self, name: str, version: str) -> str | None:
        """The digest of this version."""
        if name not in self._known:
            self._known[name] = self._read(name)
        found = self._known[name]
        return found[1] if found and found[0] == version else None

    def _read(self, name: str) -> tuple[str, str] | None:
        """Version and digest; nothing is fetched for it."""
        entry = self._entries.get(name)
        try:
            if entry is None or entry.manifest().data.hub:
                return None
            identity = load(entry, warn=False).identity
        except UserError:  # data that are not here, or not whole; whoever runs it is told
            return None
        return identity.version, identity.digest
