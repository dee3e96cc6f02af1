"""The sheet of a reviewer: what is left for them in a batch, with the texts that may be shown now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.rules import Standing
from wild_aieval.review import store
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.content import Contents, Suggestion
from wild_aieval.review.forms.sheet import ABOUT, ANSWERS, TICKET, TOKEN, Column, Sheet, Stage, ticket

_SHOWN = ("title", "abstract", "text", "claims", "source", "terms", "your_first_answer", "suggestion")
_WIDE = ("abstract", "text", "claims", "source", "suggestion")


def stage_of(batch: Batch, standing: Standing, reviewer: str, wanted: Stage | None = None) -> Stage:
    """The second file comes when all first answers are there, or when it is asked for."""
    if wanted:
        return wanted
    return "first" if left(batch, standing, reviewer, "first") else "second"


def left(batch: Batch, standing: Standing, reviewer: str, stage: Stage) -> list[BatchItem]:
    """What this reviewer has still to answer in a stage, in their order; not what enough others have looked at."""
    others = _others(batch, standing, reviewer)
    items = [i for i in store.order(batch, reviewer) if len(others.get(i.token, ())) < batch.per_item]
    place = {item.token: (batch.id, item.token, reviewer) for item in items}
    if stage == "first":
        known = {*standing.first, *standing.revealed, *standing.decided}
        return [item for item in items if item.mode == "hidden_first" and place[item.token] not in known]
    ready = [item for item in items if item.mode == "shown" or place[item.token] in standing.first]
    return [item for item in ready if place[item.token] not in standing.decided]


def sheet(contents: Contents, standing: Standing, reviewer: str, stage: Stage) -> Sheet:
    """The file to fill in; UserError where nothing is left."""
    batch = contents.batch
    if (batch.task, stage) not in ANSWERS:
        raise UserError(
            f"batch '{batch.id}': items of {batch.task} have no first part in a file. Use the desk for them."
        )
    items = left(batch, standing, reviewer, stage)
    if not items:
        raise UserError(_nothing(batch, standing, reviewer, stage))
    rows = [_row(contents, standing, reviewer, stage, item) for item in items]
    prefilled = {
        item.token: contents.suggestion(item.token).symbols[0].symbol
        for item in items
        if item.mode == "shown" and contents.suggestion(item.token).symbols
    }
    columns = tuple(_columns(batch.task, stage, rows))
    return Sheet(batch.task, stage, columns, tuple(rows), ABOUT[(batch.task, stage)], batch.model, prefilled)


def _others(batch: Batch, standing: Standing, reviewer: str) -> dict[str, set[str]]:
    """Who else has answered, by token."""
    found: dict[str, set[str]] = {}
    for of, token, actor in (*standing.first, *standing.decided):
        if of == batch.id and actor != reviewer:
            found.setdefault(token, set()).add(actor)
    return found


def _nothing(batch: Batch, standing: Standing, reviewer: str, stage: Stage) -> str:
    waiting = len(left(batch, standing, reviewer, "first")) if stage == "second" else 0
    reason = f"{waiting} first answers are to be imported before" if waiting else "all is answered, or others have it"
    return f"batch '{batch.id}': nothing is left for '{reviewer}' in the {stage} part: {reason}."


def _row(contents: Contents, standing: Standing, reviewer: str, stage: Stage, item: BatchItem) -> dict[str, str]:
    batch, content = contents.batch, contents.content(item.token)
    row = {TOKEN: item.token, **content.texts}
    if stage == "second":
        row |= _suggested(contents.suggestion(item.token))
        first = standing.first.get((batch.id, item.token, reviewer))
        row |= {"your_first_answer": "; ".join(first.payload["answer"].get("symbols", ()))} if first else {}
    return row | {TICKET: ticket(batch, reviewer, stage)}


def _suggested(suggestion: Suggestion) -> dict[str, str]:
    """The same form for all. Scores are left out: sheets are for judging texts, and a score leads."""
    if suggestion.documents:
        return {
            f"document_{place}": f"{found.title} ({found.date or 'no date'})\n{found.text}"
            for place, found in enumerate(suggestion.documents, 1)
        }
    lines = [": ".join((found.symbol, " > ".join(found.path))).rstrip(": ") for found in suggestion.symbols]
    return {"suggestion": "\n".join(lines) or suggestion.translation or "(no answer)"}


def _columns(task: str, stage: Stage, rows: Sequence[Mapping[str, str]]) -> Iterable[Column]:
    """Only those that some row has something in."""
    used = {name for row in rows for name in row}
    yield Column(TOKEN, width=13)
    for name in _SHOWN:
        if name in used:
            yield Column(name, width=70 if name in _WIDE else 28)
    for column in ANSWERS[(task, stage)]:
        document = column.name.replace("relevance", "document")
        if document == column.name:
            yield column
        elif document in used:
            yield Column(document, width=50)
            yield column
    yield Column(TICKET, width=13)
