"""A run folder: the truth about one run. Written by ``evaluate``, read by everything else.

``runspec.json`` comes first; ``journal.jsonl`` grows; the rest is derived and replaced as a whole:
``predictions.parquet``, ``items.parquet``, ``flags.parquet``, ``statistics.npz``, ``summary.json``,
``report.html``.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from wild_aieval import durable, schema_version
from wild_aieval.errors import UserError
from wild_aieval.records.tables import Columns, Table, TableWriter

SCHEMA_VERSION = 1
RUNSPEC, JOURNAL, SUMMARY = "runspec.json", "journal.jsonl", "summary.json"
COMPARISON = "comparison.json"
SHARDS = "shards"  # of the journal, by workers on other machines
TABLES = ("predictions", "items", "flags")


class RunFolder:
    """Paths and atomic writes of one run folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.journal = self.path / JOURNAL

    def create(self) -> None:
        """Make the folder and see that it can be written, before any work."""
        probe = self.path / ".probe"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"\0" * 4096)
            probe.unlink()
            for folder in (self.path.parent, self.path.parent.parent):  # that of the day may be as new
                durable.sync_folder(folder)
        except OSError as error:
            raise UserError(
                f"{self.path}: the run folder cannot be written ({error.strerror}). Make room, mend its rights, or "
                "choose another with hydra.run.dir=FOLDER."
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Refuse a second run in the same folder at the same time."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UserError(
                f"{self.path}: another run is at work in this folder. Wait for it, or choose another hydra.run.dir."
            ) from None
        except OSError as error:
            raise UserError(
                f"{self.path}: the run folder cannot be written ({error.strerror}). Make room or mend its rights, then "
                "give the same command again."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def write_json(self, name: str, content: Mapping[str, Any]) -> Path:
        """Write JSON in place of what was there, whole or not at all."""
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"
        return self._replace(name, text.encode("utf-8"))

    def write_text(self, name: str, text: str) -> Path:
        """Write a text file, whole or not at all."""
        return self._replace(name, text.encode("utf-8"))

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Write a file, whole or not at all."""
        return self._replace(name, content)

    @contextmanager
    def tables(self, columns: Mapping[str, Columns]) -> Iterator[dict[str, TableWriter]]:
        """Writers for tables by name; all come in place of what was there when the block ends well, else none."""
        writers: dict[str, TableWriter] = {}
        try:
            for name, kinds in columns.items():
                writers[name] = TableWriter(self.path / f"{name}.parquet", kinds)
            yield writers
            for writer in writers.values():
                writer.close()
        except OSError as error:
            raise UserError(
                f"{self.path}: the tables cannot be written ({error.strerror or error}). The journal keeps every "
                f"answer; make room, then: python -m wild_aieval rescore {self.path}"
            ) from None
        finally:
            for writer in writers.values():
                with suppress(OSError):
                    writer.drop()

    def read_json(self, name: str) -> dict[str, Any]:
        """Read ``runspec.json`` or ``summary.json``."""
        file = self.path / name
        try:
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UserError(
                f"{self.path}: no {name} here, so this is no run folder, or its run did not get that far."
            ) from None
        except ValueError as error:
            raise UserError(f"{file}: not valid JSON ({error}).") from None
        schema_version.check(content.get("schema_version"), SCHEMA_VERSION, file)
        return content

    def read_table(self, name: str) -> Table:
        """One of the tables, read as it is looked at."""
        return Table(self.path / f"{name}.parquet")

    def _replace(self, name: str, content: bytes) -> Path:
        file = self.path / name
        partial = self.path / f".{name}.part"
        try:
            with partial.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            durable.put(partial, file)
            logging.getLogger(__name__).info("written", extra={"facts": {"file": name, "bytes": len(content)}})
        except OSError as error:
            raise UserError(
                f"{file}: cannot be written ({error.strerror}). The journal keeps every answer; make room, then: "
                f"python -m wild_aieval rescore {self.path}"
            ) from None
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        return file
