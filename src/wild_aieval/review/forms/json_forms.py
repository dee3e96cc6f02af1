"""JSON Lines for programs, and tasks for Label Studio."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from wild_aieval.errors import UserError
from wild_aieval.review.forms.rows import FilledRow
from wild_aieval.review.forms.sheet import TICKET, TOKEN, Column, Sheet


def lines_written(sheet: Sheet) -> bytes:
    """One object a row, with all columns."""
    rows = ({column.name: row.get(column.name, "") for column in sheet.columns} for row in sheet.rows)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8")


def lines_read(path: Path) -> Iterator[FilledRow]:
    """Rows of JSON Lines."""
    for number, raw in enumerate(path.read_bytes().split(b"\n"), 1):
        if raw.strip():
            where = f"{path}, line {number}"
            yield FilledRow(where, _object(raw, where))


def tasks_written(sheet: Sheet) -> bytes:
    """Tasks of Label Studio; what is suggested is filled in beforehand only for items whose suggestion is shown."""
    tasks: list[dict[str, Any]] = []
    for row in sheet.rows:
        task: dict[str, Any] = {"data": {column.name: row.get(column.name, "") for column in _shown(sheet)}}
        if symbol := (sheet.prefilled or {}).get(row[TOKEN]):
            task["predictions"] = [{"model_version": sheet.model, "result": [_typed(sheet, "main_symbol", symbol)]}]
        tasks.append(task)
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def labelling_config(sheet: Sheet) -> bytes:
    """The labelling interface that belongs to the tasks, for Settings > Labeling Interface > Code."""
    lines = ["<View>"]
    for column in _shown(sheet):
        if column.name not in (TICKET, TOKEN):
            lines.append(f"  <Header value={quoteattr(column.name)}/>")
            lines.append(f"  <Text name={quoteattr(column.name)} value={quoteattr('$' + column.name)}/>")
    for column in sheet.columns:
        if column.answers:
            lines += _control(column, _anchor(sheet))
    return ("\n".join([*lines, "</View>"]) + "\n").encode("utf-8")


def tasks_read(path: Path) -> Iterator[FilledRow]:
    """Tasks as Label Studio exports them ("JSON"), with one annotation each or none."""
    tasks = _parsed(path.read_bytes(), str(path))
    if not isinstance(tasks, list):
        raise UserError(f"{path}: expected a list of tasks. Export them from Label Studio as 'JSON'.")
    for number, task in enumerate(tasks, 1):
        where = f"{path}, task {number}"
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise UserError(
                f"{where}: expected a task with 'data'. Export from Label Studio as 'JSON', not 'JSON-MIN'."
            )
        given = task.get("annotations") or []
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise UserError(f"{where}: 'annotations' is no list of annotations. Export from Label Studio as 'JSON'.")
        done = [one for one in given if not one.get("was_cancelled")]
        if len(done) > 1:
            raise UserError(f"{where}: it has {len(done)} annotations. Keep that of this reviewer.")
        yield FilledRow(where, {**task["data"], **(_said(done[0], where) if done else {})})


def _said(annotation: Mapping[str, Any], where: str) -> dict[str, Any]:
    try:
        return {
            str(part["from_name"]): next(value for value in part["value"].values())[0]
            for part in annotation.get("result") or []
        }
    except (KeyError, IndexError, TypeError, StopIteration, AttributeError):
        raise UserError(
            f"{where}: an annotation that cannot be read. Use the labelling interface of the export."
        ) from None


def _control(column: Column, to: str) -> list[str]:
    name, to = quoteattr(column.name), quoteattr(to)
    head = f"  <Header value={name}/>"
    if not column.choices:
        return [head, f'  <TextArea name={name} toName={to} maxSubmissions="1" editable="true"/>']
    choices = "".join(f"<Choice value={quoteattr(choice)}/>" for choice in column.choices)
    return [head, f'  <Choices name={name} toName={to} choice="single" showInline="true">{choices}</Choices>']


def _typed(sheet: Sheet, column: str, text: str) -> dict[str, Any]:
    return {"from_name": column, "to_name": _anchor(sheet), "type": "textarea", "value": {"text": [text]}}


def _anchor(sheet: Sheet) -> str:
    """The text that answers are about."""
    return next(column.name for column in _shown(sheet) if column.name not in (TICKET, TOKEN))


def _shown(sheet: Sheet) -> list[Column]:
    return [column for column in sheet.columns if not column.answers]


def _object(raw: bytes, where: str) -> dict[str, Any]:
    found = _parsed(raw, where)
    if not isinstance(found, dict):
        raise UserError(f"{where}: expected an object with the columns of the export.")
    return found


def _parsed(raw: bytes, where: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: no valid JSON in UTF-8 ({error}).") from None
