"""Whose bundles the group takes: the public keys that somebody compared and let in, in ``offices.json``."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wild_aieval import schema_version
from wild_aieval.bundles import keys
from wild_aieval.bundles.keys import PublicKey
from wild_aieval.bundles.turns import locked
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder

SCHEMA_VERSION = 1
FILE = "offices.json"


class TrustedKeys:
    """The list, read once; each change is written at once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.keys: list[PublicKey] = _read(file) if file.is_file() else []

    def add(self, key: PublicKey) -> bool:
        """Let a key in; False where it is there already, UserError where it is known in another way."""
        with self._changing() as keys:
            if key in keys:
                return False
            if known := next((known for known in keys if known.key == key.key), None):
                state = f"withdrawn on {known.withdrawn}" if known.withdrawn else f"good until {known.valid_until}"
                raise UserError(
                    f"{key.fingerprint}: this key is known already, as one of {known.office}, {state}. One key has "
                    f"one office. Let {key.office} make another: python -m wild_aieval results key {key.office}"
                )
            self._write([*keys, replace(key, withdrawn="")])
        return True

    def withdraw(self, fingerprint: str, day: datetime.date) -> PublicKey:
        """From now on nothing signed by it is taken, whatever date it bears; what was taken before stays."""
        wanted = fingerprint.replace(" ", "").lower()
        with self._changing() as keys:
            found = [key for key in keys if len(wanted) >= 8 and key.fingerprint.replace(" ", "").startswith(wanted)]
            if len(found) != 1:
                raise UserError(
                    f"--withdraw {fingerprint}: {len(found)} keys in {self.file} have a fingerprint that begins so. "
                    "Give at least 8 digits of one; 'results trust' lists them."
                )
            changed = replace(found[0], withdrawn=found[0].withdrawn or day.isoformat())
            self._write([key for key in keys if key.key != changed.key] + [changed])
        return changed

    def of(self, office: str) -> Sequence[PublicKey]:
        """The keys of an office."""
        return [key for key in self.keys if key.office == office]

    @contextmanager
    def _changing(self) -> Iterator[list[PublicKey]]:
        """The list as it is now, while no other process changes it."""
        try:
            with locked(self.file.parent):
                self.keys = _read(self.file) if self.file.is_file() else []
                yield self.keys
        except OSError as error:
            raise UserError(f"{self.file}: cannot be written ({error.strerror}). Nothing was changed.") from None

    def _write(self, content: list[PublicKey]) -> None:
        self.keys = sorted(content, key=lambda key: (key.office, key.valid_from, key.key))
        listed = {"schema_version": SCHEMA_VERSION, "keys": [key.as_dict() for key in self.keys]}
        RunFolder(self.file.parent).write_json(self.file.name, listed)


def _read(file: Path) -> list[PublicKey]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        schema_version.check(content.get("schema_version"), SCHEMA_VERSION, file)
        return [keys.from_dict(key, f"{file}, key {number}") for number, key in enumerate(content["keys"], 1)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: not a list of keys ({error}). Restore it from a backup.") from None
