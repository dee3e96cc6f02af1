"""What a filled-in row says, held against the same rules as a form of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Event
from wild_aieval.review.batch import BatchItem
from wild_aieval.review.content import Contents
from wild_aieval.review.desk import answers
from wild_aieval.review.desk.progress import Look
from wild_aieval.review.desk.shown import Shown
from wild_aieval.review.forms.rows import FilledRow
from wild_aieval.review.forms.sheet import ANSWERS, Stage

# Fields of the desk's forms that have another name in a file.
_FIELDS = {"main_symbol": "symbol-0", "better_translation": "text", "cannot_decide": "undecided"}


@dataclass(frozen=True, slots=True)
class Said:
    """A row that is filled in."""

    answer: Mapping[str, Any]
    decision: str = ""
    rationale: str = ""
    undecided: bool = False


def said(row: FilledRow, stage: Stage, contents: Contents, item: BatchItem, first: Event | None) -> Said | None:
    """None for a row that is wholly empty; UserError, naming row and column, for one that is half filled or wrong."""
    columns = [column.name for column in ANSWERS[(contents.batch.task, stage)]]
    cells = {name: row.text(name) for name in columns}
    if not any(cells.values()):
        return None
    for column in ANSWERS[(contents.batch.task, stage)]:
        if column.choices and cells[column.name] not in ("", *column.choices):
            raise UserError(
                f"{row.where}, column {column.name}: '{cells[column.name]}' is none of {', '.join(column.choices)}."
            )
    shown = Shown(contents, contents.titles)
    asked = shown.asked(item, Look(revealed=stage == "second"))
    form = _form(cells, asked, first)
    reading = answers.first_answer(form, asked) if stage == "first" else answers.decision(form, asked)
    if stage == "first" and reading.undecided and cells.get("main_symbol"):
        raise UserError(f"{row.where}, column cannot_decide: 'yes' beside a main symbol. Keep one of the two.")
    if reading.faults:
        raise UserError(" ".join(_told(row, fault) for fault in reading.faults))
    return Said(reading.answer, reading.decision, reading.rationale, reading.undecided)


def _form(cells: Mapping[str, str], asked: answers.Asked, first: Event | None) -> dict[str, list[str]]:
    """The cells as the desk's form has its fields."""
    form = {_FIELDS.get(name, name): [text] for name, text in cells.items()}
    for place in range(len(asked.documents)):
        form[f"relevance-{place}"] = [cells.get(f"relevance_{place + 1}", "")]
    if asked.task == "classification":
        others = [part.strip() for part in cells["other_symbols"].replace("\n", ";").split(";") if part.strip()]
        form["symbol"] = [cells["main_symbol"] or _left_empty(cells, asked, first), *others]
    return form


def _left_empty(cells: Mapping[str, str], asked: answers.Asked, first: Event | None) -> str:
    """The main symbol that is meant by an empty cell: the first suggested one, or the reviewer's own first answer."""
    if cells.get("decision") == "agrees" and asked.suggested:
        return str(asked.suggested[0][0])
    own = first.payload["answer"].get("symbols") if first and cells.get("decision") == "differs" else None
    return str(own[0]) if own else ""


def _told(row: FilledRow, fault: answers.Fault) -> str:
    column = _column(fault.field)
    return f"{row.where}, column {column}: {fault.message.format(**fault.values)}"


def _column(field: str) -> str:
    names = {theirs: ours for ours, theirs in _FIELDS.items()}
    if field in names:
        return names[field]
    if field.startswith("symbol-"):
        return "other_symbols"
    name, _, place = field.partition("-")
    return f"{name}_{int(place) + 1}" if place else name
