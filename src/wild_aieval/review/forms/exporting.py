"""Give a reviewer a file. What it discloses is in the ledger before the file is there."""

from __future__ import annotations

from pathlib import Path

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Entry, Ledger
from wild_aieval.oversight.ledger.rules import Standing, check_pseudonym
from wild_aieval.review import store
from wild_aieval.review.content import Contents
from wild_aieval.review.forms.filling import sheet, stage_of
from wild_aieval.review.forms.formats import format_of
from wild_aieval.review.forms.sheet import TOKEN, Sheet, Stage
from wild_aieval.review.progress import refuse_closed, standing_of
from wild_aieval.review.queue import HARNESS


def export(contents: Contents, ledger: Ledger, reviewer: str, to: Path, stage: Stage | None = None) -> Sheet:
    """Write the next file of this reviewer; an existing file is never overwritten."""
    check_pseudonym(reviewer)
    refuse_closed(contents.batch, ledger)
    form, standing = format_of(to), standing_of(ledger)
    asked = sheet(contents, standing, reviewer, stage_of(contents.batch, standing, reviewer, stage))
    content = form.written(asked)
    _refuse_existing(to)
    ledger.append_many(_events(contents, standing, reviewer, asked))
    _write(to, content)
    if form.beside:
        _write(beside(to), form.beside(asked))
    return asked


def beside(to: Path) -> Path:
    """Where the labelling interface of Label Studio goes."""
    return to.with_suffix(".config.xml")


def _events(contents: Contents, standing: Standing, reviewer: str, asked: Sheet) -> list[Entry]:
    batch = contents.batch
    payload = {
        "batch": batch.id,
        "digest": batch.digest,
        "items": len(asked.rows),
        "reviewer": reviewer,
        "stage": asked.stage,
    }
    entries = [Entry("batch.exported", HARNESS, HARNESS, payload)]
    if asked.stage == "second":
        tokens = [row[TOKEN] for row in asked.rows]
        entries += [
            Entry("ai.revealed", reviewer, "reviewer", {"batch": batch.id, "token": token})
            for token in tokens
            if (batch.id, token, reviewer) not in standing.revealed
        ]
    return entries


def _refuse_existing(to: Path) -> None:
    if to.exists():
        raise UserError(f"{to}: this file is there already, and may be filled in. Choose another name, or delete it.")
    if not to.parent.is_dir():
        raise UserError(f"{to}: there is no folder '{to.parent}'. Make it first.")


def _write(to: Path, content: bytes) -> None:
    try:
        store.write_private(to, content)
    except OSError as error:
        raise UserError(f"{to}: cannot be written ({error.strerror}). Make room or mend the folder's rights.") from None
