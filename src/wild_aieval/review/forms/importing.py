"""Take back what a reviewer filled in: all of a file or, where anything in it is wrong, nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Entry, Event, Ledger
from wild_aieval.oversight.ledger.rules import Standing
from wild_aieval.review import store
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.content import Contents
from wild_aieval.review.forms.formats import format_of
from wild_aieval.review.forms.reading import Said, said
from wild_aieval.review.forms.rows import FilledRow
from wild_aieval.review.forms.sheet import STAGES, TICKET, TOKEN, Stage, ticket
from wild_aieval.review.progress import refuse_closed, standing_of

_MOST = 8  # faults that one message names


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a file belongs."""

    batch: str
    reviewer: str
    stage: Stage
    text: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it, in rows."""

    reviewer: str
    stage: Stage
    new: int
    corrected: int
    same: int
    empty: int


def ticket_of(rows: list[FilledRow], path: Path) -> Ticket:
    """The one ticket of all rows."""
    if not rows:
        raise UserError(f"{path}: there are no rows in it. Send back the file as it was given out.")
    text = rows[0].text(TICKET)
    parts = text.split("/")
    stage = next((stage for stage in STAGES if len(parts) == 4 and stage == parts[2]), None)
    if stage is None:
        raise UserError(
            f"{rows[0].where}, column {TICKET}: '{text}' is no ticket of an export. It must not be changed."
        )
    for row in rows:
        if row.text(TICKET) != text:
            raise UserError(
                f"{row.where}, column {TICKET}: '{row.text(TICKET)}' is not that of the first row, '{text}'. Rows of "
                "different files do not go together; import each file by itself."
            )
    return Ticket(parts[0], parts[1], stage, text)


def rows_of(path: Path) -> list[FilledRow]:
    """The rows of a file in any of the formats."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file.")
    return list(format_of(path).read(path))


def find_run(path: Path, batch: str, roots: list[Path]) -> Path:
    """The run folder that holds the batch: around the file, else below the roots."""
    around = [folder for folder in path.absolute().parents if (folder / store.FOLDER / batch / store.FILE).is_file()]
    pattern = f"**/{store.FOLDER}/{batch}/{store.FILE}"
    found = around[:1] or [file.parents[2] for root in roots if root.is_dir() for file in root.glob(pattern)]
    if len(found) != 1:
        what = "several run folders hold" if found else "no run folder here holds"
        raise UserError(f"{path}: {what} the batch '{batch}'. Name the run with --run RUN_FOLDER.")
    return found[0]


def take(path: Path, rows: list[FilledRow], contents: Contents, ledger: Ledger, supersede: bool = False) -> Imported:
    """Put what the rows say into the ledger; the same file twice changes nothing."""
    batch, given = contents.batch, ticket_of(rows, path)
    _check(path, given, batch, ledger)
    refuse_closed(batch, ledger)
    standing, form = standing_of(ledger), hashlib.sha256(path.read_bytes()).hexdigest()
    entries: list[Entry] = []
    faults: list[str] = []
    counts = dict.fromkeys(("new", "corrected", "same", "empty"), 0)
    seen: dict[str, str] = {}
    for row in rows:
        try:
            _once(row, seen)
            item = _item(row, contents)
            first = standing.first.get((batch.id, item.token, given.reviewer))
            found = said(row, given.stage, contents, item, first)
            outcome, entry = _outcome(row, found, given, batch, item, standing, supersede)
        except UserError as fault:
            faults.append(str(fault))
            continue
        counts[outcome] += 1
        if entry:
            entries.append(entry._replace(payload={**entry.payload, "form": form}))
    if faults:
        more = f" And {len(faults) - _MOST} more." if len(faults) > _MOST else ""
        raise UserError("\n".join([*faults[:_MOST], f"Nothing was imported.{more}"]))
    ledger.append_many(entries)
    return Imported(given.reviewer, given.stage, **counts)


def _check(path: Path, given: Ticket, batch: Batch, ledger: Ledger) -> None:
    if given.text != ticket(batch, given.reviewer, given.stage):
        raise UserError(
            f"{path}: its ticket '{given.text}' does not fit batch '{batch.id}'. The file is of another run, the batch "
            "was changed, or the ticket was. Export a new file."
        )
    wanted = {"batch": batch.id, "reviewer": given.reviewer, "stage": given.stage}
    exports = (event.payload for event in ledger.events() if event.kind == "batch.exported")
    if not any(wanted.items() <= payload.items() for payload in exports):
        raise UserError(
            f"{path}: this ledger knows of no {given.stage} file for '{given.reviewer}' in batch '{batch.id}'. Name "
            "the ledger that it was exported with: --ledger ADDRESS."
        )


def _once(row: FilledRow, seen: dict[str, str]) -> None:
    token = row.text(TOKEN)
    if token in seen:
        raise UserError(f"{row.where}, column {TOKEN}: '{token}' stands at {seen[token]} already. Keep one of the two.")
    seen[token] = row.where


def _item(row: FilledRow, contents: Contents) -> BatchItem:
    try:
        return contents.item(row.text(TOKEN))
    except UserError:
        raise UserError(
            f"{row.where}, column {TOKEN}: there is no '{row.text(TOKEN)}' in batch '{contents.batch.id}'. The tokens "
            "must not be changed."
        ) from None


def _outcome(
    row: FilledRow,
    found: Said | None,
    given: Ticket,
    batch: Batch,
    item: BatchItem,
    standing: Standing,
    supersede: bool,
) -> tuple[str, Entry | None]:
    """What a row comes to, and the event it makes, if any."""
    if found is None:
        return "empty", None
    place = (batch.id, item.token, given.reviewer)
    payload: dict[str, Any] = {"batch": batch.id, "token": item.token, "answer": found.answer}
    if given.stage == "first":
        known = standing.first.get(place)
        if known is None:
            undecided = {"undecided": True} if found.undecided else {}
            entry = _by(given, "review.first_answer", payload | {"active_seconds": None} | undecided)
            return "new", entry
        if known.payload["answer"] == found.answer:
            return "same", None
        raise UserError(f"{row.where}: another first answer stands already. First answers are not corrected.")
    payload |= {"decision": found.decision, "rationale": found.rationale}
    decided = standing.decided.get(place)
    if decided is None:
        return "new", _by(given, "review.decision", payload | {"active_seconds": None, "mode": item.mode})
    if _same(decided, payload):
        return "same", None
    if not supersede:
        raise UserError(
            f"{row.where}: another decision of '{given.reviewer}' stands already. Import with --supersede to correct "
            "it; both stay in the ledger."
        )
    return "corrected", _by(given, "review.superseded", payload | {"supersedes": decided.hash})


def _same(decided: Event, payload: Mapping[str, Any]) -> bool:
    return all(decided.payload[name] == payload[name] for name in ("answer", "decision", "rationale"))


def _by(given: Ticket, kind: str, payload: Mapping[str, Any]) -> Entry:
    return Entry(kind, given.reviewer, "reviewer", payload)
