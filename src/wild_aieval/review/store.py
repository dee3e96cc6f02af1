"""Batches on disk: ``RUN_FOLDER/review/BATCH/batch.json``, readable by its owner only.

The file is the key to the tokens: it says which items are there for an audit and which suggestions are planted. It is
never given to a reviewer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from wild_aieval import durable, schema_version
from wild_aieval.errors import UserError, nearest
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.runspec import digest

SCHEMA_VERSION = 1
FOLDER, FILE, LEDGER = "review", "batch.json", "ledger.jsonl"


def default_ledger(run_folder: Path) -> Path:
    """The ledger of a run, where no other is named."""
    return run_folder / FOLDER / LEDGER


def sealed(batch: Batch) -> Batch:
    """The batch with its digest."""
    return replace(batch, digest=_digest(asdict(batch)))


def order(batch: Batch, reviewer: str) -> list[BatchItem]:
    """The items in the order in which this reviewer sees them."""
    return sorted(batch.items, key=lambda item: digest(["order", batch.seed, reviewer, item.token]))


def write(run_folder: Path, batch: Batch) -> Path:
    """Write a new batch, whole or not at all."""
    folder = run_folder / FOLDER / batch.id
    content = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(batch)}, ensure_ascii=False, indent=1) + "\n"
    try:
        folder.mkdir(mode=0o700, parents=True)
        try:
            written = write_private(folder / FILE, content.encode("utf-8"))
        except BaseException:
            folder.rmdir()
            raise
        durable.sync_folder(folder.parent)
        return written
    except OSError as error:
        raise UserError(
            f"{folder}: the batch cannot be written ({error.strerror}). Make room or mend the folder's rights."
        ) from None


def write_private(file: Path, content: bytes) -> Path:
    """Write a file that only its owner can read, whole or not at all; OSError as it comes."""
    partial = file.with_name(f".{file.name}.part")
    partial.unlink(missing_ok=True)
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        durable.put(partial, file)
    except BaseException:  # an interrupt, too, leaves nothing
        partial.unlink(missing_ok=True)
        raise
    return file


def batches(run_folder: Path) -> list[str]:
    """Ids of the batches of a run, oldest first."""
    folder = run_folder / FOLDER
    return sorted(file.parent.name for file in folder.glob(f"*/{FILE}"))


def read(run_folder: Path, batch_id: str) -> Batch:
    """A batch as it was written; UserError where its digest does not fit it."""
    known = batches(run_folder)
    if batch_id not in known:
        raise UserError(
            f"{run_folder}: there is no batch '{batch_id}' in this run folder. {nearest(batch_id, known)} Make one "
            f"with: python -m wild_aieval review export {run_folder} --reviewer PSEUDONYM --to FILE"
        )
    file = run_folder / FOLDER / batch_id / FILE
    try:
        batch = _batch(json.loads(file.read_text(encoding="utf-8")), file)
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{file}: this is no batch ({error}). Restore it from a backup.") from None
    if batch.digest != _digest(asdict(batch)):
        raise UserError(f"{file}: the content does not fit its digest: it was changed. Restore it from a backup.")
    return batch


def _batch(found: Mapping[str, Any], file: Path) -> Batch:
    content = dict(found)
    schema_version.check(content.pop("schema_version", None), SCHEMA_VERSION, file)
    items = tuple(BatchItem(**item) for item in content.pop("items"))
    return Batch(items=items, **content)


def _digest(content: Mapping[str, Any]) -> str:
    plain = json.loads(json.dumps({name: value for name, value in content.items() if name != "digest"}))
    return digest(plain)
